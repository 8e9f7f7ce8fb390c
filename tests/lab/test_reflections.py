"""A reflection shows the learner's own numbers beside the rubric, safely."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell

from curriculum import lab
from curriculum.lab import reflections
from curriculum.lab.journal import Entry, append


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def shown(monkeypatch):
    """What `reflect` shows: plain text and HTML."""
    said = []
    monkeypatch.setattr(reflections, "show", lambda plain, markup: said.append((plain, markup)))
    return said


def test_shows_the_latest_numbers_with_the_guess(shown):
    append(Entry("prediction", "p99", 40, unit="ms"))
    append(Entry("result", "p99", 250, unit="ms"))
    append(Entry("result", "p99", 312.44, unit="ms"))
    append(Entry("number", "cost", 1200, unit="€"))
    lab.reflect("who-decides", ["p99", "cost"])
    plain, markup = shown[0]
    lines = [line.split() for line in plain.splitlines()]
    assert lines[2][:5] == ["p99", "312.4", "ms", "40", "ms"]
    assert lines[3][:3] == ["cost", "1,200", "€"]
    assert "312.4" in markup
    assert "250" not in markup


def test_the_rubric_has_four_rows_of_four_levels(shown):
    lab.reflect("who-decides", [])
    plain, markup = shown[0]
    assert [row.name for row in reflections.RUBRIC] == [
        "Evidence",
        "Who is affected",
        "Trade-off and decision",
        "Limits and what would change it",
    ]
    for row in reflections.RUBRIC:
        assert len(set(row.levels)) == 4
        assert all(level in plain and level in markup for level in row.levels)


def test_says_where_a_missing_number_is_recorded(shown, here):
    cells = [
        new_markdown_cell("# Serving\n\n## First"),
        new_markdown_cell("## Where it breaks"),
        new_code_cell("lab.predict('p99', '?')"),
        new_code_cell('lab.reveal("p99", 3)'),
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), here / "lesson.ipynb")
    lab.reflect("who-decides", ["p99", "cost"])
    plain, _ = shown[0]
    assert "No number is kept for 'p99' yet: run the section “Where it breaks” of lesson.ipynb" in plain
    assert "No number is kept for 'cost' yet: run the cell of lesson.ipynb that names 'cost'" in plain


@pytest.mark.parametrize("lesson", ["", "{", '{"cells": 3}', '{"cells": [{"cell_type": "code"}]}', "[]"])
def test_a_broken_lesson_does_not_stop_it(shown, here, lesson):
    (here / "lesson.ipynb").write_text(lesson, encoding="utf-8")
    lab.reflect("who-decides", ["p99"])
    assert "No number is kept for 'p99'" in shown[0][0]


def test_nothing_from_the_journal_becomes_markup(shown):
    attack = "<img src=x onerror=alert(1)>"
    append(Entry("number", attack, attack, unit=attack, note=attack))
    append(Entry("prediction", attack, attack, unit=attack))
    lab.reflect(attack, [attack, attack + "2"])
    _, markup = shown[0]
    assert "<img" not in markup
    assert markup.count("&lt;img") >= 5
