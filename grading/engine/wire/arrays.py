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
    return _dtype if issubclass(kind, np.dtype) else None


DECODERS: dict[str, Callable[[Decoder, list[Any]], Any]] = {
    "n": _from_array,
    "no": _from_objects,
    "ns": _from_scalar,
    "nt": _from_dtype,
}
