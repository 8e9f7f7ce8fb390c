"""Reads what someone handed in, trusting none of it: limits before it opens a file, one sentence for what it refuses.

`read_handed` takes the text of the cells and leaves everything else behind (outputs, attachments, tags, widgets), so
that nothing after it has to look at them. What can be read in one way only is read and noted; `grading.engine.rebuild`
lays it onto the author's notebook.
"""

import json
import os
import re
import stat
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4.convert import upgrade_cell

from curriculum.errors import CourseError
from curriculum.syllabus import Unit

STUDENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}")
LARGEST_NOTEBOOK = 20_000_000  # bytes
LARGEST_FOLDER = 40_000_000  # bytes
MOST_ENTRIES = 2_000  # files and folders of a submission
MOST_CELLS = 2_000
LARGEST_CELL = 1_000_000  # characters
MOST_PARTS = 1_000_000  # lists, objects and texts in the JSON: what parsing costs in memory, about 60 bytes each
MOST_CANDIDATES = 10  # notebooks under other names that are looked into
TYPES = ("code", "markdown", "raw")


class SetAsideError(Exception):
    """Why a submission cannot be graded: one sentence, which names what to mend."""


@dataclass(frozen=True)
class HandedCell:
    """A cell that was handed in: its text, and what it says it is. `type` is empty where that is no cell's type."""

    type: str
    source: str
    id: str = ""
    grade_id: str = ""
    marks: dict[str, Any] = field(default_factory=dict)  # nbgrader's metadata, as it came: anything can be in it


@dataclass(frozen=True)
class Handed:
    """A notebook that was handed in. `unit` and `released` are what it says it was made from, empty where it does not.

    `notes` say in sentences to the learner what had to be mended to read it.
    """

    name: str
    cells: tuple[HandedCell, ...]
    unit: str = ""
    released: str = ""
    notes: tuple[str, ...] = ()


def read_master(path: Path) -> NotebookNode:
    """The author's notebook of an assignment."""
    return nbformat.read(path, as_version=4)


def require_names(folder: Path) -> None:
    """Raise `CourseError` when nbgrader would read a folder's own name as a pattern."""
    if set("[]*?") & set(str(folder)):
        raise CourseError(f"nbgrader cannot work in {folder}: its name holds [, ], * or ?; move the course elsewhere.")


def read_handed(folder: Path, unit: Unit) -> Handed:
    """Read the submission in `<student>/<unit>/`.

    The notebook is `<unit>.ipynb`, or the only other one of this unit in the folder (`p1 (1).ipynb`, `P1.IPYNB`).
    Raises `SetAsideError` when there is none, more than one could be meant, or it cannot be read in one way only.
    """
    _look_at_folder(folder)
    wanted = f"{unit.id}.ipynb"
    names = sorted(path.name for path in folder.iterdir() if path.suffix.lower() == ".ipynb" and path.is_file())
    if wanted in names:
        return read_cells(folder / wanted)
    return _under_another_name(folder, unit, [name for name in names if not name.startswith(".")])


def read_cells(path: Path) -> Handed:
    """Read one notebook that someone handed in. Raises `SetAsideError` that says why it cannot be read."""
    name = _shown(path.name)
    data = _bytes(path)
    if not data.strip():
        raise SetAsideError(f"{name} is empty.")
    if data.count(b"[") + data.count(b"{") + data.count(b'"') // 2 > MOST_PARTS:
        raise SetAsideError(f"{name} holds too many parts; clear its outputs.")
    text, notes = _decoded(name, data)
    content = _parsed(name, text)
    return _handed(name, content, notes)


def _look_at_folder(folder: Path) -> None:
    if not STUDENT.fullmatch(folder.parent.name):
        raise SetAsideError(
            f"the folder {_shown(folder.parent.name)} is no student's name: letters, digits, and . _ - @ in it, "
            "64 at most."
        )
    for path in (folder.parent, folder):
        if path.is_symlink():
            raise SetAsideError(f"{_shown(path.name)} is a link; a submission holds files only.")
    total = 0
    for number, entry in enumerate(_entries(folder), start=1):
        if number > MOST_ENTRIES:
            raise SetAsideError(f"it holds more than {MOST_ENTRIES:,} files.")
        if entry.is_symlink():
            raise SetAsideError(f"{_shown(entry.name)} is a link; a submission holds files only.")
        status = entry.stat(follow_symlinks=False)
        if stat.S_ISREG(status.st_mode):
            total += status.st_size
        elif not stat.S_ISDIR(status.st_mode):
            raise SetAsideError(f"{_shown(entry.name)} is no ordinary file.")
        if total > LARGEST_FOLDER:
            raise SetAsideError(f"it is larger than {LARGEST_FOLDER // 1_000_000} MB.")


def _entries(folder: Path) -> Iterator["os.DirEntry[str]"]:
    """Everything below a folder, as far as the caller asks for it; links are not followed."""
    todo = [str(folder)]
    while todo:
        try:
            with os.scandir(todo.pop()) as found:
                for entry in found:
                    if entry.is_dir(follow_symlinks=False):
                        todo.append(entry.path)
                    yield entry
        except OSError as error:  # not there, not readable, or nested until its path is too long
            raise SetAsideError(f"its folder cannot be read ({error.strerror}).") from None


def _under_another_name(folder: Path, unit: Unit, names: list[str]) -> Handed:
    wanted = f"{unit.id}.ipynb"
    if len(names) > MOST_CANDIDATES:
        raise SetAsideError(f"it holds {len(names)} notebooks but no {wanted}; rename the right one.")
    meant: dict[str, Handed | SetAsideError] = {}
    for name in names:
        try:
            read: Handed | SetAsideError = read_cells(folder / name)
        except SetAsideError as error:
            read = error
        said = read.unit if isinstance(read, Handed) else ""
        if said == unit.id or (not said and name.casefold().startswith(unit.id.casefold())):
            meant[name] = read
    listed = ", ".join(map(_shown, meant or names))
    if not names:
        raise SetAsideError(f"it has no {wanted}.")
    if len(meant) != 1:
        raise SetAsideError(f"it holds {listed} but no {wanted}; rename the right one.")
    [(name, only)] = meant.items()
    if isinstance(only, SetAsideError):
        raise only
    note = f"The notebook was named {_shown(name)} instead of {wanted}; it was the only one of this unit."
    return Handed(only.name, only.cells, only.unit, only.released, (note, *only.notes))


def _bytes(path: Path) -> bytes:
    name = _shown(path.name)
    try:
        with open(path, "rb", opener=_open) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise SetAsideError(f"{name} is no ordinary file.")
            data = file.read(LARGEST_NOTEBOOK + 1)
    except OSError as error:
        if path.is_symlink():
            raise SetAsideError(f"{name} is a link; a submission holds files only.") from None
        raise SetAsideError(f"{name} cannot be read ({error.strerror}).") from None
    if len(data) > LARGEST_NOTEBOOK:
        raise SetAsideError(f"{name} is larger than {LARGEST_NOTEBOOK // 1_000_000} MB; clear its outputs.")
    return data


def _open(path: str, flags: int) -> int:
    # Neither follow a link nor wait for the other end of a pipe. Windows has neither flag, nor the danger.
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))


def _decoded(name: str, data: bytes) -> tuple[str, list[str]]:
    encoding = json.detect_encoding(data)
    try:
        text, notes = data.decode(encoding), []
    except UnicodeDecodeError:
        text = data.decode(encoding, errors="replace")
        notes = [f"{name} is not all UTF-8 text; letters that could not be read became \ufffd."]
    if encoding == "utf-8-sig":
        notes.append(f"{name} begins with a byte-order mark, which was passed over.")
    elif encoding != "utf-8":
        notes.append(f"{name} was saved as {encoding.upper()}; a notebook is UTF-8 text.")
    return text.lstrip("\ufeff"), notes


def _parsed(name: str, text: str) -> object:
    """The JSON of a notebook. Of a key that is there twice the last one counts, as in JupyterLab; NaN does no harm."""
    try:
        try:
            return json.loads(text)
        except json.JSONDecodeError:
            raise
        except ValueError:  # a number of more digits than Python turns into an integer; none of them is looked at
            return json.loads(text, parse_int=float)
    except RecursionError:
        raise SetAsideError(f"{name} is nested too deeply to be a notebook.") from None
    except ValueError as error:
        if not text.lstrip().startswith(("{", "[")):
            raise SetAsideError(
                f"{name} is no notebook but another kind of file; hand in the notebook itself."
            ) from None
        raise SetAsideError(f"{name} is not whole ({error}); save it in JupyterLab and hand it in again.") from None


def _handed(name: str, content: object, notes: list[str]) -> Handed:
    if not isinstance(content, dict):
        raise SetAsideError(f"{name} is JSON but no notebook: it has no list of cells.")
    version = content.get("nbformat")
    if isinstance(version, int | float) and version >= 5:
        raise SetAsideError(f"{name} is in notebook format {version:.0f}; save it in format 4, which is graded.")
    cells = content.get("cells")
    if cells is None and isinstance(content.get("worksheets"), list):
        cells = _upgraded(name, content["worksheets"])
        notes.append(f"{name} is in an old notebook format; it was read as one of format 4.")
    if not isinstance(cells, list):
        raise SetAsideError(f"{name} is JSON but no notebook: it has no list of cells.")
    _refuse_many(name, len(cells))
    metadata = content.get("metadata")
    course = metadata.get("course") if isinstance(metadata, dict) else None
    made_from = course if isinstance(course, dict) else {}
    read = _Reading(name)
    handed = tuple(cell for raw in cells if (cell := read.cell(raw)) is not None)
    return Handed(name, handed, _text(made_from.get("unit")), _text(made_from.get("released")), (*notes, *read.notes()))


def _refuse_many(name: str, count: int) -> None:
    if count > MOST_CELLS:
        raise SetAsideError(f"{name} has {count:,} cells; {MOST_CELLS:,} are the most.")


def _upgraded(name: str, worksheets: list[object]) -> list[object]:
    """The cells of a notebook of format 2 or 3, as nbformat upgrades them; only what is read later is handed to it."""
    found: list[object] = []
    for sheet in worksheets:
        cells = sheet.get("cells") if isinstance(sheet, dict) else None
        found += cells if isinstance(cells, list) else []
        _refuse_many(name, len(found))
    upgraded: list[object] = []
    for cell in found:
        if not isinstance(cell, dict):
            upgraded.append(cell)
            continue
        kind, level = _text(cell.get("cell_type")), cell.get("level")
        old = NotebookNode(cell_type=kind, metadata=cell.get("metadata"), outputs=[])
        old["input" if kind == "code" else "source"] = _source(cell.get("input" if kind == "code" else "source")) or ""
        old["level"] = level if isinstance(level, int) and 1 <= level <= 6 else 1  # it is written out as so many #
        new = upgrade_cell(old)
        new.pop("id")  # drawn by chance
        upgraded.append(new)
    return upgraded


class _Reading:
    """Reads the cells of one notebook, and counts what it had to mend."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._mended: Counter[str] = Counter()

    def cell(self, raw: object) -> HandedCell | None:
        """The cell as far as it can be read; None when nothing in it can."""
        source = _source(raw.get("source")) if isinstance(raw, dict) else None
        if not isinstance(raw, dict) or source is None:
            self._mended["could not be read as text and {were} left out"] += 1
            return None
        metadata = raw.get("metadata")
        marks = metadata.get("nbgrader") if isinstance(metadata, dict) else None
        marks = marks if isinstance(marks, dict) else {}
        kind = _text(raw.get("cell_type"))
        kind = kind if kind in TYPES else ""
        grade_id = _text(marks.get("grade_id"))
        if not kind and not grade_id:
            self._mended["{were} of a type that notebooks do not have and {were} left out"] += 1
            return None
        if len(source) > LARGEST_CELL:
            if kind == "code" or grade_id:
                raise SetAsideError(
                    f"{self._name} has a cell of {len(source):,} characters; put that much data into a file beside it."
                )
            self._mended[f"held more than {LARGEST_CELL:,} characters and {{were}} left out"] += 1
            return None
        if grade_id and raw.get("attachments"):
            self._mended["came with images, which are not handed on; tell what they show in words"] += 1
        return HandedCell(kind, self._legible(source), _text(raw.get("id")), grade_id, marks)

    def notes(self) -> Iterator[str]:
        """What was mended, in sentences."""
        for what, count in self._mended.items():
            yield f"{count} cell{'s'[: count > 1]} {what.format(were='were' if count > 1 else 'was')}."

    def _legible(self, source: str) -> str:
        """The text without what is no text: half characters (lone surrogates), NUL, and Windows' line ends."""
        source = source.replace("\r\n", "\n")
        legible = source.replace("\0", "\ufffd").encode("utf-8", "surrogatepass").decode("utf-8", "replace")
        if legible != source:
            self._mended["held characters that are none (half a character, or NUL), which became \ufffd"] += 1
        return legible


def _source(said: object) -> str | None:
    if said is None:
        return ""
    if isinstance(said, list) and all(isinstance(line, str) for line in said):
        return "".join(said)
    return said if isinstance(said, str) else None


def _text(said: object) -> str:
    return said if isinstance(said, str) else ""


def _shown(name: str) -> str:
    """A file's name in a sentence: short, and without what a terminal or a page would act on."""
    plain = bool(re.fullmatch(r"[\w.@-]{1,80}", name))
    return name if plain else ascii(name[:80])
