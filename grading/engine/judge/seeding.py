"""Notices that a test seeds a generator again: to the same state, which a comparison of states would not show."""

import random
import sys
from collections.abc import Callable
from typing import Any

_seeded: set[str] = set()


def watch() -> None:
    """Notice calls of `random.seed` and its like from now on, in this process."""
    for name in ("seed", "setstate"):
        setattr(random, name, _noticed(getattr(random, name), "random"))
    if numpy := sys.modules.get("numpy"):
        for name in ("seed", "set_state"):
            setattr(numpy.random, name, _noticed(getattr(numpy.random, name), "numpy"))


def take() -> set[str]:
    """The generators that were seeded since the last call, by the name of their module."""
    found = set(_seeded)
    _seeded.clear()
    return found


def _noticed(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    def seed(*arguments: Any, **named: Any) -> Any:
        _seeded.add(name)
        return function(*arguments, **named)

    return seed
