"""Grading gives each submission its points, sets aside what cannot be graded, and does nothing twice."""

import copy
import io
import json
import os
import signal
import subprocess
import sys
import time

import nbformat
import psutil
import pytest
from rich.console import Console

from curriculum.errors import CourseError
from grading.engine.autograde import State, outcomes_table


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
    """Ways to spoil a submission, and words that say what is wrong with it."""
    whole = cohort.bytes_of()
    copied, changed, old, many = (cohort.answered() for _ in range(4))
    twin = copy.deepcopy(cell_of(copied, "window-of-second-start"))
    twin.id = "twin"
    copied.cells.append(twin)
    cell_of(changed, "window-of-second-start").metadata.nbgrader.grade = False
    cell_of(old, "window-of-second-start").metadata.nbgrader.schema_version = 1
    many.cells += [nbformat.v4.new_markdown_cell("x") for _ in range(2_000)]
    other = cohort.answered()
    other.metadata.course.unit = "y9-other"
    stranger = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1")])
    odd = json.loads(whole)
    odd["cells"][0]["cell_type"] = "poem"
    return {
        "cut short": (whole[: len(whole) // 2], "not whole"),
        "empty": (b"", "is empty"),
        "byte-order mark": (b"\xef\xbb\xbf" + whole, "byte-order mark"),
        "not UTF-8": (whole.replace(b"limit of", b"limit \xe9", 1) + b"\xff", "not UTF-8"),
        "a list": (b"[]", "no list of cells"),
        "format 3": (b'{"nbformat": 3, "cells": []}', "notebook format 3"),
        "nested": (b"[" * 100_000, "nested too deeply"),
        "half a character": (whole.replace(b"limit", b"\\ud800", 1), "half a character"),
        "unknown cell type": (json.dumps(odd).encode(), "no valid notebook"),
        "of another unit": (cohort.bytes_of(other), "notebook of y9-other"),
        "of no unit": (cohort.bytes_of(stranger), "notebook of another unit"),
        "copied test": (cohort.bytes_of(copied), "'window-of-second-start' is in it 2 times"),
        "changed flag": (cohort.bytes_of(changed), "'window-of-second-start' was changed (grade)"),
        "old metadata": (cohort.bytes_of(old), "of version 1"),
        "too many cells": (cohort.bytes_of(many), "2,000 are the most"),
    }


def test_what_cannot_be_graded_is_set_aside_with_a_sentence_and_stops_nobody(cohort):
    cases = spoilt(cohort)
    for number, (content, _) in enumerate(cases.values()):
        cohort.submit(f"s{number:02}", content)
    right = cohort.submit("right")
    (right.parent.parent / "linked").symlink_to(right.parent)
    misnamed = cohort.submit("misnamed")
    (misnamed / "t1-limits.ipynb").rename(misnamed / "t1-limits (1).ipynb")
    (cohort.course.cohort / "submitted" / "nothing" / "t1-limits").mkdir(parents=True)
    odd = cohort.course.cohort / "submitted" / "odd[name]" / "t1-limits"
    odd.mkdir(parents=True)

    outcomes = cohort.grade()
    for number, (case, (_, words)) in enumerate(cases.items()):
        outcome = outcomes[f"s{number:02}"]
        assert outcome.set_aside and words in outcome.why, f"{case}: {outcome}"
        assert outcome.score is None and "\n" not in outcome.why
    assert "is a link" in outcomes["linked"].why
    assert "'t1-limits (1).ipynb' but no t1-limits.ipynb" in outcomes["misnamed"].why
    assert "has no t1-limits.ipynb" in outcomes["nothing"].why
    assert "no student's name" in outcomes["odd[name]"].why
    assert outcomes["right"].score == 15

    shown = io.StringIO()
    Console(width=200, file=shown).print(outcomes_table(list(outcomes.values())))
    assert "set aside: t1-limits.ipynb is empty." in shown.getvalue()


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("import os\nos._exit(3)", "ended the kernel"),
        pytest.param(
            "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)",
            "ended the process",
            marks=pytest.mark.skipif(sys.platform == "win32", reason="signals as POSIX has them"),
        ),
    ],
)
def test_a_submission_that_kills_what_runs_it_loses_only_itself(cohort, code, words):
    cohort.submit("a-right")
    cohort.submit("b-kills", cohort.answered(window_of_second=code))
    cohort.submit("c-right")
    outcomes = cohort.grade()
    assert outcomes["b-kills"].set_aside and words in outcomes["b-kills"].why
    assert outcomes["b-kills"].score is None
    assert [outcomes[who].score for who in ("a-right", "c-right")] == [15, 15]


def test_a_deleted_test_cell_is_left_to_a_person(cohort):
    notebook = cohort.answered()
    notebook.cells.remove(cell_of(notebook, "limiter-refuses"))
    cohort.submit("ana", notebook)
    [outcome] = cohort.grade().values()
    assert outcome.score == 14 and outcome.needs_manual_grade
    assert outcome.notes == ("without the cell 'limiter-refuses': a person decides its points",)


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
    for number in range(3):
        cohort.submit(f"s{number}")
    records = cohort.course.cohort / "records" / "t1-limits"
    first = start()
    for _ in range(1200):
        if list(records.glob("*.json")):
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
    assert not alive, "workers or kernels outlive the run"

    done = len(list(records.glob("*.json")))
    assert 1 <= done < 3
    said, _ = start().communicate(timeout=300)
    assert said.count(": UNCHANGED 15.0") == done
    assert said.count(": GRADED 15.0") == 3 - done


def test_two_runs_at_once_take_turns(cohort, start):
    for number in range(2):
        cohort.submit(f"s{number}")
    runs = [start(), start()]
    said = [run.communicate(timeout=300)[0] for run in runs]
    assert [run.returncode for run in runs] == [0, 0]
    assert sum(text.count(": GRADED 15.0") for text in said) == 2
    assert sum(text.count(": UNCHANGED 15.0") for text in said) == 2
