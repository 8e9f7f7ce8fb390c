"""Writes what one submission earned into nbgrader's gradebook, all of it in one transaction.

The rows are those that nbgrader's `Autograde` leaves (`init_assignment`, `SaveAutoGrades`, `AssignLatePenalties`),
which commits some twenty times for them and reads whole tables in between: the gradebook has no index on a submission's
grades. Here every row is found by the columns that do have one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from nbformat import NotebookNode
from nbgrader.api import BaseCell, Comment, Grade, Gradebook, Student, SubmittedAssignment, SubmittedNotebook
from nbgrader.preprocessors import AssignLatePenalties
from nbgrader.utils import compute_checksum, is_grade, is_solution, is_task
from sqlalchemy import Executable, Result, Table, insert, select, update
from traitlets.config import Config

from curriculum.syllabus import Unit
from grading.engine.gradebook import STAMPS, Stamp, put_stamp
from grading.engine.score import points_of

NO_RESPONSE = "No response."  # nbgrader's comment on a cell that is as it was handed out


@dataclass(frozen=True)
class Earned:
    """What a submission earned: points by `grade_id`, None where a person decides, and the cells left as they were."""

    points: Mapping[str, float | None]
    unanswered: Mapping[str, bool]  # every solution and task cell by `grade_id`


def earned_by(notebook: NotebookNode) -> Earned:
    """Read an executed notebook as nbgrader's `SaveAutoGrades` does; its checksums are those of the release."""
    points, unanswered = {}, {}
    for cell in notebook.cells:
        if is_grade(cell):
            points[cell.metadata.nbgrader.grade_id] = points_of(cell)[0]
        if is_solution(cell) or is_task(cell):
            is_same = cell.metadata.nbgrader.get("checksum") == compute_checksum(cell)
            unanswered[cell.metadata.nbgrader.grade_id] = is_same and not is_task(cell)
    return Earned(points, unanswered)


def read_stamps(gradebook: Gradebook, unit: Unit) -> dict[str, Stamp]:
    """What the submissions of a unit were graded with, by student."""
    rows = gradebook.db.execute(
        select(SubmittedAssignment.student_id, *STAMPS.c["assignment", "submission", "autograded"])
        .join(STAMPS, STAMPS.c.id == SubmittedAssignment.id)
        .where(SubmittedAssignment.assignment_id == gradebook.find_assignment(unit.id).id)
    )
    return {row.student_id: Stamp(row.assignment, row.submission, row.autograded) for row in rows}


class Recorder:
    """Writes the submissions of one unit, which has one notebook, into an open gradebook; for one thread only."""

    def __init__(self, gradebook: Gradebook, unit: Unit, config: Config) -> None:
        """Look up what all submissions share. `config` holds nbgrader's settings, those of late submissions too."""
        self._gradebook = gradebook
        self._config = config
        assignment = gradebook.find_assignment(unit.id)
        self._assignment_id, self._due = assignment.id, assignment.duedate
        self._notebook_id = gradebook.find_notebook(unit.id, unit.id).id
        cells = gradebook.db.execute(
            select(BaseCell.__table__.c["id", "name", "type"]).where(BaseCell.notebook_id == self._notebook_id)
        ).all()
        self._graded = {cell.id: cell.name for cell in cells if cell.type in ("GradeCell", "TaskCell")}
        self._commented = {cell.id: cell.name for cell in cells if cell.type in ("SolutionCell", "TaskCell")}
        gradebook.db.rollback()  # what was read is done with: no transaction stays open while submissions run

    def record(self, student: str, earned: Earned, handed_in: datetime | None, stamp: Stamp) -> None:
        """Write a submission's rows and its stamp, and commit; on any error nothing is written.

        `handed_in` is in UTC; None keeps the time that is known. Points that a person gave stay, marked for another
        look.
        """
        try:
            submission = self._submission(student, handed_in)
            notebook_id = self._notebook(submission.id)
            score = self._grades(notebook_id, earned)
            self._comments(notebook_id, earned)
            penalty = self._penalty(student, submission, score)
            table = SubmittedNotebook.__table__
            self._run(update(table).where(table.c.id == notebook_id).values(late_submission_penalty=penalty))
            put_stamp(self._gradebook, submission.id, stamp)
            self._gradebook.db.commit()
        except BaseException:
            self._gradebook.db.rollback()
            raise

    def _submission(self, student: str, handed_in: datetime | None) -> "_Submission":
        table = SubmittedAssignment.__table__
        if self._gradebook.db.scalar(select(Student.__table__.c.id).where(Student.id == student)) is None:
            self._run(insert(Student.__table__).values(id=student))
        mine = (table.c.assignment_id == self._assignment_id) & (table.c.student_id == student)
        row = self._run(select(table).where(mine)).one_or_none()
        if row is None:
            made = {"id": uuid4().hex, "assignment_id": self._assignment_id, "student_id": student}
            self._run(insert(table).values(**made, timestamp=handed_in))
            return _Submission(made["id"], _seconds_late(handed_in, self._due))
        if handed_in and handed_in != row.timestamp:
            self._run(update(table).where(mine).values(timestamp=handed_in))
        due = self._due + row.extension if self._due and row.extension else self._due
        return _Submission(row.id, _seconds_late(handed_in or row.timestamp, due))

    def _notebook(self, submission_id: str) -> str:
        table = SubmittedNotebook.__table__
        mine = (table.c.notebook_id == self._notebook_id) & (table.c.assignment_id == submission_id)
        if known := self._gradebook.db.scalar(select(table.c.id).where(mine)):
            return str(known)
        made = uuid4().hex
        self._run(insert(table).values(id=made, notebook_id=self._notebook_id, assignment_id=submission_id))
        return made

    def _grades(self, notebook_id: str, earned: Earned) -> float:
        """Write the grades, and return the score as nbgrader counts it."""
        table = Grade.__table__
        known = self._known(table, notebook_id, list(self._graded))
        score, new = 0.0, []
        for cell_id, name in self._graded.items():
            row = known.get(cell_id)
            auto = earned.points.get(name, row.auto_score if row else None)
            manual, extra = (row.manual_score, row.extra_credit) if row else (None, None)
            points = auto if manual is None else manual
            if points is not None:
                score += points + (extra or 0)
            said = {"auto_score": auto, "needs_manual_grade": manual is not None or auto is None}
            if row is None:
                new.append({"id": uuid4().hex, "cell_id": cell_id, "notebook_id": notebook_id, **said})
            elif name in earned.points and (row.auto_score, row.needs_manual_grade) != tuple(said.values()):
                self._run(update(table).where(table.c.id == row.id).values(**said))
        if new:
            self._gradebook.db.execute(insert(table), new)
        return score

    def _comments(self, notebook_id: str, earned: Earned) -> None:
        table = Comment.__table__
        known = self._known(table, notebook_id, list(self._commented))
        new = []
        for cell_id, name in self._commented.items():
            row = known.get(cell_id)
            said = NO_RESPONSE if earned.unanswered.get(name) else None
            if row is None:
                new.append({"id": uuid4().hex, "cell_id": cell_id, "notebook_id": notebook_id, "auto_comment": said})
            elif name in earned.unanswered and row.auto_comment != said:
                self._run(update(table).where(table.c.id == row.id).values(auto_comment=said))
        if new:
            self._gradebook.db.execute(insert(table), new)

    def _known(self, table: Table, notebook_id: str, cells: list[str]) -> Mapping[str, Any]:
        # By cell too, although the notebook says it all: the only index begins with the cell.
        rows = self._run(select(table).where(table.c.cell_id.in_(cells), table.c.notebook_id == notebook_id))
        return {row.cell_id: row for row in rows}

    def _penalty(self, student: str, submission: "_Submission", score: float) -> float | None:
        if not submission.seconds_late:
            return None
        step = AssignLatePenalties(config=self._config)
        step.init_plugin()
        penalty = step.plugin_inst.late_submission_penalty(student, score, submission.seconds_late)
        return None if penalty is None else min(max(0, penalty), score)

    def _run(self, statement: Executable) -> Result[Any]:
        return self._gradebook.db.execute(statement)


@dataclass(frozen=True)
class _Submission:
    id: str
    seconds_late: float


def _seconds_late(handed_in: datetime | None, due: datetime | None) -> float:
    return max(0.0, (handed_in - due).total_seconds()) if handed_in and due else 0.0
