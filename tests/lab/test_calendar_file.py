"""The calendar file: read by a second implementation, imported again without doubles, right across time zones."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import vobject

from curriculum import lab
from curriculum.lab import calendar_file
from curriculum.lab.calendar_file import Change, Entry

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
LATER = NOW + timedelta(days=3)


def entry(key="a#1", day=12, hour=19, month=1, zone=BERLIN, title="Serving models: lesson", note=""):
    start = datetime(2027, month, day, hour, tzinfo=zone)
    return Entry(key, title, start, start.replace(hour=hour + 1), note)


def calendar(*entries):
    return calendar_file.revised(calendar_file.empty("5a3b1e50-0000-4000-8000-000000000001"), entries, NOW)


def read(one):
    """The events of a calendar as vobject reads them, by UID."""
    parsed = vobject.readOne(calendar_file.to_ics(one, "plan").decode())
    events = parsed.contents.get("vevent", [])
    assert len({event.uid.value for event in events}) == len(events)
    return {event.uid.value: event for event in events}


def test_a_second_implementation_reads_what_was_written():
    one = calendar(entry(title="Read; then, think: äöü 漢", note="Done when: a, b; c\nand d"), entry("b#1", day=14))
    events = read(one)
    event = events[calendar_file.uid(one, "a#1")]
    assert event.summary.value == "Read; then, think: äöü 漢"
    assert event.description.value == "Done when: a, b; c\nand d"
    assert event.dtstart.value == datetime(2027, 1, 12, 19, tzinfo=BERLIN)
    assert event.dtend.value - event.dtstart.value == timedelta(hours=1)
    assert len(events) == 2


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC"])
@pytest.mark.parametrize("month", [1, 3, 4, 7, 10, 12])
def test_the_moment_is_the_same_for_the_second_implementation(zone, month):
    one = calendar(entry(month=month, day=28, zone=ZoneInfo(zone)))
    (event,) = read(one).values()
    assert event.dtstart.value.astimezone(UTC) == one.events["a#1"].entry.start.astimezone(UTC)
    assert event.dtstart.value.hour == 19


def test_lines_are_as_the_standard_wants_them():
    content = calendar_file.to_ics(calendar(entry(title="long " * 60)), "plan")
    assert content.endswith(b"END:VCALENDAR\r\n")
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))
    assert b"\n" not in content.replace(b"\r\n", b"")


def test_the_same_calendar_gives_the_same_bytes_whenever_it_is_written():
    one = calendar(entry(), entry("b#1", day=14))
    again = calendar_file.revised(one, [entry("b#1", day=14), entry()], LATER)
    assert calendar_file.to_ics(again, "plan") == calendar_file.to_ics(one, "plan")


def test_a_moved_entry_keeps_its_uid_and_has_a_higher_sequence():
    one = calendar(entry(), entry("b#1", day=14))
    two = calendar_file.revised(one, [entry(day=19), entry("b#1", day=14)], LATER)
    before, after = read(one), read(two)
    assert set(before) == set(after)
    uid, same = (calendar_file.uid(one, key) for key in ("a#1", "b#1"))
    assert (before[uid].sequence.value, after[uid].sequence.value) == ("0", "1")
    assert after[uid].dtstart.value.day == 19
    assert after[uid].dtstamp.value == LATER
    assert after[same].serialize() == before[same].serialize()
    assert calendar_file.change(one, two) == Change(added=0, changed=1, cancelled=0, same=1)


def test_a_dropped_entry_is_cancelled_once_and_comes_back_with_its_uid():
    one = calendar(entry(), entry("b#1", day=14))
    two = calendar_file.revised(one, [entry()], LATER)
    gone = read(two)[calendar_file.uid(one, "b#1")]
    assert (gone.status.value, gone.sequence.value) == ("CANCELLED", "1")
    assert calendar_file.change(one, two) == Change(added=0, changed=0, cancelled=1, same=1)
    assert calendar_file.revised(two, [entry()], LATER + timedelta(1)).events == two.events
    three = calendar_file.revised(two, [entry(), entry("b#1", day=14)], LATER)
    back = read(three)[calendar_file.uid(one, "b#1")]
    assert (back.status.value, back.sequence.value) == ("CONFIRMED", "2")


def test_two_calendars_never_share_a_uid():
    mine, yours = calendar_file.empty(), calendar_file.empty()
    assert mine.id != yours.id
    assert calendar_file.uid(mine, "a#1") != calendar_file.uid(yours, "a#1")


def test_a_calendar_survives_its_file():
    one = calendar_file.revised(
        calendar(entry(), entry("b#1", day=14, zone=ZoneInfo("Asia/Kolkata"))), [entry()], LATER
    )
    again = calendar_file.from_data(calendar_file.as_data(one))
    assert calendar_file.to_ics(again, "plan") == calendar_file.to_ics(one, "plan")
    assert calendar_file.change(one, again) == Change(added=0, changed=0, cancelled=0, same=1)


@pytest.mark.parametrize(
    "data", [{}, {"id": "x", "events": {}}, {"id": calendar().id, "events": {"a": {}}}, {"id": 1, "events": []}]
)
def test_what_is_no_calendar_is_refused(data):
    with pytest.raises(lab.LabError):
        calendar_file.from_data(data)


@pytest.mark.parametrize(
    "entries",
    [
        [entry(), entry()],
        [replace(entry(), start=datetime(2027, 1, 12, 19), end=datetime(2027, 1, 12, 20))],
        [replace(entry(), end=entry().start)],
    ],
    ids=["key twice", "no zone", "no length"],
)
def test_entries_that_a_calendar_cannot_hold_are_refused(entries):
    with pytest.raises(lab.LabError):
        calendar(*entries)


def test_an_empty_calendar_can_be_written():
    assert read(calendar_file.empty()) == {}
