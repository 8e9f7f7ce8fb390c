"""Which tier this machine gives, found by trying it, and in words."""

import functools
import os
import subprocess
import sys
from pathlib import Path

from grading.engine.jail import folders, landlock
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
        missing.append("files may outgrow their limit for some hundredths of a second until that is seen")
        if version >= landlock.NETWORK_SINCE:
            missing.append("a block of 32 TCP ports is open to any address")
        else:
            missing.append("TCP is not restricted (needs Linux 6.7)")
        if version < landlock.SCOPES_SINCE and os.geteuid() != 0:
            missing.append("processes of the same user can be sent signals (needs Linux 6.12)")
        if os.geteuid() != 0:
            missing.append("modes and times of files cannot be set")
        elif locked := folders.locked_away((Path(sys.prefix), Path(sys.base_prefix), _PROJECT)):
            missing.append(
                f"submissions keep the right to look through locked folders (CAP_DAC_READ_SEARCH), because {locked[0]} "
                "on the way to Python or the course is closed to others: open it (chmod o+x), or do not run as root"
            )
        return (
            "Isolation landlock: files, network and system calls are restricted, but this system gives no user "
            f"namespaces, so that {'; '.join(missing)}; pools of processes do not work."
        )
    why = f"{sys.platform} offers none"
    if sys.platform == "linux":
        why = "more was not asked for or did not hold" if landlock.version() else "this kernel has no Landlock"
    return (
        "Isolation limits: submissions are NOT isolated; they can read and change your files (solutions, so that they "
        "earn points, and other submissions too), stop your processes and use your network, with only time and memory "
        f"limited, because {why}. Grade only what you would run yourself."
    )
