"""Runs an answer bank: right answers must earn all points, wrong ones what was said, for the reasons that were said."""

import copy
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

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
from curriculum.syllabus import Unit
from grading.engine.execute import KernelEngine, open_engine
from grading.engine.profile import Profile
from grading.engine.profiles import read_profile
from grading.engine.run import Engine
from grading.engine.score import Score, Task, score_notebook, tasks_of


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
class _Trial:
    """One answer to be tried: the code of the task's cell and the tests that judge it."""

    answer: Answer
    kind: str
    code: str
    task: Task | None  # None for the reference, which is the notebook as it is
    tests: tuple[str, ...]


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

    The engine that grades runs them: what comes before a task is run once for all of its answers, where that can be.

    A unit without tasks has no bank; of its assignment, if it has one, the given cells must run.

    Raises `CourseError` when a source or the bank cannot be read.
    """
    course.require_solutions()
    ready = course.syllabus.ready_unit(unit)
    if not ready.has_assignment:
        return Report(unit, [], [], run_gates(course, unit))
    bank_path = course.solution_folder(ready) / "answers.md"
    name = bank_path.relative_to(course.root).as_posix()
    bank = read_bank(bank_path, name) if ready.has_tasks else Bank(name=name, tasks={}, answers=())
    assignment = make_assignment(course, ready)
    tasks = [task for task in tasks_of(assignment.solution) if not task.is_manual]
    trials = list(_trials(bank, assignment, tasks))
    outcomes = _run_all(course, ready, assignment, trials, jobs, progress)
    cases = [_judge(bank, trial, outcome) for trial, outcome in zip(trials, outcomes, strict=True)]
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


def _trials(bank: Bank, assignment: Assignment, tasks: list[Task]) -> Iterator[_Trial]:
    everything = tuple(test for task in tasks for test in task.tests)
    reference = Answer(task="all tasks", kind=Kind.RIGHT, title="the reference solution", line=0)
    yield _Trial(reference, "reference", "", None, everything)
    stubs = {cell.id: cell.source for cell in assignment.released.cells}
    for task in tasks:
        answers = bank.of(task.grade_id)
        if not any(answer.is_stub for answer in answers):
            line, verdict = bank.tasks.get(task.grade_id, 0), Verdict(earns=0)
            answers.append(Answer(task=task.grade_id, kind=Kind.WRONG, title=UNTOUCHED, line=line, verdict=verdict))
        for answer in answers:
            code = stubs[task.grade_id] if answer.is_stub else answer.code
            yield _Trial(answer, "stub" if answer.is_stub else answer.kind.value, code, task, task.tests)


def _run_all(
    course: Course, unit: Unit, assignment: Assignment, trials: list[_Trial], jobs: int, progress: Progress
) -> list[_Outcome]:
    profile = read_profile(course, unit, assignment.solution)
    with (
        tempfile.TemporaryDirectory(prefix="verify-", ignore_cleanup_errors=True) as folder,
        open_engine(course.root) as engine,
        ThreadPoolExecutor(jobs) as pool,
    ):
        for name, content in assignment.supplements.items():
            path = Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        running = [pool.submit(_run, engine, assignment.solution, trial, Path(folder), profile) for trial in trials]
        progress(0, len(trials), "answers")
        try:
            for done, _ in enumerate(as_completed(running)):
                progress(done + 1, len(trials), "answers")
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
        return [future.result() for future in running]


def _run(
    engine: Engine | KernelEngine, solution: NotebookNode, trial: _Trial, folder: Path, profile: Profile
) -> _Outcome:
    ran = engine.run(_with_answer(solution, trial), folder, profile)
    errors = [
        f"cell {index + 1}: {output.ename}: {output.evalue}"
        for index, cell in enumerate(ran.notebook.cells)
        if cell.cell_type == "code" and not _is_test(cell)
        for output in cell.outputs
        if output.output_type == "error"
    ]
    return _Outcome(score_notebook(ran.notebook), errors, ran.seconds)


def _with_answer(solution: NotebookNode, trial: _Trial) -> NotebookNode:
    """The notebook up to the task, with the answer and the tests that judge it.

    What comes before is the author's, and marked as given: it is the same for all answers to the task.
    """
    notebook = copy.deepcopy(solution)
    if trial.task is None:
        return notebook
    first = next(index for index, cell in enumerate(notebook.cells) if cell.id == trial.task.grade_id)
    last = max(index for index, cell in enumerate(notebook.cells) if cell.id in trial.tests)
    body = [cell for cell in notebook.cells[first : last + 1] if not _is_test(cell) or cell.id in trial.tests]
    body[0].source = trial.code
    before = [cell for cell in notebook.cells[:first] if not _is_test(cell)]
    for cell in before:
        if cell.cell_type == "code":
            cell.metadata.nbgrader = {"grade": False, "solution": False, "locked": True, "grade_id": cell.id}
    notebook.cells = [*before, *body]
    return notebook


def _is_test(cell: NotebookNode) -> bool:
    return cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("grade", False)


def _judge(bank: Bank, trial: _Trial, outcome: _Outcome) -> Case:
    scores = {test: outcome.scores[test] for test in trial.tests}
    possible = sum(score.max_points for score in scores.values())
    earned = sum(score.points or 0 for score in scores.values())
    failed = {test: score.message for test, score in scores.items() if (score.points or 0) < score.max_points}
    said = " ".join(" ".join(message.split()) for message in failed.values())
    messages = "; ".join(f"{test}: {' '.join(message.split())[:300]}" for test, message in failed.items())
    verdict = trial.answer.verdict
    expected = verdict.earns if verdict else possible
    where = f"{bank.name}, line {trial.answer.line}" if trial.answer.line else bank.name
    name = f"{where}: {trial.answer.task}, {trial.kind} answer {trial.answer.title!r}"
    problem = ""
    if abs(earned - expected) > 1e-9:
        problem = f"{name} earned {earned:g} of {possible:g} points, not {expected:g}. {messages or 'No test failed.'}"
    elif verdict and expected >= possible:
        problem = (
            f"{name} may keep all {possible:g} points; a wrong answer must lose some, so add a test that it fails."
        )
    elif verdict and (unsaid := [words for words in verdict.says if words.casefold() not in said.casefold()]):
        problem = f"{name}: no failure message says {unsaid[0]!r}. {messages}"
    elif trial.kind == "reference" and outcome.errors:
        problem = f"{name}: {outcome.errors[0]}"
    return Case(trial.answer, trial.kind, possible, expected, earned, outcome.seconds, problem)
