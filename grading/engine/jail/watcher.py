"""A small process beside the template that kills a submission whose processes or files together outgrow its limits.

The kernel's own limits hold for each process; without the right to make control groups, somebody must watch the sum.
When the template has ended, however it did, the watcher ends what it left. Linux only.
"""

import os
import select
import signal
from dataclasses import dataclass
from pathlib import Path

from grading.engine.jail import folders, tagged
from grading.engine.jail.limits import Limits
from grading.engine.jail.processes import close_all_but

_EVERY_S = 0.25
_MB = 1024 * 1024


@dataclass(frozen=True)
class _Watched:
    memory: int
    disk: int
    folder: Path | None


class Watcher:
    """The template's handle. Forks of the template may use it too."""

    def __init__(self) -> None:
        """Start the process. Must be called while there is one thread, and early, so that the fork is a thin one."""
        read, self._tell = os.pipe()
        if os.fork() == 0:
            status = 1
            try:
                close_all_but([read, 2])
                for number in (signal.SIGINT, signal.SIGTERM):
                    signal.signal(number, signal.SIG_IGN)  # it ends when the template has
                _watch(read)
                status = 0
            finally:
                os._exit(status)
        os.close(read)

    def add(self, tag: int, given: Limits, folder: Path | None) -> None:
        """Watch the processes with this tag and the size of `folder`, which is removed if the template ends early."""
        self._say(f"+ {tag} {given.memory_mb} {given.disk_mb} {folder or ''}\n")

    def drop(self, tag: int) -> None:
        """Watch it no longer."""
        self._say(f"- {tag}\n")

    def _say(self, line: str) -> None:
        os.write(self._tell, line.encode())


def _watch(read: int) -> None:
    watched: dict[int, _Watched] = {}
    pending = b""
    while True:
        ready, _, _ = select.select([read], [], [], _EVERY_S if watched else None)
        if ready:
            got = os.read(read, 65536)
            if not got:
                break
            *lines, pending = (pending + got).split(b"\n")
            for line in lines:
                _hear(line.decode(), watched)
            continue
        _check(watched)
    for tag, each in watched.items():
        tagged.kill(tag)
        if each.folder is not None:
            folders.remove(each.folder)


def _hear(line: str, watched: dict[int, _Watched]) -> None:
    if line.startswith("-"):
        watched.pop(int(line.split()[1]), None)
        return
    _, tag, memory, disk, folder = line.split(" ", 4)
    watched[int(tag)] = _Watched(int(memory) * _MB, int(disk) * _MB, Path(folder) if folder else None)


def _check(watched: dict[int, _Watched]) -> None:
    running = tagged.by_tag()
    for tag, each in watched.items():
        processes = running.get(tag, [])
        too_much = tagged.resident(processes) > each.memory and tagged.memory(processes) > each.memory
        if processes and (too_much or (each.folder is not None and folders.size(each.folder) > each.disk)):
            tagged.kill(tag)
