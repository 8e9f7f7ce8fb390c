"""Where each item of the framework is served: by a lesson, a graded task, a reflection or a page."""

import re
from dataclasses import dataclass

from rich.table import Table

from curriculum.course import Course
from curriculum.errors import CourseError
from curriculum.syllabus import Cover, State

# What an item needs before it counts as served. A technical or ethical item is explained, practised and reflected on;
# a success indicator is decided by a capstone's task; anything else needs a unit or page that holds it.
NEEDS = (
    (re.compile(r"^(F|Y\d)-[TE]\d$"), ("lesson", "tasks", "reflection")),
    (re.compile(r"^Y\d-S\d$"), ("tasks",)),
)


@dataclass(frozen=True)
class Standing:
    """One framework item and where it stands: `served`, `incomplete` or `planned`."""

    item: str
    text: str
    state: str
    where: str


def coverage(course: Course) -> list[Standing]:
    """The standing of every framework item, in the framework's order.

    Raises `CourseError` when the syllabus names an item that the framework does not have, or leaves one without a home.
    """
    homes: dict[str, list[tuple[str, State, Cover | None]]] = {item.id: [] for item in course.framework.items}
    for unit in course.syllabus.units:
        for item, cover in unit.covers.items():
            _home(homes, item, unit.id).append((unit.id, unit.state, cover))
    for page in course.syllabus.pages:
        for item in page.covers:
            _home(homes, item, page.path).append((page.path, page.state, None))
    if homeless := [item for item, places in homes.items() if not places]:
        raise CourseError(f"syllabus.yml gives no home to {', '.join(homeless)}; add each to the `covers` of a unit.")
    return [_standing(item.id, item.text, homes[item.id]) for item in course.framework.items]


def _home(
    homes: dict[str, list[tuple[str, State, Cover | None]]], item: str, place: str
) -> list[tuple[str, State, Cover | None]]:
    if item not in homes:
        raise CourseError(f"syllabus.yml: {place} covers {item!r}, which framework.yml does not have; mend the id.")
    return homes[item]


def _standing(item: str, text: str, places: list[tuple[str, State, Cover | None]]) -> Standing:
    ready = [(name, cover) for name, state, cover in places if state is State.READY]
    if not ready:
        return Standing(item, text, "planned", "planned in " + ", ".join(name for name, _, _ in places))
    needs = next((needs for pattern, needs in NEEDS if pattern.match(item)), ())
    for name, cover in ready:
        if cover is None or all(getattr(cover, need) for need in needs):
            return Standing(item, text, "served", f"{name}{_details(cover)}")
    name, cover = ready[0]
    missing = [need for need in needs if not getattr(cover, need)]
    return Standing(item, text, "incomplete", f"{name} lacks {', '.join(missing)}")


def _details(cover: Cover | None) -> str:
    if cover is None:
        return ""
    parts = [f"“{cover.lesson}”"] if cover.lesson else []
    if cover.tasks:
        parts.append("tasks " + ", ".join(cover.tasks))
    if cover.reflection:
        parts.append(f"reflection {cover.reflection}")
    return ": " + "; ".join(parts) if parts else ""


def coverage_table(standings: list[Standing]) -> Table:
    """The standings as a table, with a count of each state below it."""
    counts = {state: sum(s.state == state for s in standings) for state in ("served", "incomplete", "planned")}
    caption = f"{len(standings)} items: " + ", ".join(f"{count} {state}" for state, count in counts.items())
    table = Table("item", "promise", "state", "where", caption=caption, caption_justify="left")
    colours = {"served": "green", "incomplete": "red", "planned": "yellow"}
    for s in standings:
        table.add_row(s.item, s.text, f"[{colours[s.state]}]{s.state}[/]", s.where)
    return table
