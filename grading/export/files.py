"""Writes an export of a cohort's grades."""

from pathlib import Path

from curriculum.course import Course
from curriculum.errors import CourseError
from curriculum.files import exclusive
from grading.engine.gradebook import open_gradebook
from grading.export.plugins import CanvasExport, CsvExport, GradeExport, MoodleExport

KINDS: dict[str, type[GradeExport]] = {"csv": CsvExport, "canvas": CanvasExport, "moodle": MoodleExport}


def export_grades(course: Course, to: str = "csv", path: Path | None = None) -> Path:
    """Export all grades for `to`, one of `KINDS`, and return the file: in `cohort/exports/` by default.

    Raises `CourseError` for another kind, when nothing was graded yet, or when the file cannot be written.
    """
    if to not in KINDS:
        raise CourseError(f"There is no export to {to!r}; choose one of {', '.join(KINDS)}.")
    if not course.gradebook and not (course.cohort / "gradebook.db").is_file():
        raise CourseError(f"There is no gradebook in {course.cohort} yet; grade a unit with `course grade` first.")
    target = path or course.cohort / "exports" / KINDS[to].default_name
    if target.is_dir():
        raise CourseError(f"{target} is a folder; name the file to write.")
    config = course.nbgrader_config()
    plugin = KINDS[to](config=config)
    plugin.to = str(target)
    with exclusive(course.cohort), open_gradebook(course) as gradebook:
        plugin.export(gradebook)
    return target
