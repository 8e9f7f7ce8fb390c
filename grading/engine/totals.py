"""Reads what all submissions of an assignment have earned, with one pass over the gradebook.

nbgrader works a submission's score out with a query of its own, which reads every grade there is: a minute for a
thousand submissions. This is the same sum for all of them together.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from nbgrader.api import Assignment, Grade, Gradebook, SubmittedAssignment, SubmittedNotebook
from sqlalchemy import Row, case, func, select


@dataclass(frozen=True)
class Total:
    """What a submission has earned. `score` is before the late penalty; a sum is None when nothing is in it."""

    student: str
    handed_in: datetime | None  # UTC
    seconds_late: float
    score: float
    auto_score: float | None
    manual_score: float | None  # extra credit included
    late_penalty: float
    needs_manual_grade: bool

    @property
    def is_graded(self) -> bool:
        """Whether anything was graded: nbgrader opens the rows before it grades."""
        return self.auto_score is not None or self.manual_score is not None

    @property
    def final_score(self) -> float:
        """The score with the late penalty taken off."""
        return max(0.0, self.score - self.late_penalty)


def read_totals(gradebook: Gradebook, assignment: Assignment) -> dict[str, Total]:
    """The totals of an assignment's submissions, by student."""
    notebooks = (
        select(SubmittedAssignment.student_id)
        .join(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .where(SubmittedAssignment.assignment_id == assignment.id)
        .group_by(SubmittedAssignment.student_id)
    )
    manual = case((Grade.manual_score.is_not(None), Grade.manual_score + func.coalesce(Grade.extra_credit, 0.0)))
    sums = gradebook.db.execute(
        notebooks.join(Grade, Grade.notebook_id == SubmittedNotebook.id).add_columns(
            func.sum(Grade.score).label("score"),
            func.sum(Grade.auto_score).label("auto"),
            func.sum(manual).label("manual"),
            func.max(case((Grade.needs_manual_grade, 1), else_=0)).label("waits"),
        )
    )
    by_student = {row.student_id: row for row in sums}
    submissions = gradebook.db.execute(
        notebooks.add_columns(
            func.min(SubmittedAssignment.timestamp).label("handed_in"),
            func.min(SubmittedAssignment.extension).label("extension"),
            func.sum(SubmittedNotebook.late_submission_penalty).label("penalty"),
        )
    )
    return {row.student_id: _total(row, by_student.get(row.student_id), assignment.duedate) for row in submissions}


def _total(submission: Row[Any], sums: Row[Any] | None, due: datetime | None) -> Total:
    if due and submission.extension:
        due += submission.extension
    handed_in = submission.handed_in
    return Total(
        student=submission.student_id,
        handed_in=handed_in,
        seconds_late=max(0.0, (handed_in - due).total_seconds()) if handed_in and due else 0.0,
        score=float(sums.score) if sums else 0.0,
        auto_score=sums.auto if sums else None,
        manual_score=sums.manual if sums else None,
        late_penalty=float(submission.penalty or 0),
        needs_manual_grade=bool(sums and sums.waits),
    )
