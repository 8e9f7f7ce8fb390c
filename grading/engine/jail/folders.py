"""The files of a submission: copied in as plain files, measured, and removed whatever was done to them."""

import contextlib
import itertools
import os
import secrets
import stat
from collections.abc import Iterable
from pathlib import Path

from grading.engine.jail.limits import Limits

_CHUNK = 1 << 20
_DEEPEST = 64  # folders in each other, of those that are copied
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC

BEYOND = 1 << 62  # more than any limit


class FilesError(OSError):
    """The files of a submission are not taken: a sentence's end that says why."""


def copy_in(source: Path, target: Path, owner: tuple[int, int] | None, given: Limits) -> None:
    """Copy the regular files under `source` into the folder `target`, and give them to `owner` (user, group).

    Links, sockets, pipes and devices are left out: a link could stand for a file of somebody else. Raises `FilesError`
    when they are more than the limits allow or nested too deeply, and OSError when there is no room for them.
    """
    room, entries = given.disk_bytes, given.entries
    for folder, names, files, at in os.fwalk(source, onerror=_fail):
        inside = Path(folder).relative_to(source)
        here = target / inside
        entries -= len(names) + len(files)
        if len(inside.parts) > _DEEPEST:
            raise FilesError(f"it has folders nested more than {_DEEPEST} deep.")
        if entries < 0:
            raise FilesError(f"it holds more than {given.entries:,} files.")
        for name in sorted(names):
            if stat.S_ISDIR(os.stat(name, dir_fd=at, follow_symlinks=False).st_mode):
                (here / name).mkdir()
        for name in sorted(files):
            room -= _copy_file(at, name, here / name, owner, room)
            if room < 0:
                raise FilesError(f"its files are larger than {given.disk_mb} MB.")
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
                    break
                writer.write(part)
            os.fchmod(writer.fileno(), 0o644 | (mode & 0o111))
            if owner:
                os.fchown(writer.fileno(), *owner)
    return copied


def measure(folder: Path, most: int = BEYOND) -> tuple[int, int]:
    """The bytes that the files under `folder` take on the disk, and how many files and folders there are.

    Beyond `most` files and folders the rest is not looked at.
    What vanishes meanwhile counts nothing. A folder that cannot be looked into, because it is locked or its path is
    longer than the system takes, counts as `BEYOND`: much could be hidden in there.
    """
    size = entries = 0
    pending = [os.fspath(folder)]
    while pending and entries <= most:
        try:
            with os.scandir(pending.pop()) as found:
                for entry in found:
                    entries += 1
                    with contextlib.suppress(FileNotFoundError):
                        size += entry.stat(follow_symlinks=False).st_blocks * 512
                    if entry.is_dir(follow_symlinks=False):
                        pending.append(entry.path)
                    if entries > most:
                        break
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError:
            return BEYOND, BEYOND
    return size, entries


def locked_away(paths: Iterable[Path]) -> list[Path]:
    """The folders through which other users cannot come to these paths."""
    ways = {each for path in paths for each in (*path.parents, path) if each.is_dir()}
    return sorted(each for each in ways if not each.stat().st_mode & stat.S_IXOTH)


def remove(folder: Path) -> None:
    """Remove `folder` with all in it, also what its owner locked, and however deeply it is nested.

    A folder inside another one is moved to the top before the other is removed, so that depth costs nothing.
    """
    top = _open_unlocked(folder, None)
    prefix, numbers = secrets.token_hex(8), itertools.count()  # names that nothing in there has
    try:
        while names := os.listdir(top):  # noqa: PTH208  # of a descriptor
            for name in names:
                if not _is_folder(name, top):
                    os.unlink(name, dir_fd=top)
                    continue
                at = _open_unlocked(name, top)
                try:
                    for inner in os.listdir(at):  # noqa: PTH208
                        if _is_folder(inner, at):
                            os.close(_open_unlocked(inner, at))  # to move a folder changes it
                            os.rename(inner, f"{prefix}-{next(numbers)}", src_dir_fd=at, dst_dir_fd=top)
                        else:
                            os.unlink(inner, dir_fd=at)
                finally:
                    os.close(at)
                os.rmdir(name, dir_fd=top)
    finally:
        os.close(top)
    folder.rmdir()


def _is_folder(name: str, at: int) -> bool:
    return stat.S_ISDIR(os.stat(name, dir_fd=at, follow_symlinks=False).st_mode)


def _open_unlocked(name: str | Path, at: int | None) -> int:
    try:
        fd = os.open(name, _FOLDER, dir_fd=at)
    except PermissionError:
        os.chmod(name, 0o700, dir_fd=at)
        fd = os.open(name, _FOLDER, dir_fd=at)
    os.fchmod(fd, 0o700)
    return fd
