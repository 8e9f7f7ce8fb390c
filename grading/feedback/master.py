"""The tasks of an assignment as its author wrote them: titles, tests, hints and rubrics of the released notebook.

The released notebook holds no solution and no hidden test, so that nothing taken from it can give one away.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from markdown_it import MarkdownIt
from markupsafe import Markup
from nbformat import NotebookNode
from nbgrader.utils import is_grade, is_solution, is_task

from grading.feedback.cleaning import markdown
from grading.feedback.images import Images

NOTHING = Markup("")  # no fragment
HINT = re.compile(r"<details[^>]*>\s*<summary>\s*Hint\s*</summary>(.*?)</details>", re.DOTALL | re.IGNORECASE)


@dataclass
class Task:
    """A heading with its cells: an answer, and the tests of it. `question` is set where a person gives the points."""

    title: str = ""
    answers: list[str] = field(default_factory=list)
    tests: list[str] = field(default_factory=list)
    is_manual: bool = False
    text: list[str] = field(default_factory=list)
    hint: Markup = NOTHING
    question: Markup = NOTHING

    @property
    def is_graded(self) -> bool:
        """Whether it has points, or an answer."""
        return bool(self.answers or self.tests)


@dataclass(frozen=True)
class Master:
    """An assignment's parts in order, and which of them each of its cells belongs to."""

    tasks: tuple[Task, ...]
    places: Mapping[str, Task]  # by `key`


def key(cell: NotebookNode) -> str:
    """What a cell is known by: its `grade_id`, or its id where nbgrader does not mark it."""
    return grade_id(cell) or f"id:{cell.get('id', '')}"


def grade_id(cell: NotebookNode) -> str:
    """The cell's `grade_id`; empty when it has none that is a word."""
    marks = cell.metadata.get("nbgrader")
    said = marks.get("grade_id") if isinstance(marks, Mapping) else None
    return said if isinstance(said, str) else ""


def read_tasks(released: NotebookNode) -> Master:
    """Cut a released notebook into its tasks, at every heading and at every further answer under one heading."""
    tasks, places = [Task()], {}
    for cell in released.cells:
        is_answer = is_solution(cell) or is_task(cell)
        headings = _headings(cell.source) if cell.cell_type == "markdown" and not is_answer else []
        if headings:
            tasks.append(Task(title=plain(headings[-1])))
        elif is_answer and tasks[-1].is_graded:
            tasks.append(Task(title=tasks[-1].title))
        task = tasks[-1]
        if is_answer:
            task.answers.append(grade_id(cell))
            task.is_manual |= is_grade(cell) or is_task(cell)
        elif is_grade(cell):
            task.tests.append(grade_id(cell))
        elif cell.cell_type == "markdown":
            task.text.append(cell.source)
        places[key(cell)] = task
    for task in tasks:
        _read_text(task)
    return Master(tuple(tasks), places)


def _read_text(task: Task) -> None:
    text, room = "\n\n".join(task.text), Images()
    if hints := HINT.findall(text):
        task.hint = markdown("\n\n".join(hint.strip() for hint in hints), room)
    if task.is_manual:
        task.question = markdown("\n".join(_without_headings(HINT.sub("", text))), room)


def _headings(text: str) -> list[str]:
    tokens = _READER.parse(text)
    return [tokens[place + 1].content for place, token in enumerate(tokens) if token.type == "heading_open"]


def _without_headings(text: str) -> list[str]:
    taken = {token.map[0] for token in _READER.parse(text) if token.type == "heading_open" and token.map}
    return [line for number, line in enumerate(text.split("\n")) if number not in taken]


_READER = MarkdownIt("commonmark")


def plain(heading: str) -> str:
    """A heading without its Markdown marks, its first letter large."""
    return capital(re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip())


def words(name: str) -> str:
    """A `grade_id` as words: `parity-of-nothing` is "Parity of nothing"."""
    return capital(re.sub(r"[-_]+", " ", name).strip())


def capital(text: str) -> str:
    """The text with a large first letter."""
    return text[:1].upper() + text[1:]
