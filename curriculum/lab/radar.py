"""A technology radar as data: entries with evidence and dates, what is to be looked at again, and what changed.

The course's entries are in `data/radar.yml`. A learner's own are in `my-radar.yml` in the folder they work in; nothing
there is ever removed by this module.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

import pandas as pd
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from curriculum.files import write_atomically
from curriculum.lab.errors import LabError
from curriculum.lab.turns import one_at_a_time

FILE = Path(__file__).parent / "data" / "radar.yml"
MINE = "my-radar.yml"
Ring = Literal["adopt", "trial", "assess", "hold"]
RINGS: tuple[Ring, ...] = get_args(Ring)

_NEEDS = {  # what `keep` asks for, by the field of `Entry` that did not hold
    "name": "a name",
    "quadrant": "a quadrant",
    "moves": f"a ring of {', '.join(RINGS)} with a reason, on a day after its last move",
    "evidence": "evidence in ten letters or more",
    "source": "a source that begins with https://",
    "checked": "a day",
}

_STRICT = ConfigDict(extra="forbid", frozen=True)
T = TypeVar("T", bound=BaseModel)


class Move(BaseModel):
    """An entry's change into a ring, on a day, for a reason."""

    model_config = _STRICT

    day: date
    ring: Ring
    why: str = Field(min_length=5)


class Entry(BaseModel):
    """One technology."""

    model_config = _STRICT

    name: str = Field(min_length=2)
    quadrant: str = Field(min_length=2)
    moves: tuple[Move, ...] = Field(min_length=1)
    evidence: str = Field(min_length=10)
    source: str = Field(pattern=r"^https://\S+$")
    checked: date

    @field_validator("moves")
    @classmethod
    def _in_order(cls, moves: tuple[Move, ...]) -> tuple[Move, ...]:
        days = [move.day for move in moves]
        if days != sorted(set(days)):
            raise ValueError("moves must be in the order of their days, one a day")
        return moves

    def ring(self, day: date) -> Ring | None:
        """The ring it was in at the end of a day; None before its first move."""
        past = [move.ring for move in self.moves if move.day <= day]
        return past[-1] if past else None


class _Radar(BaseModel):
    model_config = _STRICT

    review_days: dict[Ring, int]
    entries: tuple[Entry, ...]


class _Own(BaseModel):
    model_config = _STRICT

    entries: tuple[Entry, ...] = ()


def shipped() -> tuple[Entry, ...]:
    """The course's entries."""
    return _file().entries


def mine(folder: Path | None = None) -> tuple[Entry, ...]:
    """The learner's own entries; none where there is no file. Raises `LabError` when the file does not hold."""
    path = (folder or Path.cwd()) / MINE
    if not path.exists():
        return ()
    return _read(path, _Own).entries


def entries(folder: Path | None = None) -> tuple[Entry, ...]:
    """The course's entries, with the learner's own in their place where both have one of the same name."""
    own = {entry.name: entry for entry in mine(folder)}
    kept = tuple(own.pop(entry.name, entry) for entry in shipped())
    return kept + tuple(own.values())


@one_at_a_time
def keep(
    name: str,
    quadrant: str,
    ring: str,
    why: str,
    evidence: str,
    source: str,
    today: date | None = None,
    folder: Path | None = None,
) -> Entry:
    """Add an entry to the learner's file, or a move to one that is there. A check without a new ring renews its date.

    Raises `LabError`, and writes nothing, when something is missing or the day is before the last move.
    """
    day = today or date.today()
    own = {entry.name: entry for entry in mine(folder)}
    before = own.get(name) or next((entry for entry in shipped() if entry.name == name), None)
    moves: Sequence[Any] = before.moves if before else ()
    if not moves or moves[-1].ring != ring:
        earlier = tuple(
            move for move in moves if move.day != day
        )  # a second thought on the same day replaces the first
        moves = [*earlier, {"day": day, "ring": ring, "why": why}]
    try:
        entry = Entry.model_validate(
            {"name": name, "quadrant": quadrant, "moves": moves, "evidence": evidence, "source": source, "checked": day}
        )
    except ValidationError as error:
        missing = {str(one["loc"][0]) for one in error.errors()}
        said = ", ".join(words for field, words in _NEEDS.items() if field in missing)
        raise LabError(f"Not kept. It needs {said}.") from None
    own[name] = entry
    content = {"entries": [each.model_dump(mode="json") for each in own.values()]}
    write_atomically((folder or Path.cwd()) / MINE, yaml.safe_dump(content, sort_keys=False, allow_unicode=True))
    return entry


def due(today: date | None = None, use: Sequence[Entry] | None = None) -> pd.DataFrame:
    """Entries whose next look falls by the end of this month, most overdue first: name, ring, checked, days over."""
    day = today or date.today()
    month_end = (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    rows = []
    for entry in entries() if use is None else use:
        ring = entry.ring(day)
        if ring is None:
            continue
        next_look = entry.checked + timedelta(days=_file().review_days[ring])
        if next_look <= month_end:
            rows.append((entry.name, ring, entry.checked.isoformat(), (day - next_look).days))
    table = pd.DataFrame(rows, columns=["name", "ring", "checked", "days over"])
    return table.sort_values("days over", ascending=False, kind="stable", ignore_index=True)


def changes(earlier: date, later: date, use: Sequence[Entry] | None = None) -> pd.DataFrame:
    """What moved between two days: name, from, to, why. Raises `LabError` when the first is not the earlier."""
    if earlier >= later:
        raise LabError(f"{earlier} is not before {later}.")
    rows = []
    for entry in entries() if use is None else use:
        was, now = entry.ring(earlier), entry.ring(later)
        if now is not None and was != now:
            why = [move.why for move in entry.moves if move.day <= later][-1]
            rows.append((entry.name, was or "(new)", now, why))
    return pd.DataFrame(rows, columns=["name", "from", "to", "why"])


def _file() -> _Radar:
    return _read(FILE, _Radar)


def _read(path: Path, kind: type[T]) -> T:
    try:
        return kind.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except yaml.YAMLError as error:
        raise LabError(f"{path.name} is not YAML: {' '.join(str(error).split())}") from None
    except ValidationError as error:
        said = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()]
        raise LabError(f"{path.name} does not hold: {'; '.join(said[:5])}.") from None
