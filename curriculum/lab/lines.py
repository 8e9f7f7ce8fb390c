"""Files of JSON objects, one a line, that survive a crash in the middle of a line."""

import json
import os
from pathlib import Path
from typing import Any


def append_line(path: Path, content: dict[str, Any]) -> None:
    """Add `content` as the file's last line, in one write. Raises `OSError` where the file cannot be written."""
    line = json.dumps(content) + "\n"
    with path.open("a+b", buffering=0) as file:
        if file.seek(0, os.SEEK_END):
            file.seek(-1, os.SEEK_END)
            # A crash may have left half a line: end it, so that only that one is lost.
            line = line if file.read(1) == b"\n" else "\n" + line
        file.write(line.encode())


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The file's objects, oldest first, without lines that are not whole. Empty when there is no file to read."""
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError:  # nothing was kept yet, or it cannot be read: for a reader both mean nothing to show
        return []
    found = (_read(line) for line in lines)
    return [content for content in found if content is not None]


def _read(line: bytes) -> dict[str, Any] | None:
    try:
        content = json.loads(line)
    except (ValueError, RecursionError):  # torn by a crash, or not ours
        return None
    return content if isinstance(content, dict) else None
