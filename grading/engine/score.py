"""Turns an executed notebook into points, with nbgrader's own rule for what a test cell earned."""

import re
from dataclasses import dataclass, field

from nbformat import NotebookNode
from nbgrader.utils import determine_grade, is_grade, is_solution

ANSI = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Score:
    """What one graded cell earned. `points` is None where a person grades it."""

    grade_id: str
    points: float | None
    max_points: float
    message: str = ""  # the failure's own words; empty when nothing failed


@dataclass(frozen=True)
class Task:
    """A solution cell and the test cells that follow it, up to the next solution cell."""

    grade_id: str
    title: str
    tests: tuple[str, ...] = field(default=())
    is_manual: bool = False  # a reflection, graded by a person


def score_notebook(notebook: NotebookNode) -> dict[str, Score]:
    """The score of every graded cell of an executed notebook, by `grade_id`."""
    scores = {}
    for cell in notebook.cells:
        if is_grade(cell):
            points, max_points = determine_grade(cell)
            grade_id = cell.metadata.nbgrader.grade_id
            scores[grade_id] = Score(grade_id, points, max_points, failure_message(cell))
    return scores


def failure_message(cell: NotebookNode) -> str:
    """What a failed cell says: the error's name and text, or what it wrote to stderr. Empty when it did not fail."""
    for output in cell.get("outputs", []):
        if output.output_type == "error":
            text = ANSI.sub("", str(output.evalue)).strip()
            return text if output.ename == "AssertionError" and text else f"{output.ename}: {text}".rstrip(": ")
    return "".join(
        ANSI.sub("", output.text)
        for output in cell.get("outputs", [])
        if output.output_type == "stream" and output.name == "stderr"
    ).strip()


def tasks_of(notebook: NotebookNode) -> list[Task]:
    """The tasks of an assignment in order; a task's title is the last heading before its solution cell."""
    tasks: list[Task] = []
    heading = ""
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and (found := re.findall(r"^#{2,3} +(.+)$", cell.source, re.MULTILINE)):
            heading = found[-1]
        if is_solution(cell):
            tasks.append(Task(cell.metadata.nbgrader.grade_id, heading, is_manual=is_grade(cell)))
        elif is_grade(cell) and tasks:
            last = tasks[-1]
            tasks[-1] = Task(last.grade_id, last.title, (*last.tests, cell.metadata.nbgrader.grade_id), last.is_manual)
    return tasks
