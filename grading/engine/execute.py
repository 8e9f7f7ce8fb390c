"""Runs a notebook's cells, all of them, errors included: the one place that says how.

`run_notebook` is what `course check`, `course verify` and grading call. `RunCells` hands the same function to nbgrader:
`Course.nbgrader_config` names it in place of nbgrader's own Execute, so that `course grade`, a plain `nbgrader
autograde` and the formgrader's button run cells alike. Whoever replaces the execution replaces `run_notebook`.
"""

import copy
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import nbformat
import psutil
from nbclient import NotebookClient
from nbformat import NotebookNode
from nbgrader.preprocessors import Execute
from traitlets.config import Config

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


class RunCells(Execute):
    """nbgrader's step that runs a submission, done by `run_notebook`; reads `Execute.timeout` and `Execute.enabled`."""

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any], km: Any = None
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Return the executed notebook; its folder stands in `resources`. A kernel to reuse, `km`, is not used."""
        return run_notebook(nb, Path(resources["metadata"]["path"]), self.timeout), resources
