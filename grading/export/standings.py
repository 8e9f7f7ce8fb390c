"""Reads from the gradebook where every student stands in every unit."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from nbgrader.api import Assignment, Gradebook, SubmittedAssignment
from nbgrader.coursedir import CourseDirectory

from curriculum.course import Course
from curriculum.errors import CourseError


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
        graded = {each.student_id: each for each in gradebook.assignment_submissions(assignment.name)}
        for person in people:
            has_handed_in = person.id in submitted[assignment.name]
            rows[person.id, assignment.name] = _row(person, assignment, graded.get(person.id), has_handed_in)
    return Standings(
        units=_titles(folders, [assignment.name for assignment in assignments]),
        points={assignment.name: float(assignment.max_score) for assignment in assignments},
        rows=[rows[person.id, assignment.name] for person in people for assignment in assignments],
    )


def _handed_in(folders: CourseDirectory, unit: str) -> set[str]:
    root = Path(folders.format_path(folders.submitted_directory, ".", "."))
    return {path.parent.name for path in root.glob(f"*/{unit}") if path.is_dir()}


def _student(student: object) -> Student:
    def text(name: str) -> str:
        return str(getattr(student, name, None) or "")

    return Student(text("id"), text("first_name"), text("last_name"), text("email"), text("lms_user_id"))


def _row(person: Student, assignment: Assignment, submission: SubmittedAssignment | None, has_handed_in: bool) -> Row:
    points = float(assignment.max_score)
    grades = [grade for notebook in submission.notebooks for grade in notebook.grades] if submission else []
    auto = [grade.auto_score for grade in grades if grade.auto_score is not None]
    manual = [grade.manual_score + (grade.extra_credit or 0) for grade in grades if grade.manual_score is not None]
    if submission is None or not (auto or manual):
        return Row(person, assignment.name, Standing.UNGRADED if has_handed_in else Standing.MISSING, points)
    penalty = float(submission.late_submission_penalty or 0)
    comments = [comment.comment for notebook in submission.notebooks for comment in notebook.comments]
    return Row(
        student=person,
        unit=assignment.name,
        standing=Standing.NEEDS_MANUAL if submission.needs_manual_grade else Standing.GRADED,
        max_score=points,
        score=max(0.0, float(submission.score) - penalty),
        auto_score=sum(auto) if auto else None,
        manual_score=sum(manual) if manual else None,
        late_penalty=penalty,
        submitted_at=submission.timestamp,
        comments=tuple(comment for comment in comments if comment and comment != "No response."),
    )


def _titles(folders: CourseDirectory, units: list[str]) -> dict[str, str]:
    try:
        known = {unit.id: unit.title for unit in Course(root=Path(folders.root)).syllabus.units}
    except CourseError:
        known = {}  # a gradebook of its own, without a syllabus beside it: names stand in for titles
    return {unit: known.get(unit, unit) for unit in units}
