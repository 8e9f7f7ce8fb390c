"""Design reviews: what a free reading and a checklist find of the flaws that were put into a document."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from curriculum.lab.errors import LabError

FOLDER = Path(__file__).parent / "data" / "practice"
DOCUMENTS = {"retrieval": FOLDER / "design_retrieval.md", "refresh": FOLDER / "design_refresh.md"}


@dataclass(frozen=True)
class Item:
    """A question of the checklist, and the words by which a search for them would call it answered."""

    id: str
    question: str
    words: tuple[str, ...]


@dataclass(frozen=True)
class Flaw:
    """What is wrong in a paragraph (0: it is missing), and the question that asks for it, if one does.

    `also`: the other end of a contradiction. Whoever marks either has found it.
    """

    id: str
    paragraph: int
    item: str | None
    why: str
    also: tuple[int, ...] = ()

    @property
    def places(self) -> set[int]:
        """Where a mark finds it."""
        return {self.paragraph, *self.also}


@dataclass(frozen=True)
class Review:
    """The paragraphs that a reader marked: first freely, then with the checklist in hand."""

    free: frozenset[int]
    checklist: frozenset[int]
    sample: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether both readings hold a mark."""
        return bool(self.free and self.checklist)


def checklist() -> list[Item]:
    """The ten questions."""
    return [Item(each["id"], each["question"], tuple(each["words"])) for each in _raw()["checklist"]]


def flaws() -> list[Flaw]:
    """What was put into the design `retrieval`, in the order of its paragraphs."""
    found = [Flaw(**{**each, "also": tuple(each.get("also", ()))}) for each in _raw()["flaws"]]
    return sorted(found, key=lambda flaw: flaw.paragraph)


def paragraphs(name: str) -> list[str]:
    """The paragraphs of a design, the first one first."""
    return DOCUMENTS[name].read_text(encoding="utf-8").strip().split("\n\n")


def screen(text: str, items: Iterable[Item]) -> list[str]:
    """The questions of which no word occurs in `text`: what a search without a reader calls unanswered."""
    return [item.id for item in items if not any(_holds(text, word) for word in item.words)]


def compare(readers: Mapping[str, Iterable[int]], seeded: Sequence[Flaw]) -> pd.DataFrame:
    """One row a flaw, one column a reader: whether the paragraph was marked."""
    marked = {name: set(found) for name, found in readers.items()}
    table = {name: [bool(flaw.places & found) for flaw in seeded] for name, found in marked.items()}
    return pd.DataFrame(table, index=[flaw.id for flaw in seeded])


def alarms(marked: Iterable[int], seeded: Iterable[Flaw]) -> set[int]:
    """The marked paragraphs in which nothing was put: false alarms, or flaws that the author did not know of."""
    return set(marked) - {place for flaw in seeded for place in flaw.places}


def costs(readers: Mapping[str, Iterable[int]], seeded: Sequence[Flaw]) -> pd.DataFrame:
    """One row a reader: how many `marks`, how many `flaws` they found, and how many were `alarms`."""
    marked = {name: set(found) for name, found in readers.items()}
    found = compare(marked, seeded).sum()
    rows = {name: [len(each), int(found[name]), len(alarms(each, seeded))] for name, each in marked.items()}
    return pd.DataFrame.from_dict(rows, orient="index", columns=["marks", "flaws", "alarms"])


def read(path: Path | None = None) -> Review:
    """A review from YAML with two lists, `free` and `checklist`; the sample where there is no file.

    Raises `LabError` when a list holds something that is no paragraph of the document.
    """
    if path is None or not path.is_file():
        raw: Any = _raw()["sample_review"]
    else:
        try:
            raw = yaml.safe_load(path.read_text(encoding="utf-8"))
        except yaml.YAMLError as error:
            raise LabError(f"{path.name} could not be read: {' '.join(str(error).split())}") from None
    last = len(paragraphs("retrieval"))
    lists: list[Any] = [raw.get(name) or [] if isinstance(raw, dict) else None for name in ("free", "checklist")]
    if not all(_are_paragraphs(numbers, last) for numbers in lists):
        where = path.name if path else "the sample"
        raise LabError(f"{where} needs `free:` and `checklist:`, lists of paragraphs from 0 to {last}.")
    return Review(frozenset(lists[0]), frozenset(lists[1]), bool(raw.get("sample", False)))


def whole(path: Path) -> Review:
    """The learner's review once both readings hold a mark; until then the invented reader's."""
    review = read(path)
    return review if review.is_whole else read()


def _are_paragraphs(numbers: Any, last: int) -> bool:
    return isinstance(numbers, list) and all(type(n) is int and 0 <= n <= last for n in numbers)


def _holds(text: str, word: str) -> bool:
    return re.search(rf"\b{re.escape(word)}s?\b", text, re.IGNORECASE) is not None


def _raw() -> Any:
    return yaml.safe_load((FOLDER / "review.yml").read_text(encoding="utf-8"))
