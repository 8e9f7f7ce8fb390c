"""The pictures of s4-progress: each says its finding, with its numbers, in title and alternative text."""

from collections.abc import Collection, Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np

from curriculum.lab.plots import COLOURS, figure


def draw_radars(orders: Mapping[str, Sequence[tuple[str, float]]], areas: Mapping[str, float]) -> None:
    """Experiment 1: the same values on a radar, a panel an order of its axes. `areas` are shares of the largest."""
    low, high = min(areas.values()), max(areas.values())
    count = len(next(iter(orders.values())))
    title = f"The same {count} numbers fill {low:.0%} or {high:.0%} of the radar, by the order of the axes"
    alt = "Two radar charts of the same values with their axes in different orders. "
    alt += "; ".join(f"{name}: area {areas[name]:.0%}" for name in orders) + ". The values do not differ."
    with figure(title, alt, columns=len(orders), size=(7.8, 4.0)) as axes:
        drawn = axes[0].figure
        for axis, (name, values) in zip(axes, orders.items(), strict=True):
            place = axis.get_subplotspec()
            axis.remove()
            polar = drawn.add_subplot(place, projection="polar")
            turns = np.linspace(0, 2 * np.pi, len(values), endpoint=False)
            lengths = [value for _, value in values]
            polar.fill([*turns, turns[0]], [*lengths, lengths[0]], color=COLOURS["blue"], alpha=0.35)
            polar.plot([*turns, turns[0]], [*lengths, lengths[0]], color=COLOURS["blue"])
            polar.set_xticks(turns, [skill.replace("-", "\n") for skill, _ in values], fontsize=7.5)
            polar.tick_params(axis="x", pad=9)
            polar.set_yticks([0.25, 0.5, 0.75, 1], ["", "50%", "", "100%"], fontsize=7)
            polar.set(ylim=(0, 1), xlabel="", ylabel="")
            polar.set_title(f"{name}: area {areas[name]:.0%}", fontsize=10, loc="center", pad=16)
    plt.close(drawn)


def draw_gaps(levels: Mapping[str, float], claims: Mapping[str, float], judged: Collection[str] | None = None) -> None:
    """Experiment 1: what the evidence shows of each skill, and how the learner judges it.

    Skills that are not among `judged` have no grade and no credential: their dots are hollow, and no finding is theirs.
    """
    names = sorted(levels, key=lambda name: levels[name])
    full = [name in judged if judged is not None else True for name in names]
    gaps = {
        name: claims[name] - levels[name] for name, shown in zip(names, full, strict=True) if name in claims and shown
    }
    if gaps:
        widest = max(gaps, key=lambda name: abs(gaps[name]))
        side = "above" if gaps[widest] > 0 else "below"
        title = f"{widest}: judged {100 * abs(gaps[widest]):.0f} points {side} the evidence"
    else:
        title = "What the evidence shows; no judgement of your own can be compared yet"
    alt = "A line a skill, with a dot for the evidence and a diamond for the learner's own judgement. "
    alt += "; ".join(
        f"{name} {levels[name]:.0%}"
        + (f" and {claims[name]:.0%}" if name in claims else "")
        + ("" if shown else ", not graded")
        for name, shown in zip(names, full, strict=True)
    )
    with figure(title, alt, size=(7.6, 0.36 * len(names) + 1.4)) as axis:
        for place, name in enumerate(names):
            if name in claims:
                axis.hlines(place, 100 * levels[name], 100 * claims[name], color="0.7", linewidth=2, zorder=1)
        both = [place for place, name in enumerate(names) if name in claims]
        for kind, label, colour in (
            (True, "evidence, graded", COLOURS["blue"]),
            (False, "evidence, not graded", "white"),
        ):
            places = [place for place, shown in enumerate(full) if shown is kind]
            if places:
                shown_at = [100 * levels[names[place]] for place in places]
                axis.scatter(shown_at, places, color=colour, edgecolors=COLOURS["blue"], s=46, label=label)
        rated = [100 * claims[names[place]] for place in both]
        axis.scatter(rated, both, color=COLOURS["vermillion"], marker="D", s=34, label="own judgement")
        axis.set_yticks(range(len(names)), names)
        axis.set(xlabel="share shown (%)", ylabel="skill", xlim=(-3, 103))
        axis.legend(loc="lower right")


def draw_shares(states: Mapping[float, Mapping[str, int]], asked: float) -> None:
    """Experiment 2: how many indicators are proven, partly or not yet, by the share of points that proves one."""
    shares = sorted(states)
    proven = [states[share].get("proven", 0) for share in shares]
    here = states[min(shares, key=lambda share: abs(share - asked))].get("proven", 0)
    first, last = shares[0], shares[-1]
    title = f"{proven[0]} proven at {first:.0%} of the points, {here} at {asked:.0%}, {proven[-1]} at {last:.0%}"
    alt = "Stacked bars of the number of success indicators by share of points that each piece must reach. Proven: "
    alt += ", ".join(f"{count} at {share:.0%}" for share, count in zip(shares, proven, strict=True)) + "."
    with figure(title, alt, size=(7.4, 3.0)) as axis:
        bottom = np.zeros(len(shares))
        for state, colour, hatch in (("proven", "green", ""), ("partly", "orange", "//"), ("not yet", "sky", "..")):
            counts = np.array([states[share].get(state, 0) for share in shares])
            axis.bar([100 * share for share in shares], counts, 3.5, bottom, color=COLOURS[colour], hatch=hatch,
                     edgecolor="white", label=state)  # fmt: skip
            bottom += counts
        axis.axvline(100 * asked, color="black", linestyle="--", linewidth=1, label="asked for now")
        axis.set(
            xlabel="share of points that each piece must reach (%)", ylabel="indicators", ylim=(0, bottom.max() + 0.3)
        )
        axis.yaxis.get_major_locator().set_params(integer=True)
        axis.legend(fontsize=9, loc="upper left", bbox_to_anchor=(1, 1))


def draw_disclosure(designs: Mapping[str, tuple[int, int, int]]) -> None:
    """The ethics thread: facts shown, bytes sent and values that link two verifiers, a design a row."""
    most, least = (pick(designs, key=lambda name: designs[name][0]) for pick in (max, min))
    title = f"One fact is asked for: “{least}” shows {designs[least][0]}, “{most}” shows {designs[most][0]}"
    alt = "Three panels of bars, a row a design: facts shown, bytes sent, values that link two verifiers. "
    alt += "; ".join(f"{name}: {a} facts, {b:,d} bytes, {c} links" for name, (a, b, c) in designs.items()) + "."
    with figure(title, alt, columns=3, size=(8.2, 2.6)) as axes:
        measures = ("facts of the holder", "bytes sent", "linking values")
        for column, (axis, measure) in enumerate(zip(axes, measures, strict=True)):
            values = [designs[name][column] for name in designs]
            colour = list(COLOURS.values())[column]
            axis.barh(range(len(designs)), values, color=colour)
            axis.set_yticks(range(len(designs)), list(designs) if column == 0 else [""] * len(designs))
            axis.bar_label(axis.containers[0], labels=[f" {value:,d}" for value in values], fontsize=9)
            axis.set(xlabel=measure, ylabel="design" if column == 0 else "", xlim=(0, 1.3 * max([*values, 1])))
            axis.invert_yaxis()


def draw_rankings(learners: Mapping[str, tuple[float, float]]) -> None:
    """The ethics thread: learners by activity and by weighted evidence."""
    first = max(learners, key=lambda name: learners[name][0])
    after, before = learners[first][1], learners[first][0]
    title = f"First by activity at {before:.0%}, the “{first}” has {after:.0%} by evidence"
    alt = "A line a learner from activity on the left to weighted evidence on the right. "
    alt += "; ".join(f"{name} {a:.0%} to {b:.0%}" for name, (a, b) in learners.items()) + "."
    with figure(title, alt, size=(6.4, 3.4)) as axis:
        for name, values in learners.items():
            (line,) = axis.plot([0, 1], [100 * value for value in values], label=name)
            for place, side in ((0, "right"), (1, "left")):
                gap = -0.04 if side == "right" else 0.04
                axis.text(place + gap, 100 * values[place], f"{name} {values[place]:.0%}", ha=side, va="center",
                          color=line.get_color(), fontsize=9.5)  # fmt: skip
        axis.set_xticks([0, 1], ["activity", "weighted evidence"])
        axis.set(xlabel="measure", ylabel="value (%)", xlim=(-0.55, 1.55), ylim=(-5, 105))
