"""Reads a learner's notebook with care, and lays its answers onto the released one."""

import copy
import json
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import nbformat.reader
from nbformat import NotebookNode
from nbgrader.utils import is_solution

from curriculum.course import Course
from curriculum.desk.places import assignment_of, shown
from curriculum.errors import CourseError
from curriculum.syllabus import Unit

LARGEST_MB = 50


@dataclass(frozen=True)
class Merged:
    """The released notebook with a learner's answers, and sentences on what had to be mended."""

    notebook: NotebookNode
    notes: tuple[str, ...]
    untouched: frozenset[str]  # grade_ids of answers that are still the stub


def read_released(course: Course, unit: Unit) -> NotebookNode:
    """The assignment as released. Raises `CourseError` when the unit has none."""
    path = course.released_notebook(unit)
    if not path.is_file():
        raise CourseError(f"Unit {unit.id!r} has no assignment; there is nothing to check or hand in.")
    return read_notebook(course, path)


def read_learners(course: Course, unit: Unit, path: Path | None = None) -> NotebookNode:
    """The learner's notebook of a unit.

    Raises `CourseError` when it is missing, empty, broken, too large, or of another unit.
    """
    path = path or assignment_of(course, unit)
    if not path.is_file():
        raise CourseError(f"There is no {shown(course, path)}; `make lab` lays a fresh copy.")
    notebook = read_notebook(course, path)
    wanted, found = _grade_ids(read_released(course, unit)), _grade_ids(notebook)
    if not wanted & found:
        named = notebook.metadata.get("course")
        other = named.get("unit") if isinstance(named, dict) else None
        whose = (
            "is its lesson" if other == unit.id else f"is the notebook of {other!r}" if other else "holds no task of it"
        )
        raise CourseError(
            f"{shown(course, path)} is not the assignment of {unit.id!r}: it {whose}. Rename it, and `make lab` lays "
            "the right one."
        )
    return notebook


def read_notebook(course: Course, path: Path) -> NotebookNode:
    """Any notebook, as format 4. Raises `CourseError` with one sentence on what is wrong with the file."""
    name = shown(course, path)
    mend = "rename it, run `make lab` for a fresh copy, and paste your answers there"
    try:
        if path.stat().st_size > LARGEST_MB * 1_000_000:
            raise CourseError(f"{name} is larger than {LARGEST_MB} MB; clear its outputs and save it.")
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise CourseError(f"Could not read {name}: {error.strerror}.") from error
    except UnicodeDecodeError:
        raise CourseError(f"{name} is not a notebook: it holds bytes that are no text; {mend}.") from None
    if not text.strip():
        raise CourseError(f"{name} is empty; {mend}.")
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CourseError(f"{name} is not a notebook: its JSON is broken ({error}); {mend}.") from None
    if not isinstance(content, dict) or "nbformat" not in content:
        raise CourseError(f"{name} is not a notebook: it is JSON of another kind; {mend}.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # cells without an id come from older editors and do no harm
            notebook = nbformat.convert(nbformat.reader.reads(text), 4)
            nbformat.validate(notebook)
    except Exception as error:  # nbformat raises many kinds for a file that only looks like a notebook
        why = getattr(error, "message", "") or str(error)
        raise CourseError(f"{name} is not a valid notebook: {' '.join(why.split())[:200]}; {mend}.") from error
    return notebook


def merge(released: NotebookNode, learners: NotebookNode) -> Merged:
    """Lay a learner's answers onto the released notebook, by `grade_id`.

    Tests and other locked cells are the released ones, in the released order. A cell that the learner added keeps its
    place after the cell before it. Of an answer that is there twice, the first counts.
    """
    wanted = {grade_id(cell): cell for cell in released.cells if grade_id(cell)}
    answers: dict[str, NotebookNode] = {}
    added: dict[str, list[NotebookNode]] = {"": []}
    doubled: list[str] = []
    anchor = ""
    for cell in learners.cells:
        name = grade_id(cell)
        if name in answers:
            doubled.append(name)
        elif name in wanted:
            answers[name] = cell
            anchor = name
        else:
            extra = copy.deepcopy(cell)
            extra.metadata.pop("nbgrader", None)  # a cell of another assignment must not count here
            added.setdefault(anchor, []).append(extra)
    missing = [name for name in wanted if name not in answers]
    cells = added[""]
    for name, cell in wanted.items():
        merged = copy.deepcopy(cell)
        if is_solution(cell) and name in answers:
            merged.source = answers[name].source
        cells += [merged, *added.get(name, [])]
    changed = [
        name
        for name, cell in wanted.items()
        if name in answers and not is_solution(cell) and answers[name].source.strip() != cell.source.strip()
    ]
    for number, cell in enumerate(cells):
        cell.id = f"cell-{number}"  # a copied cell brings its id along, and ids must differ
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=copy.deepcopy(released.metadata))
    untouched = {
        name
        for name, cell in wanted.items()
        if is_solution(cell) and (name not in answers or answers[name].source.strip() == cell.source.strip())
    }
    return Merged(notebook, tuple(_notes(doubled, missing, changed)), frozenset(untouched))


def grade_id(cell: NotebookNode) -> str:
    """The cell's nbgrader name; empty where it has none."""
    found: Any = cell.metadata.get("nbgrader")
    name = found.get("grade_id") if isinstance(found, dict) else None
    return name if isinstance(name, str) else ""


def _notes(doubled: list[str], missing: list[str], changed: list[str]) -> list[str]:
    notes = []
    if doubled:
        names = ", ".join(dict.fromkeys(doubled))
        notes.append(f"There is more than one cell named {names}; the first one counts, so delete or move the others.")
    if missing:
        notes.append(f"Your notebook lacks {', '.join(missing)}; the released cell was used instead.")
    if changed:
        notes.append(f"You changed {', '.join(changed)}; the released cell was used instead.")
    return notes


def _grade_ids(notebook: NotebookNode) -> set[str]:
    return {grade_id(cell) for cell in notebook.cells} - {""}
