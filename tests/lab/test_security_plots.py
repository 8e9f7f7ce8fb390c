import pandas as pd
import pytest

from curriculum.lab import security_plots


@pytest.fixture
def shown(monkeypatch):
    """What would be shown: the alternative texts and pictures."""
    pictures = []
    monkeypatch.setattr("curriculum.lab.plots.show", lambda alt, picture: pictures.append(alt))
    return pictures


def test_the_clock_states_the_hours_that_are_gone(shown):
    log = pd.DataFrame(
        [("2026-11-20 16:00", "confirmed", "analyst"), ("2026-11-22 16:00", "reads", "officer")],
        columns=["at", "what", "who"],
    ).assign(at=lambda frame: pd.to_datetime(frame["at"]))
    security_plots.draw_clock(log, "confirmed")
    assert "Fri 16:00 confirmed (analyst)" in shown[0] and "deadline Mon 16:00" in shown[0]


def test_every_other_picture_says_its_numbers(shown):
    sweep = pd.DataFrame({"threshold": [3.0, 4.5, 5.0], "recall": [1, 0.8, 0.5], "findings": [900, 200, 90]})
    security_plots.draw_thresholds(sweep, default=4.5, capacity=150)
    security_plots.draw_windows(pd.DataFrame({"window": [90, 365], "missed": [5, 1], "idle": [0, 12]}), offered=90)
    options = pd.DataFrame({"open": [100, 10], "refused": [0, 3], "review": [0, 8]}, index=["all", "few"])
    security_plots.draw_options(options)
    runs = pd.DataFrame({"week": [1, 2], "open": [1, 2], "found": [1, 0], "canary": ["caught", "missed"]})
    security_plots.draw_blind_gate(runs)
    security_plots.draw_coverage({"a door is opened": ["ports"], "a record is read": []})
    expected = [
        "at 3.00: 100%",
        "90 days: 5 missed",
        "few: 10 open pairs, 3 refused",
        "week 2: 2 in the plans",
        "a record is read: 0",
    ]
    for words, alt in zip(expected, shown, strict=True):
        assert words in alt
