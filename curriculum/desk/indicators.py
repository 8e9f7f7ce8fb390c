"""Which success indicators are proven, by which grades, and which piece is missing for the others.

Only a grade proves, or the signed credential that was issued for one: a learner can edit the journal and the checks on
their own desk, and not the gradebook.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from curriculum.credentials.badge import Award, achievement_id
from curriculum.desk.evidence import Evidence, Found, Kind
from curriculum.errors import CourseError
from curriculum.syllabus import Milestone, Proof, Syllabus

HEAD = ["indicator", "state", "proven by", "missing"]


class State(StrEnum):
    """How far an indicator is."""

    PROVEN = "proven"
    PARTLY = "partly"
    NOT_YET = "not yet"


@dataclass(frozen=True)
class Piece:
    """A task or reflection that an indicator rests on. `missing` is a sentence, empty when nothing is."""

    name: str
    grade: Evidence | None
    missing: str = ""


@dataclass(frozen=True)
class Indicator:
    """A success indicator of a milestone as the evidence has it. `missing` holds a sentence a missing piece."""

    milestone: str
    proof: Proof
    state: State
    pieces: tuple[Piece, ...]
    missing: tuple[str, ...]

    @property
    def row(self) -> list[str]:
        """This indicator, as `HEAD` names it."""
        graded = [
            f"{piece.name} {_points(piece.grade)}".rstrip()
            for piece in self.pieces
            if piece.grade and not piece.missing
        ]
        return [
            f"{self.proof.indicator}: {self.proof.title}",
            self.state,
            ", ".join(graded) or "nothing",
            " ".join(self.missing) or "nothing",
        ]


def indicators(syllabus: Syllabus, found: Found, share: float | None = None) -> list[Indicator]:
    """Every success indicator, in the order of the journey. `share` replaces the share of points that each asks for."""
    return [
        indicator(syllabus, milestone, proof.model_copy(update={"share": share}) if share else proof, found)
        for milestone in syllabus.milestones
        for proof in milestone.proofs
    ]


def indicator(syllabus: Syllabus, milestone: Milestone, proof: Proof, found: Found) -> Indicator:
    """One success indicator."""
    unit = syllabus.unit(proof.unit)
    cover = unit.covers[proof.served_item]
    names = [*cover.tasks, *([cover.reflection] if cover.reflection else [])]
    if not names:
        why = f"{unit.id} is planned" if not unit.is_ready else f"no task of {unit.id} serves {proof.served_item}"
        return Indicator(milestone.id, proof, State.NOT_YET, (), (f"{why}, so nothing can prove it yet.",))
    given = [each for each in found.of(proof.unit, Kind.CREDENTIAL) if each.what == achievement_id(proof.indicator)]
    if given:
        piece = Piece(f"a credential of {given[-1].value}", given[-1])
        said = next(each.share for each in milestone.proofs if each.indicator == proof.indicator)
        if proof.share > said:
            more = f"The credential says at least {said:.0%}, and {proof.share:.0%} is asked for."
            return Indicator(milestone.id, proof, State.PARTLY, (piece,), (more,))
        return Indicator(milestone.id, proof, State.PROVEN, (piece,), ())
    pieces = tuple(_piece(name, proof, found) for name in names)
    missing = tuple(_sentences(pieces, proof, found))
    if not missing:
        state = State.PROVEN
    else:
        begun = found.of(proof.unit, Kind.HANDED_IN, Kind.CHECK) or any(not piece.missing for piece in pieces)
        state = State.PARTLY if begun else State.NOT_YET
    return Indicator(milestone.id, proof, state, pieces, missing)


def award_of(found: Indicator) -> Award:
    """What a credential says of a proven indicator: that it is, and what it took. Points stay in the gradebook.

    Raises `CourseError` for one that is not proven: a signature would make an untruth hard to alter.
    """
    if found.state is not State.PROVEN:
        raise CourseError(f"{found.proof.indicator} is not proven: {' '.join(found.missing)}")
    pieces, proof = ", ".join(piece.name for piece in found.pieces), found.proof
    criteria = f"At least {proof.share:.0%} of the points in each of these graded pieces of {proof.unit}: {pieces}."
    return Award(proof.indicator, proof.title, criteria)


def _piece(name: str, proof: Proof, found: Found) -> Piece:
    grades = [each for each in found.of(proof.unit, Kind.GRADE) if each.what == name]
    if not grades:
        return Piece(name, None, f"{name} is not graded yet.")
    grade = grades[-1]
    if grade.waits:
        return Piece(name, grade, f"{name} waits for a person to grade it.")
    if (grade.share or 0) < proof.share:
        return Piece(
            name, grade, f"{name} has {_points(grade)} points, and {proof.share * (grade.of or 0):g} are needed."
        )
    return Piece(name, grade)


def _sentences(pieces: tuple[Piece, ...], proof: Proof, found: Found) -> Iterator[str]:
    if all(piece.grade is None for piece in pieces):
        handed_in = found.of(proof.unit, Kind.HANDED_IN)
        yield f"{proof.unit} is handed in and not graded yet." if handed_in else f"{proof.unit} is not handed in."
        return
    yield from (piece.missing for piece in pieces if piece.missing)


def _points(grade: Evidence | None) -> str:
    return f"{grade.value:g} of {grade.of:g}" if grade and not isinstance(grade.value, str) else ""
