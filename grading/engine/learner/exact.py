"""Keeps objects of a learner's classes from deciding what a test compares: their operators are taken away.

Only operators that objects of the reference solution had, which the build records, stay.
"""

import builtins
import contextlib
import sys
from collections import deque
from typing import Any

from grading.engine.wire.remote import GATED

# Python's own, for the code below: what the learner's code puts into `builtins` is not used here.
globals()["__builtins__"] = dict(vars(builtins))
OPERATORS = GATED | {
    f"__{name}__"
    for name in ("bool", "class", "instancecheck", "subclasscheck", "array_ufunc", "array_function", "array_priority")
}
MOST_LOOKED_AT = 2_000_000  # objects in one value
_HEAP, _IMMUTABLE = 1 << 9, 1 << 8
_flags = type.__dict__["__flags__"].__get__
_lineage = type.__dict__["__mro__"].__get__
_content = type.__dict__["__dict__"].__get__
_delete = type.__delattr__
_items = (list, tuple, set, frozenset, deque)
_ATOMS = frozenset(map(id, (int, float, complex, str, bytes, bool, type(None))))


class Exact:
    """Looks at the values that a test decides on. Calling it with one gives it back."""

    def __init__(self) -> None:
        """All classes of this moment are trusted; those that come later are the learner's, or a test's own."""
        self._kinds: dict[int, type] = {}
        self.allowed: frozenset[str] = frozenset()
        self.found: set[str] | None = None  # with a set, nothing is taken away: it gets what would have been
        todo: list[type] = [object]
        while todo:
            kind = todo.pop()
            if id(kind) not in self._kinds:
                self._kinds[id(kind)] = kind
                todo += type.__subclasses__(kind)

    def trust(self, kind: Any) -> Any:
        """Let a class of a test or a given cell be; it is given back."""
        self._kinds[id(kind)] = kind
        return kind

    def __call__(self, value: Any) -> Any:
        """Look at a value and at what it holds."""
        if id(type(value)) in _ATOMS:
            return value
        todo, seen = [value], set()
        while todo:
            thing = todo.pop()
            kind = type(thing)
            if id(kind) in _ATOMS or id(thing) in seen:
                continue
            seen.add(id(thing))
            if len(seen) > MOST_LOOKED_AT:
                raise AssertionError("This value holds too much to be looked at.")
            self._strip(kind)
            todo += self._inside(thing, kind)
        return value

    def _strip(self, kind: type) -> None:
        for each in _lineage(kind):
            if id(each) in self._kinds or not _flags(each) & _HEAP or _flags(each) & _IMMUTABLE:
                continue
            content = _content(each)
            own = {name for name in OPERATORS & set(content) if content[name] is not None}
            if self.found is not None:
                self.found |= own
                continue
            taken = own - self.allowed
            if "__eq__" in taken and content.get("__hash__", self) is None:
                taken.add("__hash__")  # Python put it there because of the other
            for name in taken:
                with contextlib.suppress(AttributeError):  # another thread was first
                    _delete(each, name)

    def _inside(self, thing: Any, kind: type) -> list[Any]:
        inside: list[Any] = []
        lineage = _lineage(kind)
        if dict in lineage:
            inside += [*dict.keys(thing), *dict.values(thing)]
        else:
            for base in _items:
                if base in lineage:
                    inside += base.__iter__(thing)
        if (numpy := sys.modules.get("numpy")) is not None and numpy.ndarray in lineage:
            if numpy.ndarray.__dict__["dtype"].__get__(thing).hasobject:
                inside += numpy.ndarray.ravel(thing).tolist()
        elif id(kind) in self._kinds and kind.__module__.startswith("pandas.") and hasattr(thing, "_mgr"):
            inside += thing._mgr.arrays
        if id(kind) not in self._kinds or kind.__module__ == "__main__":
            with contextlib.suppress(AttributeError):
                inside += object.__getattribute__(thing, "__dict__").values()
        return inside
