"""The plan: the thirteen items in their order, fitted to a week, with what does not fit said."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from curriculum import lab
from curriculum.course import Course
from curriculum.lab import dated_plan, planning
from curriculum.lab.dated_plan import Session, Settings, Task, fit
from curriculum.lab.self_assessment import Assessment, Rating, sample
from curriculum.syllabus import Cover

COURSE = Course()
SYLLABUS = COURSE.syllabus
TUESDAYS = Settings(date(2027, 1, 11), "Europe/Berlin", (Session("Tue", "19:00", 2),), days=28, warm_up=0)


def holding(unit):
    """Someone who has shown what a unit teaches."""
    return Assessment({skill: Rating(3, "seen") for skill in SYLLABUS.unit(unit).skills})


HELD = Assessment({skill: Rating(3, "seen") for skill in SYLLABUS.skills})


def test_the_items_are_the_thirteen_of_the_framework():
    assert set(dated_plan.items()) == set(COURSE.framework.groups["actionable"])
    assert len(dated_plan.items()) == 13


@pytest.mark.parametrize("assessment", [Assessment({}), sample(), HELD], ids=["nothing", "sample", "everything"])
@pytest.mark.parametrize("hours", [1, 2.5, 6])
def test_every_task_begins_after_what_it_needs_has_ended(assessment, hours):
    tasks = dated_plan.tasks_for(SYLLABUS, assessment)
    plan = fit(tasks, replace(TUESDAYS, sessions=dated_plan.weekly(hours), days=90))
    ends = {name: max(b.end for b in plan.blocks if b.task == name) for name in {b.task for b in plan.blocks}}
    for block in plan.blocks:
        for need in next(task.after for task in tasks if task.id == block.task):
            assert need not in plan.left
            assert ends[need] <= block.start


def test_the_units_of_the_plan_come_with_their_prerequisites():
    tasks = dated_plan.tasks_for(SYLLABUS, Assessment({}))
    units = {task.unit for task in tasks}
    graph = planning.prerequisites(SYLLABUS)
    assert all(planning.before(graph, unit) - {"s1-map-and-plan"} <= units for unit in units)


def test_the_self_assessment_changes_the_plan():
    before = dated_plan.tasks_for(SYLLABUS, sample())
    surer = replace(sample(), ratings={**sample().ratings, "policy-as-code": Rating(3, "a link")})
    after = dated_plan.tasks_for(SYLLABUS, surer)
    changed = {task.id for task in before} ^ {task.id for task in after}
    assert changed == {f"f1-infrastructure-as-code/{part}" for part in ("lesson", "assignment", "show")}
    assert sum(task.hours for task in before) - sum(task.hours for task in after) == pytest.approx(2.75)


def test_a_claim_without_evidence_does_not_shorten_the_plan():
    claimed = replace(sample(), ratings={**sample().ratings, "policy-as-code": Rating(3)})
    assert dated_plan.tasks_for(SYLLABUS, claimed) == dated_plan.tasks_for(SYLLABUS, sample())


def test_the_self_assessment_changes_the_order():
    def first(assessment):
        ranked = planning.rank(planning.factors(SYLLABUS, assessment))
        tasks = dated_plan.tasks_for(SYLLABUS, assessment)
        return fit(tasks, TUESDAYS, dated_plan.by_rank(SYLLABUS, ranked)).blocks[0].task

    assert first(Assessment({})) == "y1-serving/lesson"
    assert first(holding("y1-serving")) == "f1-infrastructure-as-code/lesson"


def test_without_an_employer_items_take_their_other_form():
    with_one, without = (dated_plan.tasks_for(SYLLABUS, sample(), employer) for employer in (True, False))
    changed = {one.id for one, other in zip(with_one, without, strict=True) if one != other}
    assert changed == {"A3.1", "A3.2", "A3.3"}
    assert sum(task.hours for task in without) > sum(task.hours for task in with_one)


def test_an_item_is_served_by_the_unit_that_asks_for_the_fewest_hours_of_this_learner():
    units = [
        unit.model_copy(update={"covers": {**unit.covers, "A1.3": Cover()}}) if unit.id == "y1-monitoring" else unit
        for unit in SYLLABUS.units
    ]
    wider = SYLLABUS.model_copy(update={"units": units})
    home = {}
    for name, assessment in (("nobody", Assessment({})), ("monitors", holding("y1-monitoring"))):
        home[name] = next(task.unit for task in dated_plan.tasks_for(wider, assessment) if task.item == "A1.3")
    assert home == {"nobody": "y1-data-pipelines", "monitors": "y1-monitoring"}


def test_no_item_is_without_a_home():
    with pytest.raises(lab.LabError, match=r"A1\.1"):
        bare = SYLLABUS.model_copy(update={"units": [unit for unit in SYLLABUS.units if "A1.1" not in unit.covers]})
        dated_plan.tasks_for(bare, sample())


def test_hours_are_neither_lost_nor_made():
    tasks = [Task("a", "A", 3), Task("b", "B", 7, ("a",))]
    plan = fit(tasks, TUESDAYS)
    assert sum(block.hours for block in plan.blocks) + sum(plan.left.values()) == pytest.approx(10)
    assert sum(block.hours for block in plan.blocks) + plan.slack == pytest.approx(4 * 2)
    assert plan.left == pytest.approx({"b": 2})


def test_what_does_not_fit_is_left_and_not_squeezed():
    plan = fit([Task("a", "A", 100, item="A1.1")], TUESDAYS)
    assert plan.left == pytest.approx({"a": 92})
    assert dated_plan.finished([Task("a", "A", 100, item="A1.1")], plan) == {}


def test_the_higher_priority_goes_first():
    tasks = [Task("low", "L", 3), Task("high", "H", 3)]
    plan = fit(tasks, TUESDAYS, priority=lambda task: task.id == "high")
    assert [block.task for block in plan.blocks] == ["high", "high", "low", "low"]


def test_the_warm_up_is_lost_in_each_session():
    tasks = [Task("a", "A", 100)]
    pieces = replace(TUESDAYS, warm_up=0.1, sessions=dated_plan.weekly(2, 0.5))
    whole = replace(TUESDAYS, warm_up=0.1)
    assert sum(b.hours for b in fit(tasks, whole).blocks) == pytest.approx(4 * 1.9)
    assert sum(b.hours for b in fit(tasks, pieces).blocks) == pytest.approx(16 * 0.4)


def test_blocks_stay_inside_their_sessions_and_apart():
    plan = fit(dated_plan.tasks_for(SYLLABUS, sample()), replace(TUESDAYS, days=90, warm_up=0.1))
    for one, other in zip(plan.blocks, plan.blocks[1:], strict=False):
        assert one.start < one.end <= other.start
    assert all(block.start.hour >= 19 and (block.end.hour, block.end.minute) <= (21, 0) for block in plan.blocks)


def test_nothing_happens_on_days_away_or_after_the_end():
    away = replace(TUESDAYS, away=((date(2027, 1, 12), date(2027, 1, 19)),))
    days = {block.start.date() for block in fit([Task("a", "A", 100)], away).blocks}
    assert days == {date(2027, 1, 26), date(2027, 2, 2)}


def test_an_evening_stays_an_evening_when_the_clocks_change():
    spring = replace(TUESDAYS, start=date(2027, 3, 22))
    starts = [slot.start for slot in dated_plan.slots(spring)][:2]
    assert [start.hour for start in starts] == [19, 19]
    assert [start.astimezone(UTC).hour for start in starts] == [18, 17]


def test_hours_that_the_clocks_skip_or_repeat_are_real_hours():
    night = (Session("Sun", "01:30", 2),)
    for day in (date(2027, 3, 28), date(2027, 10, 31)):
        plan = fit([Task("a", "A", 2)], replace(TUESDAYS, start=day, days=1, sessions=night))
        assert [b.end.astimezone(UTC) - b.start.astimezone(UTC) for b in plan.blocks] == [timedelta(hours=2)]


def test_a_time_that_there_is_not_becomes_one_that_there_is():
    skipped = replace(TUESDAYS, start=date(2027, 3, 28), days=1, sessions=(Session("Sun", "02:30", 1),))
    (slot,) = dated_plan.slots(skipped)
    assert slot.start == datetime(2027, 3, 28, 3, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    assert slot.start.hour == 3


@pytest.mark.parametrize(
    "settings",
    [
        replace(TUESDAYS, zone="Middle/Earth"),
        replace(TUESDAYS, zone=""),
        replace(TUESDAYS, zone="../etc/passwd"),
        replace(TUESDAYS, sessions=(Session("Tuesday", "19:00", 2),)),
        replace(TUESDAYS, sessions=(Session("Tue", "7 pm", 2),)),
        replace(TUESDAYS, sessions=(Session("Tue", "19:00", -1),)),
        replace(TUESDAYS, sessions=(Session("Tue", "19:00", float("nan")),)),
        replace(TUESDAYS, sessions=(Session("Tue", "19:00", 2), Session("Tue", "20:00", 2))),
        replace(TUESDAYS, sessions=(Session("Sun", "23:00", 2), Session("Mon", "00:30", 1))),
        replace(TUESDAYS, days=0),
        replace(TUESDAYS, start=date(9999, 12, 1)),
        replace(TUESDAYS, away=((date(2027, 1, 20), date(2027, 1, 12)),)),
    ],
)
def test_a_week_that_there_is_not_is_refused(settings):
    with pytest.raises(lab.LabError):
        list(dated_plan.slots(settings))


@pytest.mark.parametrize("hours", [0, -1, 15])
def test_hours_that_a_week_does_not_have_are_refused(hours):
    with pytest.raises(lab.LabError):
        dated_plan.weekly(hours)


def test_a_week_adds_up():
    assert [session.hours for session in dated_plan.weekly(5)] == [2, 2, 1]
    assert len({session.weekday for session in dated_plan.weekly(14)}) == 7


@pytest.mark.parametrize(
    "tasks", [[Task("a", "A", 1, ("b",)), Task("b", "B", 1, ("a",))], [Task("a", "A", 1, ("gone",))]]
)
def test_tasks_that_cannot_begin_are_named(tasks):
    with pytest.raises(lab.LabError):
        fit(tasks, TUESDAYS)


def test_after_a_lost_week_the_past_stays_and_the_rest_moves():
    tasks = [Task("a", "A", 3), Task("b", "B", 4, ("a",))]
    promised = fit(tasks, TUESDAYS)
    kept = promised.blocks[:1]
    again = fit(tasks, TUESDAYS, kept=kept, first=date(2027, 1, 26))
    assert again.blocks[0] == promised.blocks[0]
    assert [block.start.date().day for block in again.blocks] == [12, 26, 26, 2]
    assert {(block.task, block.part) for block in again.blocks} == {("a", 1), ("a", 2), ("b", 1), ("b", 2)}
    assert again.left == pytest.approx({"b": 1})


def test_load_adds_up_by_week():
    plan = fit([Task("a", "A", 3)], TUESDAYS)
    table = dated_plan.load(plan, TUESDAYS)
    assert table["planned"].tolist() == pytest.approx([2, 1, 0, 0])
    assert table["available"].tolist() == pytest.approx([2, 2, 2, 2])
