"""Where a learner stands: predictions, checks, submissions and grades by unit, and the next step in a sentence."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from rich.console import Group, RenderableType
from rich.markup import escape as escape_markup
from rich.table import Table

from curriculum.course import Course
from curriculum.desk.notebooks import read_notebook
from curriculum.desk.places import assignment_of, folder_of, lesson_of, shown
from curriculum.desk.records import Checked, HandedIn, checks_of, last, receipts_of
from curriculum.desk.showing import plain_text
from curriculum.errors import CourseError
from curriculum.lab import journal
from curriculum.lab.display import escape, show, table
from curriculum.syllabus import Unit

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

PREDICT = re.compile(r"""\bpredict\(\s*["']([^"']+)""")
HEAD = ["unit", "predictions kept", "last check", "handed in", "graded"]


@dataclass(frozen=True)
class Grade:
    """What the gradebook says of a submission. `waits`: a person has not graded all of it yet."""

    points: float
    of: float
    waits: bool


@dataclass(frozen=True)
class Standing:
    """Where a learner stands in one ready unit. The last line of each record counts; None where there is none."""

    unit: Unit
    predicted: int
    asked: int
    has_begun: bool  # the journal has an entry, or a check ran
    check: Checked | None
    receipt: HandedIn | None
    grade: Grade | None

    @property
    def cells(self) -> list[str]:
        """This unit's row, as `HEAD` names it."""
        predicted = f"{self.predicted} of {self.asked}" if self.asked else ""
        checked = f"{self.check.earned:g} of {self.check.points:g}, {self.check.time:%d %b %Y}" if self.check else ""
        handed_in = f"{self.receipt.time:%d %b %Y}, {self.receipt.sha256[:8]}" if self.receipt else ""
        graded = ""
        if self.grade:
            graded = f"{self.grade.points:g} of {self.grade.of:g}" + (
                ", a person still grades" if self.grade.waits else ""
            )
        return [self.unit.title, predicted, checked, handed_in, graded]


@dataclass(frozen=True)
class Step:
    """The next thing to do, in one sentence, and the file to open for it."""

    sentence: str
    path: Path | None = None


@dataclass(frozen=True)
class Journey:
    """Where a learner stands in every ready unit, by milestone's title, and the next step."""

    milestones: dict[str, list[Standing]]
    next_step: Step
    location: str  # the file of the next step, as a learner reads it; empty when there is none

    @property
    def sentence(self) -> str:
        """The next step, with the file to open."""
        return f"Next: {self.next_step.sentence}" + (f" Open {self.location}." if self.location else "")

    def __rich__(self) -> RenderableType:
        """One table a milestone, for a terminal."""
        parts: list[RenderableType] = []
        for title, standings in self.milestones.items():
            shown_table = Table(*HEAD, title=escape_markup(title), title_justify="left")
            for standing in standings:
                shown_table.add_row(*map(escape_markup, standing.cells))
            parts.append(shown_table)
        return Group(*parts, escape_markup(self.sentence))


def progress() -> None:
    """Show in a notebook where the learner stands."""
    try:
        journey = progress_of(Course())
    except CourseError as error:
        print(error)
        return
    tables = "".join(
        f"<p><b>{escape(title)}</b></p>" + table(HEAD, [standing.cells for standing in standings])
        for title, standings in journey.milestones.items()
    )
    show(plain_text(journey), f"{tables}<p>{escape(journey.sentence)}</p>")


def progress_of(course: Course) -> Journey:
    """Read the desk's records, the journals and, where there is one, the gradebook. Changes nothing.

    Raises `CourseError` when the syllabus cannot be read, or the gradebook is not one.
    """
    with gradebook_to_read(course) as gradebook:
        standings = [_standing(course, unit, gradebook) for unit in course.syllabus.ready_units]
    milestones = {
        milestone.title: [standing for standing in standings if standing.unit.milestone == milestone.id]
        for milestone in course.syllabus.milestones
    }
    step = _next_step(course, standings)
    location = shown(course, step.path) if step.path else ""
    return Journey({title: rows for title, rows in milestones.items() if rows}, step, location)


def _standing(course: Course, unit: Unit, gradebook: "Session | None") -> Standing:
    kept = journal.entries(folder_of(course, unit))
    asked = _predictions_in(course, unit)
    check = last(checks_of(course), Checked, unit)
    receipt = last(receipts_of(course), HandedIn, unit)
    return Standing(
        unit=unit,
        predicted=len(asked & {entry.key for entry in kept if entry.kind == "prediction"}),
        asked=len(asked),
        has_begun=bool(kept or check),
        check=check,
        receipt=receipt,
        grade=_grade(gradebook, unit, receipt.student) if gradebook and receipt else None,
    )


def _next_step(course: Course, standings: list[Standing]) -> Step:
    """The first unit, in the order of the journey, that is not finished, and what to do in it."""
    for standing in standings:
        unit, check = standing.unit, standing.check
        if standing.receipt or (standing.has_begun and not unit.has_assignment):
            continue
        if not standing.has_begun:
            sentence = f"read and run the lesson “{unit.title}” (about {_duration(unit.hours.lesson)})."
            return Step(sentence, lesson_of(course, unit))
        if not unit.has_tasks:
            sentence = (
                f"write what the assignment of “{unit.title}” asks for, and hand it in with `course submit {unit.id}`."
            )
            return Step(sentence, assignment_of(course, unit))
        if check and check.earned >= check.points:
            return Step(f"hand in “{unit.title}” with `course submit {unit.id}`.", assignment_of(course, unit))
        so_far = f", at {check.earned:g} of {check.points:g} visible points so far" if check else ""
        return Step(f"go on with the assignment of “{unit.title}”{so_far}.", assignment_of(course, unit))
    planned = next((unit for unit in course.syllabus.units if not unit.is_ready), None)
    if planned is None:
        return Step("everything is handed in; bring a question to your study group.")
    return Step(f"everything that is ready is handed in; “{planned.title}” is planned.")


@contextmanager
def gradebook_to_read(course: Course) -> Iterator["Session | None"]:
    """A session on the gradebook that cannot write; None where nothing was graded here.

    nbgrader's own `Gradebook` creates what it misses when it is opened, so its tables are read without it.
    """
    path = course.cohort / "gradebook.db"
    if not path.is_file():
        yield None
        return
    from sqlalchemy import create_engine, inspect
    from sqlalchemy.exc import DatabaseError
    from sqlalchemy.orm import Session

    engine = create_engine(f"sqlite:///file:{quote(path.as_posix())}?mode=ro&uri=true")
    try:
        if not inspect(engine).has_table("submitted_assignment"):
            yield None
            return
        with Session(engine) as session:
            yield session
    except DatabaseError as error:
        raise CourseError(f"Could not read the gradebook {path}: {error.orig}; move it away or restore it.") from error
    finally:
        engine.dispose()


def _grade(gradebook: "Session", unit: Unit, student: str) -> Grade | None:
    from nbgrader.api import Assignment, SubmittedAssignment

    submissions = gradebook.query(SubmittedAssignment).join(Assignment)
    submission = submissions.filter(Assignment.name == unit.id, SubmittedAssignment.student_id == student).one_or_none()
    return Grade(submission.score, submission.max_score, submission.needs_manual_grade) if submission else None


def _predictions_in(course: Course, unit: Unit) -> set[str]:
    """The keys of the predictions that a lesson asks for."""
    lesson = course.lesson_notebook(unit)
    if not lesson.is_file():
        return set()
    cells = read_notebook(course, lesson).cells
    return set(PREDICT.findall("\n".join(cell.source for cell in cells if cell.cell_type == "code")))


def _duration(hours: float) -> str:
    minutes = round(hours * 60)
    return f"{minutes} minutes" if minutes < 120 else f"{hours:g} hours"
