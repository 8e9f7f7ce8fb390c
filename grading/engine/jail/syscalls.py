"""The kernel's calls that Python has no name for, on Linux for x86_64 and aarch64. Each raises OSError as `os` does."""

import ctypes
import functools
import os
import platform
import sys
from pathlib import Path

CLONE_NEWNS = 0x00020000
CLONE_NEWCGROUP = 0x02000000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

MS_NOSUID = 0x2
MS_NODEV = 0x4
MS_NOEXEC = 0x8
MS_BIND = 0x1000
MS_REC = 0x4000
MS_PRIVATE = 0x40000
MNT_DETACH = 0x2

ATTR_RDONLY = 0x1
ATTR_NOSUID = 0x2
ATTR_NODEV = 0x4
ATTR_NOEXEC = 0x8

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_KEEPCAPS = 8
PR_SET_SECCOMP = 22
PR_CAPBSET_DROP = 24
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38
PR_CAP_AMBIENT = 47

CAP_DAC_READ_SEARCH = 2

_AT_FDCWD = -100
_AT_RECURSIVE = 0x8000
_CAPABILITY_VERSION_3 = 0x20080522

# Name: number on x86_64, number on aarch64; None where the machine has no such call.
NUMBERS: dict[str, tuple[int | None, int | None]] = {
    "acct": (163, 89),
    "add_key": (248, 217),
    "adjtimex": (159, 171),
    "bpf": (321, 280),
    "chmod": (90, None),
    "chown": (92, None),
    "chroot": (161, 51),
    "clock_adjtime": (305, 266),
    "clock_settime": (227, 112),
    "clone": (56, 220),
    "clone3": (435, 435),
    "delete_module": (176, 106),
    "fanotify_init": (300, 262),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "fchown": (93, 55),
    "fchownat": (260, 54),
    "file_setattr": (469, 469),
    "finit_module": (313, 273),
    "fremovexattr": (199, 16),
    "fsconfig": (431, 431),
    "fsetxattr": (190, 7),
    "fsmount": (432, 432),
    "fsopen": (430, 430),
    "fspick": (433, 433),
    "futimesat": (261, None),
    "init_module": (175, 105),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "io_uring_setup": (425, 425),
    "ioctl": (16, 29),
    "ioperm": (173, None),
    "iopl": (172, None),
    "ioprio_set": (251, 30),
    "kcmp": (312, 272),
    "kexec_file_load": (320, 294),
    "kexec_load": (246, 104),
    "keyctl": (250, 219),
    "landlock_add_rule": (445, 445),
    "landlock_create_ruleset": (444, 444),
    "landlock_restrict_self": (446, 446),
    "lchown": (94, None),
    "lookup_dcookie": (212, 18),
    "lremovexattr": (198, 15),
    "lsetxattr": (189, 6),
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "migrate_pages": (256, 238),
    "modify_ldt": (154, None),
    "mount": (165, 40),
    "mount_setattr": (442, 442),
    "move_mount": (429, 429),
    "move_pages": (279, 239),
    "mq_open": (240, 180),
    "msgget": (68, 186),
    "name_to_handle_at": (303, 264),
    "nfsservctl": (180, 42),
    "open_by_handle_at": (304, 265),
    "open_tree": (428, 428),
    "open_tree_attr": (467, 467),
    "perf_event_open": (298, 241),
    "personality": (135, 92),
    "pidfd_getfd": (438, 438),
    "pivot_root": (155, 41),
    "prctl": (157, 167),
    "prlimit64": (302, 261),
    "process_madvise": (440, 440),
    "process_mrelease": (448, 448),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "ptrace": (101, 117),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "reboot": (169, 142),
    "removexattr": (197, 14),
    "removexattrat": (466, 466),
    "request_key": (249, 218),
    "sched_setaffinity": (203, 122),
    "sched_setattr": (314, 274),
    "sched_setparam": (142, 118),
    "sched_setscheduler": (144, 119),
    "semget": (64, 190),
    "sendmmsg": (307, 269),
    "sendmsg": (46, 211),
    "sendto": (44, 206),
    "setdomainname": (171, 162),
    "sethostname": (170, 161),
    "setns": (308, 268),
    "setpriority": (141, 140),
    "setrlimit": (160, 164),
    "settimeofday": (164, 170),
    "setxattr": (188, 5),
    "setxattrat": (463, 463),
    "shmget": (29, 194),
    "socket": (41, 198),
    "swapoff": (168, 225),
    "swapon": (167, 224),
    "syslog": (103, 116),
    "umount2": (166, 39),
    "unshare": (272, 97),
    "userfaultfd": (323, 282),
    "utime": (132, None),
    "utimensat": (280, 88),
    "utimes": (235, None),
    "vhangup": (153, 58),
}
_AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}


@functools.cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _machine() -> str:
    machine = platform.machine()
    if sys.platform != "linux" or machine not in _AUDIT_ARCH:
        raise OSError(f"No isolation is known for {sys.platform} on {machine}.")
    return machine


def audit_arch() -> int:
    """What seccomp calls this machine."""
    return _AUDIT_ARCH[_machine()]


def number(name: str) -> int | None:
    """The number of the call on this machine, None where it has none."""
    return NUMBERS[name][0 if _machine() == "x86_64" else 1]


def _checked(name: str, result: int) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{name}: {os.strerror(code)}")
    return result


def syscall(name: str, *arguments: object) -> int:
    """Call the kernel. Integers go as 64-bit words, the rest as ctypes passes them."""
    found = number(name)
    if found is None:
        raise OSError(f"This machine has no {name}.")
    words = [ctypes.c_long(each) if isinstance(each, int) else each for each in arguments]
    return _checked(name, _libc().syscall(ctypes.c_long(found), *words))


def unshare(flags: int) -> None:
    """Leave the namespaces named by `flags` for fresh ones."""
    _checked("unshare", _libc().unshare(flags))


def setns(fd: int, kind: int) -> None:
    """Enter the namespace behind `fd`."""
    _checked("setns", _libc().setns(fd, kind))


def mount(source: str | Path | None, target: str | Path, kind: str | None, flags: int, data: str = "") -> None:
    """mount(2)."""
    _checked(
        f"mount on {target}",
        _libc().mount(
            None if source is None else os.fsencode(source),
            os.fsencode(target),
            None if kind is None else kind.encode(),
            ctypes.c_ulong(flags),
            data.encode() or None,
        ),
    )


class _MountAttr(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint64) for name in ("set", "clr", "propagation", "userns_fd")]


def restrict_mount(target: str | Path, attributes: int, recursive: bool = True) -> None:
    """Add attributes such as read-only to the mount at `target`, and to those below it."""
    attr = _MountAttr(set=attributes)
    flags = _AT_RECURSIVE if recursive else 0
    syscall("mount_setattr", _AT_FDCWD, os.fsencode(target), flags, ctypes.byref(attr), ctypes.sizeof(attr))


def detach(target: str | Path) -> None:
    """Unmount `target` at once; what still uses it keeps it until it ends."""
    _checked(f"umount of {target}", _libc().umount2(os.fsencode(target), MNT_DETACH))


def pivot_root(new: str, old: str) -> None:
    """Make `new` the root and put the old one at `old`."""
    syscall("pivot_root", new.encode(), old.encode())


def sethostname(name: str) -> None:
    """Name this machine, in its own namespace."""
    _checked("sethostname", _libc().sethostname(name.encode(), len(name)))


def prctl(option: int, *arguments: int) -> None:
    """prctl(2) for the options that take numbers."""
    words = [ctypes.c_ulong(each) for each in (*arguments, 0, 0, 0, 0)[:4]]
    _checked(f"prctl {option}", _libc().prctl(option, *words))


def die_with_parent(signal_number: int) -> None:
    """Be sent this signal when the thread that forked this process ends."""
    prctl(PR_SET_PDEATHSIG, signal_number)


class _CapHeader(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


class _CapData(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint32) for name in ("effective", "permitted", "inheritable")]


def drop_bounding(kept: frozenset[int] = frozenset()) -> None:
    """Make sure that no program can ever gain a capability but these.

    That takes CAP_SETPCAP, which an ordinary user outside a user namespace has not; there no_new_privs does the same.
    """
    for capability in range(64):
        if capability not in kept and _libc().prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0:
            break  # past the last that this kernel knows, or no right to do it


def hold(kept: frozenset[int] = frozenset()) -> None:
    """Give up every capability but these, for this process and for the programs it will start."""
    _checked("prctl", _libc().prctl(PR_CAP_AMBIENT, 4, 0, 0, 0))  # 4: clear all
    bits = sum(1 << capability for capability in kept)
    data = (_CapData * 2)(_CapData(bits, bits, bits), _CapData(0, 0, 0))
    header = _CapHeader(_CAPABILITY_VERSION_3, 0)
    _checked("capset", _libc().capset(ctypes.byref(header), data))
    for capability in kept:
        _checked("prctl", _libc().prctl(PR_CAP_AMBIENT, 2, capability, 0, 0))  # 2: raise
