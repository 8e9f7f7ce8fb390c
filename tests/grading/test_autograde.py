"""Grading gives each submission its points, sets aside what cannot be graded, and does nothing twice."""

import csv
import io
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import nbformat
import psutil
import pytest
from rich.console import Console

from curriculum.errors import CourseError
from grading.engine import autograde
from grading.engine.autograde import State, grade_unit, outcomes_table
from grading.engine.jail import Tier
from grading.export import export_grades


def cell_of(notebook, grade_id):
    return next(cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade_id") == grade_id)


def test_points_are_those_of_the_tests_and_reflections_wait_for_a_person(cohort):
    cohort.submit("right")
    cohort.submit(
        "wrong", cohort.answered(window_of_second="def window_of(second, length):\n    return second / length")
    )
    cohort.submit("untouched", cohort.released())
    outcomes = cohort.grade(workers=2)
    assert [outcomes[who].state for who in ("right", "wrong", "untouched")] == [State.GRADED] * 3
    assert outcomes["right"].score == 15 and outcomes["right"].max_score == 27
    assert 0 < outcomes["wrong"].score < 15
    assert outcomes["untouched"].score == 0 and not outcomes["untouched"].needs_manual_grade
    assert outcomes["right"].needs_manual_grade


def spoilt(cohort):
    """Ways to spoil a submission beyond repair, and words that say what is wrong with it."""
    whole = cohort.bytes_of()
    many, other = cohort.answered(), cohort.answered()
    many.cells += [nbformat.v4.new_markdown_cell("x") for _ in range(2_000)]
    other.metadata.course.unit = "y9-other"
    stranger = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1")])
    return {
        "cut short": (whole[: len(whole) // 2], "not whole"),
        "empty": (b"", "is empty"),
        "a list": (b"[]", "no list of cells"),
        "nested": (b"[" * 100_000, "nested too deeply"),
        "of another unit": (cohort.bytes_of(other), "notebook of 'y9-other'"),
        "of no unit": (cohort.bytes_of(stranger), "no cell of the assignment"),
        "too many cells": (cohort.bytes_of(many), "2,000 are the most"),
    }


def test_what_cannot_be_graded_is_set_aside_with_a_sentence_and_stops_nobody(cohort):
    cases = spoilt(cohort)
    for number, (content, _) in enumerate(cases.values()):
        cohort.submit(f"s{number:02}", content)
    right = cohort.submit("right")
    submitted = cohort.course.cohort / "submitted"
    (submitted / "linked").symlink_to(right.parent)
    (submitted / "dangling").mkdir()
    (submitted / "dangling" / "t1-limits").symlink_to(submitted / "nowhere")
    (submitted / "nothing" / "t1-limits").mkdir(parents=True)
    (submitted / "odd[name]" / "t1-limits").mkdir(parents=True)
    large = cohort.submit("large")
    with (large / "data.bin").open("wb") as file:
        file.truncate(10**12)  # a hole: it takes no space, and nobody may read it
    (cohort.submit("no-time") / "timestamp.txt").write_text("yesterday, I think", encoding="utf-8")

    outcomes = cohort.grade()
    for number, (case, (_, words)) in enumerate(cases.items()):
        outcome = outcomes[f"s{number:02}"]
        assert outcome.set_aside and words in outcome.why, f"{case}: {outcome}"
        assert outcome.score is None and "\n" not in outcome.why
    assert "is a link" in outcomes["linked"].why
    assert "is a link" in outcomes["dangling"].why
    assert "has no t1-limits.ipynb" in outcomes["nothing"].why
    assert "no student's name" in outcomes["odd[name]"].why
    assert "larger than" in outcomes["large"].why
    assert "does not hold a time" in outcomes["no-time"].why
    assert outcomes["right"].score == 15

    shown = io.StringIO()
    Console(width=200, file=shown).print(outcomes_table(list(outcomes.values())))
    assert "set aside: t1-limits.ipynb is empty." in shown.getvalue()

    with export_grades(cohort.course).open(encoding="utf-8") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    assert {row["state"] for student, row in rows.items() if student != "right"} == {"ungraded"}
    assert rows.keys() == outcomes.keys(), "a submission that was set aside is not absent"


def test_what_broke_the_grader_is_that_submissions_alone(cohort, monkeypatch):
    rebuild = autograde.rebuild

    def breaks(folder, unit, master):
        if folder.parent.name == "bad":
            raise RuntimeError("a case that\nnobody thought of")
        return rebuild(folder, unit, master)

    monkeypatch.setattr(autograde, "rebuild", breaks)
    cohort.submit("bad")
    cohort.submit("good")
    outcomes = cohort.grade(workers=2)
    assert outcomes["bad"].why == (
        "it broke the grader, which is worth a report (RuntimeError: a case that nobody thought of)."
    )
    assert outcomes["good"].score == 15
    monkeypatch.undo()
    assert cohort.grade()["bad"].state is State.GRADED


@pytest.mark.skipif(sys.platform == "win32", reason="signals as POSIX has them")
@pytest.mark.parametrize("code", ["import os\nos._exit(3)", "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)"])
def test_a_submission_that_kills_what_runs_it_costs_its_own_cells_only(cohort, code):
    cohort.submit("a-right")
    cohort.submit("b-kills", cohort.answered(over_limit=code))
    cohort.submit("c-right")
    outcomes = cohort.grade()
    assert [outcomes[who].score for who in ("a-right", "b-kills", "c-right")] == [15, 12, 15]
    assert outcomes["b-kills"].state is State.GRADED


def test_remarks_reach_the_grader_and_the_autograded_notebook(cohort):
    notebook = cohort.answered()
    notebook.cells.remove(cell_of(notebook, "limiter-refuses"))
    folder = cohort.submit("ana", notebook)
    (folder / "own.csv").write_text("x", encoding="utf-8")
    (folder / "limits.csv").write_text("not the author's", encoding="utf-8")
    [outcome] = cohort.grade().values()
    assert outcome.score == 15
    assert outcome.notes == ("The cell 'limiter-refuses' had been deleted; the assignment's own was put back.",)
    autograded = cohort.course.cohort / "autograded" / "ana" / "t1-limits"
    made = nbformat.read(autograded / "t1-limits.ipynb", as_version=4)
    assert made.metadata.course.remarks == list(outcome.notes)
    assert (autograded / "own.csv").read_text(encoding="utf-8") == "x"
    assert (autograded / "limits.csv").read_text(encoding="utf-8").startswith("client,limit")
    [again] = cohort.grade().values()
    assert (again.state, again.notes) == (State.UNCHANGED, outcome.notes)


def test_the_isolation_is_announced_and_less_than_was_asked_for_runs_nothing(cohort, monkeypatch):
    cohort.submit("ana")
    shown = io.StringIO()
    grade_unit(cohort.course, cohort.unit, console=Console(file=shown, width=300))
    first = shown.getvalue().splitlines()[0]
    assert "solat" in first

    monkeypatch.setattr("grading.engine.run.probe", lambda: Tier.LIMITS)
    with pytest.raises(CourseError, match="full"):
        cohort.grade(force=True, isolation=Tier.FULL)
    assert cohort.grade()["ana"].state is State.UNCHANGED


def test_what_has_not_changed_is_not_graded_again(graded):
    graded.submit("ben", graded.released())
    outcomes = graded.grade()
    assert (outcomes["ana"].state, outcomes["ben"].state) == (State.UNCHANGED, State.GRADED)
    assert (outcomes["ana"].score, outcomes["ben"].score) == (15, 0)
    assert graded.grade(force=True, students=["ana"])["ana"].state is State.GRADED


def test_a_set_aside_resubmission_leaves_the_earlier_points(graded):
    graded.submit("ana", b"{")
    outcome = graded.grade()["ana"]
    assert outcome.set_aside and outcome.score == 15


def test_points_given_by_a_person_are_kept_and_marked_for_another_look(graded):
    with graded.gradebook() as gradebook:
        grade = gradebook.find_grade("reflect-limit", "t1-limits", "t1-limits", "ana")
        grade.manual_score, grade.needs_manual_grade = 9, False
        gradebook.db.commit()
    assert graded.grade()["ana"].score == 24
    outcome = graded.grade(force=True)["ana"]
    assert outcome.score == 24 and outcome.needs_manual_grade


def test_a_changed_assignment_is_graded_again_and_the_released_one_is_not_touched(graded):
    path = graded.course.solution_notebook(graded.unit)
    released = graded.course.released_notebook(graded.unit).read_bytes()
    solution = nbformat.read(path, as_version=4)
    cell_of(solution, "limiter-refuses").source = "assert False, 'a stricter test'"
    nbformat.write(solution, path)
    outcome = graded.grade()["ana"]
    assert outcome.state is State.GRADED and outcome.score == 14
    assert graded.course.released_notebook(graded.unit).read_bytes() == released

    del solution.cells[next(i for i, cell in enumerate(solution.cells) if cell.id == "limiter-refuses")]
    nbformat.write(solution, path)
    with pytest.raises(CourseError, match="gone: limiter-refuses"):
        graded.grade()


def test_another_way_to_judge_the_tests_is_graded_again(graded):
    """The profile that the build recorded decides what a test may do: with another one, points can be others."""
    path = graded.course.profile(graded.unit)
    assert graded.grade()["ana"].state is State.UNCHANGED
    profile = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**profile, "learner_names": []}), encoding="utf-8")
    assert graded.grade()["ana"].state is State.GRADED
    assert graded.grade()["ana"].state is State.UNCHANGED
    path.unlink()
    assert graded.grade()["ana"].state is State.GRADED


def test_what_is_missing_is_said_in_a_sentence(cohort):
    assert cohort.grade() == {}
    with pytest.raises(CourseError, match="no submission of zoe"):
        cohort.grade(students=["zoe"])
    cohort.submit("ana")
    cohort.course.solution_notebook(cohort.unit).unlink()
    with pytest.raises(CourseError, match="course build t1-limits"):
        cohort.grade()


def test_a_spoilt_gradebook_is_said_in_a_sentence(cohort):
    cohort.submit("ana")
    (cohort.course.cohort / "gradebook.db").write_bytes(b"no database" * 100)
    with pytest.raises(CourseError, match="cannot be read as a gradebook"):
        cohort.grade()


SCRIPT = """
import sys
from pathlib import Path
from curriculum.course import Course
from grading.engine.autograde import grade_unit
if __name__ == "__main__":
    root = Path(sys.argv[1])
    course = Course(root=root, work=root / "work", cohort=root / "grading" / "cohort_data")
    for outcome in grade_unit(course, course.syllabus.ready_unit("t1-limits"), workers=2):
        print(f"{outcome.student}: {outcome.state.name} {outcome.score}")
"""


@pytest.fixture
def start(cohort, tmp_path):
    """Starts a process that grades everything."""
    script = tmp_path / "grade.py"
    script.write_text(SCRIPT, encoding="utf-8")
    return lambda: subprocess.Popen(
        [sys.executable, str(script), str(cohort.course.root)],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


@pytest.mark.skipif(sys.platform == "win32", reason="signals as POSIX has them")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_run_that_was_stopped_goes_on_where_it_was(cohort, start, how):
    wait = "import time\n\ntime.sleep(1)\n"
    for number in range(6):
        right = cohort.answered()
        cohort.submit(f"s{number}", cohort.answered(wait_time=wait + cell_of(right, "wait-time").source))
    first = start()
    for _ in range(1200):
        if finished(cohort):
            break
        assert first.poll() is None
        time.sleep(0.05)
    helpers = psutil.Process(first.pid).children(recursive=True)
    if how is signal.SIGINT:
        os.killpg(first.pid, how)
    else:
        first.kill()
    first.communicate(timeout=60)
    _, alive = psutil.wait_procs(helpers, timeout=20)
    assert not alive, "processes outlive the run"

    done = finished(cohort)
    assert 1 <= done < 6
    said, _ = start().communicate(timeout=300)
    assert said.count(": UNCHANGED 15.0") == done
    assert said.count(": GRADED 15.0") == 6 - done


def finished(cohort):
    """How many grades are committed."""
    with closing(sqlite3.connect(cohort.course.cohort / "gradebook.db")) as gradebook:
        if not gradebook.execute("select 1 from sqlite_master where name = 'course_stamp'").fetchone():
            return 0
        return gradebook.execute("select count(*) from course_stamp where submission != ''").fetchone()[0]


def test_two_runs_at_once_take_turns(cohort, start):
    for number in range(2):
        cohort.submit(f"s{number}")
    runs = [start(), start()]
    said = [run.communicate(timeout=300)[0] for run in runs]
    assert [run.returncode for run in runs] == [0, 0]
    assert sum(text.count(": GRADED 15.0") for text in said) == 2
    assert sum(text.count(": UNCHANGED 15.0") for text in said) == 2
