"""The pictures of f1-infrastructure-as-code: one for each finding, with the numbers of the run in its title.

Each takes what the lesson measured, and says in its alternative text what a reader would see.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from curriculum.lab.designs import Graph
from curriculum.lab.plots import COLOURS, figure

Edge = tuple[str, str]  # from what is needed to what needs it


def draw_waves(waves: Sequence[Sequence[str]], graph: Graph) -> None:
    """Experiment 1: the parts by wave, with an arrow from each part to what needs it."""
    title = f"{len(graph)} parts in {len(waves)} waves: the longest chain sets the time"
    alt = "A graph from left to right. " + "; ".join(
        f"wave {number}: {', '.join(wave)}" for number, wave in enumerate(waves, 1)
    )
    with figure(title, alt, size=(9, 4)) as axis:
        _draw_graph(axis, waves, graph, missing=set())
        axis.set_xticks(range(len(waves)), [f"wave {number}" for number in range(1, len(waves) + 1)])


def draw_designs(
    designs: Mapping[str, Graph], waves: Sequence[Sequence[str]], missing: Mapping[str, set[Edge]]
) -> None:
    """Experiment 4: the same design as each language's parser sees it; dashed edges are those that it lacks."""
    apart = set().union(*missing.values())
    title = f"One design in three languages: {len(apart)} edges that not all of them have"
    alt = "Three graphs of the same parts. " + " ".join(
        f"{name}: {sum(map(len, graph.values()))} edges"
        + "".join(f", without {before} to {after}" for before, after in sorted(missing[name]))
        + "."
        for name, graph in designs.items()
    )
    with figure(title, alt, rows=len(designs), size=(8, 7.2)) as axes:
        for axis, (name, graph) in zip(axes, designs.items(), strict=True):
            _draw_graph(axis, waves, graph, missing[name])
            lacks = f", {len(missing[name])} dashed that others have" if missing[name] else ""
            axis.set_title(f"{name}: {sum(map(len, graph.values()))} edges{lacks}", loc="left")
            axis.set_xticks([])


def _draw_graph(axis: Axes, waves: Sequence[Sequence[str]], graph: Graph, missing: set[Edge]) -> None:
    tallest = max(len(wave) for wave in waves)
    places = {
        name: (column, (tallest - 1) / 2 - (len(wave) - 1) / 2 + row + 0.17 * (column % 2))
        for column, wave in enumerate(waves)
        for row, name in enumerate(wave)
    }
    edges = [(need, name, "black", "-", 0.9) for name, found in graph.items() for need in sorted(found)]
    edges += [(need, name, COLOURS["vermillion"], "--", 2.2) for need, name in sorted(missing)]
    for need, name, colour, line, width in edges:
        arrow = {"arrowstyle": "-|>", "color": colour, "linestyle": line, "linewidth": width, "alpha": 0.75}
        beside = places[need][0] == places[name][0]  # in the same wave: around the parts between
        shrink, bend = (11, 1.25) if beside else (24, 0.06)
        arrow |= {"shrinkA": shrink, "shrinkB": shrink, "connectionstyle": f"arc3,rad={bend}"}
        axis.annotate("", places[name], places[need], arrowprops=arrow)
    for name, place in places.items():
        box = {"boxstyle": "round,pad=0.35", "facecolor": "#EAF3FA", "edgecolor": COLOURS["blue"]}
        axis.text(*place, name, ha="center", va="center", fontsize=9, bbox=box)
    axis.set(xlim=(-0.45, len(waves) - 0.55), ylim=(-0.6, tallest - 0.2))
    axis.set_yticks([])
    axis.grid(False)
    for spine in axis.spines.values():
        spine.set_visible(False)


def draw_blast(blast: Mapping[str, set[str]], stateful: set[str]) -> None:
    """Experiment 2: how many parts each part takes with it when it is replaced, and how many of these hold data.

    `blast` gives the parts that are replaced with each part, itself included.
    """
    order = sorted(blast, key=lambda name: (len(blast[name]), name))
    with_data = {name: len(blast[name] & stateful) for name in order}
    worst = order[-1]
    title = f"Replacing {worst} replaces {len(blast[worst])} parts; {sum(map(bool, with_data.values()))} of "
    title += f"{len(order)} replacements lose data"
    alt = "Horizontal bars of how many parts are replaced with each part: "
    alt += "; ".join(f"{name} {len(blast[name])}, {with_data[name]} with data" for name in reversed(order)) + "."
    with figure(title, alt, size=(8, 3.8)) as axis:
        rows = np.arange(len(order))
        data = np.array([with_data[name] for name in order])
        every = np.array([len(blast[name]) for name in order])
        axis.barh(rows, data, color=COLOURS["vermillion"], label="parts that hold data")
        axis.barh(rows, every - data, left=data, color=COLOURS["sky"], label="other parts")
        axis.set_yticks(rows, order)
        axis.set(xlabel="parts that are replaced", ylabel="part whose fixed property changes")
        axis.xaxis.get_major_locator().set_params(integer=True)
        axis.legend(loc="lower right")


def draw_drift(alarms: pd.DataFrame) -> None:
    """Experiment 3: alarms of each detector. `alarms` has a row a detector with `true`, `false` and `edits`."""
    first, last, edits = alarms.iloc[0], alarms.iloc[-1], int(alarms["edits"].iloc[0])
    title = f"{first['true'] + first['false']:.0f} alarms become {last['true'] + last['false']:.0f}, "
    title += f"and {edits - last['true']:.0f} of {edits} edits stay unseen"
    alt = "Stacked bars of alarms for each detector: "
    alt += (
        "; ".join(f"{name}: {row['true']:.0f} true, {row['false']:.0f} false" for name, row in alarms.iterrows()) + "."
    )
    with figure(title, alt, size=(7.6, 3)) as axis:
        rows = np.arange(len(alarms))[::-1]
        axis.barh(rows, alarms["true"], color=COLOURS["vermillion"], label="an edit by hand")
        axis.barh(rows, alarms["false"], left=alarms["true"], color=COLOURS["sky"], label="false alarm")
        axis.axvline(edits, color="black", linestyle="--", marker="", linewidth=1, label=f"{edits} edits were made")
        axis.set_yticks(rows, [str(name) for name in alarms.index])
        axis.set(xlabel="alarms", ylabel="what is compared")
        axis.legend(loc="lower right")


def draw_pages(pages: pd.DataFrame, patience_ms: float) -> None:
    """The ethics thread: time of a page by region, `reads` and `way`. `pages` has `region`, `reads`, `way`, `ms`."""
    one_by_one = pages[pages["way"] == "one by one"]
    most = int(one_by_one["reads"].max())
    far = one_by_one.loc[one_by_one["ms"].idxmax()]
    together = pages[(pages["way"] == "in one call") & (pages["region"] == far["region"])]["ms"].iloc[0]
    title = f"{most} reads one by one from {far['region']}: {far['ms']:,.0f} ms; in one call: {together:,.0f} ms"
    alt = "Lines of page time against the number of reads, one for each region, rising with its distance: "
    alt += "; ".join(f"{row.region} {row.ms:,.0f} ms" for row in one_by_one[one_by_one["reads"] == most].itertuples())
    alt += f" at {most} reads. Hollow points, all reads in one call, stay near one round trip."
    with figure(title, alt, size=(7.6, 3.8)) as axis:
        for region, rows in one_by_one.groupby("region", sort=False):
            (line,) = axis.plot(rows["reads"], rows["ms"], label=str(region))
            call = pages[(pages["way"] == "in one call") & (pages["region"] == region)]
            look = {"linestyle": "", "marker": "o", "markerfacecolor": "white", "color": line.get_color()}
            axis.plot(call["reads"], call["ms"], **look)
        axis.axhline(patience_ms, color="black", linestyle="--", marker="", linewidth=1, label=f"{patience_ms:.0f} ms")
        axis.set(xlabel="reads of one page (hollow: in one call)", ylabel="time of the page (ms)", ylim=(0, None))
        axis.legend(title="where the data is")


def draw_loss(rows: pd.DataFrame) -> None:
    """Where it breaks: rows that readers find. `rows` has `step` and `found`; the first is before the change."""
    start, low, end = rows["found"].iloc[0], rows["found"].min(), rows["found"].iloc[-1]
    title = f"A new name in the template: {start:,} households, then {low:,}, then {end:,}: {start - end:,} are lost"
    alt = (
        "Bars of the rows that readers find: "
        + "; ".join(f"{row.step} {row.found:,}" for row in rows.itertuples())
        + "."
    )
    with figure(title, alt, size=(7.2, 3)) as axis:
        colours = [COLOURS["vermillion"] if found == low else COLOURS["blue"] for found in rows["found"]]
        axis.bar(rows["step"], rows["found"], color=colours, width=0.6)
        for place, found in enumerate(rows["found"]):
            axis.annotate(f"{found:,}", (place, found), (0, 3), textcoords="offset points", ha="center")
        axis.set(xlabel="step of the incident", ylabel="rows that readers find")
        axis.margins(y=0.15)
