"""Which initiative needs infrastructure work, and which question is worth asking."""

from dataclasses import replace
from itertools import product

import pytest

from curriculum.lab import initiatives
from curriculum.lab.errors import LabError
from curriculum.lab.initiatives import Book, Initiative, Signal

SIGNALS = (Signal("late", "?", 3), Signal("night", "?", 1), Signal("welcome", "?", 0))


def book(**answers) -> Book:
    return Book(SIGNALS, tuple(Initiative(name, name, told) for name, told in answers.items()))


def test_a_score_is_the_weighted_share_times_the_welcome():
    known = Initiative("a", "a", {"late": True, "night": False, "welcome": True})
    assert initiatives.score(known, {"late": 3, "night": 1}, {}) == 0.75
    assert initiatives.score(known.told("welcome", False), {"late": 3, "night": 1}, {}) == 0
    unknown = initiatives.score(
        Initiative("b", "b", {}), {"late": 3, "night": 1}, dict.fromkeys(["late", "night"], 0.5) | {"welcome": 0.5}
    )
    assert unknown == 0.25


def test_weights_that_are_no_weights_are_refused():
    for weights in ({"late": 0, "night": 0}, {"late": 3, "night": -1}):
        with pytest.raises(LabError, match="0 or more"):
            initiatives.score(Initiative("a", "a", {}), weights, dict.fromkeys(["late", "night", "welcome"], 0.5))


def test_what_no_note_says_is_as_likely_as_not():
    assert initiatives.chances(book(a={}, b={}))["late"] == 0.5
    assert initiatives.chances(book(a={"late": True}, b={"late": True}))["late"] == 0.75


def test_answers_are_as_likely_as_their_chances_say():
    notes = book(a={"late": True}, b={"late": True}, c={"night": False})
    assert initiatives.likelihood(notes, {"late": False, "night": True}) == pytest.approx(1 / 4 * 1 / 3)
    assert initiatives.likelihood(notes, {}) == 1


def test_a_question_is_worth_what_the_choice_gains():
    """By hand: a is sure at 0.25; b, 0 or 0.75 by one answer whose chance is 2/5, is chosen where it is yes."""
    notes = book(
        a={"late": False, "night": True, "welcome": True},
        b={"late": True, "night": False},
        c={"late": False, "night": False, "welcome": False},
        d={"late": False, "night": False, "welcome": False},
    )
    chance = initiatives.chances(notes)["welcome"]
    asked = initiatives.questions(notes)
    assert asked[["initiative", "signal"]].values.tolist() == [["b", "welcome"]]
    now = max(0.25, 0.75 * chance)
    assert asked.loc[0, "value"] == pytest.approx(chance * 0.75 + (1 - chance) * 0.25 - now)
    assert asked.loc[0, "flips"] == pytest.approx(1 - chance if 0.75 * chance > 0.25 else chance)


def test_an_answer_that_changes_no_choice_is_worth_nothing():
    sure = {"late": True, "night": True, "welcome": True}
    asked = initiatives.questions(book(a=sure, b={"late": False, "welcome": True}))
    assert (asked["value"] == 0).all() and (asked["flips"] == 0).all()


def test_a_conversation_is_worth_what_all_its_answers_are():
    """Checked against a sum over all answers, written out another way."""
    notes = initiatives.read()
    chance, weights = initiatives.chances(notes), notes.weights
    scores = {i.id: initiatives.score(i, weights, chance) for i in notes.initiatives}
    other = max(scores.values())
    council = next(i for i in notes.initiatives if i.id == "contest-desk")
    unknown = [s.id for s in notes.signals if s.id not in council.answers]
    gained = 0.0
    for answers in product([0, 1], repeat=len(unknown)):
        likely = 1.0
        for name, answer in zip(unknown, answers, strict=True):
            likely *= chance[name] if answer else 1 - chance[name]
        told = council.answers | {name: bool(answer) for name, answer in zip(unknown, answers, strict=True)}
        gained += likely * max(0.0, initiatives.score(replace(council, answers=told), weights, chance) - other)
    talks = initiatives.conversations(notes)
    assert talks.loc["contest-desk", "value"] == pytest.approx(gained)
    assert talks.index[0] == "contest-desk"


def test_no_conversation_is_worth_less_than_its_best_question():
    notes = initiatives.read()
    single = initiatives.questions(notes).groupby("initiative")["value"].max()
    talks = initiatives.conversations(notes)["value"]
    assert all(talks[name] >= value - 1e-9 for name, value in single.items())


def test_a_misheard_answer_shows_which_advice_hangs_on_it():
    """By hand: b is worth asking while a is low; were a sure of all, nothing about b could change the choice."""
    notes = book(a={"late": False, "night": True, "welcome": True}, b={"late": True, "night": False})
    found = initiatives.turned(notes).set_index(["initiative", "signal"])
    assert len(found) == 5
    assert found.loc[("a", "late")].tolist() == ["none", "none"]
    assert found.loc[("a", "night")].tolist() == [
        "none",
        "none",
    ]  # a is worth nothing then, and b leads whatever it says
    assert found.loc[("b", "night")].tolist() == ["b", "b"]


def test_bounds_hold_the_score():
    ranking = initiatives.rank(initiatives.read())
    assert (ranking["low"] <= ranking["score"]).all() and (ranking["score"] <= ranking["high"]).all()
    assert ranking["score"].is_monotonic_decreasing


def test_first_places_are_shares_and_follow_the_weights_that_matter():
    shares = initiatives.first_places(
        book(a={"late": True, "night": False, "welcome": True}, b={"late": False, "night": True, "welcome": True}), 4000
    )
    assert shares.sum() == pytest.approx(1)
    assert shares["a"] == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("initiatives: 3", "list"),
        ("initiatives: []", "one entry at least"),
        ("initiatives: [{id: a, title: A}, {id: a, title: B}]", "two initiatives with the id 'a'"),
        ("initiatives: [{id: a}]", "title"),
        ("initiatives: [{id: a, title: A, answers: {late: maybe}}]", "yes or no"),
        ("initiatives: [{id: a, title: A, answers: {lat: yes}}]", "lat"),
        ("initiatives: [{id: a, title: A, for: me}]", "residents"),
        ("initiatives: [", "could not be read"),
    ],
)
def test_a_file_that_is_not_one_says_what_is_wrong(tmp_path, text, says):
    path = tmp_path / "my-initiatives.yml"
    path.write_text(text)
    with pytest.raises(LabError, match=says):
        initiatives.read(path, SIGNALS)


def test_a_file_without_a_welcome_is_refused(tmp_path):
    path = tmp_path / "mine.yml"
    path.write_text("initiatives: [{id: a, title: A}]")
    with pytest.raises(LabError, match="welcome"):
        initiatives.read(path, SIGNALS[:2])
