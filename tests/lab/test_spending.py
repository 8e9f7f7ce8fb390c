"""Commitments and the runaway job, and the pictures of f4-cost-and-carbon."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from curriculum.lab import costplots, plots, spending
from curriculum.lab.errors import LabError


@pytest.fixture
def drawn(monkeypatch):
    """Title and alternative text of the one picture that is drawn."""
    mpl.use("agg")
    said = []

    def keep(figure, alt):
        title = figure.get_suptitle() or figure.axes[0].get_title(loc="left")
        assert all(axis.get_xlabel() and axis.get_ylabel() for axis in figure.axes)
        said.append((" ".join(title.split()), alt))
        return ""

    monkeypatch.setattr(plots, "_image", keep)
    monkeypatch.setattr(plots, "show", lambda plain, markup: None)
    yield said
    plt.close("all")


def test_a_commitment_is_paid_whether_used_or_not():
    wanted = np.array([0, 2, 4])
    assert spending.commitment_cost(wanted, 0, 1.0, 0.6) == pytest.approx(6.0)
    assert spending.commitment_cost(wanted, 2, 1.0, 0.6) == pytest.approx(3 * 2 * 0.6 + 2)
    assert spending.commitment_cost(wanted, 9, 1.0, 0.6) == pytest.approx(3 * 9 * 0.6)
    with pytest.raises(LabError, match="negative"):
        spending.commitment_cost(wanted, -1, 1.0, 0.6)


def test_nobody_stops_a_runaway_before_the_quota_does():
    run = spending.runaway(hours=10, quota=100)
    assert run["workers"].max() == 100
    assert run["spent"].is_monotonic_increasing
    assert run["visible"].iloc[-1] == 0  # twelve hours late


def test_stopping_on_late_data_is_late_by_the_lag():
    late, early = (spending.runaway(stop_above=300, lag_h=lag)["spent"].iloc[-1] for lag in (12, 1))
    assert late > 5 * early


def test_somebody_who_looks_on_monday_stops_it_on_monday():
    run = spending.runaway(stop_above=300, looks_at=lambda hour: hour >= 62)
    assert run.loc[run["hour"] < 62, "workers"].iloc[-1] == 1000
    assert run["workers"].iloc[-1] == 0


def test_a_guardrail_bounds_the_loss_and_sees_every_step():
    asked = []

    def admit(spent, per_hour):
        asked.append((spent, per_hour))
        return spent + per_hour <= 300

    run = spending.runaway(admit=admit)
    assert 0 < run["spent"].iloc[-1] <= 300
    assert run["workers"].iloc[-1] == 0
    assert asked[0][0] == 0


def test_pictures_say_their_numbers(drawn):
    teams = pd.DataFrame({"billed": [10.0, 90.0], "effective": [40.0, 60.0]}, index=["portal", "platform"])
    costplots.draw_two_ledgers(teams)
    machines = pd.DataFrame({"p95": [0.02, 0.03, 0.6], "max": [0.03, 0.94, 0.7], "euros": [5, 6, 7]}, index=list("abc"))
    costplots.draw_idle(machines, 0.05)
    costs = pd.DataFrame({"one": [9, 7, 8], "two": [5, 6, 7], "expected": [7.0, 6.5, 7.5]}, index=[0, 1, 2])
    costplots.draw_commitments(costs * 1000, today=2, expected=1)
    regions = pd.DataFrame({"euros": [4, 3, 2, 1], "grams": [1, 2, 5, 9], "low": 0, "high": 10}, index=list("nwce"))
    costplots.draw_regions(regions)
    average, marginal = np.array([4.0] * 4 + [1.0] * 4), np.array([5.0] * 4 + [8.0] * 4)
    costplots.draw_two_signals(average, marginal, start=4, usual=0, hours=2)
    costplots.draw_measures({"sure": np.arange(1, 100), "unsure": np.arange(-50, 50)})
    runs = {name: spending.runaway(hours=3, quota=quota) for name, quota in (("open", 1000), ("capped", 4))}
    costplots.draw_runaway(runs, 300, 12)
    titles = [title for title, _ in drawn]
    assert len(titles) == 7
    assert "€30" in titles[0] and "portal" not in titles[0]
    assert titles[1] == "2 look idle by p95; 1 of them worked at 94%"
    assert "Committing to 1 instead of 2 saves €1,000" in titles[2]
    assert "(e) emits 9 times what the cleanest (n)" in titles[3]
    assert "-75% on the dashboard, +60% at the power stations" in titles[4]
    assert titles[5].startswith("1 of 2 measures")
    assert "“open”" in titles[6] and "“capped”" in titles[6]
    assert all(len(alt) > 60 for _, alt in drawn)
