"""Runs a test that cannot be split: in a fork of the learner's process that is made for it, behind a guard.

The fork alone gets the test, as compiled code over a socket of its own. It puts back what tests rely on
(`fingerprints`), takes away the operators of the learner's classes (`exact`), and forbids tracing, searching memory and
looking at the caller's frames while the test runs. The key that makes a verdict one lies unread in the socket until the
test is over.

It is a guard, not a wall: test and answer share one interpreter. It does not protect from code written against this
very file, which finds the socket by its number, takes the key and answers for the test, where it also tells the test
from the canaries that the judge mixes in; from a process that the learner's code left behind and that reads the
channel; from code that changes Python through `ctypes` or /proc/self/mem; or from a function that replaces a helper
while a test calls it and puts it back before the test ends. A test that is split is protected from all of these.
"""

import asyncio
import builtins
import contextlib
import inspect
import io
import marshal
import os
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import CodeType
from typing import Any

from grading.engine.learner.exact import Exact
from grading.engine.learner.fingerprints import Fingerprints

# Python's own, for the code below: what the learner's code puts into `builtins` is not used here.
globals()["__builtins__"] = dict(vars(builtins))
CONSTANT = "\0guard:"  # a constant of the test's code that stands for a builtin, or for one of the two below
EXACT, TRUST = "\0exact", "\0trust"
KEY_BYTES = 16
OUT_OF_SIGHT = ("learner", "judge")
MOST_CODE = 8 << 20  # bytes
MOST_TEXT = 20_000  # characters of an error's message
MOST_SHOWN = 1 << 20  # characters of a test's streams
FORBIDDEN = frozenset(
    ["sys.settrace", "sys.setprofile", "sys.monitoring.register_callback", "sys._current_frames"]
    + [f"gc.get_{what}" for what in ("objects", "referrers", "referents")]
)
_ATTRIBUTES = ("object.__getattr__", "object.__setattr__")
_FRAMES = ("f_code", "gi_code", "cr_code", "ag_code", "tb_frame", "__code__")


class Guarded:
    """The learner's side of guarded tests."""

    def __init__(self, channel: int, wire: int, shell: Any) -> None:
        """`channel` brings each fork the socket to its judge, `wire` is not for forks; `shell` runs learner's cells."""
        self._channel, self._wire, self._shell = channel, wire, shell

    def watch(self, modules: Sequence[str], names: Sequence[str]) -> None:
        """Take the fingerprints, before anything of the learner has run; given cells have bound `names`."""
        engine = vars(sys.modules["grading.engine"])
        for room in OUT_OF_SIGHT:  # the files are not visible here either, so no import finds them
            engine.pop(room, None)
            for name in [name for name in sys.modules if f"{name}.".startswith(f"grading.engine.{room}.")]:
                del sys.modules[name]
        self._fingerprints = Fingerprints(modules, self._shell)
        self._exact = Exact()
        self._builtins = dict(vars(builtins))
        self._arm = _watchman()
        self.keep(names)

    def keep(self, names: Sequence[str]) -> None:
        """Note what a given cell has bound."""
        for kind in self._fingerprints.keep(names, self._shell.user_ns):
            self._exact.trust(kind)

    def run(self, loop: asyncio.AbstractEventLoop) -> None:
        """Run one test in a fork, which answers by itself, and wait for its end."""
        child = os.fork()
        if child == 0:
            self._fork(loop)
        try:
            os.waitpid(child, 0)
        except BaseException:  # the judge's supervisor has asked this cell to stop
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            raise

    def _fork(self, loop: asyncio.AbstractEventLoop) -> None:
        # These are called after learner's code has run, so they are not looked up by then.
        read, write, leave = os.read, os.write, os._exit
        try:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            _, (connection,), _, _ = socket.recv_fds(socket.socket(fileno=os.dup(self._channel)), 1, 1)
            nowhere = os.open(os.devnull, os.O_RDWR)
            for fd in (self._wire, self._channel):  # closed, but so that the numbers are not used again
                os.dup2(nowhere, fd)
            asyncio._set_running_loop(None)
            order = marshal.loads(_exactly(read, connection, int.from_bytes(_exactly(read, connection, 4), "big")))
            verdict = self._verdict(order, loop)
            answer = _exactly(read, connection, KEY_BYTES) + _packed(verdict)
            while answer:
                answer = answer[write(connection, answer) :]
        finally:
            leave(0)

    def _verdict(self, order: dict[str, Any], loop: asyncio.AbstractEventLoop) -> list[str]:
        names = self._shell.user_ns
        self._fingerprints.restore(names)
        self._exact.allowed = frozenset(order["operators"])
        self._exact.found = set() if order["record"] else None
        known = {EXACT: self._exact, TRUST: self._exact.trust}
        known |= {CONSTANT + name: value for name, value in self._builtins.items()}
        body, last, check = (part and _with_constants(part, known) for part in order["parts"])
        shown: list[list[str]] = []
        sys.stdout, sys.stderr = _Shown("stdout", shown), _Shown("stderr", shown)
        error, number = ["", ""], None
        self._arm(body.co_filename)
        for part in order["before"]:
            with contextlib.suppress(BaseException):  # an earlier test: whether it passes is no matter here
                type(loop).run_until_complete(loop, _cell(_with_constants(part, known), None, None, names))
        shown.clear()
        try:
            number = type(loop).run_until_complete(loop, _cell(body, last, check, names))
        except BaseException as problem:
            error = _said(problem)
        if not error[0] and (changed := self._fingerprints.changes()):
            error = ["AssertionError", f"While it was tested, the answer changed what tests rely on: {changed[0]}."]
        found = " ".join(sorted(self._exact.found or ()))
        return [*error, _number(number), found, *(part for each in shown for part in each)]


async def _cell(body: CodeType, last: CodeType | None, check: CodeType | None, names: dict[str, Any]) -> Any:
    value = None
    for part in (body, last, check):
        if part is not None:
            result = eval(part, names)
            if part.co_flags & inspect.CO_COROUTINE:
                result = await result
            value = result if part is last else value
    return value


def _with_constants(part: Any, known: dict[str, Any]) -> Any:
    """Code whose constants are the objects that they stand for."""
    if isinstance(part, CodeType):
        return part.replace(co_consts=tuple(_with_constants(each, known) for each in part.co_consts))
    if type(part) is tuple or type(part) is frozenset:
        return type(part)(_with_constants(each, known) for each in part)
    return known.get(part, part) if type(part) is str else part


def _watchman() -> Callable[[str], None]:
    """Watch what code does to the interpreter from now on; what is returned makes it strict, for the test of a file.

    There is no way to take it back: its state is in no module, and no audit hook can be added after it.
    """
    test, inside, folder = "", False, os.fspath(Path.cwd())

    def is_learners() -> bool:
        frame: Any = sys._getframe(2)
        while frame is not None and frame.f_code.co_filename == inspect.__file__:
            frame = frame.f_back
        name = frame.f_code.co_filename if frame is not None else test
        return name != test and not name.startswith("<frozen") and (name[:1] != "/" or name.startswith(folder + "/"))

    def watch(event: str, args: tuple[Any, ...]) -> None:
        nonlocal inside
        if event == "sys.addaudithook":
            raise RuntimeError("no other audit hook is added")  # Python goes on without it, and says nothing
        if not test or inside:
            return
        if event in FORBIDDEN:
            raise RuntimeError(f"{event} is not called while a test runs")
        if event == "sys._getframe" or (event in _ATTRIBUTES and args[1] in _FRAMES):
            inside = True
            try:
                if is_learners():
                    raise RuntimeError("frames are not looked at, and functions not changed, while a test runs")
            finally:
                inside = False

    def arm(file: str) -> None:
        nonlocal test
        test = file

    sys.addaudithook(watch)
    return arm


def _said(problem: BaseException) -> list[str]:
    try:
        said = str(problem)[:MOST_TEXT]
    except Exception as error:
        said = f"<its text cannot be shown: {type(error).__name__}>"
    return [str(type(problem).__name__), str.__str__(said)]


def _number(value: Any) -> str:
    numpy = sys.modules.get("numpy")
    if numpy is not None and numpy.generic in type(value).__mro__:
        value = numpy.generic.item(value)
    return repr(value) if type(value) in (int, float) else ""


def _packed(fields: Sequence[str]) -> bytes:
    parts = [field.encode("utf-8", "replace") for field in fields]
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def _exactly(read: Callable[[int, int], bytes], fd: int, size: int) -> bytes:
    if size > MOST_CODE:
        raise ValueError("this is no test")
    data = b""
    while len(data) < size:
        if not (part := read(fd, size - len(data))):
            raise EOFError
        data += part
    return data


class _Shown(io.TextIOBase):
    """Standard output or error of a test."""

    def __init__(self, name: str, shown: list[list[str]]) -> None:
        self._name, self._shown, self._room = name, shown, MOST_SHOWN

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        if part := str.__str__(text)[: self._room]:
            self._room -= len(part)
            if self._shown and self._shown[-1][0] == self._name:
                self._shown[-1][1] += part
            else:
                self._shown.append([self._name, part])
        return len(text)

    def writable(self) -> bool:
        return True
