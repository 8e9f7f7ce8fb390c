"""Where submissions run: in the engine of this machine, or on a cluster."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from nbformat import NotebookNode

from curriculum.course import Course
from curriculum.errors import CourseError
from grading.engine.jail import Tier
from grading.engine.profile import Profile
from grading.engine.run import Engine, Ran

STOPPED = "Grading was stopped. What was finished is kept; run the same command again to go on."
MOST_WORKERS = 8  # more are for those who ask: each one holds a learner's and a judge's process


class Runner(Protocol):
    """Runs notebooks for several threads at once."""

    announcement: str  # one line: what is isolated, and what is not
    slots: int  # how many notebooks it runs at once

    def run(self, notebook: NotebookNode, folder: Path, profile: Profile) -> Ran:
        """Run a notebook beside copies of the files in `folder`. Raises `CourseError` when it cannot run any."""

    def stop(self) -> None:
        """End what runs now and run nothing any more: `run` raises `CourseError` in the threads that wait for it."""


class Local:
    """This machine's engine."""

    def __init__(self, engine: Engine, slots: int) -> None:
        """Run `slots` notebooks at once."""
        self.announcement, self.slots = engine.announcement, slots
        self._engine, self._is_stopped = engine, False

    def run(self, notebook: NotebookNode, folder: Path, profile: Profile) -> Ran:
        """Run a notebook in the engine."""
        if self._is_stopped:
            raise CourseError(STOPPED)
        ran = self._engine.run(notebook, folder, profile)
        if self._is_stopped:  # what ended it was not its own doing
            raise CourseError(STOPPED)
        return ran

    def stop(self) -> None:
        """End the engine's processes."""
        self._is_stopped = True
        self._engine.close()


@contextmanager
def open_runner(course: Course, workers: int | None, isolation: Tier | None, dask: str) -> Iterator[Runner]:
    """The cluster whose scheduler is at `dask`, or this machine's engine. It ends whatever it started.

    Raises `CourseError` when it cannot give at least the isolation asked for, or the cluster does not answer.
    """
    if dask:
        from grading.engine.fanout import open_cluster

        with open_cluster(dask, isolation, workers) as cluster:
            yield cluster
    else:
        with Engine(course.root, isolation) as engine:
            yield Local(engine, workers or min(MOST_WORKERS, os.cpu_count() or 1))
