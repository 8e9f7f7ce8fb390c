"""Keeps hidden tests hidden: no line of theirs reaches a page through a message or an output."""

from nbformat import NotebookNode
from nbgrader.utils import is_grade, is_locked

BEGIN, END = "### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS"
SHORTEST = 12  # characters; a shorter line, such as `else:`, gives nothing away
INSTEAD = "This quotes a test that is kept back, so it is not shown."


def hidden_lines(notebook: NotebookNode) -> frozenset[str]:
    """The lines of an executed notebook's hidden tests that stand nowhere else in it, without their indentation."""
    hidden: set[str] = set()
    known: set[str] = set()
    for cell in notebook.cells:
        is_hidden = False
        is_test = cell.cell_type == "code" and is_grade(cell) and is_locked(cell)
        for line in map(str.strip, cell.source.splitlines()):
            if is_test and line == BEGIN:
                is_hidden = True
            elif is_test and line == END:
                is_hidden = False
            elif len(line) >= SHORTEST:
                (hidden if is_hidden else known).add(line)
    return frozenset(hidden - known)


def quotes(text: str, hidden: frozenset[str]) -> bool:
    """Whether a text holds one of those lines."""
    return any(line in text for line in hidden)
