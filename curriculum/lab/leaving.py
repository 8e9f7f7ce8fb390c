"""What it costs the city to leave a platform: hours from the distances of the table of equivalents, and euros.

Hours at full distance and hours to run a part oneself are assumptions with a range, in `data/leaving.csv`. They are
drawn, not believed: every result is one value a draw.
"""

import csv
from collections.abc import Collection
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from curriculum.lab.equivalents import Cell, distance, equivalents
from curriculum.lab.errors import LabError

FILE = Path(__file__).parent / "data" / "leaving.csv"
RATE = 85.0  # euros for an hour of an engineer: an assumption
MOVED_GB = 6_000  # data that goes along: an assumption
TEAM_HOURS_DAY = 12.0  # two people who also run the service

FLOOR = 0.1  # of the hours at full distance: even the same software has to be moved and tested

Floats = NDArray[np.float64]


def parts() -> pd.DataFrame:
    """The parts of the city's system with their assumptions, a row a capability."""
    with FILE.open(encoding="utf-8", newline="") as file:
        table = pd.DataFrame(csv.DictReader(file)).set_index("capability")
    numeric = ["hours_low", "hours_central", "hours_high", "run_hours_month"]
    return table.assign(**{name: table[name].astype(float) for name in numeric})


def where(capability: str, portable: Collection[str] = (), cloud: str = "aws") -> str:
    """The platform that a part is on: the cloud, or Kubernetes if it is among the portable ones and has one."""
    unknown = set(portable) - set(parts().index)
    if unknown:
        raise LabError(f"These are no parts of the system: {', '.join(sorted(unknown))}.")
    first = ("kubernetes", cloud) if capability in portable else (cloud, "kubernetes")
    table = equivalents()
    return next(platform for platform in (*first, "onprem") if table.cell(capability, platform).service)


def target(capability: str) -> Cell:
    """Where it goes: to a cluster of the city's choice, else to a machine of its own, else it is built."""
    table = equivalents()
    cells = [table.cell(capability, platform) for platform in ("kubernetes", "onprem")]
    return next((cell for cell in cells if cell.service), cells[-1])


def distances(portable: Collection[str] = (), cloud: str = "aws") -> pd.Series:
    """How far each part is from where it would go, at least `FLOOR`; what must be built counts as full distance."""
    table = equivalents()
    found = {}
    for capability in parts().index:
        apart = distance(table.cell(capability, where(capability, portable, cloud)), target(capability))
        found[capability] = 1.0 if apart is None else max(FLOOR, apart)
    return pd.Series(found)


def exit_hours(portable: Collection[str] = (), cloud: str = "aws", draws: int = 2000, seed: int = 3) -> Floats:
    """Hours to leave, one value a draw: distance times the hours at full distance, each drawn from its triangle."""
    table, apart, draw = parts(), distances(portable, cloud), np.random.default_rng(seed)
    total = np.zeros(draws)
    for capability, row in table.iterrows():
        hours = draw.triangular(row["hours_low"], row["hours_central"], row["hours_high"], draws)
        total += float(apart[capability]) * hours
    return total


def run_hours_month(portable: Collection[str] = (), cloud: str = "aws") -> float:
    """Hours a month to run what is not one of the cloud's managed services."""
    table = parts()
    own = [name for name in table.index if where(name, portable, cloud) != cloud]
    return float(table.loc[own, "run_hours_month"].sum())


def worth(cloud: str = "aws") -> pd.Series:
    """The yearly probability of leaving above which each part is worth running oneself, lowest first, central hours."""
    table, managed = parts(), distances((), cloud)
    portable = distances(set(table.index), cloud)
    saved = (managed - portable) * table["hours_central"]
    moved = [name for name in table.index if saved[name] > 0]
    return (
        (12 * table.loc[moved, "run_hours_month"] / saved[moved])
        .sort_values(kind="stable")
        .rename("probability a year")
    )


def exit_euros(hours: Floats, egress_price: float, moved_gb: float = MOVED_GB, rate: float = RATE) -> Floats:
    """Euros to leave: people, and the transfer at a price per GB (0 where none may be charged)."""
    return hours * rate + moved_gb * egress_price


def break_even(managed: Floats, portable: Floats, extra_year: float) -> Floats:
    """The yearly probability of having to leave above which the portable design is the cheaper, one value a draw."""
    saved = managed - portable
    with np.errstate(divide="ignore"):
        return np.where(saved > 0, extra_year / np.maximum(saved, 1e-9), np.inf)


def towns(exit_median: float, bill_year: float, inhabitants: int = 300_000, sharing: int = 12) -> pd.DataFrame:
    """The exit in months of a town's own cloud bill: alone, and shared by so many towns that build it once.

    The bill is taken to grow with the inhabitants, the work of leaving not. Both are simplifications.
    """
    sizes = pd.Index([5_000, 20_000, 60_000, 300_000], name="inhabitants")
    month = pd.Series(bill_year / 12 * sizes / inhabitants, index=sizes)
    table = pd.DataFrame({"bill a month": month, "alone": exit_median / month})
    table["shared"] = exit_median / sharing / month
    table["euros each, alone"] = exit_median / sizes
    return table
