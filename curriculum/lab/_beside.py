"""Functions of the lab that run beside their argument.

When a notebook is graded, a test and the learner's code run in two processes, and what the learner made is a stand-in
in the test's. A function that has to be where the object is, such as one that starts a server for an app, says so with
`@beside`; a stand-in then runs it on its own side. Everywhere else the decorator does nothing.
"""

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def beside(function: Callable[P, T]) -> Callable[P, T]:
    """Run `function` where the first of its arguments lives that lives elsewhere."""

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        for value in (*args, *kwargs.values()):
            elsewhere: Any = getattr(type(value), "_run_beside", None)
            if elsewhere is not None:
                return elsewhere(value, function, args, kwargs)
        return function(*args, **kwargs)

    return run
