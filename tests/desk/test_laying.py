"""The desk follows the course, and never overwrites what a learner has changed."""

import json

import pytest

from curriculum.desk import lay, laying
from curriculum.desk.laying import Did
from curriculum.desk.places import assignment_of, lesson_of
from curriculum.errors import CourseError

NEW = b'{"cells": [], "metadata": {"v": 2}, "nbformat": 4, "nbformat_minor": 5}\n'
MINE = b'{"cells": [], "metadata": {"mine": 1}, "nbformat": 4, "nbformat_minor": 5}\n'


def did(course):
    return {laid.path.name: laid.did for laid in lay(course)}


def test_lays_lessons_assignments_and_files_of_ready_units(course, unit):
    laid = lay(course)
    assert {path.relative_to(course.work).as_posix() for path in course.work.rglob("*") if path.is_file()} == {
        ".desk/laid.json",
        "u1-limits/lesson.ipynb",
        "u1-limits/limits.csv",
        "u1-limits/u1-limits.ipynb",
        "u2-queues/lesson.ipynb",
    }
    assert {item.did for item in laid} == {Did.LAID}
    assert not any(item.message for item in laid)
    assert lesson_of(course, unit).read_bytes() == course.lesson_notebook(unit).read_bytes()


def test_a_second_time_changes_nothing(course):
    lay(course)
    before = {path: path.stat().st_mtime_ns for path in course.work.rglob("*")}
    assert {item.did for item in lay(course)} == {Did.KEPT}
    assert {path: path.stat().st_mtime_ns for path in course.work.rglob("*")} == before


def test_an_unchanged_file_follows_the_course(course, unit):
    lay(course)
    course.released_notebook(unit).write_bytes(NEW)
    replaced = [item for item in lay(course) if item.did is Did.REPLACED]
    assert [item.path for item in replaced] == [assignment_of(course, unit)]
    assert "work/u1-limits/u1-limits.ipynb has a new version" in replaced[0].message
    assert assignment_of(course, unit).read_bytes() == NEW


def test_a_changed_file_is_kept_and_the_new_version_announced_once(course, unit):
    lay(course)
    assignment_of(course, unit).write_bytes(MINE)
    assert Did.BESIDE not in did(course).values()  # changed by the learner alone: nothing to say
    course.released_notebook(unit).write_bytes(NEW)
    beside = [item for item in lay(course) if item.did is Did.BESIDE]
    assert assignment_of(course, unit).read_bytes() == MINE
    assert beside[0].path.read_bytes() == NEW
    assert beside[0].path.name.startswith("u1-limits.new-")
    assert beside[0].path.name in beside[0].message
    beside[0].path.unlink()
    assert {item.did for item in lay(course)} == {Did.KEPT}  # said once, and not laid again when thrown away


def test_a_learner_who_takes_the_new_version_follows_the_course_again(course, unit):
    lay(course)
    assignment_of(course, unit).write_bytes(MINE)
    course.released_notebook(unit).write_bytes(NEW)
    lay(course)
    assignment_of(course, unit).write_bytes(NEW)
    lay(course)
    course.released_notebook(unit).write_bytes(NEW + b"\n")
    assert did(course)["u1-limits.ipynb"] is Did.REPLACED


def test_a_deleted_file_is_laid_again(course, unit):
    lay(course)
    assignment_of(course, unit).unlink()
    assert did(course)["u1-limits.ipynb"] is Did.LAID


def test_a_file_the_ledger_does_not_know_is_the_learners(course, unit):
    assignment_of(course, unit).parent.mkdir(parents=True)
    assignment_of(course, unit).write_bytes(MINE)
    assert Did.BESIDE in {item.did for item in lay(course)}
    assert assignment_of(course, unit).read_bytes() == MINE


@pytest.mark.parametrize("ledger", ["", "{", "[]", '{"u1-limits/u1-limits.ipynb": 3}'])
def test_a_damaged_ledger_never_costs_work(course, unit, ledger):
    lay(course)
    assignment_of(course, unit).write_bytes(MINE)
    (course.work / ".desk" / "laid.json").write_text(ledger, encoding="utf-8")
    course.released_notebook(unit).write_bytes(NEW)
    lay(course)
    assert assignment_of(course, unit).read_bytes() == MINE


@pytest.mark.parametrize("stop_at", range(1, 8))
@pytest.mark.parametrize("edits_after", [False, True])
def test_stopped_anywhere_it_recovers(course, unit, monkeypatch, stop_at, edits_after):
    """Stop at each write of a replacing run, with or without an edit by the learner before the next run."""
    lay(course)
    course.released_notebook(unit).write_bytes(NEW)
    course.lesson_notebook(unit).write_bytes(NEW)
    real, calls = laying.write_atomically, []

    def stopping(path, content):
        calls.append(path)
        if len(calls) == stop_at:
            raise KeyboardInterrupt
        real(path, content)

    monkeypatch.setattr(laying, "write_atomically", stopping)
    try:
        lay(course)
        assert stop_at > len(calls)
    except KeyboardInterrupt:
        assert stop_at == len(calls)
    monkeypatch.setattr(laying, "write_atomically", real)
    if edits_after:
        assignment_of(course, unit).write_bytes(MINE)
    lay(course)
    course.released_notebook(unit).write_bytes(NEW + b"\n")
    lay(course)
    expected = MINE if edits_after else NEW + b"\n"
    assert assignment_of(course, unit).read_bytes() == expected
    assert json.loads((course.work / ".desk" / "laid.json").read_text(encoding="utf-8"))


def test_a_folder_in_the_way_is_one_sentence(course, unit):
    assignment_of(course, unit).mkdir(parents=True)
    with pytest.raises(CourseError, match=r"Could not read .*u1-limits\.ipynb"):
        lay(course)
