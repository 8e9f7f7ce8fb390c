"""The pictures of f5-capstone-landing-zone state the numbers they were given, in title and alternative text."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import pandas as pd
import pytest

from curriculum.lab import landing_plots, plots


@pytest.fixture
def drawn(monkeypatch):
    """The titles and alternative texts of what is drawn."""
    mpl.use("agg")
    said = []

    def keep(figure, alt):
        said.append((" ".join((figure.get_suptitle() or figure.axes[0].get_title(loc="left")).split()), alt))
        return ""

    monkeypatch.setattr(plots, "_image", keep)
    monkeypatch.setattr(plots, "show", lambda plain, markup: None)
    yield said
    plt.close("all")


def test_orders(drawn):
    means = pd.Series([1.0, 3.0], index=["a b", "b a"])
    landing_plots.draw_orders(means, means + 9, "b a", 15)
    title, alt = drawn[0]
    assert title == "In one job the habit costs 3 times the best order; in a job each, 1.2 times"
    assert "the best is a b" in alt and "a start of 15 s" in alt


def test_streams(drawn):
    landing_plots.draw_streams({"always": [["x"], ["x", "y"]], "once": [["x"], ["x"]]})
    title, alt = drawn[0]
    assert "always 2 events, once 1 events" in title
    assert "always: 1 after the first run, 2 after the last" in alt


def test_reuse(drawn):
    landing_plots.draw_reuse(50, 43, 7, teams=3)
    title, alt = drawn[0]
    assert title.startswith("The shared zone has fewer lines from team 2 on; at 3 teams 64 against 150")
    assert "begins at 50 and grows by 7" in alt


def test_retention(drawn):
    table = pd.DataFrame({"appeals without a record": [0.4, 0.1], "person-days held": [300.0, 900.0]}, index=[30, 90])
    landing_plots.draw_retention(table)
    title, alt = drawn[0]
    assert title == "30 days lose the record of 40% of appeals, 90 days of 10%"
    assert "90 days: 10% of appeals without a record, 900 person-days held" in alt


def test_what_is_left_behind(drawn):
    landing_plots.draw_left_behind({"before": 0, "failed": 2, "undone": 0, "again": 3})
    title, alt = drawn[0]
    assert title == "A failed run leaves 2 of 3 parts, a second one hides it, the undo leaves 0"
    assert "failed: 2." in alt
