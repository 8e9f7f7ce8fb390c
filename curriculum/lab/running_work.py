"""How much work it is to serve, monitor and govern models: a small model with every assumption in sight.

Hours a week for one kind of work are `hours_now × models^a × requests^b × rules^c`, where models, requests and rules
are multiples of today's. Each year some of the work is absorbed: by automation, by a provider, by a better platform.
Work that got cheaper also invites more models; `elasticity` says how many.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

from curriculum.lab.errors import LabError


@dataclass(frozen=True)
class Kind:
    """One kind of work: its hours a week today, and the power of models, requests and rules that drives it."""

    name: str
    hours_now: float
    models: float
    requests: float
    rules: float


@dataclass(frozen=True)
class World:
    """What changes in a year: factors of models, requests and rules, and the share of work that is absorbed.

    `elasticity` is by how many per cent the number of models rises when a unit of the work gets one per cent cheaper.
    """

    models: float = 1.4
    requests: float = 3.0
    rules: float = 1.3
    absorbed: float = 0.25
    elasticity: float = 0.5


# Assumptions, all of them: a department with two models. Below 1, a second model costs less than the first.
KINDS = (
    Kind("serving", 6, models=0.7, requests=0.10, rules=0.0),
    Kind("monitoring", 4, models=0.9, requests=0.10, rules=0.1),
    Kind("governing", 5, models=0.7, requests=0.00, rules=0.8),
)


def yearly_factor(kind: Kind, world: World) -> float:
    """By which factor this kind of work changes in a year. Above 1 it grows.

    Raises `LabError` for a world that cannot be: a factor that is not positive, or all of the work absorbed.
    """
    if min(world.models, world.requests, world.rules) <= 0:
        raise LabError("Models, requests and rules change by factors: each must be above 0.")
    if not 0 <= world.absorbed < 1:
        raise LabError(f"The absorbed share is from 0 to below 1 a year, but it is {world.absorbed:g}.")
    invited = (1 - world.absorbed) ** -(world.elasticity * kind.models)
    return _pressure(kind, world) * invited * (1 - world.absorbed)


def break_even(kind: Kind, world: World) -> float | None:
    """The absorbed share a year at which this work stays as it is; above it, work shrinks.

    None where there is no such share: what absorption saves, the models that it invites use up. 0 where the work
    shrinks even if nothing is absorbed.
    """
    left = 1 - world.elasticity * kind.models
    pressure = _pressure(kind, world)
    if pressure <= 1:
        return 0.0 if left > 0 else None
    return None if left <= 0 else float(1 - pressure ** (-1 / left))


def project(kinds: Sequence[Kind], world: World, years: int) -> pd.DataFrame:
    """Hours a week by kind, one row a year from 0 to `years`."""
    rows = {
        year: {kind.name: kind.hours_now * yearly_factor(kind, world) ** year for kind in kinds}
        for year in range(years + 1)
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("year")


def tipping(kinds: Sequence[Kind], world: World, elasticities: Sequence[float]) -> pd.DataFrame:
    """`break_even` of each kind, one row for each elasticity; NaN where no share is enough."""
    rows = {
        elasticity: {kind.name: break_even(kind, replace(world, elasticity=elasticity)) for kind in kinds}
        for elasticity in elasticities
    }
    return pd.DataFrame.from_dict(rows, orient="index", dtype=float).rename_axis("elasticity")


def _pressure(kind: Kind, world: World) -> float:
    """The yearly factor if nothing were absorbed."""
    return float(world.models**kind.models * world.requests**kind.requests * world.rules**kind.rules)
