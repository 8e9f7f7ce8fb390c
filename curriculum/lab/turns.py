"""One change of a learner's file after another.

JupyterLab answers a click in the kernel's main thread or in a subshell's, whichever is free, so that two quick clicks
may run at once. What reads a file, changes it and writes it back loses one of them unless it takes its turn.
"""

import functools
import threading
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
_TURN = threading.RLock()


def one_at_a_time(change: Callable[P, T]) -> Callable[P, T]:
    """The same function, which waits until no other one of these runs in this process."""

    @functools.wraps(change)
    def waiting(*args: P.args, **kwargs: P.kwargs) -> T:
        with _TURN:
            return change(*args, **kwargs)

    return waiting
