"""More patterns, in the style of published nbgrader courses and of this curriculum's units."""

from patterns import read_patterns

TEXT = r'''
# === np.testing on several shapes
# right
import numpy as np
def softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)
# wrong
import numpy as np
def softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum()
# test
import numpy as np
from numpy.testing import assert_allclose, assert_array_equal
rng = np.random.default_rng(7)
for shape in [(3,), (2, 3), (4, 2, 3)]:
    out = softmax(rng.normal(size=shape))
    assert out.shape == shape, f"shape {out.shape}"
    assert_allclose(out.sum(axis=-1), np.ones(shape[:-1]), rtol=1e-9)
assert_array_equal(softmax(np.zeros((1, 2))), np.full((1, 2), 0.5))

# === a frame, sorted and with dtypes
# right
import pandas as pd
def top(df, n):
    out = df.groupby("team")["cost"].agg(["sum", "count"]).sort_values("sum", ascending=False).head(n)
    return out.rename(columns={"sum": "total"}).reset_index()
# wrong
import pandas as pd
def top(df, n):
    out = df.groupby("team")["cost"].agg(["sum", "count"]).sort_values("sum").head(n)
    return out.rename(columns={"sum": "total"}).reset_index()
# test
import pandas as pd
from pandas.testing import assert_frame_equal, assert_series_equal
df = pd.DataFrame({"team": list("abcab"), "cost": [1.0, 5.0, 2.0, 3.0, 4.0]})
out = top(df, 2)
assert_frame_equal(out, pd.DataFrame({"team": ["b", "a"], "total": [9.0, 4.0], "count": [2, 2]}))
assert_series_equal(out["total"], pd.Series([9.0, 4.0], name="total"))
assert out.dtypes["total"] == "float64"
assert out.loc[0, "team"] == "b" and out.iloc[0]["count"] == 2

# === a frame left by a cell
# right
import pandas as pd
df = pd.DataFrame({"day": pd.date_range("2026-01-01", periods=4), "v": [1, None, 3, 4]})
df["filled"] = df["v"].ffill()
result = df.set_index("day")["filled"].rolling(2).mean()
# wrong
import pandas as pd
df = pd.DataFrame({"day": pd.date_range("2026-01-01", periods=4), "v": [1, None, 3, 4]})
df["filled"] = df["v"].bfill()
result = df.set_index("day")["filled"].rolling(2).mean()
# test
import pandas as pd
assert "filled" in df.columns and df["filled"].isna().sum() == 0
assert isinstance(result, pd.Series) and isinstance(result.index, pd.DatetimeIndex)
assert result.iloc[-1] == 3.5 and pd.isna(result.iloc[0])
assert result.loc["2026-01-02"] == 1.0
assert df.query("v > 2").shape == (2, 3)

# === pytest.raises with match
# right
def parse_port(text):
    if not text.isdigit():
        raise ValueError(f"not a port: {text!r}")
    if not 0 < int(text) < 65536:
        raise ValueError(f"port {int(text)} is out of range")
    return int(text)
# wrong
def parse_port(text):
    if not text.isdigit():
        raise ValueError("bad")
    return int(text)
# test
import pytest
assert parse_port("80") == 80
with pytest.raises(ValueError, match="not a port: 'x'"):
    parse_port("x")
with pytest.raises(ValueError) as caught:
    parse_port("70000")
assert "out of range" in str(caught.value) and caught.type is ValueError
assert 0.1 + 0.2 == pytest.approx(0.3)

# === a TestCase run in a cell
# right
class Stack:
    def __init__(self): self._items = []
    def push(self, x): self._items.append(x)
    def pop(self):
        if not self._items: raise IndexError("pop from an empty stack")
        return self._items.pop()
    def __len__(self): return len(self._items)
# wrong
class Stack:
    def __init__(self): self._items = []
    def push(self, x): self._items.append(x)
    def pop(self): return self._items.pop(0)
    def __len__(self): return len(self._items)
# test
import unittest
class TestStack(unittest.TestCase):
    def setUp(self):
        self.stack = Stack()
    def test_order(self):
        self.stack.push(1)
        self.stack.push(2)
        self.assertEqual(self.stack.pop(), 2)
        self.assertEqual(len(self.stack), 1)
    def test_empty(self):
        with self.assertRaisesRegex(IndexError, "empty"):
            self.stack.pop()
result = unittest.TextTestRunner().run(unittest.defaultTestLoader.loadTestsFromTestCase(TestStack))
assert result.wasSuccessful(), result.failures + result.errors

# === unittest.main with arguments
# right
def double(x): return 2 * x
# wrong
def double(x): return x
# test
import unittest
class TestDouble(unittest.TestCase):
    def test_numbers(self):
        for n in range(4):
            with self.subTest(n=n):
                self.assertAlmostEqual(double(n), 2 * n)
    def test_list(self):
        self.assertListEqual(double([1]), [1, 1])
run = unittest.main(argv=["x", "TestDouble"], exit=False, verbosity=0)
assert run.result.wasSuccessful()

# === a signature with defaults and kinds
# right
def retry(call, *, attempts: int = 3, delay: float = 0.5, on=(OSError,)) -> object:
    """Call `call` until it works.

    Returns what it returned.
    """
    return call()
# wrong
def retry(call, attempts=3, delay=0.5, on=(OSError,)):
    return call()
# test
import inspect
spec = inspect.getfullargspec(retry)
assert spec.args == ["call"] and spec.kwonlyargs == ["attempts", "delay", "on"]
sig = inspect.signature(retry)
assert sig.parameters["on"].default == (OSError,)
assert sig.return_annotation is object
assert inspect.getdoc(retry).startswith("Call `call`") and "Returns" in retry.__doc__
assert retry.__name__ == "retry" and inspect.isfunction(retry) and not inspect.isclass(retry)
bound = sig.bind(len, attempts=2)
bound.apply_defaults()
assert bound.arguments["delay"] == 0.5

# === typing.get_type_hints
# right
from typing import Optional
def find(items: list[str], key: str, default: Optional[int] = None) -> dict[str, int]:
    return {key: items.index(key)}
# wrong
def find(items, key, default=None):
    return {key: items.index(key)}
# test
import typing
hints = typing.get_type_hints(find)
assert hints["items"] == list[str] and hints["return"] == dict[str, int]
assert hints["default"] == typing.Optional[int]

# === a dataclass given, subclass of the learner
# given
from dataclasses import dataclass, field
@dataclass
class Job:
    name: str
    gpus: int = 1
    tags: list = field(default_factory=list)
    def cost(self): return self.gpus * 2.0
# right
@dataclass
class SpotJob(Job):
    discount: float = 0.5
    def cost(self): return super().cost() * (1 - self.discount)
def cheapest(jobs): return min(jobs, key=lambda j: j.cost())
# wrong
@dataclass
class SpotJob(Job):
    discount: float = 0.5
    def cost(self): return super().cost()
def cheapest(jobs): return jobs[0]
# test
a, b = Job("a", 4), SpotJob("b", 4)
assert isinstance(b, Job) and b.cost() == 4.0
assert cheapest([a, b]) is b
assert b == SpotJob("b", 4) and b != SpotJob("b", 5)
assert b.tags == [] and b.tags is not a.tags
assert SpotJob.__mro__[1] is Job

# === given dataclasses go through the learner
# given
from dataclasses import dataclass, replace
@dataclass(frozen=True)
class Pod:
    name: str
    node: str | None = None
    labels: tuple = ()
# right
from dataclasses import replace
def place(pods, nodes):
    return {p.name: replace(p, node=nodes[i % len(nodes)]) for i, p in enumerate(pods)}
# wrong
def place(pods, nodes):
    return {p.name: p for p in pods}
# test
pods = [Pod("a"), Pod("b", labels=("x",)), Pod("c")]
out = place(pods, ["n1", "n2"])
assert out["c"] == Pod("c", "n1") and out["b"].labels == ("x",)
assert pods[0].node is None
assert {p.node for p in out.values()} == {"n1", "n2"}
assert hash(out["a"]) == hash(Pod("a", "n1"))

# === enums of both sides
# given
import enum
class Risk(enum.Enum):
    LOW = "low"
    HIGH = "high"
# right
import enum
class Action(enum.IntEnum):
    ALLOW = 0
    REVIEW = 1
    BLOCK = 2
def decide(risk, score):
    if risk is Risk.HIGH: return Action.BLOCK if score > 0.5 else Action.REVIEW
    return Action.ALLOW
def classify(score): return Risk.HIGH if score > 0.7 else Risk("low")
# wrong
import enum
class Action(enum.IntEnum):
    ALLOW = 0
    REVIEW = 1
    BLOCK = 2
def decide(risk, score):
    return Action.ALLOW
def classify(score): return Risk.LOW
# test
assert decide(Risk.HIGH, 0.9) is Action.BLOCK
assert decide(Risk.LOW, 0.9) == Action.ALLOW == 0
assert classify(0.9) is Risk.HIGH and classify(0.1) == Risk.LOW
assert [a.name for a in Action] == ["ALLOW", "REVIEW", "BLOCK"]
assert Action["REVIEW"] < Action.BLOCK and Action(2) is Action.BLOCK
assert issubclass(Action, enum.IntEnum) and len(Action) == 3
assert {Action.ALLOW: "x"}[decide(Risk.LOW, 0)] == "x"

# === an enum with methods and auto
# right
from enum import Enum, Flag, auto
class State(Enum):
    IDLE = auto()
    BUSY = auto()
    def next(self): return State.BUSY if self is State.IDLE else State.IDLE
class Perm(Flag):
    READ = auto()
    WRITE = auto()
# wrong
from enum import Enum, Flag, auto
class State(Enum):
    IDLE = auto()
    BUSY = auto()
    def next(self): return State.IDLE
class Perm(Flag):
    READ = auto()
    WRITE = auto()
# test
assert State.IDLE.next() is State.BUSY
assert State.BUSY.value == 2 and State.IDLE.name == "IDLE"
assert "IDLE" in State.__members__ and list(State)[1] is State.BUSY
assert (Perm.READ | Perm.WRITE) & Perm.READ == Perm.READ
assert Perm.READ in (Perm.READ | Perm.WRITE)
assert isinstance(State.IDLE, State) and State.IDLE != State.BUSY

# === NamedTuple of the learner
# right
from typing import NamedTuple
class Span(NamedTuple):
    start: float
    end: float = 1.0
    def length(self): return self.end - self.start
# wrong
from typing import NamedTuple
class Span(NamedTuple):
    start: float
    end: float = 1.0
    def length(self): return self.end
# test
s = Span(0.25)
assert s == (0.25, 1.0) and s.length() == 0.75
assert s._fields == ("start", "end") and s._asdict() == {"start": 0.25, "end": 1.0}
start, end = s
assert (start, end) == tuple(s) and s[1] == 1.0 and isinstance(s, tuple)
assert s._replace(end=2.0) == Span(0.25, 2.0)
assert sorted([Span(3), Span(1)])[0].start == 1
assert repr(s) == "Span(start=0.25, end=1.0)"

# === namedtuple given
# given
from collections import namedtuple
Point = namedtuple("Point", "x y")
# right
def shift(points, dx): return [p._replace(x=p.x + dx) for p in points]
# wrong
def shift(points, dx): return points
# test
out = shift([Point(1, 2), Point(3, 4)], 10)
assert out == [Point(11, 2), (13, 4)] and type(out[0]) is Point
assert out[0]._asdict() == {"x": 11, "y": 2}

# === a TypedDict
# right
from typing import TypedDict
class Row(TypedDict):
    name: str
    age: int
def load(text):
    name, age = text.split(",")
    return Row(name=name, age=int(age))
# wrong
from typing import TypedDict
class Row(TypedDict):
    name: str
def load(text):
    name, age = text.split(",")
    return Row(name=name, age=age)
# test
row = load("Ada,36")
assert row == {"name": "Ada", "age": 36} and type(row) is dict
assert Row.__annotations__.keys() == {"name", "age"}

# === an abstract class given
# given
from abc import ABC, abstractmethod
class Policy(ABC):
    def __init__(self, name): self.name = name
    @abstractmethod
    def allows(self, request): ...
    def check(self, request):
        return "allow" if self.allows(request) else f"deny by {self.name}"
# right
class Region(Policy):
    def __init__(self, regions):
        super().__init__("region")
        self.regions = set(regions)
    def allows(self, request): return request["region"] in self.regions
# wrong
class Region(Policy):
    def __init__(self, regions):
        super().__init__("region")
        self.regions = set(regions)
    def allows(self, request): return True
# test
p = Region(["eu"])
assert isinstance(p, Policy) and issubclass(Region, Policy)
assert p.check({"region": "eu"}) == "allow"
assert p.check({"region": "us"}) == "deny by region"
assert p.name == "region" and p.regions == {"eu"}
assert not getattr(Region, "__abstractmethods__")
try:
    Policy("x")
except TypeError:
    pass
else:
    raise AssertionError("Policy is abstract")

# === a given engine drives the learner's subclass
# given
class Strategy:
    def pick(self, queue): raise NotImplementedError
class Simulator:
    def __init__(self, strategy):
        self.strategy, self.log = strategy, []
    def run(self, jobs):
        queue = list(jobs)
        while queue:
            job = self.strategy.pick(queue)
            queue.remove(job)
            self.log.append(job)
        return self.log
# right
class Shortest(Strategy):
    def pick(self, queue): return min(queue, key=lambda job: job["s"])
# wrong
class Shortest(Strategy):
    def pick(self, queue): return queue[0]
# test
jobs = [{"s": 3}, {"s": 1}, {"s": 2}]
sim = Simulator(Shortest())
assert [job["s"] for job in sim.run(jobs)] == [1, 2, 3]
assert sim.log[0] is jobs[1]

# === a protocol checked at run time
# given
from typing import Protocol, runtime_checkable
@runtime_checkable
class Scorer(Protocol):
    def score(self, text: str) -> float: ...
# right
class Length:
    def score(self, text): return float(len(text))
# wrong
class Length:
    def rate(self, text): return float(len(text))
# test
s = Length()
assert isinstance(s, Scorer)
assert s.score("abc") == 3.0
assert not isinstance(object(), Scorer)

# === slots and properties
# right
class Account:
    __slots__ = ("_balance", "owner")
    def __init__(self, owner, balance=0):
        self.owner = owner
        self._balance = balance
    @property
    def balance(self): return self._balance
    @balance.setter
    def balance(self, value):
        if value < 0: raise ValueError("negative")
        self._balance = value
# wrong
class Account:
    def __init__(self, owner, balance=0):
        self.owner = owner
        self.balance = balance
# test
a = Account("x", 5)
a.balance = 7
assert a.balance == 7
try:
    a.extra = 1
except AttributeError:
    pass
else:
    raise AssertionError("no slots")
try:
    a.balance = -1
except ValueError as error:
    assert str(error) == "negative"
else:
    raise AssertionError("negative allowed")
assert isinstance(type(a).balance, property) or isinstance(Account.__dict__["balance"], property)
assert not hasattr(a, "__dict__")

# === a read-only property
# right
class Circle:
    def __init__(self, r): self.r = r
    @property
    def area(self): return 3 * self.r ** 2
# wrong
class Circle:
    def __init__(self, r): self.r, self.area = r, 3 * r ** 2
# test
c = Circle(2)
assert c.area == 12
c.r = 3
assert c.area == 27
import pytest
with pytest.raises(AttributeError):
    c.area = 5

# === operators of a vector
# right
class Vec:
    def __init__(self, *xs): self.xs = tuple(xs)
    def __add__(self, o): return Vec(*(a + b for a, b in zip(self.xs, o.xs)))
    def __sub__(self, o): return Vec(*(a - b for a, b in zip(self.xs, o.xs)))
    def __mul__(self, k): return Vec(*(a * k for a in self.xs))
    __rmul__ = __mul__
    def __matmul__(self, o): return sum(a * b for a, b in zip(self.xs, o.xs))
    def __neg__(self): return self * -1
    def __abs__(self): return (self @ self) ** 0.5
    def __eq__(self, o): return isinstance(o, Vec) and self.xs == o.xs
    def __hash__(self): return hash(self.xs)
    def __iter__(self): return iter(self.xs)
    def __len__(self): return len(self.xs)
    def __getitem__(self, i): return self.xs[i]
    def __iadd__(self, o):
        self.xs = (self + o).xs
        return self
    def __bool__(self): return any(self.xs)
    def __repr__(self): return f"Vec{self.xs}"
# wrong
class Vec:
    def __init__(self, *xs): self.xs = tuple(xs)
    def __add__(self, o): return Vec(*(a + b for a, b in zip(self.xs, o.xs)))
    def __mul__(self, k): return Vec(*(a * k for a in self.xs))
    def __eq__(self, o): return isinstance(o, Vec) and self.xs == o.xs
    def __repr__(self): return f"Vec{self.xs}"
# test
v = Vec(3, 4)
assert v + Vec(1, 1) == Vec(4, 5) and v - Vec(1, 1) == Vec(2, 3)
assert 2 * v == v * 2 == Vec(6, 8)
assert v @ v == 25 and abs(v) == 5.0 and -v == Vec(-3, -4)
assert len({Vec(1), Vec(1)}) == 1
assert list(v) == [3, 4] and v[-1] == 4 and len(v) == 2
w = v
w += Vec(1, 0)
assert w is v and v == Vec(4, 4)
assert not Vec(0, 0) and str(Vec(1, 2)) == "Vec(1, 2)"
assert v != (4, 4)

# === a matrix class with numpy inside
# right
import numpy as np
class Matrix:
    def __init__(self, rows): self.a = np.array(rows, float)
    def __matmul__(self, o): return Matrix(self.a @ (o.a if isinstance(o, Matrix) else o))
    def __array__(self, dtype=None, copy=None): return self.a.astype(dtype) if dtype else self.a
    @property
    def T(self): return Matrix(self.a.T)
    @property
    def shape(self): return self.a.shape
# wrong
import numpy as np
class Matrix:
    def __init__(self, rows): self.a = np.array(rows, float)
    def __matmul__(self, o): return Matrix(self.a * (o.a if isinstance(o, Matrix) else o))
    def __array__(self, dtype=None, copy=None): return self.a
    @property
    def T(self): return self
    @property
    def shape(self): return self.a.shape
# test
import numpy as np
m = Matrix([[1, 2], [3, 4]])
np.testing.assert_allclose((m @ m).a, [[7, 10], [15, 22]])
np.testing.assert_array_equal(np.asarray(m.T), [[1, 3], [2, 4]])
assert m.shape == (2, 2)
assert np.allclose(m @ np.eye(2), m)

# === a context manager with timing and a fake clock
# right
class Timer:
    def __init__(self, clock): self.clock = clock
    def __enter__(self):
        self.start = self.clock()
        return self
    def __exit__(self, *exc):
        self.elapsed = self.clock() - self.start
# wrong
class Timer:
    def __init__(self, clock): self.clock = clock
    def __enter__(self):
        self.start = self.clock()
        return self
    def __exit__(self, *exc):
        self.elapsed = self.start
# test
ticks = iter([10.0, 12.5])
with Timer(lambda: next(ticks)) as t:
    pass
assert t.elapsed == 2.5
try:
    with Timer(iter([1.0, 4.0]).__next__) as t:
        raise KeyError("k")
except KeyError:
    pass
assert t.elapsed == 3.0

# === a clock object that sleeps
# given
class FakeClock:
    def __init__(self): self.t, self.naps = 0.0, []
    def now(self): return self.t
    def sleep(self, s):
        self.naps.append(s)
        self.t += s
# right
def backoff(call, clock, attempts=4):
    for n in range(attempts):
        try: return call()
        except ConnectionError:
            if n == attempts - 1: raise
            clock.sleep(2 ** n)
# wrong
def backoff(call, clock, attempts=4):
    for n in range(attempts):
        try: return call()
        except ConnectionError:
            clock.sleep(1)
# test
clock = FakeClock()
tries = []
def flaky():
    tries.append(clock.now())
    if len(tries) < 4: raise ConnectionError("down")
    return "up"
assert backoff(flaky, clock) == "up"
assert clock.naps == [1, 2, 4] and tries == [0.0, 1.0, 3.0, 7.0]
def dead(): raise ConnectionError("gone")
try:
    backoff(dead, FakeClock())
except ConnectionError as error:
    assert str(error) == "gone"
else:
    raise AssertionError("gave up silently")

# === a batcher on a simulated clock
# right
class Batcher:
    def __init__(self, size, wait, clock):
        self.size, self.wait, self.clock, self.items, self.first = size, wait, clock, [], None
    def add(self, item):
        if not self.items: self.first = self.clock()
        self.items.append(item)
        return self.flush() if len(self.items) >= self.size else None
    def tick(self):
        if self.items and self.clock() - self.first >= self.wait: return self.flush()
    def flush(self):
        out, self.items = self.items, []
        return out
# wrong
class Batcher:
    def __init__(self, size, wait, clock):
        self.size, self.wait, self.clock, self.items = size, wait, clock, []
    def add(self, item):
        self.items.append(item)
        return self.flush() if len(self.items) >= self.size else None
    def tick(self): pass
    def flush(self):
        out, self.items = self.items, []
        return out
# test
now = 0.0
b = Batcher(3, 0.5, lambda: now)
assert b.add("a") is None and b.add("b") is None
assert b.add("c") == ["a", "b", "c"]
b.add("d")
now = 0.4
assert b.tick() is None
now = 0.5
assert b.tick() == ["d"]
assert b.items == []

# === generators chained
# right
def read(lines):
    for line in lines:
        if line.strip(): yield line.strip()
def parse(lines):
    for line in lines:
        k, _, v = line.partition("=")
        yield k, int(v)
# wrong
def read(lines):
    for line in lines: yield line
def parse(lines):
    for line in lines:
        k, _, v = line.partition("=")
        yield k, v
# test
import types
seen = []
def source():
    for line in ["a=1 ", "", "b=2"]:
        seen.append(line)
        yield line
g = parse(read(source()))
assert isinstance(g, types.GeneratorType) and seen == []
assert next(g) == ("a", 1) and seen == ["a=1 "]
assert dict(g) == {"b": 2}
assert list(g) == []
assert sum(v for _, v in parse(["x=3", "y=4"])) == 7

# === yield from, return values and throw
# right
def inner():
    try: x = yield 1
    except ValueError: x = "caught"
    return x
def outer():
    got = yield from inner()
    yield got
# wrong
def inner():
    x = yield 1
    return x
def outer():
    got = yield from inner()
    yield got
# test
g = outer()
assert next(g) == 1
assert g.throw(ValueError("x")) == "caught"
try:
    next(g)
except StopIteration:
    pass
g = inner()
next(g)
try:
    g.send(5)
except StopIteration as stop:
    assert stop.value == 5

# === an iterator protocol with itertools
# right
class Countdown:
    def __init__(self, n): self.n = n
    def __iter__(self):
        n = self.n
        while n:
            yield n
            n -= 1
    def __reversed__(self): return iter(range(1, self.n + 1))
    def __len__(self): return self.n
# wrong
class Countdown:
    def __init__(self, n): self.n = n
    def __iter__(self): return iter(range(self.n))
    def __reversed__(self): return iter(range(1, self.n + 1))
    def __len__(self): return self.n
# test
import itertools
c = Countdown(3)
assert list(c) == list(c) == [3, 2, 1]
assert list(reversed(c)) == [1, 2, 3] and len(c) == 3
assert list(zip(c, "abc")) == [(3, "a"), (2, "b"), (1, "c")]
assert list(itertools.chain(c, c))[:4] == [3, 2, 1, 3]
assert sorted(c) == [1, 2, 3] and max(c) == 3 and sum(c) == 6 and 2 in c
a, *rest = c
assert a == 3 and rest == [2, 1]
assert dict(enumerate(c)) == {0: 3, 1: 2, 2: 1} and set(c) == {1, 2, 3}

# === a decorator with arguments
# right
import functools
def retry(times, on=Exception):
    def wrap(f):
        @functools.wraps(f)
        def run(*args, **kwargs):
            for left in range(times - 1, -1, -1):
                try: return f(*args, **kwargs)
                except on:
                    if not left: raise
        run.times = times
        return run
    return wrap
# wrong
import functools
def retry(times, on=Exception):
    def wrap(f):
        def run(*args, **kwargs):
            try: return f(*args, **kwargs)
            except on: return f(*args, **kwargs)
        run.times = times
        return run
    return wrap
# test
calls = []
@retry(3, on=ValueError)
def work(x, *, y=1):
    """Works in the end."""
    calls.append((x, y))
    if len(calls) < 3: raise ValueError(x)
    return x + y
assert work(1, y=2) == 3 and calls == [(1, 2)] * 3
assert work.__name__ == "work" and work.__doc__ == "Works in the end." and work.times == 3
assert work.__wrapped__ is not work
@retry(2, on=KeyError)
def other(): raise ValueError("no")
try:
    other()
except ValueError:
    pass
else:
    raise AssertionError("caught too much")

# === a class decorator and a registry
# right
REGISTRY = {}
def register(name):
    def wrap(cls):
        REGISTRY[name] = cls
        cls.registered = name
        return cls
    return wrap
# wrong
REGISTRY = {}
def register(name):
    def wrap(cls):
        cls.registered = name
        return cls
    return wrap
# test
@register("a")
class A:
    def go(self): return "gone"
assert A.registered == "a" and REGISTRY["a"] is A
assert REGISTRY["a"]().go() == "gone"

# === a decorator on a method of the test
# right
def logged(f):
    def run(self, *args):
        self.log.append((f.__name__, args))
        return f(self, *args)
    return run
# wrong
def logged(f):
    return f
# test
class Robot:
    def __init__(self): self.log = []
    @logged
    def move(self, x, y): return x + y
r = Robot()
assert r.move(1, 2) == 3
assert r.log == [("move", (1, 2))]

# === lru_cache, partial and reduce
# right
import functools
@functools.lru_cache(maxsize=128)
def cost(n):
    return 1 if n < 2 else cost(n - 1) + cost(n - 2)
add3 = functools.partial(lambda a, b: a + b, 3)
def compose(*fs): return functools.reduce(lambda f, g: lambda x: g(f(x)), fs)
# wrong
import functools
def cost(n):
    return 1 if n < 2 else cost(n - 1) + cost(n - 2)
add3 = functools.partial(lambda a, b: a - b, 3)
def compose(*fs): return fs[0]
# test
import functools
assert cost(60) == 2504730781961 if hasattr(cost, "cache_info") else False
cost.cache_clear()
cost(5)
assert cost.cache_info().misses == 6 and cost.cache_info().maxsize == 128
assert add3(4) == 7 and isinstance(add3, functools.partial) and add3.args == (3,)
assert compose(lambda x: x + 1, str, lambda s: s * 2)(4) == "55"

# === closures with state
# right
def counter(start=0):
    n = start
    def step(by=1):
        nonlocal n
        n += by
        return n
    def reset():
        nonlocal n
        n = start
    return step, reset
# wrong
def counter(start=0):
    def step(by=1): return start + by
    def reset(): pass
    return step, reset
# test
step, reset = counter(5)
other, _ = counter()
assert [step(), step(2), other()] == [6, 8, 1]
reset()
assert step() == 6
assert step.__closure__ is not None

# === closures over a loop
# right
def makers(): return [lambda x, n=n: x * n for n in range(4)]
# wrong
def makers(): return [lambda x: x * n for n in range(4)]
# test
assert [f(2) for f in makers()] == [0, 2, 4, 6]
assert len(makers()) == 4 and all(callable(f) for f in makers())

# === recursion that goes deep
# right
def depth(tree): return 1 + max((depth(t) for t in tree.values()), default=0)
def flatten(x): return [z for y in x for z in flatten(y)] if isinstance(x, list) else [x]
# wrong
def depth(tree): return len(tree)
def flatten(x): return x
# test
tree = {}
at = tree
for n in range(60):
    at[n] = {}
    at = at[n]
assert depth(tree) == 61
assert flatten([1, [2, [3, [4]], []], 5]) == [1, 2, 3, 4, 5]

# === endless recursion is the learner's error
# right
def fact(n): return 1 if n == 0 else n * fact(n - 1)
# wrong
def fact(n): return n * fact(n - 1)
# test
assert fact(5) == 120
assert fact(300) % 7 == 0

# === mutable default and shared class attribute
# right
class Tree:
    def __init__(self, value, children=None):
        self.value, self.children = value, list(children or [])
    def add(self, child):
        self.children.append(child)
        return self
# wrong
class Tree:
    def __init__(self, value, children=[]):
        self.value, self.children = value, children
    def add(self, child):
        self.children.append(child)
        return self
# test
a, b = Tree(1), Tree(2)
a.add(b)
assert a.children == [b] and b.children == []
kids = [b]
t = Tree(0, kids)
t.add(a)
assert kids == [b]
assert t.children[1] is a

# === an exception with attributes and chaining
# right
class ConfigError(Exception):
    def __init__(self, key, line=None):
        super().__init__(f"bad key {key!r} on line {line}")
        self.key, self.line = key, line
class MissingKey(ConfigError, KeyError):
    code = 17
def load(config, key):
    try: return config[key]
    except KeyError as error: raise MissingKey(key, line=3) from error
# wrong
class ConfigError(Exception): pass
class MissingKey(ConfigError): pass
def load(config, key):
    try: return config[key]
    except KeyError: raise MissingKey(key)
# test
import pytest
with pytest.raises(ConfigError) as caught:
    load({}, "x")
error = caught.value
assert error.key == "x" and error.line == 3 and error.code == 17
assert isinstance(error.__cause__, KeyError) and isinstance(error, KeyError)
assert issubclass(MissingKey, ConfigError) and type(error) is MissingKey
assert "line 3" in str(error) and type(error).__name__ == "MissingKey"
assert load({"x": 1}, "x") == 1

# === the test raises the learner's exception
# right
class Unavailable(Exception):
    def __init__(self, retry_after): self.retry_after = retry_after
def guard(call, default):
    try: return call()
    except Unavailable as error: return f"{default} in {error.retry_after}"
# wrong
class Unavailable(Exception):
    def __init__(self, retry_after): self.retry_after = retry_after
def guard(call, default):
    return call()
# test
def down(): raise Unavailable(5)
assert guard(down, "later") == "later in 5"
assert guard(lambda: 1, "later") == 1
e = Unavailable(9)
assert e.retry_after == 9 and isinstance(e, Exception)

# === exception groups
# right
def run_all(fs):
    errors = []
    for f in fs:
        try: f()
        except Exception as error: errors.append(error)
    if errors: raise ExceptionGroup("some failed", errors)
# wrong
def run_all(fs):
    for f in fs: f()
# test
def bad(): raise ValueError("v")
def worse(): raise TypeError("t")
seen = []
try:
    run_all([bad, len.__class__, worse])
except* ValueError as group:
    seen += [str(error) for error in group.exceptions]
except* TypeError as group:
    seen.append(type(group.exceptions[0]).__name__)
assert seen[0] == "v" and len(seen) == 2 and "TypeError" in seen

# === notes and finally
# right
def work(log):
    try:
        raise ValueError("inner")
    except ValueError as error:
        error.add_note("while working")
        raise
    finally:
        log.append("closed")
# wrong
def work(log): raise ValueError("inner")
# test
log = []
try:
    work(log)
except ValueError as error:
    assert error.__notes__ == ["while working"]
assert log == ["closed"]

# === printed text in several ways
# right
import sys
def report(rows):
    print("name", "n", sep="\t")
    for k, v in rows.items(): print(f"{k:>6}|{v:03d}", end=";")
    sys.stdout.write("\n")
    print(flush=True)
# wrong
def report(rows):
    print("name n")
    for k, v in rows.items(): print(k, v)
# test
import io, contextlib, sys
buffer = io.StringIO()
with contextlib.redirect_stdout(buffer):
    report({"a": 1, "bb": 22})
assert buffer.getvalue() == "name\tn\n     a|001;    bb|022;\n\n"
old, sys.stdout = sys.stdout, io.StringIO()
try:
    report({})
    text = sys.stdout.getvalue()
finally:
    sys.stdout = old
assert text.splitlines() == ["name\tn", "", ""]

# === print to a file object and patched print
# right
def say(x, file): print("said", x, file=file)
def shout(x): print(x.upper())
# wrong
def say(x, file): print("said", x)
def shout(x): print(x)
# test
import io
from unittest.mock import patch
f = io.StringIO()
say(3, f)
assert f.getvalue() == "said 3\n"
with patch("builtins.print") as fake:
    shout("a")
fake.assert_called_once_with("A")

# === logging through assertLogs
# right
import logging
log = logging.getLogger("shop")
def sell(item, n):
    if n <= 0:
        log.warning("cannot sell %d of %s", n, item)
        return False
    log.info("sold %s", item)
    return True
# wrong
import logging
log = logging.getLogger("shop")
def sell(item, n):
    if n <= 0:
        return False
    log.warning("sold %s", item)
    return True
# test
import unittest
case = unittest.TestCase()
with case.assertLogs("shop", level="INFO") as caught:
    assert sell("tea", 0) is False
    assert sell("tea", 2) is True
assert caught.output == ["WARNING:shop:cannot sell 0 of tea", "INFO:shop:sold tea"]
assert caught.records[0].levelname == "WARNING" and caught.records[0].args == (0, "tea")

# === a logging handler of the test
# right
import logging
def run(jobs):
    logger = logging.getLogger("runner")
    for job in jobs:
        try: job()
        except Exception: logger.exception("job failed")
# wrong
def run(jobs):
    for job in jobs: job()
# test
import logging
class Keep(logging.Handler):
    def __init__(self):
        super().__init__()
        self.kept = []
    def emit(self, record): self.kept.append(record)
keep = Keep()
logger = logging.getLogger("runner")
logger.addHandler(keep)
try:
    run([lambda: 1 / 0, lambda: None])
finally:
    logger.removeHandler(keep)
assert len(keep.kept) == 1 and keep.kept[0].levelno == logging.ERROR
assert "job failed" in keep.kept[0].getMessage()

# === a logger handed to the learner
# right
def greet(logger, name): logger.info("hello %s", name, extra={"user": name})
# wrong
def greet(logger, name): logger.debug("hello")
# test
import logging, io
stream = io.StringIO()
logger = logging.Logger("own")
handler = logging.StreamHandler(stream)
handler.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
logger.addHandler(handler)
greet(logger, "Ada")
assert stream.getvalue() == "INFO hello Ada\n"

# === warnings counted and turned into errors
# right
import warnings
class SlowWarning(UserWarning): pass
def slow(n):
    if n > 10: warnings.warn(f"{n} is slow", SlowWarning, stacklevel=2)
    return n
# wrong
import warnings
class SlowWarning(UserWarning): pass
def slow(n):
    warnings.warn("slow")
    return n
# test
import warnings, pytest
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    slow(5)
    slow(50)
assert len(caught) == 1 and issubclass(caught[0].category, UserWarning)
assert str(caught[0].message) == "50 is slow"
with pytest.warns(UserWarning, match="is slow"):
    slow(11)

# === a warning of the learner's own class
# right
import warnings
class SlowWarning(UserWarning): pass
def slow(n):
    if n > 10: warnings.warn("slow", SlowWarning)
    return n
# wrong
import warnings
class SlowWarning(UserWarning): pass
def slow(n):
    if n > 10: warnings.warn("slow", DeprecationWarning)
    return n
# test
import pytest
with pytest.warns(SlowWarning):
    slow(11)

# === warnings as errors
# right
import warnings
def old(): warnings.warn("gone soon", DeprecationWarning)
# wrong
def old(): pass
# test
import warnings
with warnings.catch_warnings():
    warnings.simplefilter("error")
    try:
        old()
    except DeprecationWarning as warning:
        assert "gone" in str(warning)
    else:
        raise AssertionError("no warning")

# === generators handed in
# right
def sample(rng, n): return rng.normal(size=n)
def draw(rnd, items): return rnd.sample(items, 2)
# wrong
import numpy as np, random
def sample(rng, n): return np.random.normal(size=n)
def draw(rnd, items): return random.sample(items, 2)
# test
import numpy as np, random
got = sample(np.random.default_rng(3), 5)
assert np.array_equal(got, np.random.default_rng(3).normal(size=5))
rng = np.random.default_rng(4)
first, second = sample(rng, 2), sample(rng, 2)
assert not np.array_equal(first, second)
assert np.array_equal(np.r_[first, second], np.random.default_rng(4).normal(size=4))
assert draw(random.Random(1), list(range(100))) == random.Random(1).sample(range(100), 2)
one = random.Random(9)
draw(one, [1, 2, 3])
assert one.random() != random.Random(9).random()

# === a seeded function gives the same again
# right
import numpy as np
def simulate(n, seed):
    rng = np.random.default_rng(seed)
    return rng.poisson(3, n)
# wrong
import numpy as np
def simulate(n, seed):
    return np.random.default_rng().poisson(3, n)
# test
import numpy as np
a, b = simulate(50, 1), simulate(50, 1)
np.testing.assert_array_equal(a, b)
assert not np.array_equal(a, simulate(50, 2))
assert a.dtype.kind == "i" and a.min() >= 0

# === seeds that both sides share
# right
import random
import numpy as np
def shuffle(xs):
    xs = list(xs)
    random.shuffle(xs)
    return xs
def noise(n): return np.random.normal(size=n)
# wrong
def shuffle(xs): return list(xs)
def noise(n): return [0] * n
# test
import random
import numpy as np
random.seed(11)
mine = list(range(10))
random.shuffle(mine)
random.seed(11)
assert shuffle(range(10)) == mine
np.random.seed(2)
expected = np.random.normal(size=4)
np.random.seed(2)
np.testing.assert_allclose(noise(4), expected)

# === both sides draw in turn
# right
import random
def roll(): return random.randint(1, 6)
# wrong
import random
def roll(): return random.randint(1, 5)
# test
import random
random.seed(5)
expected = [random.randint(1, 6) for _ in range(6)]
random.seed(5)
assert [roll() if n % 2 else random.randint(1, 6) for n in range(6)] == expected

# === zones and differences of time
# right
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo
def local(when, zone): return when.astimezone(ZoneInfo(zone))
def deadline(start, hours): return start + timedelta(hours=hours)
# wrong
from datetime import datetime, timedelta, timezone
def local(when, zone): return when
def deadline(start, hours): return start
# test
from datetime import datetime, timedelta, timezone, date
from zoneinfo import ZoneInfo
when = datetime(2026, 7, 1, 12, tzinfo=timezone.utc)
there = local(when, "Europe/Berlin")
assert there.hour == 14 and there == when and there.utcoffset() == timedelta(hours=2)
assert there.tzinfo == ZoneInfo("Europe/Berlin") and there.tzinfo.key == "Europe/Berlin"
assert deadline(when, 72) - when == timedelta(days=3)
assert deadline(when, 0.5).isoformat() == "2026-07-01T12:30:00+00:00"

# === a calendar file
# right
from datetime import date, timedelta
def plan(start, tasks):
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0"]
    for n, t in enumerate(tasks):
        d = start + timedelta(weeks=n)
        lines += ["BEGIN:VEVENT", f"DTSTART;VALUE=DATE:{d:%Y%m%d}", f"SUMMARY:{t}", "END:VEVENT"]
    return "\r\n".join([*lines, "END:VCALENDAR", ""])
# wrong
def plan(start, tasks): return "BEGIN:VCALENDAR"
# test
import re
from datetime import date
text = plan(date(2026, 12, 28), ["read", "build"])
assert re.findall(r"DTSTART;VALUE=DATE:(\d{8})", text) == ["20261228", "20270104"]
assert text.count("BEGIN:VEVENT") == text.count("END:VEVENT") == 2
assert text.endswith("END:VCALENDAR\r\n")

# === money in decimals
# right
from decimal import Decimal, ROUND_HALF_UP
def split_bill(total, weights):
    cents, all_ = int(total * 100), sum(weights)
    parts = [cents * w // all_ for w in weights]
    for n in range(cents - sum(parts)): parts[n] += 1
    return [Decimal(p) / 100 for p in parts]
def tax(x): return (x * Decimal("0.19")).quantize(Decimal("0.01"), ROUND_HALF_UP)
# wrong
def split_bill(total, weights): return [float(total) * w / sum(weights) for w in weights]
def tax(x): return float(x) * 0.19
# test
from decimal import Decimal
parts = split_bill(Decimal("10.00"), [1, 1, 1])
assert sum(parts) == Decimal("10.00") and len(parts) == 3
assert all(isinstance(p, Decimal) for p in parts) and max(parts) - min(parts) == Decimal("0.01")
assert tax(Decimal("0.50")) == Decimal("0.10")
assert str(tax(Decimal("100"))) == "19.00"

# === fractions
# right
from fractions import Fraction
def mean(xs): return sum(map(Fraction, xs), Fraction(0)) / len(xs)
# wrong
def mean(xs): return sum(map(float, xs)) / len(xs)
# test
from fractions import Fraction
m = mean(["1/3", "1/6", 1])
assert m == Fraction(1, 2) and isinstance(m, Fraction) and (m.numerator, m.denominator) == (1, 2)

# === patterns and matches
# right
import re
PATTERN = re.compile(r"(?P<host>[\w.]+):(?P<port>\d+)")
def find(text): return PATTERN.search(text)
# wrong
import re
PATTERN = re.compile(r"(?P<host>[\w.]+):(?P<port>\d)")
def find(text): return PATTERN.search(text)
# test
import re
m = find("go to a.b:8080 now")
assert m and m["host"] == "a.b" and int(m.group("port")) == 8080
assert m.groupdict() == {"host": "a.b", "port": "8080"} and m.span("host") == (6, 9)
assert isinstance(PATTERN, re.Pattern) and PATTERN.groups == 2
assert PATTERN.fullmatch("x:99") and not PATTERN.fullmatch("x")
assert find("nothing") is None

# === a pattern handed in
# right
def redact(text, pattern, with_="***"): return pattern.sub(with_, text)
def redact_with(text, pattern): return pattern.sub(lambda m: "*" * len(m.group()), text)
# wrong
def redact(text, pattern, with_="***"): return text
def redact_with(text, pattern): return text
# test
import re
mail = re.compile(r"\S+@\S+")
assert redact("write a@b.c now", mail) == "write *** now"
assert redact_with("a@b", mail) == "***"

# === paths
# right
from pathlib import Path
def find(root, ext): return sorted(p.relative_to(root) for p in Path(root).rglob(f"*{ext}"))
def rename(p): return p.with_suffix(".bak")
# wrong
from pathlib import Path
def find(root, ext): return []
def rename(p): return str(p)
# test
import tempfile
from pathlib import Path
with tempfile.TemporaryDirectory() as folder:
    root = Path(folder)
    (root / "a").mkdir()
    (root / "a" / "x.tf").write_text("1")
    (root / "b.tf").touch()
    (root / "c.md").touch()
    assert find(root, ".tf") == [Path("a/x.tf"), Path("b.tf")]
assert rename(Path("q/x.tf")) == Path("q/x.bak") and rename(Path("x.y")).suffix == ".bak"

# === files that the learner wrote
# right
import csv, json
from pathlib import Path
def export(rows, folder):
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "rows.csv", "w", newline="") as f:
        w = csv.DictWriter(f, ["name", "n"])
        w.writeheader()
        w.writerows(rows)
    (folder / "rows.json").write_text(json.dumps(rows, indent=1))
# wrong
from pathlib import Path
def export(rows, folder):
    Path(folder).mkdir(parents=True, exist_ok=True)
    (Path(folder) / "rows.csv").write_text("name,n\n")
# test
import csv, json, os, pathlib
export([{"name": "a", "n": 1}, {"name": "b", "n": 2}], "out/deep")
assert sorted(os.listdir("out/deep")) == ["rows.csv", "rows.json"]
with open("out/deep/rows.csv") as f:
    assert [r["n"] for r in csv.DictReader(f)] == ["1", "2"]
assert json.loads(pathlib.Path("out/deep/rows.json").read_text())[1] == {"name": "b", "n": 2}
import pandas as pd
assert pd.read_csv("out/deep/rows.csv")["n"].sum() == 3

# === a manifest in YAML
# right
import yaml
def deployment(name, image, replicas=2):
    return yaml.safe_dump({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name},
        "spec": {"replicas": replicas, "template": {"spec": {"containers": [{"name": name, "image": image}]}}},
    })
manifest = deployment("web", "web:1.2")
# wrong
import yaml
def deployment(name, image, replicas=2):
    return yaml.safe_dump({"kind": "Deployment"})
manifest = deployment("web", "web:1.2")
# test
import yaml
doc = yaml.safe_load(manifest)
assert doc["kind"] == "Deployment"
assert doc["spec"]["template"]["spec"]["containers"][0]["image"].endswith(":1.2")
assert list(yaml.safe_load_all(manifest + "---\n" + deployment("b", "b:1")))[1]["metadata"]["name"] == "b"

# === JSON with a default and an encoder
# right
import json, datetime
class Enc(json.JSONEncoder):
    def default(self, o):
        if isinstance(o, (set, frozenset)): return sorted(o)
        if isinstance(o, datetime.date): return o.isoformat()
        return super().default(o)
def to_json(x): return json.dumps(x, cls=Enc, sort_keys=True)
# wrong
import json, datetime
class Enc(json.JSONEncoder): pass
def to_json(x): return json.dumps(x, default=str)
# test
import json, datetime
assert to_json({"b": {2, 1}, "a": datetime.date(2026, 1, 2)}) == '{"a": "2026-01-02", "b": [1, 2]}'
try:
    to_json({"x": object()})
except TypeError as error:
    assert "not JSON serializable" in str(error)
else:
    raise AssertionError("anything goes")

# === sqlite made by the learner
# right
import sqlite3
def connect():
    con = sqlite3.connect(":memory:")
    con.row_factory = sqlite3.Row
    con.execute("create table t (k text primary key, v integer)")
    return con
def upsert(con, rows):
    con.executemany("insert into t values (?, ?) on conflict(k) do update set v = excluded.v", rows)
    con.commit()
# wrong
import sqlite3
def connect():
    con = sqlite3.connect(":memory:")
    con.execute("create table t (k text, v integer)")
    return con
def upsert(con, rows):
    con.executemany("insert into t values (?, ?)", rows)
# test
con = connect()
upsert(con, [("a", 1), ("b", 2)])
upsert(con, [("a", 5)])
assert con.execute("select count(*) from t").fetchone()[0] == 2
rows = con.execute("select k, v from t order by k").fetchall()
assert [tuple(r) for r in rows] == [("a", 5), ("b", 2)]
assert rows[0]["k"] == "a" and dict(rows[0]) == {"k": "a", "v": 5}
con.close()

# === the test's sqlite connection
# right
def totals(con): return con.execute("select team, sum(cost) from bill group by team order by 1").fetchall()
# wrong
def totals(con): return con.execute("select team, cost from bill order by 1").fetchall()
# test
import sqlite3
con = sqlite3.connect(":memory:")
con.execute("create table bill (team text, cost real)")
con.executemany("insert into bill values (?, ?)", [("a", 1.5), ("b", 2.0), ("a", 0.5)])
assert totals(con) == [("a", 2.0), ("b", 2.0)]

# === a sqlite file of the learner
# right
import sqlite3
def save(path, rows):
    with sqlite3.connect(path) as con:
        con.execute("create table if not exists log (at text, what text)")
        con.executemany("insert into log values (?, ?)", rows)
# wrong
def save(path, rows): open(path, "w").write("rows")
# test
import sqlite3
save("log.db", [("1", "a"), ("2", "b")])
con = sqlite3.connect("log.db")
assert con.execute("select what from log order by at").fetchall() == [("a",), ("b",)]

# === a subprocess of the learner
# right
import subprocess, sys
def run(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    return done
# wrong
import subprocess, sys
def run(code):
    return subprocess.run([sys.executable, "-c", "pass"], capture_output=True, text=True)
# test
done = run("print(6 * 7)")
assert done.stdout.strip() == "42" and done.returncode == 0
assert run("raise SystemExit(3)").returncode == 3

# === environment variables both ways
# right
import os
def settings():
    return {"url": os.environ.get("DB_URL", "sqlite://"), "debug": os.getenv("DEBUG") == "1"}
def set_token(t): os.environ["TOKEN"] = t
# wrong
def settings(): return {"url": "sqlite://", "debug": False}
def set_token(t): pass
# test
import os
from unittest import mock
with mock.patch.dict(os.environ, {"DB_URL": "pg://x", "DEBUG": "1"}, clear=True):
    assert settings() == {"url": "pg://x", "debug": True}
assert settings() == {"url": "sqlite://", "debug": False}
set_token("abc")
try:
    assert os.environ.get("TOKEN") == "abc"
finally:
    os.environ.pop("TOKEN", None)

# === a name is there
# right
alpha = 0.1
def step(x): return x - alpha
# wrong
def step(x): return x - 0.1
# test
assert "alpha" in globals(), "define alpha"
assert "step" in globals() and callable(globals()["step"])
assert globals().get("beta") is None
assert isinstance(alpha, float) and 0 < alpha < 1

# === a name is there, asked in other ways
# right
x = 3
def f(): return x
# wrong
def f(): return 3
# test
try:
    x
except NameError:
    raise AssertionError("x is not defined")
assert "x" in dir() or "x" in locals() or "x" in vars()
import __main__
assert hasattr(__main__, "x") and eval("x + 1") == 4
assert f() == 3

# === the source of a function
# right
def total(xs):
    # no loop
    return sum(xs)
# wrong
def total(xs):
    t = 0
    for x in xs: t += x
    return t
# test
import ast, inspect, textwrap
assert total([1, 2]) == 3
source = textwrap.dedent(inspect.getsource(total))
assert not any(isinstance(node, (ast.For, ast.While)) for node in ast.walk(ast.parse(source))), "no loop, please"

# === the code object of a function
# right
def norm(xs): return (sum(x * x for x in xs)) ** 0.5
# wrong
import math
def norm(xs): return math.hypot(*xs)
# test
assert norm([3, 4]) == 5
assert "hypot" not in norm.__code__.co_names and "math" not in norm.__code__.co_names

# === a helper for the tests that follow
# right
def area(w, h): return w * h
def perimeter(w, h): return 2 * (w + h)
# wrong
def area(w, h): return w * h
def perimeter(w, h): return w + h
# test
import math
def check(f, *cases):
    for args, expected in cases:
        got = f(*args)
        assert math.isclose(got, expected), f"{f.__name__}{args} gave {got}"
class Recorder:
    def __init__(self): self.calls = []
    def __call__(self, *a):
        self.calls.append(a)
        return len(self.calls)
check(area, ((1, 2), 2))
# test
check(perimeter, ((1, 2), 6), ((0, 0), 0))
r = Recorder()
assert r(1) == 1

# === a global of the learner is changed and read again
# right
THRESHOLD = 0.5
CONFIG = {"scale": 1}
def flag(x): return x * CONFIG["scale"] > THRESHOLD
# wrong
THRESHOLD = 0.5
CONFIG = {"scale": 1}
def flag(x): return x > 0.5
# test
assert flag(0.6) and not flag(0.4)
THRESHOLD = 0.7
assert not flag(0.6)
THRESHOLD = 0.5
CONFIG["scale"] = 2
assert flag(0.3)
CONFIG = {"scale": 0}
assert not flag(9)

# === a list of the learner is changed and used
# right
history = []
def record(x):
    history.append(x)
    return len(history)
# wrong
history = []
def record(x): return 1
# test
record("a")
history.append("b")
assert record("c") == 3 and history == ["a", "b", "c"]
history.clear()
assert record("d") == 1

# === catching the assertion
# right
def clamp(x, lo, hi): return max(lo, min(x, hi))
# wrong
def clamp(x, lo, hi): return x
# test
failed = []
for args, want in [((5, 0, 3), 3), ((-1, 0, 3), 0), ((2, 0, 3), 2)]:
    try:
        assert clamp(*args) == want
    except AssertionError:
        failed.append(args)
if failed:
    raise AssertionError(f"{len(failed)} cases failed: {failed}")

# === points by parts
# right
def f(x): return x ** 2
def g(x): return -x
# wrong
def f(x): return x ** 2
def g(x): return x
# test
points = 0.0
for check, worth in [(lambda: f(3) == 9, 1), (lambda: g(2) == -2, 0.5), (lambda: f(-1) == 1, 0.5)]:
    try:
        points += worth * check()
    except Exception:
        pass
points

# === points as a numpy mean
# right
import numpy as np
def predict(x): return (x > 0).astype(int)
# wrong
import numpy as np
def predict(x): return np.zeros(len(x), int)
# test
import numpy as np
x = np.array([-1.0, 2.0, 3.0, -4.0])
float(np.mean(predict(x) == (x > 0)))

# === nan, inf and minus zero
# right
import math
def odd(): return [float("nan"), math.inf, -math.inf, -0.0]
def safe_div(a, b): return a / b if b else math.nan
# wrong
def odd(): return [0.0, 1.0, 2.0, 0.0]
def safe_div(a, b): return 0.0
# test
import math
import numpy as np
a, b, c, d = odd()
assert math.isnan(a) and b == math.inf and c < 0 and math.copysign(1, d) == -1
assert math.isnan(safe_div(1, 0)) and safe_div(1, 2) == 0.5
assert np.isnan(odd()).sum() == 1
np.testing.assert_array_equal(odd(), [np.nan, np.inf, -np.inf, 0.0])

# === sets, big ints and order
# right
def edges(g): return {(a, b) for a, bs in g.items() for b in bs}
def order(d): return dict(sorted(d.items(), key=lambda kv: -kv[1]))
def big(n): return 2 ** n
# wrong
def edges(g): return {frozenset((a, b)) for a, bs in g.items() for b in bs}
def order(d): return d
def big(n): return 2.0 ** n
# test
assert edges({1: [2, 3], 2: [3]}) == {(1, 2), (1, 3), (2, 3)}
assert list(order({"a": 1, "b": 3, "c": 2})) == ["b", "c", "a"]
assert big(200) == 1 << 200 and isinstance(big(200), int)

# === topological order with cycles rejected
# right
from graphlib import TopologicalSorter, CycleError
def apply_order(graph):
    try: return list(TopologicalSorter(graph).static_order())
    except CycleError as error: raise ValueError(f"cycle: {error.args[1]}") from error
# wrong
def apply_order(graph): return sorted(graph)
# test
import pytest
g = {"vm": {"net", "disk"}, "net": set(), "disk": set(), "dns": {"vm"}}
order = apply_order(g)
for node, needs in g.items():
    assert all(order.index(n) < order.index(node) for n in needs), (node, order)
with pytest.raises(ValueError, match="cycle"):
    apply_order({"a": {"b"}, "b": {"a"}})

# === shared references inside a result
# right
def twins():
    inner = {"n": 0}
    return [inner, inner]
def ring(n):
    nodes = [{"id": i} for i in range(n)]
    for i, node in enumerate(nodes): node["next"] = nodes[(i + 1) % n]
    return nodes[0]
# wrong
def twins(): return [{"n": 0}, {"n": 0}]
def ring(n): return {"id": 0, "next": {"id": 1, "next": None}}
# test
a, b = twins()
assert a is b
a["n"] += 1
assert b["n"] == 1
node = ring(3)
assert node["next"]["next"]["next"] is node
assert node["next"]["id"] == 1

# === a linked list of learner objects
# right
class Node:
    def __init__(self, value, next=None): self.value, self.next = value, next
class LinkedList:
    def __init__(self, items=()):
        self.head = None
        for x in reversed(list(items)): self.head = Node(x, self.head)
    def reverse(self):
        prev, at = None, self.head
        while at: at.next, prev, at = prev, at, at.next
        self.head = prev
    def __iter__(self):
        at = self.head
        while at:
            yield at.value
            at = at.next
# wrong
class Node:
    def __init__(self, value, next=None): self.value, self.next = value, next
class LinkedList:
    def __init__(self, items=()):
        self.head = None
        for x in reversed(list(items)): self.head = Node(x, self.head)
    def reverse(self): pass
    def __iter__(self):
        at = self.head
        while at:
            yield at.value
            at = at.next
# test
l = LinkedList([1, 2, 3])
assert list(l) == [1, 2, 3]
l.reverse()
assert list(l) == [3, 2, 1]
assert l.head.next.next.next is None
at, seen = l.head, []
while at is not None:
    seen.append(at.value)
    at = at.next
assert seen == [3, 2, 1]
n = Node(5)
l.head.next = n
assert list(l) == [3, 5] and l.head.next is n

# === a binary tree built by the test
# right
class TreeNode:
    def __init__(self, val, left=None, right=None): self.val, self.left, self.right = val, left, right
def inorder(t): return [] if t is None else inorder(t.left) + [t.val] + inorder(t.right)
def invert(t):
    if t is not None: t.left, t.right = invert(t.right), invert(t.left)
    return t
# wrong
class TreeNode:
    def __init__(self, val, left=None, right=None): self.val, self.left, self.right = val, left, right
def inorder(t): return [] if t is None else [t.val] + inorder(t.left) + inorder(t.right)
def invert(t): return t
# test
t = TreeNode(2, TreeNode(1), TreeNode(3))
assert inorder(t) == [1, 2, 3]
assert invert(t) is t and inorder(t) == [3, 2, 1]
assert t.left.val == 3 and t.right.left is None

# === a given node class and the learner's functions
# given
class ListNode:
    def __init__(self, val=0, next=None): self.val, self.next = val, next
def build(xs):
    head = None
    for x in reversed(xs): head = ListNode(x, head)
    return head
def items(node):
    out = []
    while node:
        out.append(node.val)
        node = node.next
    return out
# right
def reverse(head):
    prev = None
    while head: head.next, prev, head = prev, head, head.next
    return prev
def merge(a, b):
    dummy = at = ListNode()
    while a and b:
        if a.val <= b.val: at.next, a = a, a.next
        else: at.next, b = b, b.next
        at = at.next
    at.next = a or b
    return dummy.next
# wrong
def reverse(head): return head
def merge(a, b): return a
# test
assert items(reverse(build([1, 2, 3]))) == [3, 2, 1]
merged = merge(build([1, 4]), build([2, 3, 5]))
assert items(merged) == [1, 2, 3, 4, 5] and isinstance(merged, ListNode)
head = build([1, 2])
assert reverse(head).next is head

# === functions in a dict, called by name
# right
OPS = {"+": lambda a, b: a + b, "-": lambda a, b: a - b, "max": max}
def calc(expr):
    a, op, b = expr.split()
    return OPS[op](float(a), float(b))
# wrong
OPS = {"+": lambda a, b: a + b, "-": lambda a, b: a + b, "max": max}
def calc(expr):
    a, op, b = expr.split()
    return OPS[op](float(a), float(b))
# test
assert calc("5 - 3") == 2 and calc("1 max 2") == 2
OPS["*"] = lambda a, b: a * b
assert calc("2 * 4") == 8
assert sorted(OPS) == ["*", "+", "-", "max"]

# === higher-order functions
# right
def compose(f, g): return lambda *a: f(g(*a))
def curry(f): return lambda a: lambda b: f(a, b)
def apply_n(f, n):
    def run(x):
        for _ in range(n): x = f(x)
        return x
    return run
# wrong
def compose(f, g): return lambda *a: g(f(*a))
def curry(f): return f
def apply_n(f, n): return f
# test
import operator
assert compose(str, operator.add)(2, 3) == "5"
assert curry(pow)(2)(5) == 32
assert apply_n(lambda x: x * 2, 5)(1) == 32
assert compose(len, sorted)([3, 1]) == 2
assert list(filter(compose(bool, lambda x: x % 2), range(5))) == [1, 3]

# === sorting with the learner's keys and comparers
# right
import functools
def by_version(v): return tuple(int(p) for p in v.split("."))
def compare(a, b): return (len(a) > len(b)) - (len(a) < len(b))
# wrong
def by_version(v): return v
def compare(a, b): return 0
# test
import functools
assert sorted(["1.10", "1.9", "1.2"], key=by_version) == ["1.2", "1.9", "1.10"]
assert sorted(["ccc", "a", "bb"], key=functools.cmp_to_key(compare)) == ["a", "bb", "ccc"]
assert max(["1.10", "1.9"], key=by_version) == "1.10"
rows = [{"v": "1.3"}, {"v": "1.10"}]
rows.sort(key=lambda r: by_version(r["v"]), reverse=True)
assert rows[0]["v"] == "1.10"

# === two thousand random calls
# right
def gcd(a, b):
    while b: a, b = b, a % b
    return abs(a)
# wrong
def gcd(a, b):
    while b: a, b = b, a % b
    return a
# test
import math, random
rnd = random.Random(0)
for _ in range(2000):
    a, b = rnd.randint(-99, 99), rnd.randint(-99, 99)
    assert gcd(a, b) == math.gcd(a, b), (a, b)

# === a scheduler judged by invariants
# given
from dataclasses import dataclass
@dataclass
class Task:
    id: int
    gpus: int
    priority: int = 0
# right
def schedule(tasks, capacity):
    placed, free = [], capacity
    for t in sorted(tasks, key=lambda t: (-t.priority, t.id)):
        if t.gpus <= free:
            free -= t.gpus
            placed.append(t)
    return placed
# wrong
def schedule(tasks, capacity):
    return tasks[:2]
# test
import random
rnd = random.Random(4)
for _ in range(100):
    tasks = [Task(i, rnd.randint(1, 4), rnd.randint(0, 2)) for i in range(rnd.randint(0, 8))]
    out = schedule(tasks, 8)
    assert sum(t.gpus for t in out) <= 8
    assert all(any(t is u for u in tasks) for t in out)
    left = [t for t in tasks if t not in out]
    free = 8 - sum(t.gpus for t in out)
    assert all(t.gpus > free for t in left)

# === a million rows
# right
import numpy as np, pandas as pd
def zscore(a): return (a - a.mean()) / a.std()
def daily(df): return df.groupby(df["t"] // 1000)["v"].mean()
# wrong
import numpy as np, pandas as pd
def zscore(a): return a - a.mean()
def daily(df): return df.groupby(df["t"] // 1000)["v"].sum()
# test
import numpy as np, pandas as pd
rng = np.random.default_rng(0)
a = rng.normal(5, 2, 1_000_000)
z = zscore(a)
assert abs(z.mean()) < 1e-9 and abs(z.std() - 1) < 1e-9
df = pd.DataFrame({"t": np.arange(1_000_000), "v": a})
out = daily(df)
assert len(out) == 1000
np.testing.assert_allclose(out.iloc[0], a[:1000].mean())

# === megabytes of text
# right
from collections import Counter
def words(text): return Counter(text.split())
def upper(text): return text.upper()
# wrong
def words(text): return {}
def upper(text): return text
# test
text = "alpha beta gamma " * 200_000
c = words(text)
assert c["beta"] == 200_000 and len(c) == 3
assert upper(text)[:5] == "ALPHA" and len(upper(text)) == len(text)

# === asyncio: gather, order and errors
# right
import asyncio
async def fetch_all(urls, get):
    return await asyncio.gather(*(get(u) for u in urls), return_exceptions=True)
# wrong
import asyncio
async def fetch_all(urls, get):
    return [await get(u) for u in urls]
# test
import asyncio
started = []
async def get(u):
    started.append(u)
    await asyncio.sleep(0.01)
    if u == "bad": raise ValueError(u)
    return u.upper()
out = await fetch_all(["a", "bad", "c"], get)
assert out[0] == "A" and out[2] == "C" and isinstance(out[1], ValueError)
assert started == ["a", "bad", "c"]

# === asyncio: a queue and workers
# right
import asyncio
async def work(queue, n, handle):
    async def worker():
        while True:
            item = await queue.get()
            try: await handle(item)
            finally: queue.task_done()
    tasks = [asyncio.create_task(worker()) for _ in range(n)]
    await queue.join()
    for t in tasks: t.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
# wrong
import asyncio
async def work(queue, n, handle):
    while not queue.empty(): await handle(await queue.get())
# test
import asyncio
queue = asyncio.Queue()
for i in range(6): queue.put_nowait(i)
done, now, most = [], 0, 0
async def handle(item):
    global now, most
    now += 1
    most = max(most, now)
    await asyncio.sleep(0.01)
    now -= 1
    done.append(item)
await work(queue, 3, handle)
assert sorted(done) == list(range(6)) and most == 3
assert queue.empty()

# === asyncio: a semaphore limits
# right
import asyncio
class Limited:
    def __init__(self, n): self.sem = asyncio.Semaphore(n)
    async def run(self, f, *a):
        async with self.sem: return await f(*a)
# wrong
import asyncio
class Limited:
    def __init__(self, n): pass
    async def run(self, f, *a): return await f(*a)
# test
import asyncio
now = most = 0
async def job(x):
    global now, most
    now += 1
    most = max(now, most)
    await asyncio.sleep(0.005)
    now -= 1
    return x * x
lim = Limited(2)
assert await asyncio.gather(*(lim.run(job, i) for i in range(5))) == [0, 1, 4, 9, 16]
assert most == 2, most

# === asyncio: timeout, cancellation and cleanup
# right
import asyncio
log = []
async def guarded(coro, s):
    try:
        async with asyncio.timeout(s): return await coro
    except TimeoutError:
        log.append("timeout")
        return None
async def worker():
    try:
        await asyncio.sleep(30)
    except asyncio.CancelledError:
        log.append("cancelled")
        raise
# wrong
import asyncio
log = []
async def guarded(coro, s):
    try: return await asyncio.wait_for(coro, s)
    except TimeoutError: return None
async def worker():
    await asyncio.sleep(0)
# test
import asyncio
assert await guarded(asyncio.sleep(5), 0.01) is None
assert log == ["timeout"]
t = asyncio.create_task(worker())
await asyncio.sleep(0.02)
t.cancel()
try:
    await t
except asyncio.CancelledError:
    pass
assert log == ["timeout", "cancelled"]

# === asyncio: async iteration and context
# right
import asyncio
class Stream:
    def __init__(self, items): self.items, self.closed = list(items), False
    async def __aenter__(self): return self
    async def __aexit__(self, *e): self.closed = True
    def __aiter__(self): return self
    async def __anext__(self):
        await asyncio.sleep(0)
        if not self.items: raise StopAsyncIteration
        return self.items.pop(0)
async def chunks(source, n):
    out = []
    async for x in source:
        out.append(x)
        if len(out) == n:
            yield out
            out = []
    if out: yield out
# wrong
import asyncio
class Stream:
    def __init__(self, items): self.items, self.closed = list(items), False
    async def __aenter__(self): return self
    async def __aexit__(self, *e): pass
    def __aiter__(self): return self
    async def __anext__(self):
        if not self.items: raise StopAsyncIteration
        return self.items.pop(0)
async def chunks(source, n):
    async for x in source: yield [x]
# test
async with Stream(range(5)) as s:
    got = [c async for c in chunks(s, 2)]
assert got == [[0, 1], [2, 3], [4]] and s.closed
async def mine():
    for i in range(3): yield i
assert [c async for c in chunks(mine(), 3)] == [[0, 1, 2]]

# === asyncio.run in a thread and a plain function
# right
import asyncio, threading
def run_sync(coro):
    box = {}
    def target(): box["v"] = asyncio.run(coro)
    t = threading.Thread(target=target)
    t.start(); t.join()
    return box["v"]
# wrong
def run_sync(coro):
    coro.close()
    return None
# test
import asyncio
async def add(a, b):
    await asyncio.sleep(0.001)
    return a + b
assert run_sync(add(1, 2)) == 3

# === threads: a bounded counter and a lock of the test
# right
import threading
class Meter:
    def __init__(self): self.value, self._lock = 0, threading.Lock()
    def add(self, n=1):
        with self._lock:
            v = self.value
            self.value = v + n
def guarded(lock, f):
    with lock: return f()
# wrong
import threading
class Meter:
    def __init__(self): self.value = 0
    def add(self, n=1): self.value = n
def guarded(lock, f): return f()
# test
import threading
m = Meter()
threads = [threading.Thread(target=lambda: [m.add() for _ in range(20)]) for _ in range(4)]
for t in threads: t.start()
for t in threads: t.join()
assert m.value == 80
lock = threading.Lock()
assert guarded(lock, lock.locked) is True and not lock.locked()

# === threads: an event, a queue and a background worker
# right
import threading, queue
class Worker:
    def __init__(self, handle):
        self.queue, self.handle = queue.Queue(), handle
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
    def _run(self):
        while (item := self.queue.get()) is not None: self.handle(item)
    def submit(self, item): self.queue.put(item)
    def close(self):
        self.queue.put(None)
        self.thread.join(5)
# wrong
class Worker:
    def __init__(self, handle): self.items = []
    def submit(self, item): self.items.append(item)
    def close(self): pass
# test
import threading
seen, ready = [], threading.Event()
def handle(x):
    seen.append(x)
    if len(seen) == 3: ready.set()
w = Worker(handle)
for i in range(3): w.submit(i)
assert ready.wait(1), "nothing was handled"
w.close()
assert seen == [0, 1, 2]

# === futures
# right
from concurrent.futures import ThreadPoolExecutor, as_completed
def run_all(fs):
    with ThreadPoolExecutor(4) as pool:
        futures = {pool.submit(f): n for n, f in enumerate(fs)}
        return {futures[done]: done.result() for done in as_completed(futures)}
def start(pool, f): return pool.submit(f, 3)
# wrong
def run_all(fs): return {}
def start(pool, f): return f(3)
# test
assert run_all([lambda n=n: n * n for n in range(5)]) == {0: 0, 1: 1, 2: 4, 3: 9, 4: 16}

# === http.server of the learner
# right
import json, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        ok = self.path == "/health"
        body = json.dumps({"ok": ok}).encode()
        self.send_response(200 if ok else 404)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *a): pass
def start():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
# wrong
import json, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(500)
        self.end_headers()
    def log_message(self, *a): pass
def start():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
# test
import httpx, urllib.request, urllib.error
server = start()
try:
    url = f"http://127.0.0.1:{server.server_address[1]}"
    assert httpx.get(url + "/health").json() == {"ok": True}
    with urllib.request.urlopen(url + "/health") as answer:
        assert answer.status == 200
    assert httpx.get(url + "/nope").status_code == 404
finally:
    server.shutdown()

# === a FastAPI app through TestClient
# right
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel
app = FastAPI()
class Item(BaseModel):
    name: str
    price: float
items = {}
@app.post("/items", status_code=201)
def create(item: Item):
    items[item.name] = item
    return {"id": len(items), **item.model_dump()}
@app.get("/items/{name}")
def read(name: str):
    if name not in items: raise HTTPException(404, "no such item")
    return items[name]
# wrong
from fastapi import FastAPI
app = FastAPI()
@app.post("/items")
def create(item: dict): return item
# test
from fastapi.testclient import TestClient
client = TestClient(app)
r = client.post("/items", json={"name": "tea", "price": 2.5})
assert r.status_code == 201 and r.json()["id"] == 1
assert client.get("/items/tea").json() == {"name": "tea", "price": 2.5}
assert client.get("/items/x").status_code == 404
assert client.post("/items", json={"name": "tea"}).status_code == 422
assert {route.path for route in app.routes} >= {"/items", "/items/{name}"}

# === callbacks that re-enter the learner's object
# right
class Bus:
    def __init__(self): self.handlers = {}
    def on(self, name, f): self.handlers.setdefault(name, []).append(f)
    def emit(self, name, *args): return [f(*args) for f in self.handlers.get(name, ())]
# wrong
class Bus:
    def __init__(self): self.handlers = {}
    def on(self, name, f): self.handlers[name] = [f]
    def emit(self, name, *args): return [f(*args) for f in self.handlers.get(name, ())]
# test
bus, log = Bus(), []
bus.on("a", lambda x: log.append(("first", x)))
bus.on("a", lambda x: bus.emit("b", x + 1))
bus.on("b", lambda x: log.append(("b", x)))
bus.emit("a", 1)
assert log == [("first", 1), ("b", 2)]
assert bus.emit("none") == []

# === observers that unsubscribe themselves
# right
class Subject:
    def __init__(self): self._subs = []
    def subscribe(self, f):
        self._subs.append(f)
        return lambda: self._subs.remove(f)
    def notify(self, x):
        for f in list(self._subs): f(x)
# wrong
class Subject:
    def __init__(self): self._subs = []
    def subscribe(self, f):
        self._subs.append(f)
        return lambda: None
    def notify(self, x):
        for f in list(self._subs): f(x)
# test
s, got = Subject(), []
stop = s.subscribe(got.append)
s.notify(1)
stop()
s.notify(2)
assert got == [1]

# === mocks: side effects, specs and attributes
# given
class Store:
    def get(self, key): raise NotImplementedError
    def put(self, key, value): raise NotImplementedError
# right
def cached(store, key, make):
    try: return store.get(key)
    except KeyError:
        value = make()
        store.put(key, value)
        return value
# wrong
def cached(store, key, make): return make()
# test
from unittest.mock import Mock, MagicMock, create_autospec, call, ANY
store = create_autospec(Store, instance=True)
store.get.side_effect = [KeyError("k"), 5]
make = Mock(return_value=5)
assert cached(store, "k", make) == 5 and cached(store, "k", make) == 5
store.put.assert_called_once_with("k", 5)
assert store.get.call_args_list == [call("k"), call("k")] and make.call_count == 1
m = MagicMock()
m.get.return_value = 3
assert cached(m, ANY, make) == 3
m.put.assert_not_called()

# === patching a global function and a library of the learner
# right
import time, random
def now(): return time.time()
def age(born): return now() - born
def flip(): return "heads" if random.random() < 0.5 else "tails"
# wrong
import time, random
def now(): return time.time()
def age(born): return time.time() - born
def flip(): return "heads"
# test
from unittest.mock import patch
import time
with patch("__main__.now", return_value=100):
    assert age(40) == 60
with patch("random.random", side_effect=[0.1, 0.9]):
    assert [flip(), flip()] == ["heads", "tails"]
with patch.object(time, "time", lambda: 50.0):
    assert now() == 50.0

# === a learner's model of scikit-learn
# right
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.linear_model import LogisticRegression
def build(): return make_pipeline(StandardScaler(), LogisticRegression(C=0.5))
# wrong
from sklearn.dummy import DummyClassifier
def build(): return DummyClassifier()
# test
import numpy as np
from sklearn.datasets import make_classification
from sklearn.metrics import accuracy_score, roc_auc_score
from sklearn.pipeline import Pipeline
X, y = make_classification(300, 6, random_state=0)
model = build()
assert isinstance(model, Pipeline)
model.fit(X[:200], y[:200])
pred = model.predict(X[200:])
assert accuracy_score(y[200:], pred) > 0.8
assert roc_auc_score(y[200:], model.predict_proba(X[200:])[:, 1]) > 0.85
assert model.named_steps["logisticregression"].C == 0.5 and model[-1].coef_.shape == (1, 6)
assert hasattr(model, "predict_proba") and [n for n, _ in model.steps][0] == "standardscaler"

# === a fitted model in a variable
# right
import numpy as np
from sklearn.tree import DecisionTreeClassifier
X = np.array([[0.0], [1.0], [2.0], [3.0]])
y = np.array([0, 0, 1, 1])
model = DecisionTreeClassifier(max_depth=2, random_state=0).fit(X, y)
accuracy = model.score(X, y)
# wrong
import numpy as np
from sklearn.tree import DecisionTreeClassifier
X = np.array([[0.0], [1.0], [2.0], [3.0]])
y = np.array([0, 0, 1, 1])
model = DecisionTreeClassifier(max_depth=2, random_state=0)
accuracy = 0.5
# test
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.validation import check_is_fitted
assert isinstance(model, DecisionTreeClassifier), f"model is a {type(model).__name__}"
check_is_fitted(model)
assert model.get_params()["max_depth"] == 2
assert (model.predict([[0.2], [2.9]]) == [0, 1]).all()
assert 0.9 < accuracy <= 1
assert type(model).__name__ == "DecisionTreeClassifier"

# === a transformer of the learner's own
# right
import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
class Clip(BaseEstimator, TransformerMixin):
    def __init__(self, q=0.9): self.q = q
    def fit(self, X, y=None):
        self.high_ = np.quantile(X, self.q, axis=0)
        return self
    def transform(self, X): return np.minimum(X, self.high_)
# wrong
import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
class Clip(BaseEstimator, TransformerMixin):
    def __init__(self, q=0.9): self.q = q
    def fit(self, X, y=None):
        self.high_ = np.quantile(X, self.q, axis=0)
    def transform(self, X): return X
# test
import numpy as np
X = np.arange(20.0).reshape(10, 2)
c = Clip(q=0.5)
assert c.fit(X) is c
assert c.fit_transform(X).max() == 10.0
np.testing.assert_allclose(c.high_, [9, 10])
assert c.get_params() == {"q": 0.5}
c.set_params(q=1.0)
assert np.array_equal(c.fit(X).transform(X), X)

# === a learner's estimator is cloned by the library
# right
import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
class Nearest(ClassifierMixin, BaseEstimator):
    def __init__(self, power=2): self.power = power
    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.means_ = np.array([X[y == c].mean(axis=0) for c in self.classes_])
        return self
    def predict(self, X):
        d = (np.abs(X[:, None] - self.means_[None]) ** self.power).sum(axis=2)
        return self.classes_[d.argmin(axis=1)]
# wrong
import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
class Nearest(ClassifierMixin, BaseEstimator):
    def __init__(self, power=2): self.power = power
    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self
    def predict(self, X): return np.zeros(len(X), int)
# test
from sklearn.base import clone
from sklearn.datasets import make_blobs
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
X, y = make_blobs(90, centers=3, random_state=1)
assert cross_val_score(Nearest(), X, y, cv=3).mean() > 0.8
assert clone(Nearest(power=1)).power == 1
p = Pipeline([("scale", StandardScaler()), ("near", Nearest())]).fit(X, y)
assert p.score(X, y) > 0.8
g = GridSearchCV(Nearest(), {"power": [1, 2]}, cv=2).fit(X, y)
assert g.best_params_["power"] in (1, 2)

# === figures: axes, lines, bars and labels
# right
import matplotlib
matplotlib.use("agg")
import matplotlib.pyplot as plt
def dashboard(latencies):
    fig, axes = plt.subplots(1, 2, figsize=(8, 3))
    axes[0].plot(range(len(latencies)), latencies, color="red", label="p50")
    axes[0].set(xlabel="request", ylabel="ms", title="Latency")
    axes[0].legend()
    axes[1].bar(["a", "b"], [1, 2])
    axes[1].set_yscale("log")
    return fig, axes
# wrong
import matplotlib
matplotlib.use("agg")
import matplotlib.pyplot as plt
def dashboard(latencies):
    fig, axes = plt.subplots(1, 2, figsize=(8, 3))
    axes[0].plot(latencies)
    axes[1].bar(["a", "b"], [1, 2])
    return fig, axes
# test
import numpy as np
from matplotlib.figure import Figure
fig, axes = dashboard([3, 1, 2])
assert isinstance(fig, Figure) and len(fig.axes) == 2 and len(axes) == 2
line = axes[0].get_lines()[0]
np.testing.assert_array_equal(line.get_ydata(), [3, 1, 2])
np.testing.assert_array_equal(line.get_xydata()[:, 0], [0, 1, 2])
assert line.get_color() == "red" and axes[0].get_xlabel() == "request" and axes[0].title.get_text() == "Latency"
assert [bar.get_height() for bar in axes[1].patches] == [1, 2]
assert axes[1].get_yscale() == "log"
assert [t.get_text() for t in axes[1].get_xticklabels()] == ["a", "b"]
assert axes[0].get_legend() is not None
assert tuple(fig.get_size_inches()) == (8, 3)

# === an axes handed to the learner
# right
def mark(ax, xs): ax.axhline(5, ls="--"); ax.scatter(xs, xs)
# wrong
def mark(ax, xs): ax.scatter(xs, xs)
# test
import matplotlib.pyplot as plt
fig, ax = plt.subplots()
mark(ax, [1, 2])
assert len(ax.lines) == 1 and ax.lines[0].get_linestyle() == "--"
assert len(ax.collections) == 1 and ax.collections[0].get_offsets().shape == (2, 2)
plt.close(fig)

# === a plot in the current figure
# right
import matplotlib
matplotlib.use("agg")
import matplotlib.pyplot as plt
def draw(values):
    plt.figure()
    plt.hist(values, bins=4)
    plt.title("Histogram")
# wrong
import matplotlib
matplotlib.use("agg")
import matplotlib.pyplot as plt
def draw(values):
    plt.figure()
    plt.plot(values)
# test
import matplotlib.pyplot as plt
plt.close("all")
draw([1, 2, 3, 4, 4])
ax = plt.gca()
assert len(plt.get_fignums()) == 1
assert ax.get_title() == "Histogram" and len(ax.patches) == 4
assert sum(p.get_height() for p in ax.patches) == 5

# === a figure saved to a file
# right
import matplotlib
matplotlib.use("agg")
import matplotlib.pyplot as plt
def save(path):
    fig, ax = plt.subplots(figsize=(1, 1))
    ax.plot([1, 2])
    fig.savefig(path)
    plt.close(fig)
# wrong
def save(path): open(path, "w").write("plot")
# test
import os
save("plot.png")
assert os.path.getsize("plot.png") > 100
assert open("plot.png", "rb").read(8) == b"\x89PNG\r\n\x1a\n"

# === pydantic models of the learner
# right
from pydantic import BaseModel, Field, field_validator
class Request(BaseModel):
    model: str
    inputs: list[float] = Field(min_length=1)
    temperature: float = 0.0
    @field_validator("temperature")
    @classmethod
    def check(cls, v):
        if not 0 <= v <= 2: raise ValueError("temperature must be in [0, 2]")
        return v
# wrong
from pydantic import BaseModel
class Request(BaseModel):
    model: str
    inputs: list
    temperature: float = 0.0
# test
import pydantic, pytest
r = Request(model="m", inputs=[1, 2])
assert r.inputs == [1.0, 2.0] and r.model_dump() == {"model": "m", "inputs": [1.0, 2.0], "temperature": 0.0}
assert isinstance(r, pydantic.BaseModel) and issubclass(Request, pydantic.BaseModel)
assert Request.model_validate_json('{"model": "x", "inputs": [3]}').model == "x"
assert r == Request(model="m", inputs=[1.0, 2.0])
with pytest.raises(pydantic.ValidationError) as caught:
    Request(model="m", inputs=[], temperature=3)
assert {e["loc"][0] for e in caught.value.errors()} == {"inputs", "temperature"}
assert set(Request.model_fields) == {"model", "inputs", "temperature"}

# === an ONNX export with parity
# right
import numpy as np
from sklearn.linear_model import LogisticRegression
from skl2onnx import to_onnx
import onnxruntime as ort
rng = np.random.default_rng(0)
X = rng.normal(size=(80, 3)).astype(np.float32)
model = LogisticRegression().fit(X, X.sum(axis=1) > 0)
def export(model, X, path):
    path.write_bytes(to_onnx(model, X[:1], options={"zipmap": False}).SerializeToString())
def session(path): return ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
# wrong
import numpy as np
from sklearn.linear_model import LogisticRegression
import onnxruntime as ort
rng = np.random.default_rng(0)
X = rng.normal(size=(80, 3)).astype(np.float32)
model = LogisticRegression().fit(X, X.sum(axis=1) > 0)
def export(model, X, path): path.write_bytes(b"onnx")
def session(path): return ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
# test
from pathlib import Path
import numpy as np
export(model, X, Path("m.onnx"))
s = session(Path("m.onnx"))
name = s.get_inputs()[0].name
labels, probs = s.run(None, {name: X})
np.testing.assert_allclose(probs, model.predict_proba(X), atol=1e-5)
assert (labels == model.predict(X)).all()
assert [o.name for o in s.get_outputs()] and s.get_inputs()[0].shape[1] == 3

# === Prometheus metrics
# right
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
registry = CollectorRegistry()
REQUESTS = Counter("requests_total", "Requests", ["code"], registry=registry)
LATENCY = Histogram("latency_seconds", "Latency", buckets=(0.1, 0.5, 1), registry=registry)
def observe(code, seconds):
    REQUESTS.labels(code).inc()
    LATENCY.observe(seconds)
# wrong
from prometheus_client import CollectorRegistry, Counter, Histogram
registry = CollectorRegistry()
REQUESTS = Counter("requests_total", "Requests", ["code"], registry=registry)
LATENCY = Histogram("latency_seconds", "Latency", buckets=(0.1, 0.5, 1), registry=registry)
def observe(code, seconds): REQUESTS.labels("200").inc()
# test
from prometheus_client import generate_latest
observe("200", 0.05)
observe("500", 0.7)
assert registry.get_sample_value("requests_total", {"code": "500"}) == 1
assert registry.get_sample_value("latency_seconds_bucket", {"le": "0.5"}) == 1
assert b'requests_total{code="200"} 1.0' in generate_latest(registry)

# === a cheap gateway with rules
# given
class Refused(Exception):
    def __init__(self, rule): super().__init__(f"refused by {rule}"); self.rule = rule
def call_model(prompt): return f"echo: {prompt}"
# right
import re
class Gateway:
    def __init__(self, model, rules=()):
        self.model, self.rules, self.log = model, list(rules), []
    def ask(self, prompt):
        for rule in self.rules:
            if not rule(prompt): raise Refused(rule.__name__)
        out = re.sub(r"\d{3}-\d{2}-\d{4}", "[id]", self.model(prompt))
        self.log.append((prompt, out))
        return out
# wrong
class Gateway:
    def __init__(self, model, rules=()):
        self.model, self.rules, self.log = model, list(rules), []
    def ask(self, prompt):
        return self.model(prompt)
# test
def no_secrets(prompt): return "password" not in prompt
g = Gateway(call_model, [no_secrets])
assert g.ask("my id is 123-45-6789") == "echo: my id is [id]"
try:
    g.ask("password?")
except Refused as error:
    assert error.rule == "no_secrets" and str(error) == "refused by no_secrets"
else:
    raise AssertionError("not refused")
assert len(g.log) == 1
calls = []
Gateway(lambda p: calls.append(p) or "x").ask("hi")
assert calls == ["hi"]

# === a reconcile loop on a fake API
# given
class FakeApi:
    def __init__(self): self.objects, self.calls = {}, []
    def list(self): return dict(self.objects)
    def create(self, name, spec):
        self.calls.append(("create", name))
        self.objects[name] = dict(spec)
    def delete(self, name):
        self.calls.append(("delete", name))
        del self.objects[name]
    def update(self, name, spec):
        self.calls.append(("update", name))
        self.objects[name].update(spec)
# right
def reconcile(api, desired):
    have = api.list()
    for name in sorted(have.keys() - desired.keys()): api.delete(name)
    for name, spec in desired.items():
        if name not in have: api.create(name, spec)
        elif have[name] != spec: api.update(name, spec)
# wrong
def reconcile(api, desired):
    for name, spec in desired.items(): api.create(name, spec)
# test
api = FakeApi()
api.objects = {"old": {"n": 1}, "same": {"n": 2}, "changed": {"n": 3}}
want = {"same": {"n": 2}, "changed": {"n": 4}, "new": {"n": 5}}
reconcile(api, want)
assert api.objects == want
assert sorted(api.calls) == [("create", "new"), ("delete", "old"), ("update", "changed")]
api.calls.clear()
reconcile(api, want)
assert api.calls == []

# === a crash at every step
# given
class Crash(Exception): pass
class Disk:
    def __init__(self, fail_at=None): self.data, self.steps, self.fail_at = {}, 0, fail_at
    def write(self, key, value):
        self.steps += 1
        if self.steps == self.fail_at: raise Crash(self.steps)
        self.data[key] = value
# right
def transfer(disk, a, b, n):
    disk.write("journal", (a, b, n))
    disk.write(a, disk.data.get(a, 0) - n)
    disk.write(b, disk.data.get(b, 0) + n)
    disk.write("journal", None)
# wrong
def transfer(disk, a, b, n):
    disk.write(a, disk.data.get(a, 0) - n)
# test
for k in range(1, 5):
    d = Disk(fail_at=k)
    try:
        transfer(d, "x", "y", 5)
    except Crash as crash:
        assert crash.args == (k,)
    else:
        raise AssertionError(f"no step {k}")
    assert d.steps == k
d = Disk()
transfer(d, "x", "y", 5)
assert d.data == {"journal": None, "x": -5, "y": 5}

# === policies as functions with reasons
# right
def evaluate(statements, action, resource):
    allowed, reasons = False, []
    for s in statements:
        if action in s["actions"] and resource.startswith(s["prefix"]):
            reasons.append(s["id"])
            if s["effect"] == "deny": return {"allow": False, "reasons": [s["id"]]}
            allowed = True
    return {"allow": allowed, "reasons": reasons}
# wrong
def evaluate(statements, action, resource):
    return {"allow": True, "reasons": []}
# test
S = [
    {"id": "a", "effect": "allow", "actions": {"read"}, "prefix": ""},
    {"id": "d", "effect": "deny", "actions": {"read", "write"}, "prefix": "secret/"},
]
assert evaluate(S, "read", "x") == {"allow": True, "reasons": ["a"]}
assert evaluate(S, "read", "secret/x") == {"allow": False, "reasons": ["d"]}
assert evaluate(S, "write", "x")["allow"] is False

# === a class with __call__, __getattr__ and __contains__
# right
class Config:
    def __init__(self, **values): object.__setattr__(self, "_v", dict(values))
    def __getattr__(self, name):
        try: return self._v[name]
        except KeyError: raise AttributeError(name) from None
    def __setattr__(self, name, value): raise TypeError("frozen")
    def __contains__(self, name): return name in self._v
    def __call__(self, **more): return Config(**{**self._v, **more})
    def __len__(self): return len(self._v)
    def __dir__(self): return sorted(self._v)
# wrong
class Config:
    def __init__(self, **values): self.__dict__.update(values)
    def __contains__(self, name): return True
    def __call__(self, **more): return self
    def __len__(self): return 1
# test
c = Config(a=1, b=2)
assert c.a == 1 and "b" in c and "z" not in c and len(c) == 2
assert c(a=5).a == 5 and c.a == 1 and callable(c)
assert not hasattr(c, "z") and getattr(c, "z", 9) == 9
try:
    c.a = 3
except TypeError as error:
    assert str(error) == "frozen"
else:
    raise AssertionError("not frozen")
assert "a" in dir(c)

# === descriptors, class attributes and counters
# right
class Positive:
    def __set_name__(self, owner, name): self.name = "_" + name
    def __get__(self, obj, kind=None): return self if obj is None else getattr(obj, self.name)
    def __set__(self, obj, value):
        if value <= 0: raise ValueError(f"{self.name[1:]} must be positive")
        setattr(obj, self.name, value)
class Server:
    count = 0
    cpus = Positive()
    def __init__(self, cpus):
        self.cpus = cpus
        Server.count += 1
# wrong
class Server:
    count = 0
    def __init__(self, cpus):
        self.cpus = cpus
# test
import pytest
assert Server.count == 0
a, b = Server(2), Server(4)
assert Server.count == a.count == 2
with pytest.raises(ValueError, match="cpus must be positive"):
    a.cpus = 0
assert (a.cpus, b.cpus) == (2, 4)
Server.count = 0
Server(1)
assert Server.count == 1

# === equality and hash in sets and dicts
# right
class Key:
    def __init__(self, *parts): self.parts = parts
    def __eq__(self, o): return isinstance(o, Key) and self.parts == o.parts
    def __hash__(self): return hash(self.parts)
    def __lt__(self, o): return self.parts < o.parts
    def __repr__(self): return "/".join(map(str, self.parts))
# wrong
class Key:
    def __init__(self, *parts): self.parts = parts
    def __eq__(self, o): return isinstance(o, Key) and self.parts == o.parts
    def __hash__(self): return id(self)
    def __lt__(self, o): return self.parts < o.parts
    def __repr__(self): return "/".join(map(str, self.parts))
# test
d = {Key("a", 1): "x"}
assert d[Key("a", 1)] == "x" and Key("b") not in d
assert {Key(1), Key(1), Key(2)} == {Key(1), Key(2)}
assert sorted([Key(2), Key(1)]) == [Key(1), Key(2)] and str(Key(1, 2)) == "1/2"
assert [Key(1), Key(2)].index(Key(2)) == 1 and Key(1) in [Key(1)]
assert Key(1) != Key(2) and not Key(1) == 1

# === copies and pickles of learner objects
# right
class Box:
    def __init__(self, x): self.x = x
    def __eq__(self, o): return isinstance(o, Box) and self.x == o.x
# wrong
class Box:
    def __init__(self, x): self.x = x
    def __deepcopy__(self, memo): return self
# test
import copy, pickle
b = Box([1])
c = copy.deepcopy(b)
assert c == b and c is not b
c.x.append(2)
assert b.x == [1]
assert pickle.loads(pickle.dumps(b)) == b

# === the learner's function in numpy and pandas
# right
def grade(score): return "A" if score >= 90 else "B" if score >= 80 else "C"
def clip(x): return min(x, 10)
# wrong
def grade(score): return "A"
def clip(x): return x
# test
import numpy as np, pandas as pd
s = pd.Series([95, 85, 70])
assert s.map(grade).tolist() == ["A", "B", "C"]
assert s.apply(clip).eq(10).all()
assert np.vectorize(clip)([5, 50]).tolist() == [5, 10]
df = pd.DataFrame({"s": s})
df["g"] = df["s"].apply(grade)
assert df.groupby("g").size().to_dict() == {"A": 1, "B": 1, "C": 1}
assert np.apply_along_axis(lambda row: clip(row.sum()), 1, np.ones((2, 3))).tolist() == [3, 3]

# === scipy with the learner's function
# right
def f(x): return (x - 2) ** 2 + 1
def df(x): return 2 * (x - 2)
# wrong
def f(x): return (x - 3) ** 2 + 1
def df(x): return 2 * (x - 2)
# test
from scipy.optimize import approx_fprime, brentq, minimize_scalar
assert abs(minimize_scalar(f).x - 2) < 1e-6
assert abs(brentq(df, 0, 5) - 2) < 1e-9
assert abs(approx_fprime([1.5], lambda v: f(v[0]))[0] - df(1.5)) < 1e-5

# === array views, masks and broadcasting
# right
import numpy as np
def normalise_rows(a):
    a /= a.sum(axis=1, keepdims=True)
def mask(a, t): return a[a > t]
def grid(n): return np.add.outer(np.arange(n), np.arange(n))
# wrong
import numpy as np
def normalise_rows(a): a = a / a.sum(axis=1, keepdims=True)
def mask(a, t): return a > t
def grid(n): return np.zeros((n, n))
# test
import numpy as np
a = np.array([[1.0, 3.0], [2.0, 2.0]])
normalise_rows(a)
assert np.allclose(a, [[0.25, 0.75], [0.5, 0.5]])
b = np.arange(12.0).reshape(3, 4)
normalise_rows(b[1:])
assert np.allclose(b[1:].sum(axis=1), 1) and b[0].tolist() == [0, 1, 2, 3]
assert mask(np.arange(5), 2).tolist() == [3, 4]
assert grid(3).dtype.kind == "i" and grid(3)[2, 2] == 4
x = np.array([True, False]) & np.array([True, True])
assert x.sum() == 1

# === structured and object arrays, strings and dates
# right
import numpy as np
def dates(n): return np.datetime64("2026-01-01") + np.arange(n)
def names(): return np.array(["ab", "c"])
def objects(): return np.array([{"a": 1}, None], dtype=object)
def table(): return np.array([("a", 1, 2.5), ("b", 2, 3.5)], dtype=[("k", "U4"), ("n", "i4"), ("v", "f8")])
# wrong
import numpy as np
def dates(n): return np.arange(n)
def names(): return ["ab", "c"]
def objects(): return []
def table(): return []
# test
import numpy as np
assert dates(3)[-1] == np.datetime64("2026-01-03") and dates(1).dtype == "datetime64[D]"
assert names().dtype.kind == "U" and names()[0].upper() == "AB"
assert objects()[0]["a"] == 1 and objects()[1] is None
t = table()
assert t["n"].sum() == 3 and t.dtype.names == ("k", "n", "v") and t[1]["k"] == "b"
assert np.sort(t, order="v")[0]["v"] == 2.5

# === pandas: categories, groups and time series
# right
import pandas as pd
def bins(s): return pd.cut(s, [0, 10, 20], labels=["low", "high"])
def groups(df): return df.groupby("k")
def weekly(df): return df.resample("W", on="t")["v"].sum()
# wrong
import pandas as pd
def bins(s): return s
def groups(df): return df
def weekly(df): return df["v"]
# test
import pandas as pd
b = bins(pd.Series([5, 15]))
assert b.tolist() == ["low", "high"] and b.dtype.name == "category" and b.cat.ordered
g = groups(pd.DataFrame({"k": ["a", "b", "a"], "v": [1, 2, 3]}))
assert g["v"].sum().to_dict() == {"a": 4, "b": 2} and g.ngroups == 2
assert {k: len(part) for k, part in g} == {"a": 2, "b": 1}
w = weekly(pd.DataFrame({"t": pd.date_range("2026-01-01", periods=10), "v": range(10)}))
assert w.sum() == 45 and w.index.freqstr == "W-SUN"

# === parquet and csv of the learner
# right
import pandas as pd
def save(df, path): df.to_parquet(path)
def load(path): return pd.read_csv(path, parse_dates=["t"])
# wrong
import pandas as pd
def save(df, path): df.head(1).to_parquet(path)
def load(path): return pd.read_csv(path)
# test
import pandas as pd
df = pd.DataFrame({"a": [1, 2], "t": pd.to_datetime(["2026-01-01", "2026-01-02"])})
save(df, "x.parquet")
pd.testing.assert_frame_equal(pd.read_parquet("x.parquet"), df)
from pathlib import Path
Path("y.csv").write_text("a,t\n1,2026-01-01\n")
assert load("y.csv")["t"].dtype.kind == "M"

# === types asked in several ways
# right
def make(kind): return {"l": [1], "t": (1,), "s": {1}, "d": {1: 2}, "f": 1.5, "n": None, "b": True}[kind]
# wrong
def make(kind): return {"l": (1,), "t": [1], "s": [1], "d": [], "f": 1, "n": 0, "b": 1}[kind]
# test
assert type(make("l")) is list and type(make("t")) == tuple and isinstance(make("s"), set)
assert isinstance(make("d"), dict) and type(make("f")) in (int, float) and isinstance(make("f"), float)
assert make("n") is None and make("b") is True
import collections.abc
assert isinstance(make("l"), collections.abc.Sequence) and not isinstance(make("l"), str)

# === match statements on the learner's objects
# right
from dataclasses import dataclass
@dataclass
class Ok:
    value: int
@dataclass
class Err:
    why: str
def safe_div(a, b): return Err("zero") if b == 0 else Ok(a // b)
# wrong
from dataclasses import dataclass
@dataclass
class Ok:
    value: int
@dataclass
class Err:
    why: str
def safe_div(a, b): return Ok(0)
# test
match safe_div(6, 3):
    case Ok(value=2):
        pass
    case other:
        raise AssertionError(f"got {other}")
match safe_div(1, 0):
    case Err(why):
        assert why == "zero"
    case _:
        raise AssertionError("no error")

# === the test subclasses the learner's class
# right
class Shape:
    name = "shape"
    def __init__(self, side): self.side = side
    def area(self): raise NotImplementedError
    def describe(self): return f"{self.name} of area {self.area():.1f}"
# wrong
class Shape:
    name = "shape"
    def __init__(self, side): self.side = side
    def area(self): return 0
    def describe(self): return "shape"
# test
class Square(Shape):
    name = "square"
    def area(self): return self.side ** 2
s = Square(3)
assert s.describe() == "square of area 9.0" and isinstance(s, Shape) and s.side == 3
class Big(Square):
    def __init__(self, side):
        super().__init__(side * 10)
        self.extra = 1
b = Big(1)
assert b.area() == 100 and b.extra == 1 and isinstance(b, (Square, Shape))
try:
    Shape(1).describe()
except NotImplementedError:
    pass
else:
    raise AssertionError("Shape is not abstract")

# === inheritance, super and class methods
# right
class Base:
    registry = []
    def __init_subclass__(cls, **kw):
        super().__init_subclass__(**kw)
        Base.registry.append(cls.__name__)
    @classmethod
    def create(cls, *a): return cls(*a)
    @staticmethod
    def version(): return 2
class Child(Base):
    def __init__(self, x=1): self.x = x
# wrong
class Base:
    registry = []
    @classmethod
    def create(cls, *a): return Base()
    @staticmethod
    def version(): return 1
class Child(Base):
    def __init__(self, x=1): self.x = x
# test
c = Child.create(5)
assert isinstance(c, Child) and c.x == 5 and type(c) is Child
assert Base.version() == 2 and c.version() == 2
assert Base.registry == ["Child"]
class Grand(Child):
    pass
assert Base.registry == ["Child", "Grand"]
assert [k.__name__ for k in Child.__mro__] == ["Child", "Base", "object"]
assert Child.__bases__ == (Base,) and issubclass(Child, Base) and not issubclass(Base, Child)

# === contextlib helpers
# right
import contextlib
@contextlib.contextmanager
def temporary(d, **values):
    old = {k: d.get(k) for k in values}
    d.update(values)
    try: yield d
    finally:
        for k, v in old.items():
            if v is None: d.pop(k, None)
            else: d[k] = v
class closing_all(contextlib.ExitStack): pass
# wrong
import contextlib
@contextlib.contextmanager
def temporary(d, **values):
    d.update(values)
    yield d
# test
d = {"a": 1}
with temporary(d, a=2, b=3) as same:
    assert same is d and d == {"a": 2, "b": 3}
assert d == {"a": 1}
try:
    with temporary(d, a=9):
        raise RuntimeError("x")
except RuntimeError:
    pass
assert d == {"a": 1}
@temporary(d, c=1)
def inside(): return dict(d)
assert inside() == {"a": 1, "c": 1} and d == {"a": 1}

# === weak references, ids and identity
# right
class Pool:
    def __init__(self): self._free = []
    def get(self): return self._free.pop() if self._free else object()
    def put(self, x): self._free.append(x)
# wrong
class Pool:
    def __init__(self): pass
    def get(self): return object()
    def put(self, x): pass
# test
p = Pool()
a = p.get()
p.put(a)
assert p.get() is a
b = p.get()
assert b is not a and id(a) != id(b) and a == a and a != b

# === a singleton and a cache of instances
# right
class Settings:
    _one = None
    def __new__(cls, *a, **k):
        if cls._one is None: cls._one = super().__new__(cls)
        return cls._one
# wrong
class Settings: pass
# test
assert Settings() is Settings()
s = Settings()
s.mode = "x"
assert Settings().mode == "x"

# === a bytes protocol
# right
import struct
def encode(kind, payload): return struct.pack(">BI", kind, len(payload)) + payload
def decode(data):
    kind, n = struct.unpack_from(">BI", data)
    if len(data) < 5 + n: raise ValueError("short frame")
    return kind, bytes(data[5:5 + n])
# wrong
def encode(kind, payload): return bytes([kind]) + payload
def decode(data): return data[0], data[1:]
# test
import hashlib, pytest
frame = encode(7, b"\x00\xff" * 10)
assert frame[:5] == b"\x07\x00\x00\x00\x14" and decode(frame) == (7, b"\x00\xff" * 10)
assert decode(memoryview(frame)) == (7, b"\x00\xff" * 10) and decode(bytearray(frame))[0] == 7
with pytest.raises(ValueError, match="short"):
    decode(frame[:-1])
assert hashlib.sha256(frame).hexdigest()[:2] == hashlib.sha256(encode(7, b"\x00\xff" * 10)).hexdigest()[:2]

# === io objects of both sides
# right
import io
def lines(f): return [line.rstrip() for line in f]
def make(): return io.StringIO("a\nb\n")
def binary(): return io.BytesIO(b"xyz")
# wrong
import io
def lines(f): return f.read()
def make(): return "a\nb\n"
def binary(): return b"xyz"
# test
import io
assert lines(io.StringIO("1\n2\n")) == ["1", "2"]
f = make()
assert f.readline() == "a\n" and f.read() == "b\n"
assert list(make()) == ["a\n", "b\n"] and binary().read(2) == b"xy"
with open("t.txt", "w") as out:
    out.write("q\nr\n")
with open("t.txt") as source:
    assert lines(source) == ["q", "r"]

# === statistics, math and tolerance
# right
import statistics
def summary(xs):
    return {"mean": statistics.fmean(xs), "median": statistics.median(xs), "p90": statistics.quantiles(xs, n=10)[-1]}
# wrong
def summary(xs): return {"mean": 0, "median": 0, "p90": 0}
# test
import math
s = summary(list(range(1, 101)))
assert set(s) == {"mean", "median", "p90"}
assert math.isclose(s["mean"], 50.5) and s["median"] == 50.5 and round(s["p90"], 1) == 90.9
assert all(isinstance(v, float) for v in s.values())

# === keyword arguments, star arguments and defaults
# right
def collect(*args, sep="-", **kw): return sep.join([*map(str, args), *(f"{k}={v}" for k, v in kw.items())])
def positional(a, b, /, c): return a, b, c
# wrong
def collect(*args, **kw): return "-".join(map(str, args))
def positional(a, b, c): return a, b, c
# test
assert collect(1, 2, x=3, sep="+") == "1+2+x=3" and collect() == ""
assert collect(*range(3), **{"k": [1]}) == "0-1-2-k=[1]"
assert positional(1, 2, c=3) == (1, 2, 3)
try:
    positional(a=1, b=2, c=3)
except TypeError:
    pass
else:
    raise AssertionError("a and b are positional")
try:
    positional(1)
except TypeError as error:
    assert "missing" in str(error)

# === globals made in a loop of the test
# right
def power(b, e): return b ** e
# wrong
def power(b, e): return b * e
# test
for _b in range(3):
    for _e in range(3):
        assert power(_b, _e) == _b ** _e
cases = [(2, 3, 8), (5, 0, 1)]
assert all(power(b, e) == r for b, e, r in cases)
results = {f"{b}^{e}": power(b, e) for b, e, _ in cases}
assert results == {"2^3": 8, "5^0": 1}
def runs():
    return [power(b, e) for b, e, _ in cases]
assert runs() == [8, 1]

# === hidden tests in the same cell
# right
def is_prime(n): return n > 1 and all(n % d for d in range(2, int(n ** 0.5) + 1))
# wrong
def is_prime(n): return n in (2, 3, 5, 7)
# test
assert is_prime(7)
assert not is_prime(1)
### BEGIN HIDDEN TESTS
assert [n for n in range(60) if is_prime(n)][-1] == 59
### END HIDDEN TESTS

# === a variable by several names of answer
# right
answer = 42
name = "Ada"
items = (1, "b", None)
ratio = 2 / 3
# wrong
answer = "42"
name = "Bob"
items = [1, "b", None]
ratio = 0.66
# test
assert answer == 42 and isinstance(answer, int) and not isinstance(answer, bool)
assert name.lower() == "ada" and len(items) == 3 and items[-1] is None
assert abs(ratio - 0.6667) < 1e-3
import hashlib
assert hashlib.md5(str(answer).encode()).hexdigest() == "a1d0c6e83f027327d8461063f4ac58a6"
assert hashlib.sha1(repr(items).encode()).hexdigest() == hashlib.sha1(b"(1, 'b', None)").hexdigest()

# === the learner's module-level loop and comprehension
# right
squares = [n * n for n in range(10)]
by_parity = {"even": squares[::2], "odd": squares[1::2]}
total = 0
for s in squares: total += s
# wrong
squares = [n * 2 for n in range(10)]
by_parity = {"even": squares[::2], "odd": squares[1::2]}
total = sum(squares)
# test
assert squares == list(map(lambda n: n ** 2, range(10)))
assert by_parity["odd"][0] == 1 and total == 285
squares.append(100)
assert squares[-1] == 100 and by_parity["even"] == [0, 4, 16, 36, 64]

# === ipywidgets-like callbacks
# right
class Slider:
    def __init__(self, value): self._value, self._observers = value, []
    def observe(self, f): self._observers.append(f)
    @property
    def value(self): return self._value
    @value.setter
    def value(self, new):
        old, self._value = self._value, new
        for f in self._observers: f({"old": old, "new": new, "owner": self})
# wrong
class Slider:
    def __init__(self, value): self.value = value
    def observe(self, f): pass
# test
s, seen = Slider(1), []
s.observe(lambda change: seen.append((change["old"], change["new"])))
s.observe(lambda change: seen.append(change["owner"] is s))
s.value = 5
assert seen == [(1, 5), True] and s.value == 5

# === a rate limiter with a clock that moves
# right
class Bucket:
    def __init__(self, rate, burst, clock):
        self.rate, self.burst, self.clock = rate, burst, clock
        self.tokens, self.last = burst, clock.now()
    def allow(self, n=1):
        t = self.clock.now()
        self.tokens = min(self.burst, self.tokens + (t - self.last) * self.rate)
        self.last = t
        if self.tokens >= n:
            self.tokens -= n
            return True
        return False
# wrong
class Bucket:
    def __init__(self, rate, burst, clock): pass
    def allow(self, n=1): return True
# test
class Clock:
    t = 0.0
    def now(self): return self.t
clock = Clock()
b = Bucket(2, 3, clock)
assert [b.allow() for _ in range(4)] == [True, True, True, False]
clock.t = 0.5
assert b.allow() and not b.allow()
clock.t += 10
assert [b.allow() for _ in range(4)].count(True) == 3

# === an event-driven simulation with generators of processes
# given
import heapq
class Sim:
    def __init__(self): self.now, self._queue, self._n = 0, [], 0
    def process(self, gen): self._step(gen)
    def _step(self, gen):
        try: delay = next(gen)
        except StopIteration: return
        self._n += 1
        heapq.heappush(self._queue, (self.now + delay, self._n, gen))
    def run(self):
        while self._queue:
            self.now, _, gen = heapq.heappop(self._queue)
            self._step(gen)
# right
def car(sim, log, name, every):
    for _ in range(2):
        log.append((sim.now, name))
        yield every
# wrong
def car(sim, log, name, every):
    log.append((sim.now, name))
    yield every
# test
sim, log = Sim(), []
sim.process(car(sim, log, "a", 3))
sim.process(car(sim, log, "b", 2))
sim.run()
assert log == [(0, "a"), (0, "b"), (2, "b"), (3, "a")]
assert sim.now == 6
'''

FIELD = read_patterns(TEXT)
