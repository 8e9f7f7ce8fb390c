"""A new unit: a skeleton that only its author's notes keep from release, laid where nothing is."""

import re
from pathlib import Path

import pytest

from authoring.gates import GATES, Files
from authoring.new_unit import SKELETON, new_unit
from curriculum.course import Course
from curriculum.errors import CourseError

TINY = "t1-limits"


@pytest.fixture
def bare(tiny_course: Course) -> Course:
    unit = tiny_course.syllabus.unit(TINY)
    tiny_course.lesson_source(unit).unlink()
    for path in tiny_course.solution_folder(unit).glob("*.md"):
        path.unlink()
    return tiny_course


def test_the_gate_names_every_note_to_the_author(bare: Course) -> None:
    new_unit(bare, TINY)
    notes = sum(Path(str(path)).read_text(encoding="utf-8").count("AUTHOR:") for path in SKELETON.iterdir())
    found = GATES["author-notes"].findings(Files(bare, bare.syllabus.unit(TINY)))
    assert len(found) == notes > 8
    assert all(re.fullmatch(r"line \d+", finding.place) for finding in found)
    assert any("tell a concrete failure" in finding.mend for finding in found)


def test_nothing_is_overwritten(bare: Course) -> None:
    answers = bare.solution_folder(bare.syllabus.unit(TINY)) / "answers.md"
    answers.write_text("work of an author", encoding="utf-8")
    with pytest.raises(CourseError, match=r"solutions/t1-limits/answers\.md exists already"):
        new_unit(bare, TINY)
    assert answers.read_text(encoding="utf-8") == "work of an author"
    assert not bare.lesson_source(bare.syllabus.unit(TINY)).exists()


def test_a_unit_that_the_syllabus_lacks_is_refused(bare: Course) -> None:
    with pytest.raises(CourseError, match="There is no unit 'nope'"):
        new_unit(bare, "nope")
