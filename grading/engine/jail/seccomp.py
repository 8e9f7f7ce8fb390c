"""A filter of system calls in the kernel's own bytecode: what no lesson needs and an attack would use is refused."""

import ctypes
import errno
import resource
import socket
import struct

from grading.engine.jail import syscalls
from grading.engine.jail.syscalls import (
    CLONE_NEWCGROUP,
    CLONE_NEWIPC,
    CLONE_NEWNET,
    CLONE_NEWNS,
    CLONE_NEWPID,
    CLONE_NEWUSER,
    CLONE_NEWUTS,
)

_REFUSED = (
    # other processes' memory, files and threads
    *("ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "process_mrelease", "pidfd_getfd", "kcmp"),
    *("move_pages", "migrate_pages", "perf_event_open", "userfaultfd"),
    # namespaces, mounts, roots, files by handle
    *("unshare", "setns", "mount", "umount2", "pivot_root", "chroot", "move_mount", "open_tree", "open_tree_attr"),
    *("fsopen", "fsconfig", "fsmount", "fspick", "mount_setattr", "open_by_handle_at", "name_to_handle_at"),
    # large parts of the kernel that no lesson needs
    *(
        "bpf",
        "io_uring_setup",
        "io_uring_enter",
        "io_uring_register",
        "fanotify_init",
        "add_key",
        "request_key",
        "keyctl",
    ),
    # objects that outlive their maker
    *("shmget", "semget", "msgget", "mq_open"),
    # the machine itself
    *("init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load", "reboot", "swapon", "swapoff"),
    *("acct", "quotactl", "quotactl_fd", "nfsservctl", "syslog", "sethostname", "setdomainname", "vhangup"),
    *("settimeofday", "clock_settime", "clock_adjtime", "adjtimex", "iopl", "ioperm", "modify_ldt", "lookup_dcookie"),
    "personality",
)
# What changes a file without opening it for writing, which Landlock does not cover: who shares its owner could.
_CHANGES_OF_MODE = ("chmod", "fchmod", "fchmodat", "fchmodat2", "utime", "utimes", "futimesat", "utimensat")
_CHANGES_OF_OWNER = (
    *("chown", "fchown", "lchown", "fchownat", "setxattr", "lsetxattr", "fsetxattr", "setxattrat"),
    *("removexattr", "lremovexattr", "fremovexattr", "removexattrat", "file_setattr"),
)
_NEW_NAMESPACES = (
    CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET
)
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C
_FS_IOC_SETFLAGS, _FS_IOC_FSSETXATTR = 0x40086602, 0x401C5820
_AF_NETLINK, _NETLINK_ROUTE = 16, 0
_MSG_FASTOPEN = 0x20000000
_X32 = 0x40000000

_LD_W_ABS, _JEQ, _JGE, _JSET, _RET, _AND = 0x20, 0x15, 0x35, 0x45, 0x06, 0x54
_ALLOW, _ERRNO, _KILL = 0x7FFF0000, 0x00050000, 0x80000000

Program = list[tuple[int, int, int, int]]  # code, jump if true, jump if false, constant


def _load(offset: int) -> tuple[int, int, int, int]:
    return (_LD_W_ABS, 0, 0, offset)


def _load_argument(index: int) -> tuple[int, int, int, int]:
    return _load(16 + 8 * index)  # the low half; both machines are little-endian


def _return(value: int) -> tuple[int, int, int, int]:
    return (_RET, 0, 0, value)


def _refuse(code: int) -> tuple[int, int, int, int]:
    return _return(_ERRNO | code)


def _on(name: str, body: Program) -> Program:
    """Run `body`, which must end in a return, when the call is `name`."""
    found = syscalls.number(name)
    return [] if found is None else [(_JEQ, 0, len(body), found), *body]


def _unless_first_is_zero(code: int) -> Program:
    return [_load_argument(0), (_JEQ, 0, 1, 0), _return(_ALLOW), _refuse(code)]


def _sockets(local_only: bool) -> Program:
    """Which sockets may be made: TCP, UDP unless `local_only`, and the kernel's list of network interfaces."""
    internet: Program = [_return(_ALLOW)]
    if (
        local_only
    ):  # Landlock knows TCP only: not UDP, and not MPTCP or SCTP, which are other protocols of a stream socket
        internet = [
            _load_argument(1),
            (_AND, 0, 0, 0xF),
            (_JEQ, 1, 0, int(socket.SOCK_STREAM)),
            _refuse(errno.EACCES),
            _load_argument(2),
            (_JEQ, 2, 0, 0),
            (_JEQ, 1, 0, int(socket.IPPROTO_TCP)),
            _refuse(errno.EACCES),
            _return(_ALLOW),
        ]
    netlink: Program = [_load_argument(2), (_JEQ, 0, 1, _NETLINK_ROUTE), _return(_ALLOW), _refuse(errno.EACCES)]
    return [
        _load_argument(0),
        (_JEQ, 0, len(netlink), _AF_NETLINK),
        *netlink,
        (_JEQ, 2, 0, int(socket.AF_INET)),
        (_JEQ, 1, 0, int(socket.AF_INET6)),
        _refuse(errno.EACCES),
        *internet,
    ]


def _prologue() -> Program:
    return [
        _load(4),
        (_JEQ, 1, 0, syscalls.audit_arch()),
        _return(_KILL),  # the 32-bit calls of the same machine have other numbers
        _load(0),
        (_JGE, 0, 1, _X32),
        _refuse(errno.ENOSYS),
    ]


def _clone_without(flags: int) -> Program:
    return _on("clone", [_load_argument(0), (_JSET, 0, 1, flags), _refuse(errno.EPERM), _return(_ALLOW)]) + _on(
        "clone3",  # its flags lie in memory, out of the filter's sight; libraries fall back to clone
        [_refuse(errno.ENOSYS)],
    )


def program(local_only: bool, shared_user: bool = False) -> Program:
    """The filter. `local_only`: without namespaces, so that other processes and networks are to be kept away.

    `shared_user`: as a user who owns other files too, so that nobody's mode, times, owner or attributes are changed. To
    set a mode or a time is answered as if it were done: what copies files does it, and can do without.
    """
    code = _prologue()
    if shared_user:
        for name in _CHANGES_OF_MODE:
            code += _on(name, [_refuse(0)])
        for name in _CHANGES_OF_OWNER:
            code += _on(name, [_refuse(errno.EPERM)])
    for name in _REFUSED:
        code += _on(name, [_refuse(errno.EPERM)])
    for name in ("memfd_create", "memfd_secret"):  # files that no limit counts; libraries fall back to ordinary ones
        code += _on(name, [_refuse(errno.ENOSYS)])
    code += _clone_without(_NEW_NAMESPACES)
    code += _on("socket", _sockets(local_only))
    code += _on(
        "ioctl",
        [
            _load_argument(1),
            (_JEQ, 3, 0, _TIOCSTI),
            (_JEQ, 2, 0, _TIOCLINUX),
            (_JEQ, 1, 0, _FS_IOC_SETFLAGS),
            (_JEQ, 0, 1, _FS_IOC_FSSETXATTR),
            _refuse(errno.EPERM),
            _return(_ALLOW),
        ],
    )
    tag = int(resource.RLIMIT_RTTIME)
    code += _on("setrlimit", [_load_argument(0), (_JEQ, 0, 1, tag), _refuse(errno.EPERM), _return(_ALLOW)])
    code += _on(
        "prlimit64",  # of itself only, and not the limit that serves as a tag
        [
            _load_argument(0),
            (_JEQ, 1, 0, 0),
            _refuse(errno.EPERM),
            _load_argument(1),
            (_JEQ, 0, 1, tag),
            _refuse(errno.EPERM),
            _return(_ALLOW),
        ],
    )
    if local_only:
        for name in ("sched_setparam", "sched_setscheduler", "sched_setattr"):
            code += _on(name, _unless_first_is_zero(errno.EPERM))
        code += _on(
            "sched_setaffinity", _unless_first_is_zero(0)
        )  # onnxruntime pins its threads; it is told that it did
        for name in ("setpriority", "ioprio_set"):
            code += _on(name, [_load_argument(1), (_JEQ, 0, 1, 0), _return(_ALLOW), _refuse(errno.EPERM)])
        for name, flags in (("sendto", 3), ("sendmsg", 2), ("sendmmsg", 3)):  # connects past Landlock
            body: Program = [_load_argument(flags), (_JSET, 0, 1, _MSG_FASTOPEN), _refuse(errno.EPERM), _return(_ALLOW)]
            code += _on(name, body)
        code += _on(
            "prctl",  # a learner's process stays the one that inherits its orphans, and shows what it holds
            [
                _load_argument(0),
                (_JEQ, 1, 0, syscalls.PR_SET_CHILD_SUBREAPER),
                (_JEQ, 0, 1, syscalls.PR_SET_DUMPABLE),
                _refuse(errno.EPERM),
                _return(_ALLOW),
            ],
        )
    return [*code, _return(_ALLOW)]


def no_namespaces() -> Program:
    """The filter of a container that allows no namespaces, to try what remains there."""
    return [
        *_prologue(),
        *_on("unshare", [_refuse(errno.EPERM)]),
        *_clone_without(_NEW_NAMESPACES),
        *_on("mount", [_refuse(errno.EPERM)]),
        *_on("setns", [_refuse(errno.EPERM)]),
        _return(_ALLOW),
    ]


class _Fprog(ctypes.Structure):
    _fields_ = [("len", ctypes.c_ushort), ("filter", ctypes.c_void_p)]


def compiled(code: Program) -> bytes:
    """The bytes that the kernel takes."""
    return b"".join(struct.pack("=HBBI", *line) for line in code)


def install(code: bytes) -> None:
    """Put the filter on this process for ever. Needs no_new_privs, which this sets."""
    buffer = ctypes.create_string_buffer(code, len(code))
    fprog = _Fprog(len(code) // 8, ctypes.cast(buffer, ctypes.c_void_p))
    syscalls.prctl(syscalls.PR_SET_NO_NEW_PRIVS, 1)
    syscalls.prctl(syscalls.PR_SET_SECCOMP, 2, ctypes.addressof(fprog))
