"""The synthetic grids: checked against published averages, and against what a marginal and an average must be."""

import numpy as np
import pandas as pd
import pytest

from curriculum.lab import grid
from curriculum.lab.errors import LabError


@pytest.mark.parametrize("region", grid.REGIONS)
def test_the_yearly_average_is_within_a_fifth_of_the_published_one(region):
    made = grid.grid(region).dispatch()
    grams = sum(made[fuel].sum() * factor for fuel, factor in grid.factors().items())
    assert grams / made.to_numpy().sum() == pytest.approx(grid.published()[region], rel=0.2)


@pytest.mark.parametrize("region", grid.REGIONS)
def test_what_runs_is_what_is_wanted(region):
    one = grid.grid(region, days=30)
    assert one.dispatch(0.2).sum(axis=1).to_numpy() == pytest.approx(one.demand + 0.2)


def test_the_marginal_is_the_difference_of_two_runs():
    one, step = grid.grid("central", days=60), 0.01
    before, after = one.dispatch(), one.dispatch(step)
    by_hand = ((after - before) * [grid.factors()[fuel] for fuel in before]).sum(axis=1) / step
    assert one.marginal() == pytest.approx(by_hand.to_numpy())
    assert one.extra().sum(axis=1).to_numpy() == pytest.approx(np.ones(60 * 24))  # one kWh comes from somewhere
    assert {490, 820} <= set(one.marginal().round().astype(int))


def test_a_thrown_away_sun_costs_nothing():
    flat = np.ones(24)
    sunny = grid.Grid("x", 2 * flat, {"solar": 3 * flat}, (("coal", 5),))
    assert sunny.marginal() == pytest.approx(48 * flat)
    assert grid.Grid("x", 4 * flat, {"solar": 3 * flat}, (("coal", 5),)).marginal() == pytest.approx(820 * flat)


def test_gas_before_coal_changes_the_order_and_not_the_sizes():
    one = grid.grid("central", days=5)
    other = one.gas_before_coal()
    assert dict(other.stations) == dict(one.stations)
    order = [fuel for fuel, _ in other.stations]
    assert order.index("gas") < order.index("coal")


def test_unknown_regions_and_blackouts_are_said():
    with pytest.raises(LabError, match="no grid 'mars'"):
        grid.grid("mars")
    with pytest.raises(LabError, match="cannot meet"):
        grid.grid("east", days=2).dispatch(1000)


def test_energy_and_embodied_carbon_by_hand():
    use = {"idle_watts": 1.0, "busy_watts": 3.0, "pue": 1.5}
    assert grid.energy_kwh(1000, 0.5, use) == pytest.approx(3.0)  # 2 W × 1,000 h = 2 kWh, half more for the building
    use = {"server_kg": 1000, "server_years": 4, "server_vcpus": 1}
    assert grid.embodied_g(1, use) == pytest.approx(28.5, abs=0.1)  # the example in the SCI specification


def test_draws_stay_in_their_range_and_centre_on_it():
    sampled = grid.draws(4000)
    low, central, high = (grid.factors(which) | grid.power_figures(which) for which in ("low", "central", "high"))
    for name in low:
        assert sampled[name].between(low[name], high[name]).all(), name
        if low[name] < central[name] < high[name]:
            assert (sampled[name] < central[name]).mean() == pytest.approx(0.5, abs=0.05), name
    assert grid.draws(5).equals(grid.draws(5))


def test_best_start_is_the_first_of_the_cheapest_windows():
    signal = [9, 1, 1, 9, 1, 1, 9]
    assert grid.best_start(signal, 2) == 1
    assert grid.best_start(signal, 2, first=2) == 4
    assert grid.best_start(signal, 2, first=0, end=2) == 0


def test_noise_in_the_last_digits_does_not_choose_a_start():
    noisy = np.array([820.0, 490 + 4e-10, 490 + 8e-10, 490, 820])
    assert grid.best_start(noisy, 1) == 1


def test_what_a_schedule_causes_is_the_mean_of_the_hours_in_which_it_runs():
    one, central = grid.grid("central", days=10), pd.DataFrame([grid.factors()])
    marginal = one.marginal()
    expected = np.mean([marginal[start : start + 3].mean() for start in (18, 42, 100)])
    assert grid.caused(one.extra(), [18, 42, 100], 3, central) == pytest.approx([expected])


def test_every_row_of_the_cited_tables_has_source_and_date():
    for name in ("emission_factors.csv", "grid_intensity.csv", "power_figures.csv"):
        for row in grid._rows(name):
            assert row["source"] and row["checked"] == "2026-11-24", row
            if "low" in row:
                assert float(row["low"]) <= float(row["central"]) <= float(row["high"]), row
