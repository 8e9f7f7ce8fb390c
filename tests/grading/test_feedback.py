"""Feedback pages are made for everyone who was graded; one that cannot be made does not cost the others."""

import re
import shutil
from html import escape

import nbformat
from nbgrader.utils import is_grade

from grading.engine.score import failure_message
from grading.feedback import write_feedback
from grading.feedback.hiding import BEGIN, END, INSTEAD, visible


def test_everyone_graded_gets_a_page_and_a_failure_is_said(graded):
    autograded = graded.course.cohort / "autograded"
    shutil.copytree(autograded / "ana", autograded / "ghost")  # graded elsewhere: the gradebook does not know them
    ana, ghost = write_feedback(graded.course, graded.unit)
    assert "Score: 15.0 / 27.0" in ana.path.read_text(encoding="utf-8") and str(ana) == str(ana.path)
    assert ghost.student == "ghost" and "no page: nbgrader could not make it" in str(ghost)
    assert not ghost.path.exists()
    for name in ("timestamp.txt", "submission_secret.txt"):  # nbgrader's release_feedback stops without them
        assert (ana.path.parent / name).is_file()


def test_a_page_shows_points_as_they_are_now(graded):
    write_feedback(graded.course, graded.unit)
    with graded.gradebook() as gradebook:
        gradebook.find_grade("reflect-limit", "t1-limits", "t1-limits", "ana").manual_score = 9
        gradebook.db.commit()
    [page] = write_feedback(graded.course, graded.unit)
    assert "Score: 24.0 / 27.0" in page.path.read_text(encoding="utf-8")


def test_without_grades_there_are_no_pages(cohort):
    assert write_feedback(cohort.course, cohort.unit) == []


def test_a_page_says_what_failed_and_keeps_hidden_tests_hidden(cohort):
    cohort.submit("bea", cohort.released())  # nothing done: every test fails
    cohort.grade()
    [page] = write_feedback(cohort.course, cohort.unit)
    shown = page.path.read_text(encoding="utf-8")
    executed = cohort.course.cohort / "autograded" / "bea" / cohort.unit.id / f"{cohort.unit.id}.ipynb"
    notebook = nbformat.read(executed, as_version=4)
    tests = [cell for cell in notebook.cells if is_grade(cell) and cell.cell_type == "code"]
    failures = [message for cell in tests if (message := failure_message(cell))]
    assert failures and all(escape(message.splitlines()[0], quote=False) in shown for message in failures)
    hidden = [line.strip() for cell in tests for line in cell.source.split(BEGIN)[1:] for line in line.splitlines()]
    assert any(hidden) and INSTEAD in shown
    text = re.sub(r"<[^>]+>", "", shown)  # highlighting puts every word into a tag of its own
    assert [line for line in hidden if len(line) > 15 and line != END and escape(line) in text] == []
    assert "most recent call last" not in text


def test_only_the_hidden_part_of_a_test_is_taken_out():
    source = "\n".join(["assert f(1) == 1", BEGIN, "assert f(2) == 2", END, "assert f(3) == 3"])
    assert visible(source) == "\n".join(["assert f(1) == 1", INSTEAD, "assert f(3) == 3"])
