"""What runs a notebook: the engine where there is one, a kernel elsewhere, and nbgrader's step that uses them.

`run_notebook` runs all cells in one kernel: assignments on systems without fork, and whatever is no submission.
`RunCells` hands the engine to nbgrader: `Course.nbgrader_config` names it in place of nbgrader's own Execute, so that a
plain `nbgrader autograde` and the formgrader's button run submissions as `course grade` does.
"""

import atexit
import copy
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import nbformat
import psutil
from nbclient import NotebookClient
from nbclient.exceptions import DeadKernelError
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.preprocessors import Execute
from nbgrader.preprocessors.execute import UnresponsiveKernelError
from nbgrader.utils import is_grade
from traitlets.config import Config

from curriculum.course import Course
from curriculum.errors import CourseError
from grading.engine.jail import Limits, Tier
from grading.engine.profile import Profile
from grading.engine.profiles import guessed_profile, read_profile
from grading.engine.run import Engine, Ran, failed
from grading.engine.submission import read_master

CELL_TIMEOUT_S = 180
T = TypeVar("T")


def run_notebook(notebook: NotebookNode, folder: Path, timeout_s: int = CELL_TIMEOUT_S) -> NotebookNode:
    """Run every cell in a fresh kernel whose working folder is `folder`, and return a copy with the outputs.

    A cell that fails or takes longer than `timeout_s` seconds gets an error output; the cells after it still run.
    Raises nbclient's `DeadKernelError` when the kernel dies.
    """
    executed = copy.deepcopy(notebook)
    for cell in executed.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    with tempfile.TemporaryDirectory(prefix="kernel-", ignore_cleanup_errors=True) as sockets:
        executor = Execute(timeout=timeout_s, kernel_name="python3", config=_transport(Path(sockets)))
        resources = {"metadata": {"path": str(folder)}}
        executed, _ = interruptible(executor, lambda: executor.preprocess(executed, resources))
    return nbformat.from_dict(executed)


def interruptible(client: NotebookClient, run: Callable[[], T]) -> T:
    """Return `run()`, which runs cells in the client's kernel, so that Ctrl-C ends it with a KeyboardInterrupt.

    In the main thread nbclient takes the signal for itself and goes on without its kernel; in another it does not.
    """
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(run)
        try:
            return running.result()
        except KeyboardInterrupt:
            while not running.done():  # the thread ends with its kernel, which may be starting yet
                _kill_kernel(client)
                wait([running], timeout=0.1)
            raise


def _kill_kernel(client: NotebookClient) -> None:
    pid = getattr(client.km.provisioner if client.km else None, "pid", None)
    if pid:
        with suppress(psutil.NoSuchProcess):
            psutil.Process(pid).kill()


def _transport(folder: Path) -> Config:
    # Kernels that start at the same time can choose the same TCP port, which lost one submission in 42.
    # Sockets in a folder of their own cannot collide; Windows has none.
    config = Config()
    if sys.platform != "win32":
        config.KernelManager.transport = "ipc"
        config.KernelManager.ip = str(folder / "k")
    return config


class KernelEngine:
    """Runs notebooks where processes cannot be forked: tests share a kernel with learners' code."""

    isolation = None
    announcement = (
        "Isolation: none. On this system a submission runs with your rights and beside its tests: grade only people "
        "you trust, or grade on Linux."
    )

    def __enter__(self) -> "KernelEngine":
        """Use it with `with`, as `Engine`."""
        return self

    def __exit__(self, *error: object) -> None:
        """End nothing."""

    def close(self) -> None:
        """Nothing waits between two runs."""

    def run(self, notebook: NotebookNode, folder: Path, profile: Profile) -> Ran:
        """As `Engine.run`, with kernels."""
        started = time.monotonic()
        try:
            return Ran(run_notebook(notebook, folder), (), time.monotonic() - started)
        except (DeadKernelError, UnresponsiveKernelError):
            why = "A cell ended the Python process of the notebook (an exit call, a crash, or too much memory)."
            return Ran(failed(notebook, why), (why,), time.monotonic() - started)


def open_engine(root: Path, isolation: Tier | None = None, limits: Limits | None = None) -> "Engine | KernelEngine":
    """What runs notebooks on this system. Raises `CourseError` when it does not give the isolation asked for."""
    if sys.platform == "linux":
        return Engine(root, isolation, limits)
    if isolation is not None:
        raise CourseError(f"Isolation {isolation.value!r} needs Linux; this is {sys.platform}.")
    return KernelEngine()


@cache
def _shared_engine() -> "Engine | KernelEngine":
    """One for all submissions that this process grades through nbgrader; it ends with the process."""
    engine = open_engine(Course().root)
    atexit.register(engine.close)
    return engine


def _profile(course: Course, notebook: NotebookNode, resources: dict[str, Any]) -> Profile:
    """The profile of the assignment that nbgrader says it grades; what the submission says of itself is not asked."""
    wanted = resources["nbgrader"]["assignment"]
    unit = next((unit for unit in course.syllabus.units if unit.id == wanted), None)
    if unit is None or not course.solution_notebook(unit).is_file():
        return guessed_profile(notebook)
    return read_profile(course, unit, read_master(course.solution_notebook(unit)))


class RunCells(Execute):
    """nbgrader's step that runs a submission, done by the engine, in its jail; reads `Execute.enabled`."""

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any], km: Any = None
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Return the executed notebook; its folder stands in `resources`. A kernel to reuse, `km`, is not used."""
        course, folder = Course(), Path(resources["metadata"]["path"])
        ran = _shared_engine().run(_vouched(nb, resources["nbgrader"]), folder, _profile(course, nb, resources))
        for cell, executed in zip(nb.cells, ran.notebook.cells, strict=True):
            if cell.cell_type == "code":
                cell.execution_count, cell.outputs = executed.execution_count, executed.outputs
            if is_grade(cell) and cell.cell_type == "code":
                cell.outputs = [shown for shown in cell.outputs if shown.get("name") != "stderr"]  # nbgrader's 0 points
        nb.metadata.setdefault("course", {})["remarks"] = list(ran.remarks)
        return nb, resources


def _vouched(notebook: NotebookNode, names: dict[str, Any]) -> NotebookNode:
    """A copy whose cells are what the gradebook says they are, and the learner's where it does not know them.

    nbgrader restores the text of locked cells, but believes what a submission says of any other cell: that it is a test
    or locked, for example. Such a cell would run where tests run.
    """
    vouched = copy.deepcopy(notebook)
    with Gradebook(names["db_url"]) as gradebook:
        master = gradebook.find_notebook(names["notebook"], names["assignment"])
        sources = {cell.name: cell for cell in master.source_cells}
        graded, solutions = ({cell.name for cell in cells} for cells in (master.grade_cells, master.solution_cells))
        for cell in vouched.cells:
            name = cell.metadata.get("nbgrader", {}).get("grade_id")
            if (source := sources.get(name)) is None:
                cell.metadata.pop("nbgrader", None)
                continue
            cell.metadata.nbgrader |= {"grade": name in graded, "solution": name in solutions, "locked": source.locked}
            if source.locked:
                cell.source = source.source
    return vouched
