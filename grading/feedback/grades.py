"""Points and comments of one submission, as the gradebook has them now: the tests' and a person's."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nbformat import NotebookNode
from nbgrader.api import BaseCell, Comment, Grade, Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor


@dataclass(frozen=True)
class Points:
    """What one graded cell earned. `waits` says that a person has still to look at it."""

    earned: float
    most: float
    waits: bool = False
    by_person: bool = False


@dataclass(frozen=True)
class Grades:
    """Everything that a page needs from the gradebook. Points and comments stand by `grade_id`."""

    student: str
    name: str
    points: Mapping[str, Points]
    comments: Mapping[str, str]
    late_penalty: float = 0
    seconds_late: float = 0


def read_grades(gradebook: Gradebook, unit: str, student: str) -> Grades:
    """The grades of a submission, in three questions to the database. Raises `MissingEntry` when it has none."""
    notebook = gradebook.find_submission_notebook(unit, unit, student)
    grades = gradebook.db.query(Grade, BaseCell.name).join(BaseCell, Grade.cell_id == BaseCell.id)
    comments = gradebook.db.query(Comment.comment, BaseCell.name).join(BaseCell, Comment.cell_id == BaseCell.id)
    person = notebook.student
    return Grades(
        student=student,
        name=" ".join(part for part in (person.first_name, person.last_name) if part),
        points={
            cell: Points(grade.score, grade.max_score, bool(grade.needs_manual_grade), grade.manual_score is not None)
            for grade, cell in grades.filter(Grade.notebook_id == notebook.id)
        },
        comments={cell: text for text, cell in comments.filter(Comment.notebook_id == notebook.id) if text},
        late_penalty=notebook.late_submission_penalty or 0,
        seconds_late=notebook.assignment.total_seconds_late or 0,
    )


class ReadGrades(NbGraderPreprocessor):
    """nbgrader's GetGrades for our page: the same rows, and whether a person has still to look at one."""

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        """Put the grades of the submission that `resources` names beside it."""
        said = resources["nbgrader"]
        with Gradebook(said["db_url"]) as gradebook:
            resources["grades"] = read_grades(gradebook, said["assignment"], said["student"])
        return nb, resources
