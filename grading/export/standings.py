"""Reads from the gradebook where every student stands in every unit."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from nbgrader.api import Assignment, BaseCell, Comment, Gradebook, SubmittedAssignment, SubmittedNotebook
from nbgrader.coursedir import CourseDirectory
from sqlalchemy import select

from curriculum.course import Course
from curriculum.errors import CourseError
from grading.engine.autograded import handed_in
from grading.engine.recording import NO_RESPONSE
from grading.engine.totals import Total, read_totals


class Standing(StrEnum):
    """How far a submission is."""

    GRADED = "graded"
    NEEDS_MANUAL = "needs manual grade"
    UNGRADED = "ungraded"  # handed in, and not graded yet or set aside
    MISSING = "missing"


@dataclass(frozen=True)
class Student:
    """A student as the gradebook knows them; all but `id` may be empty."""

    id: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    lms_id: str = ""

    @property
    def name(self) -> str:
        """Last name, first name; the id of a student without names."""
        return ", ".join(filter(None, (self.last_name, self.first_name))) or self.id


@dataclass(frozen=True)
class Row:
    """One student in one unit. Points are None where nothing was graded; `score` has the late penalty taken off."""

    student: Student
    unit: str
    standing: Standing
    max_score: float
    score: float | None = None
    auto_score: float | None = None
    manual_score: float | None = None
    late_penalty: float = 0
    submitted_at: datetime | None = None  # UTC
    comments: tuple[str, ...] = ()

    @property
    def final_score(self) -> float | None:
        """The points when nothing waits for a person, else None."""
        return self.score if self.standing is Standing.GRADED else None


@dataclass(frozen=True)
class Standings:
    """Units with their titles and maximum points in the gradebook's order, and rows by student, then unit."""

    units: dict[str, str]
    points: dict[str, float]
    rows: list[Row]

    def by_student(self) -> Iterator[tuple[Student, dict[str, Row]]]:
        """Every student with their rows by unit."""
        students: dict[Student, dict[str, Row]] = {}
        for row in self.rows:
            students.setdefault(row.student, {})[row.unit] = row
        yield from students.items()


def read_standings(
    gradebook: Gradebook, folders: CourseDirectory, units: Sequence[str] = (), students: Sequence[str] = ()
) -> Standings:
    """Read the standing of all students in all units, or of those named, from the gradebook and what was handed in."""
    assignments = [each for each in gradebook.assignments if not units or each.name in units]
    submitted = {assignment.name: _handed_in(folders, assignment.name) for assignment in assignments}
    known = {student.id: _student(student) for student in gradebook.students}
    for student_id in set().union(*submitted.values()) - known.keys():
        known[student_id] = Student(student_id)
    people = [known[student_id] for student_id in sorted(known) if not students or student_id in students]
    rows: dict[tuple[str, str], Row] = {}
    for assignment in assignments:
        points, totals = float(assignment.max_score), read_totals(gradebook, assignment)
        comments = _comments(gradebook, assignment)
        for person in people:
            total = totals.get(person.id)
            if total is None or not total.is_graded:
                standing = Standing.UNGRADED if person.id in submitted[assignment.name] else Standing.MISSING
                rows[person.id, assignment.name] = Row(person, assignment.name, standing, points)
            else:
                said = tuple(comments.get(person.id, ()))
                rows[person.id, assignment.name] = _row(person, assignment.name, points, total, said)
    return Standings(
        units=_titles(folders, [assignment.name for assignment in assignments]),
        points={assignment.name: float(assignment.max_score) for assignment in assignments},
        rows=[rows[person.id, assignment.name] for person in people for assignment in assignments],
    )


def _handed_in(folders: CourseDirectory, unit: str) -> set[str]:
    root = Path(folders.format_path(folders.submitted_directory, ".", "."))
    return {path.parent.name for path in handed_in(root, unit)}


def _student(student: object) -> Student:
    def text(name: str) -> str:
        return str(getattr(student, name, None) or "")

    return Student(text("id"), text("first_name"), text("last_name"), text("email"), text("lms_user_id"))


def _row(person: Student, unit: str, points: float, total: Total, comments: tuple[str, ...]) -> Row:
    return Row(
        student=person,
        unit=unit,
        standing=Standing.NEEDS_MANUAL if total.needs_manual_grade else Standing.GRADED,
        max_score=points,
        score=total.final_score,
        auto_score=total.auto_score,
        manual_score=total.manual_score,
        late_penalty=total.late_penalty,
        submitted_at=total.handed_in,
        comments=comments,
    )


def _comments(gradebook: Gradebook, assignment: Assignment) -> dict[str, list[str]]:
    """What people said to each student, in the order of the cells' names."""
    rows = gradebook.db.execute(
        select(SubmittedAssignment.student_id, Comment.comment)
        .select_from(SubmittedAssignment)
        .join(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .join(Comment, Comment.notebook_id == SubmittedNotebook.id)
        .join(BaseCell, BaseCell.id == Comment.cell_id)
        .where(SubmittedAssignment.assignment_id == assignment.id, Comment.comment.is_not(None))
        .order_by(BaseCell.name)
    )
    said: dict[str, list[str]] = {}
    for student, comment in rows:
        if comment and comment != NO_RESPONSE:
            said.setdefault(student, []).append(comment)
    return said


def _titles(folders: CourseDirectory, units: list[str]) -> dict[str, str]:
    try:
        known = {unit.id: unit.title for unit in Course(root=Path(folders.root)).syllabus.units}
    except CourseError:
        known = {}  # a gradebook of its own, without a syllabus beside it: names stand in for titles
    return {unit: known.get(unit, unit) for unit in units}
