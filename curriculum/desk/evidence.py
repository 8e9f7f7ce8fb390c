"""What a learner has to show: journal, checks, submissions and grades, each with the file that it stands in.

Nothing is inferred here and nothing is added up. A file that is missing gives less evidence; one that is damaged gives
less evidence and a sentence.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pydantic import ValidationError

from curriculum.course import Course
from curriculum.desk.places import folder_of, shown
from curriculum.desk.records import Checked, HandedIn, Record, checks_of, receipts_of
from curriculum.errors import CourseError
from curriculum.lab import journal
from curriculum.lab.lines import read_lines
from curriculum.syllabus import Unit

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

R = TypeVar("R", bound=Record)


class Kind(StrEnum):
    """Where a piece of evidence comes from."""

    PREDICTION = "prediction"  # the learner's guess, from a journal
    RESULT = "result"  # what a run gave, from a journal
    NUMBER = "number"  # a number of the learner's own, from a journal
    CHECK = "check"  # visible tests that the learner ran
    HANDED_IN = "handed in"  # a submission, by its hash
    CREDENTIAL = "credential"  # a signed one that verifies, given to the learner
    GRADE = "grade"  # what the gradebook says of one task or reflection


@dataclass(frozen=True)
class Evidence:
    """One thing that happened in a unit: `value` in `measure`, out of `of` where there is a most, at `when` (UTC).

    `what` is a journal's key, the `grade_id` of a task or reflection, or in words what was counted. `source` is the
    file that says so, as a learner reads it. `waits`: a person has not graded all of it yet.
    """

    unit: str
    kind: Kind
    what: str
    value: journal.Value
    measure: str
    when: datetime | None
    source: str
    of: float | None = None
    waits: bool = False

    @property
    def share(self) -> float | None:
        """The part of the most that was reached, 0 to 1; None where there is no most, or the value is no number."""
        if not self.of or isinstance(self.value, str):
            return None
        return min(1.0, max(0.0, self.value / self.of))


@dataclass(frozen=True)
class Found:
    """The evidence that there is, in the order of the journey, and a sentence for each file that gave less."""

    evidence: tuple[Evidence, ...] = ()
    remarks: tuple[str, ...] = ()

    def __add__(self, other: "Found") -> "Found":
        """Both together."""
        return Found(self.evidence + other.evidence, self.remarks + other.remarks)

    def of(self, unit: str, *kinds: Kind) -> list[Evidence]:
        """What there is of a unit, of these kinds or of all."""
        return [each for each in self.evidence if each.unit == unit and (not kinds or each.kind in kinds)]


def evidence_of(course: Course, student: str | None = None) -> Found:
    """Everything on this desk. Grades are those of `student`, or of whoever the last receipt of a unit names.

    Never raises for what a file holds.
    """
    from curriculum.desk.standing import gradebook_to_read  # brings nbgrader along

    found = Found()
    for unit in course.syllabus.units:
        found += from_journal(course, unit)
    found += from_checks(course) + from_receipts(course)
    students = {unit: name for unit, name in _students(course).items() if student is None}
    try:
        with gradebook_to_read(course) as session:
            if session is not None:
                found += from_gradebook(course, session, student, students)
    except CourseError as error:
        found += Found(remarks=(str(error),))
    return found


def from_journal(course: Course, unit: Unit) -> Found:
    """What the journal of a unit holds, oldest first."""
    path = folder_of(course, unit) / journal.FILE
    source = shown(course, path)
    kept = journal.entries(path.parent)
    evidence = tuple(
        Evidence(unit.id, Kind(entry.kind), entry.key, entry.value, entry.unit, _time(entry.time), source)
        for entry in kept
    )
    return Found(evidence, _lost(path, source, len(kept)))


def from_checks(course: Course) -> Found:
    """Every check that the learner ran, oldest first."""
    return _from_records(course, checks_of(course), Checked, _of_check)


def from_receipts(course: Course) -> Found:
    """Every submission that the learner packed, oldest first."""
    return _from_records(course, receipts_of(course), HandedIn, _of_receipt)


def from_gradebook(
    course: Course, session: "Session", student: str | None, students: dict[str, str] | None = None
) -> Found:
    """What the gradebook says of `student`, or in each unit of the one named in `students`, a task at a time."""
    evidence: list[Evidence] = []
    for unit in course.syllabus.units:
        name = student or (students or {}).get(unit.id)
        if name and unit.hours.assignment:
            evidence += _merged(_cells_of(course, session, unit, name), _tasks_of_cells(course, unit))
    return Found(tuple(evidence))


def _of_check(record: Checked, source: str) -> Evidence:
    return Evidence(
        record.unit, Kind.CHECK, "visible tests", record.earned, "points", record.time, source, record.points
    )


def _of_receipt(record: HandedIn, source: str) -> Evidence:
    return Evidence(record.unit, Kind.HANDED_IN, record.file, record.sha256, "SHA-256", record.time, source)


def _from_records(course: Course, path: Path, kind: type[R], evidence: Callable[[R, str], Evidence]) -> Found:
    source = shown(course, path)
    kept = list(_records(path, kind))
    return Found(tuple(evidence(record, source) for record in kept), _lost(path, source, len(kept)))


def _records(path: Path, kind: type[R]) -> Iterator[R]:
    for line in read_lines(path):
        try:
            yield kind.model_validate(line)
        except ValidationError:  # torn or edited; `_lost` counts it
            continue


def _students(course: Course) -> dict[str, str]:
    """Under which name each unit was last handed in."""
    return {record.unit: record.student for record in _records(receipts_of(course), HandedIn)}


def _lost(path: Path, source: str, kept: int) -> tuple[str, ...]:
    """A sentence on the lines of a file that do not count, if there are any."""
    try:
        lines = sum(bool(line.strip()) for line in path.read_bytes().split(b"\n"))
    except FileNotFoundError:
        return ()
    except OSError as error:
        return (f"{source} could not be read ({error.strerror}), so nothing in it counts.",)
    if lines == kept:
        return ()
    what = "1 line is" if lines - kept == 1 else f"{lines - kept} lines are"
    return (f"{source}: of {lines} lines, {what} damaged or edited and not counted.",)


def _time(text: str) -> datetime | None:
    """An ISO 8601 time with its zone; None for anything else, because a learner may have edited it."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    return time.astimezone(UTC) if time.tzinfo else None


def _cells_of(course: Course, session: "Session", unit: Unit, student: str) -> Iterator[Evidence]:
    """The graded cells of a submission."""
    from nbgrader.api import Assignment, BaseCell, Grade, SubmittedAssignment, SubmittedNotebook

    rows = (
        session.query(Grade, BaseCell.name, SubmittedAssignment.timestamp)
        .join(BaseCell, Grade.cell_id == BaseCell.id)
        .join(SubmittedNotebook, Grade.notebook_id == SubmittedNotebook.id)
        .join(SubmittedAssignment, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .join(Assignment, SubmittedAssignment.assignment_id == Assignment.id)
        .filter(Assignment.name == unit.id, SubmittedAssignment.student_id == student)
    )
    source = f"the gradebook, {student}"
    for grade, cell, handed_in in rows:
        when = handed_in.replace(tzinfo=UTC) if handed_in else None
        waits = bool(grade.needs_manual_grade)
        yield Evidence(
            unit.id, Kind.GRADE, cell, float(grade.score), "points", when, source, float(grade.max_score), waits
        )


def _tasks_of_cells(course: Course, unit: Unit) -> dict[str, str]:
    """The task of each test cell, in the assignment's order; empty where the released assignment cannot be read."""
    from curriculum.desk.notebooks import read_released
    from grading.engine.score import tasks_of

    try:
        tasks = tasks_of(read_released(course, unit))
    except CourseError:  # not released on this machine: the cells stand by their own names
        return {}
    return {cell: task.grade_id for task in tasks for cell in (*task.tests, task.grade_id)}


def _merged(cells: Iterable[Evidence], task_of: dict[str, str]) -> list[Evidence]:
    """The points of all cells of a task together, in the assignment's order."""
    tasks: dict[str, Evidence] = {}
    order = {cell: place for place, cell in enumerate(task_of)}
    for cell in sorted(cells, key=lambda cell: (order.get(cell.what, len(order)), cell.what)):
        name = task_of.get(cell.what, cell.what)
        before = tasks.get(name)
        tasks[name] = replace(cell, what=name) if before is None else _sum(before, cell)
    return list(tasks.values())


def _sum(one: Evidence, other: Evidence) -> Evidence:
    value, most = float(one.value) + float(other.value), (one.of or 0) + (other.of or 0)
    return replace(one, value=value, of=most, waits=one.waits or other.waits)
