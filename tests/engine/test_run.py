"""The engine runs a notebook in two jailed processes, and nothing that a cell does costs other cells their outputs."""

import os
from pathlib import Path

import psutil
import pytest
from nbformat.v4 import new_markdown_cell, new_notebook

from curriculum.errors import CourseError
from grading.engine import run as run_module
from grading.engine.jail import Limits, Tier
from grading.engine.profile import Profile
from grading.engine.run import Engine
from grading.engine.score import score_notebook
from tests.engine.cells import cell

LIMITS = Limits(cell_cpu_s=1, cell_wall_s=4, memory_mb=600, disk_mb=16)
PROFILE = Profile(imports=("numpy", "matplotlib.pyplot"), learner_names=frozenset({"answer", "double"}))


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    with Engine(tmp_path_factory.mktemp("root"), limits=LIMITS) as engine:
        yield engine


def given(source, grade_id="given"):
    return cell(source, grade_id, locked=True)


def solution(source, grade_id="answer"):
    return cell(source, grade_id, solution=True)


def test_cell(source, grade_id="test", points=1):
    return cell(source, grade_id, grade=True, locked=True, points=points)


test_cell.__test__ = False


def run(engine, *cells, folder, profile=PROFILE):
    return engine.run(new_notebook(cells=list(cells)), folder, profile)


def text(cell):
    return "".join(str(output.get("text", output.get("data", {}).get("text/plain", ""))) for output in cell.outputs)


def test_cells_show_what_a_kernel_would_show(engine, tmp_path):
    ran = run(
        engine,
        new_markdown_cell("# A heading"),
        cell("print('a')\n1 + 1"),
        cell("import matplotlib.pyplot as plt\nplt.plot([1, 2]);"),
        cell("import sys\nprint('b', file=sys.stderr)\n1/0"),
        cell("import os\nos.system('echo from a child');"),
        cell("import asyncio\nawait asyncio.sleep(0, 'awaited')"),
        cell("def f(:"),
        folder=tmp_path,
    )
    outputs = [cell.get("outputs") for cell in ran.notebook.cells]
    assert outputs[0] is None
    assert [output.output_type for output in outputs[1]] == ["stream", "execute_result"]
    assert [set(output.data) for output in outputs[2]] == [{"text/plain", "image/png"}]
    assert [(output.output_type, output.get("ename")) for output in outputs[3]] == [
        ("stream", None),
        ("error", "ZeroDivisionError"),
    ]
    assert text(ran.notebook.cells[4]) == "from a child\n"
    assert text(ran.notebook.cells[5]) == "'awaited'"
    assert outputs[6][0].ename == "SyntaxError"
    assert not ran.remarks


def test_a_test_passes_fails_and_gives_part_of_its_points(engine, tmp_path):
    ran = run(
        engine,
        given("limit = 10"),
        solution("def double(n):\n    return 2 * n"),
        test_cell("assert double(4) == 8", "right"),
        test_cell("assert double(limit) == 21, 'double(10) is 20'", "wrong"),
        test_cell("sum(double(n) == 2 * n for n in range(4)) / 4", "part"),
        folder=tmp_path,
    )
    scores = score_notebook(ran.notebook)
    assert {name: (score.points, score.message) for name, score in scores.items()} == {
        "right": (1, ""),
        "wrong": (0, "double(10) is 20"),
        "part": (1.0, ""),
    }


def test_what_is_written_to_stderr_while_a_test_runs_costs_nothing(engine, tmp_path):
    ran = run(
        engine,
        solution(
            "import sys, threading, time, warnings\n"
            "def talk():\n    while True:\n        print('still here', file=sys.stderr)\n        time.sleep(0.001)\n"
            "threading.Thread(target=talk, daemon=True).start()\n"
            "def double(n):\n    warnings.warn('careful')\n    time.sleep(0.05)\n    return 2 * n"
        ),
        test_cell("assert double(2) == 4", points=3),
        folder=tmp_path,
    )
    assert score_notebook(ran.notebook)["test"].points == 3
    assert "careful" in "".join(output.get("text", "") for output in ran.notebook.cells[1].outputs)


FAILURES = {
    "the learner's own line": (
        "def double(n):\n    part = {}\n    return part['n']",
        ["double, line 3 of its cell: return part['n']", "KeyError: 'n'"],
    ),
    "the learner's own class": (
        "class Bad(Exception):\n    pass\ndef double(n):\n    raise Bad(f'not {n}')",
        ["double, line 4 of its cell: raise Bad(f'not {n}')", "Bad: not 4"],
    ),
    "a given class": (
        "def double(n):\n    raise Refused('no')",
        ["double, line 2 of its cell: raise Refused('no')", "Refused: no"],
    ),
    "another signature": (
        "def double():\n    return 8",
        ["TypeError: double() takes 0 positional arguments but 1 was given"],
    ),
    "nothing by that name": ("doubled = 8", ["NameError: name 'double' is not defined"]),
    "another result": ("def double(n):\n    return 9", ["AssertionError: double(4) is 8"]),
}


@pytest.mark.parametrize("name", FAILURES)
def test_a_failing_test_says_what_is_wrong_and_nothing_of_itself(engine, tmp_path, name):
    answer, said = FAILURES[name]
    test = "def hidden(secret=8):\n    assert double(4) == secret, 'double(4) is 8'\nhidden()"
    ran = run(engine, given("class Refused(Exception): pass"), solution(answer), test_cell(test), folder=tmp_path)
    assert ran.notebook.cells[-1].outputs[0].traceback == said


def test_a_line_of_a_test_is_not_told_to_the_learner(engine, tmp_path):
    peek = "import traceback\ndef double(f):\n    try:\n        f()\n    except Exception as error:\n"
    peek += "        print(''.join(traceback.format_exception(error)), vars(error))"
    ran = run(
        engine, solution(peek), test_cell("def secretly(): raise ValueError('x')\ndouble(secretly)"), folder=tmp_path
    )
    said = text(ran.notebook.cells[-1])
    assert "ValueError: x" in said and "secretly" not in said and "_wire_place_" not in said


def test_a_cell_that_ends_its_process_costs_only_itself(engine, tmp_path):
    ran = run(
        engine,
        solution("def double(n):\n    return 2 * n", "double"),
        cell("import os\nos._exit(0)"),
        test_cell("assert double(4) == 8", "after"),
        solution("def answer():\n    import os\n    os._exit(0)"),
        test_cell("assert answer() == 42", "fatal"),
        test_cell("assert double(5) == 10", "last"),
        folder=tmp_path,
    )
    points = {name: score.points for name, score in score_notebook(ran.notebook).items()}
    assert points == {"after": 1, "fatal": 0, "last": 1}
    assert len(ran.remarks) == 2
    assert "The cell 2 ended its own Python process" in ran.remarks[0]
    assert "The test 'fatal' ended its own Python process" in ran.remarks[1]


def test_a_notebook_of_deaths_earns_nothing(engine, tmp_path):
    deaths = [cell("import os\nos._exit(0)") for _ in range(8)]
    ran = run(engine, *deaths, test_cell("pass", "never-reached"), folder=tmp_path)
    (score,) = score_notebook(ran.notebook).values()
    assert score.points == 0
    assert "not run" in score.message


@pytest.mark.parametrize(
    "loop",
    ["while True: pass", "while True:\n    try:\n        while True: 1 + 1\n    except BaseException: 1 + 1"],
    ids=["plain", "one that swallows interrupts"],
)
def test_an_endless_loop_is_ended(engine, tmp_path, loop):
    ran = run(engine, cell(loop), solution("answer = 42"), test_cell("assert answer == 42"), folder=tmp_path)
    assert score_notebook(ran.notebook)["test"].points == 1
    assert ran.notebook.cells[0].outputs[-1].ename in ("KeyboardInterrupt", "CellEnded")


def test_an_endless_loop_in_a_test_fails_that_test(engine, tmp_path):
    ran = run(
        engine,
        solution("def answer():\n    while True:\n        pass"),
        test_cell("assert answer() == 42", "stuck"),
        test_cell("assert 1 + 1 == 2", "fine"),
        folder=tmp_path,
    )
    assert {name: score.points for name, score in score_notebook(ran.notebook).items()} == {"stuck": 0, "fine": 1}


def test_given_cells_run_once_for_all(engine, tmp_path):
    """What comes before a learner's first cell is run in the template: two submissions share one random draw."""
    cells = [given("import random\nrandom.seed()\ndrawn = random.random()"), cell("drawn")]
    first, second = (text(run(engine, *cells, folder=tmp_path).notebook.cells[1]) for _ in range(2))
    assert first == second
    alone = [cell("import random\nrandom.random()")]
    assert text(run(engine, *alone, folder=tmp_path).notebook.cells[0]) != text(
        run(engine, *alone, folder=tmp_path).notebook.cells[0]
    )


def test_a_learner_sees_files_of_the_submission_only(engine, tmp_path):
    (tmp_path / "data.csv").write_text("1\n")
    (tmp_path.parent / "secret.txt").write_text("secret")
    ran = run(
        engine,
        cell("import os\nprint(sorted(os.listdir()), open('data.csv').read())"),
        cell(f"open({str(tmp_path.parent / 'secret.txt')!r}).read()"),
        cell(f"open({str(Path(__file__))!r}).read()"),
        cell("import os\nos.environ.get('HOME'), [name for name in os.environ if 'TEST' in name]"),
        folder=tmp_path,
    )
    assert "['data.csv'] 1" in text(ran.notebook.cells[0])
    assert ran.notebook.cells[1].outputs[0].ename in ("FileNotFoundError", "PermissionError")
    assert ran.notebook.cells[2].outputs[0].ename in ("FileNotFoundError", "PermissionError")
    assert str(Path.home()) not in text(ran.notebook.cells[3])
    assert "[])" in text(ran.notebook.cells[3])


def test_outputs_are_bounded(engine, tmp_path):
    ran = run(engine, cell("print('x' * 100_000_000)"), cell("for n in range(10_000): display(n)"), folder=tmp_path)
    assert len(text(ran.notebook.cells[0])) < 10_000_000
    assert len(ran.notebook.cells[1].outputs) <= 2_000


def test_no_process_is_left(tmp_path):
    before = {process.pid for process in psutil.Process().children(recursive=True)}
    with Engine(tmp_path, limits=LIMITS) as engine:
        run(
            engine,
            cell("import subprocess\nsubprocess.Popen(['sleep', '611'], start_new_session=True);"),
            folder=tmp_path,
        )
    left = {process.pid for process in psutil.Process().children(recursive=True)} - before
    assert not left
    assert not [
        process for process in psutil.process_iter(["cmdline"]) if process.info["cmdline"] == ["sleep", "611"]
    ], os.getpid()


def test_isolation_that_is_not_there_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(run_module, "probe", lambda: Tier.LIMITS)
    with pytest.raises(CourseError, match="does not give the isolation 'full'"):
        Engine(tmp_path, isolation=Tier.FULL)
