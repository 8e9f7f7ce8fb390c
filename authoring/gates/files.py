"""A unit's files as the gates look at them, each read once, with the places that findings name."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from authoring import prose
from authoring.source import Source, read_assignment, read_lesson
from curriculum.course import Course
from curriculum.syllabus import Unit
from grading.engine.score import Task, tasks_of


@dataclass(frozen=True)
class Place:
    """Where something stands."""

    file: str
    place: str = ""


@dataclass(frozen=True)
class Section:
    """A heading of a lesson and the cells from it to the next heading of its level or above."""

    title: str
    level: int
    first: int  # cells
    last: int  # cells, exclusive
    place: Place


class Files:
    """A unit's files, each read when a gate first asks for it."""

    def __init__(self, course: Course, unit: Unit) -> None:
        """`unit` is ready and its files are there; see the gate `parts`."""
        self.course, self.unit = course, unit

    def name(self, path: Path) -> str:
        """The path as messages show it."""
        return path.relative_to(self.course.root).as_posix()

    @cached_property
    def lesson(self) -> Source:
        """The lesson's source."""
        return read_lesson(self.course, self.unit)

    @cached_property
    def assignment(self) -> Source:
        """The assignment's source, of a unit that has one."""
        return read_assignment(self.course, self.unit)

    @property
    def assignment_cells(self) -> list[NotebookNode]:
        """The cells of the assignment; none where there is none."""
        return list(self.assignment.notebook.cells) if self.unit.has_assignment else []

    @cached_property
    def executed(self) -> dict[str, Any]:
        """The built lesson, with outputs; its cells are those of the source."""
        return json.loads(self.course.lesson_notebook(self.unit).read_text(encoding="utf-8"))

    @cached_property
    def released(self) -> dict[str, Any]:
        """The assignment as learners get it."""
        return json.loads(self.course.released_notebook(self.unit).read_text(encoding="utf-8"))

    @property
    def facilitator(self) -> Path:
        """The facilitator's page."""
        return self.course.solution_folder(self.unit) / "facilitator.md"

    @property
    def answers(self) -> Path:
        """The answer bank."""
        return self.course.solution_folder(self.unit) / "answers.md"

    @cached_property
    def tasks(self) -> list[Task]:
        """The graded tasks, without reflections."""
        return [task for task in tasks_of(self.assignment.notebook) if not task.is_manual]

    @cached_property
    def reflections(self) -> list[int]:
        """The cells of the reflections."""
        return [
            index
            for index, cell in enumerate(self.assignment_cells)
            if cell.cell_type == "markdown" and "nbgrader" in cell.metadata
        ]

    def cell_of(self, grade_id: str) -> int:
        """The index of a graded cell in the assignment."""
        return next(index for index, cell in enumerate(self.assignment.notebook.cells) if cell.id == grade_id)

    def in_lesson(self, index: int) -> Place:
        """Where a cell of the lesson stands."""
        return _place(self.lesson, index)

    def in_assignment(self, index: int) -> Place:
        """Where a cell of the assignment stands."""
        return _place(self.assignment, index)

    @cached_property
    def code_cells(self) -> list[tuple[int, NotebookNode]]:
        """The lesson's code cells with their index."""
        return [(i, cell) for i, cell in enumerate(self.lesson.notebook.cells) if cell.cell_type == "code"]

    @cached_property
    def sections(self) -> list[Section]:
        """The lesson's sections and subsections, in order."""
        cells = self.lesson.notebook.cells
        found = [
            (index, line)
            for index, cell in enumerate(cells)
            if cell.cell_type == "markdown"
            for line in prose.headings(cell.source, self.lesson.lines[index])
        ]
        sections = []
        for position, (index, line) in enumerate(found):
            ends = [end for end, other in found[position + 1 :] if other.level <= line.level]
            last = max(ends[0], index + 1) if ends else len(cells)
            place = Place(self.lesson.name, f"line {line.number}")
            sections.append(Section(line.text, line.level, index, last, place))
        return sections

    def sections_called(self, pattern: str) -> list[Section]:
        """The sections whose heading matches."""
        return [section for section in self.sections if re.search(pattern, section.title, re.IGNORECASE)]

    def text_of(self, section: Section) -> str:
        """The Markdown of a section."""
        cells = self.lesson.notebook.cells[section.first : section.last]
        text = "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
        start = re.search(rf"^#+ +{re.escape(section.title)}.*", text, re.MULTILINE)
        rest = text[start.end() :] if start else text
        following = re.search(rf"^#{{1,{section.level}}} ", rest, re.MULTILINE)
        return rest[: following.start()] if following else rest

    def documents(self) -> list[tuple[str, str]]:
        """The files that a person writes, the notebooks' sources first: name and text."""
        paths = [self.answers, self.facilitator] if self.unit.has_tasks else [self.facilitator]
        pages = [(self.name(path), path.read_text(encoding="utf-8")) for path in paths]
        return [*((source.name, source.text) for source in self._sources), *pages]

    @property
    def _sources(self) -> list[Source]:
        return [self.lesson, self.assignment] if self.unit.has_assignment else [self.lesson]

    def texts(self) -> Iterator[tuple[str, int, str]]:
        """All Markdown that people read: file, number of the first line, text."""
        for source in self._sources:
            for index, cell in enumerate(source.notebook.cells):
                if cell.cell_type == "markdown":
                    yield source.name, source.lines[index], cell.source
        for name, text in self.documents()[len(self._sources) :]:
            yield name, 1, text


def _place(source: Source, index: int) -> Place:
    return Place(source.name, f"cell {index + 1} (line {source.lines[index]})")
