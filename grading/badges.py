"""Credentials from the gradebook: what a facilitator issues, revokes, and renews the keys for."""

import json
from dataclasses import dataclass
from pathlib import Path

from curriculum.course import Course
from curriculum.credentials.badge import address_of
from curriculum.credentials.issuer import Issuer
from curriculum.credentials.proof import read_document_file
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

    Raises `CourseError` when the milestone has no indicator that a ready unit could prove, when the gradebook does not
    know the student, and when nobody knows an e-mail address of theirs.
    """
    issuer = issuer_of(course)
    if not issuer.public.exists():
        raise CourseError("There is no issuer yet; make one with `course badge issuer NAME`.")
    with open_gradebook(course) as gradebook:
        found = from_gradebook(course, gradebook.db, student)
        known = {each.id: each.email for each in gradebook.students}
    if student not in known:
        raise CourseError(f"The gradebook has no student {student!r}.")
    if not (address := email or known[student] or ""):
        raise CourseError(f"The gradebook has no e-mail address of {student!r}; give one with --email.")
    address = address_of(address)
    standings = [each for each in indicators(course.syllabus, found) if each.milestone == milestone]
    if not standings:
        raise CourseError(f"There is no milestone {milestone!r} with success indicators in the syllabus.")
    if not any(standing.pieces for standing in standings):
        raise CourseError(" ".join(missing for standing in standings for missing in standing.missing))
    return [_issue(course, issuer, standing, student, address) for standing in standings]


def verify_file(path: Path, issuer: Path, status_list: Path | None, email: str = "") -> Verdict:
    """Check a credential's file with the files of its issuer. Raises `CourseError` for one that cannot be read."""
    listed = read_document_file(status_list) if status_list else None
    return verify(read_document_file(path), read_document_file(issuer), listed, identity=email)


def _issue(course: Course, issuer: Issuer, standing: Indicator, student: str, email: str) -> Issued:
    if standing.state is not State.PROVEN:
        return Issued(standing, None, " ".join(standing.missing))
    name = standing.proof.indicator
    if before := [each["id"] for each in issuer.standing if (each["student"], each["indicator"]) == (student, name)]:
        return Issued(standing, None, f"Issued before as {before[-1]}; revoke that one to issue it again.")
    credential = issuer.issue(award_of(standing), email, student)
    path = course.cohort / "credentials" / student / f"{name}.json"
    write_atomically(path, json.dumps(credential, indent=2, ensure_ascii=False) + "\n")
    return Issued(standing, path, credential["id"])
