"""Submissions are rebuilt on the author's notebook: what is clear is put right and said, the rest is set aside."""

import copy
import json
import random

import nbformat
import pytest

from grading.engine.rebuild import mend, prepare, rebuild
from grading.engine.score import points_of, score_notebook
from grading.engine.submission import SetAsideError, read_cells
from tests.conftest import TINY, course_at

ANSWERS = {
    "window-of-second": "def window_of(second, length):\n    whole = second // length\n    return whole",
    "reflect-limit": "I would keep the limit.",
}


@pytest.fixture(scope="module")
def tiny(tiny_original):
    """The unit, the author's notebook and the released one."""
    course = course_at(tiny_original)
    unit = course.syllabus.ready_unit(TINY)
    master = nbformat.read(course.solution_notebook(unit), as_version=4)
    return unit, master, nbformat.read(course.released_notebook(unit), as_version=4)


class Work:
    """A learner's notebook that a test changes, and what becomes of it."""

    def __init__(self, tiny, folder):
        self.unit, self.master, released = tiny
        self.original = prepare(self.master)
        self.released = {cell.id: cell.source for cell in released.cells}
        self.notebook = copy.deepcopy(released)
        self.path = folder / "ana" / TINY / f"{TINY}.ipynb"
        for name, answer in ANSWERS.items():
            self[name].source = answer

    def __getitem__(self, name):
        return self.notebook.cells[self.at(name)]

    @property
    def cells(self):
        return self.notebook.cells

    def at(self, name):
        return next(at for at, cell in enumerate(self.cells) if cell.id == name)

    def copy_of(self, name, source):
        """A copy as JupyterLab makes it: another id, the same metadata."""
        made = copy.deepcopy(self[name])
        made.id, made.source = f"copy-{len(self.cells)}", source
        return made

    def rebuilt(self):
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(json.dumps(self.notebook), encoding="utf-8")
        done = rebuild(self.path.parent, self.unit, self.original)
        nbformat.validate(done.notebook)
        assert_is_the_masters(done.notebook, self.master)
        return {cell.id: cell for cell in done.notebook.cells}, " ".join(done.notes)


def assert_is_the_masters(notebook, master):
    """Every marked cell once, in order, with the author's tests and flags; no other cell has nbgrader metadata."""
    wanted = [cell for cell in master.cells if "nbgrader" in cell.metadata]
    found = [cell for cell in notebook.cells if "nbgrader" in cell.metadata]
    assert [cell.id for cell in found] == [cell.id for cell in wanted]
    for cell, own in zip(found, wanted, strict=True):
        marks = {name: value for name, value in cell.metadata.nbgrader.items() if name != "checksum"}
        assert (marks, cell.cell_type) == (own.metadata.nbgrader, own.cell_type)
        if not own.metadata.nbgrader.solution:
            assert cell.source == own.source


@pytest.fixture
def work(tiny, tmp_path):
    return Work(tiny, tmp_path)


ANSWER, TEST = "window-of-second", "window-of-second-edges"


def test_an_honest_notebook_is_rebuilt_without_a_word(work):
    cells, notes = work.rebuilt()
    assert notes == ""
    assert cells[ANSWER].source == ANSWERS[ANSWER]
    assert "HIDDEN TESTS" in cells[TEST].source
    assert list(cells) == [cell.id for cell in work.master.cells]


def test_an_untouched_answer_for_a_person_earns_nothing_and_an_answered_one_waits(work):
    cells, _ = work.rebuilt()
    assert points_of(cells["reflect-limit"])[0] is None
    work["reflect-limit"].source = work.released["reflect-limit"]
    cells, notes = work.rebuilt()
    assert points_of(cells["reflect-limit"])[0] == 0 and notes == ""


def test_rebuilding_one_submission_changes_nothing_for_the_next(work):
    cells, _ = work.rebuilt()
    cells[TEST].source = "pass"
    cells[TEST].metadata.nbgrader.points = 99
    again, _ = work.rebuilt()
    assert again[TEST].metadata.nbgrader.points == 2


def test_own_cells_stay_where_they_were_and_bring_only_their_text(work):
    own = nbformat.v4.new_code_cell("helper = 1", id=TEST + "x")
    own.metadata = {"tags": ["raises-exception"], "nbgrader": {"grade": True, "grade_id": "mine", "points": 50}}
    own.outputs = [nbformat.v4.new_output("stream", text="x")]
    first = nbformat.v4.new_markdown_cell("first of all")
    work.cells.insert(work.at(ANSWER), own)
    work.cells.insert(0, first)
    cells, notes = work.rebuilt()
    order = list(cells)
    assert cells["own-2"].source == "helper = 1" and order.index("own-2") == order.index(ANSWER) - 1
    assert cells["own-2"].metadata == {} and cells["own-2"].outputs == [] and notes == ""
    assert order[0] == "own-1"


def test_identical_copies_count_once(work):
    work.cells.append(work.copy_of(ANSWER, ANSWERS[ANSWER] + "  \n"))
    work.cells.append(work.copy_of(TEST, work.released[TEST]))
    cells, notes = work.rebuilt()
    assert cells[ANSWER].source.strip() == ANSWERS[ANSWER] and len(cells) == len(work.master.cells)
    assert f"'{ANSWER}' and '{TEST}' had been copied without a change" in notes


@pytest.mark.parametrize("nothing", ["", None])
def test_an_untouched_copy_gives_way_to_the_answer(work, nothing):
    stub = work.released[ANSWER] if nothing is None else nothing
    work.cells.insert(work.at(ANSWER), work.copy_of(ANSWER, stub))
    cells, notes = work.rebuilt()
    assert cells[ANSWER].source == ANSWERS[ANSWER] and "copy was left out" in notes


@pytest.mark.parametrize("empty_between", [False, True])
def test_a_split_answer_is_put_together(work, empty_between):
    first, second = ANSWERS[ANSWER].split("\n", 1)
    work[ANSWER].source = first
    work.cells.insert(work.at(ANSWER) + 1, work.copy_of(ANSWER, second))
    if empty_between:
        work.cells.insert(work.at(ANSWER) + 1, nbformat.v4.new_code_cell(" \n"))
    cells, notes = work.rebuilt()
    assert cells[ANSWER].source == ANSWERS[ANSWER] and "had been split" in notes


def test_two_different_answers_are_set_aside(work):
    work.cells.insert(work.at(ANSWER), work.copy_of(ANSWER, "def window_of(second, length):\n    return 0"))
    with pytest.raises(SetAsideError, match="'window-of-second' is in it 2 times with different answers"):
        work.rebuilt()


def test_a_copy_used_for_something_else_is_a_cell_of_ones_own(work):
    work.cells.append(work.copy_of(ANSWER, "print(window_of(5, 2))"))
    cells, notes = work.rebuilt()
    assert cells[ANSWER].source == ANSWERS[ANSWER] and "a cell of your own" in notes
    assert cells["own-1"].source == "print(window_of(5, 2))"


def test_pieces_far_apart_of_which_none_is_the_answer_are_set_aside(work):
    work[ANSWER].source = "print(1)"
    work.cells.append(work.copy_of(ANSWER, "print(2)"))
    with pytest.raises(SetAsideError, match="different answers"):
        work.rebuilt()


def test_a_reflection_in_two_parts_is_put_together(work):
    work.cells.append(work.copy_of("reflect-limit", "And I would raise it later."))
    cells, notes = work.rebuilt()
    assert cells["reflect-limit"].source == "I would keep the limit.\n\nAnd I would raise it later."
    assert "for a person to read" in notes


def test_a_changed_test_is_the_authors_again(work):
    work[TEST].source = "assert True"
    work["window-of-second-start"].cell_type = "raw"
    _, notes = work.rebuilt()
    assert f"'{TEST}' had been changed; the assignment's own was used" in notes
    assert "HIDDEN" not in notes and "59" not in notes, "a hidden test is told"


def test_the_authors_own_notebook_is_rebuilt_without_a_word(work):
    work.notebook.cells[:] = copy.deepcopy(work.master.cells)
    _, notes = work.rebuilt()
    assert notes == ""


def test_a_note_names_a_few_cells_and_counts_the_rest(work):
    tests = [cell for cell in work.cells if cell.metadata.get("nbgrader", {}).get("grade") and cell.cell_type == "code"]
    for cell in tests:
        cell.source = "pass"
    _, notes = work.rebuilt()
    assert len(tests) > 4 and f"and {len(tests) - 3} more had been changed" in notes and notes.count("'") == 7


def test_a_changed_copy_of_a_test_is_a_cell_of_ones_own(work):
    work.cells.insert(work.at(TEST), work.copy_of(TEST, "print(window_of(60, 60))"))
    cells, notes = work.rebuilt()
    assert cells["own-1"].source == "print(window_of(60, 60))" and "a cell of your own" in notes


@pytest.mark.parametrize("kind", ["markdown", "raw", "poem"])
def test_a_retyped_answer_is_code_again(work, kind):
    work[ANSWER].cell_type = kind
    cells, notes = work.rebuilt()
    assert cells[ANSWER].source == ANSWERS[ANSWER] and "another type of cell" in notes


@pytest.mark.parametrize(
    ("name", "mark", "value"),
    [
        (TEST, "grade", False),
        (TEST, "solution", True),
        (TEST, "points", "many"),
        (TEST, "locked", False),
        (ANSWER, "schema_version", 1),
        (ANSWER, "schema_version", 99),
        (ANSWER, "grade", True),
    ],
)
def test_changed_marks_are_the_authors_again(work, name, mark, value):
    work[name].metadata.nbgrader[mark] = value
    cells, notes = work.rebuilt()
    assert cells[ANSWER].source == ANSWERS[ANSWER]
    assert f"'{name}' had changed nbgrader metadata" in notes


@pytest.mark.parametrize("metadata", [{}, {"nbgrader": "broken"}, {"nbgrader": {"grade_id": 7}}])
def test_a_cell_that_lost_its_marks_is_known_by_its_id(work, metadata):
    work[ANSWER].metadata = metadata
    cells, notes = work.rebuilt()
    assert cells[ANSWER].source == ANSWERS[ANSWER] and "had lost nbgrader's metadata" in notes


def test_a_notebook_without_any_metadata_and_ids_is_known_by_its_text(work):
    """As Colab's and other tools' "clear metadata" leave it."""
    work.notebook.metadata = {}
    for cell in work.cells:
        del cell["id"]
        cell.metadata = {}
    cells, notes = work.rebuilt()
    assert list(cells) == [cell.id for cell in work.master.cells]
    assert {name: cells[name].source for name in ANSWERS} == ANSWERS
    assert "had lost nbgrader's metadata" in notes and "deleted" not in notes and "changed" not in notes


def own_cell(text, kind="code"):
    made = nbformat.v4.new_code_cell(text) if kind == "code" else nbformat.v4.new_markdown_cell(text)
    made.id = f"mine-{len(text)}"
    return made


@pytest.mark.parametrize("at_the_end", [False, True])
def test_an_answer_written_into_a_cell_of_ones_own_counts_when_the_authors_is_gone(work, at_the_end):
    at = work.at(ANSWER)
    del work.cells[at]
    work.cells.insert(len(work.cells) if at_the_end else at, own_cell(ANSWERS[ANSWER]))
    cells, notes = work.rebuilt()
    assert cells[ANSWER].source == ANSWERS[ANSWER] and "own-1" not in cells
    assert f"'{ANSWER}' had lost nbgrader's metadata" in notes and "deleted" not in notes


def test_two_answers_in_cells_of_ones_own_are_not_guessed(work):
    at = work.at(ANSWER)
    work.cells[at : at + 1] = [own_cell(ANSWERS[ANSWER]), own_cell("def window_of(second, length):\n    return 0")]
    with pytest.raises(SetAsideError, match="2 times with different answers"):
        work.rebuilt()


@pytest.mark.parametrize("stays", [True, False])
@pytest.mark.parametrize("above", [True, False])
def test_a_reflection_written_beside_its_cell_is_for_a_person_to_read(work, stays, above):
    at = work.at("reflect-limit")
    work["reflect-limit"].source = work.released["reflect-limit"]
    own = own_cell("I would lower it.", "markdown")
    work.cells[at : at + 1] = ([own, work.cells[at]] if above else [work.cells[at], own]) if stays else [own]
    cells, notes = work.rebuilt()
    assert cells["reflect-limit"].source == "I would lower it." and "own-1" not in cells
    assert points_of(cells["reflect-limit"])[0] is None
    assert ("the text beside it" if stays else "had lost nbgrader's metadata") in notes


def test_notes_beside_an_answered_reflection_stay_notes(work):
    work.cells.insert(work.at("reflect-limit"), own_cell("Only a note.", "markdown"))
    cells, notes = work.rebuilt()
    assert cells["reflect-limit"].source == "I would keep the limit." and cells["own-1"].source == "Only a note."
    assert notes == ""


def test_everything_merged_into_one_given_cell_is_taken_apart(work):
    given = next(
        cell for cell in work.cells if cell.metadata.get("nbgrader", {}).get("locked") and cell.cell_type == "code"
    )
    code = [cell for cell in work.cells if cell.cell_type == "code" and cell is not given]
    given.source = "\n\n".join([given.source, *(cell.source for cell in code)])
    work.notebook.cells = [cell for cell in work.cells if cell not in code]
    cells, notes = work.rebuilt()
    assert ANSWERS[ANSWER] in cells[ANSWER].source and "assert" not in cells[ANSWER].source
    assert "merged with" in notes and f"'{given.id}'" not in notes.replace(f"with '{given.id}'", "")


def test_an_answer_inside_a_changed_test_is_set_aside(work):
    work[TEST].source = ANSWERS[ANSWER] + "\nassert window_of(0, 60) == 0"
    del work.cells[work.at(ANSWER)]
    with pytest.raises(SetAsideError, match=f"'{TEST}' was changed and holds the answer of '{ANSWER}' too"):
        work.rebuilt()


def test_deleted_cells_are_put_back_and_a_deleted_answer_is_not_answered(work):
    for name in (ANSWER, TEST, "reflect-limit", work.cells[0].id):
        del work.cells[work.at(name)]
    cells, notes = work.rebuilt()
    assert cells[ANSWER].source == work.released[ANSWER] and next(iter(cells)) == work.master.cells[0].id
    assert points_of(cells["reflect-limit"])[0] == 0
    assert f"'{TEST}' had been deleted; the assignment's own" in notes
    assert f"'{ANSWER}' and 'reflect-limit' had been deleted, which is graded as not answered" in notes


def test_another_order_is_the_authors_again(work):
    work.cells.reverse()
    cells, notes = work.rebuilt()
    assert list(cells) == [cell.id for cell in work.master.cells] and "another order" in notes


def test_a_test_merged_into_an_answer_is_taken_out(work):
    work[ANSWER].source += "\n\n" + work.released["window-of-second-start"] + "\n" + work.released[TEST].strip("\n")
    del work.cells[work.at("window-of-second-start")], work.cells[work.at(TEST)]
    cells, notes = work.rebuilt()
    assert cells[ANSWER].source == ANSWERS[ANSWER] and "which was undone" in notes and "deleted" not in notes


def test_a_test_that_was_copied_into_an_answer_stays_there(work):
    work[ANSWER].source += "\n\n" + work.released[TEST]
    cells, notes = work.rebuilt()
    assert cells[ANSWER].source.endswith(work.released[TEST]) and notes == ""


@pytest.mark.parametrize("keeps_id", [True, False])
@pytest.mark.parametrize("name", [ANSWER, "reflect-limit"])
def test_an_answer_merged_into_the_cell_before_it_is_found(work, name, keeps_id):
    at = work.at(name)
    before = work.cells[at - 1]
    before.source += "\n\n" + ANSWERS[name]
    before.id = before.id if keeps_id else "merged"
    del work.cells[at]
    cells, notes = work.rebuilt()
    assert cells[name].source == ANSWERS[name] and "which was undone" in notes
    assert "own-1" not in cells and cells[work.master.cells[at - 1].id].source == work.master.cells[at - 1].source


def test_an_answer_merged_into_the_test_after_it_is_found(work):
    test = work["window-of-second-start"]
    test.source = ANSWERS[ANSWER] + "\n\n" + test.source
    del work.cells[work.at(ANSWER)]
    cells, notes = work.rebuilt()
    assert cells[ANSWER].source == ANSWERS[ANSWER] and "had been changed" not in notes


@pytest.mark.parametrize("kept", ["window-of-second", "count-by-window"])
def test_two_answers_merged_into_one_are_graded_as_one(work, kept):
    both = ["window-of-second", "count-by-window"]
    text = ANSWERS[ANSWER] + "\n\ndef count_by_window(seconds, length):\n    return {}"
    work[kept].source = text
    del work.cells[work.at(next(name for name in both if name != kept))]
    cells, notes = work.rebuilt()
    assert [cells[name].source for name in both] == [text, ""] and "graded as one" in notes


def test_a_cell_the_author_left_open_keeps_the_learners_text(work):
    prose = work.cells[0].id
    work[prose].source += "\n\nMy notes."
    cells, notes = work.rebuilt()
    assert cells[prose].source.endswith("My notes.") and notes == ""


def test_without_ids_cells_are_known_by_their_text(work):
    for cell in work.cells:
        cell.pop("id")
    cells, notes = work.rebuilt()
    assert list(cells) == [cell.id for cell in work.master.cells] and notes == ""


def test_another_version_of_the_assignment_is_said_once(work):
    work.notebook.metadata.course["released"] = "0" * 64
    work[TEST].source = "assert window_of(1, 1) == 1"
    _, notes = work.rebuilt()
    assert "made from another version of the assignment" in notes and TEST not in notes


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda notebook: notebook.metadata.course.update(unit="y9-other"), "notebook of 'y9-other'"),
        (lambda notebook: notebook.update(cells=[]), "has no cells"),
        (
            lambda notebook: notebook.update(cells=[nbformat.v4.new_code_cell("1")]),
            "no cell of the assignment t1-limits",
        ),
    ],
)
def test_what_is_not_this_assignment_is_set_aside(work, spoil, words):
    spoil(work.notebook)
    with pytest.raises(SetAsideError, match=words):
        work.rebuilt()


def test_two_thousand_copies_are_sorted_out_and_more_are_refused(work):
    twin = work.copy_of(ANSWER, ANSWERS[ANSWER])
    work.cells.extend([twin] * (2_000 - len(work.cells)))
    work.cells[-1] = work.copy_of(ANSWER, ANSWERS[ANSWER] + "\n#" + "x" * 900_000)
    with pytest.raises(SetAsideError, match="different answers"):
        work.rebuilt()
    work.cells[-1] = twin
    cells, _ = work.rebuilt()
    assert cells[ANSWER].source == ANSWERS[ANSWER]
    work.cells.extend([twin] * 18_000)
    with pytest.raises(SetAsideError, match="20,000 cells; 2,000 are the most"):
        work.rebuilt()


def _edit(dice, cells):
    """One thing that a learner, or a tool, does to cells."""
    at = dice.randrange(len(cells))
    cell = cells[at]
    how = dice.randrange(9)
    if how == 0:
        cells.insert(dice.randrange(len(cells) + 1), copy.deepcopy(cell))
    elif how == 1 and len(cells) > 1:
        del cells[at]
    elif how == 2:
        cells.insert(dice.randrange(len(cells)), cells.pop(at))
    elif how == 3:
        cell["cell_type"] = dice.choice(["code", "markdown", "raw", "poem", 3, None])
    elif how == 4 and isinstance(cell["source"], str):
        cut = dice.randrange(len(cell["source"]) + 1)
        cells.insert(at + 1, {**copy.deepcopy(cell), "source": cell["source"][cut:], "id": str(dice.random())})
        cell["source"] = cell["source"][:cut]
    elif how == 5 and at + 1 < len(cells):
        texts = [each["source"] for each in (cell, cells.pop(at + 1)) if isinstance(each["source"], str)]
        cell["source"] = "\n\n".join(texts)
    elif how == 6:
        marks = cell.get("metadata", {})
        marks = marks.get("nbgrader", marks) if isinstance(marks, dict) else {}
        if isinstance(marks, dict):
            marks[dice.choice(["grade_id", "grade", "points", "schema_version"])] = dice.choice(
                [None, {}, [], "x", 1e9]
            )
    elif how == 7:
        cell["metadata"] = dice.choice([{}, None, [], "x", {"nbgrader": None}, {"nbgrader": {"grade_id": {}}}])
    else:
        cell["source"] = dice.choice(["", "x = 1", ["a", "b"], ["a", 1], None, 7, "def f(:\n", "\ud800"])


@pytest.mark.parametrize("seed", range(150))
def test_whatever_is_done_to_cells_the_authors_are_there_once(work, seed):
    dice = random.Random(seed)
    content = json.loads(json.dumps(work.notebook))
    for _ in range(dice.randint(1, 40)):
        _edit(dice, content["cells"])
    work.path.parent.mkdir(parents=True)
    work.path.write_text(json.dumps(content), encoding="utf-8")
    try:
        done = mend(read_cells(work.path), work.unit, work.original)
    except SetAsideError as error:
        assert "\n" not in str(error) and len(str(error)) < 500
        return
    assert_is_the_masters(done.notebook, work.master)
    nbformat.validate(done.notebook)
    nbformat.writes(done.notebook).encode("utf-8")
    score_notebook(done.notebook)
    assert len(set(done.notes)) == len(done.notes)
