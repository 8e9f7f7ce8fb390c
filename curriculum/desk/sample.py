"""Sample learners, for readers who have nothing of their own yet. Everything is made up, by a seed, and says so.

A sample desk is laid as real files, so that what reads them is what reads a learner's own.
"""

import random
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from curriculum.course import Course
from curriculum.desk.evidence import Evidence, Found, Kind, evidence_of
from curriculum.desk.places import folder_of
from curriculum.desk.records import Checked, checks_of, keep
from curriculum.lab.journal import FILE
from curriculum.lab.lines import append_line
from curriculum.syllabus import Unit

SYLLABUS = Path(__file__).with_name("sample_syllabus.yml")
START = datetime(2026, 3, 2, 18, tzinfo=UTC)
SOURCE = "sample gradebook, made up"
QUESTIONS = 6  # predictions that a sample lesson asks for
TASK, REFLECTION = 8, 12  # points


@dataclass(frozen=True)
class Learner:
    """How a sample learner behaves. All numbers are shares, 0 to 1, by which the seed draws."""

    predicts: float  # of the questions, before the run
    passes_visible: float
    understands: float  # of the points that hidden tests and people give
    hands_in: tuple[int, ...]  # which of the seven units
    claims: float = 0.0  # how far above the evidence they judge themself


LEARNERS: Mapping[str, Learner] = {
    "steady": Learner(predicts=0.8, passes_visible=0.95, understands=0.82, hands_in=(0, 2, 4, 6), claims=0.12),
    "clicker": Learner(predicts=1.0, passes_visible=1.0, understands=0.3, hands_in=tuple(range(7)), claims=0.35),
    "quiet": Learner(predicts=0.0, passes_visible=0.0, understands=0.95, hands_in=tuple(range(7)), claims=-0.2),
}


def lay_sample(folder: Path, learner: str = "steady", seed: int = 4) -> Course:
    """Lay the desk of a sample learner into `folder`: a syllabus, journals and checks."""
    course = Course(root=folder, work=folder / "sample-desk", cohort=folder / "cohort", gradebook="")
    (folder / "curriculum").mkdir(parents=True, exist_ok=True)
    shutil.copy(SYLLABUS, folder / "curriculum" / "syllabus.yml")
    who, draw = LEARNERS[learner], random.Random(f"{learner} {seed} desk")
    for week, unit in enumerate(course.syllabus.units):
        time = START + timedelta(weeks=2 * week)
        folder_of(course, unit).mkdir(parents=True, exist_ok=True)
        for number in range(QUESTIONS):
            _ask(course, unit, number, time + timedelta(minutes=9 * number), draw.random() < who.predicts, draw)
        if who.passes_visible:
            most = TASK // 2 * len(_tasks(unit))
            earned = round(most * min(1.0, draw.gauss(who.passes_visible, 0.04)))
            keep(checks_of(course), Checked(unit=unit.id, time=time + timedelta(days=3), earned=earned, points=most))
    return course


def sample_evidence(course: Course, learner: str = "steady", seed: int = 4) -> Found:
    """What a laid desk holds, and the learner's made-up grades."""
    who, draw = LEARNERS[learner], random.Random(f"{learner} {seed} grades")
    grades = [
        _grade(unit, name, START + timedelta(weeks=2 * week, days=5), who, draw)
        for week, unit in enumerate(course.syllabus.units)
        if week in who.hands_in
        for name in (*_tasks(unit), *_reflections(unit))
    ]
    return evidence_of(course) + Found(tuple(grades))


def sample_claims(levels: Mapping[str, float], learner: str = "steady", seed: int = 4) -> dict[str, float]:
    """How the sample learner judges each skill, 0 to 1 in steps of a quarter, as on a form with five choices."""
    draw = random.Random(f"{learner} {seed} claims")
    shift = LEARNERS[learner].claims
    return {
        name: min(4, max(0, round(4 * (level + shift + draw.gauss(0, 0.15))))) / 4 for name, level in levels.items()
    }


def _tasks(unit: Unit) -> list[str]:
    return [task for cover in unit.covers.values() for task in cover.tasks]


def _reflections(unit: Unit) -> list[str]:
    return [cover.reflection for cover in unit.covers.values() if cover.reflection]


def _ask(course: Course, unit: Unit, number: int, time: datetime, guesses: bool, draw: random.Random) -> None:
    """The lines that one prediction and its result leave in a journal."""
    result = round(draw.uniform(1, 400), 1)
    line = {"key": f"sample-{number + 1}", "unit": "ms", "question": "A sample question", "note": "made up"}
    guess = round(result * draw.lognormvariate(0, 0.5), 1)
    for kind, value, when in (("prediction", guess, time), ("result", result, time + timedelta(minutes=4))):
        if kind == "result" or guesses:
            append_line(folder_of(course, unit) / FILE, line | {"kind": kind, "value": value, "time": when.isoformat()})


def _grade(unit: Unit, name: str, when: datetime, who: Learner, draw: random.Random) -> Evidence:
    most = REFLECTION if name in _reflections(unit) else TASK
    earned = round(most * min(1.0, max(0.0, draw.gauss(who.understands, 0.12))))
    return Evidence(unit.id, Kind.GRADE, name, earned, "points", when, SOURCE, most)
