"""Small things about processes that several parts of the jail need."""

import contextlib
import os
import resource
import signal
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NoReturn

from grading.engine.jail import syscalls


def end_like(status: int) -> NoReturn:
    """End this process as the one ended whose wait status this is: with its code, or by its signal."""
    code = os.waitstatus_to_exitcode(status)
    if code >= 0:
        os._exit(code)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if -code not in (signal.SIGKILL, signal.SIGSTOP):
        signal.signal(-code, signal.SIG_DFL)
    os.kill(os.getpid(), -code)
    os._exit(128 - code)


def descriptors() -> list[int]:
    """The open file descriptors of this process, and perhaps one that is closed again."""
    return [int(name) for name in os.listdir("/dev/fd")]  # noqa: PTH208  # names wanted, not paths


def close_all_but(kept: Iterable[int], known: Iterable[int] | None = None) -> None:
    """Close every file descriptor but these; `known` are those open, where /proc is not there to tell."""
    for fd in set(descriptors() if known is None else known).difference(kept):
        with contextlib.suppress(OSError):  # the one that the listing itself used is closed already
            os.close(fd)


def only_descriptors(kept: Iterable[int]) -> None:
    """Close every file descriptor but these; of 0, 1 and 2 those not kept then read and write /dev/null."""
    close_all_but(kept)
    null = os.open(os.devnull, os.O_RDWR)
    for fd in {0, 1, 2}.difference(kept):
        os.dup2(null, fd)  # the copy, unlike the original, is handed on to programs
    if null > 2:
        os.close(null)


def settle(home: Path, user: str, more: Mapping[str, str]) -> None:
    """Let programs and libraries find their home and their temporary folder at `home`, which may be written."""
    os.environ.update({"HOME": str(home), "TMPDIR": str(home), "USER": user, "LOGNAME": user, **more})
    tempfile.tempdir = None  # found before the fork, elsewhere


def hide_memory() -> None:
    """Keep other processes of the same user from reading this one's memory: a test may start a learner's program.

    Linux only. Programs that it starts are not hidden.
    """
    syscalls.prctl(syscalls.PR_SET_DUMPABLE, 0)
