"""Runs the visible tests on a learner's notebook and says what to look at next."""

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from nbformat import NotebookNode

from curriculum.course import Course
from curriculum.desk.notebooks import Merged, grade_id, merge, read_learners, read_released
from curriculum.desk.places import assignment_of, shown
from curriculum.desk.records import Checked, checks_of, keep
from curriculum.desk.results import HEAD, CheckResult, State, TaskResult
from curriculum.desk.showing import plain_text
from curriculum.desk.warm import check as warm_check
from curriculum.errors import CourseError
from curriculum.lab.display import escape, show, table
from curriculum.syllabus import Unit
from grading.engine.execute import KernelEngine, open_engine
from grading.engine.profile import Profile
from grading.engine.profiles import read_profile
from grading.engine.run import Engine, Ran
from grading.engine.score import Score, Task, failure_message, score_notebook, tasks_of

RUNNING = "COURSE_CHECK"  # set in the kernel that a check starts, so that a check inside it does not start another
LONGEST = 160  # characters of a failure message that a table shows


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
        result = warm_check(course, unit, path)
    except CourseError as error:
        print(error)
        return
    heading = f"<p><b>Check of {escape(result.unit)}</b></p>"
    below = "".join(f"<p>{escape(sentence)}</p>" for sentence in result.sentences)
    show(plain_text(result), heading + table(HEAD, result.rows) + below)


def check_unit(
    course: Course, unit: Unit, path: Path | None = None, engine: Engine | KernelEngine | None = None
) -> CheckResult:
    """Run the visible tests on the learner's notebook of a unit (or on `path`), and record the result.

    The released tests run on the learner's answers, in a copy of the learner's folder: nothing of theirs is changed.
    The engine that grades runs them, so that a point here is a point when graded; a warm `engine` answers sooner.

    Raises `CourseError` when the notebook cannot be read or is of another unit.
    """
    if engine is None:
        with open_engine(course.root) as engine:
            return check_unit(course, unit, path, engine)
    path = path or assignment_of(course, unit)
    released = read_released(course, unit)
    merged = merge(released, read_learners(course, unit, path))
    now, saved = datetime.now(UTC).replace(microsecond=0), datetime.fromtimestamp(path.stat().st_mtime, UTC)
    ran = _run(engine, merged.notebook, path.parent, read_profile(course, unit, released))
    executed = ran.notebook
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
        notes=(*merged.notes, *ran.remarks),
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


def _run(engine: Engine | KernelEngine, notebook: NotebookNode, folder: Path, profile: Profile) -> Ran:
    with tempfile.TemporaryDirectory(prefix="check-", ignore_cleanup_errors=True) as scratch:
        copied = Path(scratch) / folder.name
        try:
            shutil.copytree(folder, copied, ignore=_not_copied, ignore_dangling_symlinks=True)
        except (OSError, shutil.Error) as error:
            raise CourseError(f"Could not copy {folder} to run it: {str(error)[:200]}.") from error
        with _environment():
            return engine.run(notebook, copied, profile)


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
