"""Keeps the map of milestones and units in README files as the syllabus has it."""

import os
from pathlib import Path

from curriculum.course import Course
from curriculum.errors import CourseError
from curriculum.syllabus import Milestone, Unit

BEGIN, END = "<!-- course:map -->", "<!-- /course:map -->"


def pages_with_map(course: Course) -> dict[Path, str]:
    """The README files that hold the map's markers, each with the text that it should have.

    README.md shows all milestones, `curriculum/<milestone>/README.md` shows its own.
    Raises `CourseError` when a file has one marker without the other.
    """
    syllabus = course.syllabus
    maps = {course.root / "README.md": _whole_map(course, course.root)}
    for milestone in syllabus.milestones:
        folder = course.root / "curriculum" / milestone.folder
        maps[folder / "README.md"] = _units_table(course, milestone, folder)
    pages = {}
    for path, content in maps.items():
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            if text.count(BEGIN) != text.count(END) or text.count(BEGIN) > 1:
                raise CourseError(
                    f"{path.relative_to(course.root).as_posix()}: the map needs one {BEGIN} and one {END} after it."
                )
            if BEGIN in text:
                before, rest = text.split(BEGIN)
                pages[path] = f"{before}{BEGIN}\n{content}\n{END}{rest.partition(END)[2]}"
    return pages


def _whole_map(course: Course, page_folder: Path) -> str:
    parts = []
    for milestone in course.syllabus.milestones:
        parts += [f"**{milestone.title}.** {milestone.goal}", "", _units_table(course, milestone, page_folder), ""]
    return "\n".join(parts).rstrip()


def _units_table(course: Course, milestone: Milestone, page_folder: Path) -> str:
    rows = ["| Unit | What you do | Hours |", "|---|---|---|"]
    for unit in course.syllabus.units_of(milestone.id):
        hours = unit.hours.lesson + unit.hours.assignment
        rows.append(f"| {_name(course, unit, page_folder)} | {unit.summary.replace('|', '&#124;')} | {hours:g} |")
    return "\n".join(rows)


def _name(course: Course, unit: Unit, page_folder: Path) -> str:
    if not unit.is_ready:
        return f"{unit.title} (planned)"
    target = os.path.relpath(course.lesson_notebook(unit), page_folder)
    return f"[{unit.title}]({Path(target).as_posix()})"
