"""Regions of a cloud: how far they are from the city, and what a GPU costs there; each figure with its source."""

from math import asin, cos, radians, sin, sqrt
from pathlib import Path

import pandas as pd

REGIONS = Path(__file__).parent / "data" / "regions.csv"
HOME = "Frankfurt"
EARTH_KM = 6371
FIBRE_KM_PER_MS = 200  # light in glass, two thirds of its speed in empty space


def regions() -> pd.DataFrame:
    """The table `regions.csv` by place, with `least_ms`: the round trip to `HOME` that light needs at least."""
    table = pd.read_csv(REGIONS).set_index("place")
    table["least_ms"] = [2 * _distance_km(table.loc[HOME], row) / FIBRE_KM_PER_MS for _, row in table.iterrows()]
    return table


def _distance_km(one: "pd.Series[float]", other: "pd.Series[float]") -> float:
    """The length of the great circle between two places (haversine)."""
    north, south = radians(one["latitude"]), radians(other["latitude"])
    across = sin(radians(one["longitude"] - other["longitude"]) / 2) ** 2
    return 2 * EARTH_KM * asin(sqrt(sin((north - south) / 2) ** 2 + cos(north) * cos(south) * across))
