"""Patterns with several right answers: the profile is recorded on the first, and the others are right in other ways."""

from patterns import read_patterns

TEXT = r'''
# === an array for a list
# right
def squares(n): return [i * i for i in range(n)]
# right
import numpy as np
def squares(n): return np.arange(n) ** 2
# right
def squares(n): return tuple(i * i for i in range(n))
# right
import pandas as pd
def squares(n): return pd.Series(range(n)) ** 2
# right
def squares(n): return (i * i for i in range(n))
# wrong
def squares(n): return [i for i in range(n)]
# test
assert list(squares(4)) == [0, 1, 4, 9]

# === a sequence that is measured and indexed
# right
def evens(n): return list(range(0, n, 2))
# right
def evens(n): return range(0, n, 2)
# right
import numpy as np
def evens(n): return np.arange(0, n, 2)
# right
from collections import deque
def evens(n): return deque(range(0, n, 2))
# right
class Evens(list): pass
def evens(n): return Evens(range(0, n, 2))
# right
class Evens:
    def __init__(self, n): self.n = n
    def __len__(self): return (self.n + 1) // 2
    def __getitem__(self, i):
        if i >= len(self): raise IndexError(i)
        return 2 * i
def evens(n): return Evens(n)
# wrong
def evens(n): return list(range(n))
# test
e = evens(7)
assert len(e) == 4 and e[1] == 2
assert [x for x in e] == [0, 2, 4, 6] and sum(e) == 12

# === a subclass of list that is compared
# right
def sort_it(xs): return sorted(xs)
# right
class Result(list): pass
def sort_it(xs): return Result(sorted(xs))
# right
class Result(list):
    def __eq__(self, o): return list(self) == list(o)
    __hash__ = None
def sort_it(xs): return Result(sorted(xs))
# wrong
class Result(list):
    def __eq__(self, o): return list(self) == list(o)
def sort_it(xs): return Result(xs)
# test
assert sort_it([3, 1, 2]) == [1, 2, 3]
assert sort_it([]) == []

# === a number of another type
# right
def mean(xs): return sum(xs) / len(xs)
# right
import numpy as np
def mean(xs): return np.mean(xs)
# right
from fractions import Fraction
def mean(xs): return Fraction(sum(xs), len(xs))
# right
import numpy as np
def mean(xs): return np.asarray(xs).mean(keepdims=True)[0]
# right
import numpy as np
def mean(xs): return np.array(sum(xs) / len(xs))
# right
class Seconds(float): pass
def mean(xs): return Seconds(sum(xs) / len(xs))
# right
class Seconds(float):
    def __eq__(self, o): return abs(float(self) - float(o)) < 1e-9
    __hash__ = float.__hash__
def mean(xs): return Seconds(sum(xs) / len(xs))
# right
from decimal import Decimal
def mean(xs): return Decimal(sum(xs)) / len(xs)
# wrong
def mean(xs): return sum(xs)
# test
assert mean([1, 2, 3, 4]) == 2.5
assert mean([2]) >= 2 and mean([1, 2]) < 2

# === a number close to another
# right
def area(r): return 3.14159265 * r ** 2
# right
import math
def area(r): return math.pi * r ** 2
# right
import numpy as np
def area(r): return np.float32(np.pi) * np.float32(r) ** 2
# right
class Area(float):
    def __repr__(self): return f"{float(self):.2f} m2"
def area(r): return Area(3.14159265 * r ** 2)
# wrong
def area(r): return 3 * r ** 2
# test
import math
import numpy as np
assert abs(area(2) - 12.566370) < 1e-4
assert math.isclose(area(1), math.pi, rel_tol=1e-5) and round(area(1), 2) == 3.14
np.testing.assert_allclose(area(3), 28.27433, rtol=1e-4)
assert area(1) * 2 > 6

# === a truth of another type
# right
def is_even(n): return n % 2 == 0
# right
def is_even(n): return not n & 1
# right
import numpy as np
def is_even(n): return np.equal(n % 2, 0)
# right
def is_even(n): return 1 - n % 2
# wrong
def is_even(n): return n % 2
# test
assert is_even(4) and not is_even(3)
assert is_even(0) == True

# === a text of another type
# right
def greet(n): return f"hello {n}"
# right
class Text(str): pass
def greet(n): return Text(f"hello {n}")
# right
import numpy as np
def greet(n): return np.str_(f"hello {n}")
# right
class Text(str):
    def upper(self): return "HELLO ADA"
def greet(n): return Text(f"hello {n}")
# wrong
def greet(n): return f"Hello {n}"
# test
assert greet("Ada") == "hello Ada"
assert greet("Ada").upper() == "HELLO ADA" and "lo A" in greet("Ada")
assert greet("x").startswith("hello") and isinstance(greet("x"), str) and len(greet("x")) == 7
assert greet("a") + "!" == "hello a!" and greet("b").split() == ["hello", "b"]

# === an enum of texts
# right
def level(x): return "high" if x > 1 else "low"
# right
import enum
class Level(str, enum.Enum):
    HIGH = "high"
    LOW = "low"
def level(x): return Level.HIGH if x > 1 else Level.LOW
# right
import enum
class Level(enum.StrEnum):
    HIGH = "high"
    LOW = "low"
def level(x): return Level.HIGH if x > 1 else Level.LOW
# wrong
import enum
class Level(enum.Enum):
    HIGH = "high"
    LOW = "low"
def level(x): return Level.HIGH if x > 1 else Level.LOW
# test
assert level(2) == "high" and level(0) == "low"
assert {level(2): 1}["high"] == 1

# === a dict of another type
# right
def count(t): return {c: t.count(c) for c in t}
# right
from collections import Counter
def count(t): return Counter(t)
# right
from collections import defaultdict
def count(t):
    d = defaultdict(int)
    for c in t: d[c] += 1
    return d
# right
class Counts(dict): pass
def count(t): return Counts((c, t.count(c)) for c in t)
# right
class Counts(dict):
    def __missing__(self, key): return 0
def count(t): return Counts((c, t.count(c)) for c in t)
# right
from collections import OrderedDict
def count(t): return OrderedDict((c, t.count(c)) for c in sorted(t))
# right
from types import MappingProxyType
def count(t): return MappingProxyType({c: t.count(c) for c in t})
# wrong
def count(t): return {c: 1 for c in t}
# test
assert count("aab") == {"a": 2, "b": 1}
assert dict(count("xyx")) == {"x": 2, "y": 1}
assert sorted(count("ba").items()) == [("a", 1), ("b", 1)] and "a" in count("a") and count("b").get("z", 0) == 0

# === a mapping of pandas
# right
def totals(rows):
    out = {}
    for k, v in rows: out[k] = out.get(k, 0) + v
    return out
# right
import pandas as pd
def totals(rows): return pd.DataFrame(rows, columns=["k", "v"]).groupby("k")["v"].sum()
# right
import pandas as pd
def totals(rows): return pd.DataFrame(rows, columns=["k", "v"]).groupby("k")["v"].sum().to_dict()
# wrong
def totals(rows): return dict(rows)
# test
t = totals([("a", 1), ("b", 2), ("a", 3)])
assert t["a"] == 4 and t["b"] == 2 and set(t.keys()) == {"a", "b"}
assert sum(t.values() if isinstance(t, dict) else t) == 6

# === a set of another type
# right
def vowels(t): return {c for c in t if c in "aeiou"}
# right
def vowels(t): return frozenset(t) & set("aeiou")
# right
class Vowels(set): pass
def vowels(t): return Vowels(c for c in t if c in "aeiou")
# right
def vowels(t): return dict.fromkeys(c for c in t if c in "aeiou").keys()
# wrong
def vowels(t): return set(t)
# test
assert vowels("education") == {"a", "e", "i", "o", "u"}
assert "a" in vowels("abc") and len(vowels("xyz")) == 0 and not vowels("xyz")
assert vowels("ab") <= {"a", "b"} and sorted(vowels("ei")) == ["e", "i"]

# === a pair of another type
# right
def stats(xs): return min(xs), max(xs)
# right
def stats(xs): return [min(xs), max(xs)]
# right
from collections import namedtuple
Stats = namedtuple("Stats", "low high")
def stats(xs): return Stats(min(xs), max(xs))
# right
from typing import NamedTuple
class Stats(NamedTuple):
    low: float
    high: float
def stats(xs): return Stats(low=min(xs), high=max(xs))
# right
import numpy as np
def stats(xs): return np.quantile(xs, [0, 1])
# right
from dataclasses import dataclass
@dataclass
class Stats:
    low: float
    high: float
    def __iter__(self): yield from (self.low, self.high)
def stats(xs): return Stats(min(xs), max(xs))
# right
def stats(xs):
    yield min(xs)
    yield max(xs)
# wrong
def stats(xs): return max(xs), min(xs)
# test
low, high = stats([3, 1, 2])
assert low == 1 and high == 3

# === a tuple compared
# right
def point(x): return (x, x + 1)
# right
from collections import namedtuple
P = namedtuple("P", "x y")
def point(x): return P(x, x + 1)
# right
from typing import NamedTuple
class P(NamedTuple):
    x: int
    y: int = 0
def point(x): return P(x, x + 1)
# right
import time
class P(tuple): pass
def point(x): return P((x, x + 1))
# wrong
def point(x): return [x, x + 1]
# test
assert point(1) == (1, 2) and point(1)[0] == 1
assert {point(1): "a"}[(1, 2)] == "a" and point(1) in [(1, 2)]
assert point(2) > (1, 9) and isinstance(point(1), tuple)

# === nested results of other types
# right
def table(n): return [{"i": i, "sq": i * i, "tags": ["x"] * i} for i in range(n)]
# right
import numpy as np
def table(n): return [{"i": np.int64(i), "sq": np.int64(i) ** 2, "tags": ["x"] * i} for i in range(n)]
# right
from collections import OrderedDict, UserDict
def table(n): return [OrderedDict(tags=["x"] * i, i=i, sq=float(i * i)) for i in range(n)]
# right
class Row(dict): pass
def table(n): return [Row(i=i, sq=i * i, tags=["x"] * i) for i in range(n)]
# right
class Rows(list): pass
class Row(dict): pass
def table(n): return Rows(Row(i=i, sq=i * i, tags=["x"] * i) for i in range(n))
# wrong
def table(n): return [{"i": i, "sq": i, "tags": ["x"] * i} for i in range(n)]
# test
assert table(2) == [{"i": 0, "sq": 0, "tags": []}, {"i": 1, "sq": 1, "tags": ["x"]}]
assert all(row["sq"] == row["i"] ** 2 for row in table(4))

# === a class with __call__ for a function
# right
def scale(x, by=2): return x * by
# right
class Scale:
    def __call__(self, x, by=2): return x * by
scale = Scale()
# right
import functools
scale = functools.partial(lambda x, by: x * by, by=2)
# right
scale = lambda x, by=2: x * by
# right
class Tools:
    @staticmethod
    def scale(x, by=2): return x * by
scale = Tools.scale
# right
class Tools:
    def scale(self, x, by=2): return x * by
scale = Tools().scale
# right
import functools
@functools.lru_cache
def scale(x, by=2): return x * by
# right
import numpy as np
scale = np.vectorize(lambda x, by=2: x * by)
# right
import functools
def log(f):
    @functools.wraps(f)
    def run(*a, **k): return f(*a, **k)
    return run
@log
def scale(x, by=2): return x * by
# wrong
def scale(x, by=2): return x + by
# test
assert callable(scale) and scale(3) == 6 and scale(3, by=3) == 9
assert [scale(x) for x in (1, 2)] == [2, 4] and list(map(scale, [5])) == [10]

# === a library's function for one's own
# right
def add(a, b): return a + b
# right
from operator import add
# right
add = int.__add__
# right
import numpy as np
add = np.add
# right
add = lambda *xs: sum(xs)
# wrong
from operator import sub as add
# test
assert add(2, 3) == 5 and add(-1, 1) == 0
from functools import reduce
assert reduce(add, [1, 2, 3]) == 6

# === a generator, an iterator, a list
# right
def chunks(xs, n):
    for i in range(0, len(xs), n): yield xs[i:i + n]
# right
def chunks(xs, n): return [xs[i:i + n] for i in range(0, len(xs), n)]
# right
def chunks(xs, n): return iter([xs[i:i + n] for i in range(0, len(xs), n)])
# right
class chunks:
    def __init__(self, xs, n): self.xs, self.n = xs, n
    def __iter__(self): return (self.xs[i:i + self.n] for i in range(0, len(self.xs), self.n))
# right
import itertools
def chunks(xs, n):
    it = iter(xs)
    return iter(lambda: list(itertools.islice(it, n)), [])
# right
def chunks(xs, n): return map(lambda i: xs[i:i + n], range(0, len(xs), n))
# wrong
def chunks(xs, n): yield xs
# test
assert list(chunks([1, 2, 3, 4, 5], 2)) == [[1, 2], [3, 4], [5]]
assert [len(c) for c in chunks([1, 2, 3], 2)] == [2, 1]
assert list(chunks([], 2)) == []

# === a class of the learner with more or less
# right
class Account:
    def __init__(self): self.balance = 0
    def deposit(self, n): self.balance += n
# right
from dataclasses import dataclass
@dataclass
class Account:
    balance: int = 0
    def deposit(self, n): self.balance += n
# right
class Account:
    def __init__(self): self._log = []
    @property
    def balance(self): return sum(self._log)
    def deposit(self, n): self._log.append(n)
# right
class Account:
    __slots__ = ("balance",)
    def __init__(self): self.balance = 0
    def deposit(self, n): self.balance += n
# right
from types import SimpleNamespace
class Account(SimpleNamespace):
    balance = 0
    def deposit(self, n): self.balance += n
# right
class Base:
    balance = 0
class Account(Base):
    def deposit(self, n): self.balance = self.balance + n
# right
import numpy as np
class Account:
    def __init__(self): self.balance = np.int64(0)
    def deposit(self, n): self.balance = self.balance + n
# right
class _Impl:
    def __init__(self): self.balance = 0
    def deposit(self, n): self.balance += n
def Account(): return _Impl()
# wrong
class Account:
    def __init__(self): self.balance = 0
    def deposit(self, n): self.balance = n
# test
a = Account()
a.deposit(5)
a.deposit(2)
assert a.balance == 7
assert Account().balance == 0

# === equality written by hand, by a dataclass, by a tuple
# right
class Money:
    def __init__(self, n, c): self.n, self.c = n, c
    def __eq__(self, o): return (self.n, self.c) == (o.n, o.c)
    def __hash__(self): return hash((self.n, self.c))
    def __add__(self, o): return Money(self.n + o.n, self.c)
# right
from dataclasses import dataclass
@dataclass(frozen=True)
class Money:
    n: int
    c: str
    def __add__(self, o): return Money(self.n + o.n, self.c)
# right
from typing import NamedTuple
class Money(NamedTuple):
    n: int
    c: str
    def __add__(self, o): return Money(self.n + o.n, self.c)
# right
from dataclasses import dataclass
@dataclass(frozen=True, order=True)
class Money:
    n: int
    c: str
    def __add__(self, o): return type(self)(self.n + o.n, self.c)
# wrong
class Money:
    def __init__(self, n, c): self.n, self.c = n, c
    def __eq__(self, o): return (self.n, self.c) == (o.n, o.c)
    def __hash__(self): return hash((self.n, self.c))
    def __add__(self, o): return Money(o.n, self.c)
# test
assert Money(1, "EUR") + Money(2, "EUR") == Money(3, "EUR")
assert Money(1, "EUR") != Money(1, "USD")
assert len({Money(1, "EUR"), Money(1, "EUR")}) == 1

# === order by total_ordering, by all operators, by a tuple
# right
from functools import total_ordering
@total_ordering
class V:
    def __init__(self, a, b): self.k = (a, b)
    def __eq__(self, o): return self.k == o.k
    def __lt__(self, o): return self.k < o.k
# right
class V:
    def __init__(self, a, b): self.k = (a, b)
    def __eq__(self, o): return self.k == o.k
    def __lt__(self, o): return self.k < o.k
    def __le__(self, o): return self.k <= o.k
    def __gt__(self, o): return self.k > o.k
    def __ge__(self, o): return self.k >= o.k
# right
class V(tuple):
    def __new__(cls, a, b): return super().__new__(cls, (a, b))
# right
from dataclasses import dataclass
@dataclass(order=True)
class V:
    a: int
    b: int
# right
class V:
    def __init__(self, a, b): self.k = (a, b)
    def __eq__(self, o): return self.k == o.k
    def __gt__(self, o): return self.k > o.k
    def __ge__(self, o): return self.k >= o.k
# wrong
from functools import total_ordering
@total_ordering
class V:
    def __init__(self, a, b): self.k = (b, a)
    def __eq__(self, o): return self.k == o.k
    def __lt__(self, o): return self.k < o.k
# test
assert V(1, 2) < V(1, 3) and V(2, 0) > V(1, 9)
assert V(1, 1) <= V(1, 1) and V(1, 1) >= V(1, 1)
assert sorted([V(2, 1), V(1, 5)])[0] == V(1, 5)

# === an exception of another class
# right
def parse(t):
    if not t: raise ValueError("empty")
    return int(t)
# right
class EmptyText(ValueError): pass
def parse(t):
    if not t: raise EmptyText("empty")
    return int(t)
# right
def parse(t):
    try: return int(t)
    except ValueError as error: raise ValueError("empty or no number") from error
# right
class EmptyText(ValueError):
    def __str__(self): return "empty text"
def parse(t):
    if not t: raise EmptyText
    return int(t)
# right
import json
def parse(t):
    try: return int(json.loads(t))
    except json.JSONDecodeError as error: raise type(error)("empty " + error.msg, error.doc, error.pos)
# right
class EmptyText(ValueError, LookupError):
    def __init__(self): super().__init__("empty")
def parse(t):
    if not t: raise EmptyText()
    return int(t)
# right
def parse(t): return int(t or _fail("empty"))
def _fail(why): raise UnicodeError(why)
# wrong
def parse(t):
    if not t: raise KeyError("empty")
    return int(t)
# test
assert parse("7") == 7
try:
    parse("")
except ValueError as error:
    assert "empty" in str(error)
else:
    raise AssertionError("ValueError expected")

# === assertRaises on other classes of exceptions
# right
def first(xs):
    if not xs: raise IndexError("no items")
    return xs[0]
# right
class NoItems(IndexError): pass
def first(xs):
    if not xs: raise NoItems("no items")
    return xs[0]
# right
def first(xs): return xs[0]
# wrong
def first(xs): return xs[0] if xs else None
# test
import pytest, unittest
with pytest.raises(IndexError):
    first([])
unittest.TestCase().assertRaises(IndexError, first, [])
assert first([3]) == 3

# === a frame with another index, dtype or order
# right
import pandas as pd
def summary(df): return df.groupby("k").agg(total=("v", "sum")).reset_index()
# right
import pandas as pd
def summary(df):
    out = df.groupby("k", as_index=False)["v"].sum()
    out.columns = ["k", "total"]
    return out
# right
import pandas as pd
def summary(df):
    return pd.DataFrame([(k, float(p["v"].sum())) for k, p in df.groupby("k")], columns=["k", "total"], index=[5, 6])
# right
import pandas as pd
class Frame(pd.DataFrame):
    @property
    def _constructor(self): return Frame
def summary(df): return Frame(df.groupby("k").agg(total=("v", "sum")).reset_index())
# wrong
import pandas as pd
def summary(df): return df.groupby("k").agg(total=("v", "mean")).reset_index()
# test
import pandas as pd
out = summary(pd.DataFrame({"k": ["a", "b", "a"], "v": [1, 2, 3]}))
assert list(out["k"]) == ["a", "b"] and out["total"].tolist() == [4, 2]
assert isinstance(out, pd.DataFrame) and out.shape == (2, 2) and set(out.columns) == {"k", "total"}
assert out.set_index("k").loc["a", "total"] == 4 and (out["total"] > 1).all()

# === an array of another kind
# right
import numpy as np
def unit(v): return v / np.linalg.norm(v)
# right
import numpy as np
def unit(v): return np.divide(v, np.sqrt((v * v).sum()), dtype=np.float64)
# right
def unit(v): return [x / sum(y * y for y in v) ** 0.5 for x in v]
# right
import pandas as pd
def unit(v): return pd.Series(v) / (pd.Series(v) ** 2).sum() ** 0.5
# right
import numpy as np
class Unit(np.ndarray): pass
def unit(v): return (v / np.linalg.norm(v)).view(Unit)
# right
import numpy as np
def unit(v): return np.ma.array(v / np.linalg.norm(v))
# right
import numpy as np
class Vector:
    def __init__(self, a): self.a = a
    def __array__(self, dtype=None, copy=None): return self.a
    def __len__(self): return len(self.a)
def unit(v): return Vector(v / np.linalg.norm(v))
# wrong
def unit(v): return v / v.sum()
# test
import numpy as np
np.testing.assert_allclose(unit(np.array([3.0, 4.0])), [0.6, 0.8])
assert np.allclose(unit(np.array([0.0, 2.0])), [0, 1]) and len(unit(np.ones(4))) == 4
assert abs(np.linalg.norm(unit(np.arange(1.0, 5))) - 1) < 1e-12

# === a model of another class
# right
from sklearn.linear_model import LogisticRegression
def train(X, y): return LogisticRegression().fit(X, y)
# right
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
def train(X, y): return make_pipeline(StandardScaler(), SVC()).fit(X, y)
# right
import numpy as np
class Mine:
    def fit(self, X, y):
        self.m = [X[y == c].mean(axis=0) for c in (0, 1)]
        return self
    def predict(self, X):
        a, b = (((X - m) ** 2).sum(axis=1) for m in self.m)
        return (b < a).astype(int)
def train(X, y): return Mine().fit(X, y)
# right
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.tree import DecisionTreeClassifier
class Wrapped(ClassifierMixin, BaseEstimator):
    def fit(self, X, y):
        self.tree_ = DecisionTreeClassifier(random_state=0).fit(X, y)
        return self
    def predict(self, X): return self.tree_.predict(X).tolist()
def train(X, y): return Wrapped().fit(X, y)
# wrong
from sklearn.dummy import DummyClassifier
def train(X, y): return DummyClassifier().fit(X, y)
# test
import numpy as np
from sklearn.datasets import make_blobs
from sklearn.metrics import accuracy_score
X, y = make_blobs(200, centers=2, random_state=3)
model = train(X[:150], y[:150])
assert hasattr(model, "predict")
assert accuracy_score(y[150:], model.predict(X[150:])) > 0.9
assert np.mean(model.predict(X) == y) > 0.9 and len(model.predict(X[:5])) == 5

# === isinstance of a library's base class
# right
from sklearn.linear_model import LinearRegression
def make(): return LinearRegression()
# right
from sklearn.ensemble import RandomForestRegressor
def make(): return RandomForestRegressor(5)
# right
from sklearn.base import BaseEstimator, RegressorMixin
class Own(RegressorMixin, BaseEstimator):
    def fit(self, X, y): return self
    def predict(self, X): return X[:, 0]
def make(): return Own()
# wrong
class Own:
    def fit(self, X, y): return self
    def predict(self, X): return X[:, 0]
def make(): return Own()
# test
from sklearn.base import BaseEstimator, is_regressor
import sklearn
model = make()
assert isinstance(model, BaseEstimator), type(model).__name__
assert isinstance(model, sklearn.base.RegressorMixin) and hasattr(model, "fit")

# === an async function in other ways
# right
import asyncio
async def fetch(x):
    await asyncio.sleep(0)
    return x + 1
# right
import asyncio
def fetch(x): return asyncio.sleep(0, x + 1)
# right
import asyncio
def fetch(x): return asyncio.ensure_future(asyncio.sleep(0, x + 1))
# right
import asyncio
class Fetch:
    async def __call__(self, x): return x + 1
fetch = Fetch()
# right
import asyncio
async def fetch(x): return await asyncio.to_thread(lambda: x + 1)
# right
import asyncio
def fetch(x):
    f = asyncio.get_running_loop().create_future()
    f.set_result(x + 1)
    return f
# wrong
async def fetch(x): return x
# test
import asyncio
assert await fetch(1) == 2
assert await asyncio.gather(fetch(1), fetch(2)) == [2, 3]
assert await asyncio.wait_for(fetch(3), 5) == 4

# === a context manager in other ways
# right
from contextlib import contextmanager
@contextmanager
def opened(log):
    log.append("open")
    try: yield log
    finally: log.append("close")
# right
class opened:
    def __init__(self, log): self.log = log
    def __enter__(self):
        self.log.append("open")
        return self.log
    def __exit__(self, *e): self.log.append("close")
# right
import contextlib
def opened(log):
    stack = contextlib.ExitStack()
    log.append("open")
    stack.callback(log.append, "close")
    stack.enter_context(contextlib.nullcontext())
    class Keep:
        def __enter__(self): return log
        def __exit__(self, *e): return stack.__exit__(*e)
    return Keep()
# wrong
from contextlib import contextmanager
@contextmanager
def opened(log):
    log.append("open")
    yield log
    log.append("close")
# test
log = []
with opened(log) as same:
    assert same is log and log == ["open"]
assert log == ["open", "close"]
try:
    with opened(log):
        raise ValueError("x")
except ValueError:
    pass
assert log[-1] == "close" and len(log) == 4

# === a decorator in other ways
# right
import functools
def count_calls(f):
    @functools.wraps(f)
    def run(*a, **k):
        run.calls += 1
        return f(*a, **k)
    run.calls = 0
    return run
# right
import functools
class count_calls:
    def __init__(self, f):
        functools.update_wrapper(self, f)
        self.f, self.calls = f, 0
    def __call__(self, *a, **k):
        self.calls += 1
        return self.f(*a, **k)
# right
def count_calls(f):
    def run(*a, **k):
        run.calls = run.calls + 1
        return f(*a, **k)
    run.__name__, run.__doc__, run.calls = f.__name__, f.__doc__, 0
    return run
# wrong
def count_calls(f):
    f.calls = 0
    return f
# test
@count_calls
def add(a, b=1):
    """Adds."""
    return a + b
assert add(1) == 2 and add(1, b=5) == 6
assert add.calls == 2 and add.__name__ == "add" and add.__doc__ == "Adds."

# === printed in other ways
# right
def report(x): print("total:", x)
# right
import sys
def report(x): sys.stdout.write(f"total: {x}\n")
# right
def report(x):
    for part in ("total:", " ", x, "\n"): print(part, end="")
# right
import sys
def report(x): print(f"total: {x}", file=sys.stdout, flush=True)
# right
def report(x): print("total: %d" % x)
# wrong
def report(x): print("total", x)
# test
import io
from contextlib import redirect_stdout
out = io.StringIO()
with redirect_stdout(out):
    report(3)
assert out.getvalue() == "total: 3\n"

# === dates in other types
# right
from datetime import date, timedelta
def next_day(d): return d + timedelta(days=1)
# right
import pandas as pd
def next_day(d): return (pd.Timestamp(d) + pd.Timedelta(days=1)).date()
# right
from datetime import date
def next_day(d): return date.fromordinal(d.toordinal() + 1)
# right
from datetime import date
class Day(date): pass
def next_day(d): return Day.fromordinal(d.toordinal() + 1)
# right
import numpy as np
def next_day(d): return (np.datetime64(d) + 1).item()
# wrong
def next_day(d): return d
# test
from datetime import date
assert next_day(date(2026, 2, 28)) == date(2026, 3, 1)
assert next_day(date(2026, 12, 31)).year == 2027 and next_day(date(2026, 1, 1)) > date(2026, 1, 1)

# === a given class handed back as a subclass
# given
from dataclasses import dataclass
@dataclass
class Decision:
    allow: bool
    reason: str = ""
# right
def decide(x): return Decision(x > 0, "positive" if x > 0 else "not positive")
# right
class Mine(Decision): pass
def decide(x): return Mine(x > 0, "positive" if x > 0 else "not positive")
# right
from dataclasses import dataclass, replace
@dataclass
class Mine(Decision):
    score: float = 0.0
def decide(x): return Mine(x > 0, "positive" if x > 0 else "not positive", x)
# right
import numpy as np
def decide(x): return Decision(np.bool_(x > 0), np.str_("positive" if x > 0 else "not positive"))
# wrong
def decide(x): return Decision(True, "positive")
# test
d = decide(1)
assert isinstance(d, Decision) and d.allow and d.reason == "positive"
assert not decide(-1).allow and "not" in decide(0).reason

# === a given base class, used in other ways
# given
from abc import ABC, abstractmethod
class Sink(ABC):
    @abstractmethod
    def write(self, item): ...
    def write_all(self, items):
        for item in items: self.write(item)
# right
class ListSink(Sink):
    def __init__(self): self.items = []
    def write(self, item): self.items.append(item)
# right
class ListSink(Sink):
    items = None
    def write(self, item): self.items = [*(self.items or []), item]
# right
from dataclasses import dataclass, field
@dataclass
class ListSink(Sink):
    items: list = field(default_factory=list)
    def write(self, item): self.items += [item]
# right
class Base(Sink):
    def write(self, item): self._keep(item)
class ListSink(Base):
    def __init__(self): self._items = ()
    def _keep(self, item): self._items += (item,)
    @property
    def items(self): return list(self._items)
# wrong
class ListSink(Sink):
    def __init__(self): self.items = []
    def write(self, item): self.items = [item]
# test
s = ListSink()
s.write_all("ab")
s.write(3)
assert s.items == ["a", "b", 3] and isinstance(s, Sink)

# === complex results of arithmetic
# right
def roots(a, b, c):
    d = (b * b - 4 * a * c) ** 0.5
    return {(-b + d) / (2 * a), (-b - d) / (2 * a)}
# right
import numpy as np
def roots(a, b, c): return set(np.roots([a, b, c]))
# right
import numpy as np
def roots(a, b, c): return np.roots([a, b, c])
# wrong
def roots(a, b, c): return {0}
# test
assert sorted(round(float(x), 6) for x in roots(1, -3, 2)) == [1.0, 2.0]

# === a path or its text
# right
from pathlib import Path
def save(text):
    p = Path("note.txt")
    p.write_text(text)
    return p
# right
def save(text):
    with open("note.txt", "w") as f: f.write(text)
    return "note.txt"
# right
import os
def save(text):
    fd = os.open("note.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.write(fd, text.encode())
    os.close(fd)
    return os.path.abspath("note.txt")
# wrong
def save(text): return "note.txt"
# test
import os
assert open(save("hi")).read() == "hi" and os.path.exists(save("x"))
from pathlib import Path
assert Path(save("yo")).read_text() == "yo"

# === a callback called in other ways
# right
def each(xs, f): return [f(x) for x in xs]
# right
def each(xs, f): return list(map(f, xs))
# right
import numpy as np
def each(xs, f): return np.vectorize(f, otypes=[object])(np.array(xs, dtype=object)).tolist()
# right
import pandas as pd
def each(xs, f): return pd.Series(xs, dtype=object).apply(f).tolist()
# right
from concurrent.futures import ThreadPoolExecutor
def each(xs, f):
    with ThreadPoolExecutor(1) as pool: return list(pool.map(f, xs))
# right
import functools
def each(xs, f): return functools.reduce(lambda out, x: [*out, f(x)], xs, [])
# wrong
def each(xs, f): return xs
# test
seen = []
def f(x):
    seen.append(x)
    return x + 1
assert each([1, 2, 3], f) == [2, 3, 4]
assert seen == [1, 2, 3]

# === sorting in other ways
# right
def by_age(people): return sorted(people, key=lambda p: p["age"])
# right
def by_age(people):
    out = list(people)
    out.sort(key=lambda p: p["age"])
    return out
# right
import operator
def by_age(people): return sorted(people, key=operator.itemgetter("age"))
# right
import pandas as pd
def by_age(people): return pd.DataFrame(people).sort_values("age").to_dict("records")
# right
import heapq
def by_age(people): return [p for _, _, p in sorted((p["age"], n, p) for n, p in enumerate(people))]
# wrong
def by_age(people): return people
# test
people = [{"n": "a", "age": 3}, {"n": "b", "age": 1}]
assert [p["n"] for p in by_age(people)] == ["b", "a"]
assert people[0]["n"] == "a"

# === an always-equal object earns nothing
# right
def answer(): return 42
# right
def answer(): return 42.0
# right
import numpy as np
def answer(): return np.int32(42)
# wrong
class Any:
    def __eq__(self, o): return True
    def __hash__(self): return 1
def answer(): return 41
# test
assert answer() == 42

# === a signature told in other ways
# right
def load(path, *, strict=False, limit: int = 10):
    """Load."""
# right
def load(path: str, *, strict: bool = False, limit: int = 10) -> None:
    "Load a file."
# right
import functools
def log(f):
    @functools.wraps(f)
    def run(*a, **k): return f(*a, **k)
    return run
@log
def load(path, *, strict=False, limit: int = 10):
    """Load."""
# right
import inspect
class Load:
    """Load."""
    def __call__(self, path, *, strict=False, limit=10): pass
load = Load()
# wrong
def load(path, strict=False, limit=10): pass
# test
import inspect
p = inspect.signature(load).parameters
assert list(p) == ["path", "strict", "limit"] and p["strict"].kind is p["limit"].kind is inspect.Parameter.KEYWORD_ONLY
assert p["limit"].default == 10 and load.__doc__ and "Load" in load.__doc__
'''

OTHER = read_patterns(TEXT)
