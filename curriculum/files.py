"""Writing files so that a crash, a full disk or a second command never leaves half of one."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from curriculum.errors import CourseError


def write_atomically(path: Path, content: str | bytes) -> None:
    """Replace `path` with `content` in one step; on any failure the old file is still there, whole.

    Raises `CourseError` when the disk is full or the folder cannot be written.
    """
    data = content.encode() if isinstance(content, str) else content
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask()
        Path(temporary).chmod(mode)  # mkstemp makes files private; keep what was there or the usual mode
        Path(temporary).replace(path)
    except OSError as error:
        raise CourseError(
            f"Could not write {path}: {error.strerror or error}. The old file is untouched; free some space or "
            "permissions and run the command again."
        ) from error
    finally:
        if temporary:
            Path(temporary).unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


@contextmanager
def exclusive(root: Path, wait_s: float = 600) -> Iterator[None]:
    """Hold the course's lock, so that two commands that write take turns. Waits up to `wait_s` seconds.

    Raises `CourseError` when the lock is still held then.
    """
    lock = FileLock(root / ".course.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        print("Another course command is running here; waiting for it to finish.", flush=True)
        try:
            lock.acquire(timeout=wait_s)
        except Timeout:
            raise CourseError(
                f"Another course command has held {root / '.course.lock'} for {wait_s:.0f} s; "
                "wait for it to finish, or stop it, and run this again."
            ) from None
    try:
        yield
    finally:
        lock.release()
