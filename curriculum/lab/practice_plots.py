"""The pictures of s2-professional-practice: each says its finding, with its numbers, in title and alternative text."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from curriculum.lab.initiatives import Book
from curriculum.lab.plots import COLOURS, figure


def draw_ranking(ranking: pd.DataFrame) -> None:
    """Experiment 1: the score of each initiative, and how far its open questions could move it."""
    shown = ranking.iloc[::-1]
    lead = ranking.iloc[0]
    rivals = [name for name in ranking.index[1:] if ranking.loc[name, "high"] > lead["low"]]
    title = f"{ranking.index[0]} leads, and {len(rivals)} others could still overtake it"
    alt = "Score from 0 to 1 of each initiative as a dot, with a line to what its open questions could make of it: "
    alt += "; ".join(f"{n} {r['score']:.2f} ({r['low']:.2f} to {r['high']:.2f})" for n, r in ranking.iterrows()) + "."
    with figure(title, alt, size=(7.2, 3.4)) as axis:
        places = np.arange(len(shown))
        axis.hlines(places, shown["low"], shown["high"], color=COLOURS["sky"], linewidth=5)
        axis.scatter(shown["score"], places, color=COLOURS["black"], s=42, zorder=3)
        axis.set_yticks(places, list(shown.index))
        axis.set(xlabel="score (0 to 1); line: if all unknown fell that way", ylabel="initiative", xlim=(-0.02, 1))


def draw_questions(asked: pd.DataFrame, talks: pd.DataFrame) -> None:
    """Experiment 1: what the best single question and a whole conversation are worth, by the note that they go to."""
    single = asked.groupby("initiative")["value"].max().reindex(talks.index, fill_value=0.0)
    shown = talks[talks["questions"] > 0].iloc[::-1]
    best = talks.index[0]
    gains = (
        f"{single[best]:.3f} for one question, {talks.loc[best, 'value']:.3f} for all {talks.loc[best, 'questions']}"
    )
    title = f"{best}: {gains}"
    alt = "Bars by note, the best single question beside the whole conversation, in score gained: "
    alt += "; ".join(f"{name} {single[name]:.3f} and {row['value']:.3f}" for name, row in talks.iterrows()) + "."
    with figure(title, alt, size=(7.2, 3.4)) as axis:
        places = np.arange(len(shown))
        axis.barh(places + 0.2, single[shown.index], 0.38, color=COLOURS["sky"], label="best single question")
        axis.barh(places - 0.2, shown["value"], 0.38, color=COLOURS["vermillion"], label="all its open questions")
        axis.set_yticks(places, [f"{name} ({row['questions']} open)" for name, row in shown.iterrows()])
        axis.set(xlabel="value: score that the answers add to your choice, on average", ylabel="note")
        axis.legend(loc="lower right")


def draw_pages(fill: pd.DataFrame, drafts: Mapping[str, int], limit: int) -> None:
    """Experiment 2: pages printed against words, with the limit and where the drafts stand."""
    last = int(fill.loc[fill["pages"] == 1, "words"].max())
    title = f"The browser begins a second page after {last} words; the check stops at {limit}"
    second = int(fill.loc[fill["pages"] == 2, "words"].min())
    alt = f"Steps of pages against words: one page up to {last} words, two from {second}. "
    alt += f"A line at {limit}. " + ", ".join(f"{name}: {count} words" for name, count in drafts.items()) + "."
    with figure(title, alt, size=(7.2, 2.8)) as axis:
        axis.plot(fill["words"], fill["pages"], linestyle="", color=COLOURS["blue"], label="printed by chromium 156")
        axis.axvline(limit, color="black", linestyle="--", linewidth=1, label=f"limit: {limit} words")
        for (name, count), colour in zip(drafts.items(), ("vermillion", "green"), strict=True):
            axis.scatter([count], [1], marker="v", s=90, color=COLOURS[colour], label=name, zorder=3)
        axis.set(xlabel="words on the page", ylabel="A4 pages", yticks=[1, 2], ylim=(0.6, 2.4))
        axis.legend(fontsize=9, loc="upper left", ncols=2)


def draw_reviews(found: pd.DataFrame, sample: bool) -> None:
    """Experiment 3: which reader found which flaw."""
    counts = found.sum()
    free, listed = (found[name] for name in ("free", "checklist"))
    whose = "Invented reader" if sample else "You"
    alone = int((listed & ~free).sum()), int((free & ~listed).sum())
    title = f"{whose}: {alone[0]} by the list alone, {alone[1]} freely alone"
    alt = "Table of dots, a row a flaw, a column a reader. " + "; ".join(
        f"{n}: {c} of {len(found)}" for n, c in counts.items()
    )
    alt += f". Found by neither: {', '.join(found.index[~found.any(axis=1)]) or 'none'}."
    with figure(title, alt, size=(7.2, 4)) as axis:
        rows = np.arange(len(found))[::-1]
        for place, (name, colour) in enumerate(zip(found, ("orange", "blue", "green"), strict=False)):
            hit = found[name].to_numpy()
            axis.scatter(np.full(hit.sum(), place), rows[hit], s=90, color=COLOURS[colour])
            axis.scatter(np.full((~hit).sum(), place), rows[~hit], s=60, facecolors="none", edgecolors="0.6")
        axis.set_xticks(range(found.shape[1]), [f"{n}\n{c} of {len(found)}" for n, c in counts.items()])
        axis.set_yticks(rows, list(found.index))
        axis.set(xlabel="reader (filled: found)", ylabel="flaw", xlim=(-0.5, found.shape[1] - 0.5))


def draw_first_places(shares: Mapping[str, pd.Series], book: Book) -> None:
    """The ethics thread: how often each initiative comes first over random weightings; residents' are marked."""
    names = list(next(iter(shares.values())).index)
    speaks = {each.id: each.speaks_for for each in book.initiatives}
    last = list(shares.values())[-1]
    theirs = [name for name in names if speaks[name] == "residents"]
    before = next(iter(shares.values()))
    title = f"Residents first: {before[theirs].sum():.1%} before, {last[theirs].sum():.1%} after asking"
    alt = "Bars of the share of random weightings in which each initiative comes first. " + " ".join(
        f"{label}: " + ", ".join(f"{name} {share[name]:.1%}" for name in names) + "." for label, share in shares.items()
    )
    with figure(title, alt, size=(7.4, 3.6)) as axis:
        height = 0.8 / len(shares)
        for place, ((label, share), colour) in enumerate(zip(shares.items(), ("sky", "vermillion"), strict=False)):
            axis.barh(
                np.arange(len(names))[::-1] - place * height,
                100 * share[names],
                height,
                color=COLOURS[colour],
                label=label,
            )
        axis.set_yticks(np.arange(len(names))[::-1] - 0.2, [f"{n} (residents)" if n in theirs else n for n in names])
        axis.set(xlabel="comes first (% of random weightings)", ylabel="initiative")
        axis.legend(loc="lower right")
