"""What the desk remembers of checks and submissions: one JSON object a line, under `work/.desk/`."""

from datetime import datetime
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from curriculum.course import Course
from curriculum.errors import CourseError
from curriculum.lab.lines import append_line, read_lines
from curriculum.syllabus import Unit


class Record(BaseModel):
    """One line: what happened in a unit, and when (UTC)."""

    model_config = ConfigDict(frozen=True)
    unit: str
    time: datetime


class Checked(Record):
    """A check: the visible points earned, of how many."""

    earned: float
    points: float


class HandedIn(Record):
    """A submission: whose, and the SHA-256 of its file."""

    student: str
    sha256: str
    file: str


R = TypeVar("R", bound=Record)


def checks_of(course: Course) -> Path:
    """The file of checks."""
    return course.work / ".desk" / "checks.jsonl"


def receipts_of(course: Course) -> Path:
    """The file of receipts."""
    return course.work / ".desk" / "receipts.jsonl"


def keep(path: Path, record: Record) -> None:
    """Add a record. Raises `CourseError` where the file cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        append_line(path, record.model_dump(mode="json"))
    except OSError as error:
        raise CourseError(f"Could not write {path}: {error.strerror}; free some space or permissions.") from error


def last(path: Path, kind: type[R], unit: Unit) -> R | None:
    """The latest record of a unit; lines that are not whole, or that someone has edited, are skipped."""
    for line in reversed(read_lines(path)):
        try:
            record = kind.model_validate(line)
        except ValidationError:
            continue
        if record.unit == unit.id:
            return record
    return None
