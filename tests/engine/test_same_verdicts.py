"""The engine writes into the gradebook what nbgrader's own pipeline writes, score by score.

What is left out here differs on purpose, as `grading/README.md` says; `test_differences.py` and others hold it.
"""

import copy
import random
import sys
from dataclasses import replace

import nbformat
import pytest
from nbgrader.utils import is_solution

from authoring.answers import read_bank
from curriculum.course import Course
from grading.engine.autograde import State, grade_unit
from tests.engine.gradebooks import rows_of
from tests.engine.plain import graded_by_nbgrader

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the engine forks")

# Ways to hand in, by name: cells of the tiny unit that differ from the right answers.
FORMS = {
    "right": {},
    "true division": {"window_of_second": "def window_of(second, length):\n    return second / length"},
    "empty cell": {"over_limit": ""},
    "only a comment": {"wait_time": "# later"},
    "syntax error": {"count_by_window": "def count_by_window(seconds, length)\n    return {}"},
    "name error at import": {"limiter": "class Limiter(Unknown):\n    pass"},
    "raises at import": {"window_of_second": "raise RuntimeError('not today')"},
    "infinite recursion": {"wait_time": "def wait_time(second, length):\n    return wait_time(second, length)"},
    "prints": {"over_limit": "print('here')\ndef over_limit(counts, limit):\n    print(counts)\n    return []"},
    "returns nothing": {"window_of_second": "def window_of(second, length):\n    pass"},
    "wrong type": {"count_by_window": "def count_by_window(seconds, length):\n    return 'none'"},
    "changes its arguments": {
        "over_limit": "def over_limit(counts, limit):\n"
        "    for window in list(counts):\n        if counts[window] <= limit:\n            del counts[window]\n"
        "    return sorted(counts)"
    },
    "shared counts": {
        "limiter": "class Limiter:\n    counts = Counter()\n    def __init__(self, limit, length):\n"
        "        self.limit, self.length = limit, length\n    def allow(self, second):\n"
        "        self.counts[second // self.length] += 1\n"
        "        return self.counts[second // self.length] <= self.limit"
    },
    "a generator": {
        "over_limit": "def over_limit(counts, limit):\n    return (w for w, c in sorted(counts.items()) if c > limit)"
    },
    "exits": {"wait_time": "import sys\ndef wait_time(second, length):\n    sys.exit(0)"},
    "magic": {"window_of_second": "%time second = 1\ndef window_of(second, length):\n    return second // length"},
    "shell": {"window_of_second": "!true\ndef window_of(second, length):\n    return second // length"},
    "asserts false": {"over_limit": "def over_limit(counts, limit):\n    assert False, 'no'"},
    "displays a value": {
        "wait_time": "def wait_time(second, length):\n    return length - second % length\nwait_time(1, 2)"
    },
    "no reflection": {"reflect_limit": "The learner's answer."},
    "asks for input": {"wait_time": "unit = input('seconds? ')\ndef wait_time(second, length):\n    return 50"},
    "awaits": {
        "wait_time": "import asyncio\nawait asyncio.sleep(0)\n"
        "def wait_time(second, length):\n    return length - second % length"
    },
    "starts a loop in the loop": {
        "wait_time": "import asyncio\nasync def left(second, length):\n    return length - second % length\n"
        "def wait_time(second, length):\n    return asyncio.run(left(second, length))"
    },
    "a coroutine": {"wait_time": "async def wait_time(second, length):\n    return length - second % length"},
    "threads": {
        "count_by_window": "from concurrent.futures import ThreadPoolExecutor\n"
        "def count_by_window(seconds, length):\n    with ThreadPoolExecutor(2) as pool:\n"
        "        return dict(Counter(pool.map(lambda second: window_of(second, length), seconds)))"
    },
    "numpy's numbers": {
        "window_of_second": "import numpy as np\ndef window_of(second, length):\n    return np.int64(second) // length",
        "wait_time": "def wait_time(second, length):\n    return np.float64(length - second % length)",
    },
    "an array": {
        "over_limit": "import numpy as np\ndef over_limit(counts, limit):\n"
        "    return np.array(sorted(window for window, count in counts.items() if count > limit))"
    },
    "a series": {
        "count_by_window": "import pandas as pd\ndef count_by_window(seconds, length):\n"
        "    return pd.Series([window_of(second, length) for second in seconds]).value_counts()"
    },
    "a cache": {
        "window_of_second": "from functools import lru_cache\n@lru_cache\ndef window_of(second, length):\n"
        "    return second // length"
    },
    "a lambda": {"wait_time": "wait_time = lambda second, length: length - second % length"},
    "other arguments": {"wait_time": "def wait_time(second):\n    return 60 - second % 60"},
    "a name that is not there": {"window_of_second": "def window_off(second, length):\n    return second // length"},
    "deletes an import": {
        "window_of_second": "def window_of(second, length):\n    return second // length\ndel Counter"
    },
    "reads a file": {"wait_time": "rows = open('limits.csv').read()\ndef wait_time(second, length):\n    return rows"},
    "goes elsewhere": {"wait_time": "%cd /\ndef wait_time(second, length):\n    return length - second % length"},
    "an exception of one's own": {
        "over_limit": "class TooMany(Exception):\n    pass\ndef over_limit(counts, limit):\n    raise TooMany(counts)"
    },
    "raises in allow": {
        "limiter": "class Limiter:\n    def __init__(self, limit, length):\n        self.left = limit\n"
        "    def allow(self, second):\n        self.left -= 1\n        if self.left < 0:\n"
        "            raise StopIteration\n        return True"
    },
}


QUICK = (  # of different structure; all of them take minutes under nbgrader
    *("right", "true division", "empty cell", "syntax error", "raises at import", "infinite recursion", "prints"),
    *(
        "returns nothing",
        "shared counts",
        "a generator",
        "exits",
        "magic",
        "displays a value",
        "no reflection",
    ),
)


def with_extra_cells(notebook):
    """A notebook in which someone tried things out in cells of their own."""
    for place, source in (
        (0, "import json"),
        (5, "1 / 0"),
        (9, "%%time\nx = 1"),
        (len(notebook.cells), "print('end')"),
    ):
        notebook.cells.insert(place, nbformat.v4.new_code_cell(source))
    return notebook


def mixed(course, unit, count, seed):
    """Notebooks in which every task has an answer of the bank, the reference or the stub, drawn at random."""
    path = course.solution_folder(unit) / "answers.md"
    bank = read_bank(path, path.name)
    solution = nbformat.read(course.solution_notebook(unit), as_version=4)
    released = nbformat.read(course.released_notebook(unit), as_version=4)
    choices = {
        cell.metadata.nbgrader.grade_id: [cell.source, stub.source]
        for cell, stub in zip(solution.cells, released.cells, strict=True)
        if is_solution(cell)
    }
    for answer in bank.answers:
        if answer.code:
            choices[answer.task].append(answer.code)
    draw = random.Random(seed)
    for _ in range(count):
        notebook = copy.deepcopy(released)
        for cell in filter(is_solution, notebook.cells):
            cell.source = draw.choice(choices[cell.metadata.nbgrader.grade_id])
        yield notebook


def submit(course, unit, notebooks):
    """Lay submissions of students whose names start with a or b, by turns."""
    for number, notebook in enumerate(notebooks):
        folder = course.cohort / "submitted" / f"{'ab'[number % 2]}{number:02}" / unit.id
        folder.mkdir(parents=True)
        nbformat.write(notebook, folder / f"{unit.id}.ipynb")
        late = f"2026-11-{1 + number % 28:02} 10:00:00 UTC"
        (folder / "timestamp.txt").write_text(late if number % 3 else "", encoding="utf-8")


def grades(course):
    return rows_of(f"sqlite:///{course.cohort / 'gradebook.db'}")


def cells(course, unit):
    """What formgrader and feedback read of the autograded notebooks, beside the outputs.

    Files that cells wrote are left aside: nbgrader keeps them among those that were handed in, the engine does not.
    """
    found = {}
    for path in (course.cohort / "autograded").glob(f"*/{unit.id}/{unit.id}.ipynb"):
        notebook = nbformat.read(path, as_version=4)
        for cell in notebook.cells:
            meta = cell.metadata.get("nbgrader", {})
            if "grade_id" in meta:
                found[path.parent.parent.name, meta["grade_id"]] = (cell.cell_type, cell.source, dict(meta))
        found[path.parent.parent.name, "files"] = sorted(
            (each.name, oct(each.stat().st_mode & 0o777))
            for each in path.parent.iterdir()
            if (course.cohort / "submitted" / path.parent.parent.name / unit.id / each.name).exists()
        )
        found[path.parent.parent.name, "kernel"] = notebook.metadata.kernelspec
    return found


def assert_the_same(course, unit, tmp_path):
    """Grade what was submitted with nbgrader alone, then with the engine, and compare everything that they leave."""
    other = graded_by_nbgrader(course, unit, tmp_path)
    outcomes = grade_unit(course, unit)
    assert {outcome.state for outcome in outcomes} == {State.GRADED}

    theirs, ours = grades(other), grades(course)
    pairs = zip(ours["grades"], theirs["grades"], strict=True)
    assert [pair for pair in pairs if pair[0] != pair[1]] == [], "the engine's row, nbgrader's row"
    assert ours == theirs
    assert cells(course, unit) == cells(other, unit)
    return outcomes


def test_structurally_different_submissions_get_the_same_rows(cohort, tmp_path):
    forms = [cohort.answered(**FORMS[form]) for form in QUICK]
    submit(cohort.course, cohort.unit, [*forms, cohort.released(), with_extra_cells(cohort.answered())])
    outcomes = assert_the_same(cohort.course, cohort.unit, tmp_path)
    assert len({outcome.score for outcome in outcomes}) > 4, "the cohort does not differ enough to tell anything"


@pytest.mark.full
def test_a_generated_cohort_gets_the_same_rows(cohort, tmp_path):
    forms = [cohort.answered(**form) for form in FORMS.values()]
    submit(cohort.course, cohort.unit, [*forms, *mixed(cohort.course, cohort.unit, 50, seed=3)])
    outcomes = assert_the_same(cohort.course, cohort.unit, tmp_path)
    print(f"{len(outcomes)} submissions, {len({outcome.score for outcome in outcomes})} different scores, all the same")


@pytest.mark.full
@pytest.mark.parametrize("unit", [unit.id for unit in Course().syllabus.ready_units if unit.has_tasks])
def test_real_assignments_get_the_same_rows(unit, tmp_path):
    course = replace(Course(), cohort=tmp_path / "ours")
    chosen = course.syllabus.ready_unit(unit)
    solution = nbformat.read(course.solution_notebook(chosen), as_version=4)
    released = nbformat.read(course.released_notebook(chosen), as_version=4)
    submit(course, chosen, [solution, released, *mixed(course, chosen, 6, seed=5)])
    outcomes = assert_the_same(course, chosen, tmp_path)
    print(f"{unit}: scores {sorted(outcome.score for outcome in outcomes)}, all the same")
