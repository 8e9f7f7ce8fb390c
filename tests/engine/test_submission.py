"""What was handed in is read with limits: what can be read in one way only is read, the rest refused in a sentence."""

import json
import os
import sys

import pytest

from curriculum.course import Course
from grading.engine.submission import SetAsideError, read_cells, read_handed
from tests.conftest import TINY, course_at

posix = pytest.mark.skipif(sys.platform == "win32", reason="links and pipes as POSIX has them")


def cell(source="x = 1", kind="code", **other):
    return {"cell_type": kind, "id": "a", "metadata": {}, "source": source, **other}


def marked(source="x = 1", **other):
    return cell(source, metadata={"nbgrader": {"grade_id": "task", "solution": True}}, **other)


def notebook(*cells, **other):
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {"course": {"unit": TINY}}, "cells": list(cells), **other}


def encoded(*cells, **other):
    return json.dumps(notebook(*cells, **other)).encode()


@pytest.fixture
def read(tmp_path):
    """Reads a file of these bytes."""

    def run(data, name="n.ipynb"):
        path = tmp_path / name
        path.write_bytes(data)
        return read_cells(path)

    return run


@pytest.fixture
def folder(tmp_path):
    """The folder of ana's submission."""
    made = tmp_path / "ana" / TINY
    made.mkdir(parents=True)
    return made


@pytest.fixture(scope="module")
def unit(tiny_original):
    course: Course = course_at(tiny_original)
    return course.syllabus.ready_unit(TINY)


def test_only_the_text_of_cells_is_kept(read):
    output = {"output_type": "stream", "name": "stdout", "text": "x" * 1000}
    got = read(encoded(marked(["a\r\n", "b"], outputs=[output], execution_count=3), cell("text", "markdown")))
    [first, second] = got.cells
    assert (first.source, first.type, first.grade_id, first.id) == ("a\nb", "code", "task", "a")
    assert (second.source, second.type, second.grade_id) == ("text", "markdown", "")
    assert (got.unit, got.notes) == (TINY, ())


WHOLE = encoded(marked("é = 'ü'"))
TEXT = WHOLE.decode()
READ = {
    "byte-order mark": (b"\xef\xbb\xbf" + WHOLE, "byte-order mark"),
    "two byte-order marks": (b"\xef\xbb\xbf" * 2 + WHOLE, "byte-order mark"),
    "UTF-16 with a mark": (TEXT.encode("utf-16"), "saved as UTF-16"),
    "UTF-16 without": (TEXT.encode("utf-16-le"), "saved as UTF-16-LE"),
    "UTF-32": (TEXT.encode("utf-32"), "saved as UTF-32"),
    "NaN and infinity": (TEXT.replace('"id": "a"', '"id": "a", "n": [NaN, -Infinity]').encode(), ""),
    "a number of 10,000 digits": (TEXT.replace('"id": "a"', f'"id": "a", "n": {"9" * 10_000}').encode(), ""),
    "the same key twice": (TEXT.replace('"source": ', '"source": "y", "source": ').encode(), ""),
    "later minor version": (encoded(marked("é = 'ü'"), nbformat_minor=99), ""),
    "no version": (encoded(marked("é = 'ü'"), nbformat=None), ""),
    "odd metadata": (encoded(marked("é = 'ü'"), metadata=["widgets"]), ""),
    "odd outputs": (encoded(marked("é = 'ü'", outputs="lots", execution_count={})), ""),
    "a cell that is none": (encoded(marked("é = 'ü'"), 7), "1 cell could not be read as text and was left out"),
    "two sources that are none": (
        encoded(marked("é = 'ü'"), cell(7), cell(["a", {}])),
        "2 cells could not be read as text and were left out",
    ),
    "unknown types": (encoded(marked("é = 'ü'"), cell("x", "poem")), "of a type that notebooks do not have"),
    "long text": (encoded(marked("é = 'ü'"), cell("x" * 2_000_000, "markdown")), "more than 1,000,000 characters"),
    "images": (encoded(marked("é = 'ü'", attachments={"a.png": {}})), "tell what they show in words"),
}


@pytest.mark.parametrize("case", READ)
def test_what_can_be_read_in_one_way_only_is_read_and_noted(read, case):
    data, words = READ[case]
    got = read(data)
    assert [each.source for each in got.cells] == ["é = 'ü'"]
    assert words in " ".join(got.notes) and bool(got.notes) == bool(words)


def test_characters_that_are_none_are_replaced(read):
    got = read(TEXT.replace("\\u00fc", "\\ud800").encode())
    assert got.cells[0].source == "é = '\ufffd\ufffd\ufffd'" and "half a character" in got.notes[0]
    got = read(TEXT.replace("\\u00fc", "\\u0000").encode())
    assert got.cells[0].source == "é = '\ufffd'"
    assert read(TEXT.replace("\\u00fc", "\\ud83d\\ude00").encode()).cells[0].source == "é = '\U0001f600'"


def test_letters_that_are_not_utf8_are_replaced_and_the_rest_is_read(read):
    got = read(json.dumps(notebook(marked("a = 'ü'")), ensure_ascii=False).encode("latin-1"))
    assert got.cells[0].source == "a = '\ufffd'" and "not all UTF-8" in got.notes[0]


@pytest.mark.parametrize("version", [2, 3])
def test_old_formats_are_upgraded(read, version):
    cells = [
        {"cell_type": "heading", "level": 10**9, "source": "Title", "metadata": {}},
        {**marked(), "input": ["y = ", "2"], "outputs": "lots", "prompt_number": 1, "language": "python"},
        {"cell_type": "markdown", "source": "text"},
        7,
    ]
    old = {"nbformat": version, "nbformat_minor": 0, "metadata": {"name": ""}, "worksheets": [{"cells": cells}, None]}
    got = read(json.dumps(old).encode())
    assert [(each.type, each.source) for each in got.cells] == [
        ("markdown", "# Title"),
        ("code", "y = 2"),
        ("markdown", "text"),
    ]
    assert got.cells[1].grade_id == "task" and "old notebook format" in got.notes[0]


def nested(depth):
    return TEXT.replace(
        '"metadata": {"nbgrader"', f'"x": {"[" * depth}{"]" * depth}, "metadata": {{"nbgrader"'
    ).encode()


REFUSED = {
    "empty": (b" \n", "is empty"),
    "cut short": (WHOLE[:100], "is not whole"),
    "a picture": (b"\x89PNG\r\n\x1a\n\x00\x00", "is no notebook but another kind of file"),
    "a web page": (b"<!DOCTYPE html>\n<p>In [1]:</p>", "is no notebook but another kind of file"),
    "a script": (b"# %%\nx = 1\n", "is no notebook but another kind of file"),
    "a merge conflict": (WHOLE.replace(b'"cells"', b'<<<<<<< HEAD\n"cells"', 1), "is not whole"),
    "a list": (b"[]", "no list of cells"),
    "a text": (b'"cells"', "no list of cells"),
    "cells that are none": (encoded(cells={"a": 1}), "no list of cells"),
    "format 5": (encoded(marked(), nbformat=5), "in notebook format 5"),
    "format infinity": (encoded(marked()).replace(b'"nbformat": 4', b'"nbformat": 1e999'), "in notebook format inf"),
    "nested": (b"[" * 200_000, "nested too deeply"),
    "too many cells": (encoded(*[cell()] * 20_000), "20,000 cells; 2,000 are the most"),
    "too many cells of old": (json.dumps({"worksheets": [{"cells": [0] * 20_000}]}).encode(), "2,000 are the most"),
    "one long line": (encoded(marked("x" * 10_000_000)), "a cell of 10,000,000 characters"),
    "too large": (b" " * 20_000_001, "larger than 20 MB; clear its outputs"),
    "many small parts": (encoded(outputs=[{}] * 1_000_001), "too many parts; clear its outputs"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_read_is_refused_in_a_sentence(read, case):
    data, words = REFUSED[case]
    with pytest.raises(SetAsideError) as refused:
        read(data)
    assert words in str(refused.value) and "\n" not in str(refused.value) and len(str(refused.value)) < 200


def test_depth_that_python_can_parse_does_no_harm(read):
    assert read(nested(500)).cells[0].grade_id == "task"


@pytest.mark.parametrize("name", [f"{TINY} (1).ipynb", f"{TINY}-copy.ipynb", f"{TINY.upper()}.IPYNB", "mine.ipynb"])
def test_the_only_notebook_of_the_unit_is_taken_whatever_its_name(folder, unit, name):
    (folder / name).write_bytes(WHOLE)
    (folder / "other.ipynb").write_bytes(encoded(marked("other"), metadata={"course": {"unit": "y9-other"}}))
    got = read_handed(folder, unit)
    assert got.cells[0].source == "é = 'ü'"
    assert "instead of t1-limits.ipynb" in got.notes[0] and name in got.notes[0]


def test_the_right_name_wins(folder, unit):
    (folder / f"{TINY}.ipynb").write_bytes(WHOLE)
    (folder / f"{TINY}-copy.ipynb").write_bytes(encoded(marked("other")))
    got = read_handed(folder, unit)
    assert got.cells[0].source == "é = 'ü'" and got.notes == ()


def test_a_broken_notebook_under_another_name_is_told_as_broken(folder, unit):
    (folder / f"{TINY}-copy.ipynb").write_bytes(b"{")
    with pytest.raises(SetAsideError, match="is not whole"):
        read_handed(folder, unit)


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ([], "it has no t1-limits.ipynb"),
        (["a.ipynb", "b.ipynb"], "it holds a.ipynb, b.ipynb but no t1-limits.ipynb"),
        (["a.ipynb", "b \x1b[31m.ipynb"], r"'b \\x1b\[31m.ipynb' but no"),
        ([f"{n}.ipynb" for n in range(20)], "it holds 20 notebooks"),
    ],
)
def test_which_notebook_is_meant_is_not_guessed(folder, unit, names, words):
    for name in names:
        (folder / name).write_bytes(WHOLE)
    with pytest.raises(SetAsideError, match=words):
        read_handed(folder, unit)


@posix
def test_links_and_what_is_no_file_are_refused_and_never_waited_for(folder, unit, tmp_path):
    other = tmp_path / "ben" / TINY
    other.mkdir(parents=True)
    (other / f"{TINY}.ipynb").write_bytes(WHOLE)
    mine = folder / f"{TINY}.ipynb"
    mine.symlink_to(other / f"{TINY}.ipynb")
    with pytest.raises(SetAsideError, match="is a link"):
        read_handed(folder, unit)
    with pytest.raises(SetAsideError, match="is a link"):
        read_cells(mine)
    mine.unlink()
    os.mkfifo(mine)
    for read in (lambda: read_handed(folder, unit), lambda: read_cells(mine)):
        with pytest.raises(SetAsideError, match="no ordinary file"):
            read()
    mine.unlink()
    mine.mkdir()
    with pytest.raises(SetAsideError, match=r"has no t1-limits\.ipynb"):
        read_handed(folder, unit)
    folder.parent.with_name("zoe").symlink_to(other.parent)
    with pytest.raises(SetAsideError, match="zoe is a link"):
        read_handed(tmp_path / "zoe" / TINY, unit)


@pytest.mark.parametrize("student", ["odd[name]", "-x", "a" * 65, "a b"])
def test_a_folder_that_names_no_student_is_refused(tmp_path, unit, student):
    made = tmp_path / student / TINY
    made.mkdir(parents=True)
    (made / f"{TINY}.ipynb").write_bytes(WHOLE)
    with pytest.raises(SetAsideError, match="is no student's name"):
        read_handed(made, unit)


def test_a_folder_of_too_much_is_refused_without_reading_it(folder, unit):
    (folder / f"{TINY}.ipynb").write_bytes(WHOLE)
    deep = folder
    for _ in range(20):
        deep = deep / "d"
        deep.mkdir()
    with (deep / "sparse").open("wb") as file:
        file.truncate(41_000_000)
    with pytest.raises(SetAsideError, match="larger than 40 MB"):
        read_handed(folder, unit)
    (deep / "sparse").unlink()
    for number in range(2_000):
        (deep / str(number)).touch()
    with pytest.raises(SetAsideError, match="more than 2,000 files"):
        read_handed(folder, unit)
    with pytest.raises(SetAsideError, match="cannot be read"):
        read_handed(folder.with_name("nothing"), unit)
