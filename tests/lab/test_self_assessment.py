"""Ratings with evidence: what counts, what is kept, and what is never overwritten."""

import json

import pytest

from curriculum import lab
from curriculum.course import Course
from curriculum.lab import self_assessment
from curriculum.lab.self_assessment import Assessment, Rating


def test_every_skill_of_the_syllabus_has_an_act_and_a_sample_rating():
    skills = set(Course().syllabus.skills)
    assert set(self_assessment.acts()) == skills == set(self_assessment.sample().ratings)


@pytest.mark.parametrize(
    ("level", "evidence", "counted"), [(0, "", 0), (1, "", 1), (2, "", 1), (4, " ", 3), (3, "a link", 3)]
)
def test_what_promises_something_to_show_counts_less_without_it(level, evidence, counted):
    assert Rating(level, evidence).counted == counted


def test_what_is_not_rated_counts_as_nothing():
    assert Assessment({}).counted("monitoring") == 0


def test_what_was_saved_is_read_again(tmp_path):
    mine = Assessment({}).rated("monitoring", 3, "alert rules, ünïcode", "2026-11-24T12:00:00+00:00")
    self_assessment.save(mine, tmp_path)
    assert self_assessment.read(tmp_path) == mine
    assert self_assessment.own_or_sample(tmp_path) == mine


def test_a_first_rating_leaves_the_sample_behind(tmp_path):
    assert self_assessment.own_or_sample(tmp_path).is_sample
    mine = self_assessment.sample().rated("fairness", 2)
    assert list(mine.ratings) == ["fairness"]
    assert not mine.is_sample


def test_the_sample_is_not_saved(tmp_path):
    with pytest.raises(lab.LabError, match="not yours"):
        self_assessment.save(self_assessment.sample(), tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_rating_changes_one_skill_and_keeps_those_that_the_syllabus_no_longer_has(tmp_path):
    self_assessment.save(Assessment({"old-skill": Rating(2, "x"), "monitoring": Rating(1)}), tmp_path)
    mine = self_assessment.read(tmp_path)
    assert mine is not None
    self_assessment.save(mine.rated("monitoring", 4, "y"), tmp_path)
    again = self_assessment.read(tmp_path)
    assert again is not None
    assert again.ratings == {"old-skill": Rating(2, "x"), "monitoring": Rating(4, "y")}


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"format": 2, "skills": {}}',
        '{"format": 1, "skills": {"monitoring": {"level": 5}}}',
        '{"format": 1, "skills": {"monitoring": {"level": true}}}',
        '{"format": 1, "skills": {"monitoring": {"level": 2, "evidence": 3}}}',
        '{"format": 1, "skills": {"monitoring": 2}}',
    ],
)
def test_a_damaged_file_is_named_and_left_alone(tmp_path, text):
    path = tmp_path / self_assessment.FILE
    path.write_text(text, encoding="utf-8")
    with pytest.raises(lab.LabError):
        self_assessment.read(tmp_path)
    assert path.read_text(encoding="utf-8") == text


def test_a_level_that_is_none_is_refused():
    with pytest.raises(lab.LabError, match="0 to 4"):
        Assessment({}).rated("monitoring", 5)


def test_the_file_is_plain_json_with_a_format(tmp_path):
    path = self_assessment.save(Assessment({"monitoring": Rating(1)}), tmp_path)
    assert json.loads(path.read_text(encoding="utf-8")) == {
        "format": 1,
        "skills": {"monitoring": {"level": 1, "evidence": "", "time": ""}},
    }
