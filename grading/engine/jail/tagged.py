"""Finding every process of a submission, whoever its parent is by now. Linux only.

Each submission's processes carry a number of their own as RLIMIT_RTTIME, a limit on what none of them may do anyway.
It is inherited, shown in /proc, and cannot be changed under the jail's filter of system calls.
"""

import os
import resource
import secrets
import signal
import time
from pathlib import Path

_LINE = b"Max realtime timeout"
_SMALLEST, _SPREAD = 1 << 52, 1 << 52
_PAUSE_S = 0.002
_SWEEP_S = 10.0


def new() -> int:
    """A tag that no other submission has."""
    return _SMALLEST + secrets.randbelow(_SPREAD)


def wear(tag: int) -> None:
    """Tag this process and all that it will start."""
    resource.setrlimit(resource.RLIMIT_RTTIME, (tag, tag))


def by_tag() -> dict[int, list[int]]:
    """The running processes of every tag; those that have ended and were not waited for are left out."""
    found: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):  # noqa: PTH208  # several times a second
        if name.isdigit() and (tag := _tag_of(name)) >= _SMALLEST:
            found.setdefault(tag, []).append(int(name))
    return found


def _tag_of(process: str) -> int:
    try:
        with open(f"/proc/{process}/limits", "rb") as lines:  # noqa: PTH123
            for line in lines:
                if line.startswith(_LINE):
                    word = line[len(_LINE) :].split()[0]
                    return int(word) if word.isdigit() and _runs(process) else 0
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        pass  # it has ended meanwhile, or is another user's
    return 0


def _runs(process: str) -> bool:
    state = Path(f"/proc/{process}/stat").read_bytes().rpartition(b")")[2].split()[0]
    return state not in (b"Z", b"X")


def kill(tag: int) -> None:
    """Kill every process with this tag, until none is left. TimeoutError when they are born faster than they die."""
    deadline = time.monotonic() + _SWEEP_S
    while found := by_tag().get(tag):
        for process in found:
            try:
                os.kill(process, signal.SIGKILL)
            except ProcessLookupError:
                continue
        if time.monotonic() > deadline:
            raise TimeoutError(f"{len(found)} processes of a submission could not be ended.")
        time.sleep(_PAUSE_S)


def memory(processes: list[int]) -> int:
    """Bytes that these processes have for themselves; a page that several share counts once in all.

    Exact figures cost milliseconds, so they are read only by callers whom `resident` has alarmed.
    """
    return sum(_field(process, "smaps_rollup", b"Pss:") for process in processes)


def resident(processes: list[int]) -> int:
    """Bytes that these processes have in memory, shared pages counted each time: never less than `memory`."""
    return sum(_field(process, "status", b"VmRSS:") for process in processes)


def _field(process: int, file: str, name: bytes) -> int:
    try:
        for line in Path(f"/proc/{process}/{file}").read_bytes().splitlines():
            if line.startswith(name):
                return int(line.split()[1]) * 1024
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        pass  # it has ended meanwhile
    return 0
