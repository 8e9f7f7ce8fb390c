"""Four electricity grids in hours, made by a small merit-order model, and what a job on them emits.

The hours are synthetic: no grid ever had them. What they are checked against is published: emission factors by fuel and
yearly averages by country, in `curriculum/lab/data/`, a source a row. The model can be run twice,
with a job and without it, which no real grid can.
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from curriculum.lab.errors import LabError

DATA = Path(__file__).parent / "data"
REGIONS = ("north", "west", "central", "east")
FUELS = ("solar", "wind", "hydro", "nuclear", "biomass", "coal", "gas")

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Grid:
    """A grid's demand, what the weather gives, and its power stations in the order in which they are called (GW)."""

    region: str
    demand: Floats
    weather: Mapping[str, Floats]  # solar and wind: used first, thrown away when nobody needs them
    stations: tuple[tuple[str, float], ...]

    def dispatch(self, extra_gw: float | Floats = 0.0) -> pd.DataFrame:
        """What runs in each hour (GW, one column a fuel) when demand is larger by `extra_gw`. Cheap stations first."""
        left = self.demand + extra_gw
        made = {}
        for fuel, gw in [*self.weather.items(), *((fuel, np.full(len(left), size)) for fuel, size in self.stations)]:
            made[fuel] = np.minimum(left, gw)
            left = left - made[fuel]
        if (left > 1e-9).any():
            raise LabError(f"The grid {self.region!r} cannot meet its demand in {int((left > 1e-9).sum())} hours.")
        return pd.DataFrame({fuel: made.get(fuel, np.zeros(len(left))) for fuel in FUELS})

    def average(self, factors: Mapping[str, float] | None = None) -> Floats:
        """Grams per kWh of everything that runs in the hour: what most carbon dashboards show."""
        made = self.dispatch()
        return _emitted(made, factors) / made.sum(axis=1).to_numpy()

    def extra(self, step_gw: float = 0.01) -> pd.DataFrame:
        """Where one kWh more in the hour comes from: the grid run with it, minus the grid run without it, by fuel."""
        return (self.dispatch(step_gw) - self.dispatch()) / step_gw

    def marginal(self, factors: Mapping[str, float] | None = None) -> Floats:
        """Grams that one kWh more in the hour adds."""
        return _emitted(self.extra(), factors)

    def gas_before_coal(self) -> "Grid":
        """The same grid in a year in which gas is cheaper than coal: the two change places in the order."""
        swap = {"coal": "gas", "gas": "coal"}
        sizes = dict(self.stations)
        return replace(self, stations=tuple((swap.get(f, f), sizes[swap.get(f, f)]) for f, _ in self.stations))


def grid(region: str, days: int = 364, seed: int = 11) -> Grid:
    """One of the four synthetic grids over `days` days from 1 January; `north`, `west`, `central` or `east`."""
    if region not in _SHAPES:
        raise LabError(f"There is no grid {region!r}: choose one of {', '.join(REGIONS)}.")
    size, solar, wind, stations = _SHAPES[region]
    hour = np.arange(days * 24)
    clock, day = hour % 24, hour // 24
    draw = np.random.default_rng([seed, REGIONS.index(region)])
    season = np.cos(2 * np.pi * (day - 15) / 365)  # 1 in the middle of January
    daily = 1 + 0.13 * np.exp(-(((clock - 12) / 4) ** 2)) + 0.17 * np.exp(-(((clock - 19) / 2.2) ** 2))
    night = 0.12 * np.exp(-((np.minimum(abs(clock - 3), 24 - abs(clock - 3)) / 3.2) ** 2))
    weekend = np.where(day % 7 >= 5, 0.9, 1.0)
    demand = size * (daily - night) * weekend * (1 + 0.09 * season) * draw.normal(1, 0.01, len(hour))
    sun = np.clip(np.sin(np.pi * (clock - 5.5 - 0.8 * season) / (13 - 1.6 * season)), 0, None)
    clouds = np.repeat(draw.uniform(0.45, 1.0, days), 24)
    weather = {"solar": solar * sun * clouds * (0.62 - 0.38 * season), "wind": wind * _wind(len(hour), draw)}
    return Grid(region, demand, weather, stations)


def factors(which: str = "central") -> dict[str, float]:
    """Life-cycle emissions of each fuel in grams per kWh: `low`, `central` or `high`, from the dated table."""
    return {row["fuel"]: float(row[which]) for row in _rows("emission_factors.csv")}


def published() -> dict[str, float]:
    """Yearly averages of four real countries (g/kWh, Ember for 2023), by the grid that is modelled on each."""
    return {row["region"]: float(row["intensity"]) for row in _rows("grid_intensity.csv")}


def power_figures(which: str = "central") -> dict[str, float]:
    """What a server draws and what it cost to make: `low`, `central` or `high`, from the dated table."""
    return {row["figure"]: float(row[which]) for row in _rows("power_figures.csv")}


def energy_kwh(vcpu_hours: float, busy: float, figures: Mapping[str, float] | None = None) -> float:
    """Energy of `vcpu_hours` reserved vCPU-hours that are `busy` (0 to 1), the data centre's overhead included."""
    use = figures or power_figures()
    watts = use["idle_watts"] + busy * (use["busy_watts"] - use["idle_watts"])
    return vcpu_hours * watts / 1000 * use["pue"]


def embodied_g(vcpu_hours: float, figures: Mapping[str, float] | None = None) -> float:
    """The share of making the server that falls to `vcpu_hours` reserved vCPU-hours, in grams."""
    use = figures or power_figures()
    return use["server_kg"] * 1000 * vcpu_hours / (use["server_years"] * 365 * 24 * use["server_vcpus"])


def draws(times: int, seed: int = 5) -> pd.DataFrame:
    """Values that the two tables allow, one row a draw: each figure by itself, half below its central value."""
    draw = np.random.default_rng(seed)
    columns = {}
    for row in [*_rows("emission_factors.csv"), *_rows("power_figures.csv")]:
        low, central, high = (float(row[key]) for key in ("low", "central", "high"))
        position = draw.uniform(0, 1, times)
        below = low + (central - low) * 2 * position
        above = central + (high - central) * (2 * position - 1)
        columns[row.get("fuel") or row["figure"]] = np.where(position < 0.5, below, above)
    return pd.DataFrame(columns)


def by_fuel(mix: pd.DataFrame, sampled: pd.DataFrame) -> Floats:
    """The intensity of a mix (GW by fuel, hours in rows) under each draw of factors: one value a draw, in g/kWh."""
    shares = mix[list(FUELS)].sum() / mix[list(FUELS)].to_numpy().sum()
    return sampled[list(FUELS)].to_numpy() @ shares.to_numpy()


def caused(extra: pd.DataFrame, starts: Sequence[int] | NDArray[np.int64], hours: int, sampled: pd.DataFrame) -> Floats:
    """Grams that one kWh adds when it is drawn evenly over the `hours` from each of `starts` on: one value a draw.

    `extra` says where one kWh more comes from in each hour (`Grid.extra`); the draws say what each fuel emits.
    """
    running = np.asarray(starts)[:, None] + np.arange(hours)
    return by_fuel(extra.iloc[running.ravel()], sampled)


def best_start(signal: Sequence[float] | Floats, hours: int, first: int = 0, end: int | None = None) -> int:
    """The start from `first` on, done by `end`, with the lowest sum of `signal` in `hours`; the first of equals."""
    window = np.convolve(np.asarray(signal, float)[first:end], np.ones(hours), "valid")
    return first + int(np.argmin(window.round(6)))  # a marginal is a difference: its last digits are noise


def _emitted(made: pd.DataFrame, use: Mapping[str, float] | None) -> Floats:
    grams = use or factors()
    return made.to_numpy() @ np.array([grams[fuel] for fuel in made])


def _wind(hours: int, draw: np.random.Generator) -> Floats:
    """Share of wind power that blows: a slow random walk around a mean, between 0 and 1."""
    push, value = draw.normal(0, 1, hours), 0.0
    walk = np.empty(hours)
    for i in range(hours):
        value = 0.985 * value + 0.17 * push[i]
        walk[i] = value
    return 1 / (1 + np.exp(-(walk - 0.9)))


def _rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# Mean demand, solar and wind at their strongest, stations in the order in which they are called; in GW, and invented:
# chosen so that the yearly averages come near those of the countries in `grid_intensity.csv`.
_SHAPES: dict[str, tuple[float, float, float, tuple[tuple[str, float], ...]]] = {
    "north": (16, 1, 13, (("nuclear", 6), ("biomass", 2.1), ("hydro", 16), ("gas", 2))),
    "west": (47, 14, 12, (("nuclear", 30.5), ("biomass", 1.4), ("hydro", 9), ("gas", 22), ("coal", 2))),
    "central": (52, 48, 40, (("hydro", 2), ("biomass", 4), ("coal", 22), ("gas", 55))),
    "east": (18, 8, 6, (("hydro", 0.3), ("biomass", 0.5), ("coal", 19), ("gas", 9))),
}
