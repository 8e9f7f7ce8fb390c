"""Rebuilds a submission on the author's notebook: answers are the learner's, everything that grades them the author's.

Cells are known by their `grade_id`. A cell that was copied, split, merged, moved, retyped or deleted is put right where
its meaning is clear, and the notes say so to the learner; where it is not, `SetAsideError` names the cell. Everything
takes time and memory linear in what was handed in.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto
from itertools import pairwise
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader.preprocessors import ClearHiddenTests, ClearSolutions
from nbgrader.utils import compute_checksum, is_grade, is_locked, is_solution, is_task

from curriculum.syllabus import Unit
from grading.engine.submission import Handed, HandedCell, SetAsideError, read_handed

DEFINED = re.compile(r"^(?:async[ \t]+)?(?:def|class)[ \t]+(\w+)", re.MULTILINE)
ASSIGNED = re.compile(r"^(\w+)[ \t]*(?::[^=\n]*)?=(?!=)", re.MULTILINE)
MOST_NAMES = 3  # cells that a note names
LOST = "{} had lost nbgrader's metadata, which the assignment's own replaced."
CHANGED = "{} had been changed; the assignment's own was used."
MERGED = "{} had been merged with another cell, which was undone."
MARKS = ("grade", "solution", "locked", "points", "schema_version")


@dataclass(frozen=True)
class Rebuilt:
    """A notebook that can be graded, without outputs, and sentences to the learner on what was put right."""

    notebook: NotebookNode
    notes: tuple[str, ...]


class Role(Enum):
    """Whose a cell of the assignment is."""

    ANSWER = auto()  # the learner's
    FIXED = auto()  # the author's: tests, given code
    OPEN = auto()  # the author wrote it, and the learner may change it


@dataclass(frozen=True)
class Part:
    """One cell of the author's notebook. `stub` is its text as released."""

    name: str  # its grade_id, or the cell's id where it has none
    role: Role
    type: str
    source: str
    stub: str
    metadata: dict[str, Any]
    is_test: bool

    @property
    def is_marked(self) -> bool:
        """Whether it has a `grade_id`."""
        return "nbgrader" in self.metadata


@dataclass(frozen=True)
class Original:
    """The author's notebook, made ready once for all submissions."""

    parts: tuple[Part, ...]
    metadata: dict[str, Any]

    @property
    def released(self) -> str:
        """What the released notebook calls itself, to tell another version of the assignment; empty if nothing."""
        course = self.metadata.get("course")
        return str(course.get("released", "")) if isinstance(course, dict) else ""


def prepare(master: NotebookNode) -> Original:
    """Make the author's notebook ready; a cohort needs it once.

    Cells get the checksum that nbgrader gives them, by which an answer that is as released earns nothing.
    """
    released = nbformat.from_dict(master)
    released, _ = ClearSolutions().preprocess(released, {})
    checksums = [compute_checksum(cell) if "nbgrader" in cell.metadata else "" for cell in released.cells]
    released, _ = ClearHiddenTests().preprocess(released, {})
    parts = []
    for index, (cell, stub) in enumerate(zip(master.cells, released.cells, strict=True)):
        metadata = dict(cell.metadata)
        if "nbgrader" in metadata:
            metadata["nbgrader"] = {**metadata["nbgrader"], "checksum": checksums[index]}
        name = metadata["nbgrader"]["grade_id"] if "nbgrader" in metadata else cell.get("id", f"cell-{index}")
        fixed = is_locked(cell) or is_grade(cell) or is_task(cell)
        role = Role.ANSWER if is_solution(cell) else Role.FIXED if fixed else Role.OPEN
        parts.append(Part(name, role, cell.cell_type, cell.source, stub.source, metadata, bool(is_grade(cell))))
    return Original(tuple(parts), dict(master.metadata))


def rebuild(submission: Path, unit: Unit, master: NotebookNode | Original) -> Rebuilt:
    """Read the submission in `<student>/<unit>/` and rebuild it on the author's notebook.

    The author's cells come in the author's order, answers with the learner's text, and the learner's own cells after
    the cell that they followed. Raises `SetAsideError`, a sentence, when it cannot be read or understood.
    """
    original = master if isinstance(master, Original) else prepare(master)
    return mend(read_handed(submission, unit), unit, original)


def mend(handed: Handed, unit: Unit, original: Original) -> Rebuilt:
    """Rebuild a notebook that was read already. Raises `SetAsideError` when its meaning is not clear."""
    return _Mending(handed, unit, original).rebuilt()


class _Mending:
    """One submission on its way. `_at` says which cells (by position) are which part (by position)."""

    def __init__(self, handed: Handed, unit: Unit, original: Original) -> None:
        self._cells = handed.cells
        self._handed = handed
        self._original = original
        self._parts = original.parts
        self._said: dict[str, list[str]] = defaultdict(list)  # sentences with {} for the cells they are about
        self._texts: dict[int, str] = {}  # by part
        self._types: dict[int, str] = {}  # by part, of open cells
        self._anchors: dict[int, int] = {}  # cells that stand for a part, and which
        self._own: set[int] = set()  # cells that are the learner's own
        self._merged: set[int] = set()  # parts that were found inside another cell
        self._is_other_version = bool(handed.released and original.released and handed.released != original.released)
        self._at = self._sort(unit)

    def rebuilt(self) -> Rebuilt:
        """Do it."""
        self._find_unmarked()
        for index, part in enumerate(self._parts):
            found = self._at[index]
            if not found:
                continue
            if part.role is Role.ANSWER:
                self._take_answer(index, found)
            elif part.role is Role.OPEN:
                self._take_open(index, found)
            else:
                self._take_fixed(index, found)
        self._find_merged()
        self._fill()
        self._note_order()
        return Rebuilt(self._notebook(), tuple(self._notes()))

    # Which cell is which

    def _sort(self, unit: Unit) -> dict[int, list[int]]:
        marked = {part.name: index for index, part in enumerate(self._parts) if part.is_marked}
        present = {cell.grade_id for cell in self._cells}
        said = self._handed.unit
        by_id = {part.name: index for index, part in enumerate(self._parts) if not part.is_marked}
        lost = {name: index for name, index in marked.items() if name not in present}
        if said and said != unit.id:
            raise SetAsideError(f"it is a notebook of {said[:80]!a}, not of {unit.id}.")
        if not self._cells:
            raise SetAsideError(f"{self._handed.name} has no cells.")
        at: dict[int, list[int]] = {index: [] for index in range(len(self._parts))}
        texts: dict[str, list[int]] = defaultdict(list)
        for index, part in reversed(list(enumerate(self._parts))):
            if not part.is_marked or (index in lost.values() and part.role is Role.FIXED):
                texts[_plain(part.stub)].append(index)
        unknown = []
        for position, cell in enumerate(self._cells):
            if cell.grade_id in marked:
                at[marked[cell.grade_id]].append(position)
            elif not cell.grade_id and cell.id in lost:
                at[lost[cell.id]].append(position)
                self._said[LOST].append(cell.id)
            elif not cell.grade_id and cell.id in by_id and not at[by_id[cell.id]]:
                at[by_id[cell.id]].append(position)
            else:
                unknown.append(position)
        self._has_ids = any(at[index] for index in by_id.values())
        for position in unknown:
            same = texts.get(_plain(self._cells[position].source), [])
            while same and at[same[-1]]:
                same.pop()
            if same:
                index = same.pop()
                at[index].append(position)
                if self._parts[index].is_marked:
                    self._said[LOST].append(self._parts[index].name)
            else:
                self._own.add(position)
        if not any(at[index] for index, part in enumerate(self._parts) if part.is_marked):
            raise SetAsideError(f"it has no cell of the assignment {unit.id}; hand in the notebook of that assignment.")
        self._note_marks(at)
        return at

    def _note_marks(self, at: dict[int, list[int]]) -> None:
        for index, found in at.items():
            part = self._parts[index]
            ours = part.metadata.get("nbgrader", {})
            for position in found:
                marks = self._cells[position].marks
                if marks and any(marks.get(name) != ours.get(name) for name in MARKS):
                    self._said["{} had changed nbgrader metadata, which the assignment's own replaced."].append(
                        part.name
                    )

    def _find_unmarked(self) -> None:
        """Answers in cells without marks: code by the names that it defines, other text by where it stands."""
        for index, part in enumerate(self._parts):
            if part.role is not Role.ANSWER or (self._at[index] and (part.type == "code" or self._is_answered(index))):
                continue
            wanted = _names(part.stub) if part.type == "code" else set()
            found = self._defining(wanted) if wanted else self._own_beside(index)
            if found:
                sentence = "{} held no answer; the text beside it was taken for it." if self._at[index] else LOST
                self._said[sentence].append(part.name)
                self._own -= set(found)
                self._at[index] = found

    def _is_answered(self, index: int) -> bool:
        nothing = ("", _plain(self._parts[index].stub))
        return any(_plain(self._cells[position].source) not in nothing for position in self._at[index])

    def _defining(self, wanted: set[str]) -> list[int]:
        """The learner's own cells that define these names together; none where a name is missing."""
        names = {position: _names(self._cells[position].source) & wanted for position in sorted(self._own)}
        found = [position for position, some in names.items() if some and self._cells[position].type == "code"]
        return found if wanted == set().union(*(names[position] for position in found)) else []

    def _own_beside(self, index: int) -> list[int]:
        """The learner's own cells of a part's type between the author's cells before and after it."""
        first = max((max(self._at[before]) for before in range(index) if self._at[before]), default=-1)
        last = min(
            (min(found) for after, found in self._at.items() if after > index and found), default=len(self._cells)
        )
        return [
            position
            for position in sorted(self._own)
            if first < position < last
            and self._cells[position].type == self._parts[index].type
            and self._cells[position].source.strip()
        ]

    # What each part's cells say

    def _take_answer(self, index: int, found: list[int]) -> None:
        part = self._parts[index]
        if len(found) > 1:
            found = self._without_copies(part, found)
        if len(found) > 1:
            found, text = self._together(part, found)
        else:
            text = self._cells[found[0]].source
        if any(self._cells[position].type != part.type for position in found):
            self._said["{} had been turned into another type of cell, which was undone."].append(part.name)
        self._texts[index] = text
        self._anchors[found[0]] = index

    def _without_copies(self, part: Part, found: list[int]) -> list[int]:
        """The cells of an answer that say something of their own, in order."""
        different = {_plain(self._cells[position].source): position for position in reversed(found)}
        if len(different) < len(found):
            self._said["{} had been copied without a change; one copy counts."].append(part.name)
        for nothing in ("", _plain(part.stub)):
            if len(different) > 1 and different.pop(nothing, None) is not None:
                self._said["{} had been copied; the unchanged or empty copy was left out."].append(part.name)
        return sorted(different.values())

    def _together(self, part: Part, found: list[int]) -> tuple[list[int], str]:
        """One answer from several cells that differ: halves of one, or the answer and cells made from a copy of it."""
        texts = [self._cells[position].source for position in found]
        if part.type != "code":
            self._said["{} had been divided into parts, which were put together for a person to read."].append(
                part.name
            )
            return found, "\n\n".join(texts)
        if not _contradict(texts):
            if self._are_neighbours(found):
                self._said["{} had been split, and the parts were put together."].append(part.name)
                return found, "\n".join(texts)
            wanted = _names(part.stub)
            whole = [position for position, text in zip(found, texts, strict=True) if wanted and wanted <= _names(text)]
            if len(whole) == 1:
                self._said["{} had been copied and the copy changed; such a copy counts as a cell of your own."].append(
                    part.name
                )
                self._own |= set(found) - set(whole)
                return whole, self._cells[whole[0]].source
        raise SetAsideError(
            f"the cell {part.name!r} is in it {len(found)} times with different answers; keep the one that counts and "
            "delete the others."
        )

    def _are_neighbours(self, found: list[int]) -> bool:
        between = set(range(found[0], found[-1])) - set(found)
        name = self._cells[found[0]].grade_id
        return all(
            not self._cells[each].source.strip() or (name and self._cells[each].grade_id == name) for each in between
        )

    def _take_open(self, index: int, found: list[int]) -> None:
        first = self._cells[found[0]]
        self._texts[index] = first.source
        self._types[index] = first.type or self._parts[index].type
        self._anchors[found[0]] = index
        self._own |= set(found[1:])

    def _take_fixed(self, index: int, found: list[int]) -> None:
        part = self._parts[index]
        same = [each for each in found if _plain(self._cells[each].source) in (_plain(part.stub), _plain(part.source))]
        stands = (same or found)[0]
        self._anchors[stands] = index
        if not same and not self._is_other_version:
            self._said[CHANGED].append(part.name)
        changed = [position for position in found if position not in {stands, *same}]
        if changed:
            self._said["{} had been copied and the copy changed; such a copy counts as a cell of your own."].append(
                part.name
            )
        self._own |= set(changed)
        if len(same) > 1:
            self._said["{} had been copied without a change; one copy counts."].append(part.name)

    # Cells that were merged with another one

    def _find_merged(self) -> None:
        for index, part in enumerate(self._parts):
            if part.role is Role.ANSWER and index in self._texts:
                self._texts[index] = self._without_neighbours(index)
        for index, part in enumerate(self._parts):
            if part.role is Role.ANSWER and index not in self._texts:
                self._find_in_neighbour(index)
        for index, part in enumerate(self._parts):
            if part.role is Role.ANSWER and index not in self._texts and part.type == "code":
                self._find_in_answer(index)
                if index not in self._texts:
                    self._find_in_fixed(index)

    def _without_neighbours(self, index: int) -> str:
        """An answer without the author's cells that were merged into it and stand nowhere else."""
        part, text = self._parts[index], self._texts[index]
        for near in self._around(index):
            neighbour = self._parts[near]
            if self._at[near] or not neighbour.stub.strip() or neighbour.stub.strip() in part.stub:
                continue
            left = _cut(text, neighbour.stub.strip("\n"))
            if left is not None:
                text = left
                self._merged.add(near)
                if neighbour.role is Role.OPEN:
                    self._texts[near], self._types[near] = neighbour.stub, neighbour.type
                self._said[MERGED].append(part.name)
        return text

    def _around(self, index: int) -> Iterable[int]:
        """The author's cells between an answer and the answers before and after it."""
        for step in (1, -1):
            near = index + step
            while 0 <= near < len(self._parts) and self._parts[near].role is not Role.ANSWER:
                yield near
                near += step

    def _find_in_neighbour(self, index: int) -> None:
        """The answer, where it was merged into the author's cell just before or after it."""
        for near in (index - 1, index + 1):
            if not 0 <= near < len(self._parts) or self._parts[near].role is Role.ANSWER:
                continue
            neighbour = self._parts[near]
            stub = neighbour.stub.strip("\n")
            for position in self._at[near] or sorted(self._own):
                text = self._cells[position].source.strip("\n")
                if near < index:
                    rest = text[len(stub) :] if stub and text.startswith(stub + "\n") else ""
                else:
                    rest = text[: -len(stub)] if stub and text.endswith("\n" + stub) else ""
                if not rest.strip():
                    continue
                self._texts[index] = rest.strip("\n")
                self._own.discard(position)
                self._merged.add(near)
                self._anchors[position] = max(near, index)
                if neighbour.role is Role.OPEN:
                    self._texts[near], self._types[near] = neighbour.stub, neighbour.type
                self._note_merged(index, near)
                return

    def _note_merged(self, index: int, other: int) -> None:
        """An answer was found in the author's cell `other`, which then was not changed otherwise."""
        self._said[CHANGED] = [name for name in self._said[CHANGED] if name != self._parts[other].name]
        self._said[MERGED].append(self._parts[index].name)

    def _find_in_fixed(self, index: int) -> None:
        """The answer, where one of the author's cells defines what it should beside its own text."""
        part = self._parts[index]
        wanted = _names(part.stub)
        for other, fixed in enumerate(self._parts):
            for position in self._at[other] if fixed.role is Role.FIXED and wanted else ():
                text = self._cells[position].source
                if not wanted <= _names(text) - _names(fixed.stub):
                    continue
                rest = _cut(text, fixed.stub.strip("\n"))
                if rest is None:
                    raise SetAsideError(
                        f"the cell {fixed.name!r} was changed and holds the answer of {part.name!r} too; put that into "
                        "a cell of its own."
                    )
                for near, missing in enumerate(self._parts):
                    if not self._at[near] and missing.role is not Role.ANSWER and missing.stub.strip():
                        left = _cut(rest, missing.stub.strip("\n"))
                        self._merged |= {near} if left is not None else set()
                        rest = rest if left is None else left
                self._texts[index] = rest
                self._note_merged(index, other)
                return

    def _find_in_answer(self, index: int) -> None:
        """The answer, where another one defines what it should: it is graded where it stands."""
        part = self._parts[index]
        wanted = _names(part.stub)
        for other, text in self._texts.items():
            if self._parts[other].role is not Role.ANSWER or not wanted or not wanted <= _names(text):
                continue
            if wanted & _names(self._parts[other].stub):
                continue
            # The earlier place takes the text, so that the tests of both come after it.
            self._texts[min(index, other)], self._texts[max(index, other)] = text, ""
            self._said[f"{{}} had been merged with {self._parts[other].name!r}; they were graded as one."].append(
                part.name
            )
            return

    # The notebook

    def _fill(self) -> None:
        for index, part in enumerate(self._parts):
            if part.role is Role.FIXED:
                self._texts[index] = part.source
                is_missing = part.is_test and not self._at[index] and not self._is_other_version
                if is_missing and index not in self._merged:
                    self._said["{} had been deleted; the assignment's own was put back."].append(part.name)
            elif index not in self._texts and part.role is Role.ANSWER:
                self._texts[index] = part.stub
                self._said["{} had been deleted, which is graded as not answered."].append(part.name)
            elif index not in self._texts and (self._has_ids or part.type != "code"):
                self._texts[index] = part.stub  # without ids, it may be there with other text, and must not run again

    def _note_order(self) -> None:
        order = [self._anchors[position] for position in sorted(self._anchors)]
        if any(before > after for before, after in pairwise(order)):
            self._said["Cells stood in another order; they were graded in the assignment's order."].append("")

    def _notebook(self) -> NotebookNode:
        after: dict[int, list[HandedCell]] = defaultdict(list)  # the learner's own cells, by the part they follow
        last = -1
        for position, cell in enumerate(self._cells):
            last = self._anchors.get(position, last)
            if position in self._own and cell.type and cell.source.strip():
                after[last].append(cell)
        taken = {part.name for part in self._parts}
        cells: list[dict[str, Any]] = []
        number = 0
        for index in range(-1, len(self._parts)):
            if index in self._texts:
                part = self._parts[index]
                cells.append(_cell(self._types.get(index, part.type), part.name, part.metadata, self._texts[index]))
            for own in after[index]:
                number += 1
                while f"own-{number}" in taken:
                    number += 1
                cells.append(_cell(own.type, f"own-{number}", {}, own.source))
        # from_dict copies, so that nobody changes what other submissions are rebuilt from
        return nbformat.from_dict(
            {"nbformat": 4, "nbformat_minor": 5, "metadata": self._original.metadata, "cells": cells}
        )

    def _notes(self) -> Iterable[str]:
        yield from self._handed.notes
        if self._is_other_version:
            yield "The notebook was made from another version of the assignment; it was graded with this one's tests."
        for sentence, names in self._said.items():
            if names:
                *most, last = (repr(name) for name in dict.fromkeys(names))
                if len(most) >= MOST_NAMES:
                    most, last = most[:MOST_NAMES], f"{len(most) + 1 - MOST_NAMES} more"
                listed = f"The cells {', '.join(most)} and {last}" if most else f"The cell {last}"
                yield sentence.replace("{}", listed, 1)


def _cell(kind: str, name: str, metadata: dict[str, Any], source: str) -> dict[str, Any]:
    cell = {"cell_type": kind, "id": name, "metadata": metadata, "source": source}
    return {**cell, "outputs": [], "execution_count": None} if kind == "code" else cell


def _plain(text: str) -> str:
    """A text as it is compared: without spaces at the ends of lines, and without empty lines around it."""
    return "\n".join(line.rstrip() for line in text.strip().split("\n"))


def _names(code: str) -> set[str]:
    return set(DEFINED.findall(code)) | set(ASSIGNED.findall(code))


def _contradict(texts: list[str]) -> bool:
    """Whether pieces of code are alternatives: they define the same names, or assign the same ones and define none."""
    defined = [name for text in texts for name in set(DEFINED.findall(text))]
    if defined:
        return len(set(defined)) < len(defined)
    assigned = [name for text in texts for name in set(ASSIGNED.findall(text))]
    return len(set(assigned)) < len(assigned)


def _cut(text: str, block: str) -> str | None:
    """The text without whole lines that hold a block; None where they do not."""
    start = f"\n{text}\n".find(f"\n{block}\n")
    if start < 0:
        return None
    return (text[:start].rstrip("\n") + "\n" + text[start + len(block) :].lstrip("\n")).strip("\n")
