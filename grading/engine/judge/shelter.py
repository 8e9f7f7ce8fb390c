"""Keeps the learner's files from running in the judge: no unpickling and no import from the work folder."""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_folder = ""
_closed = False


class Forbidden(ImportError):
    """A test cell was about to run something that the learner wrote."""


def install(folder: Path) -> None:
    """Guard this process for good; `folder` is where the learner's files are. It cannot be taken back."""
    global _folder
    if not _folder:
        sys.addaudithook(_watch)
    _folder = os.path.realpath(folder)
    sys.path[:] = [entry for entry in sys.path if entry and not _inside(entry)]


@contextlib.contextmanager
def closed() -> Iterator[None]:
    """Forbid unpickling while a test cell runs; the judge's own libraries may need it before."""
    global _closed
    _closed = True
    try:
        yield
    finally:
        _closed = False


def _inside(path: Any) -> bool:
    if not _folder or not isinstance(path, str | bytes):
        return False
    real = os.path.realpath(os.fsdecode(path))
    return real == _folder or real.startswith(_folder + os.sep)


def _watch(event: str, args: tuple[Any, ...]) -> None:
    if event == "pickle.find_class" and _closed:
        raise Forbidden("a pickle is not read where tests run: what it makes could be anything")
    if event == "import" and args[1] and _inside(args[1]):
        raise Forbidden("a module of the learner's folder is not imported where tests run")
    if event == "exec" and (name := getattr(args[0], "co_filename", "<")) and name[0] != "<" and _inside(name):
        raise Forbidden("a file of the learner's folder is not run where tests run")
