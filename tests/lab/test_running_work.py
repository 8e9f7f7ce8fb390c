"""The model of running work: what drives it, what absorbs it, and where it tips."""

from dataclasses import replace

import pytest

from curriculum import lab
from curriculum.lab.running_work import KINDS, Kind, World, break_even, project, tipping, yearly_factor

STILL = World(models=1, requests=1, rules=1, absorbed=0, elasticity=0)
SERVING = Kind("serving", 10, models=0.5, requests=0.25, rules=0)


def test_nothing_changes_in_a_world_that_stands_still():
    assert project(KINDS, STILL, 3).nunique().eq(1).all()


def test_each_driver_counts_with_its_power():
    assert yearly_factor(SERVING, replace(STILL, models=4)) == pytest.approx(2)
    assert yearly_factor(SERVING, replace(STILL, requests=16)) == pytest.approx(2)
    assert yearly_factor(SERVING, replace(STILL, rules=16)) == pytest.approx(1)


def test_what_is_absorbed_is_gone_when_cheapness_invites_nothing():
    assert yearly_factor(SERVING, replace(STILL, absorbed=0.25)) == pytest.approx(0.75)


def test_the_tellers_two_numbers_give_their_result():
    tellers = Kind("tellers", 20, models=1, requests=0, rules=0)
    assert yearly_factor(tellers, replace(STILL, absorbed=0.35, elasticity=0.83)) == pytest.approx(0.93, abs=0.005)
    assert yearly_factor(tellers, replace(STILL, absorbed=0.35, elasticity=1)) == pytest.approx(1)
    assert yearly_factor(tellers, replace(STILL, absorbed=0.35, elasticity=1.5)) > 1


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_at_the_break_even_the_work_stands_still_and_above_it_shrinks(kind):
    share = break_even(kind, World())
    assert share is not None
    assert yearly_factor(kind, replace(World(), absorbed=share)) == pytest.approx(1)
    assert yearly_factor(kind, replace(World(), absorbed=share + 0.01)) < 1


def test_no_share_is_enough_where_cheapness_invites_all_that_it_saves():
    assert break_even(SERVING, replace(World(), elasticity=2)) is None


def test_work_that_shrinks_by_itself_tips_at_nothing():
    assert break_even(SERVING, replace(STILL, models=0.5)) == 0


def test_tipping_is_missing_where_there_is_no_share():
    table = tipping([SERVING], World(), [0, 2])
    assert table["serving"].isna().tolist() == [False, True]


@pytest.mark.parametrize(
    "world", [replace(World(), absorbed=1), replace(World(), absorbed=-0.1), replace(World(), models=0)]
)
def test_a_world_that_cannot_be_is_refused(world):
    with pytest.raises(lab.LabError):
        yearly_factor(SERVING, world)
