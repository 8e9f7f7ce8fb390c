"""Predictions: a guess written down before a run, and shown against the result after it."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from curriculum.lab.display import escape, number, show, with_unit
from curriculum.lab.errors import LabError
from curriculum.lab.journal import Entry, Value, append, latest, plain

if TYPE_CHECKING:
    import ipywidgets

CLOSE = 0.1  # a guess within a tenth of the result is called close
BUTTON = "Keep my prediction"


@dataclass(frozen=True)
class Question:
    """What a `predict` cell asked."""

    key: str
    text: str
    unit: str
    choices: tuple[str, ...]


_asked: dict[str, Question] = {}


def predict(key: str, question: str, unit: str = "", choices: Sequence[str] | None = None) -> None:
    """Ask the reader for a guess: a number in `unit`, or one of `choices`.

    In JupyterLab this is a box whose button keeps the guess in the journal; elsewhere it is one stable line.
    """
    asked = Question(key, question, unit, tuple(choices or ()))
    _asked[key] = asked
    if in_jupyterlab():
        from IPython.display import display

        display(_box(asked))
    else:
        how = f"one of: {', '.join(asked.choices)}" if asked.choices else f"a number in {unit}" if unit else "a number"
        print(f"Your prediction ({how}): {question} In JupyterLab, run this cell to write it down.")


def reveal(key: str, value: object) -> None:
    """Show `value` against the reader's guess under `key`, and keep it in the journal as the result.

    Raises `LabError` when `value` is not one number, word or yes/no, or not among the choices that `predict` offered.
    """
    result = plain(key, value)
    asked, guess = _asked.get(key), latest(key, "prediction")
    if asked and asked.choices:
        result = number(result)
        if result not in asked.choices:
            raise LabError(f"The result {result!r} of {key!r} is not one of the choices: {', '.join(asked.choices)}.")
    unit = asked.unit if asked else guess.unit if guess else ""
    append(Entry("result", key, result, unit=unit, question=asked.text if asked else guess.question if guess else ""))
    if guess is None:
        said = f"“{result}”" if isinstance(result, str) else with_unit(result, unit)
        print(f"It was {said}. You kept no prediction for this one.")
    else:
        show(sentence(guess.value, result, unit), _compared(guess.value, result, unit))


def sentence(guess: Value, result: Value, unit: str) -> str:
    """The comparison in words: `You guessed 40 ms; it was 312 ms: 7.8 times more.`"""
    if isinstance(guess, str) or isinstance(result, str):
        if number(guess) == number(result):
            return f"You chose “{number(guess)}”, and so it was."
        return f"You chose “{number(guess)}”; it was “{number(result)}”."
    start = f"You guessed {with_unit(guess, unit)}; it was {with_unit(result, unit)}"
    if guess == result:
        return f"{start}: exactly that."
    more = "more" if result > guess else "less"
    if min(guess, result) <= 0:  # a ratio says something about amounts only
        return f"{start}: {with_unit(abs(result - guess), unit)} {more}."
    ratio = max(result / guess, guess / result)
    if ratio <= 1 + CLOSE:
        return f"{start}: within {max(1, round(100 * (ratio - 1)))}%."
    times = f"{ratio:.1f}".removesuffix(".0") if ratio < 100 else f"{ratio:,.0f}"
    return f"{start}: {times} times {more}."


def in_jupyterlab() -> bool:
    """Whether a person sits in front of this kernel: a Jupyter server names the notebook for the kernels it starts."""
    return "JPY_SESSION_NAME" in os.environ


def read_number(text: str) -> float | None:
    """The number that someone typed, or None when it is not one (`1,5` and `1,000` are ambiguous and count as none)."""
    try:
        value = plain("", float(text.replace(" ", "").replace("_", "")))
    except (ValueError, LabError):
        return None
    return float(value)


def _box(asked: Question) -> "ipywidgets.Widget":
    import ipywidgets as widgets

    kept = latest(asked.key, "prediction")
    state = widgets.HTML(_kept(kept) if kept else "")
    field: ipywidgets.ToggleButtons | ipywidgets.Text
    if asked.choices:
        chosen = kept.value if kept and kept.value in asked.choices else None
        field = widgets.ToggleButtons(options=asked.choices, value=chosen, style={"button_width": "auto"})
    else:
        field = widgets.Text(
            value="" if kept is None else f"{kept.value:g}" if isinstance(kept.value, float) else str(kept.value),
            placeholder="a number",
            continuous_update=False,
            layout=widgets.Layout(width="9em"),
        )
    button = widgets.Button(description=BUTTON, button_style="primary", layout=widgets.Layout(width="auto"))

    def keep(_: object) -> None:
        guess = field.value if asked.choices else read_number(field.value)
        if guess is None:
            say = "Choose one first." if asked.choices else "Type one number, with a point for decimals: 1500 or 0.25."
            state.value = f"<b>{say}</b>"
            return
        before = latest(asked.key, "prediction")
        if before and before.value == guess:  # the button, after the field has kept it
            state.value = _kept(before)
            return
        entry = Entry("prediction", asked.key, guess, unit=asked.unit, question=asked.text)
        state.value = _kept(entry) if append(entry) else "<b>This folder cannot be written, so it was not kept.</b>"

    button.on_click(keep)
    if not asked.choices:
        field.observe(keep, "value")  # Enter, or leaving the field, is as good as the button
    answer = [field] if asked.choices else [field, widgets.Label(asked.unit)]
    title = widgets.HTML(f"<div style='line-height:1.4'><b>Your prediction.</b> {escape(asked.text)}</div>")
    row = widgets.HBox([*answer, button], layout=widgets.Layout(flex_flow="row wrap", align_items="center"))
    frame = widgets.Layout(border_left="4px solid #0072B2", padding="0.2em 1em", max_width="48em")
    return widgets.VBox([title, row, state], layout=frame)


def _kept(entry: Entry) -> str:
    return f"Kept: <b>{escape(with_unit(entry.value, entry.unit))}</b>. You can change it until you run the experiment."


def _compared(guess: Value, result: Value, unit: str) -> str:
    said = f"<p style='margin:0.2em 0'><b>{escape(sentence(guess, result, unit))}</b></p>"
    numbers = [value for value in (guess, result) if not isinstance(value, str)]
    if len(numbers) < 2 or min(numbers) < 0 or max(numbers) == 0:
        return f"<div style='border-left:4px solid #0072B2;padding:0.2em 1em'>{said}</div>"
    bars = "".join(
        f"<tr><td style='text-align:left'>{name}</td><td style='width:20em;text-align:left'>"
        f"<div style='background-color:{colour};width:{100 * value / max(numbers):.1f}%;height:0.9em'></div></td>"
        f"<td style='text-align:right'>{escape(with_unit(value, unit))}</td></tr>"
        for name, value, colour in (("your guess", numbers[0], "#E69F00"), ("result", numbers[1], "#0072B2"))
    )
    return f"<div style='border-left:4px solid #0072B2;padding:0.2em 1em'>{said}<table>{bars}</table></div>"
