"""Finding every process of a submission, whoever its parent is by now. Linux only.

Each submission's processes carry a number of their own as RLIMIT_RTTIME, a limit on what none of them may do anyway.
It is inherited, shown in /proc, and cannot be changed under the jail's filter of system calls.
"""

import contextlib
import os
import resource
import secrets
import signal
import stat
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from grading.engine.jail.folders import BEYOND

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


def kill_known(tag: int, processes: Iterable[int]) -> None:
    """Kill those of these processes that still have this tag."""
    for process in processes:
        if _tag_of(str(process)) == tag:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)


def kill(tag: int) -> None:
    """Kill every process with this tag, until none is left. TimeoutError when they are born faster than they die."""
    deadline = time.monotonic() + _SWEEP_S
    while found := by_tag().get(tag):
        kill_known(tag, found)
        if time.monotonic() > deadline:
            raise TimeoutError(f"{len(found)} processes of a submission could not be ended.")
        time.sleep(_PAUSE_S)


def memory(processes: Iterable[int]) -> int:
    """Bytes that these processes have for themselves; a page that several share counts once in all.

    Exact figures cost milliseconds, so they are read only by callers whom `resident` has alarmed.
    """
    return sum(_field(process, "smaps_rollup", b"Pss:") for process in processes)


def resident(processes: Iterable[int]) -> int:
    """Bytes that these processes have in memory, shared pages counted each time: never less than `memory`."""
    return sum(_field(process, "status", b"VmRSS:") for process in processes)


def _field(process: int, file: str, name: bytes) -> int:
    try:
        for line in Path(f"/proc/{process}/{file}").read_bytes().splitlines():
            if line.startswith(name):
                return int(line.split()[1]) * 1024
    except (FileNotFoundError, ProcessLookupError):
        pass  # it has ended meanwhile
    except PermissionError:
        return BEYOND if file != "status" and _hides(process) else 0
    return 0


def _hides(process: int) -> bool:
    """Whether a process that may not be looked into runs: one that is just ending may not be either."""
    return resident([process]) > 0


def nameless(processes: Iterable[int]) -> int:
    """Bytes on the disk that these processes hold in open files that no folder has any more."""
    held = {}
    for process in processes:
        for info in _open_files(process):
            if info is None:
                return BEYOND
            if not info.st_nlink and stat.S_ISREG(info.st_mode):
                held[info.st_dev, info.st_ino] = info.st_blocks * 512
    return sum(held.values())


def _open_files(process: int) -> Iterator[os.stat_result | None]:
    """What is known of each open file; None of a process that hides it."""
    try:
        for name in os.listdir(f"/proc/{process}/fd"):  # noqa: PTH208  # many times a second
            with contextlib.suppress(FileNotFoundError):  # closed meanwhile
                yield os.stat(f"/proc/{process}/fd/{name}")  # noqa: PTH116
    except PermissionError:
        if _hides(process):
            yield None
    except (FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
        return
