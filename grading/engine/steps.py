"""What is to be run of a notebook, in order, and by whom."""

import ast
import dis
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile
from types import CodeType
from typing import Any

from nbformat import NotebookNode
from nbgrader.utils import is_grade, is_locked, is_solution

from grading.engine.profile import Profile

_READS = ("LOAD_GLOBAL", "LOAD_NAME")


@dataclass(frozen=True)
class Step:
    """A code cell: the learner's own, one that the author gave and nobody may change, or a test.

    `task` is the `grade_id` of the solution cell that a test belongs to.
    """

    index: int
    kind: str  # learner, given or test
    source: str
    grade_id: str = ""
    task: str = ""

    def as_message(self, profile: Profile) -> dict[str, Any]:
        """The step as the judge gets it."""
        message: dict[str, Any] = {"index": self.index, "kind": self.kind, "source": self.source, "task": self.task}
        if self.kind == "test":
            message["profile"] = profile.of(self.grade_id).to_dict()
        return message


def steps_of(notebook: NotebookNode, profile: Profile) -> list[Step]:
    """The code cells of a notebook that hold something."""
    steps, task = [], ""
    for index, cell in enumerate(notebook.cells):
        meta = cell.metadata.get("nbgrader", {})
        grade_id = meta.get("grade_id", "")
        if is_solution(cell):
            task = grade_id
        if cell.cell_type != "code" or (not cell.source.strip() and not is_grade(cell)):
            continue
        if is_grade(cell) and not is_solution(cell):
            kind = "test"
        elif is_locked(cell) and not is_solution(cell):
            kind = "given"
        else:
            kind = "learner"
        steps.append(Step(index, kind, cell.source, grade_id, task))
    return steps


def before_the_learner(steps: list[Step]) -> list[Step]:
    """The author's cells that come before anything of the learner: they are the same for every submission."""
    return list(takewhile(lambda step: step.kind == "given", steps))


def names_assigned(sources: list[str]) -> frozenset[str]:
    """The names that cells bind at their top level, magics left aside: functions, classes, imports, variables."""
    names: set[str] = set()
    for source in sources:
        try:
            tree = ast.parse(source)
        except SyntaxError:  # a magic; what it binds is not known
            continue
        for node in _top_level(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                names.add(node.name)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                names.add(node.id)
    return frozenset(names)


def names_read(sources: list[str]) -> frozenset[str]:
    """The names that functions and classes in cells take from the notebook when they run, magics left aside."""
    names: set[str] = set()
    for source in sources:
        try:
            code = compile(source, "<cell>", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
        except SyntaxError:  # a magic; what it reads is not known
            continue
        for inner in list(_codes(code))[1:]:
            names |= {step.argval for step in dis.get_instructions(inner) if step.opname in _READS}
    return frozenset(names)


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _codes(inner)


def _top_level(tree: ast.AST) -> list[ast.AST]:
    """All nodes that are not inside a function, a class or a comprehension."""
    found: list[ast.AST] = []
    for node in ast.iter_child_nodes(tree):
        found.append(node)
        scopes = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda | ast.ListComp | ast.SetComp
        if not isinstance(node, scopes | ast.DictComp | ast.GeneratorExp):
            found += _top_level(node)
    return found
