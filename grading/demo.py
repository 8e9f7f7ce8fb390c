"""Plays the whole loop on a sample cohort of twelve, in a folder of its own: real submissions are never touched."""

import copy
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.exchange import ExchangeError, ExchangeFactory
from nbgrader.utils import is_grade, is_solution
from rich.console import Console

from curriculum.course import Course
from curriculum.errors import CourseError
from curriculum.syllabus import Unit
from grading.collect import collect, collected_table
from grading.engine.autograde import grade_unit, outcomes_table
from grading.engine.gradebook import ensure_assignment, listening_log, open_gradebook, reason
from grading.engine.score import tasks_of
from grading.export import KINDS, export_grades
from grading.feedback import write_feedback

LATE = "lena"
BROKEN = "jonas"
REFLECTION = (
    "A sample answer. I would keep what I built, for the two numbers above. Those whom it turns away bear the cost. "
    "A week of measurements that shows fewer of them than I expect would change my mind."
)


@dataclass(frozen=True)
class _Material:
    """What the twelve choose from: the released notebook, and code for every task by its `grade_id`."""

    released: NotebookNode
    stubs: dict[str, str]
    reference: dict[str, str]
    right: dict[str, list[str]]
    wrong: dict[str, list[str]]

    @property
    def tasks(self) -> list[str]:
        return list(self.reference)


def play(course: Course, console: Console | None = None) -> list[Path]:
    """Build, release, submit, grade, feed back and export for a sample cohort; return the paths of what was made.

    Everything is laid under `cohort/demo/`, which is emptied first. Raises `CourseError` when no unit is ready, or its
    built files are out of date.
    """
    console = console or Console(highlight=False, soft_wrap=True)
    started = time.monotonic()
    unit = _unit(course)
    folder = course.cohort / "demo"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    sample = Course(root=course.root, work=folder / "desks", cohort=folder, gradebook="")
    say = _Steps(console)

    say.step(f"Build: are the files of {unit.id} what their sources say?")
    _require_built(course, unit)
    say.made(course.released_notebook(unit))
    say.step("Release: nbgrader puts the assignment into its exchange.")
    say.made(*_release(sample, unit))
    say.step("Submit: eleven pack their work in time, then the deadline passes, then the twelfth.")
    handed_in = _submit_all(sample, unit)
    say.made(*handed_in)
    say.step("Grade: collect what came, and run it.")
    console.print(collected_table(collect(sample, unit, handed_in)))
    outcomes = grade_unit(sample, unit, console=console)
    console.print(outcomes_table(outcomes))
    say.made(folder / "gradebook.db", folder / "autograded")
    say.step("Feedback: a page for everyone whose work was graded.")
    pages = write_feedback(sample, unit)
    for page in pages:
        if page.why:
            console.print(str(page))
    say.made(*(page.path for page in pages if not page.why))
    say.step("Export: for a spreadsheet, Canvas and Moodle.")
    say.made(*(export_grades(sample, kind) for kind in KINDS))
    console.print(f"The whole loop took {time.monotonic() - started:.0f} s. Everything lies under {folder}.")
    return say.paths


class _Steps:
    """Numbers the steps, and shows and remembers what each one made."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.count = 0
        self.paths: list[Path] = []

    def step(self, text: str) -> None:
        self.count += 1
        self.console.print(f"\n[bold]{self.count}. {text}[/]")

    def made(self, *paths: Path) -> None:
        self.paths.extend(paths)
        for path in paths:
            self.console.print(f"   {path}", markup=False)


def _unit(course: Course) -> Unit:
    course.require_solutions()
    for unit in course.syllabus.ready_units:
        if unit.has_tasks:
            return unit
    raise CourseError("No unit with graded tasks is ready yet, and the demo needs one to play with.")


def _require_built(course: Course, unit: Unit) -> None:
    from authoring.build import build

    if stale := [built.problem for built in build(course, [unit.id], check=True) if built.problem]:
        raise CourseError(f"The demo needs built files: {stale[0]}")


def _release(sample: Course, unit: Unit) -> list[Path]:
    if sys.platform == "win32":
        return []  # nbgrader's exchange is for POSIX systems; learners get the kit instead
    from nbgrader.coursedir import CourseDirectory

    config = sample.nbgrader_config()
    config.CourseDirectory.assignment_id = unit.id
    said, log = listening_log("release")
    directory = CourseDirectory(config=config, log=log)
    exchange = ExchangeFactory(config=config, log=log).ReleaseAssignment(coursedir=directory, config=config, log=log)
    try:
        exchange.start()
    except ExchangeError as error:
        raise CourseError(f"nbgrader could not release {unit.id}: {reason(said, error)}.") from error
    return [sample.cohort / "exchange" / directory.course_id / "outbound" / unit.id]


def _submit_all(sample: Course, unit: Unit) -> list[Path]:
    material = _material(sample, unit)
    paths = [_submit(sample, unit, name, write(material)) for name, write in CAST.items() if name != LATE]
    deadline = datetime.now(UTC).replace(tzinfo=None)
    ensure_assignment(sample, unit)
    with open_gradebook(sample) as gradebook:
        gradebook.update_or_create_assignment(unit.id, duedate=deadline)
    time.sleep(1.1)  # receipts count in whole seconds
    return [*paths, _submit(sample, unit, LATE, CAST[LATE](material))]


def _submit(sample: Course, unit: Unit, student: str, notebook: NotebookNode) -> Path:
    from curriculum.desk import submit_unit

    text = nbformat.writes(notebook)
    if student == BROKEN:  # `course submit` would refuse it; this one came by mail
        path = sample.cohort / "mail" / f"{student}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(text[: len(text) // 2], encoding="utf-8")
        return path
    desk = Course(root=sample.root, work=sample.work / student, cohort=sample.cohort)
    laid = desk.work / unit.id / f"{unit.id}.ipynb"
    laid.parent.mkdir(parents=True)
    laid.write_text(text, encoding="utf-8")
    return submit_unit(desk, unit, student).path


def _material(course: Course, unit: Unit) -> _Material:
    from authoring.answers import Kind, read_bank

    path = course.solution_folder(unit) / "answers.md"
    bank = read_bank(path, path.relative_to(course.root).as_posix())
    solution = nbformat.read(course.solution_notebook(unit), as_version=4)
    released = nbformat.read(course.released_notebook(unit), as_version=4)
    tasks = [task.grade_id for task in tasks_of(solution) if not task.is_manual]
    sources = {notebook_id: _sources(notebook) for notebook_id, notebook in (("all", solution), ("stub", released))}
    answers = {
        kind: {task: [each.code for each in bank.of(task) if each.kind is kind and each.code] for task in tasks}
        for kind in Kind
    }
    return _Material(
        released=released,
        stubs={task: sources["stub"][task] for task in tasks},
        reference={task: sources["all"][task] for task in tasks},
        right=answers[Kind.RIGHT],
        wrong=answers[Kind.WRONG],
    )


def _sources(notebook: NotebookNode) -> dict[str, str]:
    return {cell.metadata.nbgrader.grade_id: cell.source for cell in notebook.cells if is_solution(cell)}


def _with(material: _Material, code: dict[str, str], reflects: bool = True) -> NotebookNode:
    notebook = copy.deepcopy(material.released)
    for cell in notebook.cells:
        if is_solution(cell):
            if is_grade(cell):
                cell.source = REFLECTION if reflects else cell.source
            else:
                cell.source = code.get(cell.metadata.nbgrader.grade_id, cell.source)
    return notebook


def _alternative(material: _Material, number: int) -> dict[str, str]:
    """A right answer for every task: the bank's one of that number, the reference where it has fewer."""
    return {
        task: material.right[task][number] if number < len(material.right[task]) else material.reference[task]
        for task in material.tasks
    }


def _mistaken(material: _Material, tasks: list[str], number: int = 0) -> dict[str, str]:
    """The reference with one of the bank's misconceptions in each of `tasks`."""
    wrong = {task: material.wrong[task][number % len(material.wrong[task])] for task in tasks if material.wrong[task]}
    return material.reference | wrong


def _half(material: _Material) -> list[str]:
    return material.tasks[: (len(material.tasks) + 1) // 2]


def _noisy(material: _Material) -> dict[str, str]:
    last = material.tasks[-1]
    noise = "import sys\n\nprint('a debug line on stderr', file=sys.stderr)\n"
    return material.reference | {last: noise + material.reference[last]}


def _copied_test(material: _Material) -> NotebookNode:
    notebook = _with(material, material.reference)
    test = next(cell for cell in notebook.cells if is_grade(cell) and not is_solution(cell))
    copied = copy.deepcopy(test)
    copied.id = "copied"
    notebook.cells.append(copied)
    return notebook


CAST: dict[str, Callable[[_Material], NotebookNode]] = {
    "ana": lambda material: _with(material, material.reference),
    "ben": lambda material: _with(material, _alternative(material, 0)),
    "chloe": lambda material: _with(material, _alternative(material, 1)),
    "dmitri": lambda material: _with(material, _mistaken(material, material.tasks[:1])),
    "esra": lambda material: _with(material, _mistaken(material, material.tasks[::2], 1)),
    "farid": lambda material: _with(material, _mistaken(material, material.tasks, 2)),
    "grace": lambda material: _with(material, {task: material.reference[task] for task in _half(material)}),
    "hugo": lambda material: _with(material, {}, reflects=False),  # nothing done
    "ines": lambda material: _with(material, _noisy(material)),
    BROKEN: lambda material: _with(material, material.reference),  # half of the file is lost on the way
    "kofi": _copied_test,
    LATE: lambda material: _with(material, material.reference),
}
