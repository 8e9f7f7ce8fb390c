"""What maintainers tried against their own engine and does not fit the catalogue of attacks, and what stays allowed.

Each way of a test that an attack abused is used honestly here too: where the reference solution does the same, an
answer may do it.
"""

import os
import pickle
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_notebook

from grading.engine.autograded import _copy
from grading.engine.jail import Limits, Tier
from grading.engine.profile import Profile
from grading.engine.run import Engine
from grading.engine.score import score_notebook
from tests.engine.cells import cell

LIMITS = Limits(cell_cpu_s=2, cell_wall_s=6, memory_mb=800, disk_mb=16)
IMPORTS = ("asyncio", "dataclasses", "collections", "unittest.mock", "random")


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    with Engine(tmp_path_factory.mktemp("root"), limits=LIMITS) as engine:
        yield engine


def notebook(answer, test, given="", own=""):
    """An assignment of one task, with a learner's own cell before everything where there is one."""
    cells = [cell(own)] if own else []
    cells += [cell(given, "given", locked=True)] if given else []
    cells += [cell(answer, "task", solution=True), cell(test, "test", grade=True, locked=True, points=1)]
    return new_notebook(cells=cells)


def points(engine, folder, answer, test, reference=None, **cells):
    """What an answer earns when the build has recorded the test on the reference solution."""
    profile = Profile(imports=IMPORTS)
    if reference is not None:
        found = engine.record(notebook(reference, test, cells.get("given", "")), folder, profile).found
        profile = Profile(imports=IMPORTS, tests=found)
    ran = engine.run(notebook(answer, test, **cells), folder, profile)
    return score_notebook(ran.notebook)["test"].points


SWALLOWS = """
class keep:
    def __enter__(self):
        return self
    def __exit__(self, kind, error, trace):
        return {}
"""
KEEPS = "with keep():\n    raise ValueError('kept back')"


def test_an_exit_may_keep_an_error_back_where_the_reference_solution_does(engine, tmp_path):
    swallows = SWALLOWS.format("kind is ValueError")
    assert points(engine, tmp_path, swallows, KEEPS, reference=swallows) == 1
    assert points(engine, tmp_path, SWALLOWS.format("False"), KEEPS, reference=swallows) == 0


def test_an_exit_may_not_where_the_reference_solution_lets_it_through(engine, tmp_path):
    test = "with keep() as kept:\n    assert kept is None, 'what it gives'"
    lets_through = SWALLOWS.replace("return self", "return None").format("None")
    assert points(engine, tmp_path, lets_through, test, reference=lets_through) == 1
    assert points(engine, tmp_path, SWALLOWS.format("True"), test, reference=lets_through) == 0


def test_a_function_may_raise_the_end_of_a_loop_where_the_reference_solution_does(engine, tmp_path):
    answer = "def advance(numbers):\n    return next(numbers)"
    test = (
        "try:\n    advance(iter(()))\nexcept StopIteration:\n    pass\n"
        "else:\n    raise AssertionError('there is nothing to advance to')"
    )
    assert points(engine, tmp_path, answer, test, reference=answer) == 1
    assert points(engine, tmp_path, "def advance(numbers):\n    return None", test, reference=answer) == 0


def test_iterators_and_generators_end_as_ever(engine, tmp_path):
    answer = "def count(n):\n    got = 0\n    while got is None or got < n:\n        got = yield got"
    test = """
made = count(3)
assert next(made) == 0 and made.send(2) == 2
try:
    made.send(3)
except StopIteration:
    pass
else:
    raise AssertionError("it goes on")
assert list(count(0)) == []
"""
    assert points(engine, tmp_path, answer, test) == 1


def test_an_answer_that_is_cancelled_by_the_test_is_cancelled(engine, tmp_path):
    answer = "import asyncio\nasync def wait():\n    await asyncio.sleep(60)"
    test = """
import asyncio
waiting = asyncio.create_task(wait())
await asyncio.sleep(0)
waiting.cancel()
try:
    await waiting
except asyncio.CancelledError:
    pass
else:
    raise AssertionError("it was not cancelled")
"""
    assert points(engine, tmp_path, answer, test) == 1


@pytest.mark.parametrize(
    ("answer", "test"),
    [
        (
            "from collections import namedtuple\nPoint = namedtuple('Point', 'x y')\ndef at():\n    return Point(1, 2)",
            "assert at() == (1, 2) and at() in {(1, 2)} and at() < (1, 3)",
        ),
        (
            "class Text(str):\n    pass\ndef at():\n    return Text('gpu')",
            "assert at() == 'gpu' and at().startswith('g')",
        ),
        (
            "import enum\nclass Code(enum.IntEnum):\n    OK = 2\ndef at():\n    return Code.OK",
            "assert at() == 2 and at() + 1 == 3",
        ),
        (
            "class Row(dict):\n    pass\ndef at():\n    return Row(a=1)",
            "assert at() == {'a': 1} and at() | {'b': 2} == {'a': 1, 'b': 2}",
        ),
        (
            "class Tags(set):\n    pass\ndef at():\n    return Tags('ab')",
            "assert at() == {'a', 'b'} and at().issuperset({'a'})",
        ),
    ],
    ids=["namedtuple", "text", "enum", "dict", "set"],
)
def test_an_object_of_a_class_derived_from_plain_data_compares_by_what_it_holds(engine, tmp_path, answer, test):
    assert points(engine, tmp_path, answer, test) == 1
    assert points(engine, tmp_path, answer, f"{test}\nassert at() == 'another'") == 0


def test_a_method_that_compares_is_the_answers_where_the_reference_solution_has_it(engine, tmp_path):
    answer = (
        "class Money:\n    def __init__(self, n):\n        self.n = n\n"
        "    def equals(self, other):\n        return self.n == other.n"
    )
    test = "assert Money(3).equals(Money(3)) and not Money(3).equals(Money(4))"
    assert points(engine, tmp_path, answer, test, reference=answer) == 1


def test_objects_of_given_classes_cross_by_value_when_the_template_has_run_the_given_cells(engine, tmp_path):
    given = (
        "import dataclasses\n@dataclasses.dataclass\nclass Basket:\n    lines: list\n"
        "    def total(self):\n        return sum(self.lines)"
    )
    test = "assert filled() == Basket([1, 2]) and isinstance(filled(), Basket) and filled().total() == 3"
    assert points(engine, tmp_path, "def filled():\n    return Basket([1, 2])", test, given=given) == 1


def test_a_class_that_a_given_cell_makes_may_be_changed_where_the_reference_solution_does(engine, tmp_path):
    answer = "def louder(kind):\n    say = kind.say\n    kind.say = lambda self: say(self).upper()\n    return kind"
    test = "class Dog:\n    def say(self):\n        return 'wuff'\n\n\nassert louder(Dog)().say() == 'WUFF'"
    assert points(engine, tmp_path, answer, test, reference=answer) == 1


def test_a_given_cell_after_a_learners_own_one_still_sees_what_the_authors_cells_before_it_made(engine, tmp_path):
    given = (
        "base = [1, 2]\n\n\ndef check(got):\n    assert got == sum(base) + len(extra)\n\n\nextra = list(own_names())"
    )
    own = "def own_names():\n    return 'ab'"
    assert points(engine, tmp_path, "total = 5", "check(total)", given=given, own=own) == 1
    assert points(engine, tmp_path, "total = 6", "check(total)", given=given, own=own) == 0


def test_data_that_only_the_learners_process_reads_is_found_by_tests(engine, tmp_path):
    (tmp_path / "history.pkl").write_bytes(pickle.dumps([1, 2, 3]))
    given = "import pickle\nfrom pathlib import Path\nhistory = pickle.loads(Path('history.pkl').read_bytes())"
    assert points(engine, tmp_path, "mean = 2", "assert mean == sum(history) / len(history)", given=given) == 1


def test_outputs_with_half_characters_leave_a_notebook_that_can_be_written(engine, tmp_path):
    own = "print('\\ud83d')\nraise ValueError('\\udc00')"
    ran = engine.run(notebook("x = 1", "assert x == 1", own=own), tmp_path, Profile(imports=IMPORTS))
    assert nbformat.writes(ran.notebook).encode()
    assert score_notebook(ran.notebook)["test"].points == 1


def test_a_learners_folder_does_not_keep_an_authors_file_from_its_place(tmp_path):
    theirs, ours = tmp_path / "theirs.csv", tmp_path / "ours.csv"
    theirs.write_text("false")
    ours.write_text("true")
    laid = tmp_path / "laid"
    laid.mkdir()
    _copy({"data.csv/inner.csv": theirs, "data.csv": ours}, laid)
    assert Path(laid, "data.csv").read_text() == "true"


# Ways in which a test runs a text: the answer that is right, and one that would decide in the judge's process.
RUNS_TEXT = {
    "exec": ("code = 'x = 2'", "space = {}\nexec(code, space)\nassert space['x'] == 3, 'x'"),
    "eval": ("code = '1 + 1'", "assert eval(code) == 3, 'the sum'"),
    "compile": (
        "code = 'x = 2'",
        "space = {}\nexec(compile(code, 'answer', 'exec'), space)\nassert space['x'] == 3, 'x'",
    ),
    "map": ("code = '1 + 1'", "assert list(map(eval, [code])) == [3], 'the sum'"),
    "a file": (
        "from pathlib import Path\nPath('code.txt').write_text('x = 2')",
        "from pathlib import Path\nspace = {}\nexec(Path('code.txt').read_text(), space)\nassert space['x'] == 3, 'x'",
    ),
    "a query": (
        "code = 'a > 1'",
        "import pandas\nassert len(pandas.DataFrame({'a': [1, 2]}).query(code)) == 2, 'rows'",
    ),
    "a hint": (
        "def f(x: '__import__(\"os\").getpid()'): pass",
        "import typing\nassert typing.get_type_hints(f) == {'x': int}, 'the hint'",
    ),
    "a template": ("code = '{{ 1 + 1 }}'", "import jinja2\nassert jinja2.Template(code).render() == '3', 'the text'"),
}


@pytest.mark.parametrize("way", RUNS_TEXT)
def test_a_text_of_the_answer_is_never_run_as_code_in_the_judge(engine, tmp_path, way):
    answer, test = RUNS_TEXT[way]
    ran = engine.run(notebook(answer, test), tmp_path, Profile(imports=("pandas", "jinja2")))
    assert score_notebook(ran.notebook)["test"].message.startswith("Forbidden: ")


@pytest.mark.parametrize(
    "test",
    [
        "space = {}\nexec('y = 1 + 1', space)\nassert space['y'] == two",
        "def check():\n    return eval(' 1 + 1')\nassert check() == two",
        "import pandas\nassert len(pandas.DataFrame({'a': [1, 2]}).query('a >1')) == two - 1",
        "import ast\nassert ast.literal_eval(text) == [two]",
        "import typing\nassert typing.get_type_hints(hinted) == {'x': list[int], 'return': int | None}",
        "import ast\nassert isinstance(ast.parse(text).body[0], ast.Expr)",
        "from collections import namedtuple\nPair = namedtuple('Pair', names)\nassert Pair(1, 2).b == two",
        "import dataclasses\nP = dataclasses.make_dataclass('P', names)\nassert P(1, 2).b == two",
    ],
)
def test_texts_of_the_test_and_texts_that_are_only_read_are_as_ever(engine, tmp_path, test):
    answer = "two = 2\ntext = '[2]'\nnames = ['a', 'b']\ndef hinted(x: 'list[int]') -> 'int | None': pass"
    ran = engine.run(notebook(answer, test), tmp_path, Profile(imports=("pandas",)))
    assert score_notebook(ran.notebook)["test"].points == 1, score_notebook(ran.notebook)["test"].message


SPIES = """
import os
parent = os.getppid()
for name in ("mem", "environ", "maps"):
    try:
        with open(f"/proc/{parent}/{name}", "rb") as file:
            print(name)
    except OSError:
        pass
"""


@pytest.mark.parametrize("tier", list(Tier))
def test_a_program_of_the_answer_that_a_test_starts_does_not_read_the_tests_memory(tmp_path, tier):
    answer = f"from pathlib import Path\nPath('spy.py').write_text({SPIES!r})"
    test = """
import subprocess, sys
said = subprocess.run([sys.executable, "spy.py"], capture_output=True, text=True, check=True).stdout
assert said == "", said
"""
    (tmp_path / "files").mkdir()
    with Engine(tmp_path, tier, LIMITS) as tiered:
        score = score_notebook(tiered.run(notebook(answer, test), tmp_path / "files", Profile()).notebook)["test"]
    read = {} if tier is not Tier.LIMITS or os.geteuid() else {"mem", "environ", "maps"}  # root reads everything there
    assert set(score.message.split()) == set(read), score.message
