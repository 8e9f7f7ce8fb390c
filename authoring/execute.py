"""Runs a lesson and keeps its outputs."""

import copy
import os
import sys
import tempfile
from pathlib import Path

from nbformat import NotebookNode
from traitlets.config import Config

from authoring.source import METADATA, Source
from curriculum.course import Course
from curriculum.errors import CourseError

CELL_TIMEOUT_S = 120


def execute_lesson(course: Course, source: Source) -> NotebookNode:
    """Run all cells in a fresh kernel and an empty folder, and return the notebook with its outputs.

    The learner's environment is not the author's: IPython's profile and JupyterLab's session are left out.
    Raises `CourseError` that names the cell that failed, took over two minutes, or killed the kernel.
    """
    # These take their time to load, and most builds have nothing to run.
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    from grading.engine.execute import interruptible

    notebook = copy.deepcopy(source.notebook)
    at = [0]
    with tempfile.TemporaryDirectory(prefix="lesson-", ignore_cleanup_errors=True) as folder:
        scratch = Path(folder) / "scratch"
        scratch.mkdir()
        client = NotebookClient(
            notebook,
            timeout=CELL_TIMEOUT_S,
            kernel_name="python3",
            resources={"metadata": {"path": str(scratch)}},
            record_timing=False,
            on_cell_start=lambda cell, cell_index: at.__setitem__(0, cell_index),
            config=private_sockets(Path(folder)),
        )
        try:
            environment = _environment(course, Path(folder) / "ipython")
            interruptible(client, lambda: client.execute(env=environment))
        except CellExecutionError as error:
            problem = f"{error.ename}: {' '.join(error.evalue.split())}"
        except CellTimeoutError:
            problem = f"it ran for more than {CELL_TIMEOUT_S} s"
        except DeadKernelError:
            problem = "the kernel died"
        else:
            notebook.metadata = NotebookNode(METADATA)
            return notebook
    raise CourseError(
        f"{source.where(at[0])} failed when run: {problem}. The lesson's notebook is as it was; mend the cell and run "
        "the build again."
    )


def private_sockets(folder: Path) -> Config:
    """Settings by which a kernel talks through sockets in `folder`: a TCP port may be taken twice, and anyone listens.

    Windows has no such sockets and keeps TCP.
    """
    config = Config()
    if sys.platform != "win32":
        config.KernelManager.transport = "ipc"
        config.KernelManager.ip = str(folder / "k")
    return config


def _environment(course: Course, ipython: Path) -> dict[str, str]:
    environment = {key: value for key, value in os.environ.items() if key != "JPY_SESSION_NAME"}
    path = [str(course.root), *filter(None, [os.environ.get("PYTHONPATH")])]
    return environment | {"PYTHONPATH": os.pathsep.join(path), "IPYTHONDIR": str(ipython)}
