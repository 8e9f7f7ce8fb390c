"""Where the engine and nbgrader part on purpose, one way to hand in each, graded by both.

`grading/README.md` has the table. What nbgrader's whole run dies of stands in `tests/grading/test_faults.py`.
"""

import sys

import pytest

from grading.engine.autograde import State
from tests.engine.gradebooks import rows_of
from tests.engine.plain import graded_by_nbgrader

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the engine forks, and its jail is Linux's")
NAME = "t1-limits.ipynb"


def answered(**answers):
    return lambda cohort: {NAME: cohort.bytes_of(cohort.answered(**answers))}


def changed(change):
    """What is handed in when someone changed the cells of a notebook with right answers."""

    def make(cohort):
        notebook = cohort.answered()
        change(notebook.cells)
        return {NAME: cohort.bytes_of(notebook)}

    return make


def at(cells, cell_id):
    return next(place for place, cell in enumerate(cells) if cell.id == cell_id)


WAIT = "def wait_time(second, length):\n    return length - second % length"
# By name: what is handed in, the points that nbgrader gives (None: it does not grade it), and those of the engine.
DIFFERENCES = {
    "a warning": (
        answered(
            wait_time="import warnings\ndef wait_time(second, length):\n    warnings.warn('careful')\n"
            "    return length - second % length"
        ),
        (12, 15),
    ),
    "a cell ends its process": (answered(wait_time="import os\nos._exit(3)"), (None, 12)),
    "an answer ends its process": (
        answered(wait_time="import os\ndef wait_time(second, length):\n    os._exit(3)"),
        (None, 12),
    ),
    "a test is deleted": (changed(lambda cells: cells.pop(at(cells, "wait-time-edges"))), (13, 15)),
    "cells in reverse": (changed(lambda cells: cells.reverse()), (0, 15)),
    "another name": (lambda cohort: {"t1-limits (1).ipynb": cohort.bytes_of()}, (None, 15)),
    "a byte-order mark": (lambda cohort: {NAME: b"\xef\xbb\xbf" + cohort.bytes_of()}, (None, 15)),
    "a file outside": (answered(wait_time=f"open({__file__!r})\n{WAIT}"), (15, 12)),
    "a test's variable": (answered(wait_time=f"len(found)\n{WAIT}"), (15, 12)),
    "equal to everything": (
        answered(
            wait_time="class Any:\n    def __eq__(self, other):\n        return True\n"
            "def wait_time(second, length):\n    return Any()"
        ),
        (15, 12),
    ),
    "not whole": (lambda cohort: {NAME: b"{"}, (None, None)),
    "a file is written": (answered(wait_time=f"open('mine.txt', 'w').write('x')\n{WAIT}"), (15, 15)),
}


def points(course):
    """The sum of the points that tests gave, by student; None where no test gave any, not even 0."""
    given = {}
    for student, _, _, auto_score, *_ in rows_of(f"sqlite:///{course.cohort / 'gradebook.db'}")["grades"]:
        given.setdefault(student, []).append(auto_score)
    return {student: _sum([score for score in scores if score is not None]) for student, scores in given.items()}


def _sum(scores):
    return sum(scores) if scores else None


def test_each_difference_is_as_the_table_says(cohort, tmp_path):
    students = {f"{'ab'[number % 2]}{number:02}": name for number, name in enumerate(DIFFERENCES)}
    for student, name in students.items():
        folder = cohort.submit(student)
        (folder / NAME).unlink()
        for file, content in DIFFERENCES[name][0](cohort).items():
            (folder / file).write_bytes(content)
    plain = graded_by_nbgrader(cohort.course, cohort.unit, tmp_path, all_of_them=False)
    outcomes = cohort.grade(workers=2)

    theirs, ours = points(plain), points(cohort.course)
    found = {name: (theirs.get(student), ours.get(student)) for student, name in students.items()}
    assert found == {name: expected for name, (_, expected) in DIFFERENCES.items()}

    of = {name: student for student, name in students.items()}
    assert [name for name, student in of.items() if outcomes[student].state is State.SET_ASIDE] == ["not whole"]
    written = [
        course.cohort / "autograded" / of["a file is written"] / "t1-limits" for course in (plain, cohort.course)
    ]
    assert [(folder / "mine.txt").exists() for folder in written] == [True, False]
    repaired = {"a test is deleted", "cells in reverse", "another name", "a byte-order mark"}
    for name in repaired | {"a cell ends its process", "an answer ends its process"}:
        assert outcomes[of[name]].notes, f"{name}: its learner is told"
