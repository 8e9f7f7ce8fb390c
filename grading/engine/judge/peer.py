"""The judge's end of the wire."""

import asyncio
import builtins
import io
import os
import pickle
import random
import socket
import sys
import types
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

from grading.engine.judge import logs, seeding
from grading.engine.profile import TestProfile
from grading.engine.wire import state
from grading.engine.wire.frames import Frames, Malformed
from grading.engine.wire.given import Given
from grading.engine.wire.link import Ended, Link
from grading.engine.wire.remote import (
    FREE,
    GATED,
    MAY_END,
    Describer,
    Method,
    Remote,
    error_from,
    error_node,
    named_class,
    own_node,
)
from grading.engine.wire.values import Decoder, Encoder

MOST_RECEIVED = 512 << 20  # bytes in one test or cell
MOST_OUTPUTS = 4_000
MOST_PRINTED = 4 << 20  # characters in one test
_HIDDEN = ("__", "gi_", "cr_", "ag_", "f_", "tb_", "co_", "_wire_", "_mock_", "_spec_")
_OUTPUTS = {
    "stream": {"name": str, "text": str},
    "display_data": {"data": dict, "metadata": dict},
    "execute_result": {"data": dict, "metadata": dict, "execution_count": (int, type(None))},
    "error": {"ename": str, "evalue": str, "traceback": list},
}


class LearnerGone(Exception):
    """The learner's process has ended, or sent what it may not send."""


class CannotCross(Exception):
    """A value of the test cannot be handed to the learner's process.

    `kind` is its type; `names` are globals of the test that could be taken from the learner's process instead.
    """

    def __init__(self, kind: type, names: tuple[str, ...] = ()) -> None:
        """Say which type, and how the author can help it."""
        self.kind, self.names = kind, names
        super().__init__(f"an object of {kind.__module__}.{kind.__qualname__} cannot cross to the learner's process")


class Record:
    """What a run of the reference solution needed; the build makes a profile of it."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.operators: set[str] = set()
        self.classes: set[str] = set()

    def profile(self, basis: TestProfile) -> TestProfile:
        """The profile of the recorded run, on top of the one that it ran with."""
        return replace(basis, operators=frozenset(self.operators), classes=frozenset(self.classes))


class Peer(Link):
    """The learner's process, as the judge sees it."""

    def __init__(self, connection: socket.socket) -> None:
        """Begin to read; the calling thread is the main one."""
        super().__init__(Frames(connection), is_judge=True)
        self.given = Given(self.others)
        self.describer = _JudgeDescriber(self, self.given)
        self.others |= {"x": error_from}
        self.profile = TestProfile()
        self._record: Record | None = None
        self.error_classes: set[str] = set()  # found while recording, in this test or an earlier one
        self.cannot_cross: CannotCross | None = None
        self._limit = MOST_RECEIVED
        self._printed = 0
        self._state: dict[str, Any] = {}
        self.pushing: Callable[[], dict[str, Any]] = dict
        self._pushed: dict[str, Any] = {}
        self._levels = logs.levels()
        self._moved: set[str] = set()  # the generators that the test has seeded or drawn from
        self.start()

    @property
    def record(self) -> Record | None:
        """What notes the needs of the test that runs, while the reference solution is run."""
        return self._record

    @record.setter
    def record(self, record: Record | None) -> None:
        self._record = record
        if record is not None:
            record.classes |= self.error_classes

    def run_cell(self, source: str) -> list[dict[str, Any]]:
        """Run a cell in the learner's process; its outputs. Raises LearnerGone."""
        self.fresh()
        try:
            outputs = self.request("cell", source)
        except Ended as error:
            raise LearnerGone(str(error)) from None
        except BaseException as error:  # raised past the shell
            name = type(error).__name__
            outputs = [{"output_type": "error", "ename": name, "evalue": str(error), "traceback": [f"{name}: {error}"]}]
        if type(outputs) is not list or len(outputs) > MOST_OUTPUTS:
            self.close("a cell's outputs are no list")
            raise LearnerGone(self.ended)
        return [output for output in map(_checked, outputs) if output is not None]

    def adopt(self, handle: Any, kind: type) -> None:
        """A class statement in a test made this subclass of a learner's class."""
        if type(handle) is not int or handle in self.describer.classes:
            raise Malformed("the handle of a subclass is none")
        self.describer.classes[handle] = kind

    def know_given(self, classes: dict[str, type]) -> None:
        """Let instances of these classes of given cells cross by value, on both sides. Raises LearnerGone."""
        fresh = [name for name, kind in classes.items() if self.given.classes.get(name) is not kind]
        for name in fresh:
            self.given.add(name, classes[name])
        if fresh:
            self.tell("given", fresh)

    def begin(self, profile: TestProfile) -> None:
        """A test cell begins, with this profile. Raises LearnerGone."""
        self.profile = profile
        self.fresh()
        self.shared.clear()
        returned = [name for name in profile.operators if name.startswith(state.KINDS)]
        self.tell("test", (sorted(profile.remote), list(state.KINDS) if self.record else returned))

    def tell(self, op: str, value: Any) -> None:
        """Have the learner's process do what asks nothing of the learner's code. Raises LearnerGone when it refuses."""
        try:
            self.request(op, value)
        except Ended as error:
            raise LearnerGone(str(error)) from None
        except BaseException as error:
            self.close(f"the learner's process refused {op!r}: {type(error).__name__}")
            raise LearnerGone(self.ended) from None

    def fresh(self) -> None:
        """Start the count of what a cell may send, and take the state that it starts from."""
        self._limit = self.frames.received + MOST_RECEIVED
        self._printed = 0
        self._state = _state()
        self._pushed = {}
        self._levels = logs.levels()
        self._moved = set()
        self.describer.natives.clear()
        self.cannot_cross = None

    def may(self, name: str) -> bool:
        """Whether the learner's objects may answer this operator in the cell that runs."""
        if self.record is not None:
            self.record.operators.add(name)
            return True
        return name in self.profile.operators

    def raised(self, op: str, value: Any, error: BaseException) -> BaseException:
        """An exception of the learner's code. What Python takes for the end of a loop or a task is an error."""
        name = next((kind.__name__ for kind in _ENDS if isinstance(error, kind)), "")
        if not name or (op in ("operate", "method") and value[1] in MAY_END) or self.may(name):
            return error
        return RuntimeError(f"the answer raised {name}")

    # -- values

    def other(self, encoder: Encoder, value: Any) -> Any:
        """The node of a value that is not plain."""
        if type(value) is Method:
            value = value.resolve()
        node = own_node(value)
        if node is None:
            node = self.given.node(encoder, value)
        if node is not None:
            return node
        if isinstance(value, BaseException):
            return error_node(encoder, self.describer, value)
        if type(value) is types.ModuleType and sys.modules.get(value.__name__) is value:
            return ["M", value.__name__]  # its own copy: a module leads to everything else in this process
        if _is_home_made(value):
            return self.describer.reference(encoder, value)
        node = self._pickled(encoder, value)
        if node is None:
            if type(value).__module__ in _BY_REFERENCE or _is_home_made_callable(value):
                return self.describer.reference(encoder, value)
            self.cannot_cross = CannotCross(type(value))
            raise self.cannot_cross
        return node

    def _pickled(self, encoder: Encoder, value: Any) -> Any:
        if type(value).__module__ in _BY_REFERENCE:
            return None
        embedded: list[Any] = []
        keep: list[Any] = []

        def persistent_id(inner: Any) -> int | None:
            if inner is value or not (isinstance(inner, Remote) or own_node(inner) or _is_home_made(inner)):
                return None
            keep.append(inner)
            embedded.append(encoder(inner))
            return len(embedded) - 1

        target = io.BytesIO()
        writer = pickle.Pickler(target, protocol=5)
        writer.persistent_id = persistent_id  # type: ignore[method-assign]
        try:
            writer.dump(value)
        except CannotCross:
            raise
        except Exception:
            return None
        return ["P", encoder.buffer(target.getvalue()), embedded]

    def encode_error(self, encoder: Encoder, error: BaseException) -> Any:
        """The node of an exception that a callback raised."""
        return error_node(encoder, self.describer, error)

    def outgoing(self, encoder: Encoder) -> dict[str, Any]:
        """State of this process that the learner's code may depend on, where it has changed."""
        now, changed = _state(), {}
        for name, value in now.items():
            if self._state.get(name, value) is not value and not _equal(self._state.get(name), value):
                changed[name] = value
        for name in seeding.take() & now.keys():
            changed[name] = now[name]  # the same state as before, perhaps, but the learner's code has drawn since
        self._moved |= {kind for name, kind in _GENERATORS.items() if name in changed}
        if "levels" in changed:
            changed["levels"] = {n: level for n, level in now["levels"].items() if self._levels.get(n) != level}
        self._state = now
        pushed = self.pushing()
        fresh = {n: v for n, v in pushed.items() if n not in self._pushed or self._pushed[n] is not v}
        gone = [name for name in self._pushed if name not in pushed]
        self._pushed = pushed
        if fresh:
            changed["pushed"] = fresh
        if gone:
            changed["gone"] = gone
        return {"c": encoder(changed)} if changed else {}

    def incoming(self, decoder: Decoder, extras: dict[str, Any]) -> Callable[[], None] | None:
        """What the learner's code has printed."""
        if self.frames.received > self._limit:
            raise Malformed("too much came from the learner's process")
        texts = extras.get("o", [])
        if type(texts) is not list or not all(
            type(text) is list and len(text) == 2 and text[0] in ("stdout", "stderr") and type(text[1]) is str
            for text in texts
        ):
            raise Malformed("printed text is none")
        told = decoder(extras["t"]) if "t" in extras else {}
        if type(told) is not dict or not all(type(name) is str for name in told):
            raise Malformed("what is told besides is malformed")
        if not texts and not told:
            return None

        def show() -> None:
            for name, text in texts:
                room = MOST_PRINTED - self._printed
                self._printed += len(text)
                if room > 0:
                    getattr(sys, name).write(text[:room])
            for name, value in told.items():
                if name not in ("warned", "logged") and self._may_set(name, value):
                    self._follow(name, value)
            for record in _checked_records(told.get("logged")):
                logs.emit(*record)
            for warning in told.get("warned") or ():
                if isinstance(warning, Warning):
                    warnings.warn(warning, stacklevel=5)

        return show

    def _may_set(self, name: str, value: Any) -> bool:
        """Whether the learner's process may set this state: where the reference solution did, in the test that runs."""
        if self.record is None:
            return name in self.profile.operators
        if name.startswith(state.ENVIRONMENT) or name in self._moved:
            self.record.operators.add(name)
            return True
        return False

    def _follow(self, name: str, value: Any) -> None:
        try:
            state.take_over(name, value)
        except (ValueError, TypeError, OverflowError):
            self.close(f"what is told of {name!r} is malformed")
            return
        self._state = _state()

    # -- requests of the learner's process

    def perform(self, op: str, value: Any) -> Any:
        """Serve a call of the learner's code on an object that a test handed out."""
        value = value.pop()
        if type(value) is not tuple:
            value = (value,)
        if op not in _SERVED or len(value) != _SERVED[op]:
            raise Malformed("a request of an unknown kind")
        thing, *rest = value
        if op == "call":
            args, kwargs = _call(rest)
            return thing(*args, **kwargs)
        name = rest[0]
        if type(name) is not str:
            raise Malformed("a name is no text")
        if op == "operate":
            if name not in FREE | GATED or type(rest[1]) is not tuple:
                raise Malformed("an operator that is none")
            found = getattr(type(thing), name, None)
            return NotImplemented if found is None else found(thing, *rest[1])
        if name.startswith(_HIDDEN) or (isinstance(thing, mock.NonCallableMock) and name in _OF_MOCKS):
            raise AttributeError(f"{type(thing).__name__!r} object has no attribute {name!r}")
        if op in ("set", "del") and _is_the_tests(thing, name, rest[1:]) and not self.may("__setattr__"):
            raise AttributeError(f"{name!r} of {type(thing).__name__!r} is not the answer's to change")
        if op == "method":
            args, kwargs = _call(rest[1:])
            return getattr(thing, name)(*args, **kwargs)
        if op == "get":
            return getattr(thing, name)
        if op == "set":
            return setattr(thing, name, rest[1])
        return delattr(thing, name)


BY_HAND = {name: getattr(builtins, name) for name in ("input", "print", "open")}  # what tests replace in Python itself
_ENDS = (StopIteration, asyncio.CancelledError)
_INERT = frozenset({type(None), bool, int, float, complex, str, bytes, tuple, list, dict, set, frozenset})
_OF_MOCKS = frozenset(name for name in dir(mock.MagicMock) if name not in ("return_value", "side_effect"))
_SERVED = {"call": 3, "operate": 3, "method": 4, "get": 2, "set": 3, "del": 2}
_BY_REFERENCE = (
    "builtins",
    "_io",
    "io",
    "unittest.mock",
    "itertools",
    "queue",
    "threading",
    "_thread",
    "asyncio.locks",
    "asyncio.queues",
    "concurrent.futures.thread",
    "concurrent.futures._base",
    "logging",
)


class _JudgeDescriber(Describer):
    """Reads the descriptions of the learner's classes."""

    def native_error(self, told: dict[str, Any]) -> type | None:
        """As any class; the tests that follow need the same, for it is described only once."""
        link = self.link
        assert isinstance(link, Peer)
        found = super().native_error(told)
        if found is not None and link.record is not None:
            link.error_classes |= link.record.classes
        return found

    def native(self, told: dict[str, Any], base: type | None) -> type | None:
        """A library's class only where the profile lists it."""
        link = self.link
        assert isinstance(link, Peer)

        def may(name: str) -> bool:
            if link.record is not None:
                link.record.classes.add(name)
            return link.record is not None or name in link.profile.classes

        found = named_class(told, may)
        if found is not None:
            return found
        return super().native(told, base)


def _is_the_tests(thing: Any, name: str, values: list[Any]) -> bool:
    """Whether the learner's code would replace a method of a test's object, or a part of a mock, which counts calls."""
    if isinstance(thing, mock.NonCallableMock) and any(type(value) not in _INERT for value in values):
        return True
    return callable(getattr(thing if isinstance(thing, type) else type(thing), name, None))


def _call(parts: list[Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    args, kwargs = parts
    if type(args) is not tuple or type(kwargs) is not dict or not all(type(name) is str for name in kwargs):
        raise Malformed("a call's arguments are none")
    return args, kwargs


def _is_home_made(value: Any) -> bool:
    """Whether a test or given cell made this: its code must not reach the learner."""
    if isinstance(value, types.FunctionType | type):
        return value.__module__ == "__main__"
    if isinstance(value, types.MethodType):
        return _is_home_made(value.__func__) or _is_home_made(type(value.__self__))
    return type(value).__module__ == "__main__"


def _is_home_made_callable(value: Any) -> bool:
    return isinstance(value, types.FunctionType | types.MethodType | types.BuiltinFunctionType | types.CoroutineType)


_GENERATORS = {"random": state.RANDOM, "numpy": state.NUMPY}


def _checked_records(told: Any) -> list[tuple[Any, ...]]:
    kinds = (str, int, str, tuple | dict, str, BaseException | None)
    return [
        record
        for record in (told if type(told) is list else [])
        if type(record) is tuple and len(record) == len(kinds) and all(map(isinstance, record, kinds))
    ]


def _state() -> dict[str, Any]:
    environment = getattr(os.environ, "_data", os.environ)  # bytes, which compare without being decoded
    found: dict[str, Any] = {"random": random.getstate(), "env": dict(environment), "cwd": str(Path.cwd())}
    if (numpy := sys.modules.get("numpy")) is not None and "numpy.random" in sys.modules:
        found["numpy"] = numpy.random.get_state()
    found["builtins"] = {
        name: None if getattr(builtins, name) is own else getattr(builtins, name) for name, own in BY_HAND.items()
    }
    found["levels"] = logs.levels()
    found["stdin"] = None if sys.stdin is sys.__stdin__ else sys.stdin
    return found


def _equal(one: Any, other: Any) -> bool:
    if type(one) is tuple and type(other) is tuple and len(one) == len(other) == 5 and one and one[0] == "MT19937":
        return bool((one[1] == other[1]).all()) and one[2:] == other[2:]
    return bool(one == other)


def _checked(output: Any) -> dict[str, Any] | None:
    """An output with the keys and types of nbformat, or None."""
    if type(output) is not dict or output.get("output_type") not in _OUTPUTS:
        return None
    kind = output["output_type"]
    fields = _OUTPUTS[kind]
    if not all(isinstance(output.get(name), types_) for name, types_ in fields.items()):  # type: ignore[attr-defined]
        return None
    if kind == "stream" and output["name"] not in ("stdout", "stderr"):
        return None
    if kind == "error" and not all(type(line) is str for line in output["traceback"]):
        return None
    if "data" in fields and not all(type(name) is str and _is_json(part) for name, part in output["data"].items()):  # type: ignore[operator]
        return None
    if "metadata" in fields and not _is_json(output["metadata"]):  # type: ignore[operator]
        return None
    return {"output_type": kind} | {name: output[name] for name in fields}  # type: ignore[attr-defined]


def _is_json(value: Any, depth: int = 0) -> bool:
    if value is None or type(value) in (bool, int, float, str):
        return True
    if depth > 50:
        return False
    if type(value) is list:
        return all(_is_json(item, depth + 1) for item in value)
    return type(value) is dict and all(type(n) is str and _is_json(part, depth + 1) for n, part in value.items())


def loop_of(peer: Peer) -> asyncio.AbstractEventLoop:
    """The event loop in which test cells run."""
    if peer.main.loop is None:
        peer.main.loop = asyncio.new_event_loop()
        asyncio.set_event_loop(peer.main.loop)
    return peer.main.loop
