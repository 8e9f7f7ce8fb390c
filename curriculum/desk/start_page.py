"""Makes the start page: the map, the learner's progress and the next step, readable without running anything."""

from collections.abc import Iterator
from pathlib import Path

import nbformat

from curriculum.course import Course
from curriculum.desk.places import assignment_of, lesson_of
from curriculum.desk.standing import HEAD, Journey, progress_of
from curriculum.files import write_atomically
from curriculum.syllabus import Milestone, Unit

REFRESH = "from curriculum.desk import progress\n\nprogress()"


def write_start_page(course: Course) -> Path:
    """Write `work/start.ipynb` anew and return its path. Raises `CourseError` when it cannot be written."""
    page = course.work / "start.ipynb"
    journey = progress_of(course)
    cells = [nbformat.v4.new_markdown_cell(text) for text in _before(course, journey)]
    cells.append(nbformat.v4.new_code_cell(REFRESH))
    cells += [nbformat.v4.new_markdown_cell(text) for text in _map(course)]
    for number, cell in enumerate(cells):
        cell.id = f"start-{number}"  # the same page for the same progress
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    write_atomically(page, nbformat.writes(notebook) + "\n")
    return page


def _before(course: Course, journey: Journey) -> Iterator[str]:
    yield (
        "# Your desk\n\n"
        "*Each `make lab` writes this page anew: notes belong in another notebook. What you write in the folders of "
        "the units is yours and is never overwritten.*"
    )
    path = journey.next_step.path
    link = f"\n\n**[Open it]({path.relative_to(course.work).as_posix()})**" if path else ""
    yield f"## Next step\n\n{_first_upper(_cell(journey.next_step.sentence))}{link}"
    rows = [[*standing.cells] for standings in journey.milestones.values() for standing in standings]
    yield f"## Where you stand\n\n{_table(HEAD, rows)}\n\nRun the cell below for the latest."


def _map(course: Course) -> Iterator[str]:
    yield "## The map\n\nUnits without a link are planned."
    for milestone in course.syllabus.milestones:
        rows = [_row(course, unit) for unit in course.syllabus.units_of(milestone.id)]
        units = _table(["unit", "what you do", "hours", "state"], rows)
        yield f"### {_cell(milestone.title)}\n\n{_goal(milestone)}\n\n{units}"


def _goal(milestone: Milestone) -> str:
    return f"{milestone.goal} You leave with: {milestone.capability[0].lower()}{milestone.capability[1:]}."


def _row(course: Course, unit: Unit) -> list[str]:
    title = unit.title
    if unit.is_ready:
        title = f"**{unit.title}**<br>[lesson]({lesson_of(course, unit).relative_to(course.work).as_posix()})"
        if unit.has_assignment:
            title += f" · [assignment]({assignment_of(course, unit).relative_to(course.work).as_posix()})"
    return [title, unit.summary, f"{unit.hours.lesson + unit.hours.assignment:g}", unit.state]


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, [":--"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def _first_upper(text: str) -> str:
    return text[:1].upper() + text[1:]
