"""What an attack is, and the three questions that are asked of each."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

SECRET = "ATTACKED_SECRET"  # a variable of the batch's environment
FULL, LANDLOCK, LIMITS, PLAIN = "full", "landlock", "limits", "plain"
TIERS = (FULL, LANDLOCK, LIMITS)


def new_token() -> str:
    """Something that is seen nowhere by chance."""
    return f"tok{secrets.token_hex(10)}"


class Question(StrEnum):
    """What an attack may get. The engine's answer has to be no, every time."""

    POINTS = "points"  # did it earn a point that it did not deserve
    REACH = "reach"  # did it harm or see anything outside its own submission
    BATCH = "batch"  # did it disturb the batch


@dataclass(frozen=True)
class Attack:
    """One submission that means harm.

    `first` is the learner's own cell before everything else, `last` the one after everything else; `answers` replace
    solution cells, by task, and every other answer is wrong. `tasks` are the assignment's tasks that it holds. In all
    of them and in `files`, `@NAME@` stands for what an attacker who knows the machine would know; see `World.fill`.
    A cell that has reached what it must not reach says so with `won()`.

    `deserved` is what the answers are honestly worth. `unaffected` says why plain execution does not suffer from it;
    without it, the control has to show that each of `aims` is reached.
    """

    name: str
    family: str
    aims: frozenset[Question]
    first: str = ""
    last: str = ""
    answers: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str | bytes] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)  # name in the submission's folder: what it points at
    fifos: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()
    deserved: float = 0
    unaffected: str = ""
    primes: bool = False  # the author's cells come first, and are run beforehand beside the submission's files
    slow: bool = False  # it lasts until a limit of time ends it
    set_aside: bool = False  # its files are not taken, so that it is not run
    needs_jail: bool = False  # nothing but isolation keeps it from disturbing the batch
    oldest_python: tuple[int, int] = (3, 11)

    def aims_under(self, tier: str) -> frozenset[Question]:
        """What it must not reach in a tier. Without isolation nothing is promised about what it can touch."""
        if tier != LIMITS:
            return self.aims
        return self.aims - {Question.REACH} - ({Question.BATCH} if self.needs_jail else frozenset())


@dataclass
class Seen:
    """What a run of one attack came to: every observation that answers a question with yes, in words."""

    points: list[str] = field(default_factory=list)
    reach: list[str] = field(default_factory=list)
    batch: list[str] = field(default_factory=list)
    note: str = ""

    def of(self, question: Question) -> list[str]:
        """The observations under a question."""
        return getattr(self, question.value)


CATALOGUE: dict[str, Attack] = {}


def attack(name: str, aims: str, **parts: object) -> None:
    """Put an attack into the catalogue. `aims` are letters: p for points, r for reach, b for batch."""
    letters = {"p": Question.POINTS, "r": Question.REACH, "b": Question.BATCH}
    family = str(parts.pop("family"))
    assert name not in CATALOGUE and re.fullmatch(r"[a-z0-9-]+", name), name
    CATALOGUE[name] = Attack(name, family, frozenset(letters[letter] for letter in aims), **parts)  # type: ignore[arg-type]
