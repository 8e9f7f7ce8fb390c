"""Turns an executed notebook into points: nbgrader's rule for what a test cell earned, without its traps."""

import re
from dataclasses import dataclass, field

from nbformat import NotebookNode
from nbgrader.utils import compute_checksum, is_grade, is_solution

ANSI = re.compile(r"\x1b\[[0-9;]*m")
NUMPY_NUMBER = re.compile(r"(?:np|numpy)\.(?:float|int|uint)\d+\(([^()]{1,100})\)")
LONGEST_NUMBER = 100  # characters; nothing longer is read as a number
# What errors mean that often come without a word: a stub that was left, and a cell that was stopped.
IN_WORDS = {
    "KeyboardInterrupt": "it took too long and was stopped; look for a loop that does not end",
    "NotImplementedError": "this is not answered yet",
}


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
            points, max_points = points_of(cell)
            grade_id = cell.metadata.nbgrader.grade_id
            scores[grade_id] = Score(grade_id, points, max_points, failure_message(cell))
    return scores


def points_of(cell: NotebookNode) -> tuple[float | None, float]:
    """What an executed graded cell earned, and the most it can earn. None where a person decides. Never raises.

    The rule is that of nbgrader's `determine_grade`. An error output earns nothing; otherwise the cell's result, when
    it is a number, is partial credit; otherwise the cell earns everything. An answer for a person earns 0 while it is
    as released. It differs in three ways:

    - what a cell writes to stderr costs nothing: a warning or a thread's last words do not make an answer wrong;
    - `np.float64(1.5)` is 1.5, where nbgrader reads no number and gives everything;
    - a number below 0, above the cell's points, or not finite is left to a person. nbgrader gives everything for a
      negative one or NaN, which learner code could return on purpose, and refuses the whole submission for a large one.

    As with nbgrader, any other result counts as passed, `False` too: a test says what is wrong by an exception.
    """
    max_points = float(cell.metadata.nbgrader.points)
    if is_solution(cell):
        is_untouched = cell.metadata.nbgrader.get("checksum") == compute_checksum(cell)
        return (0.0 if is_untouched else None), max_points
    if cell.cell_type != "code":
        return None, max_points
    for output in cell.get("outputs", []):
        if output.output_type == "error":
            return 0.0, max_points
        if output.output_type == "execute_result":
            earned = _number(output)
            if earned is None:
                return max_points, max_points
            return (earned if 0 <= earned <= max_points else None), max_points
    return max_points, max_points


def failure_message(cell: NotebookNode) -> str:
    """Why a test cell did not earn its points as usual: the error's name and text, or what is wrong with its result.

    Empty when nothing failed.
    """
    for output in cell.get("outputs", []):
        if output.output_type == "error":
            text = ANSI.sub("", str(output.evalue)).strip() or IN_WORDS.get(output.ename, "")
            return text if output.ename == "AssertionError" and text else f"{output.ename}: {text}".rstrip(": ")
        if output.output_type == "execute_result" and is_grade(cell) and not is_solution(cell):
            earned, max_points = _number(output), float(cell.metadata.nbgrader.points)
            if earned is not None and not 0 <= earned <= max_points:
                return f"The test returned {earned:g}, which is not between 0 and {max_points:g}; a person decides."
    return ""


def _number(output: NotebookNode) -> float | None:
    """The number that a result shows, None when it shows anything else."""
    text = output.data.get("text/plain", "")
    if isinstance(text, list) and len(text) == 1:
        text = text[0]
    if not isinstance(text, str) or len(text) > LONGEST_NUMBER:
        return None
    found = NUMPY_NUMBER.fullmatch(text.strip())
    try:
        return float(found[1] if found else text)
    except ValueError:
        return None


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
