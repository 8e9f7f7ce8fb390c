"""pandas' frames, series, indexes and scalars as plain data: column by column, so that every dtype survives exactly."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from grading.engine.wire.frames import Malformed
from grading.engine.wire.values import Decoder, Encoder, NotPlain, _from_zone, _zone

MOST_COLUMNS = 20_000


# ------------------------------------------------------------------------------------------------------ one column


def _column(encoder: Encoder, values: Any) -> list[Any]:
    """The node of one array, NumPy's or an extension array."""
    if isinstance(values, np.ndarray):
        if values.dtype.kind == "O":
            return ["o", encoder.items(values.tolist())]
        return ["n", *_raw(encoder, values)]
    dtype = values.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return ["cat", _raw(encoder, values.codes), _index_node(encoder, values.categories), bool(values.ordered)]
    if isinstance(dtype, pd.DatetimeTZDtype):
        return ["dtz", dtype.unit, _zone(encoder, dtype.tz), _raw(encoder, values.asi8)]
    if isinstance(dtype, pd.StringDtype):
        texts = [None if text is pd.NA or text != text else text for text in values.to_numpy(object)]
        return ["str", dtype.storage, dtype.na_value is pd.NA, texts]
    if isinstance(dtype, pd.PeriodDtype):
        return ["per", values.freqstr, _raw(encoder, values.asi8)]
    if isinstance(dtype, pd.IntervalDtype):
        return ["ivl", _index_node(encoder, values.left), _index_node(encoder, values.right), values.closed]
    if isinstance(values, pd.arrays.IntegerArray | pd.arrays.FloatingArray | pd.arrays.BooleanArray):
        return ["msk", _raw(encoder, values._data), _raw(encoder, values._mask)]
    if isinstance(values, pd.arrays.NumpyExtensionArray) or isinstance(dtype, np.dtype):
        return _column(encoder, values.to_numpy())
    raise NotPlain


def _raw(encoder: Encoder, values: np.ndarray[Any, Any]) -> list[Any]:
    from grading.engine.wire.arrays import dtype_text

    return [dtype_text(values.dtype), encoder.buffer(values.tobytes())]


def _from_raw(decoder: Decoder, node: Any, kinds: str = "biufcmMSU") -> np.ndarray[Any, Any]:
    from grading.engine.wire.arrays import dtype_from

    dtype, content = dtype_from(decoder, node[0]), decoder.buffer(node[1])
    if dtype.kind not in kinds or (len(content) % dtype.itemsize if dtype.itemsize else content):
        raise Malformed("a column's content does not fit its type")
    return np.frombuffer(content, dtype).copy()


def _from_column(decoder: Decoder, node: Any) -> Any:
    if type(node) is not list or not node:
        raise Malformed("a column is none")
    tag = node[0]
    if tag == "n":
        return _from_raw(decoder, node[1:])
    if tag == "o":
        items = decoder.items(node[1])
        values = np.empty(len(items), dtype=object)
        for number, item in enumerate(items):
            values[number] = item
        return values
    if tag == "cat":
        codes, categories = _from_raw(decoder, node[1], "i"), _from_index(decoder, node[2])
        if len(codes) and (codes.min() < -1 or codes.max() >= len(categories)):
            raise Malformed("a category's code is out of range")
        return pd.Categorical.from_codes(codes, categories=categories, ordered=bool(node[3]))
    if tag == "dtz":
        instants = pd.DatetimeIndex(_from_raw(decoder, node[3], "i").view(f"M8[{_unit(node[1])}]"))
        return instants.tz_localize("UTC").tz_convert(_from_zone(decoder, node[2])).array
    if tag == "str":
        if node[1] not in ("python", "pyarrow") or not all(text is None or type(text) is str for text in node[3]):
            raise Malformed("a column of text is none")
        missing = pd.NA if node[2] else np.nan
        dtype = pd.StringDtype(storage=node[1], na_value=missing)
        return pd.array([missing if text is None else text for text in node[3]], dtype=dtype)
    if tag == "per":
        return pd.PeriodIndex.from_ordinals(_from_raw(decoder, node[2], "i"), freq=decoder.text(node[1])).array
    if tag == "ivl":
        closed = decoder.text(node[3])
        return pd.IntervalIndex.from_arrays(_from_index(decoder, node[1]), _from_index(decoder, node[2]), closed).array
    if tag == "msk":
        data, mask = _from_raw(decoder, node[1], "biuf"), _from_raw(decoder, node[2], "b")
        kind = {"b": pd.arrays.BooleanArray, "f": pd.arrays.FloatingArray}.get(data.dtype.kind, pd.arrays.IntegerArray)
        if len(data) != len(mask):
            raise Malformed("a column's mask does not fit it")
        return kind(data, mask)
    raise Malformed("a column is of an unknown kind")


def _unit(text: Any) -> str:
    if text not in ("s", "ms", "us", "ns"):
        raise Malformed("there is no such unit of time")
    return str(text)


# ---------------------------------------------------------------------------------------------------------- indexes


def _index_node(encoder: Encoder, index: pd.Index) -> list[Any]:
    if isinstance(index, pd.MultiIndex):
        levels = [_index_node(encoder, level) for level in index.levels]
        return [
            "multi",
            levels,
            [_raw(encoder, np.asarray(codes)) for codes in index.codes],
            encoder.items(index.names),
        ]
    name = encoder(index.name)
    if isinstance(index, pd.RangeIndex):
        return ["range", index.start, index.stop, index.step, name]
    freq = index.freq.freqstr if isinstance(index, pd.DatetimeIndex | pd.TimedeltaIndex) and index.freq else None
    plain = index.dtype.kind in "mM" and isinstance(index.dtype, np.dtype)
    return ["plain", _column(encoder, index.to_numpy() if plain else index.array), freq, name]


def _from_index(decoder: Decoder, node: Any) -> pd.Index:
    if type(node) is not list or not node:
        raise Malformed("an index is none")
    if node[0] == "multi":
        levels = [_from_index(decoder, level) for level in node[1]]
        codes = [_from_raw(decoder, part, "i") for part in node[2]]
        return pd.MultiIndex(levels=levels, codes=codes, names=decoder.items(node[3]), verify_integrity=True)
    if node[0] == "range":
        return pd.RangeIndex(*(decoder.whole(part) for part in node[1:4]), name=decoder(node[4]))
    if node[0] != "plain":
        raise Malformed("an index is of an unknown kind")
    values = _from_column(decoder, node[1])
    index = pd.Index(values, name=decoder(node[3]), dtype=values.dtype, tupleize_cols=False)
    if node[2] is not None:
        index.freq = decoder.text(node[2])  # pandas checks it against the values
    return index


def _index(encoder: Encoder, value: pd.Index) -> Any:
    return ["ix", _index_node(encoder, value)]


# ------------------------------------------------------------------------------------------------ series and frames


def _series(encoder: Encoder, value: pd.Series) -> Any:
    encoder.shared.sent(value)
    return [
        "se",
        _column(encoder, _values(value)),
        _index_node(encoder, value.index),
        encoder(value.name),
        encoder(dict(value.attrs)) if value.attrs else None,
    ]


def _values(series: pd.Series) -> Any:
    return series.to_numpy() if isinstance(series.dtype, np.dtype) else series.array


def _from_series(decoder: Decoder, node: list[Any]) -> pd.Series:
    value = decoder.enter(pd.Series(dtype=object))
    column, index = _from_column(decoder, node[1]), _from_index(decoder, node[2])
    if len(column) != len(index):
        raise Malformed("a series' index does not fit it")
    value._update_inplace(pd.Series(column, index=index, name=decoder(node[3]), dtype=column.dtype, copy=False))
    value.name = decoder(node[3])
    if node[4] is not None:
        value.attrs = _attrs(decoder, node[4])
    return decoder.leave(value)


def _frame(encoder: Encoder, value: pd.DataFrame) -> Any:
    encoder.shared.sent(value)
    return [
        "df",
        [_column(encoder, _values(value.iloc[:, number])) for number in range(value.shape[1])],
        _index_node(encoder, value.index),
        _index_node(encoder, value.columns),
        encoder(dict(value.attrs)) if value.attrs else None,
    ]


def _from_frame(decoder: Decoder, node: list[Any]) -> pd.DataFrame:
    value = decoder.enter(pd.DataFrame())
    if type(node[1]) is not list or len(node[1]) > MOST_COLUMNS:
        raise Malformed("a frame's columns are no list")
    columns = [_from_column(decoder, column) for column in node[1]]
    index, names = _from_index(decoder, node[2]), _from_index(decoder, node[3])
    if len(names) != len(columns) or any(len(column) != len(index) for column in columns):
        raise Malformed("a frame's index does not fit its columns")
    series = {n: pd.Series(column, index=index, dtype=column.dtype, copy=False) for n, column in enumerate(columns)}
    frame = pd.DataFrame(series, index=index)
    frame.columns = names
    value._update_inplace(frame)
    if node[4] is not None:
        value.attrs = _attrs(decoder, node[4])
    return decoder.leave(value)


def _attrs(decoder: Decoder, node: Any) -> dict[Any, Any]:
    attrs = decoder(node)
    if type(attrs) is not dict:
        raise Malformed("a frame's attrs are no dict")
    return attrs


def contents(value: Any) -> Any:
    """What a frame or series holds, as bytes and identities that can be compared."""
    parts = [value] if isinstance(value, pd.Series) else [value.iloc[:, number] for number in range(value.shape[1])]
    columns = []
    for part in parts:
        values = _values(part)
        if isinstance(values, np.ndarray) and values.dtype.kind != "O":
            columns.append((values.dtype.str, values.tobytes()))
        else:
            columns.append((str(part.dtype), tuple(map(repr, values))))  # type: ignore[arg-type]
    labels = (value.name,) if isinstance(value, pd.Series) else tuple(value.columns)
    return (
        tuple(columns),
        tuple(map(repr, labels)),
        repr(value.attrs),
        repr(value.index.names),
        value.index.to_numpy().tolist().__repr__(),
    )


# ---------------------------------------------------------------------------------------------------------- scalars


def _timestamp(encoder: Encoder, value: pd.Timestamp) -> Any:
    return ["st", "stamp", value.unit, int(value._value), _zone(encoder, value.tzinfo), value.fold]


def _timedelta(encoder: Encoder, value: pd.Timedelta) -> Any:
    return ["st", "delta", value.unit, int(value._value)]


def _from_stamp(decoder: Decoder, node: list[Any]) -> Any:
    if node[1] == "nat":
        return pd.NaT
    if node[1] == "na":
        return pd.NA
    if node[1] == "period":
        return pd.Period(ordinal=decoder.whole(node[2]), freq=decoder.text(node[3]))
    if node[1] == "interval":
        return pd.Interval(decoder(node[2]), decoder(node[3]), closed=decoder.text(node[4]))
    unit, number = _unit(node[2]), decoder.whole(node[3])
    if node[1] == "delta":
        return pd.Timedelta(np.timedelta64(number, unit))  # type: ignore[call-overload]
    instant = pd.Timestamp(np.datetime64(number, unit))  # type: ignore[call-overload]
    return instant if node[4] is None else instant.tz_localize("UTC").tz_convert(_from_zone(decoder, node[4]))


def _dtype(encoder: Encoder, value: Any) -> Any:
    values = pd.Series([], dtype=value)
    return ["pdt", _column(encoder, _values(values))]


def _from_dtype(decoder: Decoder, node: list[Any]) -> Any:
    return _from_column(decoder, node[1]).dtype


_INDEXES = (
    *(pd.Index, pd.RangeIndex, pd.MultiIndex, pd.DatetimeIndex, pd.TimedeltaIndex),
    *(pd.CategoricalIndex, pd.PeriodIndex, pd.IntervalIndex),
)
_DTYPES = (
    *(pd.CategoricalDtype, pd.DatetimeTZDtype, pd.StringDtype, pd.PeriodDtype, pd.IntervalDtype, pd.BooleanDtype),
    *(pd.Int8Dtype, pd.Int16Dtype, pd.Int32Dtype, pd.Int64Dtype, pd.Float32Dtype, pd.Float64Dtype),
    *(pd.UInt8Dtype, pd.UInt16Dtype, pd.UInt32Dtype, pd.UInt64Dtype),
)

ENCODERS: dict[type, Callable[[Encoder, Any], Any]] = {
    pd.DataFrame: _frame,
    pd.Series: _series,
    **dict.fromkeys(_INDEXES, _index),
    **dict.fromkeys(_DTYPES, _dtype),
    pd.Timestamp: _timestamp,
    pd.Timedelta: _timedelta,
    type(pd.NaT): lambda e, v: ["st", "nat"],
    type(pd.NA): lambda e, v: ["st", "na"],
    pd.Period: lambda e, v: ["st", "period", v.ordinal, v.freqstr],
    pd.Interval: lambda e, v: ["st", "interval", e(v.left), e(v.right), v.closed],
}

DECODERS: dict[str, Callable[[Decoder, list[Any]], Any]] = {
    "df": _from_frame,
    "se": _from_series,
    "ix": lambda d, n: _from_index(d, n[1]),
    "st": _from_stamp,
    "pdt": _from_dtype,
}
