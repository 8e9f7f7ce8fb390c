"""A guess is asked for before a run and compared after it, with a box in JupyterLab and a stable line elsewhere."""

import ipywidgets
import numpy as np
import pytest

from curriculum import lab
from curriculum.lab import predictions
from curriculum.lab.errors import LabError
from curriculum.lab.journal import Entry, append, entries, latest
from curriculum.lab.predictions import Question, read_number, sentence


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    monkeypatch.setattr(predictions, "_asked", {})


@pytest.mark.parametrize(
    ("guess", "result", "said"),
    [
        (40, 312, "You guessed 40 ms; it was 312 ms: 7.8 times more."),
        (400.0, 100, "You guessed 400 ms; it was 100 ms: 4 times less."),
        (300, 312, "You guessed 300 ms; it was 312 ms: within 4%."),
        (312, 312.0, "You guessed 312 ms; it was 312 ms: exactly that."),
        (1, 250_000, "You guessed 1 ms; it was 250,000 ms: 250,000 times more."),
        (0, 3.5, "You guessed 0 ms; it was 3.5 ms: 3.5 ms more."),
        (5, 0, "You guessed 5 ms; it was 0 ms: 5 ms less."),
        (-2, 3, "You guessed -2 ms; it was 3 ms: 5 ms more."),
        (-2, -8, "You guessed -2 ms; it was -8 ms: 6 ms less."),
    ],
)
def test_compares_numbers_in_words(guess, result, said):
    assert sentence(guess, result, "ms") == said


def test_compares_choices_in_words():
    assert sentence("queue", "queue", "") == "You chose “queue”, and so it was."
    assert sentence("queue", "shed", "") == "You chose “queue”; it was “shed”."


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("40", 40),
        (" 1 500 ", 1500),
        ("1e3", 1000),
        ("-.5", -0.5),
        ("1,5", None),
        ("", None),
        ("forty", None),
        ("nan", None),
    ],
)
def test_reads_what_people_type(text, value):
    assert read_number(text) == value


def test_outside_jupyterlab_the_line_never_changes(capsys):
    for _ in range(2):
        lab.predict("p99", "Which p99 do you expect?", unit="ms")
        append(Entry("prediction", "p99", 40))
    first, second = capsys.readouterr().out.splitlines()
    assert first == second
    assert "(a number in ms): Which p99 do you expect?" in first


def test_reveals_against_the_guess_and_keeps_the_result(capsys):
    lab.predict("p99", "Which p99?", unit="ms")
    append(Entry("prediction", "p99", 40, unit="ms"))
    capsys.readouterr()
    lab.reveal("p99", np.float64(312))
    assert capsys.readouterr().out == "You guessed 40 ms; it was 312 ms: 7.8 times more.\n"
    result = latest("p99", "result")
    assert (result.value, result.unit, result.question) == (312, "ms", "Which p99?")


def test_without_a_guess_the_result_is_still_kept(capsys):
    lab.reveal("p99", 312)
    assert capsys.readouterr().out == "It was 312. You kept no prediction for this one.\n"
    assert latest("p99", "result").value == 312


def test_a_result_that_was_no_choice_is_the_authors_mistake():
    lab.predict("on-full", "What happens?", choices=["sheds", "queues"])
    with pytest.raises(LabError, match="'crashes' of 'on-full' is not one of the choices: sheds, queues"):
        lab.reveal("on-full", "crashes")


def test_html_from_the_journal_is_shown_as_text():
    markup = predictions._compared("<script>x</script>", "<b>", "<i>")
    assert "<script>" not in markup
    assert "&lt;script&gt;" in markup


def widgets_of(box, kind):
    return [
        widget
        for row in box.children
        for widget in (getattr(row, "children", None) or [row])
        if isinstance(widget, kind)
    ]


def test_the_box_keeps_a_number_and_shows_it_again():
    asked = Question("p99", "Which <p99>?", "ms", ())
    box = predictions._box(asked)
    (field,), (button,) = widgets_of(box, ipywidgets.Text), widgets_of(box, ipywidgets.Button)
    button.click()
    assert "Type one number" in widgets_of(box, ipywidgets.HTML)[-1].value
    assert entries() == []
    field.value = "40"  # Enter, or leaving the field
    button.click()
    assert [entry.value for entry in entries()] == [40]
    assert "Kept: <b>40 ms</b>" in widgets_of(box, ipywidgets.HTML)[-1].value
    assert "&lt;p99&gt;" in widgets_of(box, ipywidgets.HTML)[0].value
    again = predictions._box(asked)
    assert widgets_of(again, ipywidgets.Text)[0].value == "40"
    assert "Kept: <b>40 ms</b>" in widgets_of(again, ipywidgets.HTML)[-1].value


def test_the_box_keeps_a_choice_and_shows_it_again():
    asked = Question("on-full", "What happens?", "", ("sheds", "queues"))
    box = predictions._box(asked)
    (field,), (button,) = widgets_of(box, ipywidgets.ToggleButtons), widgets_of(box, ipywidgets.Button)
    assert field.value is None
    button.click()
    assert entries() == []
    field.value = "queues"
    button.click()
    assert widgets_of(predictions._box(asked), ipywidgets.ToggleButtons)[0].value == "queues"


def test_a_box_for_other_choices_than_before_starts_empty():
    append(Entry("prediction", "on-full", "crashes"))
    box = predictions._box(Question("on-full", "What happens?", "", ("sheds", "queues")))
    assert widgets_of(box, ipywidgets.ToggleButtons)[0].value is None
