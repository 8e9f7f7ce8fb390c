"""Grades a cohort's submissions: threads run them, and one writer brings what they earned into the gradebook.

A submission goes through: rebuilt onto the author's notebook, laid out, run, put into `autograded/`, and last of all
written into the gradebook together with a stamp of what was graded. Wherever that is cut off, by whatever, the stamp is
missing or does not match, and the next run does that submission again: what is finished is not done twice.
"""

import errno
import json
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from itertools import islice
from pathlib import Path

from nbgrader.api import Gradebook
from nbgrader.utils import parse_utc
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from curriculum.course import Course
from curriculum.errors import CourseError
from curriculum.files import exclusive
from curriculum.syllabus import Unit
from grading.engine.autograded import TIMESTAMP, Bench, handed_in
from grading.engine.gradebook import DISK_FULL, Stamp, ensure_assignment, file_hash, folder_hash, open_gradebook
from grading.engine.jail import Tier
from grading.engine.profile import Profile
from grading.engine.profiles import read_profile
from grading.engine.rebuild import Original, prepare, rebuild
from grading.engine.recording import Earned, Recorder, earned_by, read_stamps
from grading.engine.runners import Runner, open_runner
from grading.engine.submission import LARGEST_FOLDER, MOST_ENTRIES, SetAsideError, read_master, require_names
from grading.engine.totals import read_totals

REMARKS = "remarks"  # in an autograded notebook's metadata, under `course`: sentences for its learner
LARGEST_TIMESTAMP = 200  # bytes
NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class State(StrEnum):
    """What became of a submission."""

    GRADED = "graded"
    UNCHANGED = "unchanged since it was graded"
    SET_ASIDE = "set aside"


@dataclass(frozen=True)
class Outcome:
    """What became of one submission. Points are what the gradebook holds, None when set aside without a grade.

    `why` says in a sentence why it was set aside; `notes` are what its learner and a grader should know all the same.
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
    folder: Path
    submission: str  # its hash

    @property
    def student(self) -> str:
        return self.folder.parent.name


@dataclass(frozen=True)
class _Done:
    """What became of a submission; what it earned is None when it is set aside."""

    outcome: Outcome
    earned: Earned | None = None
    handed_in: datetime | None = None
    stamp: Stamp | None = None


def grade_unit(
    course: Course,
    unit: Unit,
    students: Sequence[str] | None = None,
    force: bool = False,
    workers: int | None = None,
    console: Console | None = None,
    isolation: Tier | None = None,
    dask: str = "",
) -> list[Outcome]:
    """Grade all submissions under `cohort/submitted/<student>/<unit>/`, or those of `students`.

    Submissions that have not changed since they were graded with the same assignment are skipped, unless `force`. What
    is finished is committed at once, so that a run that was stopped goes on where it was. Points that a person has
    given are kept; nbgrader marks them for another look when the submission is graded again.

    `workers` submissions run at once, by default as many as there are cores; with `dask`, the address of a scheduler,
    they run on its cluster. `isolation` is the weakest jail that will do.

    Raises `CourseError` when the assignment is not built, does not fit the gradebook, a student handed in nothing, the
    isolation cannot be had, the disk is full, or the gradebook is held by another program.
    """
    console = console or Console(highlight=False)
    require_names(course.cohort)
    course.cohort.mkdir(parents=True, exist_ok=True)
    with _full_disk_said(), exclusive(course.cohort):
        folders = _folders(course, unit, students)
        if not folders:
            return []
        built = ensure_assignment(course, unit)
        with open_gradebook(course) as gradebook:
            bench = Bench(course, unit, gradebook)
            stamps = {} if force else read_stamps(gradebook, unit)
            outcomes, jobs = _sort_out(bench, folders, built, stamps)
            if jobs:
                master = read_master(course.solution_notebook(unit))
                recorder = Recorder(gradebook, unit, bench.config)
                with open_runner(course, workers, isolation, dask) as runner:
                    console.print(runner.announcement, highlight=False, soft_wrap=True)
                    desk = _Desk(unit, prepare(master), read_profile(course, unit, master), bench, runner, built)
                    outcomes |= _grade(desk, jobs, recorder, console)
            return _with_scores(gradebook, unit, [outcomes[student] for student in sorted(outcomes)])


def outcomes_table(outcomes: list[Outcome]) -> Table:
    """Students, points and what became of each submission; those set aside come last, with the reason."""
    table = Table(title=_summary(outcomes), title_justify="left")
    table.add_column("student", overflow="fold", max_width=20)  # the sentences need the room of a narrow terminal
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
            Text("\n".join(["; ".join(remarks), *outcome.notes]), style=style),
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
    folders = {path.parent.name: path for path in handed_in(submitted, unit.id)}
    if students is None:
        return [folders[student] for student in sorted(folders)]
    if missing := [student for student in students if student not in folders]:
        raise CourseError(f"There is no submission of {', '.join(missing)} for {unit.id} under {submitted}.")
    return [folders[student] for student in students]


def _sort_out(
    bench: Bench, folders: list[Path], built: str, stamps: dict[str, Stamp]
) -> tuple[dict[str, Outcome], list[_Job]]:
    """Those that need no run, by student, and the jobs for those that do."""
    outcomes, jobs = {}, []
    for folder in folders:
        student = folder.parent.name
        try:
            submission = folder_hash(folder) if _is_small(folder) else ""
            notebook = bench.notebook_of(student)
            known = stamps.get(student)
            if known and notebook.is_file() and known == Stamp(built, submission, file_hash(notebook)):
                outcomes[student] = Outcome(student, State.UNCHANGED, notes=_remarks(notebook))
            else:
                jobs.append(_Job(folder, submission))
        except OSError as error:
            outcomes[student] = Outcome(student, State.SET_ASIDE, why=f"it cannot be read: {error.strerror}.")
    return outcomes, jobs


def _is_small(folder: Path) -> bool:
    """Whether a folder can be read whole; the rest is for `rebuild` to refuse."""
    size = 0
    for number, path in enumerate(folder.rglob("*")):
        size += path.stat().st_size if path.is_file() and not path.is_symlink() else 0
        if number >= MOST_ENTRIES or size > LARGEST_FOLDER:
            return False
    return True


def _remarks(notebook: Path) -> tuple[str, ...]:
    return tuple(json.loads(notebook.read_bytes())["metadata"].get("course", {}).get(REMARKS, ()))


@dataclass(frozen=True)
class _Desk:
    """What a thread needs to grade submissions of a unit, up to but not including the gradebook."""

    unit: Unit
    original: Original
    profile: Profile
    bench: Bench
    runner: Runner
    built: str  # the hash of the assignment

    def grade(self, job: _Job) -> _Done:
        """Grade a submission. Whatever it does to us is that submission's alone; what stops all of them is raised."""
        started = time.monotonic()
        try:
            done = self._grade(job)
        except SetAsideError as error:
            done = _set_aside(job, str(error))
        except CourseError:
            raise
        except OSError as error:
            if error.errno in NO_SPACE:
                raise
            done = _set_aside(job, f"its files could not be handled: {error.strerror or error}.")
        except Exception as error:
            done = _set_aside(job, f"it broke the grader, which is worth a report ({type(error).__name__}: {error}).")
        return replace(done, outcome=replace(done.outcome, seconds=time.monotonic() - started))

    def _grade(self, job: _Job) -> _Done:
        rebuilt = rebuild(job.folder, self.unit, self.original)
        time_of = _time_of(job.folder)
        with self.bench.laid(job.folder) as laid:
            ran = self.runner.run(self.bench.marked(rebuilt.notebook), laid, self.profile)
            notebook = self.bench.finished(ran.notebook)
            earned = earned_by(notebook)
            notes = (*rebuilt.notes, *ran.remarks)
            notebook.metadata.setdefault("course", {})[REMARKS] = list(notes)
            autograded = self.bench.put(notebook, laid, job.folder)
        outcome = Outcome(job.student, State.GRADED, notes=notes)
        return _Done(outcome, earned, time_of, Stamp(self.built, job.submission, autograded))


def _set_aside(job: _Job, why: str) -> _Done:
    return _Done(Outcome(job.student, State.SET_ASIDE, why=" ".join(why.split())))


def _time_of(folder: Path) -> datetime | None:
    """The time in the file that the collection or nbgrader's exchange wrote, in UTC; None without one."""
    try:
        with (folder / TIMESTAMP).open(encoding="utf-8") as file:
            said = file.read(LARGEST_TIMESTAMP).strip()
        return parse_utc(said) if said else None
    except FileNotFoundError:
        return None
    except (ValueError, OverflowError):
        raise SetAsideError(f"its {TIMESTAMP} does not hold a time.") from None


def _grade(desk: _Desk, jobs: list[_Job], recorder: Recorder, console: Console) -> dict[str, Outcome]:
    outcomes = {}
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with (
        closing(_in_parallel(desk.grade, jobs, desk.runner)) as ended,
        Progress(*columns, TextColumn("left:"), TimeRemainingColumn(), console=console) as bar,
    ):
        task = bar.add_task(f"Grading {desk.unit.id}", total=len(jobs))
        for done in ended:
            if done.earned is not None and done.stamp is not None:
                recorder.record(done.outcome.student, done.earned, done.handed_in, done.stamp)
            outcomes[done.outcome.student] = done.outcome
            bar.advance(task)
    return outcomes


def _in_parallel(work: Callable[[_Job], _Done], jobs: Sequence[_Job], runner: Runner) -> Generator[_Done, None, None]:
    """Do all jobs, and yield what became of each as it ends. Few are begun ahead of those that are taken.

    When the caller stops taking, or a job raises, those under way are ended.
    """
    waiting, running = iter(jobs), set[Future[_Done]]()
    with ThreadPoolExecutor(runner.slots, thread_name_prefix="grading") as pool:
        try:
            while True:
                running |= {pool.submit(work, job) for job in islice(waiting, 2 * runner.slots - len(running))}
                if not running:
                    return
                ended, running = wait(running, return_when=FIRST_COMPLETED)
                for future in ended:
                    yield future.result()
        except BaseException:
            for future in running:
                future.cancel()
            runner.stop()
            raise


def _with_scores(gradebook: Gradebook, unit: Unit, outcomes: list[Outcome]) -> list[Outcome]:
    assignment = gradebook.find_assignment(unit.id)
    totals, max_score = read_totals(gradebook, assignment), float(assignment.max_score)
    scored = []
    for outcome in outcomes:
        total = totals.get(outcome.student)
        if total is None or not total.is_graded:
            scored.append(outcome)
            continue
        scored.append(
            replace(
                outcome,
                score=total.final_score,
                max_score=max_score,
                needs_manual_grade=total.needs_manual_grade,
                seconds_late=total.seconds_late,
            )
        )
    return scored


@contextmanager
def _full_disk_said() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in NO_SPACE:
            raise
        raise CourseError(DISK_FULL) from error
