"""NumPy's arrays, scalars and dtypes as plain data."""

import re
from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from grading.engine.wire.frames import Malformed
from grading.engine.wire.values import Decoder, Encoder, NotPlain

_KINDS = "biufcmMSU"
MOST_DIMENSIONS = 32


def dtype_text(dtype: np.dtype[Any]) -> str:
    """A dtype as text. Raises NotPlain for records and objects."""
    if dtype.kind not in _KINDS or dtype.hasobject or dtype.names or dtype.subdtype:
        raise NotPlain
    return dtype.str


def dtype_from(decoder: Decoder, text: Any) -> "np.dtype[Any]":
    """The dtype that a text names. Raises Malformed."""
    if not re.fullmatch(rf"[<>|=][{_KINDS}]\d{{0,9}}(\[\d{{0,4}}[a-zA-Z]{{1,2}}\])?", decoder.text(text)):
        raise Malformed("an array's dtype is none that may cross")
    dtype = np.dtype(text)
    if dtype.kind not in _KINDS or dtype.hasobject or dtype.names or dtype.subdtype:
        raise Malformed("an array's dtype is none that may cross")
    return dtype


def _array(encoder: Encoder, value: np.ndarray[Any, Any]) -> Any:
    if value.dtype.names:
        encoder.shared.sent(value)
        return _records(encoder, value)
    if value.dtype.kind == "O":
        encoder.shared.sent(value)
        return ["no", list(value.shape), encoder.items(value.ravel().tolist())]
    text = dtype_text(value.dtype)
    order = "F" if value.flags.f_contiguous and not value.flags.c_contiguous else "C"
    encoder.shared.sent(value)
    return ["n", text, list(value.shape), order, value.flags.writeable, encoder.buffer(value.tobytes(order))]  # type: ignore[arg-type]


def _shape(decoder: Decoder, node: Any) -> tuple[int, ...]:
    if type(node) is not list or len(node) > MOST_DIMENSIONS:
        raise Malformed("an array's shape is none")
    shape = tuple(decoder.whole(size) for size in node)
    if any(size < 0 for size in shape):
        raise Malformed("an array's shape is negative")
    return shape


def _from_array(decoder: Decoder, node: list[Any]) -> Any:
    dtype, shape, order = dtype_from(decoder, node[1]), _shape(decoder, node[2]), node[3]
    content = decoder.buffer(node[5])
    if order not in ("C", "F") or prod(shape) * dtype.itemsize != len(content):
        raise Malformed("an array's content does not fit its shape")
    if dtype.itemsize == 0 or prod(shape) == 0:
        value = np.zeros(shape, dtype, order=order)
    else:
        value = np.frombuffer(content, dtype).reshape(shape, order=order).copy(order="K")
    value.flags.writeable = bool(node[4])
    return decoder.leave(decoder.enter(value))


def _from_objects(decoder: Decoder, node: list[Any]) -> Any:
    shape = _shape(decoder, node[1])
    if type(node[2]) is not list or prod(shape) != len(node[2]):
        raise Malformed("an array's content does not fit its shape")
    value = decoder.enter(np.empty(shape, dtype=object))
    flat = value.reshape(-1)  # a view: the array is new and contiguous
    for number, item in enumerate(decoder.items(node[2])):
        flat[number] = item
    return decoder.leave(value)


def _records(encoder: Encoder, value: Any) -> Any:
    if any(value.dtype[name].names for name in value.dtype.names):
        raise NotPlain
    fields = [[name, dtype_text(value.dtype[name])] for name in value.dtype.names]
    columns = np.asarray(value)  # an item of a single record would have a type of its own
    contents = [encoder.buffer(np.ascontiguousarray(columns[name]).tobytes()) for name, _ in fields]
    return ["nv", list(value.shape), fields, contents, isinstance(value, np.void)]


def _from_records(decoder: Decoder, node: list[Any]) -> Any:
    shape = _shape(decoder, node[1])
    fields = [(decoder.text(name), dtype_from(decoder, text)) for name, text in node[2]]
    size = prod(shape) * sum(dtype.itemsize for _, dtype in fields)
    if (
        not fields
        or not all(dtype.itemsize for _, dtype in fields)
        or size != sum(len(decoder.buffer(part)) for part in node[3])
    ):
        raise Malformed("an array's content does not fit its shape")
    value = np.zeros(shape, np.dtype(fields))
    if not node[4]:
        decoder.enter(value)
    for (name, dtype), number in zip(fields, node[3], strict=True):
        value[name] = np.frombuffer(decoder.buffer(number), dtype).reshape(shape)
    return value[()] if node[4] else decoder.leave(value)


def _generator(encoder: Encoder, value: Any) -> Any:
    bits = value.bit_generator
    if type(bits) is not np.random.PCG64:
        raise NotPlain
    encoder.shared.sent(value)
    state = bits.state
    parts = (state["state"]["state"], state["state"]["inc"], state["has_uint32"], state["uinteger"])
    return ["rg64", *(encoder(int(part)) for part in parts)]


def _from_generator(decoder: Decoder, node: list[Any]) -> Any:
    state, step, has_half, half = (decoder.whole(decoder(part)) for part in node[1:5])
    if not (0 <= state < 1 << 128 and 0 <= step < 1 << 128 and has_half in (0, 1) and 0 <= half < 1 << 32):
        raise Malformed("a generator's state is none")
    bits = np.random.PCG64(0)
    bits.state = {
        "bit_generator": "PCG64",
        "state": {"state": state, "inc": step},
        "has_uint32": has_half,
        "uinteger": half,
    }
    return decoder.leave(decoder.enter(np.random.Generator(bits)))


def _legacy(encoder: Encoder, value: np.random.RandomState) -> Any:
    state: Any = value.get_state(legacy=False)
    if state["bit_generator"] != "MT19937":
        raise NotPlain
    encoder.shared.sent(value)
    inner = state["state"]
    return ["rgmt", encoder.buffer(inner["key"].tobytes()), int(inner["pos"]), state["has_gauss"], state["gauss"]]


def _from_legacy(decoder: Decoder, node: list[Any]) -> Any:
    return decoder.leave(decoder.enter(_with_state(np.random.RandomState(0), legacy_state(decoder, node[1:]))))


def _with_state(generator: np.random.RandomState, state: Any) -> np.random.RandomState:
    generator.set_state(state)
    return generator


def legacy_state(decoder: Decoder, node: list[Any]) -> tuple[Any, ...]:
    """The state of a generator of NumPy's old kind, which NumPy itself does not check. Raises Malformed."""
    key = np.frombuffer(decoder.buffer(node[0]), np.uint32)
    position, has_gauss, gauss = decoder.whole(node[1]), node[2], node[3]
    if len(key) != 624 or not 0 <= position <= 624 or has_gauss not in (0, 1) or type(gauss) is not float:
        raise Malformed("a generator's state is none")
    return "MT19937", key.copy(), position, int(has_gauss), gauss


def _scalar(encoder: Encoder, value: np.generic) -> Any:
    return ["ns", dtype_text(value.dtype), encoder.buffer(value.tobytes())]


def _from_scalar(decoder: Decoder, node: list[Any]) -> Any:
    dtype, content = dtype_from(decoder, node[1]), decoder.buffer(node[2])
    if len(content) != dtype.itemsize:
        raise Malformed("a number's content does not fit its type")
    return np.frombuffer(content, dtype)[0] if dtype.itemsize else dtype.type()


def _dtype(encoder: Encoder, value: "np.dtype[Any]") -> Any:
    return ["nt", "O" if value.kind == "O" else dtype_text(value)]


def _from_dtype(decoder: Decoder, node: list[Any]) -> Any:
    return np.dtype(object) if node[1] == "O" else dtype_from(decoder, node[1])


_SCALARS = frozenset(kind for kind in np.sctypeDict.values() if kind is not np.object_ and kind is not np.void)


def encoder_of(kind: type) -> Callable[[Encoder, Any], Any] | None:
    """The encoder of one of NumPy's types, or None."""
    if kind is np.ndarray:
        return _array
    if kind in _SCALARS:
        return _scalar
    if kind is np.void:
        return lambda encoder, value: _records(encoder, value) if value.dtype.names else encoder.other(encoder, value)
    if kind.__name__ == "Generator" and kind is np.random.Generator:
        return _generator
    if kind.__name__ == "RandomState" and kind is np.random.RandomState:
        return _legacy
    return _dtype if issubclass(kind, np.dtype) else None


DECODERS: dict[str, Callable[[Decoder, list[Any]], Any]] = {
    "n": _from_array,
    "no": _from_objects,
    "ns": _from_scalar,
    "nt": _from_dtype,
    "nv": _from_records,
    "rg64": _from_generator,
    "rgmt": _from_legacy,
}
