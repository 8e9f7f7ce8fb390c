"""The pictures of f3-security-compliance: one for each finding, with the numbers of the run in its title.

Each takes what the lesson measured, and says in its alternative text what a reader would see.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from curriculum.lab.plots import COLOURS, figure


def draw_thresholds(sweep: pd.DataFrame, default: float, capacity: int) -> None:
    """Experiment 1: findings and secrets found. `sweep` has `threshold`, `recall` and `findings`."""
    at = sweep.iloc[(sweep["threshold"] - default).abs().argmin()]
    fits = sweep[sweep["findings"] <= capacity].iloc[0]
    title = f"Threshold {default}: {at['findings']:.0f} findings for {at['recall']:.0%} of the secrets; "
    title += f"{capacity} findings allow {fits['threshold']:.2f} and {fits['recall']:.0%}"
    alt = (
        "Two charts over the entropy threshold in bits a character. Above, the share of secrets found; below, the "
        "number of findings on a logarithmic axis with a dashed line at what people can look at. "
        + "; ".join(
            f"at {row.threshold:.2f}: {row.recall:.0%}, {row.findings:.0f} findings" for row in sweep[::6].itertuples()
        )
        + "."
    )
    with figure(title, alt, rows=2, size=(7.8, 4.8)) as axes:
        axes[0].plot(sweep["threshold"], sweep["recall"], marker="")
        axes[0].set(ylabel="secrets found (share)", ylim=(0, 1.05))
        axes[1].plot(sweep["threshold"], sweep["findings"], marker="", color=COLOURS["vermillion"])
        axes[1].axhline(capacity, color="black", linestyle="--", marker="", linewidth=1)
        axes[1].annotate(f"{capacity} can be looked at", (3.02, capacity), (0, 4), textcoords="offset points")
        axes[1].set(ylabel="findings", yscale="log", xlabel="threshold (bits a character)")
        for axis in axes:
            axis.axvline(default, color=COLOURS["purple"], linestyle=":", marker="")
            axis.axvline(4, color=COLOURS["green"], linestyle="-.", marker="")
        axes[0].annotate("default", (default, 0.2), (4, 0), textcoords="offset points", color=COLOURS["purple"])
        axes[0].annotate("hex ends", (4, 0.06), (4, 0), textcoords="offset points", color=COLOURS["green"])


def draw_windows(windows: pd.DataFrame, offered: int) -> None:
    """Experiment 3: permissions missed and left open, by days of log. `windows` has `window`, `missed`, `idle`."""
    at = windows.set_index("window").loc[offered]
    longest = windows.iloc[-1]
    title = f"{offered} days of log miss {at['missed']:.0f} permissions of the next year; "
    title += (
        f"{longest['window']:.0f} days miss {longest['missed']:.0f} and keep {longest['idle']:.0f} that nobody needs"
    )
    alt = "Two lines over the days of log. "
    alt += "; ".join(f"{row.window} days: {row.missed} missed, {row.idle} idle" for row in windows.itertuples()) + "."
    with figure(title, alt, size=(7.8, 3.7)) as axis:
        axis.plot(
            windows["window"], windows["missed"], color=COLOURS["vermillion"], label="needed next year, not granted"
        )
        axis.plot(windows["window"], windows["idle"], color=COLOURS["blue"], label="granted, not needed next year")
        axis.axvline(offered, color="black", linestyle="--", marker="", linewidth=1, label=f"{offered} days")
        axis.set(xlabel="days of log that the policy is derived from", ylabel="permissions", ylim=(0, None))
        axis.legend()


def draw_options(options: pd.DataFrame) -> None:
    """The ethics thread: a row a design, by name: what is `open`, needed reads `refused`, minutes of `review`."""
    first, last = options.iloc[0], options.iloc[-1]
    title = f"From {first['open']:,.0f} to {last['open']:,.0f} open pairs: the price is "
    title += f"{options.iloc[-2]['refused']:,.0f} refusals in need a month, or {last['review']:,.0f} minutes of review"
    alt = "Three bar charts beside each other, a row for each design. "
    alt += "; ".join(
        f"{name}: {row['open']:,.0f} open pairs, {row['refused']:,.0f} refused in need, {row['review']:,.0f} minutes"
        for name, row in options.iterrows()
    )
    panels = [("open", "pairs open without a reason", "vermillion"), ("refused", "refused in need a month", "orange")]
    panels.append(("review", "review (minutes a month)", "blue"))
    rows = np.arange(len(options))[::-1]
    with figure(title, alt + ".", columns=3, size=(9.6, 3.2)) as axes:
        for axis, (column, label, colour) in zip(axes, panels, strict=True):
            axis.barh(rows, options[column], color=COLOURS[colour], height=0.6)
            for row, value in zip(rows, options[column], strict=True):
                axis.annotate(f"{value:,.0f}", (value, row), (3, 0), textcoords="offset points", va="center")
            axis.set_xlabel(label)
            axis.set_yticks(rows, [str(name) for name in options.index] if axis is axes[0] else [""] * len(rows))
            axis.margins(x=0.3)
            axis.grid(axis="y", visible=False)
            axis.xaxis.get_major_locator().set_params(nbins=3)
            axis.xaxis.set_major_formatter("{x:,.0f}")


def draw_clock(log: pd.DataFrame, aware: str, hours: int = 72) -> None:
    """The breach: events on a line, and the hours that run from awareness. `log` has `at` (times), `what`, `who`."""
    start = log.loc[log["what"] == aware, "at"].iloc[0]
    end = start + pd.Timedelta(hours=hours)
    reader = log.iloc[-1]
    gone = (reader["at"] - start) / pd.Timedelta(hours=1)
    title = f"The clock started with “{aware}”; {gone:.1f} of {hours} hours were gone when the {reader['who']} knew"
    alt = "A time line with one row for each event, and a bar for the hours from awareness to the deadline. "
    alt += "; ".join(f"{row.at:%a %H:%M} {row.what} ({row.who})" for row in log.itertuples())
    alt += f"; deadline {end:%a %H:%M}."
    with figure(title, alt, size=(8.6, 3.9)) as axis:
        rows = np.arange(len(log))[::-1]
        axis.barh(-1, end - start, left=start, color=COLOURS["sky"], height=0.5)
        axis.barh(-1, reader["at"] - start, left=start, color=COLOURS["vermillion"], height=0.5)
        axis.annotate("hours of the clock, gone in red", (start, -1), (4, -3), textcoords="offset points")
        axis.plot(log["at"], rows, linestyle="", marker="o", color="black")
        for row, each in zip(rows, log.itertuples(), strict=True):
            side = (
                {"xytext": (7, -3)} if each.at < end - pd.Timedelta(hours=24) else {"xytext": (-7, -3), "ha": "right"}
            )
            axis.annotate(f"{each.what} ({each.who})", (each.at, row), textcoords="offset points", **side)
        axis.axvline(end, color="black", linestyle="--", marker="", linewidth=1)
        axis.annotate("deadline", (end, rows[0]), (4, 0), textcoords="offset points")
        axis.set_yticks([])
        axis.set(xlabel="local time", xlim=(log["at"].min() - pd.Timedelta(hours=4), end + pd.Timedelta(hours=16)))
        axis.xaxis.set_major_formatter(lambda value, _: pd.Timestamp(value, unit="D").strftime("%a %d"))
        axis.grid(axis="y", visible=False)


def draw_blind_gate(runs: pd.DataFrame) -> None:
    """Where it breaks: what was in the plans and what the gate found. `runs`: `week`, `open`, `found`, `canary`."""
    blind = runs[runs["canary"] == "missed"]
    title = f"Green for {len(blind)} weeks with {blind['open'].sum()} public buckets: only the canary says so"
    alt = "Bars for each week: public buckets in the plans, and those that the gate found. "
    alt += "; ".join(
        f"week {row.week}: {row.open} in the plans, {row.found} found, canary {row.canary}" for row in runs.itertuples()
    )
    with figure(title, alt + ".", size=(8, 3.4)) as axis:
        axis.bar(runs["week"] - 0.2, runs["open"], width=0.4, color=COLOURS["sky"], label="public buckets in the plans")
        axis.bar(runs["week"] + 0.2, runs["found"], width=0.4, color=COLOURS["blue"], label="found by the gate")
        top = float(runs["open"].max()) + 0.8
        for result, marker in (("caught", "o"), ("missed", "X")):
            some = runs[runs["canary"] == result]
            colour = COLOURS["green"] if result == "caught" else COLOURS["vermillion"]
            look = {"linestyle": "", "marker": marker, "markersize": 9, "color": colour}
            axis.plot(some["week"], [top] * len(some), label=f"canary {result}", **look)
        axis.set(xlabel="week", ylabel="public buckets", ylim=(0, top + 2.2))
        axis.set_xticks(runs["week"])
        axis.legend(ncols=2, loc="upper left")


def draw_coverage(incidents: Mapping[str, Sequence[str]]) -> None:
    """The ethics thread: how many controls each incident turned red. `incidents` maps each to their names."""
    covered = sum(bool(each) for each in incidents.values())
    title = f"{len(incidents) - covered} of {len(incidents)} incidents turn no control red"
    alt = "Bars of how many controls each incident turned red: "
    alt += "; ".join(f"{name}: {len(each)}" for name, each in incidents.items()) + "."
    with figure(title, alt, size=(8, 3.4)) as axis:
        rows = np.arange(len(incidents))[::-1]
        counts = [len(each) for each in incidents.values()]
        axis.barh(rows, counts, color=COLOURS["blue"], height=0.6)
        for row, count in zip(rows, counts, strict=True):
            if not count:
                axis.plot([0], [row], marker="X", markersize=9, color=COLOURS["vermillion"])
        axis.set_yticks(rows, list(incidents))
        axis.set(xlabel="controls that turned red", xlim=(-0.15, max(counts) + 0.6))
        axis.xaxis.get_major_locator().set_params(integer=True)
