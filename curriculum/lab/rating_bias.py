"""How far ratings are from what was shown: for a learner's own skills, and for a simulated group.

The group is invented. Only the correlation between claim and truth is taken from studies; the rest are assumptions that
the caller can move.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from curriculum.lab.errors import LabError
from curriculum.lab.planning import TARGET
from curriculum.lab.self_assessment import HIGHEST, Assessment

if TYPE_CHECKING:
    from curriculum.syllabus import Syllabus

Levels = NDArray[np.int64]


def shown_level(share: float) -> int:
    """The level that a share of an assignment's points shows. It ends at 3: level 4 is about other people.

    Below a quarter 0, below a half 1, below nine tenths 2. Raises `LabError` for a share that is none.
    """
    if not 0 <= share <= 1:
        raise LabError(f"A share of points is from 0 to 1, not {share:g}.")
    return int(np.searchsorted([0.25, 0.5, 0.9], share, side="right"))


def compare(syllabus: "Syllabus", assessment: Assessment, shares: Mapping[str, float]) -> pd.DataFrame:
    """Claimed against shown level, for each skill of the units in `shares` (points earned of points possible).

    `difference` is above 0 where more is claimed than shown. Of several levels shown for a skill, the highest counts.
    """
    shown: dict[str, int] = {}
    for unit, share in shares.items():
        for skill in syllabus.unit(unit).skills:
            shown[skill] = max(shown.get(skill, 0), shown_level(share))
    rated = {skill: level for skill, level in shown.items() if skill in assessment.ratings}
    rows = {skill: {"claimed": assessment.ratings[skill].level, "shown": level} for skill, level in rated.items()}
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["claimed", "shown"])
    return table.assign(difference=table["claimed"] - table["shown"]).rename_axis("skill")


def group(people: int, skills: int, correlation: float, optimism: float = 0.0, seed: int = 0) -> tuple[Levels, Levels]:
    """True and claimed levels of a simulated group, two arrays of people × skills.

    Truth and claim are normal around level 1.5 with the given correlation and a spread of 1.1 levels; claims are
    `optimism` levels higher on average. Both are rounded to levels.
    """
    if not -1 <= correlation <= 1:
        raise LabError(f"A correlation is from -1 to 1, not {correlation:g}.")
    random = np.random.default_rng(seed)
    truth, noise = random.normal(size=(2, people, skills))
    claim = correlation * truth + np.sqrt(1 - correlation**2) * noise
    return _levels(1.5 + 1.1 * truth), _levels(1.5 + optimism + 1.1 * claim)


def cost_of_trust(
    truth: Levels, counted: Levels, hours: float, check: float = 0.0, target: int = TARGET
) -> pd.DataFrame:
    """What it costs each person to plan by `counted` levels: hours for each skill to learn, hours for each check.

    `missed` are skills that a person lacks and skips; `wasted` hours spent on skills that they have; `checks` hours of
    checking what would be skipped, after which nothing is skipped wrongly. One row a person.
    """
    skipped, able = counted >= target, truth >= target
    missed = (skipped & ~able).sum(axis=1)
    return pd.DataFrame(
        {
            "missed": np.zeros_like(missed) if check else missed,
            "wasted": (~skipped & able).sum(axis=1) * hours,
            "checks": skipped.sum(axis=1) * check,
        }
    )


def _levels(values: NDArray[np.float64]) -> Levels:
    return np.clip(np.rint(values), 0, HIGHEST).astype(np.int64)
