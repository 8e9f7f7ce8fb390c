"""Priorities: the three factors on a graph that can be checked by hand, weights, and their sensitivity."""

import pytest

from curriculum import lab
from curriculum.course import Course
from curriculum.lab import planning
from curriculum.lab.planning import Weights
from curriculum.lab.self_assessment import Assessment, Rating, sample
from curriculum.syllabus import Syllabus

GRAPH = {"a": (), "b": ("a",), "c": ("b",), "d": ()}


def unit(name, hours, skills, prerequisites=()):
    return {
        "id": name,
        "milestone": "m",
        "title": f"Unit {name}",
        "summary": f"About {name}",
        "hours": {"lesson": hours / 2, "assignment": hours / 2},
        "skills": skills,
        "prerequisites": list(prerequisites),
        "covers": {"C1": {}},
    }


@pytest.fixture
def syllabus():
    """Four units of 2, 4, 4 and 2 hours: c after b after a, and d alone."""
    return Syllabus.model_validate(
        {
            "skills": {
                "first": "First skill",
                "second": "Second skill",
                "third": "Third skill",
                "alone": "Alone skill",
            },
            "milestones": [
                {"id": "m", "title": "Milestone", "folder": "m", "goal": "A goal", "capability": "A capability"}
            ],
            "units": [
                unit("u-a", 2, ["first"]),
                unit("u-b", 4, ["second"], ["u-a"]),
                unit("u-c", 4, ["third", "first"], ["u-b"]),
                unit("u-d", 2, ["alone"]),
            ],
        }
    )


def test_nodes_come_after_all_that_they_need():
    order = planning.in_order(GRAPH)
    assert order.index("a") < order.index("b") < order.index("c")


def test_near_and_far_neighbours_are_found():
    assert planning.before(GRAPH, "c") == {"a", "b"}
    assert planning.after(GRAPH, "a") == {"b", "c"}
    assert planning.before(GRAPH, "d") == planning.after(GRAPH, "d") == set()


def test_a_circle_is_named():
    with pytest.raises(lab.LabError, match="→") as caught:
        planning.in_order({"a": ("c",), "b": ("a",), "c": ("b",), "d": ()})
    assert all(name in str(caught.value) for name in "abc")
    assert "d" not in str(caught.value).split(":")[1]


def test_the_factors_are_what_a_hand_calculates(syllabus):
    mine = Assessment({"first": Rating(2, "seen"), "second": Rating(1)})
    table = planning.factors(syllabus, mine)
    assert table.loc["first", planning.FACTORS].tolist() == pytest.approx([1 / 3, 10 / 12, 1])
    assert table.loc["second", planning.FACTORS].tolist() == pytest.approx([2 / 3, 8 / 12, 0.1 + 0.9 * 2 / 3])
    assert table.loc["third", planning.FACTORS].tolist() == pytest.approx([1, 4 / 12, 0.1 + 0.9 * (2 / 3 + 1 / 3) / 2])
    assert table.loc["alone", planning.FACTORS].tolist() == pytest.approx([1, 2 / 12, 1])
    assert table["unit"].tolist() == ["u-a", "u-b", "u-c", "u-d"]


def test_what_is_held_comes_last_however_much_builds_on_it(syllabus):
    ranked = planning.rank(planning.factors(syllabus, Assessment({"first": Rating(3, "seen")})))
    assert ranked.index[-1] == "first"
    assert ranked.loc["first", "score"] == 0


def test_a_level_above_the_target_is_no_negative_gap(syllabus):
    table = planning.factors(syllabus, Assessment({"first": Rating(4, "seen")}))
    assert table.loc["first", "gap"] == 0
    assert table.loc["second", "readiness"] == 1


def test_the_weights_change_the_order(syllabus):
    table = planning.factors(syllabus, Assessment({}))
    assert planning.rank(table, Weights(1, 0, 0)).loc["third", "score"] == 1
    assert planning.rank(table, Weights(0, 1, 0)).index[0] == "first"
    assert planning.rank(table, Weights(0, 0, 1)).loc["third", "score"] == pytest.approx(planning.LEAST_READY)


def test_a_beginner_is_told_more_than_the_order_of_the_syllabus(syllabus):
    ranked = planning.rank(planning.factors(syllabus, Assessment({})))
    assert ranked.index.tolist() == ["first", "alone", "second", "third"]
    assert ranked["score"].gt(0).all()


def test_only_the_ratio_of_weights_counts(syllabus):
    table = planning.factors(syllabus, Assessment({"first": Rating(1)}))
    assert planning.rank(table, Weights(2, 4, 6)).equals(planning.rank(table, Weights(1, 2, 3)))


@pytest.mark.parametrize("weights", [Weights(0, 0, 0), Weights(-1, 1, 1), Weights(float("nan"), 1, 1)])
def test_weights_that_are_none_are_refused(syllabus, weights):
    with pytest.raises(lab.LabError):
        planning.rank(planning.factors(syllabus, Assessment({})), weights)


@pytest.mark.parametrize("target", [0, 5])
def test_a_target_that_is_no_level_is_refused(syllabus, target):
    with pytest.raises(lab.LabError):
        planning.factors(syllabus, Assessment({}), target)


def test_sampled_ranks_are_rankings_and_the_same_for_the_same_seed():
    table = planning.factors(Course().syllabus, sample())
    ranks = planning.sampled_ranks(table, 50, seed=3)
    assert all(sorted(row) == list(range(1, len(table) + 1)) for row in ranks.to_numpy())
    assert ranks.equals(planning.sampled_ranks(table, 50, seed=3))
    assert not ranks.equals(planning.sampled_ranks(table, 50, seed=4))


def test_a_skill_that_is_best_in_every_factor_is_first_under_every_weighting(syllabus):
    ranks = planning.sampled_ranks(planning.factors(syllabus, Assessment({})), 200)
    assert (ranks["first"] == 1).all()


def test_the_reason_is_a_sentence_with_the_numbers(syllabus):
    ranked = planning.rank(planning.factors(syllabus, Assessment({"first": Rating(1)})))
    assert planning.why(ranked.loc["first"]).startswith("2 of 3 levels missing, 83% of the course's hours")
