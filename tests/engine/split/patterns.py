"""Patterns of test cells, as data: what a learner may write (right and wrong) and how an author may test it.

Each block: `# === name`, then sections `# given`, `# right`, `# wrong`, `# test` (several tests follow one another, in
one task). The verdict of a right and a wrong answer must be the same split and in one process. The profile is recorded
on the first right answer; more of them are other ways to be right, judged with that profile.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Pattern:
    name: str
    given: str
    right: str
    wrong: str
    tests: tuple[str, ...]
    others: tuple[str, ...] = ()


def read_patterns(text: str) -> list[Pattern]:
    """The patterns of a table."""
    found = []
    for block in re.split(r"^# === ", text, flags=re.M)[1:]:
        name, _, rest = block.partition("\n")
        parts = re.split(r"^# (given|right|wrong|test)\b.*$", rest, flags=re.M)[1:]
        sections: dict[str, list[str]] = {"given": [], "right": [], "wrong": [], "test": []}
        for kind, body in zip(parts[::2], parts[1::2], strict=True):
            sections[kind].append(body.strip("\n"))
        found.append(
            Pattern(
                name.strip(),
                "\n".join(sections["given"]),
                sections["right"][0],
                sections["wrong"][0],
                tuple(sections["test"]),
                tuple(sections["right"][1:]),
            )
        )
    return found


TEXT = '''
# === a number
# right
def area(r): return 3 * r * r
# wrong
def area(r): return 3 * r
# test
assert area(2) == 12

# === a missing function
# right
def area(r): return 3
# wrong
areas = 3
# test
assert area(2) == 3

# === the learner's exception is the builtin one
# right
def parse(t):
    if not t: raise ValueError("empty text")
    return int(t)
# wrong
def parse(t):
    if not t: raise KeyError("empty text")
    return int(t)
# test
try:
    parse("")
except ValueError as error:
    assert "empty" in str(error)
else:
    raise AssertionError("should raise")

# === a list changed in place
# right
def sort_it(x): x.sort()
# wrong
def sort_it(x): return sorted(x)
# test
data = [3, 1, 2]
sort_it(data)
assert data == [1, 2, 3]

# === the argument comes back itself
# right
def fill(x):
    x["a"] = 1
    return x
# wrong
def fill(x):
    return {**x, "a": 1}
# test
d = {}
assert fill(d) is d
assert d == {"a": 1}

# === the argument must not be changed
# right
def plus(x): return [*x, 1]
# wrong
def plus(x):
    x.append(1)
    return x
# test
data = [0]
assert plus(data) == [0, 1]
assert data == [0]

# === a defensive copy on the way in
# right
import copy
class Book:
    def keep(self, d): self.d = copy.deepcopy(d)
    def get(self): return self.d
# wrong
class Book:
    def keep(self, d): self.d = d
    def get(self): return self.d
# test
d = {"n": 1, "inner": [1]}
b = Book()
b.keep(d)
d["n"] = 2
d["inner"].append(3)
assert b.get() == {"n": 1, "inner": [1]}

# === a defensive copy on the way out
# right
class Cart:
    def __init__(self): self._items = []
    def add(self, x): self._items.append(x)
    def items(self): return list(self._items)
# wrong
class Cart:
    def __init__(self): self._items = []
    def add(self, x): self._items.append(x)
    def items(self): return self._items
# test
c = Cart()
c.add("a")
got = c.items()
got.append("b")
assert c.items() == ["a"]

# === a live list
# right
class Log:
    def __init__(self): self.lines = []
    def say(self, x): self.lines.append(x)
# wrong
class Log:
    def __init__(self): self.lines = []
    def say(self, x): self.lines = [*self.lines, x]
# test
log = Log()
lines = log.lines
log.say("a")
assert lines == ["a"]

# === a mutable default
# right
def add(x, to=None):
    to = [] if to is None else to
    to.append(x)
    return to
# wrong
def add(x, to=[]):
    to.append(x)
    return to
# test
assert add(1) == [1]
assert add(2) == [2]

# === printed text
# right
def greet(n): print("Hello", n)
# wrong
def greet(n): return "Hello " + n
# test
import io
from contextlib import redirect_stdout
out = io.StringIO()
with redirect_stdout(out):
    greet("Ada")
assert out.getvalue() == "Hello Ada\\n"

# === printed in order with the test's own callback
# right
def both(f):
    print("a"); f(); print("c")
# wrong
def both(f):
    print("a"); print("c"); f()
# test
import io
from contextlib import redirect_stdout
out = io.StringIO()
with redirect_stdout(out):
    both(lambda: print("b"))
assert out.getvalue() == "a\\nb\\nc\\n"

# === standard error
# right
import sys
def warn(t): print(t, file=sys.stderr)
# wrong
def warn(t): print(t)
# test
import io
from contextlib import redirect_stderr
err = io.StringIO()
with redirect_stderr(err):
    warn("x")
assert err.getvalue().strip() == "x"

# === a seeded generator
# right
import random
def draw(): return random.random()
# wrong
import random
def draw(): return random.random() / 2
# test
import random
random.seed(3)
expected = random.random()
random.seed(3)
assert draw() == expected

# === a seeded NumPy generator
# right
import numpy as np
def draw(n): return np.random.rand(n)
# wrong
import numpy as np
def draw(n): return np.random.default_rng(0).random(n)
# test
import numpy as np
np.random.seed(5)
expected = np.random.rand(3)
np.random.seed(5)
assert np.array_equal(draw(3), expected)

# === input is patched
# right
def ask(): return int(input("n? ")) + 1
# wrong
def ask(): return 1
# test
from unittest import mock
with mock.patch("builtins.input", return_value="41"):
    assert ask() == 42

# === input is replaced by hand
# right
def ask(): return input().upper()
# wrong
def ask(): return ""
# test
import builtins
old = builtins.input
builtins.input = lambda *a: "yes"
try:
    assert ask() == "YES"
finally:
    builtins.input = old

# === standard input is replaced
# right
def ask(): return input()
# wrong
def ask(): return "no"
# test
import io, sys
old = sys.stdin
sys.stdin = io.StringIO("line\\n")
try:
    assert ask() == "line"
finally:
    sys.stdin = old

# === sleep is patched and counted
# right
import time
def wait_twice():
    time.sleep(5); time.sleep(5)
# wrong
import time
def wait_twice():
    time.sleep(5)
# test
from unittest.mock import patch
with patch("time.sleep") as nap:
    wait_twice()
assert nap.call_count == 2
nap.assert_called_with(5)

# === a function of the notebook is patched
# right
def fetch(): return "real"
def use(): return fetch() + "!"
# wrong
def fetch(): return "real"
def use(): return "real!"
# test
from unittest.mock import patch
with patch("__main__.fetch", return_value="fake"):
    assert use() == "fake!"
assert use() == "real!"

# === a method is patched
# right
class Door:
    def lock(self): return "locked"
    def close(self): return self.lock()
# wrong
class Door:
    def lock(self): return "locked"
    def close(self): return "locked"
# test
from unittest.mock import patch
with patch.object(Door, "lock", return_value="jammed"):
    assert Door().close() == "jammed"
assert Door().close() == "locked"

# === a mock is handed in
# right
def send_all(client, items):
    for i in items: client.send(i, retry=True)
# wrong
def send_all(client, items):
    client.send(items)
# test
from unittest.mock import Mock, call
client = Mock()
send_all(client, [1, 2])
assert client.send.call_args_list == [call(1, retry=True), call(2, retry=True)]

# === an environment variable
# right
import os
def mode(): return os.environ.get("SPLIT_MODE", "dev")
# wrong
def mode(): return "dev"
# test
import os
os.environ["SPLIT_MODE"] = "prod"
try:
    assert mode() == "prod"
finally:
    del os.environ["SPLIT_MODE"]
assert mode() == "dev"

# === the environment is patched
# right
import os
def mode(): return os.environ.get("SPLIT_MODE", "dev")
# wrong
def mode(): return "dev"
# test
import os
from unittest.mock import patch
with patch.dict(os.environ, {"SPLIT_MODE": "x"}):
    assert mode() == "x"
assert mode() == "dev"

# === another working folder
# right
from pathlib import Path
def here(): return Path.cwd()
# wrong
from pathlib import Path
def here(): return Path("/nowhere")
# test
import os, tempfile
from pathlib import Path
old = os.getcwd()
with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    try:
        assert here() == Path(folder).resolve()
    finally:
        os.chdir(old)

# === a deleted name
# right
total = 5
def get(): return 5
# wrong
def get(): return 5
# test
del total
assert get() == 5

# === a global that the test sets
# right
RATE = 1
def price(x): return x * RATE
# wrong
RATE = 1
def price(x): return x * 1
# test
RATE = 3
assert price(2) == 6

# === a counter in a global
# right
count = 0
def tick():
    global count
    count += 1
# wrong
count = 0
def tick():
    count = 1
# test
tick(); tick()
assert count == 2

# === a generator
# right
def evens(n):
    for i in range(n):
        if i % 2 == 0: yield i
# wrong
def evens(n):
    return [i for i in range(n)]
# test
assert list(evens(7)) == [0, 2, 4, 6]

# === a lazy generator
# right
def naturals():
    n = 0
    while True:
        yield n
        n += 1
# wrong
def naturals():
    return iter([0, 1])
# test
from itertools import islice
import inspect
g = naturals()
assert inspect.isgenerator(g)
assert [next(g) for _ in range(3)] == [0, 1, 2]
assert list(islice(g, 2)) == [3, 4]

# === a generator that is sent to
# right
def average():
    total, n, mean = 0, 0, None
    while True:
        x = yield mean
        total += x; n += 1; mean = total / n
# wrong
def average():
    mean = None
    while True:
        mean = yield mean
# test
a = average()
next(a)
assert a.send(10) == 10
assert a.send(20) == 15
a.close()

# === an iterator class
# right
class Down:
    def __init__(self, n): self.n = n
    def __iter__(self): return self
    def __next__(self):
        if self.n <= 0: raise StopIteration
        self.n -= 1
        return self.n + 1
# wrong
class Down:
    def __init__(self, n): self.n = n
    def __iter__(self): return iter(range(self.n))
    def __next__(self): raise StopIteration
# test
assert list(Down(3)) == [3, 2, 1]

# === the learner consumes the test's generator lazily
# right
def first(xs, n):
    out = []
    for x in xs:
        out.append(x)
        if len(out) == n: break
    return out
# wrong
def first(xs, n): return list(xs)[:n]
# test
seen = []
def source():
    for i in range(10):
        seen.append(i)
        yield i
assert first(source(), 3) == [0, 1, 2]
assert seen == [0, 1, 2]

# === a context manager
# right
from contextlib import contextmanager
events = []
@contextmanager
def span(name):
    events.append("in " + name)
    try: yield name.upper()
    finally: events.append("out " + name)
# wrong
from contextlib import contextmanager
events = []
@contextmanager
def span(name):
    events.append("in " + name)
    yield name.upper()
    events.append("out " + name)
# test
try:
    with span("x") as s:
        assert s == "X"
        raise RuntimeError("boom")
except RuntimeError:
    pass
assert events == ["in x", "out x"]

# === a context manager that swallows
# right
class Quiet:
    def __enter__(self): return self
    def __exit__(self, kind, error, trace): self.kind = kind; return kind is not None and issubclass(kind, ValueError)
# wrong
class Quiet:
    def __enter__(self): return self
    def __exit__(self, kind, error, trace): self.kind = kind
# test
with Quiet() as q:
    raise ValueError("x")
assert q.kind is ValueError

# === a custom exception
# right
class ShopError(Exception):
    def __init__(self, item, left):
        super().__init__(f"no {item}")
        self.item, self.left = item, left
def buy(item): raise ShopError(item, 0)
# wrong
class ShopError(Exception): pass
def buy(item): raise ShopError("no " + item)
# test
try:
    buy("tea")
except ShopError as error:
    assert error.item == "tea" and error.left == 0
    assert str(error) == "no tea"
else:
    raise AssertionError("no error")

# === a hierarchy of exceptions
# right
class Base(Exception): pass
class Late(Base, TimeoutError): pass
def go(): raise Late("late")
# wrong
class Base(Exception): pass
class Late(Exception): pass
def go(): raise Late("late")
# test
assert issubclass(Late, Base)
try:
    go()
except Base as error:
    assert type(error) is Late
    assert isinstance(error, TimeoutError)

# === an exception with a cause
# right
def load():
    try: int("x")
    except ValueError as error: raise RuntimeError("cannot load") from error
# wrong
def load(): raise RuntimeError("cannot load")
# test
try:
    load()
except RuntimeError as error:
    assert isinstance(error.__cause__, ValueError)

# === assertRaises
# right
class Bad(ValueError): pass
def f(): raise Bad("nope")
# wrong
class Bad(ValueError): pass
def f(): return None
# test
import unittest
case = unittest.TestCase()
with case.assertRaises(Bad) as caught:
    f()
assert "nope" in str(caught.exception)

# === the test's exception passes through the learner's code
# right
def call(f):
    try: return f()
    except LookupError: raise
    finally: pass
# wrong
def call(f):
    try: return f()
    except Exception: return None
# test
class Mine(LookupError):
    pass
mine = Mine("secret")
def fail(): raise mine
try:
    call(fail)
except Mine as error:
    assert error is mine
else:
    raise AssertionError("swallowed")

# === retry on the given exception
# given
class Flaky(Exception):
    """It may work next time."""
# right
def retry(f, n):
    for i in range(n):
        try: return f()
        except Flaky:
            if i == n - 1: raise
# wrong
def retry(f, n):
    return f()
# test
calls = []
def f():
    calls.append(1)
    if len(calls) < 3: raise Flaky("again")
    return "done"
assert retry(f, 3) == "done"
assert len(calls) == 3

# === operators
# right
class V:
    def __init__(self, x, y): self.x, self.y = x, y
    def __add__(self, o): return V(self.x + o.x, self.y + o.y)
    def __eq__(self, o): return isinstance(o, V) and (self.x, self.y) == (o.x, o.y)
    def __repr__(self): return f"V({self.x}, {self.y})"
# wrong
class V:
    def __init__(self, x, y): self.x, self.y = x, y
    def __add__(self, o): return V(self.x + o.x, self.y)
    def __eq__(self, o): return isinstance(o, V) and (self.x, self.y) == (o.x, o.y)
    def __repr__(self): return f"V({self.x}, {self.y})"
# test
assert V(1, 2) + V(3, 4) == V(4, 6)
assert V(1, 2) != V(1, 3)
assert repr(V(1, 2)) == "V(1, 2)"

# === order
# right
from functools import total_ordering
@total_ordering
class Version:
    def __init__(self, t): self.p = tuple(map(int, t.split(".")))
    def __eq__(self, o): return self.p == o.p
    def __lt__(self, o): return self.p < o.p
    def __hash__(self): return hash(self.p)
# wrong
from functools import total_ordering
@total_ordering
class Version:
    def __init__(self, t): self.p = t
    def __eq__(self, o): return self.p == o.p
    def __lt__(self, o): return self.p < o.p
    def __hash__(self): return hash(self.p)
# test
assert Version("1.10") > Version("1.9")
assert sorted([Version("2"), Version("1.10")])[0] == Version("1.10")
assert len({Version("1"), Version("1")}) == 1

# === a container
# right
class Bag:
    def __init__(self, *xs): self.xs = list(xs)
    def __len__(self): return len(self.xs)
    def __getitem__(self, i): return self.xs[i]
    def __setitem__(self, i, v): self.xs[i] = v
    def __contains__(self, x): return x in self.xs
    def __iter__(self): return iter(self.xs)
    def __bool__(self): return bool(self.xs)
# wrong
class Bag:
    def __init__(self, *xs): self.xs = list(xs)
    def __len__(self): return 2
    def __getitem__(self, i): return self.xs[0]
    def __setitem__(self, i, v): pass
    def __contains__(self, x): return True
    def __iter__(self): return iter(self.xs)
    def __bool__(self): return True
# test
b = Bag(1, 2, 3)
assert len(b) == 3 and b[1] == 2 and b[-2:] == [2, 3]
b[0] = 9
assert list(b) == [9, 2, 3]
assert 2 in b and 5 not in b
assert not Bag()

# === a dataclass
# right
from dataclasses import dataclass
@dataclass
class Point:
    x: int
    y: int = 0
# wrong
from dataclasses import dataclass
@dataclass
class Point:
    x: int
    y: int = 1
# test
p = Point(3)
assert (p.x, p.y) == (3, 0)
assert p == Point(3, 0)
p.x = 5
assert p.x == 5
assert repr(p) == "Point(x=5, y=0)"

# === fields of a dataclass
# right
from dataclasses import dataclass, field
@dataclass(frozen=True)
class Conf:
    name: str
    tags: list = field(default_factory=list)
# wrong
class Conf:
    def __init__(self, name, tags=()): self.name, self.tags = name, list(tags)
# test
import dataclasses
assert dataclasses.is_dataclass(Conf)
assert [f.name for f in dataclasses.fields(Conf)] == ["name", "tags"]
assert dataclasses.asdict(Conf("a")) == {"name": "a", "tags": []}
try:
    Conf("a").name = "b"
except dataclasses.FrozenInstanceError:
    pass
else:
    raise AssertionError("not frozen")

# === a given dataclass
# given
from dataclasses import dataclass, field
@dataclass
class Task:
    name: str
    done: bool = False
    tags: list = field(default_factory=list)
# right
def finish(task):
    task.done = True
    task.tags.append("x")
    return Task(task.name + "!", True)
# wrong
def finish(task):
    return Task(task.name + "!", False)
# test
t = Task("a")
assert finish(t) == Task("a!", True)
assert t.done and t.tags == ["x"]

# === a given enum
# given
from enum import Enum
class Level(Enum):
    LOW = 1
    HIGH = 2
# right
def level(x): return Level.HIGH if x > 5 else Level.LOW
# wrong
def level(x): return Level.LOW
# test
assert level(9) is Level.HIGH
assert level(1) == Level.LOW

# === an enum of the learner
# right
from enum import Enum
class Color(Enum):
    RED = "r"
    BLUE = "b"
def pick(): return Color.BLUE
# wrong
from enum import Enum
class Color(Enum):
    RED = "r"
    BLUE = "x"
def pick(): return Color.RED
# test
assert pick() is Color.BLUE
assert Color.RED.value == "r" and Color.BLUE.name == "BLUE"
assert [c.value for c in Color] == ["r", "b"]
assert len(Color) == 2

# === a given namedtuple
# given
from collections import namedtuple
Pt = namedtuple("Pt", "x y")
# right
def flip(p): return Pt(p.y, p.x)
# wrong
def flip(p): return p
# test
assert flip(Pt(1, 2)) == Pt(2, 1)
assert flip(Pt(1, 2)).x == 2

# === a namedtuple of the learner
# right
from typing import NamedTuple
class Pair(NamedTuple):
    a: int
    b: int
def make(): return Pair(1, 2)
# wrong
from typing import NamedTuple
class Pair(NamedTuple):
    a: int
    b: int
def make(): return Pair(2, 1)
# test
p = make()
assert p.a == 1 and p[1] == 2
a, b = p
assert (a, b) == (1, 2)

# === a given class as helper
# given
class Meter:
    def __init__(self): self.seen = []
    def add(self, x): self.seen.append(x); return len(self.seen)
# right
def measure(meter, xs): return [meter.add(x) for x in xs]
# wrong
def measure(meter, xs): return [meter.add(x) for x in xs[:1]]
# test
m = Meter()
assert measure(m, "ab") == [1, 2]
assert m.seen == ["a", "b"]

# === isinstance of a given class in the learner's code
# given
class Shape:
    def __init__(self, side): self.side = side
# right
def area(s): return s.side ** 2 if isinstance(s, Shape) else 0
# wrong
def area(s): return 0
# test
assert area(Shape(3)) == 9
assert area(3) == 0

# === a learner's subclass of a given class
# given
class Layer:
    def forward(self, x): raise NotImplementedError
    def twice(self, x): return self.forward(self.forward(x))
# right
class Double(Layer):
    def forward(self, x): return 2 * x
# wrong
class Double(Layer):
    def forward(self, x): return x
# test
d = Double()
assert isinstance(d, Layer)
assert issubclass(Double, Layer)
assert d.forward(4) == 8
assert d.twice(1) == 4

# === a decorator
# right
import functools
def counted(f):
    @functools.wraps(f)
    def run(*a, **k):
        run.calls += 1
        return f(*a, **k)
    run.calls = 0
    return run
# wrong
def counted(f):
    def run(*a, **k): return f(*a, **k)
    run.calls = 0
    return run
# test
@counted
def hello(n):
    "says hello"
    return "hi " + n
assert hello("x") == "hi x" and hello(n="y") == "hi y"
assert hello.calls == 2
assert hello.__name__ == "hello"
assert hello.__doc__ == "says hello"

# === a cache
# right
def memo(f):
    kept = {}
    def run(x):
        if x not in kept: kept[x] = f(x)
        return kept[x]
    return run
# wrong
def memo(f): return f
# test
calls = []
@memo
def slow(x):
    calls.append(x)
    return x * x
assert [slow(2), slow(2), slow(3)] == [4, 4, 9]
assert calls == [2, 3]

# === lru_cache of the learner
# right
from functools import lru_cache
@lru_cache(maxsize=None)
def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)
# wrong
def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)
# test
assert fib(20) == 6765
assert fib.cache_info().hits > 0

# === a signature
# right
def scale(x: float, *, by: float = 2.0) -> float:
    """Scale x."""
    return x * by
# wrong
def scale(x, by=2.0):
    return x * by
# test
import inspect
s = inspect.signature(scale)
assert list(s.parameters) == ["x", "by"]
assert s.parameters["by"].kind is inspect.Parameter.KEYWORD_ONLY
assert s.parameters["by"].default == 2.0
assert scale.__doc__ == "Scale x."
assert scale.__annotations__["x"] is float
assert callable(scale) and scale.__name__ == "scale"

# === a function that makes functions
# right
def power(n): return lambda x: x ** n
# wrong
def power(n): return lambda x: x * n
# test
cube = power(3)
assert cube(2) == 8
assert list(map(cube, [1, 2])) == [1, 8]

# === callbacks that re-enter
# right
def walk(n, f): return [f(n)] + (walk(n - 1, f) if n else [])
def double(x): return 2 * x
# wrong
def walk(n, f): return [f(n)]
def double(x): return 2 * x
# test
assert walk(2, lambda x: double(x) + 1) == [5, 3, 1]

# === functions in data
# right
ops = {"add": lambda a, b: a + b, "neg": lambda a: -a}
# wrong
ops = {"add": lambda a, b: a - b, "neg": lambda a: -a}
# test
assert set(ops) == {"add", "neg"}
assert ops["add"](1, 2) == 3

# === a sort key of the learner
# right
def key(w): return (len(w), w)
# wrong
def key(w): return w
# test
assert sorted(["bb", "a", "c", "aaa"], key=key) == ["a", "c", "bb", "aaa"]

# === an async function
# right
import asyncio
async def fetch(x):
    await asyncio.sleep(0)
    return x + 1
# wrong
async def fetch(x): return x
# test
assert await fetch(1) == 2
import asyncio, inspect
assert inspect.iscoroutinefunction(fetch)
assert await asyncio.gather(*(fetch(i) for i in range(3))) == [1, 2, 3]

# === concurrency is real
# right
import asyncio
async def both(f): return await asyncio.gather(f(1), f(2))
# wrong
async def both(f): return [await f(1), await f(2)]
# test
import asyncio
inside, most = 0, 0
async def job(x):
    global inside, most
    inside += 1
    most = max(most, inside)
    await asyncio.sleep(0.01)
    inside -= 1
    return x
assert await both(job) == [1, 2]
assert most == 2

# === a timeout
# right
import asyncio
async def guarded(f, s):
    try: return await asyncio.wait_for(f(), s)
    except asyncio.TimeoutError: return "late"
# wrong
async def guarded(f, s): return await f()
# test
import asyncio
async def slow():
    await asyncio.sleep(0.2)
    return "done"
async def quick(): return "done"
assert await guarded(slow, 0.01) == "late"
assert await guarded(quick, 5) == "done"

# === an async generator
# right
import asyncio
async def ticks(n):
    for i in range(n):
        await asyncio.sleep(0)
        yield i
# wrong
async def ticks(n):
    yield n
# test
assert [i async for i in ticks(3)] == [0, 1, 2]

# === an async context manager
# right
class Conn:
    log = []
    async def __aenter__(self): self.log.append("open"); return self
    async def __aexit__(self, *e): self.log.append("closed")
# wrong
class Conn:
    log = []
    async def __aenter__(self): self.log.append("open"); return self
    async def __aexit__(self, *e): pass
# test
async with Conn() as c:
    pass
assert c.log == ["open", "closed"]

# === a background task of the learner
# right
import asyncio
class Worker:
    def __init__(self): self.n = 0
    def start(self): self.task = asyncio.create_task(self.run())
    async def run(self):
        while True:
            self.n += 1
            await asyncio.sleep(0.001)
    async def stop(self):
        self.task.cancel()
        try: await self.task
        except asyncio.CancelledError: pass
# wrong
class Worker:
    def __init__(self): self.n = 0
    def start(self): pass
    async def stop(self): pass
# test
import asyncio
w = Worker()
w.start()
for _ in range(200):
    await asyncio.sleep(0.005)
    if w.n > 2: break
await w.stop()
assert w.n > 2

# === a lock made in a cell
# right
import asyncio
lock = asyncio.Lock()
shared = []
async def write(x):
    async with lock:
        shared.append((x, 1))
        await asyncio.sleep(0)
        shared.append((x, 2))
# wrong
import asyncio
shared = []
async def write(x):
    shared.append((x, 1))
    await asyncio.sleep(0)
    shared.append((x, 2))
# test
import asyncio
await asyncio.gather(write("a"), write("b"))
assert shared == [("a", 1), ("a", 2), ("b", 1), ("b", 2)]

# === threads of the test
# right
import threading
class Counter:
    def __init__(self): self.n, self.lock = 0, threading.Lock()
    def add(self):
        with self.lock: self.n += 1
# wrong
class Counter:
    def __init__(self): self.n = 0
    def add(self): self.n = 1
# test
from concurrent.futures import ThreadPoolExecutor
c = Counter()
with ThreadPoolExecutor(4) as pool:
    list(pool.map(lambda _: c.add(), range(40)))
assert c.n == 40

# === threads of the learner call back
# right
from concurrent.futures import ThreadPoolExecutor
def pmap(f, xs):
    with ThreadPoolExecutor(3) as pool: return list(pool.map(f, xs))
# wrong
def pmap(f, xs): return [f(xs[0])]
# test
assert pmap(lambda x: x * x, [1, 2, 3]) == [1, 4, 9]

# === arrays
# right
import numpy as np
def normal(a): return (a - a.mean(axis=0)) / a.std(axis=0)
# wrong
import numpy as np
def normal(a): return a - a.mean()
# test
import numpy as np
a = np.arange(12.0).reshape(4, 3) ** 2
n = normal(a)
assert n.shape == (4, 3) and n.dtype == np.float64
np.testing.assert_allclose(n.mean(axis=0), 0, atol=1e-12)
assert np.allclose(n.std(axis=0), 1)

# === an array changed in place
# right
def clip(a): a[a < 0] = 0
# wrong
def clip(a): return a.clip(0)
# test
import numpy as np
a = np.array([-1, 2, -3])
clip(a)
assert a.tolist() == [0, 2, 0]

# === a NumPy scalar
# right
import numpy as np
def mean(x): return np.mean(x)
# wrong
def mean(x): return "2.0"
# test
import numpy as np
assert isinstance(mean([1, 3]), (float, np.floating))
assert mean([1, 3]) == 2

# === a frame
# right
def totals(df): return df.groupby("k", as_index=False)["v"].sum()
# wrong
def totals(df): return df.groupby("k")["v"].sum()
# test
import pandas as pd
df = pd.DataFrame({"k": ["a", "b", "a"], "v": [1, 2, 3]})
pd.testing.assert_frame_equal(totals(df), pd.DataFrame({"k": ["a", "b"], "v": [4, 2]}))

# === a frame that must not be changed
# right
def clean(df): return df.dropna()
# wrong
def clean(df):
    df.dropna(inplace=True)
    return df
# test
import pandas as pd
df = pd.DataFrame({"a": [1.0, None]})
assert len(clean(df)) == 1
assert len(df) == 2

# === a frame that gets a column
# right
def add(df): df["c"] = df["a"] * 2
# wrong
def add(df): return df.assign(c=df["a"] * 2)
# test
import pandas as pd
df = pd.DataFrame({"a": [1, 2]})
add(df)
assert list(df.columns) == ["a", "c"] and df["c"].tolist() == [2, 4]

# === a scikit-learn model
# right
from sklearn.linear_model import LinearRegression
def train(X, y): return LinearRegression().fit(X, y)
# wrong
from sklearn.linear_model import LinearRegression
def train(X, y): return LinearRegression(fit_intercept=False).fit(X, y)
# test
import numpy as np
from sklearn.linear_model import LinearRegression
X = np.arange(5.0).reshape(-1, 1)
m = train(X, 2 * X[:, 0] + 1)
assert isinstance(m, LinearRegression)
assert np.allclose(m.predict([[10.0]]), [21])
assert abs(m.intercept_ - 1) < 1e-9
assert m.score(X, 2 * X[:, 0] + 1) > 0.999

# === the test's model is given to the learner
# right
def predict(model, x): return model.predict([[x]])[0]
# wrong
def predict(model, x): return 0
# test
import numpy as np
from sklearn.linear_model import LinearRegression
m = LinearRegression().fit([[0.0], [1.0]], [0.0, 2.0])
assert abs(predict(m, 3.0) - 6) < 1e-9

# === a figure
# right
import matplotlib
matplotlib.use("agg")
import matplotlib.pyplot as plt
def plot(xs):
    fig, ax = plt.subplots()
    ax.plot(xs, label="run")
    ax.set_title("Loss")
    return fig
# wrong
import matplotlib
matplotlib.use("agg")
import matplotlib.pyplot as plt
def plot(xs):
    fig, ax = plt.subplots()
    ax.plot(xs)
    return fig
# test
fig = plot([1, 2, 3])
(ax,) = fig.axes
assert ax.get_title() == "Loss"
line = ax.lines[0]
assert line.get_ydata().tolist() == [1, 2, 3]
assert [t.get_text() for t in ax.legend().get_texts()] == ["run"]

# === the current axes
# right
import matplotlib
matplotlib.use("agg")
import matplotlib.pyplot as plt
def plot(xs):
    plt.figure()
    plt.plot(xs)
    plt.xlabel("step")
# wrong
def plot(xs): pass
# test
import matplotlib.pyplot as plt
plot([1, 2])
assert plt.gca().get_xlabel() == "step"

# === a file that the learner writes
# right
from pathlib import Path
def save(x): Path("out.txt").write_text(str(x))
# wrong
def save(x): pass
# test
from pathlib import Path
Path("out.txt").unlink(missing_ok=True)
save(7)
assert Path("out.txt").read_text() == "7"

# === a file object
# right
def dump(rows, f):
    for r in rows: f.write(",".join(r) + "\\n")
# wrong
def dump(rows, f): f.write("x")
# test
import io
f = io.StringIO()
dump([["a", "b"]], f)
assert f.getvalue() == "a,b\\n"

# === warnings
# right
import warnings
def old(): warnings.warn("use new()", DeprecationWarning)
# wrong
def old(): pass
# test
import warnings
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    old()
assert [w.category for w in caught] == [DeprecationWarning]

# === partial credit
# right
def f(x): return x * 2
# wrong
def f(x): return 2
# test
good = sum(f(x) == 2 * x for x in range(4))
good / 4

# === helpers of the first test
# right
def sq(x): return x * x
# wrong
def sq(x): return x + x
# test
def check(x): assert sq(x) == x ** 2, f"sq({x})"
check(2)
# test
check(3)

# === the message says what came
# right
def f(): return [1, {"a": (2, None)}]
# wrong
def f(): return [1, {"a": (2, "x")}]
# test
got = f()
assert got == [1, {"a": (2, None)}], f"got {got!r}"

# === text of objects
# right
class T:
    def __str__(self): return "tee"
# wrong
class T: pass
# test
assert str(T()) == "tee"
assert f"{T()}" == "tee"

# === properties
# right
class Temp:
    def __init__(self, c): self.c = c
    @property
    def f(self): return self.c * 9 / 5 + 32
    @f.setter
    def f(self, v): self.c = (v - 32) * 5 / 9
    @classmethod
    def zero(cls): return cls(0)
    @staticmethod
    def unit(): return "C"
# wrong
class Temp:
    def __init__(self, c): self.c = c
    @property
    def f(self): return self.c
    @classmethod
    def zero(cls): return cls(0)
    @staticmethod
    def unit(): return "C"
# test
t = Temp.zero()
assert t.f == 32 and Temp.unit() == "C"
t.f = 212
assert t.c == 100
assert hasattr(t, "c") and not hasattr(t, "k")

# === missing attributes
# right
class A:
    def __init__(self): self.x = 1
# wrong
class A: pass
# test
assert getattr(A(), "x", None) == 1
assert vars(A()) == {"x": 1}

# === an abstract class and the test's subclass
# right
from abc import ABC, abstractmethod
class Animal(ABC):
    @abstractmethod
    def noise(self): ...
    def twice(self): return self.noise() * 2
# wrong
class Animal:
    def noise(self): return "?"
    def twice(self): return self.noise()
# test
class Dog(Animal):
    def noise(self): return "wuff"
assert Dog().twice() == "wuffwuff"
try:
    Animal()
except TypeError:
    pass
else:
    raise AssertionError("Animal is not abstract")

# === big and odd values
# right
def f(): return [10**60, float("inf"), "ü\\ud800", b"\\x00", 3 + 4j, {1, 2}, frozenset("a"), range(3), None, ...]
# wrong
def f(): return []
# test
assert f() == [10**60, float("inf"), "ü\\ud800", b"\\x00", 3 + 4j, {1, 2}, frozenset("a"), range(3), None, ...]

# === dates
# right
from datetime import date, timedelta, datetime, timezone
def due(d): return d + timedelta(days=30)
# wrong
def due(d): return d
# test
from datetime import date, datetime, timezone
assert due(date(2026, 1, 31)) == date(2026, 3, 2)
assert due(datetime(2026, 1, 1, tzinfo=timezone.utc)).tzinfo is timezone.utc

# === a list that holds itself
# right
def loop():
    x = [1]
    x.append(x)
    return x
# wrong
def loop(): return [1, [1]]
# test
x = loop()
assert x[1] is x

# === the builtins of the test are its own
# right
def sorted(x): return list(x)
def sum_up(x): return sum(x)
# wrong
def sum_up(x): return 0
# test
assert sum_up(sorted([2, 1])) == 3

# === a doubled call count
# right
def apply(f, n):
    for _ in range(n): f()
# wrong
def apply(f, n): f()
# test
n = 0
def inc():
    global n
    n += 1
apply(inc, 3)
assert n == 3

# === type names in messages
# right
def make(): return {"a": 1}
# wrong
class D(dict): pass
def make(): return D(b=1)
# test
got = make()
assert isinstance(got, dict) and got.get("a") == 1, type(got).__name__

# === default dictionaries and counters
# right
from collections import Counter, defaultdict
def count(t): return Counter(t)
def group(ws):
    d = defaultdict(list)
    for w in ws: d[w[0]].append(w)
    return d
# wrong
def count(t): return {c: 1 for c in t}
def group(ws): return {}
# test
from collections import Counter
assert count("aab") == Counter("aab")
assert count("aab").most_common(1) == [("a", 2)]
assert group(["ab", "ac", "b"]) == {"a": ["ab", "ac"], "b": ["b"]}
'''

PATTERNS = read_patterns(TEXT)
