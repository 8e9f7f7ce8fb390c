"""Points are nbgrader's, except where its rule costs a correct answer its points or gives them away."""

import nbformat
import pytest
from nbgrader.utils import compute_checksum, determine_grade

from grading.engine.score import failure_message, points_of, score_notebook

STDERR = nbformat.v4.new_output("stream", name="stderr", text="UserWarning: careful")
STDOUT = nbformat.v4.new_output("stream", name="stdout", text="1")
ERROR = nbformat.v4.new_output("error", ename="AssertionError", evalue="\x1b[31mtoo small\x1b[0m", traceback=[])


def result(text, **other):
    return nbformat.v4.new_output("execute_result", data={"text/plain": text, **other}, execution_count=1)


def graded(*outputs, kind="code", points=2, solution=False, source="assert True"):
    make = {"code": nbformat.v4.new_code_cell, "markdown": nbformat.v4.new_markdown_cell}[kind]
    cell = make(source)
    cell.metadata.nbgrader = nbformat.from_dict(
        {"grade": True, "grade_id": "g", "points": points, "solution": solution, "locked": not solution}
    )
    if kind == "code":
        cell.outputs = list(outputs)
    return cell


SAME = {
    "nothing": graded(),
    "printed": graded(STDOUT),
    "error": graded(ERROR),
    "error after output": graded(STDOUT, ERROR),
    "partial": graded(result("1.5")),
    "zero": graded(result("0")),
    "everything": graded(result("2")),
    "a list of one": graded(result(["0.5"])),
    "true": graded(result("True")),
    "false": graded(result("False")),
    "text": graded(result("'0.5'")),
    "a frame": graded(result("   a\n0  1", **{"text/html": "<table>"})),
    "shown, not returned": graded(nbformat.v4.new_output("display_data", data={"text/plain": "0.5"})),
    "an answer": graded(kind="markdown", solution=True),
    "prose": graded(kind="markdown"),
    "code for a person": graded(ERROR, solution=True),
}


@pytest.mark.parametrize("case", SAME)
def test_points_are_nbgraders(case):
    assert points_of(SAME[case]) == determine_grade(SAME[case])


@pytest.mark.parametrize("kind", ["code", "markdown"])
def test_an_answer_as_released_earns_nothing(kind):
    cell = graded(kind=kind, solution=True)
    cell.metadata.nbgrader.checksum = compute_checksum(cell)
    assert points_of(cell) == determine_grade(cell) == (0, 2)
    cell.source += " and more"
    assert points_of(cell) == determine_grade(cell) == (None, 2)


def test_stderr_costs_nothing():
    assert determine_grade(graded(STDERR)) == (0, 2), "nbgrader does as we do; there is nothing to differ in"
    assert points_of(graded(STDERR)) == (2, 2)
    assert points_of(graded(STDERR, result("0.5"))) == (0.5, 2)
    assert points_of(graded(STDERR, ERROR)) == (0, 2)
    assert failure_message(graded(STDERR)) == ""


@pytest.mark.parametrize(("text", "points"), [("np.float64(1.5)", 1.5), ("np.int64(0)", 0), ("np.float64(x)", 2)])
def test_a_number_of_numpy_is_a_number(text, points):
    assert points_of(graded(result(text))) == (points, 2)


@pytest.mark.parametrize("text", ["-1", "2.5", "nan", "inf", "-inf", "1e999", "np.float64(nan)", "np.int64(3)"])
def test_a_number_out_of_range_is_left_to_a_person(text):
    assert points_of(graded(result(text))) == (None, 2)
    assert "not between 0 and 2; a person decides" in failure_message(graded(result(text)))


@pytest.mark.parametrize("data", [{}, {"text/plain": ""}, {"text/plain": []}, {"text/plain": "9" * 100_000}])
def test_odd_results_count_as_passed_and_stop_nothing(data):
    output = nbformat.v4.new_output("execute_result", data=data, execution_count=1)
    assert points_of(graded(output)) == (2, 2)


def test_a_failure_is_told_in_its_own_words():
    cell = graded(ERROR)
    assert score_notebook(nbformat.v4.new_notebook(cells=[cell]))["g"].message == "too small"
    cell.outputs[0].ename = "ValueError"
    assert failure_message(cell) == "ValueError: too small"


@pytest.mark.parametrize(
    ("name", "said", "words"),
    [
        ("NotImplementedError", "", "not answered yet"),
        ("NotImplementedError", "\x1b[0m", "not answered yet"),
        ("NotImplementedError", "to come", "NotImplementedError: to come"),
        ("KeyboardInterrupt", "", "took too long"),
        ("ValueError", "", "ValueError"),
    ],
)
def test_errors_that_come_without_a_word_are_put_into_words(name, said, words):
    message = failure_message(graded(nbformat.v4.new_output("error", ename=name, evalue=said, traceback=[])))
    assert message.startswith(name) and words in message and not message.endswith(":")
