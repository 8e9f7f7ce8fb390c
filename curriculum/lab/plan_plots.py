"""The pictures of s1-map-and-plan: each says its finding, with its numbers, in title and alternative text."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from curriculum.lab.planning import FACTORS
from curriculum.lab.plots import COLOURS, figure
from curriculum.lab.running_work import World
from curriculum.lab.schedule import Plan, Settings, Task, finished, load

TOP = 12  # skills shown
FIRST, FIRM = 5, 0.8  # a skill is firm when it is among the first five under four of five weightings
BUILT = {"serving": ("blue", "o"), "monitoring": ("green", "s"), "governing": ("vermillion", "^")}


def draw_two_futures(futures: Mapping[str, pd.DataFrame]) -> None:
    """Experiment 1: hours a week by kind and year, one panel a future (`running_work.project`)."""
    totals = {name: table.sum(axis=1) for name, table in futures.items()}
    said = ", ".join(f"{name} {total.iloc[-1] / total.iloc[0]:.1f} times" for name, total in totals.items())
    years = len(next(iter(totals.values()))) - 1
    alt = f"Panels of stacked areas: hours a week of serving, monitoring and governing over {years} years. {said}."
    with figure(f"After {years} years the same work is: {said}", alt, columns=len(futures), size=(8.4, 3.4)) as axes:
        most = max(float(total.max()) for total in totals.values())
        for axis, (name, table) in zip(np.atleast_1d(axes), futures.items(), strict=True):
            colours = [COLOURS[BUILT[kind][0]] for kind in table.columns]
            axis.stackplot(table.index, table.T.to_numpy(), labels=table.columns, colors=colours, alpha=0.85)
            axis.set(title=name, xlabel="years from now", ylim=(0, most * 1.05), xticks=list(table.index))
        np.atleast_1d(axes)[0].set_ylabel("hours a week")
        np.atleast_1d(axes)[-1].legend(loc="upper left")


def draw_tipping(table: pd.DataFrame, world: World) -> None:
    """Experiment 1: the absorbed share at which work stands still, by elasticity (`running_work.tipping`)."""
    firsts = table.iloc[0]
    weakest = str(firsts.idxmin())
    title = f"{weakest.capitalize()} is the first to shrink: at {firsts.min():.0%} absorbed a year"
    alt = "Lines by kind of work: the share absorbed a year at which its hours stand still, against elasticity. "
    alt += f"All rise. At elasticity {table.index[0]:g}: " + ", ".join(f"{k} {v:.0%}" for k, v in firsts.items()) + "."
    with figure(title, alt, size=(7.4, 3.8)) as axis:
        for kind in table.columns:
            colour, marker = BUILT[kind]
            axis.plot(table.index, 100 * table[kind], color=COLOURS[colour], marker=marker, label=kind, markevery=4)
        axis.plot([world.elasticity], [100 * world.absorbed], "D", color="black", markersize=8)
        axis.annotate("our setting", (world.elasticity, 100 * world.absorbed), (8, -14), textcoords="offset points")
        axis.text(0.02, 0.94, "above its line: that work shrinks", transform=axis.transAxes, style="italic")
        axis.set(
            xlabel="elasticity (% more models for 1% cheaper running)", ylabel="absorbed a year (%)", ylim=(0, 100)
        )
        axis.legend(loc="lower right")


def draw_ranks(ranked: pd.DataFrame, samples: pd.DataFrame) -> None:
    """Experiment 2: each skill's rank under the chosen weights, and where it lands under sampled ones."""
    shown = list(ranked.index[:TOP])
    low, high = (samples[shown].quantile(q) for q in (0.05, 0.95))
    firm = [skill for skill in shown if (samples[skill] <= FIRST).mean() >= FIRM]
    widest = (high - low).idxmax()
    title = (
        f"{len(firm)} of {len(ranked)} skills are in the first five whatever the weights; {widest} depends on them most"
    )
    alt = (
        f"For the first {len(shown)} skills a dot for the rank and a line from the 5th to the 95th percentile of ranks "
    )
    alt += f"under sampled weights. Firmly in the first five: {', '.join(firm) or 'none'}. Widest: {widest}, "
    alt += f"{low[widest]:.0f} to {high[widest]:.0f}."
    with figure(title, alt, size=(7.8, 4.6)) as axis:
        places = np.arange(len(shown))
        axis.hlines(places, low, high, color=COLOURS["sky"], linewidth=7, label="90% of all weightings")
        axis.plot(samples[shown].median(), places, "|", color=COLOURS["blue"], markersize=12, mew=2.5, label="median")
        axis.plot(ranked.loc[shown, "rank"], places, "o", color=COLOURS["vermillion"], label="your weights")
        axis.axvline(FIRST + 0.5, color="black", linestyle="--", linewidth=1)
        axis.set_yticks(places, shown)
        axis.invert_yaxis()
        axis.set(xlabel="rank (1 is first)", xlim=(0, len(ranked) + 0.5))
        axis.legend(loc="lower right")


def draw_factors(ranked: pd.DataFrame, top: int = 8) -> None:
    """Experiment 2: the three factors of the first skills, side by side."""
    shown = ranked.head(top)
    low = shown["readiness"].idxmin()
    title = f"What is first is missing, opens much, and can begin today; {low} waits for what comes before it"
    alt = f"Bars from 0 to 1 of gap, leverage and readiness for the first {top} skills: "
    alt += "; ".join(f"{skill} {', '.join(f'{row[f]:.2f}' for f in FACTORS)}" for skill, row in shown.iterrows()) + "."
    with figure(title, alt, columns=3, size=(8.6, 3.8)) as axes:
        for axis, factor, colour in zip(axes, FACTORS, ("vermillion", "blue", "green"), strict=True):
            axis.barh(range(top), shown[factor], color=COLOURS[colour])
            axis.set(title=factor, xlim=(0, 1), yticks=range(top), xlabel="0 to 1")
            axis.set_yticklabels(shown.index if factor == FACTORS[0] else [])
            axis.invert_yaxis()


def draw_plan(tasks: Sequence[Task], plan: Plan, settings: Settings) -> None:
    """Experiment 3: when each task is done, and the hours of each week against what there is."""
    names = list(dict.fromkeys(block.task for block in plan.blocks))
    known = {task.id: task for task in tasks}
    done = finished(tasks, plan)
    hours = load(plan, settings)
    wanted = sum(bool(task.item) for task in tasks)
    title = f"{len(done)} of {wanted} items fit into {settings.days} days, and {plan.slack:.0f} hours stay free"
    alt = f"Above, a row for each task with its sessions by day: {', '.join(names)}. Below, hours planned by week, "
    alt += f"{hours['planned'].sum():.1f} of {hours['available'].sum():.1f} in all."
    with figure(title, alt, rows=2, size=(8.6, 7.2)) as axes:
        above, below = axes
        for block in plan.blocks:
            task = known[block.task]
            day = (block.start.date() - settings.start).days
            colour = "vermillion" if task.item else "sky"
            above.barh(names.index(block.task), 0.9, left=day + 0.05, color=COLOURS[colour], height=0.7)
        for begin, end in settings.away:
            away = (begin - settings.start).days, (end - settings.start).days + 1
            above.axvspan(*away, color="0.88", zorder=0)
        above.set_yticks(range(len(names)), names, fontsize=8)
        above.set(
            xlim=(0, settings.days),
            xlabel="day of the plan (red: an item; blue: a unit that it needs; grey: away)",
        )
        above.invert_yaxis()
        below.step(hours.index, hours["available"], where="mid", color="black", label="available")
        below.bar(hours.index, hours["planned"], color=COLOURS["blue"], width=0.7, label="planned")
        below.set(xlabel="week", ylabel="hours", xticks=list(hours.index))
        below.legend(loc="upper right")


def draw_left_out(table: pd.DataFrame) -> None:
    """The people: items done in 90 days by person, and with each remedy. One row a person, one column a rule."""
    first = table.columns[0]
    worst = table[first].idxmin()
    title = f"The same ninety days: {table[first].max():.0f} items for one, {table[first].min():.0f} for another"
    alt = f"Grouped bars of items done by person under {', '.join(table.columns)}. Fewest as planned: {worst}, "
    alt += ", ".join(f"{column} {table.loc[worst, column]:.0f}" for column in table.columns) + "."
    with figure(title, alt, size=(8.4, 4.2)) as axis:
        height = 0.8 / len(table.columns)
        hatches = ("", "//", "..", "xx")
        for number, column in enumerate(table.columns):
            colour = list(COLOURS.values())[number]
            places = np.arange(len(table)) + (number - (len(table.columns) - 1) / 2) * height
            axis.barh(
                places, table[column], height, color=colour, label=column, hatch=hatches[number % 4], edgecolor="white"
            )
        axis.set_yticks(range(len(table)), table.index)
        axis.invert_yaxis()
        axis.axvline(13, color="black", linestyle="--", linewidth=1)
        axis.set(xlabel="items done of thirteen", xlim=(0, 13.4))
        axis.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=len(table.columns))


def draw_trust(table: pd.DataFrame) -> None:
    """The people: by rule, as columns for one person, skills `missed`, hours `wasted`, hours of `checks`."""
    rows = table.copy()
    most = rows["missed"].idxmax()
    title = f"“{most}” skips {rows['missed'].max():.1f} skills that a person lacks; what prevents it costs hours"
    alt = "Two panels by rule. Left, skills missed a person; right, hours wasted and hours of checks. "
    alt += "; ".join(
        f"{name}: {r.missed:.1f} missed, {r.wasted:.1f} + {r.checks:.1f} hours" for name, r in rows.iterrows()
    )
    with figure(title, alt + ".", columns=2, size=(8.6, 3.4)) as (left, right):
        places = np.arange(len(rows))
        left.barh(places, rows["missed"], color=COLOURS["vermillion"])
        left.set_yticks(places, rows.index)
        left.set(title="skills lacked and skipped", xlabel="skills a person")
        right.barh(places, rows["wasted"], color=COLOURS["orange"], label="learning what is known")
        right.barh(places, rows["checks"], left=rows["wasted"], color=COLOURS["blue"], hatch="//", label="checks")
        right.set_yticks(places, [])
        right.set(title="hours that it costs", xlabel="hours a person")
        right.legend(loc="lower right", fontsize=9)
        for axis in (left, right):
            axis.invert_yaxis()
