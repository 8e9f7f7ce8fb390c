"""Which AI initiative needs an infrastructure engineer, and which question to ask before choosing one.

An initiative is a note with answers to a list of signals; what the note does not say is unknown, and counts as its
chance. The need is the weighted share of signals that hold; the score is the need times the chance that help is
welcome.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import yaml

from curriculum.lab.errors import LabError

SAMPLE = Path(__file__).parent / "data" / "practice" / "initiatives.yml"
WELCOME = "welcome"  # the signal that multiplies, because uninvited help is no help
Speaks = Literal["department", "residents"]


@dataclass(frozen=True)
class Signal:
    """Something whose presence means that an initiative needs infrastructure work."""

    id: str
    question: str
    weight: float


@dataclass(frozen=True)
class Initiative:
    """An intake note. `answers` holds what is known, by signal; `asked_by` wrote it, and speaks for somebody."""

    id: str
    title: str
    answers: Mapping[str, bool]
    asked_by: str = ""
    speaks_for: Speaks = "department"
    note: str = ""

    def told(self, signal: str, answer: bool) -> "Initiative":
        """The same initiative once a question has been answered."""
        return replace(self, answers={**self.answers, signal: answer})


@dataclass(frozen=True)
class Book:
    """All notes on the table, with the signals that they are read by."""

    signals: tuple[Signal, ...]
    initiatives: tuple[Initiative, ...]
    sample: bool = False

    @property
    def weights(self) -> dict[str, float]:
        """The weight of each signal that counts towards the need."""
        return {signal.id: signal.weight for signal in self.signals if signal.id != WELCOME}

    def question(self, signal: str) -> str:
        """The words of a signal."""
        return next(each.question for each in self.signals if each.id == signal)


def read(path: Path = SAMPLE, signals: Sequence[Signal] = ()) -> Book:
    """A book from YAML. A file without signals of its own is read by `signals`.

    Raises `LabError` that names the initiative and what is wrong with it.
    """
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise LabError(f"{path.name} could not be read: {' '.join(str(error).split())}") from None
    if not isinstance(raw, dict) or not isinstance(raw.get("initiatives"), list) or not raw["initiatives"]:
        raise LabError(f"{path.name} needs a list `initiatives:` with one entry at least; see the sample for its form.")
    own = tuple(_signal(path.name, each) for each in raw.get("signals", [])) or tuple(signals)
    if WELCOME not in {signal.id for signal in own}:
        raise LabError(f"{path.name} has no signal {WELCOME!r}; without it nobody was asked whether help is wanted.")
    found = tuple(_initiative(path.name, each, own) for each in raw["initiatives"])
    if twice := [name for name, count in Counter(each.id for each in found).items() if count > 1]:
        raise LabError(f"{path.name} has two initiatives with the id {twice[0]!r}; give each its own.")
    return Book(own, found, bool(raw.get("sample", False)))


def chances(book: Book) -> dict[str, float]:
    """How likely each signal holds where a note does not say: Laplace's rule on the notes that do."""
    known = {s.id: [i.answers[s.id] for i in book.initiatives if s.id in i.answers] for s in book.signals}
    return {signal: (sum(answers) + 1) / (len(answers) + 2) for signal, answers in known.items()}


def likelihood(book: Book, answers: Mapping[str, bool]) -> float:
    """How likely exactly these answers are, each by its chance and as if none depended on another."""
    chance = chances(book)
    return float(np.prod([chance[signal] if answer else 1 - chance[signal] for signal, answer in answers.items()]))


def score(initiative: Initiative, weights: Mapping[str, float], chance: Mapping[str, float]) -> float:
    """Need (0 to 1) times the chance that help is welcome. Unknown signals count as their chance."""
    total = sum(weights.values())
    if total <= 0 or min(weights.values()) < 0:
        raise LabError("Weights must be 0 or more, and one of them above 0.")
    likely = {**chance, **initiative.answers}
    found = {signal: float(likely[signal]) for signal in (*weights, WELCOME)}
    return sum(weight * found[signal] for signal, weight in weights.items()) / total * found[WELCOME]


def rank(book: Book, weights: Mapping[str, float] | None = None) -> pd.DataFrame:
    """Initiatives from the highest score: index id, `title`, `score`, `low` and `high` if all unknowns fell so."""
    weights, chance = weights or book.weights, chances(book)
    never, always = dict.fromkeys(chance, 0.0), dict.fromkeys(chance, 1.0)
    rows = {
        i.id: [i.title, i.asked_by, *(score(i, weights, c) for c in (chance, never, always)), _unknown(i, book)]
        for i in book.initiatives
    }
    head = ["title", "asked by", "score", "low", "high", "unknown"]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=head)
    return table.sort_values("score", ascending=False, kind="stable")


def questions(book: Book, weights: Mapping[str, float] | None = None) -> pd.DataFrame:
    """Every question that a note leaves open, the most valuable first.

    `value` is what the answer adds on average to the score of the one initiative that you would then choose; `flips`
    is the chance that you would choose another one. Both are exact: they go through both answers.
    """
    weights, chance = weights or book.weights, chances(book)
    scores = {i.id: score(i, weights, chance) for i in book.initiatives}
    first = max(scores, key=lambda each: scores[each])
    rows = []
    for initiative in book.initiatives:
        for signal in book.signals:
            if signal.id in initiative.answers:
                continue
            value = flips = 0.0
            for answer, likely in ((True, chance[signal.id]), (False, 1 - chance[signal.id])):
                after = scores | {initiative.id: score(initiative.told(signal.id, answer), weights, chance)}
                best = max(after.values())
                value += likely * (best - scores[first])
                flips += likely * (after[first] < best)
            rows.append([initiative.id, signal.id, round(max(0.0, value), 12), flips])
    table = pd.DataFrame(rows, columns=["initiative", "signal", "value", "flips"])
    return table.sort_values(["value", "flips"], ascending=False, kind="stable").reset_index(drop=True)


def conversations(book: Book, weights: Mapping[str, float] | None = None) -> pd.DataFrame:
    """What it is worth to put all open questions of one note to those who wrote it: index id, the most valuable first.

    One question at a time misses this: where much is unknown, no single answer decides anything, and all of them may.
    """
    weights, chance = weights or book.weights, chances(book)
    scores = {i.id: score(i, weights, chance) for i in book.initiatives}
    first = max(scores, key=lambda each: scores[each])
    rows = {}
    for initiative in book.initiatives:
        unknown = [signal.id for signal in book.signals if signal.id not in initiative.answers]
        value = flips = 0.0
        for answers in product((True, False), repeat=len(unknown)):
            told = dict(zip(unknown, answers, strict=True))
            likely = likelihood(book, told)
            known = replace(initiative, answers={**initiative.answers, **told})
            after = scores | {initiative.id: score(known, weights, chance)}
            value += likely * (max(after.values()) - scores[first])
            flips += likely * (after[first] < max(after.values()))
        rows[initiative.id] = [initiative.speaks_for, len(unknown), round(max(0.0, value), 12), flips]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["for", "questions", "value", "flips"])
    return table.sort_values(["value", "flips"], ascending=False, kind="stable")


def turned(book: Book) -> pd.DataFrame:
    """What one misheard answer would do: for each answer turned round, the note that is then best asked.

    `question` is where the most valuable single question goes ("none" where no answer is worth anything),
    `conversation` the note whose open questions are worth most together.
    """
    rows = []
    for place, initiative in enumerate(book.initiatives):
        for signal, answer in initiative.answers.items():
            notes = list(book.initiatives)
            notes[place] = initiative.told(signal, not answer)
            other = replace(book, initiatives=tuple(notes))
            asked, talks = questions(other), conversations(other)
            single = asked.loc[0, "initiative"] if asked["value"].max() > 0 else "none"
            rows.append([initiative.id, signal, single, talks.index[0] if talks["value"].max() > 0 else "none"])
    return pd.DataFrame(rows, columns=["initiative", "signal", "question", "conversation"])


def first_places(book: Book, draws: int, seed: int = 2026) -> pd.Series:
    """The share of random weightings (uniform over all that sum to 1) in which each initiative comes first."""
    names, chance = list(book.weights), chances(book)
    matrix = np.array([[float(i.answers.get(s, chance[s])) for s in names] for i in book.initiatives])
    welcome = np.array([float(i.answers.get(WELCOME, chance[WELCOME])) for i in book.initiatives])
    weightings = np.random.default_rng(seed).dirichlet(np.ones(len(names)), size=draws)
    winners = (weightings @ matrix.T * welcome).argmax(axis=1)
    share = np.bincount(winners, minlength=len(book.initiatives)) / draws
    return pd.Series(share, index=[i.id for i in book.initiatives], name="first").sort_values(ascending=False)


def _unknown(initiative: Initiative, book: Book) -> int:
    return sum(signal.id not in initiative.answers for signal in book.signals)


def _signal(file: str, raw: Any) -> Signal:
    try:
        return Signal(str(raw["id"]), str(raw["question"]), float(raw["weight"]))
    except (KeyError, TypeError, ValueError):
        raise LabError(f"{file}: a signal needs id, question and weight, but one is {raw!r}.") from None


def _initiative(file: str, raw: Any, signals: Sequence[Signal]) -> Initiative:
    if not isinstance(raw, dict) or not raw.get("id") or not raw.get("title"):
        raise LabError(f"{file}: an initiative needs id and title, but one is {raw!r}.")
    answers = raw.get("answers") or {}
    names = {signal.id for signal in signals}
    if not isinstance(answers, dict) or (strange := set(answers) - names):
        known = ", ".join(sorted(names))
        raise LabError(f"{file}, {raw['id']}: answers are for the signals {known}; not for {sorted(strange)}.")
    if wrong := [signal for signal, answer in answers.items() if not isinstance(answer, bool)]:
        raise LabError(f"{file}, {raw['id']}: {wrong[0]} must be yes or no; leave it out while you do not know.")
    speaks = raw.get("for", "department")
    if speaks not in ("department", "residents"):
        raise LabError(f"{file}, {raw['id']}: `for` is department or residents, not {speaks!r}.")
    asked_by, note = str(raw.get("asked_by", "")), str(raw.get("note", ""))
    return Initiative(str(raw["id"]), str(raw["title"]), answers, asked_by, speaks, note)
