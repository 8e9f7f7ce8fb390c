"""Gates over an assignment: its tasks, tests, reflections, and what learners get of it."""

import ast
import re
from collections.abc import Iterator
from typing import Any

from authoring import prose
from authoring.gates.files import Files, Place
from authoring.gates.gate import Complaint, gate, with_assignment, with_tasks
from authoring.gates.limits import (
    ANCHORS,
    LEAK_LENGTH,
    LEAK_LINES,
    MAX_POINTS_A_TEST,
    MIN_TESTS_A_TASK,
    REFLECTION_POINTS,
    REFLECTIONS,
    RUBRIC,
    TASKS,
)
from authoring.source import marked_part, visible_part
from grading.engine.score import Task


@gate("tasks", "tasks", lambda files: files.tasks, with_tasks)
def _number_of_tasks(files: Files, tasks: list[Task]) -> Iterator[Complaint]:
    if len(tasks) not in TASKS:
        yield Place(files.assignment.name), f"{len(tasks)} tasks", f"write {TASKS.start} to {TASKS.stop - 1}"


@gate("points", "test cells", lambda files: [(task, test) for task in files.tasks for test in task.tests], with_tasks)
def _points_are_small(files: Files, tests: list[tuple[Task, str]]) -> Iterator[Complaint]:
    for task, test in tests:
        at = files.cell_of(test)
        points = files.assignment.notebook.cells[at].metadata.nbgrader.points
        if points > MAX_POINTS_A_TEST:
            mend = f"split it, so that partial work earns partial credit; at most {MAX_POINTS_A_TEST}"
            yield files.in_assignment(at), f"the test {test!r} of {task.grade_id!r} holds {points:g} points", mend
    for task in files.tasks:
        if len(task.tests) < MIN_TESTS_A_TASK:
            what = f"the task {task.grade_id!r} has {len(task.tests)} test cell"
            yield files.in_assignment(files.cell_of(task.grade_id)), what, f"write at least {MIN_TESTS_A_TASK}"


@gate("stubs", "stubs", lambda files: [files.cell_of(task.grade_id) for task in files.tasks], with_tasks)
def _stubs_help(files: Files, stubs: list[int]) -> Iterator[Complaint]:
    cells = files.assignment.notebook.cells
    for index in stubs:
        if "TODO" not in visible_part(cells[index].source, "SOLUTION"):
            yield files.in_assignment(index), "the stub has no TODO", "say in it what is to be done"
        before = next((i for i in range(index - 1, -1, -1) if "nbgrader" in cells[i].metadata), -1)
        lead_in = "\n".join(cell.source for cell in cells[before + 1 : index] if cell.cell_type == "markdown")
        if "<details>" not in lead_in:
            yield files.in_assignment(index), "the lead-in has no hint", "add one in `<details><summary>Hint</summary>`"


def _tests_of(files: Files, task: Task) -> list[str]:
    return [files.assignment.notebook.cells[files.cell_of(test)].source for test in task.tests]


@gate("hidden-tests", "tasks", lambda files: files.tasks, with_tasks)
def _tasks_have_hidden_tests(files: Files, tasks: list[Task]) -> Iterator[Complaint]:
    for task in tasks:
        if not any(marked_part(test, "HIDDEN TESTS").strip() for test in _tests_of(files, task)):
            at = files.in_assignment(files.cell_of(task.grade_id))
            yield at, f"the task {task.grade_id!r} has no hidden test", "test generality, edges and bad input in one"


@gate("messages", "test cells", lambda files: [test for task in files.tasks for test in task.tests], with_tasks)
def _visible_tests_explain(files: Files, tests: list[str]) -> Iterator[Complaint]:
    explained = set()
    for test in tests:
        index = files.cell_of(test)
        try:
            tree = ast.parse(visible_part(files.assignment.notebook.cells[index].source, "HIDDEN TESTS"))
        except SyntaxError as error:
            mend = "put BEGIN and END HIDDEN TESTS around whole statements"
            yield files.in_assignment(index), f"what learners see of the test is not Python: {error.msg}", mend
            continue
        asserts = [node for node in ast.walk(tree) if isinstance(node, ast.Assert)]
        if asserts:
            explained.add(test)
        for node in asserts:
            if node.msg is None:
                what = f"`{ast.unparse(node)[:60]}` has no message"
                yield files.in_assignment(index), what, "say what was expected, what came, and where to look"
    for task in files.tasks:
        if not explained & set(task.tests):
            at = files.in_assignment(files.cell_of(task.grade_id))
            yield at, f"the task {task.grade_id!r} has no visible assertion", "let learners see one test"


@gate("reflections", "reflections", lambda files: files.reflections, with_assignment)
def _reflections_can_be_graded(files: Files, reflections: list[int]) -> Iterator[Complaint]:
    page = files.facilitator.read_text(encoding="utf-8")
    at = Place(files.name(files.facilitator))
    if len(reflections) not in REFLECTIONS:
        what = f"{len(reflections)} reflections"
        yield Place(files.assignment.name), what, f"write {REFLECTIONS.start} or {REFLECTIONS.stop - 1}"
    for row in RUBRIC:
        if not re.search(rf"^\|[\s*]*{re.escape(row.name)}[\s*]*\|", page, re.MULTILINE | re.IGNORECASE):
            yield at, f"the rubric has no row {row.name!r}", "show the four rows in a table"
    for index in reflections:
        cell = files.assignment.notebook.cells[index]
        if cell.metadata.nbgrader.points != REFLECTION_POINTS:
            what = f"the reflection has {cell.metadata.nbgrader.points:g} points"
            yield files.in_assignment(index), what, f"four rows of 0 to 3 make {REFLECTION_POINTS}"
        anchors = _anchors(page, cell.id)
        if len(anchors) < ANCHORS:
            what = f"{len(anchors)} anchor answers with different scores for {cell.id!r}"
            mend = f"write {ANCHORS} under a heading with its id, each headed `Anchor: <score> of {REFLECTION_POINTS}`"
            yield at, what, mend


def _anchors(page: str, reflection: str) -> set[int]:
    """The scores of the anchor answers under the heading that names the reflection."""
    scores: set[int] = set()
    level = 0  # of the heading that named the reflection, 0 outside its section
    for heading in prose.headings(page):
        if level and heading.level <= level:
            level = 0
        if reflection in heading.text:
            level = heading.level
        elif level and (score := re.search(rf"\b(\d+)\s*(?:of|/|out of)\s*{REFLECTION_POINTS}\b", heading.text)):
            scores.add(int(score[1]))
    return scores


@gate("leaks", "cells of the released notebook", lambda files: files.released["cells"], with_assignment)
def _nothing_leaks(files: Files, cells: list[dict[str, Any]]) -> Iterator[Complaint]:
    path = files.course.released_notebook(files.unit)
    secrets = _secrets(files)
    if files.unit.has_tasks and not secrets:
        yield Place(files.assignment.name), "no line of a solution or hidden test to look for", "write longer ones"
    for index, cell in enumerate(cells):
        at, source = Place(files.name(path), f"cell {index + 1}"), "".join(cell["source"])
        if cell.get("outputs") or cell.get("execution_count"):
            yield at, "the released cell has an output", "build it again"
        if marker := re.search(r"(BEGIN|END) (SOLUTION|HIDDEN TESTS)", source):
            yield at, f"{marker[0]} is in the released cell", "build it again"
        if "solutions/" in source:
            yield at, "the path of the solutions is in the released cell", "name no file of the author's side"
        yield from _shown(at, source, secrets)
    for other in path.parent.rglob("*"):
        if other.is_file() and other != path and ".ipynb_checkpoints" not in other.parts:
            yield from _shown(Place(files.name(other)), other.read_text(encoding="utf-8", errors="replace"), secrets)


def _shown(at: Place, text: str, secrets: dict[str, set[str]]) -> Iterator[Complaint]:
    """Complain of each secret that `text` shows enough of to give it away."""
    lines = {line.strip() for line in text.splitlines()}
    for where, secret in secrets.items():
        shown = sorted(lines & secret)
        if len(shown) >= min(LEAK_LINES, len(secret)):
            mend = "learners see it; write it another way in one of the two places"
            yield at, f"`{shown[0][:60]}` stands in {where} too", mend


def _secrets(files: Files) -> dict[str, set[str]]:
    """The lines that only authors may see, by where they stand.

    A line that a stub or a given cell shows too is no secret: a worked example resembles a solution. Nor is a hidden
    test's line that a visible test shows.
    """
    graded = [cell for cell in files.assignment.notebook.cells if cell.cell_type == "code"]
    tests = [cell for cell in graded if cell.metadata.get("nbgrader", {}).get("grade")]
    others = [cell for cell in graded if cell not in tests]
    shown = set().union(*(_telling(visible_part(cell.source, "SOLUTION")) for cell in others))
    tested = set().union(*(_telling(visible_part(cell.source, "HIDDEN TESTS")) for cell in tests))
    secrets = {
        f"the solution of {cell.id!r}": _telling(marked_part(cell.source, "SOLUTION")) - shown for cell in others
    } | {
        f"the hidden part of {cell.id!r}": _telling(marked_part(cell.source, "HIDDEN TESTS")) - shown - tested
        for cell in tests
    }
    return {where: lines for where, lines in secrets.items() if lines}


def _telling(code: str) -> set[str]:
    """The lines that say something of an answer, rather than being the language's own."""
    lines = {line.strip() for line in code.splitlines()}
    return {line for line in lines if len(line) >= LEAK_LENGTH and not re.match(r"(import|from|except|#|@)", line)}
