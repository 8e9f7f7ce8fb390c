"""The learner's desk: `work/` with copies to write in, checks, submissions and progress.

In a notebook: `from curriculum.desk import check; check()`. Names are imported on first use, so that this is quick.
"""

from importlib import import_module
from typing import Any

_HOME = {
    "Laid": "laying",
    "lay": "laying",
    "write_start_page": "start_page",
    "CheckResult": "results",
    "check": "checking",
    "check_unit": "checking",
    "Receipt": "submitting",
    "submit_unit": "submitting",
    "Journey": "standing",
    "progress": "standing",
    "progress_of": "standing",
}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
