"""A learner's rating of their skills, with the evidence beside each, in a file that they keep.

The file is `self-assessment.json` in the learner's folder. It is written whole or not at all, and only from what the
learner entered: until there is any, lessons use a sample that says it is one.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from curriculum.files import write_atomically
from curriculum.lab.errors import LabError

FILE = "self-assessment.json"
FORMAT = 1
SKILLS = Path(__file__).with_name("skills.yml")
LONGEST_EVIDENCE = 500

LEVELS = (
    "I have not done it.",
    "I did it once, step by step after someone else's instructions.",
    "I did it with the documentation open, and can show what came out.",
    "I did it alone on a system that people rely on, and can show its numbers.",
    "Others do it with what I made, and I have found a fault in someone else's.",
)
HIGHEST = len(LEVELS) - 1
SHOWN_FROM = 2  # from this level on, the words of the level promise something to show


@dataclass(frozen=True)
class Rating:
    """A level from 0 to `HIGHEST`, and where someone else could see it: a link, a file, a name."""

    level: int
    evidence: str = ""
    time: str = ""  # UTC in ISO 8601

    @property
    def counted(self) -> int:
        """The level that planning counts: one lower where something to show is promised and none is named."""
        return self.level if self.level < SHOWN_FROM or self.evidence.strip() else self.level - 1


@dataclass(frozen=True)
class Assessment:
    """Ratings by skill. What is not rated counts as level 0."""

    ratings: Mapping[str, Rating]
    is_sample: bool = False

    def counted(self, skill: str) -> int:
        """The level of a skill that planning counts."""
        rating = self.ratings.get(skill)
        return rating.counted if rating else 0

    def rated(self, skill: str, level: int, evidence: str = "", time: str = "") -> "Assessment":
        """This assessment with one rating more, or changed. A sample starts anew: nothing of it is the learner's.

        Raises `LabError` for a level that is none.
        """
        rating = checked(skill, {"level": level, "evidence": evidence, "time": time})
        kept = {} if self.is_sample else dict(self.ratings)
        return Assessment(MappingProxyType({**kept, skill: rating}))

    def without(self, skill: str) -> "Assessment":
        """This assessment without the rating of a skill."""
        return replace(self, ratings=MappingProxyType({k: v for k, v in self.ratings.items() if k != skill}))


def acts() -> dict[str, str]:
    """For each skill, one act that an observer could see."""
    return {skill: entry["act"] for skill, entry in _described().items()}


def sample() -> Assessment:
    """An invented engineer with five years on a cloud platform."""
    ratings = {skill: checked(skill, entry) for skill, entry in _described().items()}
    return Assessment(MappingProxyType(ratings), is_sample=True)


def read(folder: Path | None = None) -> Assessment | None:
    """The learner's own assessment in a folder; None where nothing was entered yet.

    Raises `LabError` when the file is there and cannot be read: it is never overwritten, so a person has to look.
    """
    path = (folder or Path.cwd()) / FILE
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["format"] != FORMAT:
            raise LabError(f"{FILE} has format {content['format']}; this lesson reads format {FORMAT}.")
        ratings = {str(skill): checked(skill, entry) for skill, entry in content["skills"].items()}
    except FileNotFoundError:
        return None
    except OSError as error:
        raise LabError(f"{FILE} cannot be read ({error.strerror}).") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise LabError(f"{FILE} is not as it was saved: mend it, or move it away to begin anew.") from error
    return Assessment(MappingProxyType(ratings)) if ratings else None


def own_or_sample(folder: Path | None = None) -> Assessment:
    """The learner's own assessment, or the sample where there is none."""
    return read(folder) or sample()


def save(assessment: Assessment, folder: Path | None = None) -> Path:
    """Write the file anew, and return its path. Raises `LabError` for a sample, `CourseError` on a full disk."""
    if assessment.is_sample:
        raise LabError("The sample is not yours to save: rate one skill first.")
    path = (folder or Path.cwd()) / FILE
    skills = {skill: asdict(rating) for skill, rating in sorted(assessment.ratings.items())}
    write_atomically(path, json.dumps({"format": FORMAT, "skills": skills}, indent=1, ensure_ascii=False) + "\n")
    return path


def checked(skill: str, entry: Mapping[str, Any]) -> Rating:
    """One entry of the file as a rating. Raises `LabError` when the level is none or the evidence no text."""
    level, evidence, time = entry.get("level"), entry.get("evidence", ""), entry.get("time", "")
    if isinstance(level, bool) or not isinstance(level, int) or not 0 <= level <= HIGHEST:
        raise LabError(f"A level is a whole number from 0 to {HIGHEST}, but {skill!r} has {level!r}.")
    if not isinstance(evidence, str) or not isinstance(time, str) or len(evidence) > LONGEST_EVIDENCE:
        raise LabError(f"Evidence is a text of up to {LONGEST_EVIDENCE} characters; look at {skill!r}.")
    return Rating(level, evidence, time)


def forget_evidence(assessment: Assessment) -> Assessment:
    """The same levels with nothing to show for them."""
    bare = {skill: replace(rating, evidence="") for skill, rating in assessment.ratings.items()}
    return replace(assessment, ratings=MappingProxyType(bare))


@cache
def _described() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = yaml.safe_load(SKILLS.read_text(encoding="utf-8"))
    return found
