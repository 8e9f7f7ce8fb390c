"""The pictures of s4-progress say their numbers."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest

from curriculum.lab import plots, progress_plots


@pytest.fixture
def drawn(monkeypatch):
    """Title and alternative text of each picture that is drawn."""
    mpl.use("agg")
    said = []

    def keep(figure, alt):
        title = figure.get_suptitle() or figure.axes[0].get_title(loc="left")
        said.append((" ".join(title.split()), alt))
        return ""

    monkeypatch.setattr(plots, "_image", keep)
    monkeypatch.setattr(plots, "show", lambda plain, markup: None)
    yield said
    assert not plt.get_fignums()


def test_radars_tell_how_much_area_the_order_makes(drawn):
    order = [("a", 0.2), ("b", 0.9), ("c", 0.4)]
    progress_plots.draw_radars({"one": order, "other": order[::-1]}, {"one": 0.2, "other": 0.3})
    ((title, alt),) = drawn
    assert title == "The same 3 numbers fill 20% or 30% of the radar, by the order of the axes"
    assert "one: area 20%; other: area 30%" in alt


@pytest.mark.parametrize(
    ("claims", "title"),
    [
        ({"a": 0.7, "b": 0.5}, "a: judged 50 points above the evidence"),
        ({"b": 0.1}, "b: judged 50 points below the evidence"),
        ({}, "What the evidence shows; no judgement of your own can be compared yet"),
    ],
)
def test_gaps_name_the_widest(drawn, claims, title):
    progress_plots.draw_gaps({"a": 0.2, "b": 0.6}, claims)
    assert drawn[0][0] == title
    assert "a 20%" in drawn[0][1]


def test_a_gap_where_nobody_graded_is_no_finding(drawn):
    progress_plots.draw_gaps({"a": 0.2, "b": 0.6}, {"a": 0.9, "b": 0.5}, judged=["b"])
    ((title, alt),) = drawn
    assert title == "b: judged 10 points below the evidence"
    assert "a 20% and 90%, not graded; b 60% and 50%" in alt


def test_shares_count_the_proven(drawn):
    states = {0.5: {"proven": 2}, 0.7: {"proven": 1, "partly": 1}, 1.0: {"not yet": 2}}
    progress_plots.draw_shares(states, asked=0.7)
    assert drawn[0][0] == "2 proven at 50% of the points, 1 at 70%, 0 at 100%"


def test_disclosure_and_rankings_name_the_extremes(drawn):
    progress_plots.draw_disclosure({"transcript": (19, 6000, 5), "badges": (4, 1900, 0)})
    progress_plots.draw_rankings({"clicker": (0.99, 0.4), "quiet": (0.0, 0.9)})
    assert drawn[0][0] == "One fact is asked for: “badges” shows 4, “transcript” shows 19"
    assert drawn[1][0] == "First by activity at 99%, the “clicker” has 40% by evidence"
