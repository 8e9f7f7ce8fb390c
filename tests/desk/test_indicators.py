"""An indicator is proven by grades alone, piece by piece, and says which piece is missing."""

import pytest

from curriculum.course import Course
from curriculum.desk.evidence import Evidence, Found, Kind
from curriculum.desk.indicators import State, award_of, indicators
from curriculum.errors import CourseError
from curriculum.syllabus import Proof, read_syllabus

PROOFS = (
    "{indicator: X1, title: Limits that hold, unit: u1-limits}, "
    "{indicator: F-X, title: Later limits, unit: u3-later, item: X3}"
)


@pytest.fixture
def syllabus(course):
    path = course.root / "curriculum" / "syllabus.yml"
    text = path.read_text(encoding="utf-8").replace("covers: {X1: {}}", "covers: {X1: {tasks: [a, b], reflection: r}}")
    text = text.replace("capability: Setting limits}", f"capability: Setting limits, proofs: [{PROOFS}]}}")
    path.write_text(text, encoding="utf-8")
    return read_syllabus(path)


def graded(**points):
    return Found(
        tuple(
            Evidence("u1-limits", Kind.GRADE, name, value, "points", None, "gradebook", 10, waits=value is False)
            for name, value in points.items()
        )
    )


def other(kind):
    return Found((Evidence("u1-limits", kind, "x", 10, "points", None, "work", 10),))


def first(syllabus, found, share=None):
    return indicators(syllabus, found, share)[0]


def test_all_pieces_prove(syllabus):
    found = first(syllabus, graded(a=7, b=10, r=8))
    assert (found.state, found.missing) == (State.PROVEN, ())
    assert found.row == ["X1: Limits that hold", "proven", "a 7 of 10, b 10 of 10, r 8 of 10", "nothing"]
    assert award_of(found).criteria.endswith("u1-limits: a, b, r.")


@pytest.mark.parametrize(
    ("points", "missing"),
    [
        ({"a": 6.9, "b": 10, "r": 10}, "a has 6.9 of 10 points, and 7 are needed."),
        ({"a": 10, "b": 10}, "r is not graded yet."),
        ({"a": 10, "b": 10, "r": False}, "r waits for a person to grade it."),
    ],
)
def test_one_piece_is_enough_to_miss_and_is_named(syllabus, points, missing):
    found = first(syllabus, graded(**points))
    assert (found.state, found.missing) == (State.PARTLY, (missing,))
    with pytest.raises(CourseError, match="X1 is not proven"):
        award_of(found)


def test_what_a_learner_writes_themself_never_proves(syllabus):
    assert first(syllabus, Found()).state is State.NOT_YET
    assert first(syllabus, Found()).missing == ("u1-limits is not handed in.",)
    assert first(syllabus, other(Kind.PREDICTION)).state is State.NOT_YET
    assert first(syllabus, other(Kind.CHECK)).state is State.PARTLY
    handed_in = first(syllabus, other(Kind.HANDED_IN))
    assert (handed_in.state, handed_in.missing) == (State.PARTLY, ("u1-limits is handed in and not graded yet.",))


def test_a_planned_unit_proves_nothing_yet(syllabus):
    later = indicators(syllabus, Found())[1]
    assert later.state is State.NOT_YET
    assert later.missing == ("u3-later is planned, so nothing can prove it yet.",)


def test_the_share_can_be_moved(syllabus):
    points = graded(a=7, b=8, r=9)
    assert [first(syllabus, points, share).state for share in (0.5, 0.7, 0.71, 0.9)] == [
        State.PROVEN,
        State.PROVEN,
        State.PARTLY,
        State.PARTLY,
    ]


def test_a_proof_names_an_item_that_the_unit_covers(course):
    path = course.root / "curriculum" / "syllabus.yml"
    text = path.read_text(encoding="utf-8").replace("capability: Setting limits}", "capability: Setting limits, "
        "proofs: [{indicator: X9, title: Limits that hold, unit: u1-limits}]}")  # fmt: skip
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CourseError, match="covers no 'X9'"):
        read_syllabus(path)


def test_every_success_indicator_of_the_framework_has_a_proof():
    course = Course()
    proofs = [proof for milestone in course.syllabus.milestones for proof in milestone.proofs]
    wanted = {item.id for item in course.framework.items if "-S" in item.id}
    assert len(wanted) == 8
    assert {proof.indicator for proof in proofs} == wanted | {"F-C"}
    assert all(isinstance(proof, Proof) and "capstone" in proof.unit for proof in proofs)
