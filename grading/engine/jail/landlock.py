"""Landlock: which files a process may use, which TCP ports, and that signals stay among its own."""

import ctypes
import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from grading.engine.jail import syscalls

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_REFER, _TRUNCATE, _IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15
_ALL_OF_VERSION_1 = (1 << 13) - 1
_OF_A_FILE = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV
_MAKE_DEVICES = 1 << 6 | 1 << 11
_BIND_TCP, _CONNECT_TCP = 1, 2
_SCOPE_ABSTRACT_UNIX, _SCOPE_SIGNAL = 1, 2

NETWORK_SINCE, SCOPES_SINCE = 4, 6


class _Ruleset(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint64) for name in ("fs", "net", "scoped")]


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("allowed", ctypes.c_uint64), ("parent_fd", ctypes.c_int32)]


class _NetPort(ctypes.Structure):
    _fields_ = [("allowed", ctypes.c_uint64), ("port", ctypes.c_uint64)]


@dataclass(frozen=True)
class Rules:
    """What is allowed; the rest is refused. `ports` None leaves the network alone."""

    readable: tuple[Path, ...]
    writable: tuple[Path, ...]
    devices: tuple[Path, ...] = ()
    ports: range | None = None


def version() -> int:
    """The version of Landlock's interface in this kernel, 0 where there is none."""
    try:
        return syscalls.syscall("landlock_create_ruleset", 0, 0, 1)
    except OSError:
        return 0


def _handled(abi: int) -> int:
    handled = _ALL_OF_VERSION_1
    if abi >= 2:
        handled |= _REFER
    if abi >= 3:
        handled |= _TRUNCATE
    if abi >= 5:
        handled |= _IOCTL_DEV
    return handled


def _allow(ruleset: int, paths: Iterable[Path], rights: int) -> None:
    for path in paths:
        try:
            fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except FileNotFoundError:
            continue  # not every system has every one of the usual folders
        try:
            of_this = rights if stat.S_ISDIR(os.fstat(fd).st_mode) else rights & _OF_A_FILE
            rule = _PathBeneath(of_this, fd)
            syscalls.syscall("landlock_add_rule", ruleset, 1, ctypes.byref(rule), 0)
        finally:
            os.close(fd)


def restrict(rules: Rules) -> None:
    """Put the rules on this process and all that it starts, for ever. Needs no_new_privs."""
    abi = version()
    handled = _handled(abi)
    attr = _Ruleset(fs=handled)
    if abi >= NETWORK_SINCE and rules.ports is not None:
        attr.net = _BIND_TCP | _CONNECT_TCP
    if abi >= SCOPES_SINCE:
        attr.scoped = _SCOPE_ABSTRACT_UNIX | _SCOPE_SIGNAL
    ruleset = syscalls.syscall("landlock_create_ruleset", ctypes.byref(attr), ctypes.sizeof(attr), 0)
    try:
        _allow(ruleset, rules.readable, _READ_FILE | _READ_DIR | _EXECUTE)
        _allow(ruleset, rules.devices, handled & (_READ_FILE | _WRITE_FILE | _IOCTL_DEV | _TRUNCATE))
        _allow(ruleset, rules.writable, handled & ~_MAKE_DEVICES & ~_IOCTL_DEV)
        if attr.net:
            for port in rules.ports or ():
                rule = _NetPort(_BIND_TCP | _CONNECT_TCP, port)
                syscalls.syscall("landlock_add_rule", ruleset, 2, ctypes.byref(rule), 0)
        syscalls.syscall("landlock_restrict_self", ruleset, 0)
    finally:
        os.close(ruleset)
