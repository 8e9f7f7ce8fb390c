"""Plain values as JSON trees and back: exact types only, limited in depth, with cycles, aliasing and identity kept.

A scalar is itself; everything else is a list whose first item is a tag. Containers that can change are numbered in the
order of the message and entered in the table of shared objects, so that both sides know the same object by one key.
"""

import array
import datetime
import decimal
import fractions
import pathlib
import random
import re
import types
import uuid
import zoneinfo
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable
from typing import Any

from grading.engine.wire import closed
from grading.engine.wire.frames import Malformed
from grading.engine.wire.shared import Shared

MOST_DEPTH = 120  # each level takes several frames of Python's own stack
MOST_INT_BITS = 1 << 17
_PACKED_FROM = 24  # items from which a list of numbers goes as one buffer

_JSON_SCALARS = frozenset({type(None), bool, float, str})
_INT64 = 1 << 63
_CALLABLE = type(Callable[[], None])


class NotPlain(Exception):
    """This value has no plain form and has to go as a reference."""


class Encoder:
    """Turns the values of one message into nodes. `other` answers for what is not plain."""

    def __init__(self, shared: Shared, other: Callable[["Encoder", Any], Any]) -> None:
        """`shared` is entered with each container that can change."""
        self.shared, self.other = shared, other
        self.buffers: list[bytes] = []
        self.base = shared.begin()
        self.depth = 0

    def __call__(self, value: Any) -> Any:
        """The node of a value."""
        kind = type(value)
        if kind in _JSON_SCALARS:
            return value
        if kind is int:
            return value if -_INT64 <= value < _INT64 else self._large(value)
        encode = ENCODERS.get(kind)
        if encode is None:
            encode = _late(kind)
            if encode is None:
                return self.other(self, value)
        if self.depth >= MOST_DEPTH:
            return self.other(self, value)
        key = self.shared.key_of(value)
        if key is not None:
            return ["k", key]
        self.depth += 1
        mark, numbered = len(self.buffers), self.shared.mark()
        try:
            return encode(self, value)
        except NotPlain:
            del self.buffers[mark:]
            self.shared.roll_back(numbered)
            return self.other(self, value)
        finally:
            self.depth -= 1

    def buffer(self, content: bytes) -> int:
        """Add a buffer; its number."""
        self.buffers.append(content)
        return len(self.buffers) - 1

    def items(self, values: Iterable[Any]) -> list[Any]:
        """The nodes of several values."""
        return [self(value) for value in values]

    def _large(self, value: int) -> Any:
        if value.bit_length() > MOST_INT_BITS:
            return self.other(self, value)
        return ["i", hex(value)]


class Decoder:
    """Turns the nodes of one message back into values. `others` are the decoders of references, by tag."""

    def __init__(
        self,
        shared: Shared,
        base: int,
        buffers: list[memoryview],
        others: dict[str, Callable[["Decoder", list[Any]], Any]],
    ) -> None:
        """`base` is the number of the message's first container."""
        self.shared, self.buffers, self.others = shared, buffers, others
        self.next = base
        self.depth = 0

    def __call__(self, node: Any) -> Any:
        """The value of a node. Raises Malformed."""
        kind = type(node)
        if kind in _JSON_SCALARS or kind is int:
            return node
        if kind is not list or not node or type(node[0]) is not str:
            raise Malformed("a value is neither a scalar nor a tagged list")
        decode = DECODERS.get(node[0]) or self.others.get(node[0])
        if decode is None:
            raise Malformed("a value has an unknown tag")
        if self.depth > MOST_DEPTH + 20:
            raise Malformed("a value is nested too deeply")
        self.depth += 1
        try:
            return decode(self, node)
        except Malformed:
            raise
        except (TypeError, ValueError, KeyError, IndexError, OverflowError, ArithmeticError, AttributeError) as error:
            raise Malformed(f"a value of the kind {node[0]!r} is malformed: {type(error).__name__}") from None
        finally:
            self.depth -= 1

    def enter(self, value: Any) -> Any:
        """Number a container that can change, before its contents are decoded."""
        self.shared.received(self.next, value)
        self.next += 1
        return value

    def leave(self, value: Any) -> Any:
        """Note a container's contents, once they are complete."""
        self.shared.settle(value)
        return value

    def buffer(self, number: Any) -> memoryview:
        """One of the frame's buffers."""
        if type(number) is not int or not 0 <= number < len(self.buffers):
            raise Malformed("a value names a buffer that is not there")
        return self.buffers[number]

    def items(self, nodes: Any) -> list[Any]:
        """The values of several nodes."""
        if type(nodes) is not list:
            raise Malformed("a list of values is no list")
        return [self(node) for node in nodes]

    def text(self, value: Any) -> str:
        """The value, which must be text."""
        if type(value) is not str:
            raise Malformed("a text is no text")
        return value

    def whole(self, value: Any) -> int:
        """The value, which must be an int."""
        if type(value) is not int:
            raise Malformed("a whole number is none")
        return value


# ------------------------------------------------------------------------------------------- lists, dicts and sets


def _list(encoder: Encoder, value: list[Any]) -> Any:
    encoder.shared.sent(value)
    if len(value) >= _PACKED_FROM:
        kinds = set(map(type, value))
        if kinds == {float}:
            return ["lf", encoder.buffer(array.array("d", value).tobytes())]
        if kinds == {int}:
            try:
                return ["li", encoder.buffer(array.array("q", value).tobytes())]
            except OverflowError:
                pass
    return ["l", encoder.items(value)]


def _packed(code: str) -> Callable[[Decoder, list[Any]], Any]:
    def decode(decoder: Decoder, node: list[Any]) -> Any:
        numbers = array.array(code)
        numbers.frombytes(decoder.buffer(node[1]))
        return decoder.leave(decoder.enter(numbers.tolist()))

    return decode


def _from_list(decoder: Decoder, node: list[Any]) -> Any:
    value: list[Any] = decoder.enter([])
    value.extend(decoder.items(node[1]))
    return decoder.leave(value)


def _pairs(encoder: Encoder, value: Any) -> list[Any]:
    nodes: list[Any] = []
    for key, item in dict.items(value):
        nodes += (encoder(key), encoder(item))
    return nodes


def _fill(decoder: Decoder, value: Any, nodes: Any) -> Any:
    items = decoder.items(nodes)
    for key, item in zip(items[::2], items[1::2], strict=True):
        value[key] = item
    return decoder.leave(value)


def _dict(encoder: Encoder, value: dict[Any, Any]) -> Any:
    encoder.shared.sent(value)
    return ["d", _pairs(encoder, value)]


def _ordered(encoder: Encoder, value: Any) -> Any:
    encoder.shared.sent(value)
    nodes: list[Any] = []
    for key, item in value.items():
        nodes += (encoder(key), encoder(item))
    return ["od", nodes]


def _counter(encoder: Encoder, value: Any) -> Any:
    encoder.shared.sent(value)
    return ["ct", _pairs(encoder, value)]


def _default(encoder: Encoder, value: Any) -> Any:
    encoder.shared.sent(value)
    return ["dd", encoder(value.default_factory), _pairs(encoder, value)]


def _from_default(decoder: Decoder, node: list[Any]) -> Any:
    value: Any = decoder.enter(defaultdict())
    value.default_factory = decoder(node[1])
    return _fill(decoder, value, node[2])


def _set(encoder: Encoder, value: set[Any]) -> Any:
    encoder.shared.sent(value)
    return ["s", encoder.items(value)]


def _from_set(decoder: Decoder, node: list[Any]) -> Any:
    value: set[Any] = decoder.enter(set())
    value.update(decoder.items(node[1]))
    return decoder.leave(value)


def _deque(encoder: Encoder, value: Any) -> Any:
    encoder.shared.sent(value)
    return ["dq", value.maxlen, encoder.items(value)]


def _from_deque(decoder: Decoder, node: list[Any]) -> Any:
    value: Any = decoder.enter(deque(maxlen=None if node[1] is None else decoder.whole(node[1])))
    value.extend(decoder.items(node[2]))
    return decoder.leave(value)


def _bytearray(encoder: Encoder, value: bytearray) -> Any:
    encoder.shared.sent(value)
    return ["ba", encoder.buffer(bytes(value))]


def _namespace(encoder: Encoder, value: types.SimpleNamespace) -> Any:
    if any(map(callable, vars(value).values())):
        raise NotPlain  # functions in it are methods, of which some are not the other side's to answer
    encoder.shared.sent(value)
    return ["sn", _pairs(encoder, vars(value))]


def _from_namespace(decoder: Decoder, node: list[Any]) -> Any:
    value = decoder.enter(types.SimpleNamespace())
    items = decoder.items(node[1])
    for name, item in zip(items[::2], items[1::2], strict=True):
        if callable(item):
            raise Malformed("a namespace holds functions")
        vars(value)[decoder.text(name)] = item
    return decoder.leave(value)


def _random(encoder: Encoder, value: random.Random) -> Any:
    encoder.shared.sent(value)
    return ["rr", *state_node(encoder, value.getstate())]


def _from_random(decoder: Decoder, node: list[Any]) -> Any:
    value = decoder.enter(random.Random(0))
    value.setstate(state_from(decoder, node[1:]))
    return decoder.leave(value)


def state_node(encoder: Encoder, state: Any) -> list[Any]:
    """The node of a state of Python's generator."""
    return [encoder.buffer(array.array("L", state[1]).tobytes()), state[2]]


def state_from(decoder: Decoder, node: Any) -> Any:
    """The state of a node: `setstate` checks the rest. Raises Malformed."""
    numbers = array.array("L")
    numbers.frombytes(decoder.buffer(node[0]))
    if len(numbers) != 625 or numbers[-1] > 624 or not (node[1] is None or type(node[1]) is float):
        raise Malformed("a generator's state is none")
    return 3, tuple(numbers), node[1]


# ------------------------------------------------------------------------------------------------ scalars with parts


def _zone(encoder: Encoder, zone: Any) -> Any:
    if zone is None:
        return None
    if type(zone) is zoneinfo.ZoneInfo and zone.key:
        return zone.key
    if type(zone) is datetime.timezone:
        away, name = zone.__getinitargs__() if len(zone.__getinitargs__()) == 2 else (*zone.__getinitargs__(), None)  # type: ignore[attr-defined]
        return [away.days, away.seconds, away.microseconds, name]
    raise NotPlain


def _from_zone(decoder: Decoder, node: Any) -> Any:
    if node is None:
        return None
    if type(node) is str:
        if not re.fullmatch(r"[A-Za-z0-9_+/-]{1,60}", node):
            raise Malformed("a time zone has no such name")
        try:
            return zoneinfo.ZoneInfo(node)
        except Exception:
            raise Malformed("there is no such time zone") from None
    days, seconds, micros, name = node
    away = datetime.timedelta(decoder.whole(days), decoder.whole(seconds), decoder.whole(micros))
    if not away and name is None:
        return datetime.UTC
    return datetime.timezone(away) if name is None else datetime.timezone(away, decoder.text(name))


def _datetime(encoder: Encoder, value: datetime.datetime) -> Any:
    return ["dt", value.replace(tzinfo=None).isoformat(), value.fold, _zone(encoder, value.tzinfo)]


def _from_datetime(decoder: Decoder, node: list[Any]) -> Any:
    plain = datetime.datetime.fromisoformat(decoder.text(node[1]))
    return plain.replace(fold=decoder.whole(node[2]), tzinfo=_from_zone(decoder, node[3]))


def _time(encoder: Encoder, value: datetime.time) -> Any:
    return ["tm", value.replace(tzinfo=None).isoformat(), value.fold, _zone(encoder, value.tzinfo)]


def _from_time(decoder: Decoder, node: list[Any]) -> Any:
    plain = datetime.time.fromisoformat(decoder.text(node[1]))
    return plain.replace(fold=decoder.whole(node[2]), tzinfo=_from_zone(decoder, node[3]))


def _timezone(encoder: Encoder, value: Any) -> Any:
    return ["tz", _zone(encoder, value)]


def _from_int(decoder: Decoder, node: list[Any]) -> int:
    text = decoder.text(node[1])
    if len(text) > MOST_INT_BITS // 4 + 4 or not re.fullmatch(r"-?0x[0-9a-f]+", text):
        raise Malformed("a whole number is none")
    return int(text, 16)


def _decimal(encoder: Encoder, value: decimal.Decimal) -> Any:
    return ["dec", str(value)]


def _from_decimal(decoder: Decoder, node: list[Any]) -> Any:
    text = decoder.text(node[1])
    if len(text) > 20_000 or not re.fullmatch(r"[-+0-9.A-Za-z]+", text):
        raise Malformed("a decimal number is none")
    return decimal.Decimal(text)


def _from_fraction(decoder: Decoder, node: list[Any]) -> Any:
    return fractions.Fraction(decoder.whole(decoder(node[1])), decoder.whole(decoder(node[2])))


def _from_range(decoder: Decoder, node: list[Any]) -> Any:
    return range(*(decoder.whole(decoder(part)) for part in node[1:4]))


_PATHS: dict[str, type] = {
    kind.__name__: kind
    for kind in (pathlib.PurePosixPath, pathlib.PureWindowsPath, pathlib.PosixPath, pathlib.WindowsPath)
}


def _path(encoder: Encoder, value: pathlib.PurePath) -> Any:
    return ["p", type(value).__name__, str(value)]


def _bytes(encoder: Encoder, value: bytes) -> Any:
    return ["b", encoder.buffer(value)]


def _own_key(decoder: Decoder, node: list[Any]) -> Any:
    return decoder.shared.known(decoder.whole(node[1]))


_DICTS: tuple[dict[Any, Any], ...] = ({}, OrderedDict())
ENCODERS: dict[type, Callable[[Encoder, Any], Any]] = {
    list: _list,
    dict: _dict,
    set: _set,
    deque: _deque,
    OrderedDict: _ordered,
    Counter: _counter,
    defaultdict: _default,
    bytearray: _bytearray,
    types.SimpleNamespace: _namespace,
    types.MappingProxyType: lambda e, v: ["mp", e(dict(v))],
    random.Random: _random,
    memoryview: lambda e, v: ["mv", e.buffer(v.tobytes())] if v.readonly else e.other(e, v),
    # A view as an object would lead to its dict, and so from the keys to the values.
    **{type(of.keys()): lambda e, v: ["vk", e.items(v)] for of in _DICTS},
    **{type(of.values()): lambda e, v: ["vv", e.items(v)] for of in _DICTS},
    **{type(of.items()): lambda e, v: ["vi", [e.items(pair) for pair in v]] for of in _DICTS},
    tuple: lambda e, v: ["t", e.items(v)],
    frozenset: lambda e, v: ["fs", e.items(v)],
    bytes: _bytes,
    complex: lambda e, v: ["c", v.real, v.imag],
    range: lambda e, v: ["rg", e(v.start), e(v.stop), e(v.step)],
    slice: lambda e, v: ["sl", e(v.start), e(v.stop), e(v.step)],
    type(...): lambda e, v: ["e"],
    type(NotImplemented): lambda e, v: ["ni"],
    datetime.datetime: _datetime,
    datetime.date: lambda e, v: ["da", v.isoformat()],
    datetime.time: _time,
    datetime.timedelta: lambda e, v: ["td", v.days, v.seconds, v.microseconds],
    datetime.timezone: _timezone,
    zoneinfo.ZoneInfo: _timezone,
    decimal.Decimal: _decimal,
    fractions.Fraction: lambda e, v: ["fr", e(v.numerator), e(v.denominator)],
    uuid.UUID: lambda e, v: ["u", v.hex],
    **{kind: _path for kind in _PATHS.values()},
}

DECODERS: dict[str, Callable[[Decoder, list[Any]], Any]] = {
    "k": _own_key,
    "l": _from_list,
    "lf": _packed("d"),
    "li": _packed("q"),
    "d": lambda d, n: _fill(d, d.enter({}), n[1]),
    "od": lambda d, n: _fill(d, d.enter(OrderedDict()), n[1]),
    "ct": lambda d, n: _fill(d, d.enter(Counter()), n[1]),
    "dd": _from_default,
    "s": _from_set,
    "dq": _from_deque,
    "ba": lambda d, n: d.leave(d.enter(bytearray(d.buffer(n[1])))),
    "sn": _from_namespace,
    "mp": lambda d, n: types.MappingProxyType(dict(d(n[1]))),
    "rr": _from_random,
    "mv": lambda d, n: memoryview(bytes(d.buffer(n[1]))),
    "t": lambda d, n: tuple(d.items(n[1])),
    "fs": lambda d, n: frozenset(d.items(n[1])),
    "vk": lambda d, n: dict.fromkeys(d.items(n[1])).keys(),
    "vv": lambda d, n: dict(enumerate(d.items(n[1]))).values(),
    "vi": lambda d, n: dict(map(d.items, n[1])).items(),
    "b": lambda d, n: bytes(d.buffer(n[1])),
    "i": _from_int,
    "c": lambda d, n: complex(float(n[1]), float(n[2])),
    "rg": _from_range,
    "sl": lambda d, n: slice(d(n[1]), d(n[2]), d(n[3])),
    "e": lambda d, n: ...,
    "ni": lambda d, n: NotImplemented,
    "dt": _from_datetime,
    "da": lambda d, n: datetime.date.fromisoformat(d.text(n[1])),
    "tm": _from_time,
    "td": lambda d, n: datetime.timedelta(d.whole(n[1]), d.whole(n[2]), d.whole(n[3])),
    "tz": lambda d, n: _from_zone(d, n[1]),
    "dec": _from_decimal,
    "fr": _from_fraction,
    "u": lambda d, n: uuid.UUID(hex=d.text(n[1])),
    "p": lambda d, n: _PATHS[d.text(n[1])](d.text(n[2])),
    "T": lambda d, n: closed.type_of(d.text(n[1])),
}


def _late(kind: type) -> Callable[[Encoder, Any], Any] | None:
    """The encoder of a library's type. The library is there, or there would be no value of its type."""
    library = kind.__module__.partition(".")[0] if isinstance(kind.__module__, str) else None
    if library == "numpy":
        from grading.engine.wire import arrays

        return arrays.encoder_of(kind)
    if library == "pandas":
        from grading.engine.wire import dataframes

        return dataframes.ENCODERS.get(kind)
    if library == "typing" or kind is types.GenericAlias or kind is types.UnionType or kind is _CALLABLE:
        from grading.engine.wire import hints

        return hints.hint
    return None


def _with_typing(name: str) -> Callable[[Decoder, list[Any]], Any]:
    def decode(decoder: Decoder, node: list[Any]) -> Any:
        from grading.engine.wire import hints

        return getattr(hints, name)(decoder, node)

    return decode


def _with_numpy(tag: str) -> Callable[[Decoder, list[Any]], Any]:
    def decode(decoder: Decoder, node: list[Any]) -> Any:
        from grading.engine.wire import arrays

        return arrays.DECODERS[tag](decoder, node)

    return decode


def _with_pandas(tag: str) -> Callable[[Decoder, list[Any]], Any]:
    def decode(decoder: Decoder, node: list[Any]) -> Any:
        from grading.engine.wire import dataframes

        return dataframes.DECODERS[tag](decoder, node)

    return decode


def _type(encoder: Encoder, value: type) -> Any:
    name = closed.name_of(value)
    if name is None:
        raise NotPlain
    return ["T", name]


ENCODERS[type] = _type
DECODERS |= {"hn": _with_typing("from_name"), "hg": _with_typing("from_parts")}
DECODERS |= {tag: _with_numpy(tag) for tag in ("n", "no", "ns", "nt", "nv", "rg64", "rgmt")}
DECODERS |= {tag: _with_pandas(tag) for tag in ("df", "se", "ix", "st", "pdt")}
