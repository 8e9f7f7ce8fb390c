"""Grades a cohort's submissions through nbgrader, one at a time, so that no submission can spoil another's grade."""

import json
import os
import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from nbgrader.api import MissingEntry
from nbgrader.converters import Autograde
from nbgrader.coursedir import CourseDirectory
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text
from sqlalchemy.exc import SAWarning

from curriculum.course import Course
from curriculum.errors import CourseError
from curriculum.files import exclusive, write_atomically
from curriculum.syllabus import Unit
from grading.engine.gradebook import (
    cohort_config,
    ensure_assignment,
    folder_hash,
    listening_log,
    open_gradebook,
    put_environment_on_path,
    reason,
)
from grading.engine.submission import SetAsideError, look_at, read_master, require_names
from grading.engine.workers import run_jobs

MOST_WORKERS = 4  # a kernel with the scientific stack takes a few hundred MB


class State(StrEnum):
    """What became of a submission."""

    GRADED = "graded"
    UNCHANGED = "unchanged since it was graded"
    SET_ASIDE = "set aside"


@dataclass(frozen=True)
class Outcome:
    """What became of one submission. Points are what the gradebook holds, None when set aside without a grade.

    `why` says in a sentence why it was set aside; `notes` are what a grader should know all the same.
    """

    student: str
    state: State
    score: float | None = None
    max_score: float | None = None
    needs_manual_grade: bool = False
    seconds_late: float = 0
    seconds: float = 0
    why: str = ""
    notes: tuple[str, ...] = ()

    @property
    def set_aside(self) -> bool:
        """Whether it could not be graded."""
        return self.state is State.SET_ASIDE


@dataclass(frozen=True)
class _Job:
    course: tuple[Path, Path, Path]  # root, work, cohort: a Course with what it has read would cost time to send
    unit: str
    student: str
    notes: tuple[str, ...]
    submission: str  # its hash


@dataclass(frozen=True)
class _Done:
    problem: str
    seconds: float


def grade_unit(
    course: Course,
    unit: Unit,
    students: Sequence[str] | None = None,
    force: bool = False,
    workers: int | None = None,
    console: Console | None = None,
) -> list[Outcome]:
    """Grade all submissions under `cohort/submitted/<student>/<unit>/`, or those of `students`.

    Submissions that have not changed since they were graded with the same assignment are skipped, unless `force`.
    What is finished is recorded at once, so that a run that was stopped goes on where it was. Points that a person has
    given are kept; nbgrader marks them for another look when the submission is graded again.

    Raises `CourseError` when the assignment is not built, does not fit the gradebook, or a student handed in nothing.
    """
    console = console or Console(highlight=False)
    require_names(course.cohort)
    course.cohort.mkdir(parents=True, exist_ok=True)
    with exclusive(course.cohort):
        folders = _folders(course, unit, students)
        if not folders:
            return []
        built = ensure_assignment(course, unit)
        outcomes, jobs = _sort_out(course, unit, folders, built, force)
        if jobs:
            put_environment_on_path()
            _grade(course, unit, built, jobs, outcomes, workers or min(MOST_WORKERS, os.cpu_count() or 1), console)
        return _with_scores(course, unit, [outcomes[student] for student in sorted(outcomes)])


def outcomes_table(outcomes: list[Outcome]) -> Table:
    """Students, points and what became of each submission; those set aside come last, with the reason."""
    table = Table(title=_summary(outcomes), title_justify="left")
    table.add_column("student", no_wrap=True)
    table.add_column("points", justify="right", no_wrap=True)
    table.add_column("s", justify="right")
    table.add_column("outcome", overflow="fold")
    for outcome in sorted(outcomes, key=lambda outcome: (outcome.set_aside, outcome.student)):
        remarks = [f"set aside: {outcome.why}" if outcome.set_aside else str(outcome.state)]
        if outcome.set_aside and outcome.score is not None:
            remarks.append("the points of an earlier submission stand")
        if outcome.needs_manual_grade:
            remarks.append("waits for a person's points")
        if outcome.seconds_late:
            remarks.append(f"late by {_span(outcome.seconds_late)}")
        points = "–" if outcome.score is None else f"{outcome.score:g} of {outcome.max_score:g}"
        style = "yellow" if outcome.set_aside else ""
        table.add_row(
            Text(outcome.student),
            points,
            f"{outcome.seconds:.1f}" if outcome.seconds else "",
            Text("; ".join([*remarks, *outcome.notes]), style=style),
        )
    return table


def _summary(outcomes: list[Outcome]) -> str:
    counts = [(sum(outcome.state is state for outcome in outcomes), str(state)) for state in State]
    said = ", ".join(f"{count} {state}" for count, state in counts if count)
    return f"Submissions: {said}" if outcomes else "No submissions."


def _span(seconds: float) -> str:
    for size, name in ((86_400, "days"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.1f} {name}"
    return f"{seconds:.0f} s"


def _folders(course: Course, unit: Unit, students: Sequence[str] | None) -> list[Path]:
    submitted = course.cohort / "submitted"
    folders = {path.parent.name: path for path in submitted.glob(f"*/{unit.id}") if path.is_dir() or path.is_symlink()}
    if students is None:
        return [folders[student] for student in sorted(folders)]
    if missing := [student for student in students if student not in folders]:
        raise CourseError(f"There is no submission of {', '.join(missing)} for {unit.id} under {submitted}.")
    return [folders[student] for student in students]


def _sort_out(
    course: Course, unit: Unit, folders: list[Path], built: str, force: bool
) -> tuple[dict[str, Outcome], list[_Job]]:
    """Those that need no run, by student, and the jobs for those that do."""
    master = read_master(course.solution_notebook(unit))
    outcomes, jobs = {}, []
    with open_gradebook(course) as gradebook:
        known = {submission.student_id for submission in gradebook.assignment_submissions(unit.id)}
    for folder in folders:
        student = folder.parent.name
        try:
            notes = tuple(look_at(folder, unit, master))
        except SetAsideError as error:
            outcomes[student] = Outcome(student, State.SET_ASIDE, why=str(error))
            continue
        submission = folder_hash(folder)
        is_there = (
            student in known and (course.cohort / "autograded" / student / unit.id / f"{unit.id}.ipynb").is_file()
        )
        if not force and is_there and _record(course, unit, student) == {"submission": submission, "assignment": built}:
            outcomes[student] = Outcome(student, State.UNCHANGED, notes=notes)
        else:
            jobs.append(_Job((course.root, course.work, course.cohort), unit.id, student, notes, submission))
    return outcomes, jobs


def _grade(
    course: Course,
    unit: Unit,
    built: str,
    jobs: list[_Job],
    outcomes: dict[str, Outcome],
    workers: int,
    console: Console,
) -> None:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    for job in jobs:
        _record_path(course, unit, job.student).unlink(missing_ok=True)  # from now on its grade may be half-written
    with Progress(*columns, TextColumn("left:"), TimeRemainingColumn(), console=console) as bar:
        task = bar.add_task(f"Grading {unit.id}", total=len(jobs))
        for job, done in run_jobs(_grade_one, jobs, workers):
            outcome = Outcome(job.student, State.GRADED, seconds=done.seconds if done else 0, notes=job.notes)
            problem = done.problem if done else "grading it ended the process that graded it (too little memory?)."
            if problem:
                outcome = replace(outcome, state=State.SET_ASIDE, why=problem)
            else:
                record = {"submission": job.submission, "assignment": built}
                write_atomically(_record_path(course, unit, job.student), json.dumps(record) + "\n")
            outcomes[job.student] = outcome
            bar.advance(task)


def _grade_one(job: _Job) -> _Done:
    """Grade one submission in a worker process. Writing to the gradebook, workers wait for each other."""
    started = time.monotonic()
    root, work, cohort = job.course
    config = cohort_config(Course(root=root, work=work, cohort=cohort))
    config.CourseDirectory.assignment_id = job.unit
    config.CourseDirectory.student_id = job.student
    config.CourseDirectory.notebook_id = job.unit
    config.BaseConverter.force = True
    said, log = listening_log("autograde")
    warnings.simplefilter("ignore", SAWarning)  # of nbgrader's own making, several for every new submission
    problem = ""
    try:
        Autograde(CourseDirectory(config=config, log=log), config=config, log=log).start()
    except Exception as error:  # whatever a submission does to nbgrader is that submission's alone
        problem = _explain(reason(said, error))
    return _Done(problem, time.monotonic() - started)


def _explain(problem: str) -> str:
    if "DeadKernelError" in problem:
        return "its cells ended the kernel (os._exit, or too little memory)."
    if "partial credit cannot be greater" in problem:
        return "a test cell returned more points than it has; a person must look at it."
    return f"nbgrader could not grade it: {problem}."


def _record_path(course: Course, unit: Unit, student: str) -> Path:
    return course.cohort / "records" / unit.id / f"{student}.json"


def _record(course: Course, unit: Unit, student: str) -> object:
    try:
        return json.loads(_record_path(course, unit, student).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None  # not graded yet, or the record is spoilt: grading again does no harm


def _with_scores(course: Course, unit: Unit, outcomes: list[Outcome]) -> list[Outcome]:
    scored = []
    with open_gradebook(course) as gradebook:
        for outcome in outcomes:
            try:
                submission = gradebook.find_submission(unit.id, outcome.student)
            except MissingEntry:
                scored.append(outcome)
                continue
            grades = [grade for notebook in submission.notebooks for grade in notebook.grades]
            if outcome.set_aside and all(grade.auto_score is None and grade.manual_score is None for grade in grades):
                scored.append(outcome)  # nbgrader had opened a row for it before it failed
                continue
            scored.append(
                replace(
                    outcome,
                    score=max(0.0, submission.score - (submission.late_submission_penalty or 0)),
                    max_score=submission.max_score,
                    needs_manual_grade=bool(submission.needs_manual_grade),
                    seconds_late=submission.total_seconds_late,
                )
            )
    return scored
