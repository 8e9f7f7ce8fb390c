"""The widgets do what their functions do, keep what is entered at once, and lose nothing."""

from datetime import date

import ipywidgets as widgets
import pytest

from curriculum.course import Course
from curriculum.lab import plan_file, plan_widgets, self_assessment
from curriculum.lab.dated_plan import Session, Settings
from curriculum.lab.planning import Weights

SYLLABUS = Course().syllabus
SETTINGS = Settings(date(2027, 1, 11), "Europe/Berlin", (Session("Tue", "19:00", 2), Session("Sat", "10:00", 2)))


def controls(widget):
    """All widgets below a widget, in their order."""
    yield widget
    for child in getattr(widget, "children", ()):
        yield from controls(child)


def find(widget, kind, description=""):
    return next(one for one in controls(widget) if isinstance(one, kind) and one.description == description)


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
    _, level, evidence = first.children
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
    assert [one.value for one in row.children[1:]] == ["3", "typed before a level"]


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
    find(desk, widgets.FloatSlider, "hours a week").value = 2
    assert "9 of 13 items fit" in text_of(desk)
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
    find(desk, widgets.FloatSlider, "hours a week").value = 3
    find(desk, widgets.FloatSlider, "gap").value = 2
    find(desk, widgets.Text, "time zone").value = "Asia/Kolkata"
    find(desk, widgets.Checkbox, "my employer has AI to work on").value = False
    find(desk, widgets.Button, "Save plan and calendar").click()
    again = plan_widgets.plan_desk(SYLLABUS, SETTINGS, tmp_path, Weights())
    assert find(again, widgets.FloatSlider, "hours a week").value == 3
    assert find(again, widgets.FloatSlider, "gap").value == 2
    assert find(again, widgets.Text, "time zone").value == "Asia/Kolkata"
    assert not find(again, widgets.Checkbox, "my employer has AI to work on").value


def test_a_zone_that_there_is_not_is_said_and_nothing_is_saved(tmp_path):
    desk = plan_widgets.plan_desk(SYLLABUS, SETTINGS, tmp_path)
    find(desk, widgets.Text, "time zone").value = "Middle/Earth"
    find(desk, widgets.Button, "Save plan and calendar").click()
    assert "no time zone" in text_of(desk)
    assert not list(tmp_path.iterdir())
