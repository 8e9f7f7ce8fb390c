"""Priorities among skills that can be explained: gap × leverage × readiness, on the prerequisites of the syllabus.

All functions are pure. They take the syllabus (`Course().syllabus`) and an assessment, and return tables by skill.
"""

from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from curriculum.lab.errors import LabError
from curriculum.lab.self_assessment import HIGHEST, Assessment

if TYPE_CHECKING:
    from curriculum.syllabus import Syllabus, Unit

TARGET = 3  # alone, on a system that people rely on
LEAST_READY = 0.1  # where nothing of what comes before is there: it can be learnt on the way
FACTORS = ["gap", "leverage", "readiness"]
Graph = Mapping[str, Iterable[str]]


@dataclass(frozen=True)
class Weights:
    """How much each factor counts. They are exponents: 0 leaves a factor out, equal weights multiply all three."""

    gap: float = 1
    leverage: float = 1
    readiness: float = 1

    @property
    def shares(self) -> NDArray[np.float64]:
        """The weights as shares of their sum. Raises `LabError` when one is negative or all are 0."""
        values = np.array(astuple(self), dtype=float)
        if not np.isfinite(values).all() or values.min() < 0 or values.sum() == 0:
            raise LabError(f"Weights are 0 or more, and not all 0: {astuple(self)}.")
        return values / values.sum()


def prerequisites(syllabus: "Syllabus") -> dict[str, tuple[str, ...]]:
    """The graph of the syllabus: each unit, and the units that come before it."""
    return {unit.id: tuple(unit.prerequisites) for unit in syllabus.units}


def in_order(graph: Graph) -> list[str]:
    """Every node after all that it needs. Raises `LabError` that names the circle when there is one."""
    try:
        return list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        raise LabError(f"Nothing can come first: {' → '.join(map(str, error.args[1]))}.") from None


def before(graph: Graph, node: str) -> set[str]:
    """All that a node needs, near and far, without itself."""
    found: set[str] = set()
    todo = list(graph.get(node, ()))
    while todo:
        if (one := todo.pop()) not in found:
            found.add(one)
            todo += graph.get(one, ())
    return found


def after(graph: Graph, node: str) -> set[str]:
    """All that need a node, near and far, without itself."""
    return {other for other in graph if node in before(graph, other)}


def hours_of(unit: "Unit") -> float:
    """Hours of a unit's lesson and assignment."""
    return unit.hours.lesson + unit.hours.assignment


def factors(syllabus: "Syllabus", assessment: Assessment, target: int = TARGET) -> pd.DataFrame:
    """The three factors of each skill, from 0 to 1, and `unit`, the first unit that teaches it.

    - `gap`: levels that are missing to `target`, as a share of `target`;
    - `leverage`: share of the curriculum's hours in units that teach the skill, or that come after the first that does;
    - `readiness`: how far the skills of the units before that first unit are at `target`, on average: `LEAST_READY`
      where none is begun, 1 where all are held or none is needed.

    Raises `LabError` when `target` is no level above 0.
    """
    if not 1 <= target <= HIGHEST:
        raise LabError(f"The target is a level from 1 to {HIGHEST}, but it is {target}.")
    graph = prerequisites(syllabus)
    order = {unit: place for place, unit in enumerate(in_order(graph))}
    hours = {unit.id: hours_of(unit) for unit in syllabus.units}
    held = {skill: min(assessment.counted(skill) / target, 1) for skill in syllabus.skills}
    rows = {}
    for skill in syllabus.skills:
        teachers = sorted((unit for unit in syllabus.units if skill in unit.skills), key=lambda unit: order[unit.id])
        if not teachers:
            continue
        first = teachers[0].id
        opened = {unit.id for unit in teachers} | after(graph, first)
        needed = {name for unit in before(graph, first) for name in syllabus.unit(unit).skills}
        there = float(np.mean([held[name] for name in sorted(needed)])) if needed else 1.0
        rows[skill] = {
            "gap": 1 - held[skill],
            "leverage": sum(hours[unit] for unit in opened) / sum(hours.values()),
            "readiness": LEAST_READY + (1 - LEAST_READY) * there,
            "unit": first,
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("skill")


def rank(table: pd.DataFrame, weights: Weights | None = None) -> pd.DataFrame:
    """`table` with `score` and `rank`, best first. The score is the weighted geometric mean; ties keep their order."""
    score = _scores(table, (weights or Weights()).shares[np.newaxis])[0]
    ranked = table.assign(score=score).sort_values("score", ascending=False, kind="stable")
    return ranked.assign(rank=range(1, len(ranked) + 1))


def why(row: "pd.Series[float]", target: int = TARGET) -> str:
    """One row of `rank` in a sentence."""
    missing = round(float(row["gap"]) * target)
    return (
        f"{missing} of {target} levels missing, {row['leverage']:.0%} of the course's hours build on it, "
        f"and it is {row['readiness']:.0%} ready to begin."
    )


def sampled_ranks(table: pd.DataFrame, draws: int, seed: int = 0) -> pd.DataFrame:
    """Each skill's rank under `draws` weightings, drawn evenly from all that sum to 1: one row a draw."""
    weights = np.random.default_rng(seed).dirichlet(np.ones(len(FACTORS)), size=draws)
    order = np.argsort(-_scores(table, weights), axis=1, kind="stable")
    ranks = np.empty_like(order)
    np.put_along_axis(ranks, order, np.arange(1, len(table) + 1)[np.newaxis].repeat(draws, axis=0), axis=1)
    return pd.DataFrame(ranks, columns=table.index)


def _scores(table: pd.DataFrame, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """One row of scores for each row of weights. A factor of 0 makes the score 0, unless its weight is 0."""
    values = table[FACTORS].to_numpy(dtype=float)
    return np.prod(values[np.newaxis] ** weights[:, np.newaxis], axis=2)
