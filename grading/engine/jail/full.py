"""The full tier: namespaces, a minimal root, a work folder in memory, then limits, Landlock, seccomp. Linux only."""

import os
import select
import signal
from collections.abc import Sequence
from pathlib import Path

from grading.engine.jail import folders, landlock, limits, namespaces, root, seccomp, syscalls, tagged
from grading.engine.jail.limits import Limits
from grading.engine.jail.processes import hide_memory, only_descriptors, settle
from grading.engine.jail.tiers import Role
from grading.engine.jail.watcher import Watcher

# In the template's own mount namespace, where a new file system hides one that the template has no use for: nothing is
# left on the disk, whatever dies.
_HIDEABLE = (Path("/sys/module"), Path("/sys/firmware"), Path("/dev/shm"), Path("/mnt"))
_READABLE = tuple(map(Path, ("/",)))
_PRIVATE = tuple(map(Path, ("/tmp", "/dev/shm")))
_DEVICES = tuple(map(Path, ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")))
_JUDGE_TMP = "mode=1777,size=64m"


class FullSpace:
    """One submission: its files on a file system of their own in memory, its network, its processes."""

    def __init__(
        self, base: Path, files: Path, given: Limits, user: int, network: int, tag: int, watcher: Watcher
    ) -> None:
        """Mount the file system at `base` and copy `files` in. Takes over the file descriptor `network`."""
        self.workdir = root.WORK
        self.base = base
        self.limits = given
        self.user = user
        self.network = network
        self.tag = tag
        self._watcher = watcher
        self._processes: list[int] = []
        base.mkdir()
        syscalls.mount(
            "tmpfs",
            base,
            "tmpfs",
            syscalls.MS_NOSUID | syscalls.MS_NODEV,
            f"mode=0711,size={given.disk_mb}m,nr_inodes={given.entries}",
        )
        for name, mode in (("work", 0o755), ("tmp", 0o1777), ("shm", 0o1777)):
            (base / name).mkdir()
            (base / name).chmod(mode)
        folders.copy_in(files, base / "work", (user, user) if user else None, given)
        watcher.add(tag, given, None)

    def add(self, process: int) -> None:
        """Remember a process of this submission."""
        self._processes.append(os.pidfd_open(process))

    def usage(self) -> int:
        """Bytes that its files take."""
        found = os.statvfs(self.base)
        return (found.f_blocks - found.f_bfree) * found.f_frsize

    def sweep(self) -> None:
        """Kill what runs: with the first process of a PID namespace the kernel kills all that it started."""
        for fd in self._processes:
            try:
                signal.pidfd_send_signal(fd, signal.SIGKILL)
            except ProcessLookupError:
                continue
        for fd in self._processes:
            select.select([fd], [], [])

    def close(self) -> None:
        """Kill what runs, drop files and network. The caller still has to wait for the processes it forked."""
        self.sweep()
        for fd in self._processes:
            os.close(fd)
        self._processes.clear()
        if self.network >= 0:
            os.close(self.network)
            self.network = -1
            syscalls.detach(self.base)
            self.base.rmdir()
            self._watcher.drop(self.tag)


class FullJail:
    """The template's side. See `namespaces.enter` for what making one does to the calling process."""

    def __init__(self, visible: Sequence[Path]) -> None:
        """Enter the namespaces and build the root that the children will see."""
        self._as_root = os.geteuid() == 0
        namespaces.enter()
        self._own_pids, self._own_network = namespaces.own("pid"), namespaces.own("net")
        base = next(path for path in _HIDEABLE if path.is_dir() and not any(v.is_relative_to(path) for v in visible))
        syscalls.mount("tmpfs", base, "tmpfs", syscalls.MS_NOSUID | syscalls.MS_NODEV, "mode=0755,size=1m")
        self._root, self._spaces = base / "root", base / "spaces"
        self._spaces.mkdir()
        root.build(self._root, visible)
        real = [path.resolve() for path in visible]
        self._under_private = [path for path in real if any(path.is_relative_to(private) for private in _PRIVATE)]
        self._first_user, self._users = namespaces.user_range()
        self._watcher = Watcher()
        self._filter = seccomp.compiled(seccomp.program(local_only=False))  # once, not in every fork

    def space(self, folder: Path, given: Limits) -> FullSpace:
        """A place for one submission with copies of the files under `folder`."""
        tag = tagged.new()
        user = self._first_user + self._users // 2 + tag % (self._users // 2) if self._as_root else 0
        network = namespaces.new_network(self._own_network)
        base = self._spaces / str(tag)
        try:
            return FullSpace(base, folder, given, user, network, tag, self._watcher)
        except BaseException:
            os.close(network)
            if base.is_dir():
                if os.path.ismount(base):
                    syscalls.detach(base)
                base.rmdir()
            raise

    def fork(self, space: FullSpace) -> int:
        """As os.fork, into a new PID namespace; the child has yet to call `confine`."""
        syscalls.unshare(syscalls.CLONE_NEWPID)
        child = -1
        try:
            child = os.fork()
        finally:
            if child:
                syscalls.setns(self._own_pids, syscalls.CLONE_NEWPID)
        if child:
            space.add(child)
        return child

    def confine(self, space: FullSpace, role: Role, keep: Sequence[int]) -> None:
        """In the child: put the rest of the jail in force."""
        os.setsid()
        tagged.wear(space.tag)
        proc_self = namespaces.own_proc()
        syscalls.setns(space.network, syscalls.CLONE_NEWNET)
        syscalls.unshare(
            syscalls.CLONE_NEWNS | syscalls.CLONE_NEWIPC | syscalls.CLONE_NEWUTS | syscalls.CLONE_NEWCGROUP
        )
        syscalls.sethostname("localhost")
        self._mount_own(space, role)
        os.chdir(self._root)
        syscalls.pivot_root(".", ".")
        syscalls.detach(".")
        os.chdir(space.workdir)
        self._become_nobody(space, proc_self)
        only_descriptors(keep)
        settle(Path("/tmp"), "learner", {})
        limits.apply(space.limits, space.limits.processes)
        syscalls.drop_bounding()
        syscalls.hold()
        syscalls.prctl(syscalls.PR_SET_NO_NEW_PRIVS, 1)
        if landlock.version():
            writable = (*_PRIVATE, space.workdir) if role == "learner" else _PRIVATE
            landlock.restrict(landlock.Rules(_READABLE, writable, _DEVICES))
        if role == "judge":
            hide_memory()
        seccomp.install(self._filter)

    def _mount_own(self, space: FullSpace, role: Role) -> None:
        namespaces.mount_proc(self._root / "proc")
        syscalls.restrict_mount(self._root / "proc", syscalls.ATTR_RDONLY, recursive=False)
        work = self._root / space.workdir.relative_to("/")
        syscalls.mount(space.base / "work", work, None, syscalls.MS_BIND)
        for path, name in zip(_PRIVATE, ("tmp", "shm"), strict=True):
            target = self._root / path.relative_to("/")
            if role == "learner":
                syscalls.mount(space.base / name, target, None, syscalls.MS_BIND)
            else:
                syscalls.mount("tmpfs", target, "tmpfs", syscalls.MS_NOSUID | syscalls.MS_NODEV, _JUDGE_TMP)
        for path in self._under_private:  # a course in /tmp, say, which the private /tmp would hide
            target = self._root / path.relative_to("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            if path.is_dir():
                target.mkdir()
            else:
                target.touch()
            syscalls.mount(path, target, None, syscalls.MS_BIND | syscalls.MS_REC)
            syscalls.restrict_mount(target, syscalls.ATTR_RDONLY | syscalls.ATTR_NOSUID | syscalls.ATTR_NODEV)
        if role == "judge":
            syscalls.restrict_mount(work, syscalls.ATTR_RDONLY | syscalls.ATTR_NOEXEC, recursive=False)

    def _become_nobody(self, space: FullSpace, proc_self: int) -> None:
        """One user in a user namespace of its own: RLIMIT_NPROC then counts this process's descendants alone.

        `proc_self` was opened before the root changed: the new /proc is read-only.
        """
        if self._as_root:
            os.setgroups([])
            os.setresgid(space.user, space.user, space.user)
            os.setresuid(space.user, space.user, space.user)
            syscalls.prctl(syscalls.PR_SET_DUMPABLE, 1)  # or its own /proc would be root's
        syscalls.unshare(syscalls.CLONE_NEWUSER)
        namespaces.map_one_user(proc_self, root.LEARNER, space.user, space.user)
