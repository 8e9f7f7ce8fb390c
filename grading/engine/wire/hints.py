"""Type hints as plain data: names of `typing`, and what was made of them with square brackets."""

import collections.abc
import functools
import operator
import types
import typing
from typing import Any

from grading.engine.wire import closed
from grading.engine.wire.frames import Malformed
from grading.engine.wire.values import Decoder, Encoder, NotPlain

_NAMES = frozenset(name for name in typing.__all__ if name[0].isupper() and name not in ("TYPE_CHECKING", "Annotated"))
KINDS = (types.GenericAlias, types.UnionType)  # and what `typing` makes


def hint(encoder: Encoder, value: Any) -> Any:
    """The node of a type hint. Raises NotPlain."""
    name, args = getattr(value, "_name", None) or getattr(value, "__name__", None), typing.get_args(value)
    if not args:
        if name in _NAMES and getattr(typing, name) is value:
            return ["hn", name]
        raise NotPlain
    if type(value) is types.UnionType:
        return ["hg", "|", None, encoder.items(args)]
    origin = typing.get_origin(value)
    if origin is collections.abc.Callable and type(args[0]) is list:
        args = (tuple(args[0]), *args[1:])
    if type(value) is types.GenericAlias or type(value) is type(collections.abc.Callable[[], None]):
        known = closed.name_of(origin)
        return ["hg", "", encoder(origin) if known is None else ["T", known], encoder.items(args)]
    if origin is typing.Union:
        name = "Union"
    if origin is typing.Literal:
        name = "Literal"
    if name in _NAMES:
        return ["hg", name, None, encoder.items(args)]
    raise NotPlain


def from_name(decoder: Decoder, node: list[Any]) -> Any:
    """A name of `typing`. Raises Malformed."""
    if decoder.text(node[1]) not in _NAMES:
        raise Malformed("a type hint has no such name")
    return getattr(typing, node[1])


def from_parts(decoder: Decoder, node: list[Any]) -> Any:
    """A hint with parts. Raises Malformed."""
    name, origin, args = decoder.text(node[1]), decoder(node[2]), decoder.items(node[3])
    if not args:
        raise Malformed("a type hint has no parts")
    if name == "|":
        return functools.reduce(operator.or_, args)
    if not name and not isinstance(origin, type):
        raise Malformed("a type hint has no origin")
    basis: Any = from_name(decoder, ["hn", name]) if name else origin
    if basis in (typing.Callable, collections.abc.Callable) and type(args[0]) is tuple:
        args = [list(args[0]), *args[1:]]
    return basis[tuple(args)] if len(args) > 1 or basis in (tuple, typing.Tuple) else basis[args[0]]  # noqa: UP006
