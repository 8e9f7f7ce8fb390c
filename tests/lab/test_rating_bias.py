"""Claims against what was shown, for one learner and for a simulated group."""

import numpy as np
import pytest

from curriculum import lab
from curriculum.course import Course
from curriculum.lab import rating_bias
from curriculum.lab.self_assessment import Assessment, Rating

SYLLABUS = Course().syllabus


@pytest.mark.parametrize(
    ("share", "level"), [(0, 0), (0.24, 0), (0.25, 1), (0.49, 1), (0.5, 2), (0.89, 2), (0.9, 3), (1, 3)]
)
def test_points_show_a_level(share, level):
    assert rating_bias.shown_level(share) == level


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_share_that_is_none_is_refused(share):
    with pytest.raises(lab.LabError):
        rating_bias.shown_level(share)


def test_over_and_underestimation_have_their_signs():
    mine = Assessment({"model-serving": Rating(4, "x"), "load-testing": Rating(1)})
    table = rating_bias.compare(SYLLABUS, mine, {"y1-serving": 0.95})
    assert table["difference"].to_dict() == {"model-serving": 1, "load-testing": -2}


def test_the_highest_level_shown_counts():
    mine = Assessment({"infrastructure-as-code": Rating(2)})
    shares = {"f1-infrastructure-as-code": 1.0, "f5-capstone-landing-zone": 0.3}
    assert rating_bias.compare(SYLLABUS, mine, shares)["shown"].tolist() == [3]


def test_nothing_is_compared_where_nothing_was_checked():
    assert rating_bias.compare(SYLLABUS, Assessment({"privacy": Rating(2)}), {}).empty


def test_the_group_has_the_correlation_that_was_asked_for():
    truth, claim = rating_bias.group(500, 36, 0.32)
    assert np.corrcoef(truth.ravel(), claim.ravel())[0, 1] == pytest.approx(0.32, abs=0.05)
    assert truth.min() >= 0 and claim.max() <= 4


def test_optimists_miss_more_and_waste_less():
    costs = [
        rating_bias.cost_of_trust(*rating_bias.group(500, 36, 0.32, optimism), hours=3).mean()
        for optimism in (-0.5, 0.5)
    ]
    assert costs[0]["missed"] < costs[1]["missed"]
    assert costs[0]["wasted"] > costs[1]["wasted"]


def test_the_costs_are_what_a_hand_counts():
    truth, counted = np.array([[3, 0, 0, 3, 0]]), np.array([[3, 3, 3, 0, 0]])
    assert rating_bias.cost_of_trust(truth, counted, 2).loc[0].tolist() == [2, 2, 0]
    assert rating_bias.cost_of_trust(truth, counted, 2, check=0.5).loc[0].tolist() == [0, 2, 1.5]


def test_a_correlation_that_is_none_is_refused():
    with pytest.raises(lab.LabError):
        rating_bias.group(2, 2, 1.5)
