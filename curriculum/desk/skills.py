"""How far each skill is shown, by the strongest evidence there is, and how well a learner judges themself.

A value is a share of what a unit could show, 0 to 1. Evidence counts up to `CAPS`: what a learner could have written
themself cannot reach as high as what somebody else has graded.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from curriculum.desk.evidence import Evidence, Found, Kind
from curriculum.syllabus import Syllabus, Unit

CAPS: Mapping[Kind, float] = {
    Kind.PREDICTION: 0.15,
    Kind.CHECK: 0.4,
    Kind.CREDENTIAL: 0.7,  # it says “at least 70% of the points”, and not how many more
    Kind.GRADE: 1.0,
}


@dataclass(frozen=True)
class Shown:
    """What a unit shows: the share by kind of evidence, before caps, with the evidence itself."""

    unit: Unit
    shares: Mapping[Kind, float]
    evidence: tuple[Evidence, ...]

    def level(self, caps: Mapping[Kind, float] = CAPS) -> float:
        """The strongest kind of evidence, up to its cap."""
        return max((caps[kind] * share for kind, share in self.shares.items()), default=0.0)

    @property
    def completion(self) -> float:
        """What a dashboard of activity shows: predictions kept and visible tests passed, whoever wrote them."""
        return fmean(self.shares.get(kind, 0.0) for kind in (Kind.PREDICTION, Kind.CHECK))


@dataclass(frozen=True)
class Skill:
    """A skill, with what each unit that teaches it shows."""

    name: str
    text: str
    units: tuple[Shown, ...]

    def level(self, caps: Mapping[Kind, float] = CAPS) -> float:
        """The units' mean, weighted by their hours."""
        hours = [shown.unit.hours.lesson + shown.unit.hours.assignment for shown in self.units]
        return sum(each * shown.level(caps) for each, shown in zip(hours, self.units, strict=True)) / sum(hours)

    @property
    def evidence(self) -> list[Evidence]:
        """Everything that stands behind the value."""
        return [each for shown in self.units for each in shown.evidence]

    @property
    def is_judged(self) -> bool:
        """Whether somebody else has judged any of it: a grade, or a credential for one."""
        return any(each.kind in (Kind.GRADE, Kind.CREDENTIAL) and not each.waits for each in self.evidence)


@dataclass(frozen=True)
class Calibration:
    """How a learner's own judgement of their skills compares with the evidence."""

    skills: int
    bias: float  # mean of judgement minus evidence: above 0 is too high
    error: float  # mean distance, whichever way
    pairs: float | None  # share of pairs of skills that both put in the same order; None where all are ties
    ties: int  # pairs that one of the two puts level: they have no order, and are left out

    @property
    def sentence(self) -> str:
        """Error and order, in words."""
        order = "no order to compare" if self.pairs is None else f"{self.pairs:.0%} of the pairs in the same order"
        if self.ties:
            order += f" ({self.ties} tied and left out)"
        return f"Error {100 * self.error:.0f} points, {order}, over {self.skills} skills."


def shown_by(unit: Unit, found: Found, indicators: int = 1) -> Shown:
    """What the evidence of a unit shows. `indicators`: how many rest on it, each with a credential of its own."""
    shares: dict[Kind, float] = {}
    results = {each.what for each in found.of(unit.id, Kind.RESULT)}
    if results:
        shares[Kind.PREDICTION] = len(foreseen(unit.id, found) & results) / len(results)
    checks = [each.share for each in found.of(unit.id, Kind.CHECK) if each.share is not None]
    if checks:
        shares[Kind.CHECK] = checks[-1]
    if credentials := {each.what for each in found.of(unit.id, Kind.CREDENTIAL)}:
        shares[Kind.CREDENTIAL] = len(credentials) / max(len(credentials), indicators)
    grades = found.of(unit.id, Kind.GRADE)
    most = sum(each.of or 0 for each in grades)
    if most:
        shares[Kind.GRADE] = sum(float(each.value) for each in grades if not each.waits) / most
    return Shown(unit, shares, tuple(found.of(unit.id)))


def foreseen(unit: str, found: Found) -> set[str]:
    """What the learner predicted before they had the first result: a guess after it is none."""
    known: set[str] = set()
    guessed: set[str] = set()
    for each in found.of(unit, Kind.PREDICTION, Kind.RESULT):
        if each.kind is Kind.RESULT:
            known.add(each.what)
        elif each.what not in known:
            guessed.add(each.what)
    return guessed


def skills_of(syllabus: Syllabus, found: Found, milestone: str = "") -> list[Skill]:
    """The skills that ready units teach, in the syllabus's order; of one milestone, or of all."""
    units = [unit for unit in syllabus.ready_units if not milestone or unit.milestone == milestone]
    indicators = Counter(proof.unit for each in syllabus.milestones for proof in each.proofs)
    shown = {unit.id: shown_by(unit, found, indicators[unit.id]) for unit in units}
    skills = (
        Skill(name, text, tuple(shown[unit.id] for unit in units if name in unit.skills))
        for name, text in syllabus.skills.items()
    )
    return [skill for skill in skills if skill.units]


def calibration(claims: Mapping[str, float], levels: Mapping[str, float]) -> Calibration | None:
    """Compare claims (0 to 1, by skill) with levels. None where fewer than three skills have both."""
    both = [name for name in claims if name in levels]
    if len(both) < 3:
        return None
    gaps = [claims[name] - levels[name] for name in both]
    orders = [
        (claims[one] - claims[other]) * (levels[one] - levels[other])
        for place, one in enumerate(both)
        for other in both[place + 1 :]
    ]
    decided = [order for order in orders if order]
    pairs = sum(order > 0 for order in decided) / len(decided) if decided else None
    return Calibration(len(both), fmean(gaps), fmean(map(abs, gaps)), pairs, len(orders) - len(decided))


def radar_area(values: Sequence[float]) -> float:
    """The area of a radar chart with these values in this order, as a share of the largest there can be."""
    following = [*values[1:], *values[:1]]
    if not values:
        return 0.0
    return sum(one * other for one, other in zip(values, following, strict=True)) / len(values)


def widest(values: Sequence[float]) -> list[float]:
    """The values in the order that gives the largest area: falling to both sides of the largest."""
    ordered = sorted(values, reverse=True)
    return [*reversed(ordered[1::2]), *ordered[0::2]]


def narrowest(values: Sequence[float]) -> list[float]:
    """The values in the order that gives the smallest area: large ones between small ones."""
    if not values:
        return []
    low = sorted(values)
    ring, takes_small = [low.pop()], True
    while low:
        pick = [low.pop(0 if takes_small else -1) for _ in range(min(2, len(low)))]
        # The smallest goes to the larger end, the largest to the smaller one.
        to_the_left = (ring[0] >= ring[-1]) == takes_small
        ring = [pick[0], *ring, *pick[1:]] if to_the_left else [*pick[1:], *ring, pick[0]]
        takes_small = not takes_small
    return ring
