"""Gates over a unit as a whole: its files, its entry in the syllabus, its links."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from authoring import prose
from authoring.build import build
from authoring.gates.files import Files, Place
from authoring.gates.gate import Complaint, gate
from authoring.gates.limits import AUTHOR_NOTE, MIN_RESOURCES, SECTIONS, WHOLLY_SERVED
from curriculum.syllabus import Unit


def _parts(files: Files) -> list[tuple[Path, str]]:
    course, unit = files.course, files.unit
    parts = [
        (course.lesson_source(unit), "the lesson"),
        (course.lesson_notebook(unit), "the executed lesson"),
        (files.facilitator, "the facilitator's page"),
    ]
    if unit.has_assignment:
        parts += [
            (course.assignment_source(unit), "the assignment with solutions"),
            (course.solution_notebook(unit), "the assignment with solutions, as a notebook"),
            (course.released_notebook(unit), "the released assignment"),
        ]
    return [*parts, (files.answers, "the answer bank")] if unit.has_tasks else parts


@gate("parts", "parts of a unit", _parts)
def _parts_exist(files: Files, parts: list[tuple[Path, str]]) -> Iterator[Complaint]:
    for path, what in parts:
        if not path.is_file() or not path.stat().st_size:
            mend = f"run `course build {files.unit.id}`" if path.suffix == ".ipynb" else "write it"
            yield Place(files.name(path)), f"{what} is missing", mend


@gate("built", "built files", lambda files: build(files.course, [files.unit.id], check=True))
def _built_files_are_fresh(files: Files, built: list[Any]) -> Iterator[Complaint]:
    for one in built:
        if one.problem:
            what, _, mend = one.problem.rstrip(".").rpartition("; ")
            yield Place(files.name(one.path)), what, mend


@gate("author-notes", "lines", lambda files: files.documents())
def _no_author_notes(files: Files, documents: list[tuple[str, str]]) -> Iterator[Complaint]:
    for name, text in documents:
        for number, line in enumerate(text.splitlines(), 1):
            if AUTHOR_NOTE in line:
                note = line.partition(AUTHOR_NOTE)[2].removesuffix("-->").strip()
                mend = note or "do what it says"
                yield (
                    Place(name, f"line {number}"),
                    "a note to the author is still there",
                    f"{mend}, and delete the note",
                )


@gate("resources", "things to look for", lambda files: [files.unit])
def _resources(files: Files, _: list[Unit]) -> Iterator[Complaint]:
    resources = files.unit.resources
    if len(resources) < MIN_RESOURCES:
        what = f"{files.unit.id} names {len(resources)} resources"
        yield Place("curriculum/syllabus.yml"), what, f"name at least {MIN_RESOURCES}"
    shown = "\n".join(files.text_of(section) for section in files.sections_called(SECTIONS["Go further"]))
    for resource in resources:
        if resource.url not in shown:
            yield Place(files.lesson.name), f"“Go further” does not show {resource.url}", "add it, for whom, how long"


@gate("covers", "framework items", lambda files: files.unit.covers.items())
def _covers(files: Files, covers: list[tuple[str, Any]]) -> Iterator[Complaint]:
    titles = {section.title.casefold() for section in files.sections}
    graded = {cell.id for cell in files.assignment_cells if "nbgrader" in cell.metadata}
    reflections = {files.assignment_cells[index].id for index in files.reflections}
    for item, cover in covers:
        at = Place("curriculum/syllabus.yml", f"{files.unit.id}, {item}")
        if cover.lesson and cover.lesson.casefold() not in titles:
            yield at, f"the lesson has no heading {cover.lesson!r}", "name one of its headings"
        for task in cover.tasks:
            if task not in graded:
                yield at, f"the assignment has no graded cell {task!r}", "name a grade_id of the assignment"
        if cover.reflection and cover.reflection not in reflections:
            yield at, f"the assignment has no reflection {cover.reflection!r}", "name one of its reflections"
        parts = {"heading of the lesson": cover.lesson, "task": cover.tasks, "reflection": cover.reflection}
        missing = [part for part, named in parts.items() if not named]
        if len(missing) == len(parts) or (missing and WHOLLY_SERVED.search(item)):
            yield at, f"no {' and no '.join(missing)} is named", "name what in the unit serves the item"


def _links(files: Files) -> Iterator[tuple[str, Path, prose.Line]]:
    folders = {files.lesson.name: files.lesson.path.parent}
    if files.unit.has_assignment:  # a learner follows its links from where it is released
        folders[files.assignment.name] = files.course.released_notebook(files.unit).parent
    for name, first, text in files.texts():
        folder = folders.get(name, files.course.solution_folder(files.unit))
        for link in prose.links(text, first):
            yield name, folder, link


@gate("links", "links", _links)
def _links_resolve(files: Files, links: list[tuple[str, Path, prose.Line]]) -> Iterator[Complaint]:
    for name, folder, link in links:
        target = link.text.partition("#")[0]
        if target and not re.match(r"[a-z]+:", target) and not (folder / target).exists():
            yield Place(name, f"line {link.number}"), f"the link to {link.text} leads nowhere", "mend its path"
