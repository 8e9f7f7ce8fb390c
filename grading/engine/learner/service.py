"""Serves the judge from the learner's process: runs cells, looks names up, calls what the learner's code defined.

This process is the learner's own, so nothing here protects anything; the judge checks all that comes from it.
"""

import asyncio
import builtins
import importlib
import inspect
import io
import logging
import os
import pickle
import random
import socket
import sys
import threading
import warnings
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from grading.engine.learner.guarded import Guarded
from grading.engine.wire import closed
from grading.engine.wire.frames import Frames
from grading.engine.wire.given import Given
from grading.engine.wire.link import Link
from grading.engine.wire.remote import PLAIN, Describer, code_of, error_from, error_node, own_node
from grading.engine.wire.state import state_of
from grading.engine.wire.values import Decoder, Encoder

_ORIGINAL = SimpleNamespace(input=builtins.input, print=builtins.print, open=builtins.open)
MOST_WARNINGS = 1_000  # that wait for the next message
MOST_PRINTED = 1 << 20  # characters that wait for the next message


class _Printed(io.TextIOBase):
    """A `sys.stdout` whose text goes along with the next message."""

    def __init__(self, name: str, texts: list[list[str]]) -> None:
        self._name, self._texts, self._size = name, texts, 0

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        if not self._texts:
            self._size = 0
        if self._size < MOST_PRINTED:
            self._size += len(text)
            if self._texts and self._texts[-1][0] == self._name:
                self._texts[-1][1] += text
            else:
                self._texts.append([self._name, text])
        return len(text)

    def writable(self) -> bool:
        return True


class Service(Link):
    """The learner's end of the wire."""

    def __init__(
        self,
        connection: socket.socket,
        namespace: dict[str, Any],
        run_cell: Callable[[str], list[dict[str, Any]]],
        guarded: Guarded | None = None,
    ) -> None:
        """`namespace` is that of the learner's cells, which `run_cell` runs and tells the outputs of."""
        super().__init__(Frames(connection), is_judge=False)
        self._guarded = guarded
        self._namespace, self._run_cell = namespace, run_cell
        self._given = Given(self.others)
        self._describer = Describer(self, self._given)
        self.others |= {"x": error_from, "P": self._unpickle, "M": _module}
        self._texts: list[list[str]] = []
        self._warned: list[BaseException] = []
        self._logged: list[tuple[Any, ...]] = []
        self._returned: frozenset[str] = frozenset()  # what else the judge takes over in the test that runs
        self._state: dict[str, Any] = {}
        self._levels: dict[str, int] = {}  # of loggers, before a test set them
        self._streams = (_Printed("stdout", self._texts), _Printed("stderr", self._texts))
        self._shell_streams: Any = (sys.stdout, sys.stderr)
        self._patched: list[tuple[Any, str, Any]] = []

    def serve(self) -> None:
        """Serve the judge until it is gone. Runs in the main thread: so do the learner's cells and functions."""
        if threading.current_thread() is not threading.main_thread():
            Link.serve(self)
            return
        self.start()
        try:
            self.main.loop = asyncio.get_event_loop_policy().get_event_loop()
        except RuntimeError:
            self.main.loop = asyncio.new_event_loop()
            asyncio.set_event_loop(self.main.loop)
        self._shell_streams = sys.stdout, sys.stderr
        sys.stdout, sys.stderr = self._streams
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("always")  # whether it is shown is decided where the test is
                warnings.showwarning = self._warn  # type: ignore[assignment]
                _tell_of_records(self._log)
                Link.serve(self)
        finally:
            sys.stdout, sys.stderr = self._shell_streams

    def _warn(self, message: Any, category: type, *where: Any) -> None:
        if len(self._warned) < MOST_WARNINGS:
            self._warned.append(message if isinstance(message, Warning) else category(message))

    def _log(self, record: logging.LogRecord) -> None:
        if len(self._logged) < MOST_WARNINGS:
            args = record.args if isinstance(record.args, tuple | dict) else ()
            error = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
            self._logged.append((record.name, record.levelno, str(record.msg), args, record.getMessage(), error))

    # -- values

    def other(self, encoder: Encoder, value: Any) -> Any:
        """The node of a value that is not plain."""
        node = own_node(value)
        if node is None:
            node = self._given.node(encoder, value)
        if node is None and isinstance(value, BaseException):
            return error_node(encoder, self._describer, value)
        return self._describer.reference(encoder, value) if node is None else node

    def encode_error(self, encoder: Encoder, error: BaseException) -> Any:
        """The node of an exception that the learner's code raised."""
        return error_node(encoder, self._describer, error)

    def outgoing(self, encoder: Encoder) -> dict[str, Any]:
        """What has been printed since the last message."""
        extras: dict[str, Any] = {}
        if self._texts:
            extras["o"] = [list(part) for part in self._texts]
            self._texts.clear()
        told: dict[str, Any] = {}
        if self._warned:
            told["warned"], self._warned = self._warned, []
        if self._logged:
            told["logged"], self._logged = self._logged, []
        if self._returned:
            now = state_of(self._returned)
            told |= {name: value for name, value in now.items() if value != self._state.get(name)}
            self._state = now
        if told:
            extras["t"] = encoder(told)
        return extras

    def incoming(self, decoder: Decoder, extras: dict[str, Any]) -> Callable[[], None] | None:
        """Take over the judge's state that a call may depend on."""
        if "c" not in extras:
            return None
        state = decoder(extras["c"])
        return lambda: self._take_over(state)

    def _unpickle(self, decoder: Decoder, node: list[Any]) -> Any:
        embedded = decoder.items(node[2])
        reader = pickle.Unpickler(io.BytesIO(decoder.buffer(node[1])))
        reader.persistent_load = lambda number: embedded[number]  # type: ignore[method-assign]
        return reader.load()

    def _take_over(self, state: dict[str, Any]) -> None:
        if "random" in state:
            random.setstate(state["random"])
        if "numpy" in state:
            importlib.import_module("numpy").random.set_state(state["numpy"])
        if "env" in state:
            wanted = {os.fsdecode(name): os.fsdecode(value) for name, value in state["env"].items()}
            for name in os.environ.keys() - wanted:
                del os.environ[name]
            os.environ.update(wanted)
        if "cwd" in state:
            os.chdir(state["cwd"])
        if "levels" in state:
            self._set_levels(state["levels"])
        if "stdin" in state:
            sys.stdin = state["stdin"] or sys.__stdin__
        for name, value in state.get("builtins", {}).items():
            setattr(builtins, name, getattr(_ORIGINAL, name) if value is None else value)
        for name, value in state.get("pushed", {}).items():
            self._namespace[name] = value
        for name in state.get("gone", ()):
            self._namespace.pop(name, None)

    def _set_levels(self, wanted: dict[str, int]) -> None:
        for name, level in self._levels.items():
            if name not in wanted:
                logging.getLogger(name).setLevel(level)
        self._levels = {name: self._levels.get(name, logging.getLogger(name).level) for name in wanted}
        for name, level in wanted.items():
            logging.getLogger(name).setLevel(level)

    # -- requests

    def perform(self, op: str, value: Any) -> Any:
        """Serve one request of the judge."""
        return getattr(self, f"_do_{op}")(*_arguments(value))

    def _do_cell(self, source: str) -> list[dict[str, Any]]:
        mine = sys.stdout, sys.stderr
        sys.stdout, sys.stderr = self._shell_streams
        try:
            outputs = self._run_cell(source)
        finally:
            self._shell_streams = sys.stdout, sys.stderr
            sys.stdout, sys.stderr = mine
        return [output for output in outputs if isinstance(output, dict)]

    def _do_name(self, name: str) -> Any:
        return (True, self._namespace[name]) if name in self._namespace else (False, None)

    def _do_names(self) -> list[str]:
        return [name for name in list(self._namespace) if type(name) is str]

    def _do_code(self, function: Any) -> Any:
        return code_of(function)

    def _do_unname(self, name: str) -> bool:
        return name in self._namespace and bool([self._namespace.pop(name)])

    def _do_module(self, name: str) -> Any:
        return importlib.import_module(name)

    def _do_given(self, names: list[str]) -> None:
        for name in names:
            if isinstance(kind := self._namespace.get(name), type):
                self._given.add(name, kind)

    def _do_watch(self, modules: list[str], names: list[str]) -> None:
        """Tests will run here that cannot be split: take the fingerprints of what they rely on."""
        assert self._guarded is not None
        self._guarded.watch(modules, names)

    def _do_keep(self, names: list[str]) -> None:
        assert self._guarded is not None
        self._guarded.keep(names)

    def _do_guarded(self) -> None:
        assert self._guarded is not None and self.main.loop is not None
        self._guarded.run(self.main.loop)

    def _do_test(self, remote: list[str], returned: list[str]) -> None:
        """A test cell starts: it shares nothing with the last one, and takes these names and this state from here."""
        self.shared.clear()
        self._given.remote = frozenset(remote)
        self._returned = frozenset(returned)
        self._state = state_of(self._returned)

    def _do_get(self, thing: Any, name: str) -> Any:
        return getattr(thing, name)

    def _do_set(self, thing: Any, name: str, value: Any) -> None:
        setattr(thing, name, value)

    def _do_del(self, thing: Any, name: str) -> None:
        delattr(thing, name)

    def _do_call(self, thing: Any, args: Any, kwargs: Any) -> Any:
        return thing(*args, **kwargs)

    def _do_method(self, thing: Any, name: str, args: Any, kwargs: Any) -> Any:
        return getattr(thing, name)(*args, **kwargs)

    def _do_plain(self, thing: Any, name: str) -> Any:
        return PLAIN[closed.type_of(name)](thing)  # it passes over what the thing's own class does

    def _do_signature(self, thing: Any) -> inspect.Signature:
        try:
            return inspect.signature(thing)
        except (TypeError, ValueError) as error:
            raise AttributeError("__signature__") from error

    def _do_operate(self, thing: Any, name: str, args: Any) -> Any:
        found: Any = getattr(type(thing), name, None)
        if found is None:
            return NotImplemented
        return found(thing, *args)

    def _do_subclass(self, name: str, bases: Any, content: dict[str, Any]) -> int:
        made = type(bases[0])(name, bases, {"__module__": "__main__", **content})
        return self._describer.adopted(made)

    def _do_beside(self, module: str, name: str, args: Any, kwargs: Any) -> Any:
        function: Any = importlib.import_module(module)
        for part in name.split("."):
            function = getattr(function, part)
        return function(*args, **kwargs)

    def _do_patch(self, module: str, path: str, name: str, value: Any) -> None:
        target: Any = sys.modules.get(module) or importlib.import_module(module)
        if module == "__main__":
            target = _Names(self._namespace)
        for part in filter(None, path.split(".")):
            target = getattr(target, part)
        self._patched.append((target, name, getattr(target, name, _ABSENT)))
        setattr(target, name, value)

    def _do_unpatch(self) -> None:
        target, name, value = self._patched.pop()
        if value is _ABSENT:
            delattr(target, name)
        else:
            setattr(target, name, value)


class _Names:
    """The learner's namespace as attributes, for a patch of `__main__.name`."""

    def __init__(self, names: dict[str, Any]) -> None:
        self.__dict__ = names


_ABSENT = object()


def _tell_of_records(tell: Callable[[logging.LogRecord], None]) -> None:
    """Tell of each record that a logger of this process handles, besides."""
    handle = logging.Logger.callHandlers

    def told(self: logging.Logger, record: logging.LogRecord) -> None:
        tell(record)
        handle(self, record)

    logging.Logger.callHandlers = told  # type: ignore[method-assign]


def _module(decoder: Decoder, node: list[Any]) -> Any:
    return importlib.import_module(node[1])


def _arguments(holder: list[Any]) -> Any:
    value = holder.pop()
    return value if type(value) is tuple else (value,)


__all__ = ["Service"]
