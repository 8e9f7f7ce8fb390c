"""Objects that both sides hold: the same list has one key on both, and follows when either side changes it.

A container crosses by value. While code on both sides still holds it, it is entered here, so that `f(x) is x` holds, a
list that the learner's code keeps sees what the test does to it later, and the other way round. Before each message a
side says which of these objects it has changed, and which of them it no longer holds.
"""

import random
import sys
from collections import deque
from collections.abc import Iterator
from operator import is_
from typing import Any

from grading.engine.wire.frames import Malformed

MOST_SHARED = 4_000


class _Entry:
    __slots__ = ("had", "held", "object")

    def __init__(self, value: Any) -> None:
        self.object = value
        self.had: Any = None  # its contents when both sides last agreed
        self.held = False


class Shared:
    """The table of one side. Keys of the judge's objects are positive there and negative in the other process."""

    def __init__(self) -> None:
        """An empty table."""
        self._entries: dict[int, _Entry] = {}
        self._keys: dict[int, int] = {}  # id of the object -> key
        self._limbo: deque[tuple[int, dict[int, Any]]] = deque()  # dropped, until the other side knows
        self._next = self._base = 1
        self._new: list[int] = []  # keys numbered in the message that is being encoded

    # -- sending

    def begin(self) -> int:
        """Start a message; the number of its first container."""
        self._new = []
        self._base = self._next
        return self._base

    def mark(self) -> int:
        """How many containers the message has so far."""
        return len(self._new)

    def roll_back(self, mark: int) -> None:
        """Take back what was numbered since."""
        for key in self._new[mark:]:
            if key in self._entries:
                self._remove(key)
        del self._new[mark:]
        self._next = self._base + mark

    def key_of(self, value: Any) -> int | None:
        """The key of an object that the other side has, or that stands earlier in this message."""
        return self._keys.get(id(value))

    def sent(self, value: Any) -> None:
        """Number a container of this message."""
        key = self._next
        self._next += 1
        self._new.append(key)
        self._enter(key, value)

    def sealed(self) -> None:
        """The message is complete: note what its containers hold."""
        for key in self._new:
            if (entry := self._entries.get(key)) is not None:
                entry.had = contents(entry.object)

    # -- receiving

    def received(self, number: int, value: Any) -> None:
        """Enter a container of the other side's message."""
        self._enter(-number, value)

    def settle(self, value: Any) -> None:
        """Its contents are complete."""
        key = self._keys[id(value)]
        self._entries[key].had = contents(value)

    def known(self, key: int) -> Any:
        """The object that the other side calls by this key. Raises Malformed."""
        entry = self._entries.get(-key)
        if entry is not None:
            return entry.object
        for _, dropped in self._limbo:
            if -key in dropped:
                return dropped[-key]
        raise Malformed("a value refers to an object that is not shared")

    def forget(self, keys: Any) -> None:
        """The other side no longer holds these."""
        if type(keys) is not list:
            raise Malformed("the list of dropped objects is no list")
        for key in keys:
            if type(key) is not int:
                raise Malformed("a key is no whole number")
            if -key in self._entries:
                self._remove(-key)

    def acknowledged(self, number: int) -> None:
        """The other side has read our messages up to this number."""
        while self._limbo and self._limbo[0][0] <= number:
            self._limbo.popleft()

    # -- before each message

    def changed(self) -> list[tuple[int, Any]]:
        """The objects that this side has changed since both agreed, with their keys."""
        found = []
        for key, entry in list(self._entries.items()):
            now = contents(entry.object)
            if not same(entry.had, now):
                entry.had = now
                found.append((key, entry.object))
        return found

    def dropped(self, number: int) -> list[int]:
        """Remove what nothing but this table holds, in message `number`; their keys."""
        if not self._entries:
            return []
        entries = self._entries
        inside: dict[int, int] = {}
        for entry in entries.values():
            entry.held = False
            for child in _children(entry.had):
                if id(child) in self._keys:
                    # once in the object itself and once in the note of its contents
                    inside[id(child)] = inside.get(id(child), 0) + 2
        todo = []
        for entry in entries.values():
            # The entry, the call's argument, and what other entries hold.
            if sys.getrefcount(entry.object) > 2 + inside.get(id(entry.object), 0):
                entry.held = True
                todo.append(entry)
        while todo:
            for child in _children(todo.pop().had):
                key = self._keys.get(id(child))
                if key is not None and not entries[key].held:
                    entries[key].held = True
                    todo.append(entries[key])
        keys = [key for key, entry in entries.items() if not entry.held]
        keys += [key for key in list(entries)[: max(0, len(entries) - MOST_SHARED)] if entries[key].held]
        if keys:
            self._limbo.append((number, {key: entries[key].object for key in keys}))
            for key in keys:
                self._remove(key)
        return keys

    def hide(self, value: Any) -> int:
        """Let an object be encoded once more, as a new one; its key, for `show`."""
        return self._keys.pop(id(value))

    def show(self, value: Any, key: int) -> None:
        """Undo `hide`: the object has its old key again, and none other."""
        self._remove(self._keys[id(value)])
        self._keys[id(value)] = key

    def settle_if_known(self, value: Any) -> None:
        """Its contents have been replaced by the other side."""
        key = self._keys.get(id(value))
        if key is not None:
            self._entries[key].had = contents(value)

    def clear(self) -> None:
        """Share nothing any more."""
        self._entries.clear()
        self._keys.clear()
        self._limbo.clear()

    def _enter(self, key: int, value: Any) -> None:
        self._entries[key] = _Entry(value)
        self._keys[id(value)] = key

    def _remove(self, key: int) -> None:
        entry = self._entries.pop(key)
        if self._keys.get(id(entry.object)) == key:
            del self._keys[id(entry.object)]


def contents(value: Any) -> Any:
    """What a container holds now, cheap to take and to compare; items by identity, so that no code of theirs runs."""
    if isinstance(value, dict):
        return [*dict.keys(value), *dict.values(value)]
    if isinstance(value, list | set | deque):
        return list(value)
    if isinstance(value, bytearray):
        return bytes(value)
    if (numpy := sys.modules.get("numpy")) is not None and isinstance(value, numpy.ndarray):
        return value.ravel().tolist() if value.dtype.hasobject else (value.shape, value.tobytes())
    if (pandas := sys.modules.get("pandas")) is not None and isinstance(value, pandas.DataFrame | pandas.Series):
        from grading.engine.wire import dataframes

        return dataframes.contents(value)
    if isinstance(value, random.Random):
        return value.getstate()
    if numpy is not None and "numpy.random" in sys.modules and isinstance(value, numpy.random.Generator):
        return repr(value.bit_generator.state)
    if numpy is not None and "numpy.random" in sys.modules and isinstance(value, numpy.random.RandomState):
        name, key, *rest = value.get_state()
        return (name, key.tobytes(), *rest)
    state = getattr(value, "__dict__", None)
    return [*state.keys(), *state.values()] if isinstance(state, dict) else None


def same(before: Any, now: Any) -> bool:
    """Whether two contents are the same."""
    if type(before) is list and type(now) is list:
        return len(before) == len(now) and all(map(is_, before, now))
    return type(before) is type(now) and bool(before == now)


def _children(had: Any) -> Iterator[Any]:
    return iter(had) if type(had) is list else iter(())
