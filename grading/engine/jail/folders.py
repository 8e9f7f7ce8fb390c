"""The files of a submission: copied in as plain files, measured, and removed whatever was done to them."""

import errno
import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

_CHUNK = 1 << 20


def copy_in(source: Path, target: Path, owner: tuple[int, int] | None, most: int) -> None:
    """Copy the regular files under `source` into the folder `target`, and give them to `owner` (user, group).

    Links, sockets, pipes and devices are left out: a link could stand for a file of somebody else. Raises OSError when
    there are more than `most` bytes, or no room for them.
    """
    for folder, names, files, at in os.fwalk(source, onerror=_fail):
        here = target / Path(folder).relative_to(source)
        for name in sorted(names):
            if stat.S_ISDIR(os.stat(name, dir_fd=at, follow_symlinks=False).st_mode):
                (here / name).mkdir()
        for name in sorted(files):
            most -= _copy_file(at, name, here / name, owner, most)
        if owner:
            os.chown(here, *owner)


def _fail(error: OSError) -> None:
    raise error


def _copy_file(at: int, name: str, target: Path, owner: tuple[int, int] | None, most: int) -> int:
    if not stat.S_ISREG(os.stat(name, dir_fd=at, follow_symlinks=False).st_mode):
        return 0
    fd = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=at)
    with os.fdopen(fd, "rb") as reader:
        mode = os.fstat(fd).st_mode
        if not stat.S_ISREG(mode):  # exchanged since it was looked at
            return 0
        copied = 0
        with target.open("xb") as writer:
            while part := reader.read(_CHUNK):
                copied += len(part)
                if copied > most:
                    raise OSError(errno.ENOSPC, "The files of the submission are larger than it may use of the disk.")
                writer.write(part)
            os.fchmod(writer.fileno(), 0o644 | (mode & 0o111))
            if owner:
                os.fchown(writer.fileno(), *owner)
    return copied


def size(folder: Path) -> int:
    """Bytes that the files under `folder` take on the disk. What vanishes meanwhile, or is closed to us, counts 0."""
    total = 0
    pending = [folder]
    while pending:
        try:
            with os.scandir(pending.pop()) as entries:
                for entry in entries:
                    info = entry.stat(follow_symlinks=False)
                    total += info.st_blocks * 512
                    if stat.S_ISDIR(info.st_mode):
                        pending.append(Path(entry.path))
        except (FileNotFoundError, PermissionError, NotADirectoryError):
            continue
    return total


def remove(folder: Path) -> None:
    """Remove `folder` with all in it, also what its owner locked."""

    def unlock(action: Callable[..., Any], path: str, error: object) -> None:
        locked = Path(path)
        if locked != folder:  # what holds `folder` is not ours
            locked.parent.chmod(0o700)
        if locked.is_dir() and not locked.is_symlink():
            locked.chmod(0o700)
            remove(locked)
        else:
            locked.unlink(missing_ok=True)

    shutil.rmtree(folder, onerror=unlock)
