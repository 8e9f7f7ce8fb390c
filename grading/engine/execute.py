"""Runs a notebook's cells, all of them, errors included: the one place that says how."""

import copy
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.preprocessors import Execute

CELL_TIMEOUT_S = 180


def run_notebook(notebook: NotebookNode, folder: Path, timeout_s: int = CELL_TIMEOUT_S) -> NotebookNode:
    """Run every cell in a fresh kernel whose working folder is `folder`, and return a copy with the outputs.

    A cell that fails or takes longer than `timeout_s` seconds gets an error output; the cells after it still run.
    """
    executed = copy.deepcopy(notebook)
    for cell in executed.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    executor = Execute(timeout=timeout_s, kernel_name="python3")
    executed, _ = executor.preprocess(executed, {"metadata": {"path": str(folder)}})
    return nbformat.from_dict(executed)
