"""A contract between two parts: which fields are handed over, of which type, in which unit, and within which bounds.

The producer states version and units beside its rows; nothing is guessed from a name. A check returns everything that
is wrong, in words, and an empty list when nothing is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd
import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from curriculum.lab.errors import LabError


class FieldRule(BaseModel):
    """What one field must be."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: Literal["number", "text"]
    unit: str = ""
    low: float | None = None
    high: float | None = None
    one_of: tuple[str, ...] = ()


class Contract(BaseModel):
    """What passes between two parts."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    version: str
    producer: str
    consumer: str
    fields: dict[str, FieldRule]


@dataclass(frozen=True)
class Handover:
    """Rows with what their producer says about them: the contract's version, and the units of its fields."""

    rows: pd.DataFrame
    version: str
    units: Mapping[str, str] = field(default_factory=dict)


def read(text: str) -> Contract:
    """A contract from YAML. Raises `LabError` when it is none."""
    try:
        return Contract.model_validate(yaml.safe_load(text))
    except (yaml.YAMLError, ValidationError) as error:
        raise LabError(f"This is no contract: {' '.join(str(error).split())}.") from None


def breaches(contract: Contract, given: Handover) -> list[str]:
    """Everything in which a handover breaks the contract. Fields that the contract does not name are let through."""
    if given.version.split(".")[0] != contract.version.split(".")[0]:
        return [f"{contract.producer} sends version {given.version}, {contract.consumer} reads {contract.version}"]
    found = []
    for name, rule in contract.fields.items():
        if name not in given.rows:
            spare = sorted(set(map(str, given.rows)) - set(contract.fields))
            found.append(f"{name}: not there" + (f"; unknown fields: {', '.join(spare)}" if spare else ""))
            continue
        if given.units.get(name, "") != rule.unit:
            found.append(f"{name}: in {given.units.get(name) or 'no unit'}, expected in {rule.unit or 'no unit'}")
        found += _content(name, rule, given.rows[name])
    return found


def _content(name: str, rule: FieldRule, column: "pd.Series[object]") -> list[str]:
    """What is wrong with the values of one field."""
    if rule.type == "text":
        unknown = sorted({str(value) for value in column if not isinstance(value, str)})
        if unknown:
            return [f"{name}: not text: {', '.join(unknown[:3])}"]
        strange = sorted({str(value) for value in column} - set(rule.one_of)) if rule.one_of else []
        return [f"{name}: {', '.join(strange[:3])} not among {', '.join(rule.one_of)}"] if strange else []
    numbers = pd.to_numeric(column, errors="coerce")
    if numbers.isna().any():
        return [f"{name}: {int(numbers.isna().sum())} of {len(numbers)} values are not numbers"]
    said = []
    for bound, beyond, word in ((rule.low, numbers.min(), "below"), (rule.high, numbers.max(), "above")):
        if bound is not None and (beyond < bound if word == "below" else beyond > bound):
            said.append(f"{name}: {beyond:g} is {word} {bound:g} {rule.unit}".rstrip())
    return said
