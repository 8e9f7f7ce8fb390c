"""A small process beside the template that kills a submission whose processes or files together outgrow its limits.

The kernel's own limits hold for each process and each file; without the right to make control groups or file systems,
somebody must watch the sum. When the template has ended, however it did, the watcher ends what it left. Linux only.
"""

import contextlib
import os
import select
import signal
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path

from grading.engine.jail import folders, tagged
from grading.engine.jail.limits import Limits
from grading.engine.jail.processes import close_all_but

_PROCESSES_EVERY_S = 0.25  # costs a look at every process of the machine
_FILES_EVERY_S = 0.01  # a disk is filled fast
_PRIORITY = -10
_MB = 1024 * 1024


@dataclass
class _Watched:
    """A submission: its limits, the folder with its files if that is to be watched, its processes as last seen."""

    memory: int
    disk: int
    entries: int
    folder: Path | None
    processes: set[int] = field(default_factory=set)

    def has_too_much_memory(self) -> bool:
        """Whether its processes have; the exact figure costs time, so it is read only when the rough one alarms."""
        return tagged.resident(self.processes) > self.memory and tagged.memory(self.processes) > self.memory

    def has_too_many_files(self) -> bool:
        """Whether its files take too much, those included that have no name any more."""
        if self.folder is None:
            return False
        size, entries = folders.measure(self.folder, self.entries)
        return entries > self.entries or size + tagged.nameless(self.processes) > self.disk


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
                with contextlib.suppress(PermissionError):  # on a busy machine it should be in time
                    os.setpriority(os.PRIO_PROCESS, 0, _PRIORITY)
                _watch(read)
                status = 0
            except Exception:
                traceback.print_exc()
            finally:
                os._exit(status)
        os.close(read)

    def add(self, tag: int, given: Limits, folder: Path | None) -> None:
        """Watch the processes with this tag and what is in `folder`, which is removed if the template ends early."""
        self._say(f"+ {tag} {given.memory_mb} {given.disk_mb} {given.entries} {folder or ''}\n")

    def started(self, tag: int, process: int) -> None:
        """Know of a process before it is found by its tag."""
        self._say(f"p {tag} {process}\n")

    def drop(self, tag: int) -> None:
        """Watch it no longer."""
        self._say(f"- {tag}\n")

    def _say(self, line: str) -> None:
        os.write(self._tell, line.encode())


def _watch(read: int) -> None:
    watched: dict[int, _Watched] = {}
    pending = b""
    look_at_processes = look_at_files = 0.0
    while True:
        is_idle = not watched
        pause = None if is_idle else max(0.0, min(look_at_processes, look_at_files) - time.monotonic())
        if select.select([read], [], [], pause)[0]:
            got = os.read(read, 65536)
            if not got:
                break
            *lines, pending = (pending + got).split(b"\n")
            for line in lines:
                _hear(line.decode(), watched)
        now = time.monotonic()
        if is_idle:  # what has just begun takes a while to outgrow anything
            look_at_processes = now + _PROCESSES_EVERY_S
        if now >= look_at_processes:
            running = tagged.by_tag()
            for tag, each in watched.items():
                each.processes = set(running.get(tag, ()))
                if each.has_too_much_memory():
                    _kill(tag)
            look_at_processes = time.monotonic() + _PROCESSES_EVERY_S
        if now >= look_at_files:
            for tag, each in watched.items():
                if each.has_too_many_files():
                    tagged.kill_known(tag, each.processes)  # at once: to find the others takes a while
                    _kill(tag)
            done = time.monotonic()
            look_at_files = done + max(_FILES_EVERY_S, done - now)  # not more than half of the time
    for tag, each in watched.items():
        tagged.kill(tag)
        if each.folder is not None:
            folders.remove(each.folder)


def _hear(line: str, watched: dict[int, _Watched]) -> None:
    what, tag, *rest = line.split(" ", 5)
    if what == "-":
        watched.pop(int(tag), None)
    elif what == "p":
        watched[int(tag)].processes.add(int(rest[0]))
    else:
        memory, disk, entries, folder = rest
        watched[int(tag)] = _Watched(int(memory) * _MB, int(disk) * _MB, int(entries), Path(folder) if folder else None)


def _kill(tag: int) -> None:
    with contextlib.suppress(TimeoutError):  # born faster than they die: the next look goes on
        tagged.kill(tag)
