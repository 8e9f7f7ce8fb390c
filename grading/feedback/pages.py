"""Writes a feedback page for every graded submission."""

from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook, MissingEntry

from curriculum.course import Course
from curriculum.files import exclusive, write_atomically
from curriculum.syllabus import Unit
from grading.collect import SECRET, TIMESTAMP
from grading.engine.gradebook import cohort_config, open_gradebook
from grading.engine.submission import STUDENT, require_names
from grading.feedback.exporter import FeedbackExporter
from grading.feedback.grades import read_grades
from grading.feedback.release import complete


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
    graded = sorted((course.cohort / "autograded").glob(f"*/{unit.id}/{unit.id}.ipynb"))
    students = [path.parent.parent.name for path in graded if STUDENT.fullmatch(path.parent.parent.name)]
    if not students:
        return []
    exporter = FeedbackExporter(config=cohort_config(course), default_preprocessors=[])
    with exclusive(course.cohort), open_gradebook(course) as gradebook:
        return [_write(course, unit, student, exporter, gradebook) for student in students]


def _write(course: Course, unit: Unit, student: str, exporter: FeedbackExporter, gradebook: Gradebook) -> Page:
    executed = course.cohort / "autograded" / student / unit.id
    folder = course.cohort / "feedback" / student / unit.id
    page = folder / f"{unit.id}.html"
    try:
        grades = read_grades(gradebook, unit.id, student)
        # Read without nbformat's check, half of the time of a page: the engine wrote this file.
        notebook = nbformat.v4.reads((executed / f"{unit.id}.ipynb").read_text(encoding="utf-8"))
        html, _ = exporter.from_notebook_node(notebook, {"nbgrader": {"assignment": unit.id}, "grades": grades})
    except MissingEntry:
        return Page(student, page, why="the gradebook has no grades of this submission.")
    except Exception as error:  # whatever is wrong with one submission must not cost the others their pages
        said = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        return Page(student, page, why=f"it could not be made ({said}).")
    write_atomically(page, html)
    for name in (TIMESTAMP, SECRET):
        if (executed / name).is_file():
            write_atomically(folder / name, (executed / name).read_bytes())
    complete(folder)
    return Page(student, page)
