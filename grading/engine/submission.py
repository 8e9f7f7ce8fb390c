"""Looks at a submission before anything runs it: what nbgrader would stumble over is said in a sentence instead."""

import json
import re
import warnings
from collections import Counter
from pathlib import Path

import nbformat
from nbformat import NotebookNode, ValidationError
from nbgrader.utils import is_grade, is_solution, is_task

from curriculum.errors import CourseError
from curriculum.syllabus import Unit

STUDENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}")
LARGEST_NOTEBOOK = 20_000_000  # bytes
LARGEST_FOLDER = 40_000_000  # bytes
MOST_CELLS = 2_000
SCHEMA = 3  # of nbgrader's metadata


class SetAsideError(Exception):
    """Why a submission cannot be graded: one sentence, which names what to mend."""


def read_master(path: Path) -> NotebookNode:
    """The author's notebook of an assignment."""
    return nbformat.read(path, as_version=4)


def unit_of(notebook: NotebookNode) -> str:
    """The unit that a notebook says it belongs to, empty when it does not say."""
    said = notebook.metadata.get("course", {})
    unit = said.get("unit", "") if isinstance(said, dict) else ""
    return unit if isinstance(unit, str) else ""


def look_at(folder: Path, unit: Unit, master: NotebookNode) -> list[str]:
    """Look at a submission without running it, and return what a grader should know, a sentence each.

    Raises `SetAsideError` when nbgrader could not grade it.
    """
    if not STUDENT.fullmatch(folder.parent.name):
        raise SetAsideError(
            f"the folder {folder.parent.name!r} is no student's name: letters, digits, and . _ - @ in it, 64 at most."
        )
    _look_at_files(folder, unit)
    return _look_at_cells(read_notebook(folder / f"{unit.id}.ipynb"), unit, master)


def _look_at_files(folder: Path, unit: Unit) -> None:
    total = 0
    for path in [folder.parent, folder, *sorted(folder.rglob("*"))]:
        if path.is_symlink():
            raise SetAsideError(f"{path.name!r} is a link; a submission holds files only.")
        total += path.stat().st_size if path.is_file() else 0
    if total > LARGEST_FOLDER:
        raise SetAsideError(f"it is larger than {LARGEST_FOLDER // 1_000_000} MB.")
    if not (folder / f"{unit.id}.ipynb").is_file():
        others = ", ".join(repr(path.name) for path in sorted(folder.glob("*.ipynb")))
        raise SetAsideError(
            f"it holds {others} but no {unit.id}.ipynb; rename the right one."
            if others
            else f"it has no {unit.id}.ipynb."
        )


def read_notebook(path: Path) -> NotebookNode:
    """Read a notebook that someone handed in. Raises `SetAsideError` that says why it is none."""
    name = path.name
    if path.stat().st_size > LARGEST_NOTEBOOK:
        raise SetAsideError(f"{name} is larger than {LARGEST_NOTEBOOK // 1_000_000} MB; clear its outputs.")
    data = path.read_bytes()
    if not data.strip():
        raise SetAsideError(f"{name} is empty.")
    if data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        raise SetAsideError(f"{name} starts with a byte-order mark; save it from JupyterLab, or as UTF-8 without one.")
    try:
        content = json.loads(data.decode("utf-8"))
        json.dumps(content, ensure_ascii=False).encode("utf-8")
    except UnicodeDecodeError:
        raise SetAsideError(f"{name} is not UTF-8 text; save it from JupyterLab again.") from None
    except UnicodeEncodeError:
        raise SetAsideError(
            f"{name} holds half a character (a lone surrogate); save it from JupyterLab again."
        ) from None
    except RecursionError:
        raise SetAsideError(f"{name} is nested too deeply to be a notebook.") from None
    except ValueError as error:
        raise SetAsideError(f"{name} is not whole: {error}.") from None
    return _as_notebook(name, content)


def _as_notebook(name: str, content: object) -> NotebookNode:
    if not isinstance(content, dict) or not isinstance(content.get("cells"), list):
        raise SetAsideError(f"{name} is JSON but no notebook: it has no list of cells.")
    if content.get("nbformat") != 4:
        raise SetAsideError(f"{name} is in notebook format {content.get('nbformat')!r}; 4 is what is graded.")
    if len(content["cells"]) > MOST_CELLS:
        raise SetAsideError(f"{name} has {len(content['cells']):,} cells; {MOST_CELLS:,} are the most.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # missing or repeated cell ids, which nbformat mends
            notebook = nbformat.v4.reads_json(json.dumps(content))  # nbformat.read logs what is wrong; here it is said
            nbformat.validate(notebook)
    except (ValidationError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise SetAsideError(f"{name} is no valid notebook: {str(error).splitlines()[0]}.") from None
    return notebook


def _look_at_cells(notebook: NotebookNode, unit: Unit, master: NotebookNode) -> list[str]:
    known = {cell.metadata.nbgrader.grade_id: cell for cell in master.cells if "nbgrader" in cell.metadata}
    marked = [cell for cell in notebook.cells if "nbgrader" in cell.metadata]
    for cell in marked:
        meta = cell.metadata.nbgrader
        if not isinstance(meta, dict) or not isinstance(meta.get("grade_id"), str):
            raise SetAsideError(
                f"the cell {cell.source[:40]!r} has broken nbgrader metadata; restore it from the release."
            )
    ids = Counter(cell.metadata.nbgrader.grade_id for cell in marked)
    said = unit_of(notebook)
    if (said and said != unit.id) or not ids.keys() & known.keys():
        raise SetAsideError(f"it is a notebook of {said or 'another unit'}, not of {unit.id}.")
    for cell in marked:
        _look_at_cell(cell, known.get(cell.metadata.nbgrader.grade_id), ids)
    missing = [grade_id for grade_id, cell in known.items() if is_grade(cell) and grade_id not in ids]
    return [f"without the cell {grade_id!r}: a person decides its points" for grade_id in missing]


def _look_at_cell(cell: NotebookNode, original: NotebookNode | None, ids: Counter[str]) -> None:
    meta = cell.metadata.nbgrader
    if ids[meta.grade_id] > 1:
        raise SetAsideError(f"the cell {meta.grade_id!r} is in it {ids[meta.grade_id]} times; delete the copies.")
    if meta.get("schema_version") != SCHEMA:
        raise SetAsideError(
            f"the cell {meta.grade_id!r} has nbgrader metadata of version {meta.get('schema_version')!r}, not {SCHEMA}."
        )
    if original is None:
        return  # not in this release: nbgrader leaves it ungraded
    for name, flag in (("grade", is_grade), ("solution", is_solution), ("task", is_task)):
        if bool(flag(cell)) != bool(flag(original)):
            raise SetAsideError(f"the nbgrader metadata of the cell {meta.grade_id!r} was changed ({name}).")
    if is_grade(original) and not isinstance(meta.get("points"), int | float):
        raise SetAsideError(f"the nbgrader metadata of the cell {meta.grade_id!r} was changed (points).")


def require_names(folder: Path) -> None:
    """Raise `CourseError` when nbgrader would read a folder's own name as a pattern."""
    if set("[]*?") & set(str(folder)):
        raise CourseError(f"nbgrader cannot work in {folder}: its name holds [, ], * or ?; move the course elsewhere.")
