"""The pictures of f1-infrastructure-as-code state the numbers they were given, in title and alternative text."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import pandas as pd
import pytest
from matplotlib.text import Annotation

from curriculum.lab import plots, zone_plots

GRAPH = {"key": set(), "net": set(), "table": {"key"}, "role": {"table"}}
WAVES = [["key", "net"], ["table"], ["role"]]


@pytest.fixture
def drawn(monkeypatch):
    """The titles and alternative texts of what is drawn."""
    mpl.use("agg")
    said = []

    def keep(figure, alt):
        said.append((" ".join((figure.get_suptitle() or figure.axes[0].get_title(loc="left")).split()), alt, figure))
        return ""

    monkeypatch.setattr(plots, "_image", keep)
    monkeypatch.setattr(plots, "show", lambda plain, markup: None)
    yield said
    plt.close("all")


def arrows(axis):
    return [text for text in axis.texts if isinstance(text, Annotation)]


def test_waves(drawn):
    zone_plots.draw_waves(WAVES, GRAPH)
    title, alt, figure = drawn[0]
    assert title.startswith("4 parts in 3 waves")
    assert "wave 1: key, net" in alt and "wave 3: role" in alt
    assert len(arrows(figure.axes[0])) == 2
    assert all(arrow.xy[0] > arrow.xyann[0] for arrow in arrows(figure.axes[0]))  # towards what is made later


def test_designs_name_what_each_lacks(drawn):
    careless = GRAPH | {"table": set()}
    missing = {"Bicep": set(), "Terraform": {("key", "table")}}
    zone_plots.draw_designs({"Bicep": GRAPH, "Terraform": careless}, WAVES, missing)
    title, alt, figure = drawn[0]
    assert "1 edges that not all of them have" in title
    assert "Bicep: 2 edges." in alt and "Terraform: 1 edges, without key to table." in alt
    assert all(len(arrows(axis)) == 2 for axis in figure.axes)


def test_blast_counts_what_loses_data(drawn):
    zone_plots.draw_blast({"net": {"net", "sub", "vm"}, "store": {"store"}, "vm": {"vm"}}, {"store"})
    title, alt, _ = drawn[0]
    assert title == "Replacing net replaces 3 parts; 1 of 3 replacements lose data"
    assert "net 3, 0 with data" in alt and "store 1, 1 with data" in alt


def test_drift_tells_what_stays_unseen(drawn):
    alarms = pd.DataFrame({"true": [5, 4], "false": [25, 0], "edits": [6, 6]}, index=["everything", "declared"])
    zone_plots.draw_drift(alarms)
    title, alt, _ = drawn[0]
    assert title == "30 alarms become 4, and 2 of 6 edits stay unseen"
    assert "everything: 5 true, 25 false" in alt


def test_pages_compare_the_farthest_region(drawn):
    rows = [["here", 1, "one by one", 5.0], ["here", 12, "one by one", 60.0], ["here", 12, "in one call", 6.0]]
    rows += [["far", 1, "one by one", 95.0], ["far", 12, "one by one", 1140.0], ["far", 12, "in one call", 100.0]]
    zone_plots.draw_pages(pd.DataFrame(rows, columns=["region", "reads", "way", "ms"]), 500)
    title, alt, _ = drawn[0]
    assert title == "12 reads one by one from far: 1,140 ms; in one call: 100 ms"
    assert "here 60 ms" in alt


def test_loss_states_what_does_not_come_back(drawn):
    zone_plots.draw_loss(pd.DataFrame({"step": ["before", "after", "recovered"], "found": [437, 0, 400]}))
    title, alt, _ = drawn[0]
    assert "437 households, then 0, then 400: 37 are lost" in title
    assert "recovered 400" in alt
