"""The widgets do what their functions do, keep what is entered at once, and lose nothing."""

from datetime import date

import ipywidgets as widgets
import pytest

from curriculum.course import Course
from curriculum.lab import journal, plan_file, plan_widgets, self_assessment
from curriculum.lab.dated_plan import Session, Settings
from curriculum.lab.planning import Weights
from curriculum.syllabus import State

SYLLABUS = Course().syllabus
SETTINGS = Settings(date(2027, 1, 11), "Europe/Berlin", (Session("Tue", "19:00", 2), Session("Sat", "10:00", 2)))


def controls(widget):
    """All widgets below a widget, in their order."""
    yield widget
    for child in getattr(widget, "children", ()):
        yield from controls(child)


def find(widget, kind, description=""):
    return next(one for one in controls(widget) if isinstance(one, kind) and one.description == description)


def choose(desk, day, at, hours):
    """Tick a weekday of the desk, with its time and length."""
    row = next(one for one in controls(desk) if isinstance(one, widgets.HBox) and one.children[0].description == day)
    box, start, long = row.children
    start.value, long.value, box.value = at, hours, True


def text_of(widget):
    return " ".join(one.value for one in controls(widget) if isinstance(one, widgets.HTML))


@pytest.fixture
def rows(tmp_path):
    board = plan_widgets.assessment_board(SYLLABUS, tmp_path)
    return board, [one for one in controls(board) if isinstance(one, widgets.HBox)]


def test_the_board_has_a_row_for_each_skill(rows):
    assert len(rows[1]) == len(SYLLABUS.skills)


def test_opening_the_board_writes_nothing(rows, tmp_path):
    assert not list(tmp_path.iterdir())


def test_a_level_is_kept_at_once_and_shown_again(rows, tmp_path):
    board, (first, *_) = rows
    _, level, evidence, _ = first.children
    evidence.value = "typed before a level"
    assert not list(tmp_path.iterdir())
    level.value = "3"
    kept = self_assessment.read(tmp_path)
    assert kept is not None
    (rating,) = kept.ratings.values()
    assert (rating.level, rating.evidence) == (3, "typed before a level")
    assert "1 of 36 skills" in text_of(board)
    again = plan_widgets.assessment_board(SYLLABUS, tmp_path)
    row = next(one for one in controls(again) if isinstance(one, widgets.HBox))
    assert [one.value for one in row.children[1:3]] == ["3", "typed before a level"]


def test_a_damaged_file_is_said_and_left_alone(rows, tmp_path):
    board, (first, *_) = rows
    (tmp_path / self_assessment.FILE).write_text("{", encoding="utf-8")
    first.children[1].value = "2"
    assert "not as it was saved" in text_of(board)
    assert (tmp_path / self_assessment.FILE).read_text(encoding="utf-8") == "{"


def test_the_world_follows_its_sliders():
    desk = plan_widgets.world_desk()
    before = text_of(desk)
    find(desk, widgets.FloatSlider, "absorbed").value = 0.8
    assert text_of(desk) != before
    find(desk, widgets.FloatSlider, "elasticity").value = 2.0
    assert "no share is enough" in text_of(desk)


def test_fewer_hours_and_other_weights_change_the_plan(tmp_path):
    desk = plan_widgets.plan_desk(SYLLABUS, SETTINGS, tmp_path)
    assert "13 of 13 items fit" in text_of(desk)
    find(desk, widgets.Checkbox, "Sat").value = False
    assert "13 of 13" not in text_of(desk)
    before = text_of(desk)
    find(desk, widgets.FloatSlider, "leverage").value = 0
    assert text_of(desk) != before


def test_the_sample_is_saved_as_a_sample_and_own_ratings_as_the_plan(tmp_path):
    desk = plan_widgets.plan_desk(SYLLABUS, SETTINGS, tmp_path)
    save = find(desk, widgets.Button, "Save plan and calendar")
    save.click()
    assert {path.name for path in tmp_path.iterdir()} == {"sample-plan.json", "sample-plan.ics"}
    self_assessment.save(self_assessment.Assessment({}).rated("monitoring", 3, "x"), tmp_path)
    save.click()
    assert plan_file.read(tmp_path) is not None
    assert "Sample ratings" not in text_of(desk)


def test_what_was_saved_is_there_when_the_desk_opens_again(tmp_path):
    self_assessment.save(self_assessment.Assessment({}).rated("monitoring", 3, "x"), tmp_path)
    desk = plan_widgets.plan_desk(SYLLABUS, SETTINGS, tmp_path)
    find(desk, widgets.Checkbox, "Tue").value = False
    choose(desk, "Mon", "20:30", 1.5)
    find(desk, widgets.FloatSlider, "gap").value = 2
    find(desk, widgets.Text, "time zone").value = "Asia/Kolkata"
    find(desk, widgets.Checkbox, "my employer has AI to work on").value = False
    find(desk, widgets.Button, "Save plan and calendar").click()
    again = plan_widgets.plan_desk(SYLLABUS, SETTINGS, tmp_path, Weights())
    saved = plan_file.read(tmp_path)
    assert saved is not None
    assert saved.settings.sessions == (Session("Mon", "20:30", 1.5), Session("Sat", "10:00", 2))
    assert [find(again, widgets.Checkbox, day).value for day in ("Mon", "Tue", "Sat")] == [True, False, True]
    assert find(again, widgets.FloatSlider, "gap").value == 2
    assert find(again, widgets.Text, "time zone").value == "Asia/Kolkata"
    assert not find(again, widgets.Checkbox, "my employer has AI to work on").value


def test_a_zone_that_there_is_not_is_said_and_nothing_is_saved(tmp_path):
    desk = plan_widgets.plan_desk(SYLLABUS, SETTINGS, tmp_path)
    find(desk, widgets.Text, "time zone").value = "Middle/Earth"
    find(desk, widgets.Button, "Save plan and calendar").click()
    assert "no time zone" in text_of(desk)
    assert not list(tmp_path.iterdir())


@pytest.fixture
def rated(tmp_path):
    self_assessment.save(self_assessment.Assessment({}).rated("monitoring", 3, "x"), tmp_path)
    return tmp_path


def test_a_lost_week_moves_what_follows_and_nothing_before(rated):
    desk = plan_widgets.plan_desk(SYLLABUS, SETTINGS, rated, today=date(2026, 12, 1))
    save = find(desk, widgets.Button, "Save plan and calendar")
    save.click()
    promised = plan_file.read(rated)
    later = plan_widgets.plan_desk(SYLLABUS, SETTINGS, rated, today=date(2027, 2, 15))
    assert find(later, widgets.DatePicker, "replan from").value == date(2027, 2, 15)
    find(later, widgets.DatePicker, "away from").value = date(2027, 2, 8)
    find(later, widgets.DatePicker, "to").value = date(2027, 2, 14)
    find(later, widgets.FloatSlider, "leverage").value = 0
    choose(later, "Sun", "10:00", 1)
    find(later, widgets.Button, "Save plan and calendar").click()
    mended = plan_file.read(rated)
    assert promised and mended
    past = [block for block in promised.plan.blocks if block.start.date() < date(2027, 2, 8)]
    assert past
    assert [block for block in mended.plan.blocks if block.start.date() < date(2027, 2, 15)] == past
    assert mended.plan.blocks != promised.plan.blocks
    again = plan_widgets.plan_desk(SYLLABUS, SETTINGS, rated, today=date(2027, 2, 15))
    find(again, widgets.Button, "Save plan and calendar").click()
    assert plan_file.read(rated) == mended


def test_what_was_done_stays_when_a_new_rating_no_longer_asks_for_it(rated):
    desk = plan_widgets.plan_desk(SYLLABUS, SETTINGS, rated, today=date(2026, 12, 1))
    find(desk, widgets.Button, "Save plan and calendar").click()
    serving = {skill: self_assessment.Rating(3, "seen") for skill in SYLLABUS.unit("y1-serving").skills}
    self_assessment.save(self_assessment.Assessment(serving), rated)
    later = plan_widgets.plan_desk(SYLLABUS, SETTINGS, rated, today=date(2027, 2, 1))
    find(later, widgets.Button, "Save plan and calendar").click()
    saved = plan_file.read(rated)
    assert saved is not None
    assert saved.plan.blocks[0].task == "y1-serving/lesson"
    assert "y1-serving/lesson" not in saved.plan.left


def test_what_is_only_planned_is_said_and_comes_after_what_is_there(rated):
    units = [
        unit.model_copy(update={"state": State.PLANNED if unit.id == "y1-serving" else State.READY})
        for unit in SYLLABUS.units
    ]
    syllabus = SYLLABUS.model_copy(update={"units": units})
    desk = plan_widgets.plan_desk(syllabus, SETTINGS, rated, today=date(2026, 12, 1))
    assert "(planned: not there yet)" in text_of(desk)
    assert "wait for units that are not there yet" in text_of(desk)
    find(desk, widgets.Button, "Save plan and calendar").click()
    saved = plan_file.read(rated)
    assert saved is not None
    first = saved.plan.blocks[0]
    assert not next(task for task in saved.tasks if task.id == first.task).is_planned
    titles = [event.entry.title for event in saved.calendar.events.values() if "Serving" in event.entry.title]
    assert titles
    assert all("planned: not there yet" in title for title in titles)


@pytest.mark.parametrize(
    ("kind", "name", "value", "said"),
    [
        (widgets.DatePicker, "start", None, "The start is empty"),
        (widgets.DatePicker, "start", date(9999, 12, 1), "from 2000 to 2100"),
        (widgets.DatePicker, "start", date(2026, 1, 5), "which is past"),
        (widgets.DatePicker, "away from", date(2027, 1, 5), "last day away is empty"),
        (widgets.FloatText, "hours", float("nan"), None),
    ],
)
def test_odd_input_is_one_sentence(tmp_path, kind, name, value, said):
    desk = plan_widgets.plan_desk(SYLLABUS, SETTINGS, tmp_path, today=date(2026, 12, 1))
    if said is None:
        choose(desk, "Tue", "19:00", value)
        said = "A session lasts more than 0"
    else:
        find(desk, kind, name).value = value
    assert said in text_of(desk)


def test_a_fault_that_is_mended_is_no_longer_said(tmp_path):
    desk = plan_widgets.plan_desk(SYLLABUS, SETTINGS, tmp_path)
    find(desk, widgets.Text, "time zone").value = "Middle/Earth"
    find(desk, widgets.Button, "Save plan and calendar").click()
    assert "Nothing was saved" in text_of(desk)
    find(desk, widgets.Text, "time zone").value = "Europe/Rome"
    assert "Nothing was saved" not in text_of(desk)


def test_evidence_without_a_level_is_said_and_a_rating_can_be_cleared(rows, tmp_path):
    board, (first, *_) = rows
    _, level, evidence, clear = first.children
    evidence.value = "a link"
    assert "choose a level to keep this" in text_of(board)
    level.value = "2"
    assert self_assessment.read(tmp_path)
    clear.click()
    assert self_assessment.read(tmp_path) is None
    assert (level.value, evidence.value) == (None, "")


def test_a_setting_that_is_kept_is_the_learners_number(tmp_path):
    assert not plan_widgets.has_own_setting(tmp_path)
    desk = plan_widgets.world_desk(tmp_path)
    find(desk, widgets.FloatSlider, "absorbed").value = 0.8
    find(desk, widgets.Button, "Keep my setting").click()
    assert plan_widgets.has_own_setting(tmp_path)
    kept = journal.latest("work_factor", folder=tmp_path)
    assert kept is not None
    assert isinstance(kept.value, float)
    assert kept.value < 1
    assert "absorbed 0.8" in kept.note
