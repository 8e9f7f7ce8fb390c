"""A dated plan: the thirteen immediately actionable items, and the units they need, fitted to a learner's week.

All functions are pure. A plan never hides what does not fit: it is in `left`, with its hours.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pandas as pd
import yaml

from curriculum.lab.errors import LabError
from curriculum.lab.planning import TARGET, before, hours_of, in_order, prerequisites
from curriculum.lab.self_assessment import Assessment

if TYPE_CHECKING:
    from curriculum.syllabus import Syllabus, Unit

ITEMS = Path(__file__).with_name("actionable_items.yml")
SHOW_HOURS = 0.5  # to show what a unit teaches, where its skills are held already
SHORTEST = 0.2  # hours; less than that of a session is not begun
TINY = 1e-9
YEARS = range(2000, 2101)  # in which a plan may start
NOT_THERE = "planned: not there yet"  # said of what needs a unit that the course does not have yet
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True)
class Task:
    """Something to do: a part of a unit, or an act of its own. `after` names the tasks that come before it."""

    id: str
    title: str
    hours: float
    after: tuple[str, ...] = ()
    done: str = ""
    item: str = ""  # of the framework; empty for what an item needs
    unit: str = ""
    is_planned: bool = False  # its unit is announced and not there yet

    @property
    def label(self) -> str:
        """The title, with a word where the unit is not there yet."""
        return f"{self.title} ({NOT_THERE})" if self.is_planned else self.title


@dataclass(frozen=True)
class Session:
    """A time of every week that is free for learning, by the clock on the wall."""

    weekday: str
    start: str
    hours: float


@dataclass(frozen=True)
class Settings:
    """When a learner can learn: from `start` for `days` days, in `sessions`, but not on the days in `away`.

    `warm_up` is what each session loses before work begins, in hours.
    """

    start: date
    zone: str
    sessions: tuple[Session, ...]
    days: int = 90
    away: tuple[tuple[date, date], ...] = ()
    warm_up: float = 0.1


@dataclass(frozen=True)
class Slot:
    """One session on one day, with its time zone."""

    start: datetime
    hours: float


@dataclass(frozen=True)
class Block:
    """Some work on a task on a day. `hours` is what the task gains, without the warm-up; `part` counts from 1."""

    task: str
    part: int
    start: datetime
    end: datetime
    hours: float


@dataclass(frozen=True)
class Plan:
    """What is done when, what does not fit (hours by task), and the hours that stay free."""

    blocks: tuple[Block, ...]
    left: Mapping[str, float]
    slack: float


def items() -> dict[str, dict[str, Any]]:
    """The thirteen items: what one does, when it is done, its hours."""
    return {item: dict(entry) for item, entry in _items().items()}


def tasks_for(
    syllabus: "Syllabus",
    assessment: Assessment,
    employer: bool = True,
    target: int = TARGET,
    but: Sequence[str] = ("s1-map-and-plan",),
) -> list[Task]:
    """All tasks of the thirteen items, each after what it needs.

    An item is served by the unit that covers it with the fewest hours, prerequisites included. A unit whose skills are
    all at `target` needs half an hour to show it. Without an `employer` that has AI, an item's other form is taken.
    `but` names units that do not count: this lesson covers each item by planning it.
    """
    graph = prerequisites(syllabus)
    home = {item: _home(syllabus, assessment, item, target, but) for item in _items()}
    wanted = {name for unit in home.values() for name in {unit, *before(graph, unit)}} - set(but)
    tasks: list[Task] = []
    last: dict[str, str] = {}
    for name in in_order(graph):
        if name not in wanted:
            continue
        unit = syllabus.unit(name)
        needs = tuple(last[other] for other in graph[name] if other in last)
        own = _parts(unit, needs, is_held=_is_held(unit, assessment, target))
        last[name] = own[-1].id
        tasks += own
    first = {task.unit: task.id for task in reversed(tasks)}
    for item, entry in _items().items():
        act = entry if employer or "otherwise" not in entry else {**entry, **entry["otherwise"]}
        need = (last if entry["after"] == "assignment" else first)[home[item]]
        is_planned = syllabus.unit(home[item]).state != "ready"
        tasks.append(Task(item, act["act"], float(act["hours"]), (need,), entry["done"], item, home[item], is_planned))
    return tasks


def by_rank(syllabus: "Syllabus", ranked: pd.DataFrame) -> Callable[[Task], float]:
    """The priority of a task: the best score among the skills of its unit."""
    scores = {unit.id: max(float(ranked["score"].get(skill, 0.0)) for skill in unit.skills) for unit in syllabus.units}
    return lambda task: scores.get(task.unit, 0.0)


def ready_first(priority: Callable[[Task], float]) -> Callable[[Task], float]:
    """A priority (from 0 to 1) with all that is there before all that is only planned."""
    return lambda task: priority(task) + (0.0 if task.is_planned else 2.0)


def weekly(hours: float, session: float = 2.0, start: str = "19:00") -> tuple[Session, ...]:
    """Sessions that add up to `hours` a week, none longer than `session`, on evenings from Tuesday on."""
    days = ("Tue", "Thu", "Sat", "Mon", "Wed", "Sun", "Fri")
    if not 0 < hours <= session * len(days):
        raise LabError(f"{hours:g} hours a week do not fit into seven sessions of {session:g} hours.")
    count = -int(-hours // session)
    return tuple(Session(days[place], start, min(session, hours - place * session)) for place in range(count))


def slots(settings: Settings, first: date | None = None) -> Iterator[Slot]:
    """The sessions of the plan's days, in order, from `first` on.

    Raises `LabError` for a zone, a weekday or a time that there is not, and for a week that cannot be.
    """
    zone = _zone(settings.zone)
    _check(settings)
    sessions = sorted(settings.sessions, key=lambda session: _clock(session))
    for number in range(settings.days):
        day = settings.start + timedelta(days=number)
        if (first and day < first) or any(begin <= day <= end for begin, end in settings.away):
            continue
        for session in sessions:
            if _weekday(session) == day.weekday() and session.hours > settings.warm_up:
                # Through UTC and back: an hour that the clocks skip becomes one that exists.
                start = datetime.combine(day, _clock(session), zone).astimezone(UTC).astimezone(zone)
                yield Slot(start, session.hours)


def took_place(plan: Plan, settings: Settings, first: date) -> list[Block]:
    """The blocks of a plan before the day `first`, without those on days that are now `away`: they were lost."""
    return [
        block
        for block in plan.blocks
        if block.start.date() < first and not any(begin <= block.start.date() <= end for begin, end in settings.away)
    ]


def with_done(tasks: Sequence[Task], kept: Sequence[Block], earlier: Sequence[Task]) -> list[Task]:
    """`tasks`, and those of an `earlier` plan that blocks were spent on and that are not among them: they are done.

    So what took place stays in a plan, also when a new rating no longer asks for it.
    """
    known = {task.id for task in tasks}
    spent: dict[str, float] = {}
    for block in kept:
        spent[block.task] = spent.get(block.task, 0.0) + block.hours
    gone = [task for task in earlier if task.id in spent and task.id not in known]
    return [*tasks, *(replace(task, hours=spent[task.id], after=()) for task in gone)]


def fit(
    tasks: Sequence[Task],
    settings: Settings,
    priority: Callable[[Task], float] = lambda task: 0.0,
    kept: Sequence[Block] = (),
    first: date | None = None,
) -> Plan:
    """Fill the learner's sessions: of what may begin, the highest priority first, and the syllabus' order among equals.

    `kept` are blocks that took place; only what they leave is planned, in sessions from `first` on.

    Raises `LabError` when tasks wait for each other, or for one that is not there.
    """
    known = {task.id: task for task in tasks}
    if unknown := {need for task in tasks for need in task.after} - set(known):
        raise LabError(f"Nobody does {', '.join(sorted(unknown))}, which another task waits for.")
    place = {name: number for number, name in enumerate(in_order({task.id: task.after for task in tasks}))}
    todo = {task.id: task.hours - sum(block.hours for block in kept if block.task == task.id) for task in tasks}
    todo = {name: hours for name, hours in todo.items() if hours > TINY}
    parts = {task.id: 1 + max((block.part for block in kept if block.task == task.id), default=0) for task in tasks}
    blocks, slack = list(kept), 0.0
    for slot in slots(settings, first):
        at, free = slot.start, slot.hours - settings.warm_up
        used = settings.warm_up
        while free > TINY:
            ready = [known[name] for name in todo if not set(known[name].after) & set(todo)]
            worth = [task for task in ready if free >= min(SHORTEST, todo[task.id]) - TINY]
            if not worth:
                slack += free
                break
            task = min(worth, key=lambda task: (-priority(task), place[task.id]))
            hours = min(free, todo[task.id])
            end = _later(at, hours + used)
            blocks.append(Block(task.id, parts[task.id], at, end, hours))
            at, free, used = end, free - hours, 0.0
            parts[task.id] += 1
            todo[task.id] -= hours
            if todo[task.id] <= TINY:
                del todo[task.id]
    return Plan(tuple(blocks), todo, slack)


def finished(tasks: Sequence[Task], plan: Plan) -> dict[str, datetime]:
    """For each item that is done within the plan, when."""
    ends: dict[str, datetime] = {}
    for block in plan.blocks:
        ends[block.task] = max(block.end, ends.get(block.task, block.end))
    return {task.id: ends[task.id] for task in tasks if task.item and task.id in ends and task.id not in plan.left}


def load(plan: Plan, settings: Settings) -> pd.DataFrame:
    """Hours of work by week of the plan, and the hours there are: index `week` from 1, `planned`, `available`."""
    weeks = range(1, -(-settings.days // 7) + 1)
    table = pd.DataFrame(0.0, index=pd.Index(weeks, name="week"), columns=["planned", "available"])
    for block in plan.blocks:
        table.loc[_week(block.start, settings), "planned"] += block.hours
    for slot in slots(settings):
        table.loc[_week(slot.start, settings), "available"] += slot.hours - settings.warm_up
    return table


def read_moment(text: str, zone: str) -> datetime:
    """A moment that was written as ISO 8601, on the clock of a zone. Raises `LabError` for a zone that there is not."""
    return datetime.fromisoformat(text).astimezone(_zone(zone))


def _week(moment: datetime, settings: Settings) -> int:
    return (moment.date() - settings.start).days // 7 + 1


def _parts(unit: "Unit", needs: tuple[str, ...], is_held: bool) -> list[Task]:
    """The tasks of a unit: lesson, and assignment where it has one; or to show that one has its skills."""
    if is_held:
        return [Task(f"{unit.id}/show", f"{unit.title}: show that you can", SHOW_HOURS, needs, unit=unit.id)]
    planned = unit.state != "ready"
    title, hours = f"{unit.title}: lesson", unit.hours.lesson
    lesson = Task(f"{unit.id}/lesson", title, hours, needs, unit=unit.id, is_planned=planned)
    if not unit.hours.assignment:
        return [lesson]
    name, title, hours = f"{unit.id}/assignment", f"{unit.title}: assignment", unit.hours.assignment
    return [lesson, Task(name, title, hours, (lesson.id,), unit=unit.id, is_planned=planned)]


def _is_held(unit: "Unit", assessment: Assessment, target: int) -> bool:
    return all(assessment.counted(skill) >= target for skill in unit.skills)


def _home(syllabus: "Syllabus", assessment: Assessment, item: str, target: int, but: Sequence[str]) -> str:
    """The unit that serves an item with the fewest hours, those of its prerequisites included."""
    graph = prerequisites(syllabus)

    def cost(unit: "Unit") -> float:
        needed = [syllabus.unit(name) for name in {unit.id, *before(graph, unit.id)} - set(but)]
        return sum(SHOW_HOURS if _is_held(one, assessment, target) else hours_of(one) for one in needed)

    serving = [unit for unit in syllabus.units if item in unit.covers and unit.id not in but]
    if not serving:
        raise LabError(f"No unit of the syllabus serves {item}.")
    return min(serving, key=cost).id


def _later(moment: datetime, hours: float) -> datetime:
    """`hours` after a moment, to the minute. In UTC: the clock on the wall may jump in between."""
    return (moment.astimezone(UTC) + timedelta(minutes=round(60 * hours))).astimezone(moment.tzinfo)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise LabError(f"There is no time zone {name!r}; write it like Europe/Berlin.") from None


def _check(settings: Settings) -> None:
    """Raise `LabError` for a week or a span of days that cannot be, with one sentence for each fault."""
    if settings.start.year not in YEARS:
        raise LabError(f"A plan starts from {YEARS[0]} to {YEARS[-1]}, not in {settings.start.year}.")
    if not 1 <= settings.days <= 3660:
        raise LabError(f"A plan has 1 to 3660 days, but this one has {settings.days}.")
    for begin, end in settings.away:
        if end < begin:
            raise LabError(f"Away from {begin} to {end} ends before it begins: exchange the two days.")
    for session in settings.sessions:
        if not 0 < session.hours <= 24:
            raise LabError(
                f"A session lasts more than 0 and up to 24 hours, not {session.hours:g} ({session.weekday})."
            )
    week = 7 * 24.0
    places = [(24 * _weekday(one) + _clock(one).hour + _clock(one).minute / 60, one) for one in settings.sessions]
    times = sorted(places, key=lambda place: place[0])
    for (at, one), (then, other) in zip(
        times, [*times[1:], *((place + week, one) for place, one in times[:1])], strict=True
    ):
        if at + one.hours > then + TINY:
            said = f"{one.weekday} {one.start} for {one.hours:g} hours and {other.weekday} {other.start}"
            raise LabError(f"Two sessions overlap: {said}.")


def _weekday(session: Session) -> int:
    if session.weekday not in WEEKDAYS:
        raise LabError(f"A weekday is one of {', '.join(WEEKDAYS)}, but a session has {session.weekday!r}.")
    return WEEKDAYS.index(session.weekday)


def _clock(session: Session) -> time:
    try:
        return time.fromisoformat(session.start)
    except ValueError:
        raise LabError(f"A session starts at a time like 19:00, not at {session.start!r}.") from None


@cache
def _items() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = yaml.safe_load(ITEMS.read_text(encoding="utf-8"))
    return found
