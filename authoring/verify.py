"""Runs an answer bank: right answers must earn all points, wrong ones what was said, for the reasons that were said."""

import copy
import os
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import nbformat
from nbclient.exceptions import DeadKernelError
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell
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

BATCH = 7  # answers in one kernel

# Between two answers the kernel gets back the names that it had before the first one, and the folder loses its new
# files. IPython's own names (`_`, `_i`, `_12`) go on. What is kept hangs on a module, out of an answer's sight.
KEEP = """
def _keep():
    import os, sys
    files = [os.path.join(folder, name) for folder, _, names in os.walk(".") for name in names]
    sys._kept = (dict(get_ipython().user_ns), os.getcwd(), set(files))
_keep(); del _keep
"""
PUT_BACK = r"""
def _put_back():
    import os, re, sys
    names, folder, files = sys._kept
    os.chdir(folder)
    for where, _, found in os.walk("."):
        for path in (os.path.join(where, name) for name in found):
            if path not in files:
                os.remove(path)
    shell = get_ipython().user_ns
    own = re.compile(r"_+|_i+|_i?\d+")
    for name in [name for name in shell if name not in names and not own.fullmatch(name)]:
        del shell[name]
    shell.update({name: value for name, value in names.items() if not own.fullmatch(name) and name != "_keep"})
_put_back()
"""


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
class _Batch:
    """Answers to one task that are tried one after the other in one kernel."""

    trials: tuple[int, ...]
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

    Most of a run is imports, so several answers to one task share a kernel: names and files are put back between two.
    An answer that does not meet its verdict is run again in a kernel of its own, and that run counts.

    Raises `CourseError` when a source or the bank cannot be read.
    """
    course.require_solutions()
    ready = course.syllabus.ready_unit(unit)
    bank_path = course.solution_folder(ready) / "answers.md"
    bank = read_bank(bank_path, bank_path.relative_to(course.root).as_posix())
    assignment = make_assignment(course, ready)
    tasks = [task for task in tasks_of(assignment.solution) if not task.is_manual]
    trials = list(_trials(bank, assignment, tasks))
    with _pool(jobs, course.root) as pool:
        outcomes = _run_all(pool, list(_batches(assignment, trials, BATCH)), len(trials), progress)
        again = [n for n, trial in enumerate(trials) if n not in outcomes or _judge(bank, trial, outcomes[n]).problem]
        alone = [trial if n in again else None for n, trial in enumerate(trials)]
        outcomes |= _run_all(pool, list(_batches(assignment, alone, 1)), len(again), progress)
    cases = [_judge(bank, trial, outcomes[n]) for n, trial in enumerate(trials)]
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


def _batches(assignment: Assignment, trials: list[_Trial | None] | list[_Trial], size: int) -> Iterator[_Batch]:
    by_task: dict[str, list[int]] = {}
    for n, trial in enumerate(trials):
        if trial:
            by_task.setdefault(trial.task.grade_id if trial.task else "", []).append(n)
    for numbers in by_task.values():
        for start in range(0, len(numbers), size):
            chosen = tuple(numbers[start : start + size])
            notebook = _with_answers(assignment.solution, [(n, trial) for n in chosen if (trial := trials[n])])
            yield _Batch(chosen, nbformat.writes(notebook), assignment.supplements)


def _with_answers(solution: NotebookNode, chosen: list[tuple[int, _Trial]]) -> NotebookNode:
    """The notebook up to the task, then each answer with its tests; grade_ids end in the trial's number."""
    notebook = copy.deepcopy(solution)
    task = chosen[0][1].task
    if task is None:
        for cell in notebook.cells:
            _number(cell, chosen[0][0])
        return notebook
    first = next(index for index, cell in enumerate(notebook.cells) if cell.id == task.grade_id)
    last = max(index for index, cell in enumerate(notebook.cells) if cell.id in task.tests)
    body = [cell for cell in notebook.cells[first : last + 1] if not _is_test(cell) or cell.id in task.tests]
    notebook.cells = [cell for cell in notebook.cells[:first] if not _is_test(cell)]
    notebook.cells.append(new_code_cell(KEEP, id="keep"))
    for n, trial in chosen:
        cells = copy.deepcopy(body)
        cells[0].source = trial.code
        for cell in cells:
            _number(cell, n)
        notebook.cells += [new_code_cell(PUT_BACK, id=f"put-back-{n}"), *cells]
    return notebook


def _number(cell: NotebookNode, n: int) -> None:
    cell.id = f"{cell.id}-{n}"
    if "nbgrader" in cell.metadata:
        cell.metadata.nbgrader.grade_id = f"{cell.metadata.nbgrader.grade_id}-{n}"


def _is_test(cell: NotebookNode) -> bool:
    return cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("grade", False)


@contextmanager
def _pool(workers: int, root: Path) -> Iterator[ProcessPoolExecutor]:
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_prepare, initargs=(str(root),))
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _run_all(pool: ProcessPoolExecutor, batches: list[_Batch], total: int, progress: Progress) -> dict[int, _Outcome]:
    """The outcome of each trial, by its number; a trial whose kernel died beside others has none."""
    outcomes: dict[int, _Outcome] = {}
    done = 0
    if batches:
        progress(0, total, "answers")
    running = {pool.submit(_run, batch): batch for batch in batches}
    for finished in as_completed(running):
        outcomes |= finished.result()
        done += len(running[finished].trials)
        progress(done, total, "answers")
    return outcomes


def _prepare(root: str) -> None:
    """Make a worker's kernels see this course's lab, and no JupyterLab session."""
    os.environ.pop("JPY_SESSION_NAME", None)
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))


def _run(batch: _Batch) -> dict[int, _Outcome]:
    started = time.perf_counter()
    notebook = nbformat.reads(batch.notebook, as_version=4)
    with tempfile.TemporaryDirectory(prefix="verify-", ignore_cleanup_errors=True) as folder:
        for name, content in batch.supplements.items():
            path = Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        try:
            executed = run_notebook(notebook, Path(folder))
        except DeadKernelError:
            return _nothing(batch, notebook, time.perf_counter() - started)
    errors = [
        f"cell {index + 1}: {output.ename}: {output.evalue}"
        for index, cell in enumerate(executed.cells)
        if cell.cell_type == "code" and not _is_test(cell)
        for output in cell.outputs
        if output.output_type == "error"
    ]
    seconds = (time.perf_counter() - started) / len(batch.trials)
    scores = score_notebook(executed)
    return {n: _Outcome(_of_trial(n, scores), errors, seconds) for n in batch.trials}


def _nothing(batch: _Batch, notebook: NotebookNode, seconds: float) -> dict[int, _Outcome]:
    """What is left when the kernel died: no points if one answer ran in it, and no outcome if it was shared."""
    if len(batch.trials) > 1:
        return {}
    scores = {
        cell.metadata.nbgrader.grade_id: Score(cell.id, 0, cell.metadata.nbgrader.points, "The kernel died.")
        for cell in notebook.cells
        if _is_test(cell)
    }
    (n,) = batch.trials
    return {n: _Outcome(_of_trial(n, scores), ["the kernel died"], seconds)}


def _of_trial(n: int, scores: dict[str, Score]) -> dict[str, Score]:
    end = f"-{n}"
    return {name.removesuffix(end): score for name, score in scores.items() if name.endswith(end)}


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
