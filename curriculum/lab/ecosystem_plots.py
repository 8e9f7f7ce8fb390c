"""The pictures of s3-ecosystem: each says its finding, with its numbers, in title and alternative text."""

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from curriculum.lab.equivalents import FAR, NEAR
from curriculum.lab.plots import COLOURS, figure
from curriculum.lab.radar import RINGS, Entry

Floats = NDArray[np.float64]


def draw_distances(pairs: Mapping[str, "pd.Series[float]"]) -> None:
    """Experiment 1: the distance of every capability, one column of dots a pair of platforms."""
    frame = pd.DataFrame(dict(pairs))
    order = frame.mean(axis=1).sort_values(kind="stable").index
    near = {name: int((column < NEAR).sum()) for name, column in frame.items()}
    most, least = max(near, key=lambda name: near[name]), min(near, key=lambda name: near[name])
    title = f"{most}: {near[most]} of {len(frame)} translate. {least}: {near[least]}"
    alt = (
        "For each capability a dot of the distance between two platforms, one colour a pair, crosses at the right edge "
    )
    alt += (
        f"where there is nothing to translate to. Below {NEAR}: " + ", ".join(f"{n} {c}" for n, c in near.items()) + "."
    )
    with figure(title, alt, size=(9.0, 5.0)) as axis:
        places = np.arange(len(order))
        axis.axvspan(0, NEAR, color="0.93", zorder=0)
        axis.axvspan(FAR, 1.04, color="0.86", zorder=0)
        looks = zip(frame, ("blue", "vermillion", "green"), ("o", "s", "^"), (-0.18, 0.0, 0.18), strict=False)
        for name, colour, marker, shift in looks:
            values = frame[name].reindex(order)
            there = values.notna().to_numpy()
            style = {"color": COLOURS[colour], "s": 38, "zorder": 3}
            axis.scatter(values[there], places[there] + shift, marker=marker, label=name, **style)
            axis.scatter(np.full((~there).sum(), 1.1), places[~there] + shift, marker="x", **style)
        axis.set_yticks(places, order, fontsize=9)
        axis.set_xticks([0, 0.2, 0.4, 0.6, 0.8, 1.0, 1.1], ["0", "0.2", "0.4", "0.6", "0.8", "1", "none"])
        axis.set(xlim=(-0.02, 1.15), ylabel="capability")
        axis.set_xlabel("share of attributes that differ (light: a translation; dark: only the purpose)")
        axis.legend(loc="upper left", bbox_to_anchor=(0, 1.0), fontsize=9, frameon=True)


def draw_cost(rate: float, wrong_rate: float, euros_hour: float, budget: float) -> None:
    """Experiment 2: euros per thousand decisions against the rate that the load test reported, with both readings."""
    right, wrong = (1000 * euros_hour / (3600 * each) for each in (rate, wrong_rate))
    title = f"Read in the wrong unit, a thousand decisions cost {wrong:.5f} and not {right:.4f} euros"
    verdicts = ["within" if cost <= budget else "over" for cost in (right, wrong)]
    alt = "Cost per thousand decisions falls with the rate, on logarithmic axes. Two points on the line: as measured, "
    alt += f"{verdicts[0]} the budget of {budget:.2g} euros, and as misread, {verdicts[1]} it."
    with figure(title, alt, size=(7.4, 3.4)) as axis:
        rates = np.geomspace(rate / 4, wrong_rate * 4, 60)
        axis.plot(rates, 1000 * euros_hour / (3600 * rates), color="0.5", marker="")
        for each, cost, colour, marker, label in (
            (rate, right, "blue", "o", "as measured: decisions a second"),
            (wrong_rate, wrong, "vermillion", "s", "as misread: a minute's count taken for a second's"),
        ):
            axis.scatter([each], [cost], color=COLOURS[colour], marker=marker, s=70, label=label, zorder=3)
        axis.axhline(budget, color="black", linestyle="--", linewidth=1, marker="", label="what the department allows")
        axis.set(xscale="log", yscale="log", xlabel="decisions a second (logarithmic)")
        axis.set_ylabel("euros per 1,000 decisions")
        axis.legend(fontsize=9)


def draw_styles(times: pd.DataFrame, budget_ms: float) -> None:
    """Experiment 3: time of one decision against the number of offices, a line a way to write the rule."""
    last = times.iloc[-1]
    within = [name for name in times if last[name] <= budget_ms]
    title = f"At {times.index[-1]} offices {len(within)} of {len(times.columns)} ways stay within {budget_ms:g} ms"
    alt = "Milliseconds a decision against offices, logarithmic axes."
    for offices in (times.index[0], times.index[-1]):
        said = "; ".join(f"{name} {value:.2g} ms" for name, value in times.loc[offices].items())
        alt += f" With {offices}: {said}."
    with figure(title, alt, size=(7.8, 3.8)) as axis:
        for name in times:
            axis.plot(times.index, times[name], label=name)
        axis.axhline(budget_ms, color="black", linestyle="--", linewidth=1, marker="", label="what a request may spend")
        axis.set(xscale="log", yscale="log", xlabel="offices with a rule (logarithmic)", ylabel="one decision (ms)")
        axis.set_xticks(list(times.index), [str(n) for n in times.index])
        axis.minorticks_off()
        axis.legend(fontsize=9, loc="upper left", bbox_to_anchor=(1, 1))


def draw_radar(entries: Sequence[Entry], due: Sequence[str], day: date) -> None:
    """Experiment 4: entries by ring, with the days since their evidence was looked at; the due ones stand out."""
    shown = [(entry, ring) for entry in entries if (ring := entry.ring(day)) is not None]
    shown.sort(key=lambda pair: (RINGS.index(pair[1]), (day - pair[0].checked).days), reverse=True)
    title = f"{len(due)} of {len(shown)} entries are due for a look this month"
    alt = "Bars of days since the evidence of each entry was checked, grouped by ring. To be looked at: "
    alt += (", ".join(due) or "none") + "."
    with figure(title, alt, size=(8.8, 0.9 + 0.31 * len(shown))) as axis:
        for place, (entry, _) in enumerate(shown):
            days, colour = (day - entry.checked).days, COLOURS["vermillion" if entry.name in due else "sky"]
            axis.plot([0, days], [place, place], color=colour, linewidth=4, marker="")
            axis.scatter([days], [place], color=colour, marker="D" if entry.name in due else "o", s=44, zorder=3)
        labels = [f"{entry.name}  ({ring})" for entry, ring in shown]
        axis.set_yticks(range(len(shown)), labels, fontsize=9)
        axis.set(xlabel=f"days since the evidence was looked at ({day}; diamonds: due)", xlim=(-4, None))
        axis.set_ylabel("entry (ring)")


def draw_leaving(costs: pd.DataFrame, crossing: float) -> None:
    """The people: expected euros a year by probability of leaving. `costs`: index %, a column a design."""
    first = costs.columns[0]
    best = costs.idxmin(axis=1)
    title = f"Running everything oneself pays only above a {crossing:.0f}% chance of leaving within a year"
    alt = f"Expected euros a year against the probability of leaving. {first} starts lowest and is steepest. Best: "
    alt += (
        ", ".join(f"at {at}% {best[at]}" for at in (costs.index[0], costs.index[len(costs) // 2], costs.index[-1]))
        + "."
    )
    with figure(title, alt, size=(7.6, 3.7)) as axis:
        for name in costs:
            axis.plot(costs.index, costs[name] / 1000, label=name, marker="", linewidth=2.4)
        axis.axvline(crossing, color="0.4", linestyle=":", linewidth=1.4, marker="")
        axis.set(xlabel="probability of having to leave within a year (%)", ylabel="expected cost (thousand € a year)")
        axis.set(xlim=(0, costs.index[-1]), ylim=(0, None))
        axis.legend(fontsize=9)


def draw_towns(towns: pd.DataFrame) -> None:
    """The people: the exit in months of a town's own bill, alone and shared. `towns`: index inhabitants."""
    small, large = towns.index[0], towns.index[-1]
    title = (
        f"Leaving costs a town of {small:,} {towns.loc[small, 'alone']:.0f} months of its bill, a city of {large:,} "
    )
    title += f"{towns.loc[large, 'alone']:.0f}"
    alt = "Bars by size of town, logarithmic: months of the cloud bill that leaving costs, alone and shared among "
    alt += (
        "towns. " + "; ".join(f"{n:,}: {row['alone']:.0f} and {row['shared']:.1f}" for n, row in towns.iterrows()) + "."
    )
    with figure(title, alt, size=(7.2, 3.4)) as axis:
        places = np.arange(len(towns))
        axis.bar(places - 0.2, towns["alone"], 0.38, color=COLOURS["vermillion"], label="alone")
        axis.bar(places + 0.2, towns["shared"], 0.38, color=COLOURS["blue"], hatch="//", label="shared by 12 towns")
        axis.axhline(12, color="black", linestyle="--", linewidth=1, marker="", label="a year's bill")
        axis.set_xticks(places, [f"{n:,}" for n in towns.index])
        axis.set(yscale="log", xlabel="inhabitants", ylabel="months of its own bill (logarithmic)")
        axis.legend(fontsize=9)


def draw_outage(runs: pd.DataFrame) -> None:
    """Where it breaks: what became of the same traffic under each answer to a missing engine. `runs`: index design."""
    worst = runs["ranked abroad"].idxmax()
    title = f"“{worst}”: {runs.loc[worst, 'ranked abroad']} ranked against the promise, no error"
    alt = "Stacked bars of the same traffic, one a design: ranked as promised, ranked abroad, refused, unanswered. "
    alt += "; ".join(
        f"{name}: {row['ranked abroad']} abroad, {row['unanswered']} unanswered" for name, row in runs.iterrows()
    )
    with figure(title, alt + ".", size=(9.0, 2.6)) as axis:
        left = np.zeros(len(runs))
        stack = {"ranked as promised": runs["ranked"] - runs["ranked abroad"], "ranked abroad": runs["ranked abroad"]}
        stack |= {"refused": runs["refused"], "unanswered": runs["unanswered"]}
        looks = (("blue", ""), ("vermillion", "xx"), ("sky", ""), ("orange", "//"))
        for (name, values), (colour, hatch) in zip(stack.items(), looks, strict=True):
            axis.barh(np.arange(len(runs)), values, left=left, color=COLOURS[colour], hatch=hatch, label=name)
            left = left + values.to_numpy(float)
        axis.set_yticks(np.arange(len(runs)), runs.index)
        axis.invert_yaxis()
        axis.set(xlabel="requests", ylabel="design")
        axis.legend(fontsize=9, loc="upper left", bbox_to_anchor=(1, 1))
