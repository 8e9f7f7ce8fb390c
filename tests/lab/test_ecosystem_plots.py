"""The pictures of s3-ecosystem state the numbers they were given, in title and alternative text."""

from datetime import date

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from curriculum.lab import ecosystem_plots, plots, radar


@pytest.fixture
def drawn(monkeypatch):
    """Title, alternative text and figure of what is drawn."""
    mpl.use("agg")
    said = []

    def keep(figure, alt):
        said.append((" ".join(figure.axes[0].get_title(loc="left").split()), alt, figure))
        return ""

    monkeypatch.setattr(plots, "_image", keep)
    monkeypatch.setattr(plots, "show", lambda plain, markup: None)
    yield said
    plt.close("all")


def test_distances(drawn):
    near = pd.Series({"queue": 0.1, "policy": 0.2, "metrics": np.nan})
    far = pd.Series({"queue": 0.9, "policy": 1.0, "metrics": np.nan})
    ecosystem_plots.draw_distances({"A to B": near, "A to C": far})
    title, alt, _ = drawn[0]
    assert title == "A to B: 2 of 3 translate. A to C: 0" and "A to B 2, A to C 0" in alt


def test_cost(drawn):
    ecosystem_plots.draw_cost(rate=100, wrong_rate=6000, euros_hour=0.36, budget=0.0005)
    title, alt, _ = drawn[0]
    assert "0.00002 and not 0.0010" in title and "as measured, over the budget" in alt and "misread, within it" in alt


def test_styles(drawn):
    ecosystem_plots.draw_styles(pd.DataFrame({"slow": [1.0, 20.0], "fast": [0.1, 0.2]}, index=[1, 50]), budget_ms=5)
    title, alt, _ = drawn[0]
    assert (
        title == "At 50 offices 1 of 2 ways stay within 5 ms"
        and "With 1: slow 1 ms" in alt
        and "With 50: slow 20 ms" in alt
    )


def test_radar(drawn):
    shown = radar.shipped()
    ecosystem_plots.draw_radar(shown, ["FOCUS 1.2"], date(2026, 11, 24))
    title, alt, figure = drawn[0]
    assert title.startswith(f"1 of {len(shown)} entries") and "FOCUS 1.2" in alt
    assert len(figure.axes[0].get_yticks()) == len(shown)


def test_leaving(drawn):
    costs = pd.DataFrame({"managed": [0, 50, 100], "portable": [40, 45, 50]}, index=[0, 50, 100]).astype(float)
    ecosystem_plots.draw_leaving(costs, crossing=44.4)
    title, alt, _ = drawn[0]
    assert "44%" in title and "at 0% managed" in alt and "at 100% portable" in alt


def test_towns(drawn):
    towns = pd.DataFrame({"alone": [360.0, 6.0], "shared": [30.0, 0.5]}, index=[5_000, 300_000])
    ecosystem_plots.draw_towns(towns)
    title, alt, _ = drawn[0]
    assert title == "Leaving costs a town of 5,000 360 months of its bill, a city of 300,000 6" and "30.0" in alt


def test_outage(drawn):
    rows = {"closed": [0, 0, 60, 0], "open": [60, 0, 0, 13]}
    runs = pd.DataFrame.from_dict(rows, orient="index", columns=["ranked", "refused", "unanswered", "ranked abroad"])
    ecosystem_plots.draw_outage(runs)
    title, alt, _ = drawn[0]
    assert title.startswith("“open”: 13 ranked") and "closed: 0 abroad, 60 unanswered" in alt
