"""Which tier this machine gives, found by trying it, and in words."""

import functools
import os
import subprocess
import sys
from pathlib import Path

from grading.engine.jail import landlock
from grading.engine.jail.tiers import Tier

_PROJECT = Path(__file__).resolve().parents[3]
_TRIAL_S = 60.0
_MODULE = "grading.engine.jail.trial"


@functools.cache
def probe(deny_namespaces: bool = False) -> Tier:
    """The strongest tier whose trial, in its own process, holds. `deny_namespaces`: as in a container without them."""
    words = ["deny-namespaces"] if deny_namespaces else []
    for tier in (Tier.FULL, Tier.LANDLOCK):
        if sys.platform == "linux" and _holds(tier, words):
            return tier
    return Tier.LIMITS


def _holds(tier: Tier, words: list[str]) -> bool:
    try:
        trial = subprocess.run(
            [sys.executable, "-P", "-m", _MODULE, tier.value, *words],
            env={**os.environ, "PYTHONPATH": str(_PROJECT)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_TRIAL_S,
        )
    except subprocess.TimeoutExpired:
        return False
    return trial.returncode == 0


def announce(tier: Tier) -> str:
    """One line: what a submission is kept from, what not, and why it is not better."""
    if tier is Tier.FULL:
        return (
            "Isolation full: a submission sees only its own files and processes and a network of its own, "
            "and what it may use is limited."
        )
    if tier is Tier.LANDLOCK:
        version = landlock.version()
        missing = ["file names outside can be probed, though not listed or read"]
        if version >= landlock.NETWORK_SINCE:
            missing.append("a block of 32 TCP ports is open to any address")
        else:
            missing.append("TCP is not restricted (needs Linux 6.7)")
        if version < landlock.SCOPES_SINCE and os.geteuid() != 0:
            missing.append("processes of the same user can be sent signals (needs Linux 6.12)")
        return (
            "Isolation landlock: files, network and system calls are restricted, but this system gives no user "
            f"namespaces, so that {'; '.join(missing)}; pools of processes do not work."
        )
    why = "this kernel has no Landlock" if sys.platform == "linux" else f"{sys.platform} offers none"
    return (
        "Isolation limits: submissions are NOT isolated; they can read your files and use your network, with only time "
        f"and memory limited, because {why}. Grade only what you would run yourself."
    )
