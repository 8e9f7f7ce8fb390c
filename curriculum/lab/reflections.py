"""Reflections: the learner's own numbers beside the rubric that a person will grade with."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from curriculum.lab.display import escape, number, plain_table, show, table, with_unit
from curriculum.lab.journal import latest

LESSON = "lesson.ipynb"
POINTS = ("0 points", "1 point", "2 points", "3 points")


@dataclass(frozen=True)
class Row:
    """One row of the rubric: what it looks at, and what earns 0, 1, 2 and 3 points."""

    name: str
    levels: tuple[str, str, str, str]


RUBRIC = (
    Row(
        "Evidence",
        (
            "no number of your own",
            "one number, or numbers that the decision does not use",
            "at least two of your own numbers, with units, that the decision rests on",
            "all that, and says how they were measured and how far to trust them",
        ),
    ),
    Row(
        "Who is affected",
        (
            "nobody named",
            "people in general, or only the team that runs the system",
            "a group named, and what it gains or bears",
            "all that, and a group that bears a cost without having a say, with how large that cost is",
        ),
    ),
    Row(
        "Trade-off and decision",
        (
            "no decision",
            "a decision without what it costs",
            "a decision, the alternative, and what is given up",
            "all that, with the cost in numbers, and who answers for it",
        ),
    ),
    Row(
        "Limits and what would change it",
        (
            "none",
            "a general caveat",
            "a limit of this measurement or this system",
            "all that, and the finding or threshold that would change the decision, and how you would notice",
        ),
    ),
)


def reflect(reflection_id: str, keys: Sequence[str]) -> None:
    """Show the latest of the learner's own numbers under each of `keys`, and the rubric of the reflection."""
    rows, missing = [], []
    for key in keys:
        entry, guess = latest(key, "result", "number"), latest(key, "prediction")
        if entry is None:
            missing.append(key)
            continue
        guessed = with_unit(guess.value, guess.unit) if guess else ""
        rows.append([key, number(entry.value), entry.unit, guessed, entry.time[:16].replace("T", " ")])
    head = ["number", "yours", "unit", "your guess", "when (UTC)"]
    lines = [_where(key) for key in missing]
    plain = [f"Reflection {reflection_id}: your own numbers"]
    markup = f"<p><b>Your own numbers</b> for <code>{escape(reflection_id)}</code></p>"
    if rows:
        plain.append(plain_table(head, rows))
        markup += table(head, rows)
    plain += lines
    markup += "".join(f"<p>{escape(line)}</p>" for line in lines)
    for row in RUBRIC:
        plain.append(f"{row.name}: " + "; ".join(f"{points} = {level}" for points, level in enumerate(row.levels)))
    markup += "<p><b>What earns points.</b> It grades the reasoning, not agreement.</p>"
    markup += table(["", *POINTS], [[row.name, *row.levels] for row in RUBRIC])
    show("\n".join(plain), markup)


def _where(key: str) -> str:
    """One line for a number that the journal lacks: where it is recorded."""
    heading = _heading_of(key, Path.cwd() / LESSON)
    place = f"the section “{heading}” of {LESSON}" if heading else f"the cell of {LESSON} that names {key!r}"
    return f"No number is kept for {key!r} yet: run {place}, then run this cell again."


def _heading_of(key: str, lesson: Path) -> str:
    """The last heading before the lesson's cell that records `key`; empty when there is none."""
    try:
        cells = json.loads(lesson.read_text(encoding="utf-8"))["cells"]
        heading = ""
        for cell in cells:
            source = "".join(cell["source"])
            if cell["cell_type"] == "markdown":
                titles = [line.lstrip("# ") for line in source.splitlines() if line.startswith("#")]
                heading = titles[-1] if titles else heading
            elif any(f"{call}({quote}{key}{quote}" in source for call in ("reveal", "record") for quote in "\"'"):
                return heading
    except (OSError, ValueError, KeyError, TypeError):  # no lesson beside this notebook, or a broken one
        return ""
    return ""
