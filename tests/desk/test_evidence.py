"""Evidence is what the learner's files say, with the file behind each piece, and a sentence for what is damaged."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from curriculum.desk.evidence import Kind, evidence_of, from_gradebook
from curriculum.desk.places import folder_of
from curriculum.desk.records import Checked, HandedIn, checks_of, keep, receipts_of
from curriculum.lab.journal import FILE, Entry, append

WHEN = datetime(2026, 11, 23, 10, tzinfo=UTC)


@pytest.fixture(autouse=True)
def folder(course, unit):
    """Where the journal of the first unit lies."""
    made = folder_of(course, unit)
    made.mkdir(parents=True)
    return made


def hand_in(course, unit, student="ada"):
    keep(receipts_of(course), HandedIn(unit=unit.id, time=WHEN, student=student, sha256="ab" * 32, file="u.ipynb"))


@pytest.fixture
def gradebook(course, unit, monkeypatch):
    """ada has 4 of 5 points in the first task, 4 of 4 in the second, and waits for a person in the reflection."""
    from nbgrader.api import Gradebook

    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)  # nbgrader runs `alembic`
    course.cohort.mkdir()
    with Gradebook(f"sqlite:///{course.cohort / 'gradebook.db'}") as book:
        book.add_assignment(unit.id)
        book.add_notebook(unit.id, unit.id)
        cells = (("limiter-top", 2, 2), ("limiter-hidden", 3, 2), ("writer-test", 4, 4), ("who-decides", 12, 0))
        for name, most, _ in cells:
            kind = "markdown" if name == "who-decides" else "code"
            book.add_grade_cell(name, unit.id, unit.id, max_score=most, cell_type=kind)
        for student in ("ada", "bob"):
            book.add_student(student)
            book.add_submission(unit.id, student, timestamp=WHEN.replace(tzinfo=None))
        for name, _, points in cells:
            grade = book.find_grade(name, unit.id, unit.id, "ada")
            grade.auto_score, grade.needs_manual_grade = points, name == "who-decides"
        book.db.commit()
        yield book


def test_a_fresh_desk_has_nothing_and_nothing_to_say(course):
    found = evidence_of(course)
    assert found.evidence == found.remarks == ()


def test_each_piece_names_its_file_and_its_unit_of_measure(course, unit, folder):
    append(Entry("prediction", "p99", 40, unit="ms"), folder)
    append(Entry("result", "p99", 312.5, unit="ms"), folder)
    keep(checks_of(course), Checked(unit=unit.id, time=WHEN, earned=2, points=8))
    hand_in(course, unit)
    found = evidence_of(course)
    guess, result, check, receipt = found.evidence
    assert (guess.kind, guess.what, guess.value, guess.measure) == (Kind.PREDICTION, "p99", 40, "ms")
    assert guess.source == "work/u1-limits/journal.jsonl"
    assert guess.when and guess.when.tzinfo is UTC
    assert (result.kind, result.value, result.share) == (Kind.RESULT, 312.5, None)
    assert (check.value, check.of, check.share, check.when) == (2, 8, 0.25, WHEN)
    assert (check.source, receipt.value) == ("work/.desk/checks.jsonl", "ab" * 32)
    assert found.of(unit.id, Kind.CHECK) == [check]
    assert found.of("u2-queues") == []


def test_a_damaged_line_costs_itself_and_is_said(course, unit, folder):
    append(Entry("number", "rate", 40), folder)
    keep(checks_of(course), Checked(unit=unit.id, time=WHEN, earned=2, points=8))
    for path in (folder / FILE, checks_of(course)):
        path.write_bytes(b'{"kind": "num\n' + path.read_bytes() + b"\x00\xff\n\n")
    found = evidence_of(course)
    assert [each.kind for each in found.evidence] == [Kind.NUMBER, Kind.CHECK]
    assert found.remarks == (
        "work/u1-limits/journal.jsonl: of 3 lines, 2 lines are damaged or edited and not counted.",
        "work/.desk/checks.jsonl: of 3 lines, 2 lines are damaged or edited and not counted.",
    )


def test_a_file_that_cannot_be_read_is_said(course, unit, folder):
    (folder / FILE).mkdir()
    (remark,) = evidence_of(course).remarks
    assert remark.startswith("work/u1-limits/journal.jsonl could not be read")


@pytest.mark.parametrize("time", ["", "yesterday", "2026-11-23T10:00:00"])
def test_a_time_without_a_zone_is_no_time(course, unit, time, folder):
    append(Entry("number", "rate", 40), folder)
    line = (folder / FILE).read_text(encoding="utf-8")
    start = line.index('"time": "') + len('"time": "')
    (folder / FILE).write_text(line[:start] + time + '"}\n', encoding="utf-8")
    (piece,) = evidence_of(course).evidence
    assert piece.when is None


def test_grades_are_told_by_task_of_the_one_who_handed_in(course, unit, gradebook):
    assert not evidence_of(course).of(unit.id, Kind.GRADE)  # nobody knows yet who sits here
    hand_in(course, unit)
    grades = evidence_of(course).of(unit.id, Kind.GRADE)
    assert [(each.what, each.value, each.of, each.waits) for each in grades] == [
        ("limiter", 4, 5, False),
        ("writer", 4, 4, False),
        ("who-decides", 0, 12, True),
    ]
    assert {each.when for each in grades} == {WHEN}


def test_a_facilitator_asks_for_anybody(course, unit, gradebook):
    hand_in(course, unit, "ada")
    found = from_gradebook(course, gradebook.db, "bob")
    assert sum(each.value for each in found.evidence) == 0
    assert evidence_of(course, "ada").of(unit.id, Kind.GRADE)
    assert not evidence_of(course, "nobody").of(unit.id, Kind.GRADE)


def test_grades_stand_by_their_cells_where_the_assignment_is_not_released(course, unit, gradebook):
    course.released_notebook(unit).unlink()
    found = from_gradebook(course, gradebook.db, "ada")
    assert {each.what for each in found.evidence} == {"limiter-top", "limiter-hidden", "writer-test", "who-decides"}


def test_a_broken_gradebook_gives_a_sentence_and_the_rest(course, unit, folder):
    course.cohort.mkdir()
    (course.cohort / "gradebook.db").write_bytes(b"not a database, but long enough to be looked at" * 20)
    append(Entry("number", "rate", 40), folder)
    found = evidence_of(course)
    assert len(found.evidence) == 1
    assert "Could not read the gradebook" in found.remarks[0]


def test_reading_evidence_loads_no_grader():
    code = (
        "import sys, curriculum.desk.evidence; print([m for m in sys.modules if m.startswith(('nbgrader', 'sqlal'))])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
