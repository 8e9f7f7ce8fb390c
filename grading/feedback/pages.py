"""Writes a feedback page for every graded submission."""

import secrets
from dataclasses import dataclass
from pathlib import Path

from nbgrader.converters import GenerateFeedback
from nbgrader.coursedir import CourseDirectory

from curriculum.course import Course
from curriculum.files import exclusive, write_atomically
from curriculum.syllabus import Unit
from grading.collect import SECRET, TIMESTAMP
from grading.engine.gradebook import cohort_config, listening_log, put_environment_on_path, reason
from grading.engine.submission import STUDENT, require_names


@dataclass(frozen=True)
class Page:
    """A student's feedback page, or why there is none, in a sentence."""

    student: str
    path: Path
    why: str = ""

    def __str__(self) -> str:
        """The path of the page, or the sentence."""
        return f"{self.student}: no page: {self.why}" if self.why else str(self.path)


def write_feedback(course: Course, unit: Unit) -> list[Page]:
    """Write `cohort/feedback/<student>/<unit>/<unit>.html` for all graded submissions, with points as they are now.

    A page that cannot be made is reported in its `Page` and does not stop the others.
    """
    require_names(course.cohort)
    put_environment_on_path()
    graded = sorted((course.cohort / "autograded").glob(f"*/{unit.id}/{unit.id}.ipynb"))
    students = [path.parent.parent.name for path in graded]
    if not students:
        return []
    with exclusive(course.cohort):
        return [_write(course, unit, student) for student in students if STUDENT.fullmatch(student)]


def _write(course: Course, unit: Unit, student: str) -> Page:
    folder = course.cohort / "feedback" / student / unit.id
    page = folder / f"{unit.id}.html"
    config = cohort_config(course)
    config.CourseDirectory.assignment_id = unit.id
    config.CourseDirectory.student_id = student
    config.BaseConverter.force = True
    said, log = listening_log("feedback")
    try:
        GenerateFeedback(CourseDirectory(config=config, log=log), config=config, log=log).start()
    except Exception as error:  # nbgrader raises many kinds; one page must not cost the others
        return Page(student, page, why=f"nbgrader could not make it: {reason(said, error)}.")
    _complete(folder)
    return Page(student, page)


def _complete(folder: Path) -> None:
    # A submission that was laid by hand lacks what nbgrader's release_feedback reads, and would stop it.
    for name, content in ((TIMESTAMP, ""), (SECRET, secrets.token_hex(32))):
        if not (folder / name).is_file():
            write_atomically(folder / name, content)
