"""Every fault that stops or misleads plain nbgrader costs at most the submission that has it."""

import json
import os
import sys

import nbformat
import pytest

from grading.engine.execute import run_notebook
from grading.engine.rebuild import Rebuilt, prepare, rebuild
from grading.engine.score import score_notebook
from grading.engine.submission import SetAsideError

NAME = "t1-limits.ipynb"
TEST, ANSWER = "window-of-second-edges", "window-of-second"


def _changed(change):
    """A fault made by changing the JSON of a notebook that is all right."""

    def make(whole):
        content = json.loads(whole)
        change(content, {cell["id"]: cell for cell in content["cells"]})
        return json.dumps(content).encode()

    return make


def _twice(name):
    return _changed(lambda content, cells: content["cells"].append({**cells[name], "id": "twin"}))


def _marks(name, **marks):
    return _changed(lambda content, cells: cells[name]["metadata"]["nbgrader"].update(marks))


def _as_format_3(content, cells):
    for cell in content["cells"]:
        cell.pop("id")
        if cell["cell_type"] == "code":
            cell["input"] = cell.pop("source")
    content.update(nbformat=3, nbformat_minor=0, worksheets=[{"cells": content.pop("cells"), "metadata": {}}])


def _big_outputs(content, cells):
    cells[ANSWER]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "x" * 15_000_000}]


# What is handed in, by fault, and what the learner is told. Each earns what the honest one earns.
GRADED = {
    "copied test": (_twice(TEST), "one copy counts"),
    "copied answer": (_twice(ANSWER), "one copy counts"),
    "old schema": (_marks(ANSWER, schema_version=1), "had changed nbgrader metadata"),
    "schema to come": (_marks(TEST, schema_version=4), "had changed nbgrader metadata"),
    "grade flag off": (_marks(TEST, grade=False), "had changed nbgrader metadata"),
    "solution flag on": (_marks(TEST, solution=True), "had changed nbgrader metadata"),
    "solution flag off": (_marks(ANSWER, solution=False), "had changed nbgrader metadata"),
    "more points": (_marks(TEST, points=1_000), "had changed nbgrader metadata"),
    "byte-order mark": (lambda whole: b"\xef\xbb\xbf" + whole, "byte-order mark"),
    "UTF-16": (lambda whole: whole.decode().encode("utf-16"), "UTF-16"),
    "not UTF-8": (lambda whole: whole.replace(b"I would keep", b"I w\xe9uld keep"), "not all UTF-8"),
    "format 3": (_changed(_as_format_3), "old notebook format"),
    "unknown cell type": (
        _changed(
            lambda content, cells: content["cells"].append({**cells[ANSWER], "metadata": {}, "cell_type": "poem"})
        ),
        "of a type that notebooks do not have",
    ),
    "half a character": (
        _changed(lambda content, cells: cells["reflect-limit"].update(source="half \ud800")),
        "half a character",
    ),
    "deep metadata": (
        lambda whole: whole.replace(b'"nbformat": 4', b'"x": ' + b"[" * 500 + b"]" * 500 + b', "nbformat": 4'),
        "",
    ),
    "reversed": (_changed(lambda content, cells: content["cells"].reverse()), "another order"),
    "no ids": (_changed(lambda content, cells: [cell.pop("id") for cell in content["cells"]]), ""),
    "deleted test": (_changed(lambda content, cells: content["cells"].remove(cells[TEST])), "the assignment's own"),
    "emptied test": (_changed(lambda content, cells: cells[TEST].update(source="")), "the assignment's own"),
    "large outputs": (_changed(_big_outputs), ""),
}

# What is handed in, by fault, and words of the reason for setting it aside.
SET_ASIDE = {
    "malformed": (lambda whole: whole[: len(whole) // 2], "not whole"),
    "empty": (lambda whole: b"", "is empty"),
    "a list": (lambda whole: b"[" + whole + b"]", "no list of cells"),
    "format 5": (lambda whole: whole.replace(b'"nbformat": 4', b'"nbformat": 5'), "format 5"),
    "deep nesting": (lambda whole: b"[" * 1_000_000, "nested too deeply"),
    "200 MB": (lambda whole: whole + b" " * 30_000_000, "clear its outputs"),
    "20,000 cells": (
        _changed(lambda content, cells: content.update(cells=[{"cell_type": "raw", "source": ""}] * 20_000)),
        "2,000 are the most",
    ),
    "another unit": (_changed(lambda content, cells: content["metadata"]["course"].update(unit="y2-x")), "notebook of"),
    "two answers": (
        _changed(
            lambda content, cells: content["cells"].append(
                {**cells[ANSWER], "source": "def window_of(second, length):\n    return 1"}
            )
        ),
        "different answers",
    ),
}


@pytest.fixture
def rebuilt(cohort):
    """Rebuilds everything that was handed in: a notebook, or the reason for setting it aside, by student."""

    def run() -> dict[str, Rebuilt | SetAsideError]:
        original = prepare(nbformat.read(cohort.course.solution_notebook(cohort.unit), as_version=4))
        done: dict[str, Rebuilt | SetAsideError] = {}
        for folder in sorted((cohort.course.cohort / "submitted").glob("*/t1-limits")):
            try:
                done[folder.parent.name] = rebuild(folder, cohort.unit, original)
            except SetAsideError as error:
                done[folder.parent.name] = error
        return done

    return run


def texts(done):
    """The author's cells and their texts, but the reflection's, which a person reads."""
    marked = [cell for cell in done.notebook.cells if "nbgrader" in cell.metadata]
    return {cell.id: cell.source for cell in marked if cell.id != "reflect-limit"}


def test_whole_file_faults_beside_honest_submissions(cohort, rebuilt, tmp_path):
    whole = cohort.bytes_of()
    cohort.submit("a-honest")
    cohort.submit("z-honest")
    faults = {**GRADED, **SET_ASIDE}
    for number, (make, _) in enumerate(faults.values()):
        faulty = make(whole)
        assert faulty != whole
        cohort.submit(f"s{number:02}", faulty)
    done = rebuilt()
    honest = done["a-honest"]
    assert honest.notes == () and done["z-honest"] == honest
    for number, (case, (_, words)) in enumerate(faults.items()):
        got = done[f"s{number:02}"]
        if case in SET_ASIDE:
            assert isinstance(got, SetAsideError) and words in str(got) and "\n" not in str(got), f"{case}: {got!r}"
        else:
            assert isinstance(got, Rebuilt), f"{case}: {got!r}"
            assert texts(got) == texts(honest), case
            assert words in " ".join(got.notes) and bool(got.notes) == bool(words), f"{case}: {got.notes}"
    scores = score_notebook(run_notebook(honest.notebook, tmp_path))
    assert sum(score.points or 0 for score in scores.values()) == 15
    assert scores["reflect-limit"].points is None


@pytest.mark.skipif(sys.platform == "win32", reason="links and pipes as POSIX has them")
def test_a_submission_that_is_anothers_is_not_graded_as_theirs(cohort, rebuilt):
    right = cohort.submit("right")
    (right.parent.parent / "linked").symlink_to(right.parent)
    for student in ("folder", "file", "beside", "pipe"):
        (right.parent.parent / student).mkdir()
    (right.parent.parent / "folder" / "t1-limits").symlink_to(right)
    for student in ("file", "beside", "pipe"):
        (right.parent.parent / student / "t1-limits").mkdir()
    (right.parent.parent / "file" / "t1-limits" / NAME).symlink_to(right / NAME)
    cohort.submit("beside")
    (right.parent.parent / "beside" / "t1-limits" / "data.csv").symlink_to(right / NAME)
    os.mkfifo(right.parent.parent / "pipe" / "t1-limits" / NAME)
    done = rebuilt()
    assert isinstance(done.pop("right"), Rebuilt)
    said = {student: str(error) for student, error in done.items()}
    assert set(said) == {"linked", "folder", "file", "beside", "pipe"}
    assert "no ordinary file" in said.pop("pipe")
    assert all("is a link" in why for why in said.values())


def test_a_renamed_notebook_is_graded_and_two_are_not_guessed(cohort, rebuilt):
    for student, names in {"one": ["t1-limits (1).ipynb"], "two": ["T1-LIMITS.ipynb", "t1-limits-copy.ipynb"]}.items():
        folder = cohort.submit(student)
        (folder / NAME).unlink()
        for name in names:
            (folder / name).write_bytes(cohort.bytes_of())
    done = rebuilt()
    assert "instead of t1-limits.ipynb" in done["one"].notes[0]
    assert "T1-LIMITS.ipynb, t1-limits-copy.ipynb but no t1-limits.ipynb" in str(done["two"])
