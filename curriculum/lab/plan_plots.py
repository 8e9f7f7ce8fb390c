"""The pictures of s1-map-and-plan: each says its finding, with its numbers, in title and alternative text."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from curriculum.lab.dated_plan import Plan, Settings, Task, finished
from curriculum.lab.planning import FACTORS
from curriculum.lab.plots import COLOURS, figure
from curriculum.lab.running_work import World

TOP = 12  # skills shown
FIRST, FIRM = 5, 0.8  # a skill is firm when it is among the first five under four of five weightings
BUILT = {"serving": ("blue", "o"), "monitoring": ("green", "s"), "governing": ("vermillion", "^")}


def draw_two_futures(futures: Mapping[str, pd.DataFrame]) -> None:
    """Experiment 1: hours a week by kind and year, one panel a future (`running_work.project`)."""
    totals = {name: table.sum(axis=1) for name, table in futures.items()}
    said = ", ".join(f"{total.iloc[-1] / total.iloc[0]:.1f} times if {name}" for name, total in totals.items())
    years = len(next(iter(totals.values()))) - 1
    alt = f"Panels of stacked areas: hours a week of serving, monitoring and governing over {years} years. {said}."
    with figure(f"Hours after {years} years: {said}", alt, columns=len(futures), size=(8.4, 3.4)) as axes:
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
    title = (
        f"{weakest.capitalize()} gives way first: from {firsts.min():.0%} absorbed a year, if cheapness invites nothing"
    )
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
    span = f"{widest} from {low[widest]:.0f} to {high[widest]:.0f}"
    title = f"{len(firm)} of {len(ranked)} skills hold a place in the first five under {FIRM:.0%} of weightings; {span}"
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
        axis.legend(loc="upper right")


def draw_factors(ranked: pd.DataFrame, top: int = 8) -> None:
    """Experiment 2: the three factors of the first skills, side by side."""
    shown = ranked.head(top)
    low = shown["readiness"].idxmin()
    ready = int((shown["readiness"] == 1).sum())
    title = f"{ready} of the first {top} can begin today; {low} is {shown['readiness'].min():.0%} ready"
    alt = f"Bars from 0 to 1 of gap, leverage and readiness for the first {top} skills: "
    alt += "; ".join(f"{skill} {', '.join(f'{row[f]:.2f}' for f in FACTORS)}" for skill, row in shown.iterrows()) + "."
    with figure(title, alt, columns=3, size=(8.6, 3.8)) as axes:
        for axis, factor, colour in zip(axes, FACTORS, ("vermillion", "blue", "green"), strict=True):
            axis.barh(range(top), shown[factor], color=COLOURS[colour])
            axis.set(title=factor, xlim=(0, 1), yticks=range(top), xlabel="0 to 1")
            axis.set_yticklabels(shown.index if factor == FACTORS[0] else [])
            axis.invert_yaxis()


def draw_plan(tasks: Sequence[Task], plan: Plan, settings: Settings) -> None:
    """Experiment 3: a row for each task, in the order of the plan, with its sessions by day."""
    names = list(dict.fromkeys(block.task for block in plan.blocks))
    known = {task.id: task for task in tasks}
    done, wanted = finished(tasks, plan), [task for task in tasks if task.item]
    title = f"{len(done)} of {len(wanted)} items fit into {settings.days} days, and {plan.slack:.0f} hours stay free"
    alt = f"A row for each task, a mark for each day on which it is worked on. In order: {', '.join(names)}."
    with figure(title, alt, size=(8.6, 5.2)) as axis:
        kinds = (("a unit that an item needs", "sky", False), ("one of the thirteen items", "vermillion", True))
        for label, colour, is_item in kinds:
            blocks = [block for block in plan.blocks if bool(known[block.task].item) == is_item]
            days = [(block.start.date() - settings.start).days for block in blocks]
            rows = [names.index(block.task) for block in blocks]
            axis.barh(rows, 1.2, left=days, height=0.8, color=COLOURS[colour], label=label)
        for begin, end in settings.away:
            axis.axvspan((begin - settings.start).days, (end - settings.start).days + 1, color="0.88", zorder=0)
        axis.set_yticks(range(len(names)), names, fontsize=8.5)
        axis.set(xlim=(0, settings.days), xlabel="day of the plan (grey: away)")
        axis.invert_yaxis()
        axis.legend(loc="upper right")


def draw_recovery(plans: Mapping[str, Plan], settings: Settings, needed: float, lost: tuple[int, int]) -> None:
    """Where it breaks: hours of work done by day under each plan, against the hours that are needed."""
    totals = {name: sum(block.hours for block in plan.blocks) for name, plan in plans.items()}
    said = ", ".join(f"{name} {total:.1f}" for name, total in totals.items())
    short = needed - min(totals.values())
    title = f"Two weeks lost leave {short:.1f} hours undone on day {settings.days}; more hours in time repair it"
    alt = f"Step lines of hours done by day, against the {needed:.1f} that are needed. At the end: {said}. "
    alt += f"Days {lost[0]} to {lost[1]} are grey and flat in the plans that lost them."
    with figure(title, alt, size=(8.0, 3.8)) as axis:
        for (name, plan), style in zip(plans.items(), (":", "--", "-"), strict=True):
            days = [0, *((block.start.date() - settings.start).days for block in plan.blocks), settings.days]
            done = np.cumsum([0, *(block.hours for block in plan.blocks), 0])
            axis.step(days, done, style, where="post", label=name, marker="")
        axis.axhline(needed, color="black", linewidth=1)
        axis.text(1, needed + 0.5, f"{needed:.1f} hours needed")
        axis.axvspan(*lost, color="0.88", zorder=0)
        axis.set(
            xlabel="day of the plan (grey: ill)", ylabel="hours done", xlim=(0, settings.days), ylim=(0, needed + 3)
        )
        axis.legend(loc="lower right")


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
    rows, fewest = table, table.loc[table["missed"] == 0, ["wasted", "checks"]].sum(axis=1).idxmin()
    title = (
        f"“{rows['missed'].idxmax()}” skips {rows['missed'].max():.1f} skills that a person lacks; of the rules that "
    )
    title += f"skip none, “{fewest}” costs least"
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
        right.legend(loc="upper center", bbox_to_anchor=(0.5, -0.22), ncols=2, fontsize=9)
        for axis in (left, right):
            axis.invert_yaxis()
