"""The pictures of f5-capstone-landing-zone: one for each finding, with the numbers of the run in its title."""

from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.ticker import MaxNLocator

from curriculum.lab.plots import COLOURS, figure


def draw_orders(alone: pd.Series, started: pd.Series, habit: str, start_s: float) -> None:
    """Experiment 1: every order of the gates, the habit marked, in one job and with a job for each gate."""
    best, factor = alone.index[0], alone[habit] / alone.iloc[0]
    gain = started[habit] / started.iloc[0]
    title = f"In one job the habit costs {factor:.0f} times the best order; in a job each, {gain:.1f} times"
    alt = (
        f"Two panels of {len(alone)} orders, by mean seconds until a fault is found. One job: from "
        f"{alone.iloc[0]:.3f} to {alone.iloc[-1]:.2f} s, the habit at {alone[habit]:.2f} s; the best is {best}. "
        f"A job each with a start of {start_s:.0f} s: from {started.iloc[0]:.0f} to {started.iloc[-1]:.0f} s, "
        f"the habit at {started[habit]:.0f} s."
    )
    with figure(title, alt, columns=2, size=(9.5, 3.6)) as axes:
        for axis, means, name in (
            (axes[0], alone, "all in one job"),
            (axes[1], started, f"a job each, {start_s:.0f} s"),
        ):
            place = list(means.index).index(habit)
            axis.plot(range(1, len(means) + 1), means.to_numpy(), marker="None")
            axis.plot([place + 1], [means[habit]], "s", color=COLOURS["vermillion"], label="the habit")
            axis.plot([1], [means.iloc[0]], "o", color=COLOURS["green"], label="the best")
            axis.set(title=name, xlabel="order of the gates, by rank", ylabel="mean time to a fault (s)")
            axis.set_ylim(bottom=0)
            axis.legend(loc="upper left")


def draw_streams(streams: Mapping[str, Sequence[Sequence[str]]]) -> None:
    """Experiment 2: for each way to deploy, the events of the stack after each of its runs."""
    counts = {name: [len(events) for events in runs] for name, runs in streams.items()}
    last = {name: values[-1] for name, values in counts.items()}
    title = "Ten runs of one text: " + ", ".join(f"{name} {count} events" for name, count in last.items())
    alt = "Two lines of events in the stack by run. " + " ".join(
        f"{name}: {values[0]} after the first run, {values[-1]} after the last." for name, values in counts.items()
    )
    with figure(title, alt) as axis:
        for name, values in counts.items():
            axis.plot(range(1, len(values) + 1), values, label=name)
        axis.set(xlabel="run", ylabel="events in the stack's stream")
        axis.set_ylim(bottom=0)
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
        axis.legend()


def draw_reuse(copied: int, template: int, settings: int, teams: int = 10) -> None:
    """Experiment 3: lines to own, for teams that copy a zone and for teams that share a template."""
    numbers = list(range(1, teams + 1))
    shared = [template + settings * n for n in numbers]
    copies = [copied * n for n in numbers]
    even = next(n for n in numbers if shared[n - 1] < copies[n - 1])
    title = f"The shared zone has fewer lines from team {even} on; at {teams} teams {shared[-1]} against {copies[-1]}"
    alt = (
        f"Two lines over 1 to {teams} teams. Copies grow by {copied} lines a team to {copies[-1]}. The shared zone "
        f"begins at {shared[0]} and grows by {settings} a team to {shared[-1]}."
    )
    with figure(title, alt) as axis:
        axis.plot(numbers, copies, label="each team copies the zone")
        axis.plot(numbers, shared, label="one zone, a file of settings a team")
        axis.set(xlabel="teams", ylabel="lines that somebody maintains")
        axis.set_ylim(bottom=0)
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
        axis.legend()


def draw_retention(table: pd.DataFrame) -> None:
    """The people: appeals whose record is gone, and person-days of data that are held, by days of retention."""
    gone, held = table["appeals without a record"], table["person-days held"]
    title = f"30 days lose the record of {gone.loc[30]:.0%} of appeals, 90 days of {gone.loc[90]:.0%}"
    alt = "Two panels by days of retention. " + " ".join(
        f"{days} days: {gone.loc[days]:.0%} of appeals without a record, {held.loc[days]:,.0f} person-days held."
        for days in table.index
    )
    places = range(len(table))
    with figure(title, alt, columns=2, size=(9.5, 3.4)) as axes:
        axes[0].bar(places, 100 * gone, color=COLOURS["vermillion"])
        axes[0].set(title="who cannot prove it", ylabel="appeals without a record (%)")
        axes[1].bar(places, held / 1000, color=COLOURS["blue"])
        axes[1].set(title="who can be found in it", ylabel="person-days held (thousand)")
        for axis in axes:
            axis.set_xticks(places, [str(days) for days in table.index])
            axis.set_xlabel("retention (days)")


def draw_left_behind(steps: Mapping[str, int]) -> None:
    """Where it breaks: the parts of the zone that exist after each step, among them failed, undone and again."""
    failed, undone, again = steps["failed"], steps["undone"], steps["again"]
    title = f"A failed run leaves {failed} of {again} parts, a second one hides it, the undo leaves {undone}"
    alt = "Bars of parts on the API by step. " + " ".join(f"{step}: {count}." for step, count in steps.items())
    with figure(title, alt) as axis:
        axis.bar(range(len(steps)), list(steps.values()), color=COLOURS["blue"])
        axis.set_xticks(range(len(steps)), list(steps))
        axis.set_ylabel("parts of the zone that exist")
        axis.yaxis.set_major_locator(MaxNLocator(integer=True))
