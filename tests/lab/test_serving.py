"""The pictures of y1-serving state the numbers they were given, in the title and in the alternative text."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from curriculum.lab import plots, serving
from curriculum.lab.load import Load


@pytest.fixture
def drawn(monkeypatch):
    """The titles and alternative texts of what is drawn."""
    mpl.use("agg")
    said = []

    def keep(figure, alt):
        suptitle = figure.get_suptitle()
        said.append((suptitle or figure.axes[0].get_title(loc="left"), alt, figure.axes))
        return ""

    monkeypatch.setattr(plots, "_image", keep)
    monkeypatch.setattr(plots, "show", lambda plain, markup: None)
    yield said
    plt.close("all")


def load(latencies_ms, every_s=0.01, status=200):
    due = np.arange(len(latencies_ms)) * every_s
    latency = np.array(latencies_ms, float)
    columns = {"intended_s": due, "sent_s": due, "done_s": due + latency / 1e3, "latency_ms": latency}
    return Load(pd.DataFrame(columns | {"service_ms": latency, "status": status, "error": ""}))


def only(drawn):
    assert len(drawn) == 1
    title, alt, axes = drawn[0]
    assert all(axis.get_xlabel() and axis.get_ylabel() for axis in axes[-1:])
    return " ".join(title.split()), alt


def test_call_times_are_per_call_in_microseconds():
    calls = []
    taken = serving.call_times_us(lambda: calls.append(1), 7)
    assert len(taken) == len(calls) == 7
    assert (taken > 0).all()


def test_call_times(drawn):
    serving.draw_call_times(np.full(10, 9000.0), np.full(20, 30.0))
    title, alt = only(drawn)
    assert "9,000 µs in scikit-learn" in title and "30 µs in ONNX" in title
    assert "30" in alt


def test_gaps_count_households_over_the_tolerance(drawn):
    exports = {"bad": pd.DataFrame({"gap": [0.1, 0.01, 0.0]}), "good": pd.DataFrame({"gap": [0.0, 0.0, 1e-9]})}
    serving.draw_gaps(exports, 1e-5)
    title, alt = only(drawn)
    assert title.startswith("2 of 3 households")
    assert "2 in “bad”; 0 in “good”" in alt


@pytest.mark.parametrize(
    ("statuses", "says"), [([503, 503, 200], "ready 1.0 s later: 2 "), ([200] * 3, "0.0 s later: 0 ")]
)
def test_start_counts_failed_households_only(drawn, statuses, says):
    moments = [0.0, 1.0, 2.0]
    frames = [pd.DataFrame({"kind": "rank", "sent_s": moments, "status": statuses})]
    frames.append(pd.DataFrame({"kind": "ready", "sent_s": moments, "status": statuses}))
    frames.append(pd.DataFrame({"kind": "live", "sent_s": moments, "status": 200}))
    serving.draw_start(pd.concat(frames))
    assert says in only(drawn)[0]


def test_two_loops_report_both_percentiles(drawn):
    serving.draw_two_loops(load([5] * 100), load([400] * 100))
    title, alt = only(drawn)
    assert "p99 of 5 ms closed, 400 ms open" in title
    assert "5 ms, the open 400 ms" in alt


def test_batching_compares_at_the_most_users(drawn):
    runs = {("/one-by-one", 1): load([10] * 5), ("/one-by-one", 4): load([10] * 11)}
    runs |= {("/in-batches", 1): load([10] * 5), ("/in-batches", 4): load([10] * 51)}
    serving.draw_batching(runs)
    title, _ = only(drawn)
    assert title == f"Answers a second to 4 users: {11 / 0.11:.0f} one by one, {51 / 0.51:.0f} in batches"


def test_streams_name_the_first_token_alone_and_in_the_crowd(drawn):
    chats = {1: pd.DataFrame({"ttft_ms": [90.0]}), 2: pd.DataFrame({"ttft_ms": [100.0, 1500.0]})}
    streams = pd.DataFrame({"tokens a second, all": [50, 55], "tokens a second, each": [50, 27]}, index=[1, 2])
    serving.draw_streams(chats, streams)
    assert only(drawn)[0] == "First token after 90 ms alone, after up to 1,500 ms among 2"


def test_unique_reads_the_last_field(drawn):
    serving.draw_unique(pd.DataFrame({"exact": [0.1, 0.6], "in bands": [0.0, 0.2]}, index=["age", "hours_per_week"]))
    title, _ = only(drawn)
    assert title == "2 fields single people out: 60% exact, 20% in bands"
    assert [tick.get_text() for tick in drawn[0][2][0].get_xticklabels()] == ["age", "+ hours per week"]


def test_coverage_states_who_is_handed_over(drawn):
    rows = {"sex": ["Female"] * 40 + ["Male"] * 40, "doubt": list(np.linspace(0, 0.5, 40)) * 2}
    tested = pd.DataFrame(
        rows | {"wrong": [False] * 60 + [True] * 20, "abstains": [False] * 40 + [True] * 20 + [False] * 20}
    )
    serving.draw_coverage(tested)
    assert only(drawn)[0] == "One band hands 0% of women and 50% of men to a caseworker"


def test_incident_states_goodput_while_it_lasts(drawn):
    accepting, shedding = load([2000] * 200).frame, load([50] * 200).frame
    flood = pd.concat([accepting.assign(server="accepts everything"), shedding.assign(server="sheds beyond 5")])
    flood["good"] = flood["latency_ms"] <= 500
    serving.draw_incident(flood, 0.5, 1.5, 500)
    assert only(drawn)[0].endswith("0% where it accepts everything, 100% where it sheds beyond 5")
