"""State of the learner's process that a test may have to follow: generators that it seeded, the environment."""

import os
import random
import sys
from collections.abc import Iterable
from typing import Any

RANDOM, NUMPY, ENVIRONMENT = "random", "numpy.random", "environment:"
KINDS = (RANDOM, NUMPY, ENVIRONMENT)


def state_of(names: Iterable[str]) -> dict[str, Any]:
    """The state of these kinds, as plain data."""
    found: dict[str, Any] = {}
    for name in names:
        if name == RANDOM:
            found[name] = random.getstate()
        elif name == NUMPY and "numpy.random" in sys.modules:
            kind, key, *rest = sys.modules["numpy"].random.get_state()
            found[name] = (kind, tuple(key.tolist()), *rest)
        elif name.startswith(ENVIRONMENT):
            only = name.removeprefix(ENVIRONMENT)
            found |= {ENVIRONMENT + each: os.environ.get(each) for each in ([only] if only else os.environ)}
    return found


def take_over(name: str, value: Any) -> None:
    """Set this process's state to what another one told. Raises ValueError for what is no such state."""
    if name == RANDOM:
        version, key, gauss = value
        if version != 3 or type(key) is not tuple or not (gauss is None or type(gauss) is float):
            raise ValueError(name)
        random.setstate((3, key, gauss))  # which checks the numbers
    elif name == NUMPY:
        kind, key, position, has_gauss, gauss = value
        numbers = sys.modules["numpy"].array(key, dtype="uint32")
        if kind != "MT19937" or numbers.shape != (624,) or type(position) is not int or not 0 <= position <= 624:
            raise ValueError(name)
        sys.modules["numpy"].random.set_state((kind, numbers, position, int(has_gauss == 1), float(gauss)))
    elif name.startswith(ENVIRONMENT) and type(value) is str:
        os.environ[name.removeprefix(ENVIRONMENT)] = value
    elif name.startswith(ENVIRONMENT) and value is None:
        os.environ.pop(name.removeprefix(ENVIRONMENT), None)
    else:
        raise ValueError(name)
