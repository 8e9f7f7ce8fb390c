"""Progress is read from the learner's own records, and the start page shows it without a kernel."""

import hashlib
import os
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell

from curriculum.desk import lay, progress_of, submit_unit, write_start_page
from curriculum.desk.places import folder_of
from curriculum.desk.records import Checked, checks_of, keep
from curriculum.desk.showing import plain_text
from curriculum.desk.standing import Grade
from curriculum.errors import CourseError
from curriculum.lab.journal import Entry, append
from grading.engine.execute import run_notebook

WHEN = "2026-11-23T10:00:00+00:00"


def standing_of(course, unit):
    return next(one for rows in progress_of(course).milestones.values() for one in rows if one.unit == unit)


def test_the_next_step_follows_the_learner(course, unit, make):
    lay(course)
    assert progress_of(course).sentence == (
        "Next: read and run the lesson “Limits” (about 60 minutes). Open work/u1-limits/lesson.ipynb."
    )
    append(Entry("prediction", "p99", 40), folder_of(course, unit))
    assert progress_of(course).sentence == (
        "Next: go on with the assignment of “Limits”. Open work/u1-limits/u1-limits.ipynb."
    )
    keep(checks_of(course), Checked(unit=unit.id, time=WHEN, earned=2, points=7))
    assert "“Limits”, at 2 of 7 visible points so far." in progress_of(course).sentence
    keep(checks_of(course), Checked(unit=unit.id, time=WHEN, earned=7, points=7))
    assert "hand in “Limits” with `course submit u1-limits`." in progress_of(course).sentence
    submit_unit(course, unit, "ada")
    assert "read and run the lesson “Queues” (about 2 hours)" in progress_of(course).sentence
    append(Entry("result", "depth", 3), course.work / "u2-queues")  # a unit without an assignment
    assert progress_of(course).sentence == "Next: everything that is ready is handed in; “Later” is planned."


def test_shows_predictions_checks_and_receipts(course, unit):
    lay(course)
    for key in ("p99", "p99", "elsewhere"):  # the lesson asks for p99 and rate
        append(Entry("prediction", key, 40), folder_of(course, unit))
    keep(checks_of(course), Checked(unit=unit.id, time=WHEN, earned=2, points=7))
    receipt = submit_unit(course, unit, "ada")
    row = standing_of(course, unit).cells
    assert row[:3] == ["Limits", "1 of 2", "2 of 7, 23 Nov 2026"]
    assert row[3].endswith(receipt.sha256[:8])
    assert row[4] == ""
    assert "1 of 2" in plain_text(progress_of(course))


@pytest.mark.parametrize("line", ["{", "[]", "{}", '{"unit": "u1-limits", "time": "x", "earned": 1, "points": 2}'])
def test_an_edited_record_is_skipped(course, unit, line):
    keep(checks_of(course), Checked(unit=unit.id, time=WHEN, earned=2, points=7))
    with checks_of(course).open("a", encoding="utf-8") as file:
        file.write(line + "\n")
    assert standing_of(course, unit).check.earned == 2


def test_reads_the_gradebook_without_writing_it(course, unit, monkeypatch):
    from nbgrader.api import Gradebook

    lay(course)
    submit_unit(course, unit, "ada")
    course.cohort.mkdir()
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)  # nbgrader runs `alembic`
    database = course.cohort / "gradebook.db"
    with Gradebook(f"sqlite:///{database}") as gradebook:
        gradebook.add_assignment(unit.id)
        gradebook.add_notebook(unit.id, unit.id)
        gradebook.add_grade_cell("limiter-top", unit.id, unit.id, max_score=5, cell_type="code")
        gradebook.add_student("ada")
        gradebook.add_submission(unit.id, "ada")
        grade = gradebook.find_grade("limiter-top", unit.id, unit.id, "ada")
        grade.auto_score, grade.needs_manual_grade = 4, True
        gradebook.db.commit()
    before = hashlib.sha256(database.read_bytes()).hexdigest()
    assert standing_of(course, unit).grade == Grade(4, 5, True)
    assert standing_of(course, unit).cells[4] == "4 of 5, a person still grades"
    assert hashlib.sha256(database.read_bytes()).hexdigest() == before
    assert [path.name for path in course.cohort.iterdir()] == ["gradebook.db"]


def test_an_empty_gradebook_is_none_and_a_broken_one_is_said(course, unit):
    course.cohort.mkdir()
    (course.cohort / "gradebook.db").touch()
    assert standing_of(course, unit).grade is None
    (course.cohort / "gradebook.db").write_bytes(b"not a database, but long enough to be looked at" * 20)
    with pytest.raises(CourseError, match="Could not read the gradebook"):
        progress_of(course)


def test_the_start_page_has_map_progress_and_next_step(course, unit):
    lay(course)
    page = write_start_page(course)
    assert page == course.work / "start.ipynb"
    notebook = nbformat.read(page, as_version=4)
    nbformat.validate(notebook)
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    assert "Each `make lab` writes this page anew" in notebook.cells[0].source
    assert "Read and run the lesson “Limits”" in text
    assert "**[Open it](u1-limits/lesson.ipynb)**" in text
    assert "[lesson](u2-queues/lesson.ipynb) |" in text  # no assignment to link
    assert "| Later | Not yet. | 2 | planned |" in text
    links = [link.split(")")[0] for link in text.split("](")[1:]]
    assert links
    assert all((course.work / link).is_file() for link in links)
    (code,) = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert code.source == "from curriculum.desk import progress\n\nprogress()"


def test_the_start_page_is_the_same_for_the_same_progress_and_is_always_rewritten(course):
    lay(course)
    page = write_start_page(course)
    first = page.read_bytes()
    page.write_text("mine", encoding="utf-8")
    assert write_start_page(course).read_bytes() == first


def test_progress_works_in_a_notebook(tmp_path):
    calling = nbformat.v4.new_notebook(cells=[new_code_cell("from curriculum.desk import progress\nprogress()")])
    (output,) = run_notebook(calling, tmp_path).cells[0].outputs
    assert "Next: " in output.get("text", "") or "Next: " in output.data["text/plain"]
