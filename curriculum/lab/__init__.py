"""What lessons and assignments call: servers, load, a language model, data, predictions, reflections, plots.

Importing it turns the telemetry of every library off and loads nothing heavy: each name below is imported on first use.
It imports nothing of the rest of the course, because it is what a learner's code may import inside the grader's jail.
"""

from importlib import import_module
from typing import Any

from curriculum.lab import telemetry

_HOME = {
    "LabError": "errors",
    "scaled": "scale",
    "adult": "data",
    "serve": "servers",
    "process": "servers",
    "get": "load",
    "post": "load",
    "open_loop": "load",
    "closed_loop": "load",
    "Load": "load",
    "language_model": "llm",
    "stream_chat": "llm",
    "stream_many": "llm",
    "predict": "predictions",
    "reveal": "predictions",
    "record": "journal",
    "reflect": "reflections",
    "style": "plots",
    "COLOURS": "plots",
    "figure": "plots",
}

__all__ = sorted(_HOME)

telemetry.turn_off()


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
