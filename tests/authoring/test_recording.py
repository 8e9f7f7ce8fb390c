"""The build runs every test of the reference solution both ways, records how each is judged, and tells the author."""

from types import SimpleNamespace

import pytest
from nbformat.v4 import new_notebook

from authoring.recording import record_profile
from authoring.release import Assignment
from curriculum.errors import CourseError
from grading.engine.profile import TestProfile
from grading.engine.run import Engine
from grading.engine.score import score_notebook
from tests.engine.test_run import given, solution, test_cell

GIVEN = "import decimal\nLIMIT = 10"
ANSWER = """
import colorsys
import curriculum.lab.leaves_a_thread
rate = 1

class Amount:
    def __init__(self, n): self.n = n
    def __eq__(self, other): return self.n == other.n

def price(n): return n * rate
def five(): decimal.getcontext().prec = 5
def look_up(name): return globals()[name]
"""
TESTS = {
    "plain": "assert price(2) == 2",
    "pushed": "rate = 3\nassert price(2) == 6",
    "shared": "import decimal\nfive()\nassert decimal.getcontext().prec == 5",
    "dynamic": "wanted = 7\nassert look_up('wanted') == 7 and Amount(1) == Amount(1)",
    "traced": "import sys\nsys.settrace(None)\nassert price(1) >= 1",
}


def assignment(answer=ANSWER, tests=None):
    cells = [test_cell(source, name) for name, source in (tests or TESTS).items()]
    notebook = new_notebook(cells=[given(GIVEN), solution(answer, "answer"), *cells])
    return Assignment(SimpleNamespace(name="unit.md"), notebook, notebook, {})


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    root = tmp_path_factory.mktemp("root")
    source = "import threading, time\nthreading.Thread(target=time.sleep, args=(600,), daemon=True).start()\n"
    lab = root / "curriculum" / "lab"  # what submissions may import besides Python's environment
    lab.mkdir(parents=True)
    (root / "curriculum" / "__init__.py").touch()
    (lab / "__init__.py").touch()
    (lab / "leaves_a_thread.py").write_text(source)
    return SimpleNamespace(root=root)


@pytest.fixture(scope="module")
def recorded(course):
    return record_profile(course, assignment())


def test_a_test_is_split_where_the_reference_solution_passes_it_so(recorded):
    assert recorded.profile.of("plain") == TestProfile()
    assert recorded.profile.of("traced").mode == "split"


def test_names_that_a_test_binds_and_the_solution_reads_are_found(recorded):
    profile = recorded.profile.of("pushed")
    assert (profile.mode, profile.pushed) == ("split", {"rate"})


def test_a_library_whose_state_both_sides_use_is_taken_from_the_learners_process(recorded):
    profile = recorded.profile.of("shared")
    assert (profile.mode, profile.remote) == ("split", {"decimal"})


def test_a_test_that_cannot_be_split_is_guarded_with_the_operators_of_the_reference_solution(recorded):
    profile = recorded.profile.of("dynamic")
    assert (profile.mode, profile.operators) == ("guarded", {"__eq__"})


def test_the_author_is_told_in_a_sentence_each(recorded):
    shared, guarded, traced, thread = recorded.remarks
    assert shared == "The test 'shared' uses decimal of the learner's process, where it can be changed."
    assert guarded.startswith("The test 'dynamic' runs guarded, in the learner's process, because split it fails: Key")
    assert traced.startswith("The test 'traced' passes split, and stays so, but fails in one process: RuntimeError")
    assert (
        thread == "Importing curriculum.lab.leaves_a_thread starts a thread, so each submission imports it by itself."
    )


def test_the_modules_to_import_beforehand_are_few_and_leave_one_thread(recorded):
    imports = recorded.profile.imports
    assert len(imports) < 10
    assert "colorsys" in imports and "curriculum.lab.leaves_a_thread" not in imports
    assert not [name for name in imports if any(part.startswith("_") for part in name.split("."))]


def test_what_was_recorded_grades_right_and_wrong_answers(course, recorded, tmp_path):
    wrong = ANSWER.replace("n * rate", "n").replace("prec = 5", "prec = 6").replace("[name]", ".get(name, 7) and 8")
    wrong = wrong.replace("self.n == other.n", "True")
    with Engine(course.root) as engine:
        points = {
            answer: [
                score.points
                for score in score_notebook(
                    engine.run(assignment(answer).solution, tmp_path, recorded.profile).notebook
                ).values()
            ]
            for answer in (ANSWER, wrong)
        }
    assert points == {ANSWER: [1, 1, 1, 1, 1], wrong: [1, 0, 0, 0, 1]}


def test_a_test_that_the_reference_solution_fails_both_ways_is_refused_by_name(course):
    with pytest.raises(CourseError, match=r"unit\.md: the reference solution does not pass the test 'bad': 3 is no 4"):
        record_profile(course, assignment("import math", {"good": "assert True", "bad": "assert 3 == 4, '3 is no 4'"}))
