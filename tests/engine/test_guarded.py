"""A test that cannot be split runs in the learner's process behind a guard: right answers earn, attacks do not.

Each attack is also tried without a guard, in plain IPython, where it earns: so that none of them fails by itself.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from textwrap import dedent

import pytest
from nbformat.v4 import new_notebook

from grading.engine.jail import Limits
from grading.engine.judge.guarded import UNTRUSTED
from grading.engine.profile import Profile, TestProfile
from grading.engine.run import Engine
from grading.engine.score import score_notebook
from tests.engine.test_run import cell, given, solution, test_cell

LIMITS = Limits(cell_cpu_s=4, cell_wall_s=20, memory_mb=900, disk_mb=16)
GIVEN = """
import math

def check_equal(got, want):
    assert got == want, f"{got} is not {want}"
"""
RIGHT = "def triple(n):\n    return 3 * n"
TEST = """
import unittest
import numpy as np

assert triple(2) == 6
np.testing.assert_allclose(triple(5), 15)
unittest.TestCase().assertEqual(triple(7), 21)
assert all(triple(n) == 3 * n for n in range(4))
check_equal(triple(9), 27)
"""


@dataclass(frozen=True)
class Attack:
    """What a learner hands in, the test that it is for, and a right answer to that test."""

    source: str
    test: str = TEST
    right: str = RIGHT
    works_plainly: bool = True


ATTACKS = {
    "an object that equals everything": Attack(
        """
        class Anything:
            def __eq__(self, other): return True
            def __ne__(self, other): return False
            def __bool__(self): return True
        def triple(n): return Anything()
        """,
        "assert triple(2) == 6\nassert not triple(2) != 6\ncheck_equal(triple(9), 27)",
    ),
    "objects that equal everything, in data": Attack(
        """
        class Anything:
            def __eq__(self, other): return True
            __hash__ = object.__hash__
        def triple(n): return {"values": [Anything(), (Anything(), 1)]}
        """,
        "assert triple(2) == {'values': [6, (6, 1)]}\nassert [triple(1)] == [{'values': [3, (3, 1)]}]",
        "def triple(n): return {'values': [3 * n, (3 * n, 1)]}",
    ),
    "a number that equals everything": Attack(
        """
        class Number(int):
            def __eq__(self, other): return True
            def __sub__(self, other): return 0
            def __lt__(self, other): return True
        def triple(n): return Number(1)
        """,
        "assert triple(2) == 6\nassert triple(2) - 6 == 0",
    ),
    "a class that equals everything, made while the test runs": Attack(
        "def triple(n): return type('Anything', (), {'__eq__': lambda *_: True})()",
        "assert triple(2) == 6\nassert triple(9) == 27",
    ),
    "an object in an array that equals everything": Attack(
        """
        import numpy as np
        class Anything:
            def __eq__(self, other): return True
        def triple(n): return np.array([Anything()], dtype=object)
        """,
        "import numpy as np\nassert bool((triple(2) == 6).all())\nnp.testing.assert_array_equal(triple(2), [6])",
        "import numpy as np\ndef triple(n): return np.array([3 * n])",
    ),
    "an object that says it is a number": Attack(
        """
        class Lies:
            __class__ = property(lambda self: int)
        def triple(n): return Lies()
        """,
        "assert isinstance(triple(2), int)",
    ),
    "patched builtins": Attack(
        """
        import builtins
        builtins.all = lambda *_: True
        builtins.abs = lambda *_: 0
        def triple(n): return 0
        """,
        "assert all(triple(n) == 3 * n for n in range(4))\nassert abs(triple(2) - 6) < 1",
    ),
    "builtins shadowed in the notebook": Attack(
        "def sum(*_): return 9\ndef triple(n): return 0",
        "assert sum([triple(1), triple(2)]) == 9",
    ),
    "builtins patched while the test runs": Attack(
        """
        def triple(n):
            import builtins
            builtins.all = lambda *_: True
            return 0
        """,
        "got = [triple(n) == 3 * n for n in range(1, 4)]\nassert all(got)",
    ),
    "patched assertions of NumPy": Attack(
        """
        import numpy as np
        np.testing.assert_allclose = lambda *_, **__: None
        def triple(n): return 0
        """,
        "import numpy as np\nnp.testing.assert_allclose(triple(5), 15)",
    ),
    "assertions of NumPy patched in place": Attack(
        """
        import numpy as np
        np.testing.assert_allclose.__code__ = (lambda *_, **__: None).__code__
        def triple(n): return 0
        """,
        "import numpy as np\nnp.testing.assert_allclose(triple(5), 15)",
    ),
    "assertions of NumPy patched while the test runs": Attack(
        """
        def triple(n):
            import numpy as np
            np.testing.assert_allclose = lambda *_, **__: None
            return 0
        """,
        "import numpy as np\ngot = triple(5)\nnp.testing.assert_allclose(got, 15)",
    ),
    "patched assertions of unittest": Attack(
        """
        import unittest
        unittest.TestCase.assertEqual = lambda *_: None
        def triple(n): return 0
        """,
        "import unittest\nunittest.TestCase().assertEqual(triple(7), 21)",
    ),
    "a module replaced by another": Attack(
        """
        import sys, types
        fake = types.ModuleType("unittest")
        class TestCase:
            def __getattr__(self, name): return lambda *_: None
        fake.TestCase = TestCase
        sys.modules["unittest"] = fake
        def triple(n): return 0
        """,
        "import unittest\nunittest.TestCase().assertEqual(triple(7), 21)",
    ),
    "a constant changed": Attack(
        "import math\nmath.pi = 3\ndef triple(n): return 3",
        "import math\nassert triple(1) == math.pi",
        "import math\ndef triple(n): return math.pi",
    ),
    "a given helper replaced": Attack(
        "def check_equal(got, want): pass\ndef triple(n): return 0",
        "check_equal(triple(9), 27)",
    ),
    "a given helper changed in place": Attack(
        "check_equal.__code__ = (lambda got, want: None).__code__\ndef triple(n): return 0",
        "check_equal(triple(9), 27)",
    ),
    "run_code replaced": Attack(
        """
        shell = get_ipython()
        async def nothing(*_, **__): return False
        shell.run_code = nothing
        def triple(n): return 0
        """
    ),
    "an input transformer": Attack(
        """
        def without(lines):
            return ["pass\\n" if "assert" in line or "check" in line else line for line in lines]
        get_ipython().input_transformers_post.append(without)
        def triple(n): return 0
        """
    ),
    "an AST transformer": Attack(
        """
        import ast
        class Without(ast.NodeTransformer):
            def visit_Assert(self, node): return ast.copy_location(ast.Pass(), node)
            def visit_Expr(self, node): return ast.copy_location(ast.Pass(), node)
        get_ipython().ast_transformers.append(Without())
        def triple(n): return 0
        """
    ),
    "an AST transformer before a given cell": Attack(
        """
        import ast
        class Without(ast.NodeTransformer):
            def visit_Assert(self, node): return ast.copy_location(ast.Pass(), node)
        get_ipython().ast_transformers.append(Without())
        def triple(n): return 0
        """,
        "late_check(triple(9), 27)",
    ),
    "a formatter of numbers": Attack(
        """
        get_ipython().display_formatter.formatters["text/plain"].for_type(float, lambda n, p, c: p.text("1.0"))
        def triple(n): return 0
        """,
        "(triple(2) == 6) / 1",
    ),
    "a trace function set while the test runs": Attack(
        """
        import sys
        def correct(frame, event, arg):
            frame.f_globals["got"] = 6
        def triple(n):
            sys.settrace(correct)
            return 0
        """,
        "got = triple(2)\nassert got == 6",
    ),
    "a trace function set before": Attack(
        """
        import sys
        def correct(frame, event, arg):
            if "got" in frame.f_globals and "triple" not in frame.f_code.co_names:
                frame.f_globals["got"] = 6
        def triple(n): return 0
        sys.settrace(correct)
        """,
        "got = triple(2)\nassert got == 6",
    ),
    "the constants of the calling frame": Attack(
        """
        import sys
        def triple(n): return max(c for c in sys._getframe(1).f_code.co_consts if type(c) is int)
        """,
        "assert triple(2) == 6",
    ),
    "the frames that inspect shows": Attack(
        """
        import inspect
        def triple(n): return max(c for c in inspect.currentframe().f_back.f_code.co_consts if type(c) is int)
        """,
        "assert triple(2) == 6",
    ),
    "the frames of a traceback": Attack(
        """
        def triple(n):
            try:
                raise KeyError
            except KeyError as error:
                return max(c for c in error.__traceback__.tb_frame.f_back.f_code.co_consts if type(c) is int)
        """,
        "assert triple(2) == 6",
    ),
    "the source of the running cell": Attack(
        """
        import re
        def triple(n): return int(re.findall(r"== (\\d+)", In[-1])[-1])
        """,
        "assert triple(2) == 6",
    ),
    "memory searched for the test": Attack(
        """
        import gc, re
        def triple(n):
            for thing in gc.get_objects():
                for text in thing if type(thing) is list else ():
                    if type(text) is str and (found := re.match("wanted = ([0-9]+)", text)):
                        return int(found[1])
        """,
        "wanted = 6\nassert triple(2) == wanted",
    ),
    "a function called at every fork": Attack(
        """
        import os, builtins, unittest
        def spoil():
            builtins.all = lambda *_: True
            unittest.TestCase.assertEqual = lambda *_: None
        spoil()
        os.register_at_fork(after_in_child=spoil)
        def triple(n): return 0
        """,
        "import unittest\nassert all([triple(n) == 3 * n for n in range(1, 4)])\n"
        "unittest.TestCase().assertEqual(triple(7), 21)",
    ),
    "an audit hook": Attack(
        """
        import sys, unittest
        def hook(event, args):
            if event in ("exec", "import", "open", "compile"):
                unittest.TestCase.assertEqual = lambda *_: None
        sys.addaudithook(hook)
        def triple(n): return 0
        """,
        "import unittest\nunittest.TestCase().assertEqual(triple(7), 21)",
    ),
    "the process ended": Attack("def triple(n):\n    import os\n    os._exit(0)", works_plainly=False),
    "an exit": Attack("def triple(n):\n    raise SystemExit(0)", works_plainly=False),
    "the guard's own modules": Attack(
        """
        try:
            from grading.engine.learner import guarded
        except ImportError:
            import grading.engine
            guarded = grading.engine.learner.guarded
        guarded.Guarded._verdict = lambda *_: ["", "", "1.0", ""]
        def triple(n): return 0
        """,
        works_plainly=False,
    ),
    "a forged verdict": Attack(
        """
        def triple(n):
            import os
            for fd in range(3, 256):
                try:
                    os.set_blocking(fd, False)
                    key = os.read(fd, 16)
                except OSError:
                    continue
                if len(key) == 16:
                    os.write(fd, key + b"".join(len(part).to_bytes(4, "big") + part for part in (b"", b"", b"1", b"")))
                    os._exit(0)
            return 0
        """,
        works_plainly=False,
    ),
}
PLAIN = """
import asyncio, json, os, sys
from IPython.core.interactiveshell import InteractiveShell
import numpy

def verdict(cells):
    shell = InteractiveShell.instance()
    for source in cells:
        result = shell.run_cell(source, store_history=True)
    sys.settrace(None)
    formatted = shell.display_formatter.format(result.result)[0] if result.result is not None else {}
    return bool(result.success) and formatted.get("text/plain", "1.0") == "1.0"

for name, cells in json.load(sys.stdin).items():
    reader, writer = os.pipe()
    if os.fork() == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.write(writer, b"1" if verdict(cells) else b"0")
        os._exit(0)
    os.close(writer)
    print(json.dumps([name, os.read(reader, 1) == b"1"]))
"""
LATE = "def late_check(got, want):\n    assert got == want"


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    with Engine(tmp_path_factory.mktemp("root"), limits=LIMITS) as engine:
        yield engine


@pytest.fixture(scope="module")
def plainly(tmp_path_factory):
    """Whether each attack earns in plain IPython, by its name."""
    cells = {name: [GIVEN, dedent(each.source), LATE, each.test] for name, each in ATTACKS.items()}
    done = subprocess.run(
        [sys.executable, "-c", PLAIN],
        input=json.dumps(cells),
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "IPYTHONDIR": str(tmp_path_factory.mktemp("ipython"))},
    )
    return dict(map(json.loads, done.stdout.splitlines()))


def run(engine, folder, *cells, operators=(), learner_names=("triple",)):
    tests = {
        each.metadata.nbgrader.grade_id: TestProfile(mode="guarded", operators=frozenset(operators))
        for each in cells
        if each.metadata.get("nbgrader", {}).get("grade")
    }
    profile = Profile(imports=("numpy",), tests=tests, learner_names=frozenset(learner_names))
    return engine.run(new_notebook(cells=list(cells)), folder, profile)


def scores(ran):
    return {name: (score.points, score.message) for name, score in score_notebook(ran.notebook).items()}


def points(engine, folder, source, *tests, **options):
    named = [test_cell(test, f"test-{number}") for number, test in enumerate(tests)]
    ran = run(engine, folder, given(GIVEN), solution(dedent(source), "triple"), given(LATE, "late"), *named, **options)
    return [earned for earned, _ in scores(ran).values()]


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_earns_nothing(engine, plainly, tmp_path, name):
    attack = ATTACKS[name]
    assert plainly[name] == attack.works_plainly, "the attack itself"
    assert points(engine, tmp_path, attack.right, attack.test) == [1], "the right answer"
    assert points(engine, tmp_path, attack.source, attack.test) == [0]


def test_right_answers_earn_and_wrong_ones_do_not(engine, tmp_path):
    assert points(engine, tmp_path, RIGHT, TEST) == [1]
    assert points(engine, tmp_path, "def triple(n):\n    return 3 * n + (n > 8)", TEST) == [0]
    assert points(engine, tmp_path, "def triple(n):\n    return n", TEST) == [0]


def test_a_process_in_which_failing_checks_pass_is_not_believed(engine, tmp_path):
    forged = dedent(ATTACKS["a forged verdict"].source)
    ran = run(engine, tmp_path, solution(forged, "triple"), test_cell("assert triple(2) == 6"))
    assert scores(ran) == {"test": (0, UNTRUSTED)}


def test_what_an_answer_changes_while_it_is_tested_is_named(engine, tmp_path):
    changing = "def triple(n):\n    import unittest\n    unittest.TestCase.assertEqual = None\n    return 3 * n"
    ran = run(engine, tmp_path, solution(changing, "triple"), test_cell("import unittest\nassert triple(2) == 6"))
    (earned, said) = scores(ran)["test"]
    assert (earned, said[-21:]) == (0, "TestCase.assertEqual.")


VECTOR = """
class Vector:
    def __init__(self, x): self.x = x
    def __eq__(self, other): return {equal}
    def __add__(self, other): return Vector(self.x + other.x)
"""


@pytest.mark.parametrize("operators", [(), ("__eq__", "__add__")])
def test_operators_that_the_reference_solution_has_are_the_learners_to_define(engine, tmp_path, operators):
    tests = (
        "assert Vector(1) == Vector(1)\nassert Vector(1) + Vector(2) == Vector(3)",
        "assert Vector(1) != Vector(2)",
    )
    honest = VECTOR.format(equal="self.x == other.x")
    options = {"operators": operators, "learner_names": {"Vector"}}
    assert points(engine, tmp_path, honest, *tests, **options) == ([1, 1] if operators else [0, 1])
    assert points(engine, tmp_path, VECTOR.format(equal="False"), *tests, **options) == [0, 1]


def test_a_test_defines_classes_and_helpers_of_its_own(engine, tmp_path):
    first = """
class Same:
    def __eq__(self, other): return other == 6
def is_right(n): return Same() == triple(n)
assert is_right(2)
"""
    assert points(engine, tmp_path, RIGHT, first, "assert is_right(2) and not is_right(3)") == [1, 1]
    assert points(engine, tmp_path, "def triple(n): return n", first, "assert is_right(2)") == [0, 0]


def test_a_test_awaits_and_binds_names_that_the_answer_reads(engine, tmp_path):
    answer = "import asyncio\nasync def triple(n):\n    await asyncio.sleep(0)\n    return 3 * n + offset"
    test = "import asyncio\noffset = 1\nassert await asyncio.gather(triple(1), triple(2)) == [4, 7]"
    assert points(engine, tmp_path, answer, test, "offset = 2\nassert await triple(1) == 5") == [1, 1]


def test_a_test_gives_part_of_its_points_and_shows_what_it_prints(engine, tmp_path):
    test = "print('looked')\nsum(triple(n) == 3 * n for n in range(4)) / 4"
    half = "def triple(n):\n    return 3 * n if n < 2 else 0"
    ran = run(engine, tmp_path, solution(half, "triple"), test_cell(test))
    assert scores(ran) == {"test": (0.5, "")}
    assert ran.notebook.cells[1].outputs[0].text == "looked\n"
    assert points(engine, tmp_path, "import numpy as np\ndef triple(n): return np.float64(1)", "triple(2) / 4") == [
        0.25
    ]


def test_what_a_test_does_is_gone_after_it(engine, tmp_path):
    answer = "seen = []\ndef triple(n):\n    seen.append(n)\n    return 3 * n"
    ran = run(
        engine,
        tmp_path,
        solution(answer, "triple"),
        test_cell("assert triple(2) == 6\nassert seen == [2]", "first"),
        test_cell("assert seen == []", "second"),
        cell("seen"),
    )
    assert {name: earned for name, (earned, _) in scores(ran).items()} == {"first": 1, "second": 1}
    assert ran.notebook.cells[-1].outputs[0].data["text/plain"] == "[]"


SEARCH = """
import re
wanted, found = re.compile(b"hidden[_]marker"), 0  # the pattern does not match itself
with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", 0) as memory:
    for line in maps:
        start, end, kind = re.match("([0-9a-f]+)-([0-9a-f]+) (....)", line).groups()
        if kind.startswith("rw") and int(end, 16) - int(start, 16) < 1 << 30:
            memory.seek(int(start, 16))
            try:
                found += len(wanted.findall(memory.read(int(end, 16) - int(start, 16))))
            except OSError:
                pass
found > 0
"""


def test_the_text_of_a_test_is_nowhere_in_the_learners_process_after_it(engine, tmp_path):
    ran = run(
        engine,
        tmp_path,
        solution(RIGHT, "triple"),
        test_cell("hidden_marker = 'hidden_marker'\nassert triple(2) == 6"),
        cell(SEARCH),
        cell("known = '_'.join(('hidden', 'marker'))"),
        cell(SEARCH),
    )
    assert scores(ran) == {"test": (1, "")}
    shown = [ran.notebook.cells[number].outputs[0].get("data", {}).get("text/plain") for number in (2, 4)]
    assert shown[1] == "True", "the search finds what is there"
    assert shown[0] == "False"


def test_a_test_that_never_ends_costs_only_itself(engine, tmp_path):
    answer = "def triple(n):\n    while n == 2: pass\n    return 3 * n"
    stuck, fine = test_cell("assert triple(2) == 6", "stuck"), test_cell("assert triple(3) == 9", "fine")
    ran = run(engine, tmp_path, solution(answer, "triple"), stuck, fine)
    assert {name: earned for name, (earned, _) in scores(ran).items()} == {"stuck": 0, "fine": 1}
    assert not ran.remarks, "the notebook is not run again"
