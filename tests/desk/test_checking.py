"""A check runs the released tests on the learner's answers, and says what to look at next."""

import json
from datetime import UTC, datetime, timedelta

import nbformat
import pytest
from nbformat.v4 import new_code_cell

from curriculum.desk import check_unit, lay
from curriculum.desk.notebooks import merge, read_learners, read_released
from curriculum.desk.places import assignment_of, folder_of
from curriculum.desk.results import CheckResult, State
from curriculum.desk.showing import plain_text
from curriculum.errors import CourseError
from grading.engine.execute import run_notebook
from tests.benchmarks.check import end_warm_process

WRITE = "open('out.yaml', 'w').write('limit: 10') and None"


def test_shows_points_states_and_what_to_look_at(course, unit, make):
    half = "def limit(n):\n    return 10"
    make.answered(assignment_of(course, unit), {"limiter": half, "who-decides": "The team decides."})
    before = {path: path.read_bytes() for path in folder_of(course, unit).rglob("*")}
    result = check_unit(course, unit)
    assert [(task.title, task.state, task.earned, task.points) for task in result.tasks] == [
        ("A limit", State.PARTLY, 2, 3),
        ("A file", State.UNTOUCHED, 0, 4),
        ("Who decides", State.PERSON, 0, 12),
    ]
    assert result.tasks[0].look_at == "limit(3) gave 10, expected 3"
    assert (result.earned, result.points, result.hidden, result.manual) == (2, 7, 3, 12)
    said = " ".join(result.sentences)
    assert "2 of 7 visible points. Hidden tests add up to 3 points when graded." in said
    assert "work/u1-limits/u1-limits.ipynb as saved at" in said
    assert "limit(3) gave 10, expected 3" in plain_text(result)
    # The learner's folder is as it was: no output in the notebook, and no file that a task wrote.
    assert {path: path.read_bytes() for path in folder_of(course, unit).rglob("*")} == before
    record = json.loads((course.work / ".desk" / "checks.jsonl").read_text(encoding="utf-8"))
    assert (record["unit"], record["earned"], record["points"]) == ("u1-limits", 2, 7)


def test_restores_tests_that_were_changed_or_deleted(course, unit, make):
    cells = make.released_cells()
    for cell in cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == "limiter-top":
            cell.source = "pass"
    kept = [cell for cell in cells if cell.metadata.get("nbgrader", {}).get("grade_id") != "limiter-below"]
    make.write(assignment_of(course, unit), kept)
    result = check_unit(course, unit)
    assert result.earned == 0
    assert "You changed limiter-top; the released cell was used instead." in result.notes
    assert "Your notebook lacks limiter-below; the released cell was used instead." in result.notes


def test_of_an_answer_given_twice_the_first_counts(course, unit, make):
    again = make.cell("def limit(n):\n    return 0", "limiter", solution=True)
    make.answered(assignment_of(course, unit), {"limiter": make.RIGHT, "writer": WRITE}, extra=[again])
    result = check_unit(course, unit)
    assert (result.earned, result.points) == (7, 7)
    assert [task.state for task in result.tasks] == [State.DONE, State.DONE, State.PERSON]
    assert result.notes == (
        "There is more than one cell named limiter; the first one counts, so delete or move the others.",
    )


def test_says_when_the_answer_itself_stops(course, unit, make):
    make.answered(assignment_of(course, unit), {"limiter": "def limit(n)\n    return n", "writer": WRITE})
    first, second, _ = check_unit(course, unit).tasks
    assert first.look_at.startswith("Your cell stops with SyntaxError: expected ':'")
    assert (first.state, second.state) == (State.NOT_YET, State.DONE)


def test_a_cell_that_the_learner_added_keeps_its_place(course, unit, make):
    cells = make.released_cells()
    helper = new_code_cell("def smaller(a, b):\n    return min(a, b)")
    foreign = make.cell("assert True", "another-test", 100)  # a graded cell of elsewhere: kept, and worth nothing
    cells[3].source = "def limit(n):\n    return smaller(n, 10)"
    make.write(assignment_of(course, unit), [*cells[:3], helper, foreign, *cells[3:]])
    merged = merge(read_released(course, unit), read_learners(course, unit))
    assert [cell.source for cell in merged.notebook.cells if cell.cell_type == "code"][:4] == [
        "import math",
        helper.source,
        "assert True",
        cells[3].source,
    ]
    result = check_unit(course, unit)
    assert (result.earned, result.points) == (3, 7)


def test_a_check_inside_the_notebook_does_not_start_another(course, unit, make):
    call = new_code_cell("import os\nfrom curriculum.desk import check\ncheck()\n"
                         "assert 'JPY_SESSION_NAME' not in os.environ")  # fmt: skip
    make.answered(assignment_of(course, unit), {"limiter": f"{make.RIGHT}\n{call.source}", "writer": WRITE})
    assert check_unit(course, unit).earned == 7  # a second check would run a third, without end


def test_works_inside_a_notebook(course, unit, make, monkeypatch, tmp_path):
    """`check()` in a kernel: it finds its unit, does not disturb the running event loop, and shows a table."""
    lay(course)
    make.answered(assignment_of(course, unit), {"limiter": make.RIGHT, "writer": WRITE})
    here = (
        "from pathlib import Path\nfrom curriculum import course\n"
        f"root = Path({str(course.root)!r})\n"
        "made = course.Course(root=root, work=root / 'work', cohort=root / 'cohort')\n"
        "from curriculum.desk import checking\nchecking.Course = lambda: made"
    )
    calling = nbformat.v4.new_notebook(cells=[new_code_cell(here), new_code_cell("checking.check()")])
    monkeypatch.setenv("JPY_SESSION_NAME", str(folder_of(course, unit) / "lesson.ipynb"))
    try:
        executed = run_notebook(calling, folder_of(course, unit))
    finally:
        end_warm_process(course.root)
    (output,) = executed.cells[1].outputs
    assert "7 of 7 visible points" in output.data["text/plain"]
    assert "<table>" in output.data["text/html"]


def test_outside_the_desk_it_says_where_it_works(course, unit, make, tmp_path):
    calling = nbformat.v4.new_notebook(cells=[new_code_cell("from curriculum.desk import check\ncheck()")])
    (output,) = run_notebook(calling, tmp_path).cells[0].outputs
    assert output.text.startswith("check() works in a notebook of your desk, such as work/UNIT/UNIT.ipynb")


def test_a_cell_that_ends_its_process_costs_its_own_points_and_is_one_sentence(course, unit, make):
    make.answered(assignment_of(course, unit), {"limiter": "import os\nos._exit(1)", "writer": WRITE})
    result = check_unit(course, unit)
    assert (result.tasks[0].earned, result.tasks[1].earned) == (0, 4)
    assert "The cell 'limiter' ended its own Python process" in result.notes[0]
    assert len(result.notes) == 1


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "There is no work/u1-limits/u1-limits.ipynb; `make lab`"),
        (b"", "is empty"),
        (b'{"cells": [', "its JSON is broken"),
        (b"[" * 100_000, "its JSON is broken"),
        (b"[]", "JSON of another kind"),
        (b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": 3}', "not a valid notebook"),
        (
            b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{"cell_type": "cod"}]}',
            "not a valid notebook",
        ),
        (b'{"nbformat": 99}', "not a valid notebook"),
        (b"PK\x03\x04\xff\xfe", "bytes that are no text"),
    ],
)
def test_bad_input_is_one_sentence(course, unit, content, words):
    path = assignment_of(course, unit)
    path.parent.mkdir(parents=True)
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CourseError, match=words) as caught:
        check_unit(course, unit)
    assert "\n" not in str(caught.value)


def test_a_notebook_of_another_unit_is_named(course, unit, make):
    make.write(assignment_of(course, unit), [make.cell("x = 1", "other-task", solution=True)], unit="u2-queues")
    with pytest.raises(CourseError, match=r"is not the assignment of 'u1-limits': it is the notebook of 'u2-queues'"):
        check_unit(course, unit)


def test_a_unit_without_assignment_is_one_sentence(course):
    with pytest.raises(CourseError, match="'u2-queues' has no assignment"):
        check_unit(course, course.syllabus.ready_unit("u2-queues"))


@pytest.mark.parametrize(
    ("minutes", "said"), [(-1, "less than a minute ago"), (1, "a minute ago"), (90, "90 minutes ago")]
)
def test_says_how_old_the_saved_notebook_is(minutes, said):
    saved = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    result = CheckResult("u1-limits", "work/x.ipynb", saved + timedelta(minutes=minutes), saved, (), hidden=0)
    assert f"{said}. What you have not saved since is not in it." in result.sentences[1]
