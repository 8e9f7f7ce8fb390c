"""Runs attacks in a quarantine: `python -m tests.attacks.harness plain|full|landlock|limits NAME…`.

Writes one line of JSON as each attack begins and ends. When an attack ends the harness itself, `run` notes that, and
goes on with the next in a new one.
"""

import json
import os
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

from grading.engine.jail import seccomp
from tests.attacks import quarantine
from tests.attacks.catalogue import CATALOGUE
from tests.attacks.known import KNOWN
from tests.attacks.model import LANDLOCK, PLAIN, SECRET, Attack, Seen, new_token

ROOT = Path(__file__).resolve().parents[2]
SILENCE_S = 100  # longer than any attack may last


class HarnessError(Exception):
    """The harness itself failed, and says why."""


def run(runner: str, names: Iterable[str]) -> dict[str, Seen]:
    """Run attacks under a runner and return what each came to. Raises `NoQuarantineError` where there is none."""
    results: dict[str, Seen] = {}
    left = list(names)
    apart = [name for name in left if runner in KNOWN.get(name, ((), ""))[0]]  # they spoil what comes after them
    while left:
        now = [name for name in left if name not in apart] or left[:1]
        status, lines, log = _one_harness(runner, now)
        if status == quarantine.NO_QUARANTINE:
            raise quarantine.NoQuarantineError(log.strip())
        begun = {entry["name"] for entry in lines}
        results |= {entry["name"]: Seen(**entry["seen"]) for entry in lines if "seen" in entry}
        culprits = begun - results.keys()
        how = "hangs" if status == -signal.SIGKILL else f"ended with status {status}"
        results |= {name: Seen(batch=[f"the supervisor {how}"], note=log) for name in culprits}
        if status and not culprits:
            raise HarnessError(f"The {runner} harness ended with status {status}:\n{log}")
        left = [name for name in left if name not in results]
    return results


def _one_harness(runner: str, names: list[str]) -> tuple[int, list[dict[str, Any]], str]:
    """Start a harness and follow it to its end, or until it says nothing for too long."""
    command = [sys.executable, "-m", "tests.attacks.harness", runner, *names]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", SECRET: new_token()}
    said = bytearray()
    with (
        tempfile.TemporaryFile() as log,
        subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=log, start_new_session=True
        ) as process,
    ):
        assert process.stdout is not None
        while select.select([process.stdout], [], [], SILENCE_S)[0]:
            if not (part := os.read(process.stdout.fileno(), 1 << 16)):
                break
            said += part
        else:
            process.kill()  # the quarantine dies with it
        status = process.wait()
        log.seek(0)
        return status, [json.loads(line) for line in said.splitlines()], log.read()[-3000:].decode(errors="replace")


def _inside(runner: str, attacks: list[Attack], folder: Path) -> int:
    from tests.attacks.world import make_world, services

    out, said_where = os.dup(1), os.dup(2)
    log = os.open(folder / "batch.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    sys.stderr = os.fdopen(said_where, "w")  # the harness's own troubles go where the caller reads them
    world = make_world(folder / "world")
    os.environ.pop("PYTEST_CURRENT_TEST", None)
    os.environ |= {
        "HOME": str(world.home),
        "TMPDIR": str(world.temporary),
    }
    os.chdir(world.root)
    sys.path[:] = [path or str(ROOT) for path in sys.path]

    def say(name: str, seen: Seen | None = None) -> None:
        line = {"name": name} | ({"seen": asdict(seen)} if seen else {})
        os.write(out, json.dumps(line).encode() + b"\n")

    with ExitStack() as stack:
        stack.enter_context(services(world))
        world.remember()
        if runner == PLAIN:
            import httpx  # noqa: F401  # what a kernel has imported before the attack, to save time
            import pandas  # noqa: F401
            import uvicorn  # noqa: F401

            from tests.attacks.plain import run_plain

            for attack in attacks:
                say(attack.name)
                say(attack.name, run_plain(world, attack))
        else:
            from tests.attacks.under_engine import run_under_engine

            if runner == LANDLOCK:  # the tier of machines that give no namespaces
                seccomp.install(seccomp.compiled(seccomp.no_namespaces()))
            run_under_engine(world, runner, attacks, folder / "batch.log", say)
    return 0


def _main(runner: str, *names: str) -> int:
    attacks = [CATALOGUE[name] for name in names]
    try:
        return quarantine.run_inside(lambda folder: _inside(runner, attacks, folder))
    except quarantine.NoQuarantineError as error:
        print(error, file=sys.stderr)
        return quarantine.NO_QUARANTINE


Say = Callable[[str, Seen | None], None]

if __name__ == "__main__":
    sys.exit(_main(*sys.argv[1:]))
