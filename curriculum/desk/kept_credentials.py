"""Credentials that a learner was given: how a grade travels to a desk without the gradebook.

They lie in `work/credentials/`, with the issuer's `issuer.json` and `status.json` as the facilitator handed them out.
Whoever reads the learner's page checks them again, with an `issuer.json` that they trust themselves. A learner who
writes their address into `address.txt` there has each credential checked for being theirs; it is sent nowhere.
"""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from curriculum.course import Course
from curriculum.credentials.badge import achievement_id, read_stamp
from curriculum.credentials.proof import Document, read_document_file
from curriculum.credentials.verifying import verify
from curriculum.desk.evidence import Evidence, Found, Kind
from curriculum.desk.places import shown
from curriculum.errors import CourseError

ISSUER, STATUS, ADDRESS = "issuer.json", "status.json", "address.txt"


def from_credentials(course: Course, at: datetime | None = None) -> Found:
    """A piece of evidence for each credential that verifies, and a sentence for each that does not."""
    folder = course.work / "credentials"
    paths = sorted(path for path in folder.glob("*.json") if path.name not in (ISSUER, STATUS))
    if not paths:
        return Found()
    try:
        issuer, status_list = read_document_file(folder / ISSUER), read_document_file(folder / STATUS)
        address = _address(folder / ADDRESS)
    except CourseError as error:
        return Found(remarks=(f"{shown(course, folder)}: no credential can be checked. {error}",))
    found = Found()
    for path in paths:
        found += _checked(course, path, issuer, status_list, address, at)
    return found


def _checked(
    course: Course, path: Path, issuer: Document, status_list: Document, address: str, at: datetime | None
) -> Found:
    name = shown(course, path)
    try:
        credential = read_document_file(path)
        verdict = verify(credential, issuer, status_list, address, at)
    except CourseError as error:
        return Found(remarks=(f"{name} cannot be checked: {error}",))
    if not verdict.ok:
        failed = next(check for check in verdict.checks if check.holds is False)
        return Found(remarks=(f"{name} does not verify: {failed.sentence}",))
    when = read_stamp(credential["validFrom"])
    achievement = credential["credentialSubject"]["achievement"]["id"]
    units = [unit for indicator, unit in _indicators(course) if achievement_id(indicator) == achievement]
    if not units:
        return Found(remarks=(f"{name} is for nothing that the syllabus knows.",))
    said = issuer["name"] if address else f"{issuer['name']}, recipient not checked"
    return Found((Evidence(units[0], Kind.CREDENTIAL, achievement, said, "issuer", when, name),))


def _indicators(course: Course) -> Iterator[tuple[str, str]]:
    for milestone in course.syllabus.milestones:
        for proof in milestone.proofs:
            yield proof.indicator, proof.unit


def _address(path: Path) -> str:
    """The learner's address; empty where they keep none here."""
    try:
        return path.read_text(encoding="utf-8-sig").strip()
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise CourseError(f"{path.name} could not be read ({error}).") from error
