"""Exports hold what the gradebook holds, in the columns that spreadsheets, Canvas and Moodle read."""

import csv
from datetime import datetime

import pytest

from curriculum.errors import CourseError
from grading.export import KINDS, export_grades


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


@pytest.fixture
def complete(graded):
    """Ana is graded to the end and late, ben waits for a person, dora handed in, zoe did not."""
    graded.submit("dora", b"{")
    with graded.gradebook() as gradebook:
        gradebook.update_or_create_student(
            "ana", first_name="Ana", last_name="Ruiz", email="ana@example.org", lms_user_id="77"
        )
        gradebook.update_or_create_student("zoe", first_name="=HYPERLINK()", last_name="@SUM(A1)")
        grade = gradebook.find_grade("reflect-limit", "t1-limits", "t1-limits", "ana")
        grade.manual_score, grade.extra_credit, grade.needs_manual_grade = 9, 0.5, False
        submission = gradebook.find_submission("t1-limits", "ana")
        submission.timestamp = datetime(2026, 11, 2, 3, 4, 5)
        submission.notebooks[0].late_submission_penalty = 2
        gradebook.find_comment(
            "reflect-limit", "t1-limits", "t1-limits", "ana"
        ).manual_comment = "+ Good, but who pays?"
        gradebook.update_or_create_student("ben")
        other = gradebook.update_or_create_submission("t1-limits", "ben")
        for grade in other.notebooks[0].grades:
            grade.auto_score, grade.needs_manual_grade = (None, True) if grade.name == "reflect-limit" else (1, False)
        gradebook.db.commit()
    return graded.course


def test_csv_has_a_row_for_every_student_and_unit(complete):
    path = export_grades(complete)
    assert path == complete.cohort / "exports" / "grades.csv"
    assert rows(path) == [
        [
            *("student", "unit", "score", "max_score", "auto_score", "manual_score", "needs_manual_grade"),
            *("late_penalty", "submitted_at", "state"),
        ],
        ["ana", "t1-limits", "22.5", "27", "15", "9.5", "no", "2", "2026-11-02T03:04:05Z", "graded"],
        ["ben", "t1-limits", "10", "27", "10", "", "yes", "0", "", "needs manual grade"],
        ["dora", "t1-limits", "", "27", "", "", "no", "0", "", "ungraded"],
        ["zoe", "t1-limits", "", "27", "", "", "no", "0", "", "missing"],
    ]


def test_canvas_gets_its_columns_and_blanks_where_a_person_must_still_grade(complete):
    assert rows(export_grades(complete, "canvas")) == [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Limits (t1-limits)"],
        ["Points Possible", "", "", "", "", "27"],
        ["Ruiz, Ana", "77", "", "ana", "", "22.5"],
        ["ben", "", "", "ben", "", ""],
        ["dora", "", "", "dora", "", ""],
        ["'@SUM(A1), =HYPERLINK()", "", "", "zoe", "", ""],
    ]


def test_moodle_gets_grades_and_feedback_and_never_feedback_alone(complete):
    header, ana, ben, *_, zoe = rows(export_grades(complete, "moodle"))
    assert header == [
        *("ID number", "Email address", "First name", "Last name"),
        *("Limits (t1-limits)", "Limits (t1-limits) (Feedback)"),
    ]
    assert ana[:5] == ["ana", "ana@example.org", "Ana", "Ruiz", "22.5"]
    assert ana[5] == "22.5 of 27 points. Late: 2 points taken off. + Good, but who pays?"
    assert ben[4:] == ["", ""]
    assert zoe[2:4] == ["'=HYPERLINK()", "'@SUM(A1)"]


@pytest.mark.parametrize(
    ("kind", "row"),
    [
        ("csv", ["dora", "t1-limits", "", "27", "", "", "no", "0", "", "ungraded"]),
        ("canvas", ["dora", "", "", "dora", "", ""]),
        ("moodle", ["dora", "", "", "", "", ""]),
    ],
)
def test_a_submission_that_was_set_aside_is_ungraded_never_absent(graded, kind, row):
    graded.submit("dora", b"{")
    assert graded.grade()["dora"].set_aside
    found = [each for each in rows(export_grades(graded.course, kind)) if "dora" in each]
    assert found == [row]


def test_a_file_can_be_named_and_mistakes_are_said(complete, tmp_path):
    assert export_grades(complete, "csv", tmp_path / "new" / "g.csv").is_file()
    with pytest.raises(CourseError, match="choose one of csv, canvas, moodle"):
        export_grades(complete, "excel")
    with pytest.raises(CourseError, match="is a folder"):
        export_grades(complete, "csv", tmp_path)
    (complete.cohort / "gradebook.db").unlink()
    with pytest.raises(CourseError, match="course grade"):
        export_grades(complete)
    assert list(KINDS) == ["csv", "canvas", "moodle"]
