"""What tests rely on in a learner's process: noted before the learner's code runs, compared and put back before a test.

Functions, classes and modules are put back wherever they were replaced, deleted or changed in place; so are numbers and
texts with a public name, such as `math.pi`. Other data is a module's own state and stays: what it holds is not noted.
"""

import builtins
import contextlib
import importlib
import sys
import threading
import types
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

# Python's own, for the code below: what the learner's code puts into `builtins` is not used here.
globals()["__builtins__"] = dict(vars(builtins))
ROOTS = (
    "builtins",
    "unittest",
    "numpy.testing",
    "asyncio",
    "warnings",
    "IPython.core.interactiveshell",
    "IPython.core.inputtransformer2",
    "IPython.core.async_helpers",
    *("abc", "collections", "contextlib", "functools", "inspect", "io", "math", "operator", "random", "re", "types"),
)
_FUNCTIONS = (types.FunctionType, types.BuiltinFunctionType)
_WRAPPED = (property, classmethod, staticmethod)
_ABSENT: Any = object()
_BUILTINS = frozenset(vars(builtins))
_SHELL_LISTS = ("ast_transformers", "input_transformers_cleanup", "input_transformers_post")

_flags = type.__dict__["__flags__"].__get__

_Change = tuple[Any, str, Any]  # a module, class or namespace, a name in it, and what the name was


class Fingerprints:
    """The state of this process when it was made."""

    def __init__(self, modules: Sequence[str], shell: Any = None) -> None:
        """Import the modules that tests import, but none from the work folder, and note what they and Python hold."""
        with _without_the_work_folder():
            loaded = [name for name in ROOTS if name.partition(".")[0] in sys.modules]
            for name in (*loaded, *modules):
                with contextlib.suppress(Exception):  # the test's own import will say why
                    importlib.import_module(name)
        self._modules = dict(sys.modules)
        self._importers: list[tuple[list[Any], list[Any]]] = [
            (each, list(each)) for each in (sys.meta_path, sys.path_hooks)
        ]
        self._hooks = {name: getattr(sys, name) for name in ("displayhook", "excepthook", "unraisablehook")}
        self._filters = list(sys.modules["warnings"].filters)
        self._spaces: dict[int, tuple[Any, dict[str, Any]]] = {}
        self._functions: list[tuple[types.FunctionType, Any, Any, Any]] = []
        self._kept: dict[str, Any] = {}
        self._shell = shell
        self._shell_names = dict(vars(shell)) if shell is not None else {}
        self._shell_lists = {name: list(getattr(shell, name)) for name in _SHELL_LISTS} if shell is not None else {}
        roots = (*ROOTS, *modules)
        for name, module in self._modules.items():
            if isinstance(module, types.ModuleType) and any(name == r or name.startswith(f"{r}.") for r in roots):
                self._note(module)
        if shell is not None:
            self._note_class(type(shell))

    def keep(self, names: Sequence[str], namespace: dict[str, Any]) -> list[type]:
        """Note what a given cell has just bound; the classes among it."""
        for name in names:
            if name in namespace:
                self._kept[name] = value = namespace[name]
                self._note_value(value)
        return [value for name in names if isinstance(value := namespace.get(name), type)]

    def changes(self) -> list[str]:
        """What differs now, by name."""
        found = [f"{getattr(owner, '__name__', '?')}.{name}" for owner, name, _ in self._replaced()]
        found += [each.__qualname__ for each, *state in self._functions if not _same(_state(each), state)]
        return found

    def restore(self, namespace: dict[str, Any]) -> None:
        """Put everything back, and what given cells bound into `namespace`."""
        _stop_tracing()
        for name, module in self._modules.items():
            if sys.modules.get(name) is not module:
                sys.modules[name] = module
        for where, what in self._importers:
            where[:] = what
        for name, value in self._hooks.items():
            setattr(sys, name, value)
        for owner, name, was in self._replaced():
            _put(owner, name, was)
        for each, *state in self._functions:
            if not _same(_state(each), state):
                each.__code__, each.__defaults__, each.__kwdefaults__ = state
        warnings = sys.modules["warnings"]
        warnings.filters[:] = self._filters
        warnings._filters_mutated()
        if self._shell is not None:
            self._restore_shell()
        namespace.update(self._kept)

    def _restore_shell(self) -> None:
        own = vars(self._shell)
        for name in [name for name, value in own.items() if callable(value) and name not in self._shell_names]:
            del own[name]
        for name, value in self._shell_names.items():
            if callable(value):
                own[name] = value
        for name, items in self._shell_lists.items():
            getattr(self._shell, name)[:] = items

    # -- noting

    def _note(self, module: types.ModuleType) -> None:
        self._spaces[id(module)] = (module, dict(vars(module)))
        for value in list(vars(module).values()):
            self._note_value(value)

    def _note_value(self, value: Any) -> None:
        if isinstance(value, types.FunctionType):
            self._functions.append((value, *_state(value)))
        elif isinstance(value, type):
            self._note_class(value)

    def _note_class(self, kind: type) -> None:
        if id(kind) in self._spaces or not _flags(kind) & 1 << 9:
            return  # seen, or a class that cannot be changed
        self._spaces[id(kind)] = (kind, dict(vars(kind)))
        for value in list(vars(kind).values()):
            inner = value.fget if isinstance(value, property) else getattr(value, "__func__", value)
            if isinstance(inner, types.FunctionType):
                self._functions.append((inner, *_state(inner)))

    # -- comparing

    def _replaced(self) -> Iterator[_Change]:
        for owner, kept in list(self._spaces.values()):
            now = vars(owner)
            if len(now) != len(kept):
                for name in [name for name in now if name not in kept and _shadows(owner, name, now[name])]:
                    yield owner, name, _ABSENT
            for name, was in kept.items():
                if now.get(name, _ABSENT) is not was and _is_relied_on(name, was):
                    yield owner, name, was


def _state(function: types.FunctionType) -> tuple[Any, Any, Any]:
    return function.__code__, function.__defaults__, function.__kwdefaults__


def _same(one: Sequence[Any], other: Sequence[Any]) -> bool:
    return all(a is b for a, b in zip(one, other, strict=True))


def _is_relied_on(name: str, value: Any) -> bool:
    if name.startswith("_") and not name.startswith("__"):
        return isinstance(value, (*_FUNCTIONS, *_WRAPPED))
    return callable(value) or isinstance(value, (*_WRAPPED, types.ModuleType, float, complex, str))


def _shadows(owner: Any, name: str, value: Any) -> bool:
    """Whether a name that is new stands before what was found without it."""
    if owner is builtins:
        return True
    if isinstance(owner, type):
        return callable(value) or isinstance(value, _WRAPPED)
    return name == "__getattr__" or name in _BUILTINS


def _put(owner: Any, name: str, value: Any) -> None:
    if isinstance(owner, type):
        if value is _ABSENT:
            type.__delattr__(owner, name)
        else:
            type.__setattr__(owner, name, value)
    elif value is _ABSENT:
        del vars(owner)[name]
    else:
        vars(owner)[name] = value


def _stop_tracing() -> None:
    sys.settrace(None)
    sys.setprofile(None)
    threading.settrace(None)
    threading.setprofile(None)
    monitoring: Any = getattr(sys, "monitoring", None)  # from Python 3.12 on
    for tool in range(6) if monitoring else ():
        if monitoring.get_tool(tool) is not None:
            monitoring.set_events(tool, 0)
            monitoring.free_tool_id(tool)


@contextlib.contextmanager
def _without_the_work_folder() -> Iterator[None]:
    before = list(sys.path)
    sys.path[:] = [entry for entry in before if Path(entry or ".").resolve() != Path.cwd()]
    try:
        yield
    finally:
        sys.path[:] = before
