"""A place where attacks may succeed without harming this machine: namespaces for processes, mounts, network.

It is no part of what is tested. Inside, the only processes are the harness's, `/dev/shm` and the temporary folder are
small and private, and the network is a loopback device with a second address that stands for the world outside.
"""

import ctypes
import fcntl
import os
import signal
import socket
import struct
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

OUTSIDE = "192.0.2.1"  # of the block kept for documentation
NO_QUARANTINE = 77  # the status that says so
SPACE = "512m"  # of each private temporary folder
_NEWNS, _NEWUTS, _NEWIPC, _NEWUSER, _NEWPID, _NEWNET = 0x20000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000
_REC, _PRIVATE = 0x4000, 0x40000


class NoQuarantineError(Exception):
    """This machine gives no namespaces."""


def run_inside(work: Callable[[Path], int]) -> int:
    """Run `work(temporary folder)` in a fork inside the quarantine and return what it returns.

    The process that calls this becomes the quarantine's parent and does nothing else. Raises `NoQuarantineError`.
    """
    uid, gid = os.getuid(), os.getgid()
    flags = _NEWNS | _NEWUTS | _NEWIPC | _NEWPID | _NEWNET | (_NEWUSER if uid else 0)
    _call("unshare", flags)
    if uid:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
        Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")
    _network()
    pid = os.fork()
    if pid == 0:
        _die_with_parent()
        try:
            status = _first_process(work)
        except NoQuarantineError as error:
            print(error, file=sys.stderr, flush=True)
            status = NO_QUARANTINE
        os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _first_process(work: Callable[[Path], int]) -> int:
    """What reaps the orphans. The harness is its child, so that it can be killed as any process can."""
    _call("mount", b"none", b"/", None, _REC | _PRIVATE, None)
    _call("mount", b"proc", b"/proc", b"proc", 0, None)
    _mount_small("/dev/shm", "256m")
    for shared in (Path("/tmp"), Path("/var/tmp")):  # an attack once filled this machine's disk through them
        if any(Path(needed).resolve().is_relative_to(shared) for needed in (__file__, sys.prefix, sys.base_prefix)):
            raise NoQuarantineError(f"the course or its Python lies in {shared}, which has to be replaced")
        _mount_small(str(shared), SPACE)
    folder = _temporary_folder()
    harness = os.fork()
    if harness == 0:
        _die_with_parent()
        os.setsid()
        status = 1
        try:
            status = work(folder)
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)
    while True:
        pid, status = os.waitpid(-1, 0)
        if pid == harness:
            return os.waitstatus_to_exitcode(status) & 0xFF


def _temporary_folder() -> Path:
    folder = Path("/mnt")
    if not folder.is_dir():
        raise NoQuarantineError("there is no /mnt to mount a private temporary folder on")
    _mount_small(str(folder), SPACE)
    folder.chmod(0o1777)
    return folder


def _mount_small(folder: str, size: str) -> None:
    _call("mount", b"tmpfs", folder.encode(), b"tmpfs", 0, f"size={size},mode=1777".encode())


def _network() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        address = struct.pack("16sH2s4s8s", b"lo:1", socket.AF_INET, b"", socket.inet_aton(OUTSIDE), b"")
        for name in (b"lo",):
            fcntl.ioctl(control, 0x8914, struct.pack("16sh", name, 0x41))  # SIOCSIFFLAGS: up and running
        fcntl.ioctl(control, 0x8916, address)  # SIOCSIFADDR


def _die_with_parent() -> None:
    _call("prctl", 1, signal.SIGKILL)


def _call(name: str, *arguments: object) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*arguments) != 0:
        raise NoQuarantineError(f"{name}: {os.strerror(ctypes.get_errno())}")
