"""Values cross unchanged, and a hostile other side gets nothing but an end."""

import collections
import contextlib
import datetime
import decimal
import fractions
import json
import math
import random
import socket
import struct
import sys
import uuid
from collections.abc import Callable
from pathlib import PurePosixPath
from types import SimpleNamespace
from typing import Any, Literal, Optional
from unittest import mock

import numpy as np
import pandas as pd
import pytest

from grading.engine.judge.peer import LearnerGone, Peer
from grading.engine.judge.testing import Judge
from grading.engine.profile import TestProfile
from grading.engine.wire.frames import Malformed, pack
from grading.engine.wire.shared import Shared
from grading.engine.wire.values import Decoder, Encoder


def refuse(encoder: Encoder, value: Any) -> Any:
    raise TypeError(f"{type(value)} is not plain")


def crossed(value: Any) -> Any:
    shared = Shared()
    encoder = Encoder(shared, refuse)
    node = json.loads(json.dumps(encoder(value)))
    return Decoder(Shared(), encoder.base, [memoryview(part) for part in encoder.buffers], {})(node)


def same(one: Any, other: Any) -> bool:
    if type(one) is not type(other):
        return False
    if isinstance(one, float):
        return (one == other and math.copysign(1, one) == math.copysign(1, other)) or (one != one and other != other)
    if isinstance(one, list | tuple | collections.deque):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return same(list(one.items()), list(other.items()))
    return bool(one == other)


def drawn(draw: random.Random, depth: int) -> Any:
    scalars = [
        lambda: None,
        lambda: draw.random() < 0.5,
        lambda: draw.randint(-(10 ** draw.randint(1, 40)), 10**40),
        lambda: draw.choice([0.0, -0.0, math.inf, -math.inf, math.nan, 1e-320, draw.random()]),
        lambda: "".join(chr(draw.choice([0, 34, 92, 233, 0x1F600, 0xD800, 65])) for _ in range(draw.randint(0, 5))),
        lambda: draw.randbytes(draw.randint(0, 9)),
        lambda: complex(draw.random(), -0.0),
        lambda: decimal.Decimal(draw.choice(["NaN", "-0", "1E+500", "0.10"])),
        lambda: fractions.Fraction(draw.randint(-9, 9), 7),
        lambda: datetime.datetime(2026, 3, 29, draw.randint(0, 23), 30, fold=draw.randint(0, 1)),
        lambda: datetime.timedelta(draw.randint(-9, 9), 5, 7),
        lambda: uuid.UUID(int=draw.getrandbits(128)),
        lambda: PurePosixPath("a/b"),
        lambda: range(draw.randint(0, 5), 10**20, 3),
        lambda: np.float32(draw.random()),
        lambda: np.arange(draw.randint(0, 5)),
    ][: 14 + 0 * depth]
    if depth == 0 or draw.random() < 0.3:
        return draw.choice(scalars)()
    items = [drawn(draw, depth - 1) for _ in range(draw.randint(0, 4))]
    return draw.choice(
        [
            lambda: items,
            lambda: tuple(items),
            lambda: {str(n): item for n, item in enumerate(items)},
            lambda: collections.deque(items, maxlen=9),
            lambda: collections.OrderedDict((n, item) for n, item in enumerate(items)),
            lambda: [draw.random() for _ in range(40)],
            lambda: list(range(40)),
        ]
    )()


@pytest.mark.parametrize("seed", range(200))
def test_round_trip(seed: int) -> None:
    value = drawn(random.Random(seed), 4)
    if isinstance(value, decimal.Decimal):
        assert str(crossed(value)) == str(value)
    elif "Decimal('NaN')" in repr(value):
        assert repr(crossed(value)) == repr(value)
    else:
        assert same(value, crossed(value))


def test_cycles_and_aliases_are_kept() -> None:
    inner: list[Any] = [1]
    value: dict[str, Any] = {"a": inner, "b": inner}
    value["self"] = value
    found = crossed(value)
    assert found["a"] is found["b"] and found["self"] is found


@pytest.mark.parametrize(
    "generator",
    [random.Random(3), np.random.default_rng(3), np.random.RandomState(3)],
    ids=lambda generator: type(generator).__name__,
)
def test_a_generator_goes_on_where_it_was(generator: Any) -> None:
    def draws(each: Any) -> list[float]:
        return [each.random() if hasattr(each, "random") else each.random_sample() for _ in range(700)]

    draws(generator)
    copy = crossed(generator)
    assert draws(copy) == draws(generator)


@pytest.mark.parametrize("position", [-1, 625, 10**6, 2**40])
def test_a_generator_is_not_set_past_its_end(position: int) -> None:
    """NumPy does not check the position, and reads past the end of the state."""
    shared = Shared()
    encoder = Encoder(shared, refuse)
    node = encoder(np.random.RandomState(3))
    node[2] = position
    with pytest.raises(Malformed):
        Decoder(Shared(), encoder.base, [memoryview(part) for part in encoder.buffers], {})(node)


@pytest.mark.parametrize(
    "hint",
    [int | None, list[int], dict[str, list[float]], Callable[[int, str], bool], Literal["a", 1], Any, Optional[str]],  # noqa: UP045
    ids=str,
)
def test_hints_survive(hint: Any) -> None:
    assert crossed(hint) == hint


def test_records_and_namespaces_survive() -> None:
    table = np.array([("a", 1), ("b", 2)], dtype=[("k", "U4"), ("n", "<i4")])
    found = crossed(table)
    assert found.dtype == table.dtype and (found == table).all() and crossed(table[1]) == table[1]
    assert crossed(SimpleNamespace(a=[1], b=None)) == SimpleNamespace(a=[1], b=None)


FRAMES = {
    "mixed": lambda: pd.DataFrame(
        {"a": [1, 2], "b": ["x", None], "c": [1.5, np.nan]}, index=pd.Index([5, 7], name="k")
    ),
    "nothing": lambda: pd.DataFrame(),
    "no rows": lambda: pd.DataFrame({"a": pd.Series([], dtype="int8")}),
    "twice the same name": lambda: pd.DataFrame([[1, 2.5]], columns=["a", "a"]),
    "objects": lambda: pd.DataFrame({"o": pd.Series([1, "x", (1, 2), None], dtype=object)}),
    "categories": lambda: pd.DataFrame({"c": pd.Categorical(["b", "a", None], categories=["b", "a"], ordered=True)}),
    "zones": lambda: pd.DataFrame({"t": pd.date_range("2026-03-28", periods=3, tz="Europe/Paris")}),
    "masked": lambda: pd.DataFrame(
        {"i": pd.array([1, None], dtype="Int64"), "b": pd.array([True, None], dtype="boolean")}
    ),
    "texts": lambda: pd.DataFrame({"s": pd.array(["x", None], dtype="string")}),
    "periods": lambda: pd.DataFrame({"p": pd.period_range("2026-01", periods=2, freq="M")}),
    "two levels": lambda: pd.DataFrame(
        {"v": [1, 2]}, index=pd.MultiIndex.from_tuples([(1, "a"), (2, "b")], names=["n", None])
    ),
    "pivot": lambda: pd.DataFrame({"k": ["a", "b"], "m": [1, 2], "v": [3, 4]}).pivot(
        index="k", columns="m", values="v"
    ),
    "days": lambda: pd.DataFrame({"v": [1.0, 2.0, 3.0]}, index=pd.date_range("2026-01-01", periods=3, freq="D")),
}


@pytest.mark.parametrize("name", FRAMES)
def test_frames_survive_exactly(name: str) -> None:
    frame = FRAMES[name]()
    frame.attrs["unit"] = "kg"
    found = crossed(frame)
    pd.testing.assert_frame_equal(found, frame, check_freq=True, check_flags=True)
    assert found.attrs == frame.attrs
    for at in range(frame.shape[1]):
        pd.testing.assert_series_equal(crossed(frame.iloc[:, at]), frame.iloc[:, at])


@pytest.mark.parametrize(
    "array",
    [np.zeros((0, 3)), np.array(3.5), np.asfortranarray(np.eye(3)), np.array(["ä", "b"]), np.array([None, 1], object)],
)
def test_arrays_survive_exactly(array: Any) -> None:
    found = crossed(array)
    assert found.dtype == array.dtype and found.shape == array.shape and (found == array).all()
    assert found.flags.f_contiguous == array.flags.f_contiguous


def test_mutated_values_never_run_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pickle.loads", lambda *_: pytest.fail("unpickled"))
    shared = Shared()
    encoder = Encoder(shared, refuse)
    node = encoder([{"a": (1, 2.5, "x")}, np.arange(4), FRAMES["mixed"](), {1}, 2**90, datetime.date(2026, 1, 1)])
    text = json.dumps(node)
    tags = ["k", "l", "d", "n", "no", "ns", "df", "se", "ix", "T", "p", "rg", "tz", "dec", "dq", "P", "h", "C"]
    for seed in range(1500):
        draw = random.Random(seed)
        letters = list(text)
        for _ in range(draw.randint(1, 6)):
            at = draw.randrange(len(letters))
            letters[at] = draw.choice(["[", "]", "0", "-", "9", '"', ",", "1e9", "null", f'"{draw.choice(tags)}"', ""])
        try:
            broken = json.loads("".join(letters))
        except ValueError:
            continue
        buffers = [memoryview(part[: draw.randint(0, len(part))]) for part in encoder.buffers]
        with contextlib.suppress(Malformed):
            Decoder(Shared(), 1, buffers, {})(broken)


def hostile(frames: list[bytes]) -> str:
    """Why the judge gave up on a learner's process that sent these bytes."""
    mine, its = socket.socketpair()
    peer = Peer(mine)
    for frame in frames:
        its.sendall(frame)
    its.shutdown(socket.SHUT_WR)
    with pytest.MonkeyPatch.context() as kept, pytest.raises(LearnerGone) as gone:
        for name in ("__enter__", "__exit__"):  # what a judge replaces in its process for good is put back in this one
            kept.setattr(mock._patch, name, getattr(mock._patch, name))
        kept.setitem(sys.modules, "__main__", sys.modules["__main__"])
        Judge(peer, {}).run_test("f(1)", "t", TestProfile())
    its.close()
    return str(gone.value)


META: list[Any] = [[1, 0], {}]


@pytest.mark.parametrize(
    ("frame", "why"),
    [
        (b"\xff" * 64, "larger"),
        (struct.pack("<III", 4, 4, 0) + b"nope", "JSON"),
        (struct.pack("<III", 4, 9, 0) + b"nope", "shorter"),
        (pack([1, 0, 99, True, None, *META], []), "nobody asked"),
        (pack([1, 0, 99, True, None], []), "seven"),
        (pack([0, 7.5, 1, "call", None, *META], []), "head"),
        (pack([0, 2, 1, "call", None, *META], []), "lane"),
        (pack([5, 0, 1, "call", None, *META], []), "kind"),
        (pack([0, 0, 1, "call", ["o", 12], *META], []), "never handed out"),
        (pack([0, 0, 1, "call", ["P", 0, []], *META], [b"cos\nsystem\n."]), "unknown tag"),
        (pack([0, 0, 1, "call", ["T", "os.system"], *META], []), "not in the table"),
        (pack([0, 0, 1, "call", ["C", 3, {"name": "X"}], *META], []), "malformed"),
        (pack([0, 0, 1, "call", ["k", 3], *META], []), "not shared"),
        (pack([0, 0, 1, "call", None, [1, 0], {"o": [["stdin", "x"]]}], []), "printed"),
        (pack([0, 0, 1, "call", json.loads("[" * 900 + "]" * 900), *META], []), ""),
    ],
)
def test_a_hostile_frame_ends_the_connection(frame: bytes, why: str) -> None:
    assert why in hostile([frame])


def test_a_deep_value_ends_the_connection() -> None:
    node: Any = 1
    for _ in range(450):
        node = ["l", [node]]
    assert "deep" in hostile([pack([0, 0, 1, "call", node, *META], [])])
