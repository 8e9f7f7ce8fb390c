"""Keeps hidden tests hidden: a feedback page shows what failed in words, not the test that found it."""

from typing import Any

from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor
from nbgrader.utils import is_grade, is_locked

from grading.engine.score import failure_message

BEGIN, END = "### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS"
INSTEAD = "# Further tests ran here when this was graded."


class HideTests(NbGraderPreprocessor):
    """nbgrader's step that takes hidden tests, and tracebacks that quote them, out of test cells."""

    def preprocess_cell(
        self, cell: NotebookNode, resources: dict[str, Any], cell_index: int
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Return the cell as its learner may see it."""
        if cell.cell_type == "code" and is_grade(cell) and is_locked(cell):
            cell.source = visible(cell.source)
            for output in cell.outputs:
                if output.output_type == "error":
                    output.traceback = [failure_message(cell)]
        return cell, resources


def visible(source: str) -> str:
    """The source of a test cell with each hidden part replaced by one line that says that it was there."""
    kept, hidden = [], False
    for line in source.splitlines():
        if line.strip() == BEGIN:
            hidden = True
            kept.append(INSTEAD)
        elif line.strip() == END:
            hidden = False
        elif not hidden:
            kept.append(line)
    return "\n".join(kept)
