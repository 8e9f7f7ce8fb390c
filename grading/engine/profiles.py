"""Where the profile of an assignment is kept, and what stands in for one that was not recorded."""

import ast
import json
from dataclasses import replace

from nbformat import NotebookNode
from nbgrader.utils import is_solution

from curriculum.course import Course
from curriculum.errors import CourseError
from curriculum.syllabus import Unit
from grading.engine.profile import Profile, TestProfile
from grading.engine.steps import Step, names_assigned, names_read, steps_of


def read_profile(course: Course, unit: Unit, notebook: NotebookNode) -> Profile:
    """The profile that the build recorded; without one, what can be read off the author's notebook or the released one.

    Raises `CourseError` when the file is there but is no profile.
    """
    path = course.profile(unit)
    if not path.is_file():
        return guessed_profile(notebook)
    try:
        return Profile.from_dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CourseError(
            f"{path.name} in {path.parent} cannot be read ({error}); run `course build {unit.id}`."
        ) from error


def guessed_profile(notebook: NotebookNode) -> Profile:
    """What the notebook imports anywhere, the names that its solution cells bind, and those that tests hand to them."""
    sources = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    solutions = [cell.source for cell in notebook.cells if cell.cell_type == "code" and is_solution(cell)]
    profile = Profile(imports=imported(sources), learner_names=names_assigned(solutions))
    return replace(profile, tests=pushed_by(steps_of(notebook, profile)))


def pushed_by(steps: list[Step]) -> dict[str, TestProfile]:
    """The tests that bind, they or those before them in their task, what functions of other cells read."""
    read = names_read([step.source for step in steps if step.kind != "test"])
    bound: dict[str, frozenset[str]] = {}
    tests = {}
    for step in steps:
        if step.kind == "test":
            bound[step.task] = bound.get(step.task, frozenset()) | (names_assigned([step.source]) & read)
            if bound[step.task]:
                tests[step.grade_id] = TestProfile(pushed=bound[step.task])
    return tests


def imported(sources: list[str]) -> tuple[str, ...]:
    """The modules that code cells import, inside functions too, and names in them that may be modules."""
    found: set[str] = set()
    for source in sources:
        try:
            tree = ast.parse(source)
        except SyntaxError:  # a magic
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}  # modules among them
    return tuple(sorted(found))
