"""Files that a learner keeps: written whole or not at all, so that a crash never leaves half of one."""

import os
import tempfile
from pathlib import Path

from curriculum.lab.errors import LabError


def write_whole(path: Path, text: str) -> None:
    """Replace `path` with `text` in one step. Raises `LabError` when that fails; the old file is then whole."""
    temporary = ""
    try:
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
        temporary = ""
    except OSError as error:
        raise LabError(f"{path.name} could not be written ({error.strerror}); the old one is untouched.") from None
    finally:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
