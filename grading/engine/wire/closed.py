"""The closed table of classes that may be named on the wire: those of the language and of its common libraries."""

import builtins
import collections
import collections.abc
import datetime
import decimal
import enum
import fractions
import functools
import importlib
import pathlib
import sys
import types
import uuid
from typing import Any

from grading.engine.wire.frames import Malformed

_BY_NAME: dict[str, type] = {}


def _add(module: Any, *names: str) -> None:
    prefix = "" if module is builtins else f"{module.__name__}."
    for name in names:
        value = getattr(module, name)
        if isinstance(value, type):
            _BY_NAME.setdefault(prefix + name, value)


_add(builtins, *(name for name in vars(builtins) if not name.startswith("_") and name != "type"))
_BY_NAME["type"] = type
_add(types, *(name for name in types.__all__ if name != "resolve_bases"))
_add(collections, "deque", "OrderedDict", "defaultdict", "Counter", "ChainMap", "UserDict", "UserList", "UserString")
_add(collections.abc, *collections.abc.__all__)
_add(datetime, "datetime", "date", "time", "timedelta", "timezone", "tzinfo")
_add(decimal, "Decimal", "InvalidOperation", "DivisionByZero")
_add(enum, "Enum", "IntEnum", "Flag", "IntFlag", "StrEnum")
_add(fractions, "Fraction")
_add(functools, "partial")
_add(pathlib, "PurePath", "PurePosixPath", "PureWindowsPath", "Path", "PosixPath", "WindowsPath")
_add(uuid, "UUID")

_ERRORS = {
    "dataclasses": ("FrozenInstanceError",),
    "json.decoder": ("JSONDecodeError",),
    "asyncio.exceptions": ("CancelledError", "InvalidStateError", "IncompleteReadError"),
    "asyncio.queues": ("QueueEmpty", "QueueFull"),
    "subprocess": ("CalledProcessError", "TimeoutExpired", "SubprocessError"),
    "_queue": ("Empty",),
    "queue": ("Empty", "Full"),
    "concurrent.futures._base": ("CancelledError", "TimeoutError", "BrokenExecutor"),
    "sqlite3": ("Error", "OperationalError", "IntegrityError", "ProgrammingError", "DatabaseError"),
    "struct": ("error",),
    "_csv": ("Error",),
    "re": ("error",),
    "binascii": ("Error",),
    "statistics": ("StatisticsError",),
    "shutil": ("Error", "SameFileError"),
    "zipfile": ("BadZipFile",),
    "urllib.error": ("URLError", "HTTPError"),
    "configparser": ("Error", "NoSectionError", "NoOptionError", "ParsingError"),
}
for _module, _names in _ERRORS.items():
    _add(importlib.import_module(_module), *_names)

_NAMES: dict[type, str] = {kind: name for name, kind in reversed(_BY_NAME.items())}

_NUMPY = (
    *(f"{sign}int{size}" for sign in ("", "u") for size in (8, 16, 32, 64)),
    *("float16", "float32", "float64", "complex64", "complex128", "bool_", "str_", "bytes_"),
    *("datetime64", "timedelta64", "ndarray", "generic", "number", "integer", "floating", "dtype"),
)
_PANDAS = ("DataFrame", "Series", "Index", "RangeIndex", "DatetimeIndex", "MultiIndex", "Timestamp", "Timedelta")
_LIBRARIES: dict[str, tuple[str, ...]] = {"numpy": _NUMPY, "pandas": _PANDAS}


def name_of(kind: type) -> str | None:
    """The name of a class in the table, or None."""
    name = _NAMES.get(kind)
    if name is None:
        library = (kind.__module__ or "").partition(".")[0] if isinstance(kind.__module__, str) else ""
        found = sys.modules.get(library)
        if kind.__name__ in _LIBRARIES.get(library, ()) and getattr(found, kind.__name__, None) is kind:
            name = f"{library}.{kind.__name__}"
    return name


def type_of(name: str) -> type:
    """The class of this name in the table. Raises Malformed."""
    found = _BY_NAME.get(name)
    if found is None:
        library, _, rest = name.partition(".")
        if rest in _LIBRARIES.get(library, ()) and library in sys.modules:
            found = getattr(sys.modules[library], rest)
    if found is None:
        raise Malformed("a class is named that is not in the table")
    return found
