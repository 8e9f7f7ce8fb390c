"""Reads a gradebook whole, without the ids that are made up anew in each one, so that two can be compared."""

from nbgrader.api import (
    BaseCell,
    Comment,
    Grade,
    Gradebook,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
)
from sqlalchemy import Table, select


def rows_of(address: str) -> dict[str, list[tuple]]:
    """What nbgrader's tables say of submissions, every column of it, in an order that depends on nothing else."""
    tables: list[Table] = [each.__table__ for each in (SubmittedAssignment, SubmittedNotebook, Grade, Comment)]
    submission, notebook, grade, comment = tables
    cell = BaseCell.__table__
    whose = submission.join(notebook, notebook.c.assignment_id == submission.c.id)
    wanted = {
        "students": select(Student.__table__),
        "submissions": select(submission.c["student_id", "timestamp", "extension"]),
        "notebooks": select(submission.c.student_id, notebook.c["flagged", "late_submission_penalty"]).select_from(
            whose
        ),
        "grades": select(submission.c.student_id, cell.c.name, cell.c.type, *_of(grade)).select_from(
            whose.join(grade, grade.c.notebook_id == notebook.c.id).join(cell, cell.c.id == grade.c.cell_id)
        ),
        "comments": select(submission.c.student_id, cell.c.name, cell.c.type, *_of(comment)).select_from(
            whose.join(comment, comment.c.notebook_id == notebook.c.id).join(cell, cell.c.id == comment.c.cell_id)
        ),
    }
    with Gradebook(address, "ai-systems") as gradebook:
        rows = {name: [tuple(row) for row in gradebook.db.execute(query)] for name, query in wanted.items()}
    return {name: sorted(found, key=repr) for name, found in rows.items()}


def _of(table: Table) -> list:
    return [column for column in table.c if column.name not in ("id", "cell_id", "notebook_id")]
