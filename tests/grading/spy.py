"""An answer that looks around while it is graded; what it prints tells whether it saw something."""

from collections.abc import Iterable
from pathlib import Path

from nbformat import NotebookNode

CELL = "wait-time"


def looking_at(paths: Iterable[Path]) -> str:
    """A right answer for `CELL` that also tries to read these files, which are there."""
    return f"""
def look(path):
    try:
        with open(path, "rb") as file:
            return len(file.read(1)) == 1
    except OSError:
        return False

print("seen:", [look(path) for path in {[str(path) for path in paths]}])

def wait_time(second, length):
    return length - second % length
"""


def seen(notebook: NotebookNode) -> str:
    """What the answer printed in an executed notebook."""
    [cell] = [cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade_id") == CELL]
    return "".join(output.get("text", "") for output in cell.outputs).strip()
