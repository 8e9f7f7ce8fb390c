"""Distances are those of the globe, and no published round trip is faster than light."""

import pytest

from curriculum.lab.regions import regions


def test_the_bound_is_the_great_circle_at_the_speed_of_light_in_glass():
    # 6,540 km from Frankfurt to Ashburn, there and back at 200 km a millisecond
    assert regions().loc["N. Virginia", "least_ms"] == pytest.approx(65.4, abs=0.5)
    assert regions().loc["Frankfurt", "least_ms"] == 0


def test_no_figure_is_faster_than_light_and_each_has_a_source_and_a_date():
    table = regions()
    assert (table["rtt_ms"] >= table["least_ms"]).all()
    assert table[["rtt_source", "checked"]].notna().all().all()
    assert (table["gpu_usd_hour"].isna() == table["gpu_source"].isna()).all()
