"""What a learner hands in with s1-map-and-plan, in one table: read from their files, and from nothing else."""

from pathlib import Path

from curriculum.lab import plan_file, self_assessment
from curriculum.lab.dated_plan import finished
from curriculum.lab.display import plain_table, show, table
from curriculum.lab.errors import LabError

HEAD = ["what", "yours"]


def rows(folder: Path | None = None) -> list[list[str]]:
    """The lines of the summary: ratings, week, plan, calendar. What is missing or damaged is a line that says so."""
    return [*_rated(folder), *_planned(folder)]


def show_files(folder: Path | None = None) -> None:
    """Show the summary of a folder in a notebook."""
    found = rows(folder)
    show(plain_table(HEAD, found), "<p><b>What you hand in</b></p>" + table(HEAD, found))


def _rated(folder: Path | None) -> list[list[str]]:
    try:
        own = self_assessment.read(folder)
    except LabError as error:
        return [[self_assessment.FILE, str(error)]]
    if own is None:
        return [[self_assessment.FILE, "missing: rate yourself in the lesson, under “Rate yourself”"]]
    bare = sum(rating.counted < rating.level for rating in own.ratings.values())
    return [["skills rated", f"{len(own.ratings)}, {bare} of them with nothing to show yet"]]


def _planned(folder: Path | None) -> list[list[str]]:
    name = plan_file.path_of("json").name
    try:
        saved = plan_file.read(folder)
    except LabError as error:
        return [[name, str(error)]]
    if saved is None:
        return [[name, "missing: save your plan in the lesson, under “Make it yours”"]]
    hours = sum(session.hours for session in saved.settings.sessions)
    done = finished(saved.tasks, saved.plan)
    wanted = [task.item for task in saved.tasks if task.item]
    out = [item for item in wanted if item not in done]
    current = sum(not event.is_cancelled for event in saved.calendar.events.values())
    is_there = plan_file.path_of("ics", folder).is_file()
    return [
        ["week", f"{hours:g} hours from {saved.settings.start.isoformat()}, {saved.settings.zone}"],
        ["items that fit", f"{len(done)} of {len(wanted)}" + (f"; not {', '.join(out)}" if out else "")],
        ["hours that stay free", f"{saved.plan.slack:.1f}"],
        ["hours that do not fit", f"{sum(saved.plan.left.values()):.1f}"],
        ["sessions in plan.ics", f"{current}" if is_there else "missing: save your plan again"],
    ]
