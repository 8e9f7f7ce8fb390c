"""Runs an answer bank: right answers must earn all points, wrong ones what was said, for the reasons that were said."""

import copy
import os
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import nbformat
from nbclient.exceptions import DeadKernelError
from nbformat import NotebookNode
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from authoring.answers import UNTOUCHED, Answer, Bank, Kind, Verdict, read_bank
from authoring.build import Progress, quiet
from authoring.gates import Finding, run_gates
from authoring.gates.limits import MIN_RIGHT_ANSWERS, MIN_WRONG_ANSWERS
from authoring.release import Assignment, make_assignment
from curriculum.course import Course
from grading.engine import Score, Task, run_notebook, score_notebook, tasks_of


@dataclass(frozen=True)
class Case:
    """One run of the assignment with one answer in it, and what came of it."""

    answer: Answer
    kind: str  # reference, right, wrong or stub
    possible: float
    expected: float
    earned: float
    seconds: float
    problem: str = ""


@dataclass(frozen=True)
class Report:
    """What verifying a unit found."""

    unit: str
    cases: list[Case]
    problems: list[str]  # of the bank as a document: tasks without answers, answers without a task
    findings: list[Finding]

    @property
    def ok(self) -> bool:
        """Whether the unit may be released."""
        return not (self.problems or self.findings or any(case.problem for case in self.cases))

    @property
    def status(self) -> int:
        """The command's exit status."""
        return 0 if self.ok else 1

    def render(self) -> RenderableType:
        """A table of all runs, then each problem in a sentence."""
        table = Table(title=f"Answer bank of {self.unit}", title_justify="left")
        for heading in ("task", "answer", "what it is", "earns", "should", "s", ""):
            table.add_column(heading, justify="right" if heading in ("earns", "should", "s") else "left")
        for case in self.cases:
            table.add_row(
                case.answer.task,
                case.kind,
                Text(case.answer.title),
                f"{case.earned:g} of {case.possible:g}",
                f"{case.expected:g}",
                f"{case.seconds:.1f}",
                "[red]no[/]" if case.problem else "[green]as said[/]",
            )
        lines = [*self.problems, *(case.problem for case in self.cases if case.problem), *map(str, self.findings)]
        verdict = f"{self.unit}: {len(self.cases)} runs, {len(lines)} problems."
        return Group(table, *(Text(line) for line in lines), Text(verdict, style="red" if lines else "green"))


@dataclass(frozen=True)
class _Job:
    answer: Answer
    kind: str
    tests: tuple[str, ...]
    notebook: str  # as JSON, to cross into a worker process
    supplements: dict[str, bytes]


@dataclass(frozen=True)
class _Outcome:
    scores: dict[str, Score]
    errors: list[str]  # of cells that are not tests
    seconds: float


def verify(course: Course, unit: str, jobs: int = 2, progress: Progress = quiet) -> Report:
    """Run the unit's answer bank against its sources, `jobs` notebooks at a time, and all of its gates.

    The reference solution and every right answer must earn all points, with hidden tests. A wrong answer must earn
    exactly what the bank says, and its failure messages must contain the words that the bank says. What a learner gets,
    untouched, must not pass any task. While a task's answer runs, the other tasks hold the reference solution.

    Raises `CourseError` when a source or the bank cannot be read.
    """
    course.require_solutions()
    ready = course.syllabus.ready_unit(unit)
    bank_path = course.solution_folder(ready) / "answers.md"
    bank = read_bank(bank_path, bank_path.relative_to(course.root).as_posix())
    assignment = make_assignment(course, ready)
    tasks = [task for task in tasks_of(assignment.solution) if not task.is_manual]
    jobs_todo = list(_jobs(bank, assignment, tasks))
    outcomes = _run_all(jobs_todo, jobs, course.root, progress)
    possible = {
        cell.metadata.nbgrader.grade_id: float(cell.metadata.nbgrader.points)
        for cell in assignment.solution.cells
        if _is_test(cell)
    }
    cases = [
        _judge(bank, job, outcome, sum(possible[test] for test in job.tests))
        for job, outcome in zip(jobs_todo, outcomes, strict=True)
    ]
    return Report(unit, cases, _coverage(bank, tasks), run_gates(course, unit))


def _coverage(bank: Bank, tasks: list[Task]) -> list[str]:
    known = [task.grade_id for task in tasks]
    problems = [
        f"{bank.name}, line {line}: {name!r} is no task; the tasks are {', '.join(known)}."
        for name, line in bank.tasks.items()
        if name not in known
    ]
    for name in known:
        answers = [answer for answer in bank.of(name) if not answer.is_stub]
        right = sum(answer.kind is Kind.RIGHT for answer in answers)
        wrong = len(answers) - right
        if right < MIN_RIGHT_ANSWERS or wrong < MIN_WRONG_ANSWERS:
            problems.append(
                f"{bank.name}: task {name!r} has {right} right and {wrong} wrong answers; "
                f"write at least {MIN_RIGHT_ANSWERS} right and {MIN_WRONG_ANSWERS} wrong ones."
            )
    return problems


def _jobs(bank: Bank, assignment: Assignment, tasks: list[Task]) -> Iterator[_Job]:
    everything = tuple(test for task in tasks for test in task.tests)
    reference = Answer(task="all tasks", kind=Kind.RIGHT, title="the reference solution", line=0)
    whole = nbformat.writes(assignment.solution)
    yield _Job(reference, "reference", everything, whole, assignment.supplements)
    stubs = {cell.id: cell.source for cell in assignment.released.cells}
    for task in tasks:
        answers = bank.of(task.grade_id)
        if not any(answer.is_stub for answer in answers):
            line = bank.tasks.get(task.grade_id, 0)
            verdict = Verdict(earns=0)
            answers.append(Answer(task=task.grade_id, kind=Kind.WRONG, title=UNTOUCHED, line=line, verdict=verdict))
        for answer in answers:
            code = stubs[task.grade_id] if answer.is_stub else answer.code
            notebook = nbformat.writes(_with_answer(assignment.solution, task, code))
            kind = "stub" if answer.is_stub else answer.kind.value
            yield _Job(answer, kind, task.tests, notebook, assignment.supplements)


def _with_answer(solution: NotebookNode, task: Task, code: str) -> NotebookNode:
    """The notebook up to the task's last test, with `code` as its answer, and without the tests of other tasks."""
    notebook = copy.deepcopy(solution)
    last = max(index for index, cell in enumerate(notebook.cells) if cell.id in task.tests)
    notebook.cells = [cell for cell in notebook.cells[: last + 1] if not _is_test(cell) or cell.id in task.tests]
    for cell in notebook.cells:
        if cell.id == task.grade_id:
            cell.source = code
    return notebook


def _is_test(cell: NotebookNode) -> bool:
    return cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("grade", False)


def _run_all(todo: list[_Job], workers: int, root: Path, progress: Progress) -> list[_Outcome]:
    outcomes: dict[int, _Outcome] = {}
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_prepare, initargs=(str(root),))
    try:
        running = {pool.submit(_run, job): index for index, job in enumerate(todo)}
        progress(0, len(todo), "answers")
        for finished in as_completed(running):
            index = running[finished]
            outcomes[index] = finished.result()
            progress(len(outcomes), len(todo), f"{todo[index].answer.task}: {todo[index].answer.title}")
    finally:
        pool.shutdown(cancel_futures=True)
    return [outcomes[index] for index in range(len(todo))]


def _prepare(root: str) -> None:
    """Make a worker's kernels see this course's lab, and no JupyterLab session."""
    os.environ.pop("JPY_SESSION_NAME", None)
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))


def _run(job: _Job) -> _Outcome:
    started = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="verify-", ignore_cleanup_errors=True) as folder:
        for name, content in job.supplements.items():
            path = Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        notebook = nbformat.reads(job.notebook, as_version=4)
        try:
            executed = run_notebook(notebook, Path(folder))
        except DeadKernelError:
            nothing = {
                cell.id: Score(cell.id, 0, cell.metadata.nbgrader.points, "The kernel died.")
                for cell in notebook.cells
                if _is_test(cell)
            }
            return _Outcome(nothing, ["the kernel died"], time.perf_counter() - started)
    errors = [
        f"cell {index + 1}: {output.ename}: {output.evalue}"
        for index, cell in enumerate(executed.cells)
        if cell.cell_type == "code" and not _is_test(cell)
        for output in cell.outputs
        if output.output_type == "error"
    ]
    return _Outcome(score_notebook(executed), errors, time.perf_counter() - started)


def _judge(bank: Bank, job: _Job, outcome: _Outcome, possible: float) -> Case:
    scores = [outcome.scores[test] for test in job.tests]
    earned = sum(score.points or 0 for score in scores)
    failed = [score for score in scores if (score.points or 0) < score.max_points]
    said = " ".join(" ".join(score.message.split()) for score in failed)
    messages = "; ".join(f"{score.grade_id}: {' '.join(score.message.split())[:300]}" for score in failed)
    verdict = job.answer.verdict
    expected = verdict.earns if verdict else possible
    where = f"{bank.name}, line {job.answer.line}" if job.answer.line else bank.name
    name = f"{where}: {job.answer.task}, {job.kind} answer {job.answer.title!r}"
    problem = ""
    if abs(earned - expected) > 1e-9:
        problem = f"{name} earned {earned:g} of {possible:g} points, not {expected:g}. {messages or 'No test failed.'}"
    elif verdict and expected >= possible:
        problem = (
            f"{name} may keep all {possible:g} points; a wrong answer must lose some, so add a test that it fails."
        )
    elif verdict and (unsaid := [words for words in verdict.says if words.casefold() not in said.casefold()]):
        problem = f"{name}: no failure message says {unsaid[0]!r}. {messages}"
    elif job.kind == "reference" and outcome.errors:
        problem = f"{name}: {outcome.errors[0]}"
    return Case(job.answer, job.kind, possible, expected, earned, outcome.seconds, problem)
