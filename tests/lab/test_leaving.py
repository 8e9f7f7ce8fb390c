"""Hours to leave follow from distances, and money from hours; who shares pays a share."""

import numpy as np
import pytest

from curriculum.lab import leaving
from curriculum.lab.equivalents import distance, equivalents
from curriculum.lab.errors import LabError

ALL = set(leaving.parts().index)


def test_every_part_is_a_row_of_the_table_with_an_ordered_range():
    table = leaving.parts()
    assert ALL.issubset(row.id for row in equivalents().capabilities)
    assert (table["hours_low"] < table["hours_central"]).all() and (table["hours_central"] < table["hours_high"]).all()
    assert table["source"].ne("").all() and table["dated"].ne("").all()


def test_a_part_is_where_its_design_says_as_far_as_the_platform_has_it():
    assert leaving.where("model-registry") == "aws"
    assert leaving.where("model-registry", {"model-registry"}) == "kubernetes"
    assert leaving.where("queue", ALL) == "aws"  # Kubernetes has none
    assert leaving.where("cost-export", cloud="onprem") == "kubernetes"  # nobody sends a bill for one's own machines
    assert leaving.where("queue", cloud="kubernetes") == "onprem"
    with pytest.raises(LabError, match="no parts of the system: teleport"):
        leaving.where("queue", {"teleport"})


def test_distances_are_those_of_the_table_with_a_floor():
    apart = leaving.distances()
    table = equivalents()
    expected = distance(table.cell("secrets", "aws"), table.cell("secrets", "kubernetes"))
    assert apart["secrets"] == expected
    assert leaving.distances(ALL)["secrets"] == leaving.FLOOR
    assert (apart >= leaving.FLOOR).all() and (apart <= 1).all()


def test_hours_lie_between_those_of_all_low_and_all_high():
    table, apart = leaving.parts(), leaving.distances()
    hours = leaving.exit_hours(draws=500)
    assert (hours > (apart * table["hours_low"]).sum()).all() and (hours < (apart * table["hours_high"]).sum()).all()
    assert np.array_equal(hours, leaving.exit_hours(draws=500))
    assert (leaving.exit_hours(ALL, draws=500) < hours).all()


def test_running_it_oneself_costs_the_hours_of_what_is_not_the_clouds():
    assert leaving.run_hours_month() == 0  # AWS has a service for every part
    assert leaving.run_hours_month(cloud="onprem") == leaving.parts().loc["cost-export", "run_hours_month"]
    own = leaving.parts().loc[[name for name in ALL if leaving.where(name, ALL) != "aws"], "run_hours_month"]
    assert leaving.run_hours_month(ALL) == own.sum()


def test_worth_is_the_premium_over_what_is_saved():
    policy = leaving.parts().loc["policy"]
    saved = (leaving.distances()["policy"] - leaving.FLOOR) * policy["hours_central"]
    assert leaving.worth()["policy"] == pytest.approx(12 * policy["run_hours_month"] / saved)
    assert leaving.worth().is_monotonic_increasing and "queue" not in leaving.worth()


def test_euros_are_people_and_transfer():
    assert leaving.exit_euros(np.array([10.0]), 0.1, moved_gb=100, rate=50).tolist() == [510.0]
    assert leaving.exit_euros(np.array([10.0]), 0.0, moved_gb=100, rate=50).tolist() == [500.0]


def test_break_even_is_the_premium_over_what_is_saved_and_never_without_a_saving():
    found = leaving.break_even(np.array([1000.0, 100.0]), np.array([500.0, 100.0]), 250.0)
    assert found[0] == 0.5 and np.isinf(found[1])


def test_a_town_bears_the_same_work_with_a_smaller_bill():
    table = leaving.towns(60_000, 120_000, inhabitants=300_000, sharing=12)
    assert table.loc[300_000, "alone"] == pytest.approx(6)
    assert table.loc[5_000, "alone"] == pytest.approx(360)
    assert (table["shared"] * 12 - table["alone"]).abs().max() == pytest.approx(0, abs=1e-9)
