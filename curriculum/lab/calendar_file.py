"""A calendar file (iCalendar, RFC 5545) that may be imported again and again.

An entry has a key of its author's, and from it a UID that never changes. Whoever imports the next version finds the
same entries: moved ones with a higher SEQUENCE, dropped ones as CANCELLED. The file depends on the calendar only, not
on when it is written: without a change it is the same, byte for byte.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4, uuid5

from curriculum.lab.dated_plan import read_moment
from curriculum.lab.errors import LabError

PRODUCT = "-//ai-systems-curriculum//plan//EN"


@dataclass(frozen=True)
class Entry:
    """One entry as its author wants it. Start and end carry a time zone with a name; `key` is unique in a calendar."""

    key: str
    title: str
    start: datetime
    end: datetime
    note: str = ""


@dataclass(frozen=True)
class Event:
    """An entry with its history: which version it is, when that came about, and whether it is cancelled."""

    entry: Entry
    sequence: int
    changed: datetime
    is_cancelled: bool = False


@dataclass(frozen=True)
class Calendar:
    """All entries that were ever in the calendar, by key. `id` makes their UIDs unlike those of any other calendar."""

    id: str
    events: Mapping[str, Event]


@dataclass(frozen=True)
class Change:
    """How many entries a new version adds, moves or renames, cancels, and leaves as they are."""

    added: int
    changed: int
    cancelled: int
    same: int


def empty(calendar_id: str | None = None) -> Calendar:
    """A calendar without entries. `calendar_id` is a UUID; without it a new one is drawn."""
    return Calendar(calendar_id or str(uuid4()), {})


def revised(calendar: Calendar, entries: Iterable[Entry], now: datetime) -> Calendar:
    """The calendar with `entries` and no others. What is not among them is cancelled, and kept for programs to see.

    Raises `LabError` for a key twice, for times without a named zone, and for an end that is not after its start.
    """
    wanted: dict[str, Entry] = {}
    for entry in entries:
        if entry.key in wanted:
            raise LabError(f"Two entries have the key {entry.key!r}.")
        if not all(getattr(moment.tzinfo, "key", None) for moment in (entry.start, entry.end)):
            raise LabError(f"{entry.key!r} needs times in a named zone, such as Europe/Berlin.")
        if entry.end.astimezone(UTC) <= entry.start.astimezone(UTC):
            raise LabError(f"{entry.key!r} ends before it has begun.")
        wanted[entry.key] = entry
    now = now.astimezone(UTC).replace(microsecond=0)
    events = {key: _next(calendar.events.get(key), entry, now) for key, entry in wanted.items()}
    for key, event in calendar.events.items():
        if key not in events:
            gone = replace(event, sequence=event.sequence + 1, changed=now, is_cancelled=True)
            events[key] = event if event.is_cancelled else gone
    return Calendar(calendar.id, events)


def change(before: Calendar, after: Calendar) -> Change:
    """What one version changes about the one before it."""
    had = {key: event for key, event in before.events.items() if not event.is_cancelled}
    has = {key: event for key, event in after.events.items() if not event.is_cancelled}
    same = sum(had[key].entry == has[key].entry for key in had.keys() & has.keys())
    return Change(len(has.keys() - had.keys()), len(had.keys() & has.keys()) - same, len(had.keys() - has.keys()), same)


def uid(calendar: Calendar, key: str) -> str:
    """The UID of an entry: the same for the same calendar and key, for ever."""
    return str(uuid5(UUID(calendar.id), key))


def to_ics(calendar: Calendar, name: str) -> bytes:
    """The calendar as the bytes of an `.ics` file, with the time zones that it uses."""
    import icalendar

    written = icalendar.Calendar.new(prodid=PRODUCT, method="PUBLISH", name=name, uid=calendar.id)
    for key, event in sorted(calendar.events.items(), key=lambda pair: (pair[1].entry.start, pair[0])):
        one = icalendar.Event.new(
            uid=uid(calendar, key),
            stamp=event.changed,
            last_modified=event.changed,
            sequence=event.sequence,
            status=icalendar.enums.STATUS.CANCELLED if event.is_cancelled else icalendar.enums.STATUS.CONFIRMED,
            summary=event.entry.title,
            start=event.entry.start,
            end=event.entry.end,
            description=event.entry.note or None,
        )
        written.add_component(one)
    days = [event.entry.start.date() for event in calendar.events.values()] or [date(2026, 1, 1)]
    written.add_missing_timezones(min(days) - timedelta(days=366), max(days) + timedelta(days=366))
    content: bytes = written.to_ical()
    return content


def as_data(calendar: Calendar) -> dict[str, Any]:
    """The calendar as JSON has it; `from_data` reads it."""
    events = {}
    for key, event in sorted(calendar.events.items()):
        zone = event.entry.start.tzinfo
        content = asdict(event.entry) | {"start": _written(event.entry.start), "end": _written(event.entry.end)}
        state = {"sequence": event.sequence, "changed": event.changed.isoformat(), "cancelled": event.is_cancelled}
        events[key] = content | state | {"zone": getattr(zone, "key", "")}
    return {"id": calendar.id, "events": events}


def from_data(data: Mapping[str, Any]) -> Calendar:
    """The calendar that `as_data` wrote. Raises `LabError` when it is not one."""
    try:
        events = {}
        for key, found in data["events"].items():
            start, end = (read_moment(found[name], found["zone"]) for name in ("start", "end"))
            entry = Entry(key, str(found["title"]), start, end, str(found["note"]))
            changed = datetime.fromisoformat(found["changed"])
            events[key] = Event(entry, int(found["sequence"]), changed, bool(found["cancelled"]))
        return Calendar(str(UUID(data["id"])), events)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise LabError(f"This is no calendar that was saved here: {error!r}.") from error


def _next(event: Event | None, entry: Entry, now: datetime) -> Event:
    if event is None:
        return Event(entry, 0, now)
    if event.entry == entry and not event.is_cancelled:
        return event
    return Event(entry, event.sequence + 1, now)


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
