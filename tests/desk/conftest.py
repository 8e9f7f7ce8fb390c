"""A course of two ready units and a planned one, made of real notebooks without a build."""

from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from curriculum.course import Course

SYLLABUS = """
skills: {limits: Set limits that hold}
milestones:
  - {id: first, title: The first year, folder: first, goal: Learn limits., capability: Setting limits}
units:
  - {id: u1-limits, milestone: first, title: Limits, summary: Set a limit., state: ready,
     hours: {lesson: 1, assignment: 1.5}, skills: [limits], covers: {X1: {}}}
  - {id: u2-queues, milestone: first, title: Queues, summary: Hold a queue., state: ready, form: practice,
     hours: {lesson: 2, assignment: 0}, skills: [limits], covers: {X2: {}}}
  - {id: u3-later, milestone: first, title: Later, summary: Not yet., state: planned,
     hours: {lesson: 1, assignment: 1}, skills: [limits], covers: {X3: {}}}
"""
STUB = "def limit(n):\n    raise NotImplementedError()"
RIGHT = "def limit(n):\n    return min(n, 10)"


def cell(source, grade_id, points=None, solution=False, kind="code"):
    graded = {"schema_version": 3, "grade_id": grade_id, "grade": points is not None, "solution": solution}
    graded |= {"locked": not solution, "task": False, "cell_type": kind}
    graded |= {"points": points} if points is not None else {}
    new = new_code_cell if kind == "code" else new_markdown_cell
    return new(source, metadata={"nbgrader": graded})


def released_cells():
    return [
        new_markdown_cell("# Limits\n\nSet them."),
        cell("import math", "imports"),
        new_markdown_cell("## A limit"),
        cell(STUB, "limiter", solution=True),
        cell("assert limit(99) == 10, f'limit(99) gave {limit(99)}, expected 10: take the smaller'", "limiter-top", 2),
        cell("assert limit(3) == 3, f'limit(3) gave {limit(3)}, expected 3'", "limiter-below", 1),
        cell("# Hidden tests run here.\n", "limiter-hidden", 3),
        new_markdown_cell("## A file"),
        cell("raise NotImplementedError()", "writer", solution=True),
        cell("assert open('out.yaml').read() == 'limit: 10', 'out.yaml must hold the limit'", "writer-test", 4),
        new_markdown_cell("## Who decides"),
        cell("Your answer here.", "who-decides", 12, solution=True, kind="markdown"),
    ]


def write(path: Path, cells, unit="u1-limits") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    for number, each in enumerate(cells):
        each.id = f"c{number}"
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(new_notebook(cells=cells, metadata=metadata | {"course": {"unit": unit}}), path)
    return path


def answered(path: Path, answers: dict[str, str], extra=()) -> Path:
    """Write a learner's notebook at `path`: the released cells with some answers, and cells of their own at the end."""
    cells = released_cells()
    for each in cells:
        name = each.metadata.get("nbgrader", {}).get("grade_id")
        each.source = answers.get(name, each.source)
    return write(path, [*cells, *extra])


@pytest.fixture
def course(tmp_path: Path) -> Course:
    root = tmp_path / "course"
    (root / "curriculum" / "first").mkdir(parents=True)
    (root / "curriculum" / "syllabus.yml").write_text(SYLLABUS, encoding="utf-8")
    (root / "solutions").mkdir()
    made = Course(root=root, work=root / "work", cohort=root / "cohort")
    predict = "lab.predict(\n    'p99', 'What?', unit='ms')"
    lesson = [new_markdown_cell("# Limits"), new_code_cell(predict), new_code_cell("lab.predict('rate', 'What?')")]
    write(made.lesson_notebook(made.syllabus.unit("u1-limits")), lesson)
    write(made.lesson_notebook(made.syllabus.unit("u2-queues")), [new_markdown_cell("# Queues")], "u2-queues")
    write(made.released_notebook(made.syllabus.unit("u1-limits")), released_cells())
    (root / "assignments" / "u1-limits" / "limits.csv").write_text("client,limit\n7,100\n", encoding="utf-8")
    return made


@pytest.fixture
def unit(course: Course):
    return course.syllabus.ready_unit("u1-limits")


@pytest.fixture
def make():
    """The helpers above, which tests cannot import."""
    return SimpleNamespace(
        answered=answered, cell=cell, released_cells=released_cells, write=write, RIGHT=RIGHT, STUB=STUB
    )
