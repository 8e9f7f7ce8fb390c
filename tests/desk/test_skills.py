"""A skill's value is the strongest evidence behind it, and a radar's area depends on the order of its axes."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curriculum.course import Course
from curriculum.desk.evidence import Evidence, Found, Kind
from curriculum.desk.skills import (
    CAPS,
    calibration,
    foreseen,
    narrowest,
    radar_area,
    shown_by,
    skills_of,
    widest,
)


def piece(kind, what="x", value=1.0, of=None, waits=False, unit="u1-limits"):
    return Evidence(unit, kind, what, value, "", None, "sample", of, waits)


def level(course, *pieces):
    return shown_by(course.syllabus.unit("u1-limits"), Found(pieces)).level()


def test_nothing_shows_nothing(course):
    assert level(course) == 0
    assert [skill.level() for skill in skills_of(course.syllabus, Found())] == [0]


def test_a_kind_of_evidence_reaches_its_cap_and_no_further(course):
    journal = (piece(Kind.PREDICTION), piece(Kind.RESULT))
    assert level(course, *journal) == pytest.approx(CAPS[Kind.PREDICTION])
    assert level(course, *journal, piece(Kind.CHECK, value=8, of=8)) == pytest.approx(CAPS[Kind.CHECK])
    assert level(course, *journal, piece(Kind.GRADE, value=3, of=4), piece(Kind.GRADE, "y", 0, 4)) == 0.375


def test_the_last_check_counts_and_a_grade_that_waits_is_no_grade(course):
    assert level(course, piece(Kind.CHECK, value=8, of=8), piece(Kind.CHECK, value=4, of=8)) == 0.2
    assert level(course, piece(Kind.GRADE, value=4, of=4), piece(Kind.GRADE, "y", 9, 12, waits=True)) == 0.25


def test_a_credential_counts_for_what_it_says_and_each_indicator_of_a_unit_for_its_part(course):
    unit, one = course.syllabus.unit("u1-limits"), piece(Kind.CREDENTIAL, "urn:x1", "The school")
    assert shown_by(unit, Found((one, one))).level() == CAPS[Kind.CREDENTIAL]
    assert shown_by(unit, Found((one,)), indicators=2).level() == CAPS[Kind.CREDENTIAL] / 2
    graded = piece(Kind.GRADE, value=9, of=10)
    assert shown_by(unit, Found((one, graded))).level() == 0.9  # a grade says how many more
    asked = [proof.share for milestone in Course().syllabus.milestones for proof in milestone.proofs]
    assert min(asked) >= CAPS[Kind.CREDENTIAL]


@pytest.mark.parametrize(
    ("kind", "judged"), [(Kind.GRADE, True), (Kind.CREDENTIAL, True), (Kind.CHECK, False), (Kind.PREDICTION, False)]
)
def test_a_skill_is_judged_by_others_only(course, kind, judged):
    (skill,) = skills_of(course.syllabus, Found((piece(kind, value=1, of=1),)))
    assert skill.is_judged is judged


def test_no_values_fill_no_radar():
    assert (narrowest([]), widest([]), radar_area([])) == ([], [], 0)


def test_a_guess_after_the_result_is_no_prediction():
    later = Found((piece(Kind.RESULT), piece(Kind.PREDICTION)))
    before = Found((piece(Kind.PREDICTION), piece(Kind.RESULT), piece(Kind.PREDICTION)))
    assert foreseen("u1-limits", later) == set()
    assert foreseen("u1-limits", before) == {"x"}


def test_a_skill_is_the_mean_of_its_units_by_hours(course):
    found = Found((piece(Kind.GRADE, value=1, of=1, unit="u2-queues"),))
    (skill,) = skills_of(course.syllabus, found)  # u1 has 2.5 hours, u2 has 2; u3 is planned
    assert skill.level() == pytest.approx(2 / 4.5)
    assert skill.evidence == list(found.evidence)


def test_calibration_tells_bias_from_error():
    levels = {"a": 0.2, "b": 0.5, "c": 0.8}
    assert calibration({"a": 0.2, "b": 0.5}, levels) is None
    high = calibration({"a": 0.3, "b": 0.6, "c": 0.9, "unknown": 1}, levels)
    assert (high.skills, round(high.bias, 6), round(high.error, 6), high.pairs) == (3, 0.1, 0.1, 1)
    assert high.sentence == "Error 10 points, 100% of the pairs in the same order, over 3 skills."
    tied = calibration({"a": 0.3, "b": 0.3, "c": 0.9}, levels)
    assert (tied.pairs, tied.ties) == (1, 1)
    assert "order (1 tied and left out), over" in tied.sentence
    assert "no order to compare" in calibration(dict.fromkeys("abc", 0.5), levels).sentence
    turned = calibration({"a": 0.8, "b": 0.5, "c": 0.2}, levels)
    assert (round(turned.bias, 6), round(turned.error, 6), turned.pairs) == (0, 0.4, 0)


@given(st.lists(st.floats(0, 1), min_size=3, max_size=7))
def test_the_two_orders_are_the_extremes(values):
    areas = [radar_area(order) for order in permutations(values)]
    assert radar_area(widest(values)) == pytest.approx(max(areas))
    assert radar_area(narrowest(values)) == pytest.approx(min(areas))
    assert sorted(widest(values)) == sorted(narrowest(values)) == sorted(values)
