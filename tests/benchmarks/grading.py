"""Grades one cohort with nbgrader's own autograde and with the engine, in turn, and prints what each took.

    python -m tests.benchmarks.grading --submissions 15 --rounds 3

A figure is the time that a submission costs in a run of all. What happens once stands in lines of its own: of nbgrader,
the start of its process, told by a run of one submission; of the engine, the start of the template, which is measured
in the same run, because it varies by more than a submission costs. All else of the engine's run is counted. nbgrader
runs as its users run it, `python -m nbgrader autograde`, with its own Execute; the engine with jail and split execution
on. The grades of both are compared, cell by cell, in every round. It tells times and holds them to nothing.
"""

import argparse
import contextlib
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook
from rich.console import Console
from rich.table import Table

from curriculum.course import Course
from grading.engine import autograde, run
from grading.engine.gradebook import ensure_assignment
from grading.engine.template.client import Template
from tests.benchmarks.workload import UNIT, lay_cohort, lay_course

PLAIN = """
c = get_config()
c.CourseDirectory.root = {root!r}
c.CourseDirectory.course_id = "ai-systems"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.solution_directory = "solutions"
c.CourseDirectory.release_directory = "assignments"
for step in ("submitted", "autograded", "feedback"):
    c.CourseDirectory[step + "_directory"] = {cohort!r} + "/" + step
c.CourseDirectory.db_url = "sqlite:///" + {cohort!r} + "/gradebook.db"
"""
# Parts of the engine's time, by the function they are spent in. Those of a submission do not contain one another.
PARTS: dict[str, tuple[Any, str]] = {
    "read and rebuild": (autograde, "rebuild"),
    "fork and jail": (Template, "pair"),
    "end and sweep": (Template, "end"),
    "write the notebook": (autograde.Bench, "put"),
    "gradebook": (autograde.Recorder, "record"),
    "start of the template": (run.Engine, "_start"),
    "the author's first cells": (Template, "prime"),
}
ONCE = ("start of the template", "the author's first cells")
Rows = dict[tuple[str, str], float]


class Bench:
    """A course and two cohorts with the same submissions: one for nbgrader, one for the engine."""

    def __init__(self, folder: Path, with_plot: bool, size: int) -> None:
        """Lay everything, and put the assignment into both gradebooks."""
        self.course = lay_course(folder / "course", with_plot)
        self.unit = self.course.syllabus.ready_unit(UNIT)
        self.students = lay_cohort(self.course.cohort, with_plot, size)
        self.plain = Course(root=self.course.root, work=self.course.work, cohort=folder / "plain")
        shutil.copytree(self.course.cohort, self.plain.cohort)
        config = PLAIN.format(root=str(self.course.root), cohort=str(self.plain.cohort))
        (folder / "nbgrader_config.py").write_text(config, encoding="utf-8")
        self.folder = folder
        for course in (self.course, self.plain):
            ensure_assignment(course, self.unit)

    def nbgrader(self, students: list[str]) -> float:
        """Seconds of `nbgrader autograde` for some of the learners, all of whom it finds in one folder."""
        aside = self.plain.cohort / "aside"
        for student in set(self.students) - set(students):
            (aside / student).parent.mkdir(exist_ok=True)
            (self.plain.cohort / "submitted" / student).rename(aside / student)
        command = [sys.executable, "-m", "nbgrader", "autograde", UNIT, "--force"]
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
        started = time.perf_counter()
        done = subprocess.run(command, cwd=self.folder, env=os.environ | {"PATH": path}, capture_output=True, text=True)
        seconds = time.perf_counter() - started
        for path_aside in aside.glob("*"):
            path_aside.rename(self.plain.cohort / "submitted" / path_aside.name)
        assert done.returncode == 0, done.stderr[-3000:]
        return seconds

    def engine(self, students: list[str], workers: int) -> float:
        """Seconds of `course grade` for some of the learners, without the start of Python."""
        started = time.perf_counter()
        outcomes = autograde.grade_unit(self.course, self.unit, students, True, workers, Console(quiet=True))
        seconds = time.perf_counter() - started
        assert not any(outcome.set_aside for outcome in outcomes), outcomes
        return seconds

    def floor(self, workers: int) -> float:
        """Seconds of bare execution of all submissions."""
        notebooks = [str(self.course.cohort / "submitted" / name / UNIT / f"{UNIT}.ipynb") for name in self.students]
        command = [sys.executable, "-m", "tests.benchmarks.floor", str(workers), *notebooks]
        return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)

    def rows(self, course: Course) -> Rows:
        """The points of every graded cell of every learner."""
        with Gradebook(f"sqlite:///{course.cohort / 'gradebook.db'}", "ai-systems") as gradebook:
            return {
                (submission.student_id, grade.name): grade.auto_score
                for submission in gradebook.assignment_submissions(UNIT)
                for notebook in submission.notebooks
                for grade in notebook.grades
            }

    def require_same_grades(self) -> None:
        """Raise AssertionError where both gave different points."""
        ours, theirs = self.rows(self.course), self.rows(self.plain)
        assert len(theirs) == 3 * len(self.students) and len(set(theirs.values())) > 2, theirs
        different = {key: (theirs.get(key), ours.get(key)) for key in theirs | ours if theirs.get(key) != ours.get(key)}
        assert not different, f"nbgrader's points and ours: {different}"


class Watch:
    """Adds up the time spent in functions, by a name of ours, while a run is watched."""

    def __init__(self) -> None:
        """Nothing was watched yet."""
        self.seconds: dict[str, float] = defaultdict(float)

    @contextmanager
    def over(self, parts: dict[str, tuple[Any, str]]) -> Iterator[None]:
        """Watch these functions; each is the owner, a class or module, and the function's name in it."""
        with contextlib.ExitStack() as stack:
            for label, (owner, name) in parts.items():
                stack.enter_context(wrapped(owner, **{name: self._timed(label, getattr(owner, name))}))
            yield

    def once(self) -> float:
        """Seconds spent so far in what happens once a run."""
        return sum(self.seconds[label] for label in ONCE)

    def _timed(self, label: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*args: Any, **kwargs: Any) -> Any:
            started = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                self.seconds[label] += time.perf_counter() - started

        return timed


class Cells:
    """Adds up the time between a cell's begin and its outputs, as the supervisor sees both, by the kind of cell."""

    def __init__(self) -> None:
        """No cell ran yet."""
        self.seconds: dict[str, float] = defaultdict(float)
        self._lock = threading.Lock()

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Listen to the engine's events."""
        follow, take = run._Watch.follow, run._Watch._take
        kinds: dict[tuple[int, int], str] = {}
        begun: dict[int, float] = {}

        def listen_to_steps(watch: Any, job: dict[str, Any]) -> None:
            kinds.update({(id(watch), step["index"]): step["kind"] for step in job["steps"]})
            follow(watch, job)

        def listen(watch: Any, event: dict[str, Any]) -> bool:
            if "begin" in event:
                begun[id(watch)] = time.perf_counter()
            elif "cell" in event:
                is_plot = any("image/png" in output.get("data", {}) for output in event["outputs"])
                kind = "plot" if is_plot else kinds[id(watch), event["cell"]]
                with self._lock:
                    self.seconds[kind] += time.perf_counter() - begun[id(watch)]
            return bool(take(watch, event))

        with wrapped(run._Watch, follow=listen_to_steps, _take=listen):
            yield


@contextmanager
def wrapped(owner: Any, **values: Any) -> Iterator[None]:
    """Put wrappers round functions of a class or module for a while."""
    originals = {name: getattr(owner, name) for name in values}
    for name, value in values.items():
        setattr(owner, name, value)
    try:
        yield
    finally:
        for name, value in originals.items():
            setattr(owner, name, value)


def measure(folder: Path, with_plot: bool, size: int, rounds: int) -> tuple[dict[str, list[float]], dict[str, float]]:
    """Milliseconds a submission in each round, by what graded it; and the engine's parts with one worker."""
    bench = Bench(folder, with_plot, size)
    taken: dict[str, list[float]] = defaultdict(list)
    starts: list[float] = []
    parts, cells = Watch(), Cells()
    for _ in range(rounds):
        one, every = bench.nbgrader(bench.students[:1]), bench.nbgrader(bench.students)
        taken["nbgrader autograde"].append(1000 * (every - one) / (size - 1))
        starts.append(one - (every - one) / (size - 1))
        for workers in (1, 2):
            watch = parts if workers == 1 else Watch()  # of two at once, the parts overlap
            before = watch.once()
            with watch.over(PARTS), cells.watched() if workers == 1 else contextlib.nullcontext():
                seconds = bench.engine(bench.students, workers)
            plural = "" if workers == 1 else "s"
            taken[f"engine, {workers} worker{plural}"].append(1000 * (seconds - (watch.once() - before)) / size)
        for workers in (1, 2):
            taken[f"bare execution, {workers} at a time"].append(1000 * bench.floor(workers) / size)
        bench.require_same_grades()
    each = {label: seconds for label, seconds in parts.seconds.items() if label not in ONCE}
    each |= {f"cells: {kind}": seconds for kind, seconds in cells.seconds.items()}
    told = {label: 1000 * seconds / (size * rounds) for label, seconds in each.items()}
    told["everything else"] = statistics.mean(taken["engine, 1 worker"]) - sum(told.values())
    told |= {f"once: {label}": 1000 * parts.seconds[label] / rounds for label in ONCE}
    return taken, told | {"once: start of nbgrader": 1000 * statistics.median(starts)}


def tables(taken: dict[str, list[float]], parts: dict[str, float], title: str) -> list[Table]:
    """What each took, against nbgrader and against the floor; and what remains of the engine's time."""
    middle = {name: statistics.median(rounds) for name, rounds in taken.items()}
    table = Table(title=title, title_justify="left")
    for heading in ("graded by", "ms a submission", "lowest to highest", "times nbgrader's rate", "times the floor"):
        table.add_column(heading, justify="left" if heading == "graded by" else "right")
    for name, ms in middle.items():
        floor = middle[f"bare execution, {2 if '2' in name else 1} at a time"]
        spread = f"{min(taken[name]):,.0f} to {max(taken[name]):,.0f}"
        table.add_row(name, f"{ms:,.0f}", spread, f"{middle['nbgrader autograde'] / ms:.1f}", f"{ms / floor:.1f}")
    rest = Table(title="What the engine's time with one worker is made of, on average", title_justify="left")
    rest.add_column("part")
    rest.add_column("ms a submission; ms for what happens once", justify="right")
    for label, ms in parts.items():
        rest.add_row(label, f"{ms:,.1f}")
    return [table, rest]


def main() -> None:
    """Measure both workloads and print their tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--submissions", type=int, default=15)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    if options.submissions < 2 or options.rounds < 1:
        parser.error("it takes two submissions, to tell what one more costs, and a round")
    console = Console(highlight=False)
    with run.Engine(Path.cwd()) as engine:
        console.print(engine.announcement)
    for with_plot in (True, False):
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            taken, parts = measure(Path(folder), with_plot, options.submissions, options.rounds)
        plot = "one plot" if with_plot else "no plot"
        title = f"Five cells, numpy and scikit-learn, three tests, {plot}; {options.submissions} submissions"
        console.print(*tables(taken, parts, f"{title}, {options.rounds} rounds, {os.cpu_count()} processors"))


if __name__ == "__main__":
    main()
