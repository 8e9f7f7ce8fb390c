"""The syllabus is one checked description, and every item of the framework has a home in it."""

import copy

import pytest
import yaml

from authoring.coverage import coverage
from curriculum.course import Course
from curriculum.errors import CourseError
from curriculum.syllabus import State, read_syllabus

RAW = yaml.safe_load((Course().root / "curriculum" / "syllabus.yml").read_text(encoding="utf-8"))


def written(tmp_path, change):
    raw = copy.deepcopy(RAW)
    change(raw)
    path = tmp_path / "syllabus.yml"
    path.write_text(yaml.safe_dump(raw), encoding="utf-8")
    return path


def unit(raw, unit_id):
    return next(entry for entry in raw["units"] if entry["id"] == unit_id)


def test_lists_every_unit_of_the_journey():
    syllabus = Course().syllabus
    counts = {milestone.id: len(syllabus.units_of(milestone.id)) for milestone in syllabus.milestones}
    assert counts == {"start-here": 4, "foundation": 5, "year1": 6, "year2": 7, "year3": 6}


def test_every_framework_item_has_a_home():
    standings = coverage(Course())
    assert len(standings) == 69
    assert all(standing.state in {"served", "planned"} for standing in standings), [
        standing for standing in standings if standing.state == "incomplete"
    ]


def test_the_exemplar_serves_its_items():
    served = {standing.item for standing in coverage(Course()) if standing.state == "served"}
    assert {"Y1-T1", "A1.1", "A1.2"} <= served


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda raw: unit(raw, "y1-serving").update(prerequisites=["y1-capstone-first-workload"]), "circle"),
        (lambda raw: unit(raw, "y1-serving").update(prerequisites=["nope"]), "unknown prerequisite nope"),
        (lambda raw: unit(raw, "y1-serving").update(milestone="year9"), "unknown milestone 'year9'"),
        (lambda raw: unit(raw, "y1-serving").update(skills=["juggling"]), "unknown skill juggling"),
        (lambda raw: unit(raw, "y1-serving").update(state="nearly"), "'planned' or 'ready'"),
        (lambda raw: unit(raw, "y1-serving").update(id="Y1 Serving"), "pattern"),
        (lambda raw: unit(raw, "y1-serving").update(hors=3), "hors"),
        (lambda raw: raw["units"].append(unit(raw, "y1-serving")), "listed twice"),
    ],
)
def test_a_wrong_entry_is_refused_with_its_place(tmp_path, change, words):
    with pytest.raises(CourseError) as refusal:
        read_syllabus(written(tmp_path, change))
    assert words in str(refusal.value)
    assert "syllabus.yml" in str(refusal.value)


def test_broken_yaml_is_one_sentence(tmp_path):
    path = tmp_path / "syllabus.yml"
    path.write_text("units: [", encoding="utf-8")
    with pytest.raises(CourseError, match="not valid YAML") as refusal:
        read_syllabus(path)
    assert "\n" not in str(refusal.value)


def course_with(tmp_path, change):
    folder = tmp_path / "curriculum"
    folder.mkdir()
    written(folder, change)
    (folder / "framework.yml").write_bytes((Course().root / "curriculum" / "framework.yml").read_bytes())
    return Course(root=tmp_path)


def test_an_item_that_the_framework_lacks_is_refused(tmp_path):
    course = course_with(tmp_path, lambda raw: unit(raw, "y1-serving")["covers"].update({"Y9-T9": {}}))
    with pytest.raises(CourseError, match="Y9-T9"):
        coverage(course)


def test_an_item_without_a_home_is_refused(tmp_path):
    course = course_with(tmp_path, lambda raw: unit(raw, "y1-data-pipelines")["covers"].pop("Y1-E3"))
    with pytest.raises(CourseError) as refusal:
        coverage(course)
    assert "Y1-E3" in str(refusal.value)


def test_a_technical_item_without_a_task_is_incomplete(tmp_path):
    course = course_with(tmp_path, lambda raw: unit(raw, "y1-serving")["covers"]["Y1-T1"].update(tasks=[]))
    standing = next(standing for standing in coverage(course) if standing.item == "Y1-T1")
    assert (standing.state, standing.where) == ("incomplete", "y1-serving lacks tasks")


def test_unit_names_that_are_wrong_or_not_ready_say_what_there_is():
    syllabus = Course().syllabus
    with pytest.raises(CourseError, match=r"no unit 'y1-serv'; the ready units are: .*y1-serving"):
        syllabus.ready_unit("y1-serv")
    planned = next(unit.id for unit in syllabus.units if unit.state is State.PLANNED)
    with pytest.raises(CourseError, match=r"planned, not ready"):
        syllabus.ready_unit(planned)
