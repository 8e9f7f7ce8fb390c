"""Lays a complete small unit into the folders, for an author to make it their own."""

from importlib.resources import files
from pathlib import Path
from string import Template

from curriculum.course import Course
from curriculum.errors import CourseError
from curriculum.files import exclusive, write_atomically
from curriculum.syllabus import Resource

SKELETON = files("authoring") / "skeleton"


def new_unit(course: Course, unit_id: str) -> list[Path]:
    """Write the four sources of a unit that the syllabus names, and return their paths.

    The skeleton runs, its tests tell right from wrong, and it passes every gate but `author-notes`: that gate names
    each line that an author has to replace.

    Raises `CourseError` when the syllabus has no such unit, or one of the files exists: nothing is overwritten.
    """
    course.require_solutions()
    unit = course.syllabus.unit(unit_id)
    folder = course.solution_folder(unit)
    targets = {
        course.lesson_source(unit): "lesson.md",
        course.assignment_source(unit): "assignment.md",
        folder / "answers.md": "answers.md",
        folder / "facilitator.md": "facilitator.md",
    }
    facts = {
        "unit": unit.id,
        "title": unit.title,
        "lesson_hours": f"{unit.hours.lesson:g}",
        "covers": ", ".join(unit.covers),
        "resources": "\n".join(_resource(resource) for resource in unit.resources),
    }
    with exclusive(course.root):
        if there := [path for path in targets if path.exists()]:
            name = there[0].relative_to(course.root).as_posix()
            raise CourseError(f"{name} exists already; edit it, or move it away before you ask for a new unit.")
        for path, template in targets.items():
            text = Template((SKELETON / template).read_text(encoding="utf-8")).substitute(facts)
            write_atomically(path, text)
    return list(targets)


def _resource(resource: Resource) -> str:
    return f"- [{resource.title}]({resource.url}): for {resource.audience}, {resource.hours:g} h, {resource.cost}."
