"""Namespaces of one's own: how the template enters its, and how a network comes to be. Linux only."""

import fcntl
import os
import select
import signal
import socket
import struct
from pathlib import Path
from typing import NoReturn

from grading.engine.jail import syscalls
from grading.engine.jail.processes import close_all_but, descriptors, end_like

_SIOCSIFFLAGS, _IFF_UP, _IFF_RUNNING = 0x8914, 0x1, 0x40


def own(kind: str) -> int:
    """A file descriptor of this process's own namespace of that kind, such as "net"."""
    return os.open(f"/proc/self/ns/{kind}", os.O_RDONLY | os.O_CLOEXEC)


def loopback_up() -> None:
    """Bring 127.0.0.1 up in a fresh network namespace."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", _IFF_UP | _IFF_RUNNING))


def new_network(home: int) -> int:
    """A file descriptor of a new network namespace with 127.0.0.1 up; this process stays in the one behind `home`."""
    syscalls.unshare(syscalls.CLONE_NEWNET)
    try:
        loopback_up()
        return own("net")
    finally:
        syscalls.setns(home, syscalls.CLONE_NEWNET)


def enter() -> None:
    """Move on into new user, mount, network, IPC and PID namespaces, with every capability in them.

    A process cannot move itself into a PID namespace, so the caller goes on as a child, its number one: when it ends,
    the kernel ends all that was started in there. The process that was asked waits and ends as the child ends; killing
    it kills the child. Must be called while there is one thread. Raises OSError where the system does not allow it.
    """
    flags = syscalls.CLONE_NEWUSER | syscalls.CLONE_NEWNS | syscalls.CLONE_NEWNET | syscalls.CLONE_NEWPID
    flags |= syscalls.CLONE_NEWIPC
    if os.geteuid() == 0:
        _unshare_with_all_users(flags)
    else:
        uid, gid = os.geteuid(), os.getegid()
        syscalls.unshare(flags)
        proc = own_proc()
        map_one_user(proc, 0, uid, gid)
        os.close(proc)
    alive, held = os.pipe()
    known = descriptors()  # the child is about to mount a /proc that does not know this process
    child = os.fork()
    if child:
        _stand_in_for(child, held, known)
    os.close(held)
    syscalls.die_with_parent(signal.SIGKILL)
    if select.select([alive], [], [], 0)[0]:  # the parent ended before it could be tied to
        os._exit(1)
    os.close(alive)
    syscalls.mount(None, "/", None, syscalls.MS_REC | syscalls.MS_PRIVATE)
    mount_proc("/proc")
    loopback_up()


def mount_proc(target: str | Path) -> None:
    """Mount the /proc of this process's own PID namespace."""
    syscalls.mount("proc", target, "proc", syscalls.MS_NOSUID | syscalls.MS_NODEV | syscalls.MS_NOEXEC)


def own_proc() -> int:
    """A file descriptor of this process's folder in /proc, which lasts when the root changes."""
    return os.open("/proc/self", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)


def map_one_user(proc: int, inside: int, uid: int, gid: int) -> None:
    """In a user namespace just entered, let `inside` stand for that user and group of the one around it."""
    for name, text in (("setgroups", "deny"), ("uid_map", f"{inside} {uid} 1"), ("gid_map", f"{inside} {gid} 1")):
        fd = os.open(name, os.O_WRONLY, dir_fd=proc)
        try:
            os.write(fd, text.encode())
        finally:
            os.close(fd)


def user_range() -> tuple[int, int]:
    """The first and the number of users of the largest range that this user namespace knows."""
    lines = Path("/proc/self/uid_map").read_text().splitlines()
    count, first = max((int(line.split()[2]), int(line.split()[0])) for line in lines)
    return first, count


def _unshare_with_all_users(flags: int) -> None:
    """As root, know the same users inside as outside. Only a process that stayed outside may say so."""
    asked, ask = os.pipe()
    answered, answer = os.pipe()
    target = os.getpid()
    helper = os.fork()
    if helper == 0:
        os.close(ask)
        status = 1
        try:
            os.read(asked, 1)
            for kind in ("uid_map", "gid_map"):
                known = [line.split() for line in Path(f"/proc/self/{kind}").read_text().splitlines()]
                Path(f"/proc/{target}/{kind}").write_text("".join(f"{a} {a} {n}\n" for a, _, n in known))
            os.write(answer, b"1")
            status = 0
        finally:
            os._exit(status)
    os.close(asked)
    os.close(answer)
    try:
        syscalls.unshare(flags)
        os.write(ask, b"1")
        mapped = os.read(answered, 1)
    finally:
        os.close(ask)
        os.close(answered)
        os.waitpid(helper, 0)
    if not mapped:
        raise OSError("The users of a new namespace could not be set.")


def _stand_in_for(child: int, held: int, known: list[int]) -> NoReturn:
    """Wait for `child` and end as it ended, holding nothing that it may wait to see closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C reaches the child by itself
    close_all_but([held], known)
    _, status = os.waitpid(child, 0)
    end_like(status)
