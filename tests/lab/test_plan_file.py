"""The learner's files: read as they were written, safe to write again, and never mixed with the sample."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
import vobject

from curriculum import lab
from curriculum.course import Course
from curriculum.lab import calendar_file, dated_plan, plan_file, plan_summary, self_assessment
from curriculum.lab.calendar_file import Change
from curriculum.lab.dated_plan import Session, Settings
from curriculum.lab.plan_widgets import make_plan
from curriculum.lab.planning import Weights

SYLLABUS = Course().syllabus
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
WEEK = (Session("Tue", "19:00", 2), Session("Sat", "10:00", 2))
SETTINGS = Settings(date(2027, 1, 11), "Europe/Berlin", WEEK, away=((date(2027, 2, 1), date(2027, 2, 7)),))


def save(folder, settings=SETTINGS, now=NOW, is_sample=False):
    _, tasks, plan = make_plan(SYLLABUS, self_assessment.sample(), settings, Weights(1, 2, 1))
    return plan_file.save(settings, Weights(1, 2, 1), tasks, plan, now, is_sample, folder)


def test_what_was_saved_is_read_again(tmp_path):
    saved = save(tmp_path)
    again = plan_file.read(tmp_path)
    assert again is not None
    assert (again.settings, again.weights, again.tasks) == (saved.settings, saved.weights, saved.tasks)
    assert again.plan == saved.plan
    assert calendar_file.as_data(again.calendar) == calendar_file.as_data(saved.calendar)


def test_saving_again_changes_no_byte(tmp_path):
    save(tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    save(tmp_path, now=NOW + timedelta(days=30))
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert set(before) == {"plan.json", "plan.ics"}


def test_another_week_updates_the_same_entries(tmp_path):
    first = save(tmp_path)
    second = save(tmp_path, replace(SETTINGS, start=date(2027, 1, 18)), NOW + timedelta(days=1))
    changed = calendar_file.change(first.calendar, second.calendar)
    assert (changed.added, changed.cancelled) == (0, 0)
    assert changed.changed > 0
    events = vobject.readOne(plan_file.path_of("ics", tmp_path).read_text(encoding="utf-8")).vevent_list
    assert len({event.uid.value for event in events}) == len(events) == len(first.calendar.events)


def test_every_block_is_in_the_calendar_and_items_say_when_they_are_done(tmp_path):
    saved = save(tmp_path)
    events = vobject.readOne(plan_file.path_of("ics", tmp_path).read_text(encoding="utf-8")).vevent_list
    assert sorted(event.dtstart.value for event in events) == sorted(block.start for block in saved.plan.blocks)
    item = next(event for event in events if event.summary.value.startswith("A1.1 "))
    assert item.description.value == f"Done when: {dated_plan.items()['A1.1']['done']}."


def test_the_sample_is_never_written_over_the_learners_plan(tmp_path):
    save(tmp_path)
    before = plan_file.path_of("json", tmp_path).read_bytes()
    save(tmp_path, replace(SETTINGS, days=30), is_sample=True)
    assert plan_file.path_of("json", tmp_path).read_bytes() == before
    assert plan_file.path_of("ics", tmp_path, is_sample=True).name == "sample-plan.ics"


def test_two_learners_have_different_calendars_and_samples_the_same(tmp_path):
    ids = []
    for name in ("ana", "ben"):
        (tmp_path / name).mkdir()
        ids.append([save(tmp_path / name, is_sample=is_sample).calendar.id for is_sample in (False, True)])
    assert ids[0][0] != ids[1][0]
    assert ids[0][1] == ids[1][1] == plan_file.SAMPLE_ID


@pytest.mark.parametrize("damage", ["{", "[]", '{"format": 9}', "{}"])
def test_a_damaged_plan_is_named_and_its_calendar_not_begun_anew(tmp_path, damage):
    plan_file.path_of("json", tmp_path).write_text(damage, encoding="utf-8")
    with pytest.raises(lab.LabError, match=r"plan\.json"):
        save(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["plan.json"]
    assert plan_file.path_of("json", tmp_path).read_text(encoding="utf-8") == damage


def test_there_is_no_plan_where_none_was_saved(tmp_path):
    assert plan_file.read(tmp_path) is None


def test_a_lost_fortnight_is_recovered_without_doubles():
    _, tasks, promised = make_plan(
        SYLLABUS, self_assessment.sample(), replace(SETTINGS, sessions=dated_plan.weekly(3), away=()), Weights()
    )
    settings = replace(SETTINGS, sessions=dated_plan.weekly(3), away=())
    ill, well = settings.start + timedelta(21), settings.start + timedelta(35)
    kept = [block for block in promised.blocks if block.start.date() < ill]
    broken = dated_plan.fit(tasks, settings, kept=kept, first=well)
    more = replace(settings, sessions=(*settings.sessions, Session("Sun", "10:00", 1)))
    mended = dated_plan.fit(tasks, more, kept=kept, first=well)
    done = [len(dated_plan.finished(tasks, plan)) for plan in (promised, broken, mended)]
    assert done[0] == done[2] == 13 > done[1]
    one = calendar_file.revised(calendar_file.empty(), plan_file.entries(tasks, promised), NOW)
    two = calendar_file.revised(one, plan_file.entries(tasks, mended), NOW + timedelta(1))
    changed = calendar_file.change(one, two)
    assert changed.same + changed.changed + changed.cancelled == len(promised.blocks)
    assert len(two.events) == len({calendar_file.uid(two, key) for key in two.events})
    assert changed != Change(0, 0, 0, len(promised.blocks))


def test_the_summary_says_what_is_missing_and_then_what_is_there(tmp_path):
    assert [row[0] for row in plan_summary.rows(tmp_path)] == ["self-assessment.json", "plan.json"]
    self_assessment.save(self_assessment.Assessment({}).rated("monitoring", 3), tmp_path)
    save(tmp_path)
    found = dict(plan_summary.rows(tmp_path))
    assert found["skills rated"] == "1, 1 of them with nothing to show yet"
    assert found["items that fit"] == "13 of 13"
    assert found["week"] == "4 hours from 2027-01-11, Europe/Berlin"
    plan_file.path_of("ics", tmp_path).unlink()
    assert "missing" in dict(plan_summary.rows(tmp_path))["sessions in plan.ics"]


def test_the_summary_survives_damage(tmp_path):
    (tmp_path / "self-assessment.json").write_text("{", encoding="utf-8")
    (tmp_path / "plan.json").write_text(json.dumps({"format": 1}), encoding="utf-8")
    assert all("not as it was saved" in row[1] for row in plan_summary.rows(tmp_path))
