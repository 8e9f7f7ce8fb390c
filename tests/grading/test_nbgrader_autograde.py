"""A plain `nbgrader autograde` runs submissions in the engine, and leaves the rows that `course grade` leaves."""

import shutil
import sys
from dataclasses import replace

import nbformat
import pytest
from rich.console import Console

from grading.engine.autograde import State, grade_unit
from grading.engine.execute import _vouched, run_notebook
from grading.engine.profile import Profile
from grading.engine.steps import steps_of
from tests.engine.gradebooks import rows_of
from tests.grading.spy import looking_at, seen

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the jail is Linux's")
UNIT = "t1-limits"
ANSWERS = {
    "right": {},
    "partial": {"window_of_second": "def window_of(second, length):\n    return second / length"},
    "wrong": {"wait_time": "def wait_time(second, length):\n    raise KeyError(second)"},
    "noisy": {
        "over_limit": "import sys, warnings\ndef over_limit(counts, limit):\n    warnings.warn('careful')\n"
        "    print('noise', file=sys.stderr)\n    return sorted(w for w, c in counts.items() if c > limit)"
    },
    "dies": {"over_limit": "import os\nos._exit(3)"},
    "no-text": {"reflect_limit": "The learner's answer."},
}


@pytest.fixture(scope="module")
def graded(project, tmp_path_factory):
    """The course as plain nbgrader leaves it, and as `course grade` does; both had the same submissions."""
    cohort, outside = project.cohort, tmp_path_factory.mktemp("outside") / "secret.txt"
    outside.write_text("secret", encoding="utf-8")
    for number, (student, answers) in enumerate(ANSWERS.items()):
        folder = cohort.submit(student, cohort.answered(**answers))
        (folder / "timestamp.txt").write_text(f"2026-11-0{number + 1} 10:00:00 UTC", encoding="utf-8")
    cohort.submit("untouched", cohort.released())
    project.nbgrader("generate_assignment", UNIT, "--force")
    targets = [outside, cohort.course.cohort / "gradebook.db", cohort.course.solution_notebook(cohort.unit)]
    targets.append(cohort.course.cohort / "submitted" / "right" / UNIT / f"{UNIT}.ipynb")
    cohort.submit("spy", cohort.answered(wait_time=looking_at(targets)))

    other = replace(cohort.course, cohort=tmp_path_factory.mktemp("other") / "cohort")
    shutil.copytree(cohort.course.cohort, other.cohort)
    project.nbgrader("autograde", UNIT)
    outcomes = grade_unit(other, cohort.unit, console=Console(quiet=True))
    assert {outcome.state for outcome in outcomes} == {State.GRADED}
    return cohort.course, other


def _master(course):
    unit = next(unit for unit in course.syllabus.units if unit.id == UNIT)
    return nbformat.read(course.solution_notebook(unit), as_version=4)


def autograded(course, student):
    return nbformat.read(course.cohort / "autograded" / student / UNIT / f"{UNIT}.ipynb", as_version=4)


def test_the_rows_are_those_of_course_grade(graded):
    plain, engine = (rows_of(f"sqlite:///{course.cohort / 'gradebook.db'}") for course in graded)
    assert plain == engine
    assert len({row[0] for row in plain["grades"]}) == len(ANSWERS) + 2


def test_cells_run_in_the_jail(graded, tmp_path):
    plain, engine = graded
    nothing = "seen: [False, False, False, False]"
    assert seen(autograded(plain, "spy")) == seen(autograded(engine, "spy")) == nothing
    submitted = nbformat.read(plain.cohort / "submitted" / "spy" / UNIT / f"{UNIT}.ipynb", as_version=4)
    assert seen(run_notebook(submitted, tmp_path)) == nothing.replace("False", "True"), "without a jail it sees all"


def test_what_happened_to_a_submission_is_told_as_course_grade_tells_it(graded):
    for course in graded:
        [remark] = autograded(course, "dies").metadata.course.remarks
        assert remark.startswith("The cell 'over-limit' ended its own Python process")


def test_what_a_submission_says_of_its_cells_decides_nothing_about_where_they_run(graded):
    course, _ = graded
    notebook = _master(course)
    said = {"grade_id": "pretended", "schema_version": 3, "grade": False, "solution": False, "locked": True}
    notebook.cells.insert(0, nbformat.v4.new_code_cell("1", id="pretended", metadata={"nbgrader": said}))
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("solution"):
            cell.metadata.nbgrader |= {"solution": False, "locked": True, "grade": True, "points": 1}
        elif "nbgrader" in cell.metadata and cell.id != "pretended":
            cell.source = "raise SystemExit"
    names = {"db_url": f"sqlite:///{course.cohort / 'gradebook.db'}", "notebook": UNIT, "assignment": UNIT}
    steps = {step.index: step for step in steps_of(_vouched(notebook, names), Profile())}
    assert steps.pop(0).kind == "learner"
    assert [(step.kind, step.source) for step in steps.values()] == [
        (step.kind, step.source) for step in steps_of(_master(course), Profile())
    ]
