"""What a capability is called on another platform, how far apart the two are, and what will surprise whoever moves.

All of it is computed from one file, `data/equivalents.yml`, which is checked on reading: no cell is missing, every
attribute is from the vocabulary, no word of the vocabulary is unused, and what is absent names what people build.
"""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from curriculum.lab.errors import LabError

FILE = Path(__file__).parent / "data" / "equivalents.yml"
ATTRIBUTES = ("api", "identity", "unit", "promise", "scope", "carries")
NEAR, FAR = 0.35, 0.65  # below the first a translation, above the second only the purpose is the same

_STRICT = ConfigDict(extra="forbid", frozen=True)


class Cell(BaseModel):
    """A capability on one platform: a service with its attributes, or what is built in its absence."""

    model_config = _STRICT

    service: str = ""
    absent: str = ""
    api: str = ""
    identity: str = ""
    unit: str = ""
    promise: str = ""
    scope: str = ""
    carries: str = ""
    bites: str = ""
    source: str = Field(pattern=r"^https://\S+$")
    checked: date | None = None

    @model_validator(mode="after")
    def _whole(self) -> "Cell":
        stated = [name for name in ("service", "bites", *ATTRIBUTES) if getattr(self, name)]
        if self.absent and stated:
            raise ValueError(f"is absent, and yet states {', '.join(stated)}")
        missing = [name for name in ("service", "bites", *ATTRIBUTES) if not getattr(self, name)]
        if not self.absent and missing:
            raise ValueError(f"leaves out {', '.join(missing)}")
        return self


class Capability(BaseModel):
    """One row: what is wanted, and where it is found."""

    model_config = _STRICT

    id: str
    name: str
    group: str
    where: dict[str, Cell]


class Equivalents(BaseModel):
    """The whole file."""

    model_config = _STRICT

    version: int
    stale_after_days: int = Field(gt=0)
    platforms: dict[str, str]
    jurisdictions: dict[str, str]
    attributes: dict[str, str]
    vocabulary: dict[str, list[str]]
    capabilities: list[Capability]

    @model_validator(mode="after")
    def _complete(self) -> "Equivalents":
        problems = []
        if set(self.attributes) != set(ATTRIBUTES) or set(self.vocabulary) != set(ATTRIBUTES):
            problems.append(f"attributes and vocabulary must name {', '.join(ATTRIBUTES)}")
        if set(self.jurisdictions) != set(self.platforms):
            problems.append("every platform needs a jurisdiction")
        ids = [capability.id for capability in self.capabilities]
        problems += [f"{one} appears twice" for one in sorted({i for i in ids if ids.count(i) > 1})]
        used: dict[str, set[str]] = {attribute: set() for attribute in ATTRIBUTES}
        for capability in self.capabilities:
            for platform in sorted(set(self.platforms) ^ set(capability.where)):
                problems.append(
                    f"{capability.id} {'lacks' if platform in self.platforms else 'has an unknown'} {platform}"
                )
            for platform, cell in capability.where.items():
                for attribute in ATTRIBUTES if cell.service else ():
                    word = getattr(cell, attribute)
                    used[attribute].add(word)
                    if word not in self.vocabulary.get(attribute, []):
                        problems.append(f"{capability.id}, {platform}: {attribute} {word!r} is not in the vocabulary")
        for attribute, words in self.vocabulary.items():
            orphans = sorted(set(words) - used.get(attribute, set()))
            problems += [f"{attribute} {word!r} is in the vocabulary, and no cell uses it" for word in orphans]
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def cell(self, capability: str, platform: str) -> Cell:
        """The cell of a capability on a platform. Raises `LabError` when there is no such row or column."""
        found = {row.id: row for row in self.capabilities}
        if capability not in found:
            raise LabError(f"There is no capability {capability!r}: choose one of {', '.join(found)}.")
        if platform not in self.platforms:
            raise LabError(f"There is no platform {platform!r}: choose one of {', '.join(self.platforms)}.")
        return found[capability].where[platform]


def read(text: str) -> Equivalents:
    """The file's text, checked. Raises `LabError` with every problem that was found."""
    try:
        return Equivalents.model_validate(yaml.safe_load(text))
    except yaml.YAMLError as error:
        raise LabError(f"The table is not YAML: {' '.join(str(error).split())}.") from None
    except ValidationError as error:
        said = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}".lstrip(": ") for one in error.errors()]
        raise LabError(f"The table does not hold: {'; '.join(said)}.") from None


@lru_cache(maxsize=1)
def equivalents() -> Equivalents:
    """The table that the course ships."""
    return read(FILE.read_text(encoding="utf-8"))


def distance(one: Cell, other: Cell, weights: Mapping[str, float] | None = None) -> float | None:
    """The weighted share of attributes in which two services differ, from 0 to 1; None when one of them is absent.

    Raises `LabError` when a weight is negative, names no attribute, or all are zero.
    """
    weigh = dict.fromkeys(ATTRIBUTES, 1.0) | dict(weights or {})
    if set(weigh) != set(ATTRIBUTES) or min(weigh.values()) < 0 or sum(weigh.values()) == 0:
        raise LabError(f"Weights are numbers of 0 or more for {', '.join(ATTRIBUTES)}, and not all 0; got {weigh}.")
    if not (one.service and other.service):
        return None
    return sum(weigh[name] for name in differs(one, other)) / sum(weigh.values())


def differs(one: Cell, other: Cell) -> list[str]:
    """The attributes in which two services differ. Two services with an API of their own have two different ones."""
    if one == other:
        return []
    return [name for name in ATTRIBUTES if getattr(one, name) != getattr(other, name) or getattr(one, name) == "own"]


def kind(apart: float | None) -> str:
    """What a distance means for whoever translates."""
    if apart is None:
        return "nothing to translate to"
    if apart < NEAR:
        return "a translation"
    return "a cousin" if apart <= FAR else "the same purpose only"


def translate(
    capability: str,
    know: str,
    learn: str,
    weights: Mapping[str, float] | None = None,
    table: Equivalents | None = None,
    today: date | None = None,
) -> dict[str, Any]:
    """“I know it on `know`; what is it on `learn`, and what will surprise me?”, as one answer a key."""
    use = table or equivalents()
    known, wanted = use.cell(capability, know), use.cell(capability, learn)
    apart = distance(known, wanted, weights)
    both = known.service and wanted.service
    words = {name: (getattr(known, name), getattr(wanted, name)) for name in (differs(known, wanted) if both else [])}
    changed = {name: f"{old} → {new if new != old else 'another of its own'}" for name, (old, new) in words.items()}
    return {
        "known": known.service or f"(none) {known.absent}",
        "wanted": wanted.service or f"(none) {wanted.absent}",
        "distance": apart,
        "kind": kind(apart),
        "changes": changed,
        "surprise": wanted.bites or wanted.absent,
        "source": wanted.source,
        "age": age(wanted, today),
    }


def distances(know: str, learn: str, weights: Mapping[str, float] | None = None) -> pd.Series:
    """The distance of every capability between two platforms, nearest first; missing where one side is absent."""
    use = equivalents()
    found = {row.name: distance(use.cell(row.id, know), use.cell(row.id, learn), weights) for row in use.capabilities}
    return pd.Series(found, dtype=float, name=f"{know} to {learn}").sort_values(kind="stable")


def names(group: str | None = None) -> pd.DataFrame:
    """The translation table: a row a capability, a column a platform; of one group, or all."""
    use = equivalents()
    rows = {
        row.name: {title: row.where[key].service or "none" for key, title in use.platforms.items()}
        for row in use.capabilities
        if group in (None, row.group)
    }
    return pd.DataFrame.from_dict(rows, orient="index")


def age(cell: Cell, today: date | None = None) -> str:
    """How old a cell's check is: `fresh`, `stale` or `unchecked`."""
    if cell.checked is None:
        return "unchecked"
    days = ((today or date.today()) - cell.checked).days
    if days < 0:
        raise LabError(f"{cell.service or cell.absent!r} was checked on {cell.checked}, which is after today.")
    return "stale" if days > equivalents().stale_after_days else "fresh"


def ages(today: date | None = None) -> pd.DataFrame:
    """How many cells of each group are fresh, stale and unchecked on a day."""
    cells = [(row.group, age(cell, today)) for row in equivalents().capabilities for cell in row.where.values()]
    counted = pd.DataFrame(cells, columns=["group", "age"]).value_counts().unstack(fill_value=0)
    return counted.reindex(columns=["fresh", "stale", "unchecked"], fill_value=0)


def warning(today: date | None = None) -> str:
    """One line that says how much of the table is not to be relied on; empty when all of it is fresh."""
    total = ages(today).sum()
    if total["stale"] + total["unchecked"] == 0:
        return ""
    return (
        f"Warning: of {total.sum()} cells, {total['stale']} were checked more than {equivalents().stale_after_days} "
        f"days ago and {total['unchecked']} were never compared with their source. Look there before you rely on them."
    )


def without_equivalent() -> list[tuple[str, str]]:
    """Capabilities and the platforms that have none of their own."""
    use = equivalents()
    return [(row.name, use.platforms[at]) for row in use.capabilities for at, cell in row.where.items() if cell.absent]
