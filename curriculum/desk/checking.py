"""Runs the visible tests on a learner's notebook and says what to look at next."""

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

from nbclient.exceptions import DeadKernelError
from nbformat import NotebookNode
from nbgrader.preprocessors.execute import UnresponsiveKernelError
from rich.console import Group, RenderableType
from rich.markup import escape as escape_markup
from rich.table import Table

from curriculum.course import Course
from curriculum.desk.notebooks import Merged, grade_id, merge, read_learners, read_released
from curriculum.desk.places import assignment_of, shown
from curriculum.desk.records import Checked, checks_of, keep
from curriculum.desk.showing import plain_text
from curriculum.errors import CourseError
from curriculum.lab.display import escape, show, table
from curriculum.syllabus import Unit
from grading.engine.execute import run_notebook
from grading.engine.score import Score, Task, failure_message, score_notebook, tasks_of

RUNNING = "COURSE_CHECK"  # set in the kernel that a check starts, so that a check inside it does not start another
LONGEST = 160  # characters of a failure message that a table shows


class State(StrEnum):
    """How far a task is."""

    DONE = "done"
    PARTLY = "partly"
    NOT_YET = "not yet"
    UNTOUCHED = "not started"
    PERSON = "for a person to grade"


_COLOUR = {
    State.DONE: "green",
    State.PARTLY: "yellow",
    State.NOT_YET: "red",
    State.UNTOUCHED: "dim",
    State.PERSON: "cyan",
}


@dataclass(frozen=True)
class TaskResult:
    """A task's visible points, and what to look at next in one line (empty when there is nothing)."""

    grade_id: str
    title: str
    state: State
    earned: float
    points: float
    look_at: str = ""


@dataclass(frozen=True)
class CheckResult:
    """The visible tests of a unit run at `time` on one notebook, as saved at `saved`."""

    unit: str
    path: str
    time: datetime
    saved: datetime
    tasks: tuple[TaskResult, ...]
    hidden: float  # points of test cells of which a learner sees nothing
    notes: tuple[str, ...] = ()

    @property
    def earned(self) -> float:
        """Points that the visible tests gave."""
        return sum(task.earned for task in self.tasks)

    @property
    def points(self) -> float:
        """Points that the visible tests could give."""
        return sum(task.points for task in self.tasks if task.state is not State.PERSON)

    @property
    def manual(self) -> float:
        """Points that a person gives for reflections."""
        return sum(task.points for task in self.tasks if task.state is State.PERSON)

    @property
    def sentences(self) -> list[str]:
        """The totals and everything else to know, a sentence each."""
        said = [f"{_number(self.earned)} of {_number(self.points)} visible points."]
        if self.hidden:
            said.append(f"Hidden tests add up to {_number(self.hidden)} points when graded.")
        if self.manual:
            said.append(f"A person grades reflections for up to {_number(self.manual)} points.")
        here = self.saved.astimezone()
        when = f"{here:%H:%M:%S} on {here:%d %B}, {_ago(self.time - self.saved)}"
        said.append(f"This is {self.path} as saved at {when}. What you have not saved since is not in it.")
        return [" ".join(said[:-1]), said[-1], *self.notes]

    @property
    def rows(self) -> list[list[str]]:
        """The table's rows: task, points, state, what to look at next."""
        return [
            [task.title, f"{_number(task.earned)} of {_number(task.points)}" if task.state is not State.PERSON else "",
             task.state, task.look_at]
            for task in self.tasks
        ]  # fmt: skip

    def __rich__(self) -> RenderableType:
        """The table for a terminal."""
        shown_table = Table(title=f"Check of {self.unit}", title_justify="left")
        for name in _HEAD:
            shown_table.add_column(name, justify="right" if name == "points" else "left", overflow="fold")
        for task, row in zip(self.tasks, self.rows, strict=True):
            title, points, state, look_at = map(escape_markup, row)
            shown_table.add_row(title, points, f"[{_COLOUR[task.state]}]{state}[/]", look_at)
        return Group(shown_table, *map(escape_markup, self.sentences))


_HEAD = ["task", "points", "state", "look at next"]


def check() -> None:
    """Check the notebook that this is called in, and show the result. Save the notebook first.

    Called in a lesson, it checks the assignment beside it.
    """
    if os.environ.get(RUNNING):
        print("A check is running this notebook; it does not start another.")
        return
    course = Course()
    try:
        unit, path = _notebook_here(course)
        result = check_unit(course, unit, path)
    except CourseError as error:
        print(error)
        return
    heading = f"<p><b>Check of {escape(result.unit)}</b></p>"
    below = "".join(f"<p>{escape(sentence)}</p>" for sentence in result.sentences)
    show(plain_text(result), heading + table(_HEAD, result.rows) + below)


def check_unit(course: Course, unit: Unit, path: Path | None = None) -> CheckResult:
    """Run the visible tests on the learner's notebook of a unit (or on `path`), and record the result.

    The released tests run on the learner's answers, in a copy of the learner's folder: nothing of theirs is changed.

    Raises `CourseError` when the notebook cannot be read, is of another unit, or stops its Python process.
    """
    path = path or assignment_of(course, unit)
    released = read_released(course, unit)
    merged = merge(released, read_learners(course, unit, path))
    now, saved = datetime.now(UTC).replace(microsecond=0), datetime.fromtimestamp(path.stat().st_mtime, UTC)
    executed = _run(merged.notebook, path.parent)
    hidden = {grade_id(cell) for cell in released.cells if _is_hidden(cell)}
    scores = score_notebook(executed)
    failures = {grade_id(cell): failure_message(cell) for cell in executed.cells if grade_id(cell)}
    tasks = tuple(_task_result(task, merged, scores, failures, hidden) for task in tasks_of(released))
    result = CheckResult(
        unit=unit.id,
        path=shown(course, path),
        time=now,
        saved=saved,
        tasks=tasks,
        hidden=sum(scores[name].max_points for name in hidden),
        notes=merged.notes,
    )
    keep(checks_of(course), Checked(unit=unit.id, time=result.time, earned=result.earned, points=result.points))
    return result


def _task_result(
    task: Task, merged: Merged, scores: dict[str, Score], failures: dict[str, str], hidden: set[str]
) -> TaskResult:
    title = task.title or task.grade_id
    if task.is_manual:
        look_at = "Write your answer." if task.grade_id in merged.untouched else ""
        return TaskResult(task.grade_id, title, State.PERSON, 0, scores[task.grade_id].max_points, look_at)
    visible = [scores[name] for name in task.tests if name not in hidden]
    earned = sum(score.points or 0 for score in visible)
    points = sum(score.max_points for score in visible)
    if task.grade_id in merged.untouched and earned < points:
        return TaskResult(task.grade_id, title, State.UNTOUCHED, earned, points, "Write your answer in its cell.")
    state = State.DONE if earned == points else State.PARTLY if earned else State.NOT_YET
    own = failures.get(task.grade_id, "")
    messages = [f"Your cell stops with {own}"] if own else [score.message for score in visible if score.message]
    return TaskResult(task.grade_id, title, state, earned, points, _one_line(messages[0]) if messages else "")


def _is_hidden(cell: NotebookNode) -> bool:
    """Whether a released test cell shows nothing that runs: all of its tests are hidden, and it passes by itself."""
    is_test = (
        bool(grade_id(cell)) and cell.metadata.nbgrader.get("grade") and not cell.metadata.nbgrader.get("solution")
    )
    lines = [line.strip() for line in cell.source.splitlines()]
    return bool(is_test) and all(not line or line.startswith("#") for line in lines)


def _run(notebook: NotebookNode, folder: Path) -> NotebookNode:
    with tempfile.TemporaryDirectory(prefix="check-", ignore_cleanup_errors=True) as scratch:
        copied = Path(scratch) / folder.name
        try:
            shutil.copytree(folder, copied, ignore=_not_copied, ignore_dangling_symlinks=True)
        except (OSError, shutil.Error) as error:
            raise CourseError(f"Could not copy {folder} to run it: {str(error)[:200]}.") from error
        try:
            with _environment():
                return run_notebook(notebook, copied)
        except (DeadKernelError, UnresponsiveKernelError):
            raise CourseError(
                "Your notebook ended its own Python process before the tests were done (out of memory, or an exit "
                "call); run its cells one by one to find where."
            ) from None


@contextmanager
def _environment() -> Iterator[None]:
    """What the kernel inherits: that a check runs it, and that no person sits in front of it."""
    before = dict(os.environ)
    os.environ[RUNNING] = "1"
    os.environ.pop("JPY_SESSION_NAME", None)
    try:
        yield
    finally:
        os.environ.pop(RUNNING)
        os.environ.update(before)


def _not_copied(folder: str, names: list[str]) -> set[str]:
    """Checkpoints, and what is not a file or folder: a pipe would block the copy."""
    modes = {name: (Path(folder) / name).lstat().st_mode for name in names}
    special = {
        name for name, mode in modes.items() if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_ISLNK(mode))
    }
    return special | ({".ipynb_checkpoints"} & set(names))


def _notebook_here(course: Course) -> tuple[Unit, Path]:
    """The unit and the assignment of the notebook that runs this; JupyterLab says which, else the folder does."""
    here = Path.cwd()
    named = Path(os.environ.get("JPY_SESSION_NAME", ""))
    path = named if named.is_absolute() else here / named.name
    for folder in (path.parent, here):
        if folder.parent == course.work.resolve() or folder.parent == course.work:
            unit = course.syllabus.ready_unit(folder.name)
            own = assignment_of(course, unit)
            is_copy = path.is_file() and path.name.startswith(unit.id)  # the learner may work in a copy
            return unit, path if is_copy else own
    example = shown(course, course.work / "UNIT" / "UNIT.ipynb")
    raise CourseError(f"check() works in a notebook of your desk, such as {example}; this one runs in {here}.")


def _one_line(message: str) -> str:
    first = next((line.strip() for line in message.splitlines() if line.strip()), "")
    return first if len(first) <= LONGEST else first[: LONGEST - 1] + "…"


def _ago(age: timedelta) -> str:
    minutes = round(age / timedelta(minutes=1))
    return "less than a minute ago" if minutes < 1 else "a minute ago" if minutes == 1 else f"{minutes:,d} minutes ago"


def _number(points: float) -> str:
    return f"{points:g}"
