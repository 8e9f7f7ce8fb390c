"""The file system that a jailed process sees: the system's programs and libraries, the visible paths, nothing else."""

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from grading.engine.jail import syscalls

WORK = Path("/home/learner")
_SYSTEM = ("usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32")
_ETC_FILES = ("ld.so.cache", "localtime", "mime.types", "protocols", "services", "ssl/openssl.cnf")
_ETC_FOLDERS = ("alternatives", "fonts", "ssl/certs", "pki/tls/certs", "pki/ca-trust")
_HARDWARE = ("/sys/devices/system/cpu", "/sys/devices/system/node")  # how many cores there are: onnxruntime, OpenBLAS
_DEVICES = ("null", "zero", "full", "random", "urandom")
_ETC = {
    "passwd": "root:x:0:0::/:/usr/sbin/nologin\nlearner:x:1000:1000::/tmp:/bin/sh\n",
    "group": "root:x:0:\nlearner:x:1000:\n",
    "hosts": "127.0.0.1 localhost\n::1 localhost\n",
    "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
    "resolv.conf": "",
    "hostname": "localhost\n",
}
LEARNER = 1000


def build(root: Path, visible: Iterable[Path]) -> None:
    """Mount and fill the file system at `root`. The caller has a mount namespace of its own.

    Left to mount for each process, because each has its own: /proc, /tmp, /dev/shm and WORK.
    """
    root.mkdir()
    syscalls.mount("tmpfs", root, "tmpfs", syscalls.MS_NOSUID | syscalls.MS_NODEV, "mode=0755,size=16m")
    for empty in ("proc", "tmp", "etc", "dev/shm", str(WORK.relative_to("/"))):
        (root / empty).mkdir(parents=True)
    shown: list[Path] = []
    for name in _SYSTEM:
        _show(root, Path("/", name), shown)
    for name in _ETC_FOLDERS:
        _show(root, Path("/etc", name), shown)
    for name in _HARDWARE:
        _show(root, Path(name), shown)
    for path in sorted({path.absolute() for path in visible}):
        if not path.exists():
            raise FileNotFoundError(f"{path} is to be visible in the jail, and is not there.")
        _show(root, path, shown)
    _fill_etc(root / "etc")
    _fill_dev(root / "dev")
    syscalls.restrict_mount(root, syscalls.ATTR_RDONLY, recursive=False)


def _show(root: Path, path: Path, shown: list[Path]) -> None:
    """Make `path` visible, read-only, under its own name, with the links on the way to it."""
    if not path.exists():
        return
    real = _lay(root, path)
    if any(real.is_relative_to(other) for other in shown):
        return
    if real == Path("/"):
        raise ValueError("The whole file system cannot be made visible in the jail.")
    target = root / real.relative_to("/")
    if real.is_dir():
        target.mkdir(exist_ok=True)
    else:
        target.touch()
    syscalls.mount(real, target, None, syscalls.MS_BIND | syscalls.MS_REC)
    syscalls.restrict_mount(target, syscalls.ATTR_RDONLY | syscalls.ATTR_NOSUID | syscalls.ATTR_NODEV)
    shown.append(real)


def _lay(root: Path, path: Path) -> Path:
    """Make the folders above `path`, and the links by which it is reached; return where it really is."""
    if path == Path("/"):
        return path
    path = _lay(root, path.parent) / path.name
    copy = root / path.relative_to("/")
    if not copy.parent.is_dir():
        copy.parent.mkdir()
    if not path.is_symlink():
        return path
    if not copy.is_symlink() and not copy.exists():
        copy.symlink_to(path.readlink())
    return _lay(root, Path(os.path.normpath(path.parent / path.readlink())))


def _fill_etc(etc: Path) -> None:
    for name, content in _ETC.items():
        (etc / name).write_text(content)
    for name in _ETC_FILES:
        source = Path("/etc", name)
        if source.is_file() and os.access(source, os.R_OK):
            (etc / name).parent.mkdir(exist_ok=True)
            shutil.copyfile(source, etc / name)


def _fill_dev(dev: Path) -> None:
    for name in _DEVICES:
        (dev / name).touch()
        syscalls.mount(Path("/dev", name), dev / name, None, syscalls.MS_BIND)
        syscalls.restrict_mount(dev / name, syscalls.ATTR_NOSUID | syscalls.ATTR_NOEXEC)
    for name, target in (("fd", ""), ("stdin", "/0"), ("stdout", "/1"), ("stderr", "/2")):
        (dev / name).symlink_to(f"/proc/self/fd{target}")
