"""Where things lie on the learner's desk."""

from pathlib import Path

from curriculum.course import Course
from curriculum.syllabus import Unit

LESSON = "lesson.ipynb"


def folder_of(course: Course, unit: Unit) -> Path:
    """The learner's folder for a unit: lesson, assignment and journal."""
    return course.work / unit.id


def lesson_of(course: Course, unit: Unit) -> Path:
    """The learner's copy of the lesson."""
    return folder_of(course, unit) / LESSON


def assignment_of(course: Course, unit: Unit) -> Path:
    """The learner's copy of the assignment."""
    return folder_of(course, unit) / f"{unit.id}.ipynb"


def ledger_of(course: Course) -> Path:
    """What was laid, and with which hash."""
    return course.work / ".desk" / "laid.json"


def submissions_of(course: Course) -> Path:
    """Where packed submissions go."""
    return course.work / "submissions"


def shown(course: Course, path: Path) -> str:
    """A path as the learner reads it: from the course's folder where it lies inside."""
    return (path.relative_to(course.root) if path.is_relative_to(course.root) else path).as_posix()
