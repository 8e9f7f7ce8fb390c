"""A practice is a unit without tasks: a person reads what is handed in, or nothing is handed in at all."""

import re
import shutil
from pathlib import Path

import nbformat
import pytest
from rich.console import Console

from authoring.build import build
from authoring.gates import run_gates
from authoring.kit import pack_kit
from authoring.verify import verify
from curriculum.course import Course
from curriculum.desk import lay
from curriculum.desk.checking import check_unit
from curriculum.desk.standing import progress_of
from curriculum.desk.submitting import submit_unit
from curriculum.errors import CourseError
from curriculum.syllabus import Form, Unit
from grading.engine.autograde import grade_unit
from grading.engine.gradebook import open_gradebook

TINY = "t1-limits"


def edit(path: Path, pattern: str, new: str) -> None:
    text, count = re.subn(pattern, new, path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    assert count, f"{pattern!r} is not in {path}"
    path.write_text(text, encoding="utf-8")


def fresh(course: Course) -> Course:
    """The course as a new command reads it."""
    return Course(root=course.root, work=course.work, cohort=course.cohort)


@pytest.fixture
def practice(tiny_course: Course) -> Course:
    """The tiny course with its unit as a practice: the reflection is left of its assignment."""
    unit = tiny_course.syllabus.unit(TINY)
    edit(tiny_course.root / "curriculum" / "syllabus.yml", "    hours:", "    form: practice\n    hours:")
    edit(tiny_course.root / "curriculum" / "syllabus.yml", r"tasks: \[limiter\], ", "")
    edit(tiny_course.lesson_source(unit), "^## At scale.*?(?=^## )", "")
    edit(tiny_course.root / "curriculum" / "syllabus.yml", "lesson: At scale", "lesson: Where it breaks")
    edit(tiny_course.assignment_source(unit), "^```{code-cell} ipython3\n:(task|test):.*?^```$", "")
    (tiny_course.solution_folder(unit) / "answers.md").unlink()
    course = fresh(tiny_course)
    build(course)
    return course


@pytest.fixture
def lesson_alone(practice: Course) -> Course:
    """The same without anything to hand in."""
    unit = practice.syllabus.unit(TINY)
    edit(practice.root / "curriculum" / "syllabus.yml", "assignment: 1}", "assignment: 0}")
    edit(practice.root / "curriculum" / "syllabus.yml", ", reflection: reflect-limit", "")
    practice.assignment_source(unit).unlink()
    practice.solution_notebook(unit).unlink()
    practice.profile(unit).unlink()
    shutil.rmtree(practice.released_notebook(unit).parent)
    course = fresh(practice)
    build(course)
    return course


def unit_of(course: Course) -> Unit:
    return course.syllabus.ready_unit(TINY)


def test_a_practice_passes_the_gates_that_are_for_it(practice: Course) -> None:
    assert [str(finding) for finding in run_gates(practice, TINY)] == []
    assert verify(practice, TINY).ok


def test_a_practice_with_a_given_cell_that_fails_does_not_verify(practice: Course) -> None:
    edit(practice.assignment_source(unit_of(practice)), r"^lab\.reflect\(", "1 / 0\nlab.reflect(")
    assert any("ZeroDivisionError" in case.problem for case in verify(practice, TINY).cases)


def test_a_practice_without_its_reflection_is_not_built(practice: Course) -> None:
    edit(practice.assignment_source(unit_of(practice)), r"^\+\+\+ {\"reflection\".*", "")
    with pytest.raises(CourseError, match="no `:task:` cell and no reflection"):
        build(practice)


def test_a_learner_hands_in_a_practice_and_a_person_grades_it(practice: Course) -> None:
    unit = unit_of(practice)
    lay(practice)
    path = practice.work / TINY / f"{TINY}.ipynb"
    checked = check_unit(practice, unit)
    assert checked.sentences[0] == "A person grades reflections for up to 12 points."
    assert [task.look_at for task in checked.tasks] == ["Write your answer."]
    assert "hand it in with `course submit t1-limits`" in progress_of(practice).sentence

    notebook = nbformat.read(path, as_version=4)
    next(cell for cell in notebook.cells if cell.id == "reflect-limit").source = "I would keep the limit, because."
    nbformat.write(notebook, path)
    packed = submit_unit(practice, unit, "ana")
    submitted = practice.cohort / "submitted" / "ana" / TINY
    submitted.mkdir(parents=True)
    shutil.unpack_archive(packed.path, submitted)
    (outcome,) = grade_unit(practice, unit, console=Console(quiet=True), workers=1)
    assert outcome.student == "ana"
    with open_gradebook(practice) as gradebook:
        submission = gradebook.find_submission(TINY, "ana")
        assert (submission.score, submission.max_score, submission.needs_manual_grade) == (0, 12, True)


def test_a_lesson_alone_is_built_verified_laid_and_packed(lesson_alone: Course, tmp_path: Path) -> None:
    unit = unit_of(lesson_alone)
    assert [one.problem for one in build(lesson_alone, check=True) if one.problem] == []
    assert [str(finding) for finding in run_gates(lesson_alone, TINY)] == []
    report = verify(lesson_alone, TINY)
    assert report.ok and report.cases == []
    laid = {one.path.name for one in lay(lesson_alone)}
    assert laid == {"lesson.ipynb"}
    (lesson_alone.root / "pyproject.toml").write_text('[project]\nversion = "1"\n', encoding="utf-8")
    assert pack_kit(lesson_alone, tmp_path).is_file()
    with pytest.raises(CourseError, match="has no assignment; there is nothing to check or hand in"):
        submit_unit(lesson_alone, unit, "ana")


def test_a_lab_without_an_assignment_is_refused(lesson_alone: Course) -> None:
    edit(lesson_alone.root / "curriculum" / "syllabus.yml", "form: practice", f"form: {Form.LAB}")
    with pytest.raises(CourseError, match="a lab has an assignment; give it hours, or say `form: practice`"):
        _ = fresh(lesson_alone).syllabus
