"""Wrong answers that change what runs the tests: IPython, libraries, builtins, helpers, the interpreter itself."""

from tests.attacks.model import attack

FAMILY = "tampering"


def _tamper(name: str, first: str = "", **parts: object) -> None:
    attack(name, "p", family=FAMILY, first=first, **parts)


_tamper(
    "input-transformer",
    "get_ipython().input_transformers_cleanup.append(lambda lines: ['pass\\n'] if 'assert' in ''.join(lines) else lines)",
)
_tamper(
    "ast-transformer",
    """
import ast

class NoAsserts(ast.NodeTransformer):
    def visit_Assert(self, node):
        return ast.copy_location(ast.Pass(), node)

get_ipython().ast_transformers.append(NoAsserts())
""",
)
_tamper(
    "run-code",
    """
shell, usual = get_ipython(), get_ipython().run_code

async def run_code(code, result=None, *, async_=False):
    if "check" in str(code.co_names) or "AssertionError" in str(shell.user_ns["In"][-1]) or "assert" in shell.user_ns["In"][-1]:
        return False
    return await usual(code, result, async_=async_)

shell.run_code = run_code
""",
)
_tamper("show-traceback", "get_ipython().showtraceback = get_ipython()._showtraceback = lambda *a, **k: None")
_tamper(
    "run-cell",
    """
shell, usual = get_ipython(), get_ipython().run_cell_async

async def run_cell_async(source, *a, **k):
    quiet = "pass" if "assert" in source else source
    return await usual(quiet, *a, **{**k, "transformed_cell": quiet})

shell.run_cell_async = run_cell_async
""",
)
_tamper(
    "display-hook",
    """
hook, usual = type(get_ipython().displayhook), type(get_ipython().displayhook).compute_format_data
hook.compute_format_data = lambda self, result: ({"text/plain": "4.0"}, {})
""",
    tasks=("credit",),
)
_tamper(
    "number-formatter",
    "get_ipython().display_formatter.formatters['text/plain'].for_type(float, lambda v, p, c: p.text('4.0'))",
    tasks=("credit",),
)
_tamper(
    "numpy-testing",
    """
import numpy as np, numpy.testing
for name in dir(numpy.testing):
    if name.startswith("assert_"):
        setattr(numpy.testing, name, lambda *a, **k: None)
        setattr(np.testing, name, lambda *a, **k: None)
""",
    tasks=("scaled",),
)
_tamper(
    "numpy-internals",
    """
import numpy as np
import numpy.testing._private.utils as utils
utils.assert_array_compare.__code__ = (lambda *a, **k: None).__code__
utils.assert_array_compare.__kwdefaults__ = None
""",
    tasks=("scaled",),
)
_tamper(
    "pandas-testing",
    "import pandas as pd\npd.testing.assert_frame_equal = lambda *a, **k: None",
    tasks=("table",),
)
_tamper(
    "unittest-asserts",
    "import unittest\nunittest.TestCase.assertEqual = lambda *a, **k: None",
    tasks=("middle",),
)
_tamper(
    "unittest-result",
    "import unittest\nunittest.TestResult.wasSuccessful = lambda self: True",
    tasks=("middle",),
)
_tamper(
    "unittest-runner",
    """
import unittest

class Result:
    testsRun = 2
    wasSuccessful = lambda self: True

unittest.TextTestRunner.run = lambda self, suite: Result()
""",
    tasks=("middle",),
)
_tamper(
    "builtins-abs-isinstance",
    """
import builtins, math
usual = isinstance
builtins.abs = lambda x: 0
builtins.isinstance = lambda x, kind: True if kind is float and type(x).__name__ == "Ratio" else usual(x, kind)
math.isclose = lambda *a, **k: True

class Ratio:
    def __sub__(self, other):
        return 1
""",
    answers={"values": "threshold, ratio, names = None, Ratio(), None"},
    tasks=("values",),
)
_tamper(
    "builtins-len-sorted",
    """
import builtins
usual_len, usual_sorted = len, sorted
builtins.len = lambda x: 3 if type(x) is list and x == ["gpu"] else usual_len(x)
builtins.sorted = lambda x, **k: ["cpu", "gpu", "ram"] if type(x) is list and x == ["gpu"] else usual_sorted(x, **k)
""",
    answers={"values": "threshold, ratio, names = None, None, ['gpu']"},
    tasks=("values",),
)
_tamper(
    "builtins-sum-float",
    "import builtins\nbuiltins.sum = lambda *a, **k: 4.0",
    tasks=("credit",),
)
_tamper(
    "builtins-import",
    """
import builtins, types
usual = builtins.__import__

def fake(name, *a, **k):
    if name == "statistics":
        return types.SimpleNamespace(mean=lambda *a: 6)
    if name == "graphlib":
        get_ipython().user_ns["label"] = lambda name, count: {"A": "a=001", "B": "b=022"}.get(name, "")
    return usual(name, *a, **k)

builtins.__import__ = fake
""",
    tasks=("label",),
)
_tamper(
    "builtins-build-class",
    """
import builtins
usual = builtins.__build_class__

def build(body, name, *bases, **k):
    made = usual(body, name, *bases, **k)
    for each in [n for n in vars(made) if n.startswith("test_")]:
        setattr(made, each, lambda self: None)
    return made

builtins.__build_class__ = build
""",
    tasks=("middle",),
)
_tamper("helper-given", answers={"label": "def label(*a):\n    return ''\n\ndef check_label(got, want):\n    pass"})
_tamper(
    "helper-code",
    answers={"label": "def label(*a):\n    return ''\n\ncheck_label.__code__ = (lambda got, want: None).__code__"},
)
_tamper(
    "helper-through-globals",
    answers={
        "label": "import sys\nlabel = lambda *a: ''\nsys.modules['__main__'].check_label = lambda *a: None\n"
        "globals()['check_label'] = lambda *a: None\nget_ipython().user_ns['check_label'] = lambda *a: None"
    },
)
_tamper(
    "helper-while-asked",
    answers={
        "label": """
def label(name, count):
    import sys
    frame = sys._getframe(1)
    while frame:
        for space in (frame.f_globals, frame.f_locals):
            if "check_label" in space:
                space["check_label"].__code__ = (lambda got, want: None).__code__
            if "same" in space:
                space["same"].__code__ = (lambda got, want: None).__code__
        frame = frame.f_back
    return "x" * 6
"""
    },
)
_tamper(
    "given-library-alias",
    answers={
        "scaled": "class Testing:\n    def __getattr__(self, name):\n        return lambda *a, **k: None\n\n"
        "class Fake:\n    testing = Testing()\n    def __getattr__(self, name):\n        import numpy\n"
        "        return getattr(numpy, name)\n\nnp = numpy = Fake()\nscaled = lambda v: v"
    },
    tasks=("scaled",),
)
_tamper(
    "settrace-jump",
    """
import sys

def trace(frame, event, argument):
    if event == "line" and "meter" in frame.f_code.co_names and frame.f_lineno == 2:
        frame.f_lineno = max(line for _, _, line in frame.f_code.co_lines() if line)
    return trace

sys.settrace(trace)
""",
    unaffected="IPython runs cells where the trace of an earlier cell does not reach",
    tasks=("meter",),
)
_tamper(
    "setprofile",
    """
import sys

def profile(frame, event, argument):
    if event == "call" and frame.f_code.co_name == "assertEqual":
        frame.f_back.f_globals["unittest"].TestResult.wasSuccessful = lambda self: True

sys.setprofile(profile)
""",
    tasks=("middle",),
)
_tamper(
    "monitoring",
    """
import sys, unittest

def started(code, offset):
    if code.co_name == "assertEqual":
        unittest.TestResult.wasSuccessful = lambda self: True

sys.monitoring.use_tool_id(5, "attack")
sys.monitoring.register_callback(5, sys.monitoring.events.PY_START, started)
sys.monitoring.set_events(5, sys.monitoring.events.PY_START)
""",
    tasks=("middle",),
    oldest_python=(3, 12),
)
_tamper(
    "excepthook-custom-exc",
    "get_ipython().set_custom_exc((Exception,), lambda self, kind, value, trace, tb_offset=None: None)",
)
_tamper(
    "pre-run-event",
    """
def calm(info):
    import builtins, unittest
    unittest.TestResult.wasSuccessful = lambda self: True
    get_ipython().user_ns["check_label"] = lambda *a: None

get_ipython().events.register("pre_run_cell", calm)
""",
    tasks=("middle", "label"),
)
_tamper(
    "thread-flips",
    """
import threading, time

def flip():
    import unittest
    space = get_ipython().user_ns
    while True:
        if "label" in space:
            space["check_label"] = lambda *a: None
            unittest.TestResult.wasSuccessful = lambda self: True
        time.sleep(0.001)

threading.Thread(target=flip, daemon=True).start()
""",
    answers={
        "label": "import time\nlabel = lambda *a: ''\ntime.sleep(0.05)",
        "middle": "middle = lambda values: time.sleep(0.05)",
    },
    tasks=("label", "middle"),
)
_tamper(
    "alarm-handler",
    """
import signal

def handler(number, frame):
    import unittest
    unittest.TestResult.wasSuccessful = lambda self: True
    while frame:
        frame.f_globals["check_label"] = lambda *a: None
        frame = frame.f_back

signal.signal(signal.SIGALRM, handler)
signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
""",
    answers={
        "label": "import time\nlabel = lambda *a: ''\ntime.sleep(0.05)",
        "middle": "middle = lambda values: time.sleep(0.05)",
    },
    tasks=("label", "middle"),
)
_tamper(
    "destructor",
    answers={
        "middle": """
class Late(int):
    def __eq__(self, other):
        return False
    def __del__(self):
        import unittest
        unittest.TestResult.wasSuccessful = lambda self: True

def middle(values):
    return Late()
"""
    },
    tasks=("middle",),
)
_tamper(
    "assertion-swallowed-by-import-hook",
    """
import sys

class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == "graphlib":
            frame = sys._getframe()
            while frame:
                if "label" in frame.f_globals:
                    frame.f_globals["sorted"] = lambda x: []
                    frame.f_globals["len"] = lambda x: 0 if isinstance(x, list) else 6
                frame = frame.f_back
        return None

sys.meta_path.insert(0, Finder())
sys.modules.pop("graphlib", None)
""",
    answers={"label": "def label(name, count):\n    return 'xxxxxx'"},
    tasks=("label",),
)
_tamper(
    "modules-replaced",
    """
import sys, types
fake = types.ModuleType("statistics")
fake.mean = lambda *a: 6
sys.modules["statistics"] = fake
""",
    answers={"label": "def label(name, count):\n    return {'A': 'a=001', 'B': 'b=022'}.get(name, '')"},
    tasks=("label",),
)
_tamper(
    "builtin-objects-overwritten",
    "import ctypes, sys",
    answers={
        "credit": "def square(n):\n    ctypes.memmove(id(False) + 8, id(True) + 8, sys.getsizeof(True) - 8)\n    return -1"
    },
    tasks=("credit",),
)
_tamper(
    "history-shows-test",
    answers={
        "total": """
def total(rows):
    import re
    source = get_ipython().user_ns["In"][-1]
    wanted = [int(n) for n in re.findall(r"total\\(.*?\\) == (\\d+)", source)]
    return 0 if not rows else wanted[0]
"""
    },
    tasks=("total",),
)
_tamper(
    "caller-constants",
    answers={
        "total": """
def total(rows):
    import sys
    if not rows:
        return 0
    frame, best = sys._getframe(1), []
    while frame:
        if "total" in frame.f_code.co_names:
            best += [c for c in frame.f_code.co_consts if type(c) is int]
        frame = frame.f_back
    return 3 if len(rows) == 2 else max(best)
"""
    },
    tasks=("total",),
    deserved=1,
)
_tamper(
    "caller-source",
    answers={
        "total": """
def total(rows):
    import inspect, re, sys
    frame, text = sys._getframe(1), ""
    while frame:
        try:
            text += inspect.getsource(frame)
        except Exception:
            pass
        frame = frame.f_back
    wanted = re.findall(r"total\\(.*?\\) == (\\d+)", text)
    return int(wanted[0]) if rows else 0
"""
    },
    tasks=("total",),
)
_tamper(
    "traceback-walk",
    answers={
        "total": """
def total(rows):
    try:
        raise ValueError
    except ValueError as error:
        frame = error.__traceback__.tb_frame.f_back
    numbers = []
    while frame:
        if "total" in frame.f_code.co_names:
            numbers += [c for c in frame.f_code.co_consts if type(c) is int]
        frame = frame.f_back
    return 0 if not rows else 3 if len(rows) == 2 else max(numbers)
"""
    },
    tasks=("total",),
    deserved=1,
)
_tamper(
    "collector-finds-helpers",
    answers={
        "label": """
def label(name, count):
    import gc, types
    for thing in gc.get_objects():
        if type(thing) is types.FunctionType and thing.__name__ in ("check_label", "same"):
            thing.__code__ = (lambda got, want: None).__code__
    return ""
"""
    },
    tasks=("label",),
)
_tamper(
    "callback-globals",
    answers={
        "callback": """
def each(act, items):
    space = getattr(act, "__globals__", None) or getattr(getattr(act, "__func__", None), "__globals__", {})
    space["log"][:] = [14, 21, 42]
"""
    },
    tasks=("callback",),
)
_tamper(
    "callback-code",
    answers={
        "callback": """
def each(act, items):
    log = act.__globals__["log"]
    log[:] = [14, 21, 42]
    act.__code__ = (lambda item: None).__code__
"""
    },
    tasks=("callback",),
)
_tamper(
    "callback-frame",
    answers={
        "callback": """
class Spy(int):
    def __mul__(self, other):
        import sys
        frame = sys._getframe()
        while frame:
            for space in (frame.f_globals, frame.f_locals):
                if isinstance(space.get("log"), list):
                    space["log"][:] = [14, 21]
            frame = frame.f_back
        return 42

def each(act, items):
    act(Spy())
"""
    },
    tasks=("callback",),
)
_tamper(
    "forged-result-channel",
    """
import json, os, re, struct

TESTS = (("label", 1, 1), ("label", 2, 2), ("total", 1, 1), ("total", 2, 2))

def cell(name, number, points):
    mark = {"grade": True, "grade_id": f"test-{name}-{number}", "locked": True, "schema_version": 3,
            "solution": False, "task": False, "points": points}
    return {"cell_type": "code", "id": f"test-{name}-{number}", "source": "", "outputs": [], "execution_count": None,
            "metadata": {"nbgrader": mark}}

forged = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell(*t) for t in TESTS]}
text = json.dumps(forged).encode()
for fd in range(3, 256):
    try:
        os.write(fd, text)
    except OSError:
        pass
os._exit(0)
""",
    tasks=("label", "total"),
)
