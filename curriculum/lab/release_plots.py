"""The pictures of f2-delivery-pipelines."""

import numpy as np
import pandas as pd

from curriculum.lab.plots import COLOURS, figure
from curriculum.lab.releases import Numbers


def draw_gates(good: pd.DataFrame, bad: pd.DataFrame) -> None:
    """How often two gates let a retrained and a damaged model pass, against the size of the sample."""
    small = bad.index[1]
    title = f"{small:,} households: comparing lets the damaged model pass {bad.loc[small, 'compare']:.0%} of the time"
    alt = (
        "Two line charts against the number of households judged. Left, the retrained model that is as good: the gate "
        f"that compares passes it in {good['compare'].iloc[0]:.0%} to {good['compare'].iloc[-1]:.0%} of draws, one "
        f"that wants proof in {good['show'].iloc[0]:.0%} to {good['show'].iloc[-1]:.0%}. Right, the damaged model: "
        f"{bad['compare'].iloc[0]:.0%} to {bad['compare'].iloc[-1]:.0%}, and {bad['show'].iloc[0]:.0%} to "
        f"{bad['show'].iloc[-1]:.0%}."
    )
    with figure(title, alt, columns=2, size=(8.6, 3.6)) as axes:
        for ax, table, name in zip(axes, (good, bad), ("as good as before", "damaged"), strict=True):
            ax.plot(table.index, 100 * table["compare"], color=COLOURS["vermillion"], label="compares two numbers")
            ax.plot(table.index, 100 * table["show"], color=COLOURS["blue"], marker="s", label="wants it shown, 95%")
            ax.set(xscale="log", xlabel="households judged", ylabel="passes the gate (%)", ylim=(-4, 104), title=name)
            ax.set_xticks(list(table.index), [f"{size:,}" for size in table.index])
            ax.minorticks_off()
        axes[0].legend(loc="lower right")


def draw_peeking(fixed: Numbers, spent: Numbers, boundary: float) -> None:
    """The share of good canaries that were rolled back by each look, at a fixed and at a widened boundary."""
    looks = np.arange(1, len(fixed) + 1)
    title = f"Looked at {len(fixed)} times, a 5% test rolls back {fixed[-1]:.0%} of good canaries"
    alt = (
        f"Line chart of the share of canaries wrongly rolled back against the number of looks. At boundary 1.645 it "
        f"climbs from {fixed[0]:.0%} to {fixed[-1]:.0%}; at {boundary} it stays at or below {spent[-1]:.1%}."
    )
    with figure(title, alt) as ax:
        ax.plot(looks, 100 * fixed, color=COLOURS["vermillion"], label="boundary 1.645 at every look")
        ax.plot(looks, 100 * spent, color=COLOURS["blue"], label=f"boundary {boundary} at every look")
        ax.axhline(5, color=COLOURS["black"], linestyle=":", marker="")
        ax.text(looks[-1], 6, "5%, as promised", ha="right")
        ax.set(xlabel="batches looked at", ylabel="good canaries rolled back (%)", ylim=(0, None))
        ax.legend(loc="upper left")


def draw_canaries(paths: dict[str, Numbers], boundary: float) -> None:
    """What the two real canaries looked like after each batch, with both boundaries."""
    crossed = np.flatnonzero(paths["broken"] > boundary)
    when = f"at batch {crossed[0] + 1}" if len(crossed) else "not"
    early = np.flatnonzero(paths["good"] > 1.645)
    title = f"The broken canary crosses the boundary {when}; the good one is red at {len(early)} looks and is not bad"
    alt = (
        "Line chart of standard errors above the baseline against batches, for two canaries under real traffic. The "
        f"broken one ends at {paths['broken'][-1]:.1f} and crosses {boundary} {when}; the good one ranges from "
        f"{paths['good'].min():.1f} to {paths['good'].max():.1f}."
    )
    with figure(title, alt) as ax:
        for (name, path), colour in zip(paths.items(), ("blue", "vermillion"), strict=True):
            ax.plot(range(1, len(path) + 1), path, color=COLOURS[colour], label=f"{name} canary")
        ax.axhline(
            boundary, color=COLOURS["black"], linestyle="--", marker="", label=f"boundary for all looks, {boundary}"
        )
        ax.axhline(1.645, color=COLOURS["black"], linestyle=":", marker="", label="boundary for one look, 1.645")
        ax.set(xlabel="batches", ylabel="above the baseline\n(standard errors)")
        ax.legend(loc="upper left", ncols=2)


def draw_mixture(naive: pd.DataFrame, whole: pd.DataFrame) -> None:
    """What residents got while two ways of going back were under way."""
    kinds = {
        "right": ("blue", "right answer"),
        "held": ("orange", "asked to come back"),
        "mixed": ("vermillion", "wrong"),
    }
    count = int((naive["kind"] == "mixed").sum())
    title = f"The rollback of the code alone gave {count} residents a wrong answer with status 200"
    alt = "Two stacked bars of answers during a rollback. " + " ".join(
        f"{name}: " + ", ".join(f"{(table['kind'] == kind).sum()} {label}" for kind, (_, label) in kinds.items()) + "."
        for name, table in (("Code first, then a crash", naive), ("All parts, traffic held", whole))
    )
    with figure(title, alt, size=(7.2, 2.6)) as ax:
        left = np.zeros(2)
        for kind, (colour, label) in kinds.items():
            counts = np.array([(table["kind"] == kind).sum() for table in (naive, whole)])
            ax.barh(
                ["code alone,\nand a crash", "all parts,\ntraffic held"],
                counts,
                left=left,
                color=COLOURS[colour],
                label=label,
            )
            left += counts
        ax.invert_yaxis()
        ax.set(xlabel="answers")
        ax.legend(ncols=3, loc="upper center", bbox_to_anchor=(0.5, -0.3))


def draw_policies(table: pd.DataFrame) -> None:
    """Harm that goes out against hours of looking, for each policy of review."""
    best, most, counted = table.loc["by risk"], table.loc["two for all"], "model, workflow"
    title = (
        f"Two pairs of eyes where it matters: {best[counted]:.1f} harmful models and workflows get out for "
        f"{best['hours']:.0f} hours, against {most[counted]:.1f} for {most['hours']:.0f}"
    )
    alt = "Scatter of harmful models and workflows that went out in a quarter against hours of review. " + " ".join(
        f"{name}: {row['hours']:.0f} hours, {row[counted]:.1f} harmful, {row['seen']:.0%} of deployments seen."
        for name, row in table.iterrows()
    )
    colours = ("black", "blue", "purple", "vermillion")
    with figure(title, alt) as ax:
        for (name, row), colour in zip(table.iterrows(), colours, strict=True):
            place = (row["hours"], row[counted])
            ax.plot(*place, marker="o", markersize=9, color=COLOURS[colour], linestyle="None")
            ax.annotate(f"{name}\n{row['seen']:.0%} seen", place, (8, 4), textcoords="offset points")
        ax.set(
            xlabel="hours of review in a quarter", ylabel="harmful models and\nworkflows that went out", ylim=(0, None)
        )
        ax.set(xlim=(-10, 1.25 * table["hours"].max()), ylim=(0, 1.25 * table[counted].max()))
