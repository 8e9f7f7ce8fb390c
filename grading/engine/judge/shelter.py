"""Keeps what the learner wrote from running in the judge: pickles, modules of the work folder, text as code.

A test whose reference solution needs one of them fails here, so the build has it run in the learner's process.
"""

import ast
import contextlib
import dis
import inspect
import os
import sys
import typing
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

TESTS = ("<test>", "<given>")  # the file names of the author's cells
DOCTEST, TEMPLATE = "<doctest ", "<template>"  # how doctest's and jinja's code begins to say where it comes from
HINTS = (typing.__file__, inspect.__file__)
QUERY = f"{os.sep}pandas{os.sep}core{os.sep}computation{os.sep}"

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
    """Forbid unpickling, and text as code, while a test cell runs; the judge's own libraries may need both before."""
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
    if event == "exec" and _closed and _is_text(args[0], sys._getframe(1)):
        raise Forbidden("text that is not written in the test is not run as code where tests run")
    if (
        event == "compile"
        and _closed
        and isinstance(args[0], bytes)
        and _is_query(args[0].decode(errors="replace"), sys._getframe(1))
    ):
        raise Forbidden("a query that is not written in the test is not made where tests run")


def _is_text(code: CodeType, caller: FrameType) -> bool:
    """Whether the author's cell, or a library for it, runs code that came to be from text of somebody else."""
    if code.co_filename.startswith((DOCTEST, TEMPLATE)):
        return True
    if caller.f_code.co_filename in HINTS:  # annotations in quotes, of an answer's functions: a hint calls nothing
        calls = any(step.opname.startswith("CALL") for step in dis.get_instructions(code))
        return calls or any(isinstance(each, CodeType) for each in code.co_consts)
    return caller.f_code.co_filename in TESTS and not any(_is_code_of(text, code) for text in _written(caller))


def _is_query(text: str, frame: FrameType | None) -> bool:
    """Whether pandas reads an expression that no text in the author's cell holds; pandas moves the spaces in it."""
    while frame is not None and frame.f_code.co_filename == ast.__file__:
        frame = frame.f_back
    if frame is None or QUERY not in frame.f_code.co_filename:
        return False
    return not any("".join(text.split()) in "".join(own.split()) for own in _written(frame))


def _written(frame: FrameType | None) -> Iterator[str]:
    """The texts that are written in the author's cells which are under way."""
    while frame is not None:
        if frame.f_code.co_filename in TESTS:
            yield from (each for each in frame.f_code.co_consts if isinstance(each, str))
        frame = frame.f_back


def _is_code_of(text: str, code: CodeType) -> bool:
    for mode in ("exec", "eval"):
        with contextlib.suppress(SyntaxError, ValueError):
            if compile(text.strip(), "", mode, dont_inherit=True) == code:
                return True
    return False
