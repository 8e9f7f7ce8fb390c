"""The pictures of f4-cost-and-carbon: each says its finding, with its numbers, in title and alternative text."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from curriculum.lab.plots import COLOURS, figure

Floats = NDArray[np.float64]


def draw_two_ledgers(teams: pd.DataFrame) -> None:
    """Experiment 1: cost by team as billed and as used. `teams`: index team, `billed` and `effective` in euros."""
    shown = teams.astype(float).sort_values("effective")
    most = {column: shown[column].idxmax() for column in ("billed", "effective")}
    moved = (shown["effective"] - shown["billed"]).abs().sum() / 2
    title = f"€{moved:,.0f} of one month changes its owner between the two columns"
    alt = "Dumbbell chart of euros by team, one dot as billed and one as used. Teams on the commitment move right, "
    alt += f"the team that bought it moves left. Highest as billed: {most['billed']}; as used: {most['effective']}."
    with figure(title, alt, size=(7.2, 3.4)) as axis:
        places = np.arange(len(shown))
        axis.hlines(places, shown["billed"], shown["effective"], color="0.7", linewidth=2, zorder=1)
        for column, colour, marker, label in (
            ("billed", "vermillion", "s", "BilledCost: who was invoiced"),
            ("effective", "blue", "o", "EffectiveCost: who used it"),
        ):
            axis.scatter(shown[column], places, color=COLOURS[colour], marker=marker, s=42, label=label, zorder=2)
        axis.set_yticks(places, shown.index)
        axis.set(xlabel="euros in October 2026", ylabel="team", xlim=(0, None))
        axis.legend(loc="lower right")


def draw_idle(machines: pd.DataFrame, threshold: float) -> None:
    """Experiment 2: 95th percentile and maximum of processor use. `machines`: index, `p95`, `max`, `euros`."""
    shown = machines.astype(float).sort_values("p95")
    idle = shown[shown["p95"] < threshold]
    busy = idle[idle["max"] > 10 * threshold]
    title = f"{len(idle)} look idle by p95; {len(busy)} of them worked at {busy['max'].max():.0%}"
    alt = f"For each machine a bar of its 95th percentile and a dot for its maximum. {len(idle)} bars are "
    alt += f"below {threshold:.0%}; among them {', '.join(busy.index)} has its maximum far to the right."
    with figure(title, alt, size=(7.6, 4.2)) as axis:
        places = np.arange(len(shown))
        axis.barh(places, 100 * shown["p95"], color=COLOURS["sky"], label="95th percentile")
        axis.scatter(100 * shown["max"], places, color=COLOURS["vermillion"], marker="D", s=26, label="maximum")
        axis.axvline(100 * threshold, color="black", linestyle="--", linewidth=1, label=f"{threshold:.0%}")
        labels = [f"{name}  €{euros:,.0f}" for name, euros in shown["euros"].items()]
        axis.set_yticks(places, labels, fontsize=9)
        axis.set(xlabel="processor use in three months (%)", ylabel="machine, cost in October", xlim=(0, 100))
        axis.legend(loc="lower right")


def draw_commitments(costs: pd.DataFrame, today: int, expected: int) -> None:
    """Experiment 3: yearly cost by level committed. `costs`: index level, a column a future, `expected`; euros."""
    penalty = costs.loc[today, "expected"] - costs.loc[expected, "expected"]
    title = f"Committing to {expected} instead of {today} saves €{penalty:,.0f} a year in the mean of the futures"
    futures = [column for column in costs if column != "expected"]
    best = ", ".join(f"{future} {costs[future].idxmin()}" for future in futures)
    alt = (
        f"Curves of yearly cost against instances committed, one a future and one for their mean. Best levels: {best}; "
    )
    alt += f"mean {expected}. Right of its minimum each curve climbs, and steepest where demand shrinks."
    with figure(title, alt, size=(7.4, 3.8)) as axis:
        for future in futures:
            axis.plot(costs.index, costs[future] / 1000, marker="", label=future)
        axis.plot(
            costs.index, costs["expected"] / 1000, color="black", linewidth=2.6, marker="", label="mean, as weighted"
        )
        for level, marker, label in ((today, "X", "best for last year"), (expected, "o", "best for the mean")):
            axis.scatter(
                [level],
                [costs.loc[level, "expected"] / 1000],
                color="black",
                marker=marker,
                s=60,
                zorder=5,
                label=label,
            )
        axis.set(
            xlabel="instances committed for a year", ylabel="cost of the year (thousand euros)", xlim=(0, 2 * today + 2)
        )
        axis.set_xticks(range(0, 2 * today + 3, 2))
        axis.set_ylim(top=1.15 * costs.loc[0, futures].max() / 1000)
        axis.legend(fontsize=9, ncols=2)


def draw_regions(table: pd.DataFrame) -> None:
    """Experiment 4: cost and carbon of one job by region. `table`: index region, `euros`, `grams`, `low`, `high`."""
    cheap, clean = table["euros"].idxmin(), table["grams"].idxmin()
    ratio = table["grams"].max() / table["grams"].min()
    title = f"The cheapest region ({cheap}) emits {ratio:.0f} times what the cleanest ({clean}) does"
    alt = "Cost against grams per 1,000 households, a dot a region with a vertical line from the cleanest "
    alt += f"to the dirtiest hour of the year. {cheap.capitalize()} is cheapest and highest, {clean} is lowest."
    with figure(title, alt, size=(7.2, 3.6)) as axis:
        for (region, row), colour in zip(table.iterrows(), ("green", "sky", "blue", "vermillion"), strict=True):
            axis.vlines(row["euros"], row["low"], row["high"], color=COLOURS[colour], linewidth=3, alpha=0.5)
            axis.scatter(row["euros"], row["grams"], color=COLOURS[colour], s=60, zorder=3)
            axis.annotate(f"  {region}", (row["euros"], row["grams"]), va="center")
        axis.set(xlabel="euros per 1,000 households", ylabel="gCO2eq per 1,000 households", ylim=(0, None))
        axis.margins(x=0.15)


def draw_two_signals(average: Floats, marginal: Floats, start: int, usual: int, hours: int) -> None:
    """The ethics thread: both signals over one window, with the usual start and the one that the average chooses."""
    moved = {
        name: signal[start : start + hours].mean() / signal[usual : usual + hours].mean() - 1
        for name, signal in (("average", average), ("marginal", marginal))
    }
    dashboard, stations = f"{moved['average']:+.0%}", f"{moved['marginal']:+.0%}"
    title = f"Moved {start - usual} h later: {dashboard} on the dashboard, {stations} at the power stations"
    alt = "Two lines over two days: the average intensity dips at noon, the marginal one is a staircase between the "
    alt += f"levels of gas and coal. The move changes the average by {dashboard}, the marginal by {stations}."
    with figure(title, alt, size=(7.6, 3.5)) as axis:
        clock = np.arange(len(average))
        axis.plot(clock, average, marker="", color=COLOURS["blue"], label="average: all that runs")
        axis.step(
            clock,
            marginal,
            where="post",
            marker="",
            color=COLOURS["vermillion"],
            label="marginal: what one kWh more adds",
        )
        top = 1.45 * marginal.max()
        for first, shade, label in ((usual, "0.85", "usual"), (start, "#BFE3D7", "chosen by\nthe average")):
            axis.axvspan(first, first + hours, color=shade, zorder=0)
            axis.text(first + hours / 2, 0.97 * top, label, ha="center", va="top", fontsize=8.5)
        axis.set(
            xlabel="hour since midnight",
            ylabel="intensity (gCO2eq/kWh)",
            ylim=(0, top),
            xlim=(0, len(average) - 1),
        )
        axis.set_xticks(range(0, len(average), 6))
        axis.legend(fontsize=8.5, loc="upper left")


def draw_measures(savings: Mapping[str, Floats]) -> None:
    """The ethics thread: what each measure saves in kg a year, as the draws have it: 5th, 50th and 95th percentile."""
    table = {name: np.percentile(values, [5, 50, 95]) for name, values in savings.items()}
    sure = [name for name, (low, _, _) in table.items() if low > 0]
    title = f"{len(sure)} of {len(table)} measures save in at least 95% of the draws"
    alt = "Horizontal ranges of kilograms saved a year, one a measure: "
    alt += "; ".join(f"{name} {low:,.0f} to {high:,.0f}" for name, (low, _, high) in table.items()) + "."
    with figure(title, alt, size=(7.6, 2.9)) as axis:
        for place, (_, (low, middle, high)) in enumerate(reversed(table.items())):
            colour = COLOURS["green" if low > 0 else "vermillion"]
            axis.hlines(place, low, high, color=colour, linewidth=5, alpha=0.5)
            axis.scatter(middle, place, color=colour, s=50, zorder=3)
        axis.axvline(0, color="black", linewidth=1)
        axis.set_yticks(range(len(table)), list(reversed(table)))
        axis.set(
            xlabel="kgCO2eq saved a year (line: 90% of the draws)", ylabel="measure", ylim=(-0.6, len(table) - 0.4)
        )


def draw_runaway(runs: Mapping[str, pd.DataFrame], budget: float, lag_h: float) -> None:
    """Where it breaks: money spent over time, a line a design, with the budget."""
    ends = {name: frame["spent"].iloc[-1] for name, frame in runs.items()}
    worst, best = max(ends, key=lambda name: ends[name]), min(ends, key=lambda name: ends[name])
    title = f"€{ends[worst]:,.0f} with “{worst}”, €{ends[best]:,.0f} with “{best}”"
    alt = "Money spent against hours on a logarithmic axis. All designs rise together at first. Ends: "
    alt += "; ".join(f"{name} {end:,.0f} euros" for name, end in ends.items()) + f". Budget {budget:,.0f}."
    with figure(title, alt, size=(7.6, 3.8)) as axis:
        for name, frame in runs.items():
            axis.plot(frame["hour"], frame["spent"].clip(lower=1), marker="", label=name)
        first = next(iter(runs.values()))
        axis.plot(
            first["hour"],
            first["visible"].clip(lower=1),
            marker="",
            color="0.5",
            linestyle=":",
            label=f"what the billing data shows, {lag_h:.0f} h late",
        )
        axis.axhline(budget, color="black", linestyle="--", linewidth=1, label="budget of the month")
        axis.set(xlabel="hours since Friday 18:00", ylabel="spent (euros, logarithmic)", yscale="log", ylim=(1, None))
        axis.legend(fontsize=8.5, loc="upper left", bbox_to_anchor=(1, 1))
