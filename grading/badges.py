"""Credentials from the gradebook: what a facilitator issues, revokes, and renews the keys for."""

import json
from dataclasses import dataclass
from pathlib import Path

from curriculum.course import Course
from curriculum.credentials.issuer import Issuer
from curriculum.credentials.proof import read_document
from curriculum.credentials.verifying import Verdict, verify
from curriculum.desk.evidence import from_gradebook
from curriculum.desk.indicators import Indicator, State, award_of, indicators
from curriculum.errors import CourseError
from curriculum.files import write_atomically
from grading.engine.gradebook import open_gradebook


@dataclass(frozen=True)
class Issued:
    """What became of one indicator: the file of the credential, or why there is none."""

    indicator: Indicator
    path: Path | None
    sentence: str


def issuer_of(course: Course) -> Issuer:
    """The issuer of this cohort: its keys lie beside the gradebook, which git ignores."""
    return Issuer(course.cohort / "issuer")


def issue_badges(course: Course, milestone: str, student: str, email: str = "") -> list[Issued]:
    """A credential for each proven indicator of a milestone that the student has none for yet.

    Raises `CourseError` when the milestone has no indicator, or nobody knows the student's e-mail address.
    """
    issuer = issuer_of(course)
    if not issuer.public.exists():
        raise CourseError("There is no issuer yet; make one with `course badge issuer NAME`.")
    with open_gradebook(course) as gradebook:
        found = from_gradebook(course, gradebook.db, student)
        known = next((each.email for each in gradebook.students if each.id == student), None)
    if not (address := email or known or ""):
        raise CourseError(f"The gradebook has no e-mail address of {student!r}; give one with --email.")
    standings = [each for each in indicators(course.syllabus, found) if each.milestone == milestone]
    if not standings:
        raise CourseError(f"There is no milestone {milestone!r} with success indicators in the syllabus.")
    return [_issue(course, issuer, standing, student, address) for standing in standings]


def verify_file(path: Path, issuer: Path, status_list: Path | None, email: str = "") -> Verdict:
    """Check a credential's file with the files of its issuer. Raises `CourseError` for one that cannot be read."""
    listed = _read(status_list) if status_list else None
    return verify(_read(path), _read(issuer), listed, identity=email)


def _issue(course: Course, issuer: Issuer, standing: Indicator, student: str, email: str) -> Issued:
    if standing.state is not State.PROVEN:
        return Issued(standing, None, " ".join(standing.missing))
    name, revoked = standing.proof.indicator, issuer.revoked
    mine = [line for line in issuer.issued if (line["student"], line["indicator"]) == (student, name)]
    if before := [line["id"] for line in mine if line["id"] not in revoked]:
        return Issued(standing, None, f"Issued before as {before[-1]}; revoke that one to issue it again.")
    credential = issuer.issue(award_of(standing), email, student)
    path = course.cohort / "credentials" / student / f"{name}.json"
    write_atomically(path, json.dumps(credential, indent=2, ensure_ascii=False) + "\n")
    return Issued(standing, path, credential["id"])


def _read(path: Path) -> dict[str, object]:
    try:
        return read_document(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise CourseError(f"Could not read {path}: {error}.") from error
