"""Reads MyST sources: cells with the line they stand on, the author's shorthand expanded, mistakes named."""

import hashlib
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import yaml
from jupytext.myst import MystMetadataParsingError, myst_to_notebook
from nbformat import NotebookNode, ValidationError

from curriculum.course import Course
from curriculum.errors import CourseError
from curriculum.syllabus import Unit

SHORTHAND = ("task", "test", "given", "reflection")
CELL_KEYS = {"tags", "jupyter"}
NBVAL_TAGS = {"nbval-ignore-output", "nbval-check-output", "nbval-raises-exception"}
GRADE_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
MARKERS = {"SOLUTION": "task", "HIDDEN TESTS": "test"}
UNREADABLE = (MystMetadataParsingError, ValidationError, yaml.YAMLError, TypeError, ValueError, AttributeError)
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    # A kernel reports its exact version too, which would differ from machine to machine.
    "language_info": {
        "file_extension": ".py",
        "mimetype": "text/x-python",
        "name": "python",
        "pygments_lexer": "ipython3",
    },
}


@dataclass(frozen=True)
class Source:
    """One MyST source: its notebook, without outputs, and the line on which each cell starts."""

    name: str  # path below the course's root, for messages
    path: Path
    text: str
    notebook: NotebookNode
    lines: tuple[int, ...]

    def where(self, index: int) -> str:
        """File, cell and line of the cell at `index`, as messages name them."""
        return f"{self.name}, cell {index + 1} (line {self.lines[index]})"

    def fail(self, index: int, problem: str) -> NoReturn:
        """Raise `CourseError` for the cell at `index`."""
        raise CourseError(f"{self.where(index)}: {problem}.")


def read_lesson(course: Course, unit: Unit) -> Source:
    """A lesson's source. Raises `CourseError` that names the first mistake and where it is."""
    source = _read(course, unit, course.lesson_source(unit))
    for index, cell in enumerate(source.notebook.cells):
        if used := set(SHORTHAND) & set(cell.metadata):
            source.fail(index, f"`:{min(used)}:` belongs in an assignment, not in a lesson")
        _reject_unknown(source, index, CELL_KEYS)
    _name_cells(source.notebook)
    return source


def read_assignment(course: Course, unit: Unit) -> Source:
    """An assignment's source with nbgrader's metadata. Raises `CourseError` that names the first mistake and where."""
    source = _read(course, unit, course.assignment_source(unit))
    for index in range(len(source.notebook.cells)):
        _reject_unknown(source, index, CELL_KEYS | {*SHORTHAND, "points"})
        _check_markers(source, index)
    _check_structure(source)
    for cell in source.notebook.cells:
        _expand(cell)
    _name_cells(source.notebook)
    return source


def visible_part(code: str, marker: str) -> str:
    """What is left of `code` without the regions between BEGIN and END of `marker`."""
    return "\n".join(line for line, inside in _regions(code, marker) if not inside)


def marked_part(code: str, marker: str) -> str:
    """The regions of `code` between BEGIN and END of `marker`, without the marker lines."""
    return "\n".join(line for line, inside in _regions(code, marker) if inside and f" {marker}" not in line)


def _regions(code: str, marker: str) -> list[tuple[str, bool]]:
    lines, inside = [], False
    for line in code.splitlines():
        inside = inside or f"BEGIN {marker}" in line
        lines.append((line, inside))
        if f"END {marker}" in line:
            inside = False
    return lines


def read_text(course: Course, unit: Unit, path: Path) -> str:
    """The text of one of a unit's sources. Raises `CourseError` when it is missing or not text."""
    name = path.relative_to(course.root).as_posix()
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise CourseError(
            f"Unit {unit.id!r} is ready in syllabus.yml, but {name} is missing; write it, or set the unit's state to "
            f"planned and run `course new-unit {unit.id}` for a skeleton."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise CourseError(f"Could not read {name}: {error}.") from error


def _read(course: Course, unit: Unit, path: Path) -> Source:
    name, text = path.relative_to(course.root).as_posix(), read_text(course, unit, path)
    try:
        notebook = myst_to_notebook(text, add_source_map=True)
    except UNREADABLE as error:
        said = str(error).strip().splitlines() or ["its options are not `:key: value` lines"]
        raise CourseError(f"{name}{_unreadable_cell(text)} is not valid MyST: {said[0]}.") from error
    rows = text.splitlines()
    source = Source(name, path, text, notebook, tuple(_first_line(rows, row) for row in notebook.metadata.source_map))
    notebook.metadata = NotebookNode(METADATA)
    _check_form(source)
    return source


def _unreadable_cell(text: str) -> str:
    """The line of the first code cell that jupytext cannot read, for a message; empty when it is not a code cell."""
    for fence in re.finditer(r"^(`{3,})\{code-cell\}.*?^\1", text, re.MULTILINE | re.DOTALL):
        try:
            myst_to_notebook(fence[0])
        except UNREADABLE:
            return f", cell on line {text.count(chr(10), 0, fence.start()) + 1},"
    return ""


def _first_line(rows: list[str], start: int) -> int:
    while start < len(rows) and (not rows[start].strip() or rows[start].startswith("+++")):
        start += 1
    return start if start and rows[start - 1].lstrip().startswith("```{") else start + 1


def _check_form(source: Source) -> None:
    """Catch what jupytext accepts in silence: fences that do not close, directives that nothing renders, headings."""
    cells = source.notebook.cells
    if not cells:
        raise CourseError(f"{source.name} holds no cells; begin with a markdown cell that starts with `# Title`.")
    titles = []
    for index, cell in enumerate(cells):
        if stray := re.search(r"^\s*(`{3,}\{[\w-]*\}?)", cell.source, re.MULTILINE):
            source.fail(
                index,
                f"{stray[1]!r} stands inside a cell; close the fence before it, spell it `{{code-cell}}`, "
                "start it at the line's beginning, and use no other MyST directive",
            )
        if cell.cell_type == "code" and not cell.source.strip():
            source.fail(index, "the code cell is empty")
        if cell.cell_type == "markdown":
            prose = re.sub(r"^```.*?^```", "", cell.source, flags=re.MULTILINE | re.DOTALL)
            titles += [index] * len(re.findall(r"^# ", prose, re.MULTILINE))
    if cells[0].cell_type != "markdown" or not cells[0].source.startswith("# "):
        source.fail(0, "the first cell must be markdown that starts with `# Title`")
    if len(titles) > 1:
        source.fail(titles[1], "a second `# ` heading; a notebook has one title, its sections start with `## `")


def _reject_unknown(source: Source, index: int, known: set[str]) -> None:
    cell = source.notebook.cells[index]
    if unknown := set(cell.metadata) - known:
        source.fail(index, f"unknown cell option `:{min(unknown)}:`; the options are {', '.join(sorted(known))}")
    wrong = [tag for tag in cell.metadata.get("tags", []) if tag.startswith("nbval") and tag not in NBVAL_TAGS]
    if wrong:
        source.fail(
            index, f"unknown or unwanted tag {wrong[0]!r}; nbval's tags here are {', '.join(sorted(NBVAL_TAGS))}"
        )


def _check_markers(source: Source, index: int) -> None:
    cell = source.notebook.cells[index]
    for marker, role in MARKERS.items():
        found = re.findall(rf"\b(BEGIN|END) {marker}\b", cell.source)
        if found and role not in cell.metadata:
            source.fail(index, f"BEGIN {marker} stands in a cell without `:{role}:`")
        if found != ["BEGIN", "END"] * (len(found) // 2):
            source.fail(index, f"every BEGIN {marker} needs one END {marker} after it")
        if role == "task" and "task" in cell.metadata and not marked_part(cell.source, marker).strip():
            source.fail(index, "no solution between `### BEGIN SOLUTION` and `### END SOLUTION`")


def _check_structure(source: Source) -> None:
    seen: dict[str, int] = {}
    task: int | None = None  # the cell of the task that test cells now belong to
    tested: set[int] = set()
    heading = False
    for index, cell in enumerate(source.notebook.cells):
        roles = [role for role in SHORTHAND if role in cell.metadata]
        if cell.cell_type == "markdown" and re.search(r"^#{2,3} ", cell.source, re.MULTILINE):
            heading = True
        if not roles:
            if "points" in cell.metadata:
                source.fail(index, "`points` needs `:test:` or a reflection")
            continue
        if len(roles) > 1:
            source.fail(index, f"a cell has one role, not {' and '.join(roles)}")
        role, grade_id = roles[0], cell.metadata[roles[0]]
        if not isinstance(grade_id, str) or not GRADE_ID.fullmatch(grade_id):
            source.fail(index, f"{grade_id!r} is not a kebab-case grade_id such as `parity-tolerance`")
        if grade_id in seen:
            source.fail(index, f"grade_id {grade_id!r} is used already in cell {seen[grade_id] + 1}")
        seen[grade_id] = index
        if (cell.cell_type == "markdown") != (role == "reflection"):
            source.fail(index, f"`{role}` does not belong on a {cell.cell_type} cell")
        if role == "reflection" and re.search(r"^#+ ", cell.source, re.MULTILINE):
            source.fail(
                index, f"reflection {grade_id!r} holds a heading, and so what follows it; end it with a line `+++`"
            )
        _check_points(source, index, role)
        if role in ("task", "reflection"):
            if not heading:
                source.fail(index, f"{role} {grade_id!r} needs a `## ` or `### ` heading of its own before it")
            heading = False
            task = index if role == "task" else None
        elif role == "test":
            if task is None:
                source.fail(index, f"test {grade_id!r} follows no task; put it after a `:task:` cell")
            tested.add(task)
    tasks = [index for index, cell in enumerate(source.notebook.cells) if "task" in cell.metadata]
    if not tasks and not any("reflection" in cell.metadata for cell in source.notebook.cells):
        raise CourseError(
            f"{source.name} has no `:task:` cell and no reflection; an assignment has at least one of them."
        )
    if untested := [index for index in tasks if index not in tested]:
        source.fail(
            untested[0], f"task {source.notebook.cells[untested[0]].metadata.task!r} has no `:test:` cell after it"
        )


def _check_points(source: Source, index: int, role: str) -> None:
    points = source.notebook.cells[index].metadata.get("points")
    if role in ("test", "reflection"):
        if not isinstance(points, int | float) or isinstance(points, bool) or points <= 0:
            source.fail(index, f"a {role} needs `points`, a number above 0")
    elif points is not None:
        source.fail(index, f"`points` belongs on test cells and reflections, not on `{role}`")


def _expand(cell: NotebookNode) -> None:
    """Replace the author's shorthand by nbgrader's metadata, schema 3."""
    role = next((role for role in SHORTHAND if role in cell.metadata), None)
    if role is None:
        return
    nbgrader = NotebookNode(
        cell_type=cell.cell_type,
        grade=role in ("test", "reflection"),
        grade_id=cell.metadata.pop(role),
        locked=role in ("test", "given"),
        schema_version=3,
        solution=role in ("task", "reflection"),
        task=False,
    )
    if nbgrader.grade:
        nbgrader.points = cell.metadata.pop("points")
    cell.metadata.nbgrader = nbgrader


def _name_cells(notebook: NotebookNode) -> None:
    """Give each cell an id that stays when other cells come and go: its grade_id, else a hash of what it holds."""
    seen: Counter[str] = Counter()
    for cell in notebook.cells:
        if "nbgrader" in cell.metadata:
            cell.id = cell.metadata.nbgrader.grade_id
        else:
            text = f"{cell.cell_type}\n{cell.source}"
            cell.id = hashlib.sha256(f"{seen[text]}\n{text}".encode()).hexdigest()[:12]
            seen[text] += 1
