"""The landlock tier, without user namespaces: file and port rules, a filter of system calls, a watcher. Linux only.

As root each submission gets users of its own; as an ordinary user they share that user.
"""

import os
import select
import signal
import tempfile
from collections.abc import Sequence
from pathlib import Path

from grading.engine.jail import folders, landlock, limits, namespaces, ports, seccomp, syscalls, tagged
from grading.engine.jail.limits import Limits
from grading.engine.jail.processes import hide_memory, only_descriptors, settle
from grading.engine.jail.tiers import Role
from grading.engine.jail.watcher import Watcher

_SYSTEM = ("usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32")
_ETC = ("ld.so.cache", "localtime", "mime.types", "protocols", "services", "nsswitch.conf", "hosts", "alternatives")
_ETC_MORE = ("fonts", "ssl/certs", "ssl/openssl.cnf", "pki/tls/certs", "pki/ca-trust", "passwd", "group")
_PROC = ("self", "cpuinfo", "meminfo", "stat", "version", "loadavg", "uptime", "filesystems", "sys/vm", "sys/kernel")
_HARDWARE = ("/sys/devices/system/cpu", "/sys/devices/system/node")
_DEVICES = tuple(Path("/dev", name) for name in ("null", "zero", "full", "random", "urandom"))


class FencedSpace:
    """One submission: a private folder, a block of ports, the tag of its processes, as root a user for each role."""

    def __init__(self, base: Path, files: Path, given: Limits, users: tuple[int, int] | None, watcher: Watcher) -> None:
        """Make the folder at `base` and copy `files` in. `users`: those of the learner and of the judge."""
        self.base, self.limits, self.users = base, given, users
        self.workdir = base / "work"
        self.tag, self.judge_tag = tagged.new(), tagged.new()
        self.ports = ports.Ports()
        self._watcher = watcher
        self._processes: list[int] = []
        self._closed = False
        try:
            base.mkdir(mode=0o711 if users else 0o700)
            learner, judge = users or (-1, -1)
            for name, mode, owner in (("work", 0o750, learner), ("learner", 0o700, learner), ("judge", 0o700, judge)):
                (base / name).mkdir()
                (base / name).chmod(mode)
                os.chown(base / name, owner, learner)
            folders.copy_in(files, self.workdir, (learner, learner) if users else None, given)
            watcher.add(self.tag, given, base)
            watcher.add(self.judge_tag, given, None)
        except BaseException:
            self.close()
            raise

    def scratch(self, role: Role) -> Path:
        """The folder for temporary files."""
        return self.base / role

    def add(self, process: int) -> None:
        """Remember a process of this submission."""
        self._processes.append(os.pidfd_open(process))
        self._watcher.started(self.tag, process)

    def usage(self) -> int:
        """Bytes that its files take."""
        return folders.measure(self.base)[0]

    def sweep(self) -> None:
        """Kill what runs."""
        for fd in self._processes:  # those too that have not come to wear their tag yet
            try:
                signal.pidfd_send_signal(fd, signal.SIGKILL)
            except ProcessLookupError:
                continue
        for fd in self._processes:
            select.select([fd], [], [])
        for tag in (self.tag, self.judge_tag):
            tagged.kill(tag)

    def close(self) -> None:
        """Kill what runs and remove the folder. The caller still has to wait for the processes it forked."""
        if self._closed:
            return
        self.sweep()
        for fd in self._processes:
            os.close(fd)
        if self.base.is_dir():
            folders.remove(self.base)
        for tag in (self.tag, self.judge_tag):
            self._watcher.drop(tag)
        self.ports.release()
        self._closed = True


class FencedJail:
    """The template's side."""

    def __init__(self, visible: Sequence[Path]) -> None:
        """Raises OSError where Landlock is missing, or where a visible path could not be reached from inside."""
        if not landlock.version():
            raise OSError("This kernel has no Landlock.")
        self._as_root = os.geteuid() == 0
        self._readable = tuple(path for given in visible for path in {given, given.resolve()})
        locked = self._as_root and folders.locked_away(self._readable)
        self._capabilities = frozenset({syscalls.CAP_DAC_READ_SEARCH}) if locked else frozenset[int]()
        self._first_user, self._users = namespaces.user_range()
        self._watcher = Watcher()
        self._filter = seccomp.compiled(seccomp.program(local_only=True, shared_user=not self._as_root))

    def space(self, folder: Path, given: Limits) -> FencedSpace:
        """A place for one submission with copies of the files under `folder`."""
        users = None
        if self._as_root:
            learner = self._first_user + self._users // 2 + 2 * (tagged.new() % (self._users // 4))
            users = (learner, learner + 1)
        name = f"course-{tagged.new():x}"
        return FencedSpace(Path(tempfile.gettempdir(), name).resolve(), folder, given, users, self._watcher)

    def fork(self, space: FencedSpace) -> int:
        """As os.fork; the child has yet to call `confine`."""
        child = os.fork()
        if child:
            space.add(child)
        return child

    def confine(self, space: FencedSpace, role: Role, keep: Sequence[int]) -> None:
        """In the child: put the jail in force."""
        os.setsid()
        tagged.wear(space.tag if role == "learner" else space.judge_tag)
        os.chdir(space.workdir)
        only_descriptors(keep)
        settle(space.scratch(role), "learner", {ports.VARIABLE: str(space.ports)})
        shared = 0 if space.users else _tasks_of(os.getuid())
        limits.apply(space.limits, shared + space.limits.processes)
        if space.users:
            self._become(space.users[0 if role == "learner" else 1], group=space.users[0])
        else:
            syscalls.hold()
        syscalls.prctl(syscalls.PR_SET_NO_NEW_PRIVS, 1)
        landlock.restrict(self._rules(space, role))
        if role == "judge":
            hide_memory()
        seccomp.install(self._filter)

    def _become(self, user: int, group: int) -> None:
        syscalls.drop_bounding(self._capabilities)
        os.setgroups([])
        os.setresgid(group, group, group)
        syscalls.prctl(syscalls.PR_SET_KEEPCAPS, 1)
        os.setresuid(user, user, user)
        syscalls.hold(self._capabilities)
        syscalls.prctl(syscalls.PR_SET_DUMPABLE, 1)  # or its own /proc would be root's

    def _rules(self, space: FencedSpace, role: Role) -> landlock.Rules:
        system = [Path("/", name) for name in _SYSTEM] + [Path("/etc", name) for name in (*_ETC, *_ETC_MORE)]
        system += [Path("/proc", name) for name in _PROC] + [Path(name) for name in _HARDWARE]
        scratch = space.scratch(role)
        readable: tuple[Path, ...] = (*self._readable, *system)
        writable: tuple[Path, ...] = (scratch,)
        if role == "learner":
            writable = (scratch, space.workdir)
        else:
            readable = (*readable, space.workdir)
        return landlock.Rules(readable, writable, _DEVICES, space.ports.block)


def _tasks_of(user: int) -> int:
    """Threads that this user runs on the machine: RLIMIT_NPROC counts them all."""
    found = 0
    for process in Path("/proc").iterdir():
        try:
            if process.name.isdigit() and process.stat().st_uid == user:
                found += sum(1 for _ in (process / "task").iterdir())
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found
