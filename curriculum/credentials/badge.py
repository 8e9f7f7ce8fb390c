"""What a credential says: one success indicator of one learner, as an Open Badges 3.0 credential.

Open Badges 3.0 (1EdTech; read in its repository at the state of 7 April 2025) on top of W3C's
Verifiable Credentials Data Model 2.0 (Recommendation of 15 May 2025).
"""

import hashlib
import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from uuid import UUID

import jsonschema

from curriculum.credentials.proof import Document, Refused

CONTEXTS = [
    "https://www.w3.org/ns/credentials/v2",
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
]
VALID_FOR = timedelta(days=3 * 365)  # the versions that a unit uses do not stay current for longer
_ADDRESS = re.compile(r"[^@\s\ud800-\udfff]+@[^@\s.\ud800-\udfff]+(\.[^@\s.\ud800-\udfff]+)+")
_SCHEMA = Path(__file__).with_name("credential.schema.json")


@dataclass(frozen=True)
class Award:
    """What is awarded: the indicator, its title, and a sentence on what it took. `results` may stay empty."""

    indicator: str
    title: str
    criteria: str
    results: Sequence[tuple[str, str]] = ()  # name and value of a grade


def achievement_id(indicator: str) -> str:
    """How credentials name a success indicator."""
    return f"urn:ai-systems:indicator:{indicator.lower()}"


def address_of(text: str) -> str:
    """An e-mail address in the one form that is hashed. Raises `Refused` for what is none.

    Capital letters, spaces around it and two ways to write an accent make no other address.
    """
    address = unicodedata.normalize("NFC", text.strip()).lower()
    if not _ADDRESS.fullmatch(address):
        raise Refused(f"{text[:80]!r} is no e-mail address.")
    return address


def identity_hash(identity: str, salt: str) -> str:
    """The recipient, an e-mail address, as Open Badges hashes one."""
    return "sha256$" + hashlib.sha256((address_of(identity) + salt).encode()).hexdigest()


def build(
    award: Award, issuer: tuple[str, str], identity: str, salt: str, credential: UUID, list_id: str, place: int,
    when: datetime,
) -> Document:  # fmt: skip
    """The credential, to be signed. `issuer` is id and name; `identity`, an e-mail address, becomes a salted hash."""
    achievement: Document = {
        "id": achievement_id(award.indicator),
        "type": ["Achievement"],
        "name": award.title,
        "description": f"Success indicator {award.indicator} of the curriculum for AI systems engineers.",
        "criteria": {"narrative": award.criteria},
    }
    subject: Document = {
        "type": ["AchievementSubject"],
        "identifier": [
            {
                "type": "IdentityObject",
                "hashed": True,
                "identityHash": identity_hash(identity, salt),
                "identityType": "emailAddress",
                "salt": salt,
            }
        ],
        "achievement": achievement,
    }
    if award.results:
        achievement["resultDescription"] = [
            {"id": f"{achievement['id']}:{name}", "type": ["ResultDescription"], "name": name, "resultType": "RawScore"}
            for name, _ in award.results
        ]
        subject["result"] = [
            {"type": ["Result"], "resultDescription": f"{achievement['id']}:{name}", "value": value}
            for name, value in award.results
        ]
    return {
        "@context": CONTEXTS,
        "id": credential.urn,
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": award.title,
        "issuer": {"id": issuer[0], "type": ["Profile"], "name": issuer[1]},
        "validFrom": stamp(when),
        "validUntil": stamp(when + VALID_FOR),
        "credentialSubject": subject,
        "credentialStatus": {
            "id": f"{list_id}#{place}",
            "type": "BitstringStatusListEntry",
            "statusPurpose": "revocation",
            "statusListIndex": str(place),
            "statusListCredential": list_id,
        },
    }


def check_schema(credential: Document) -> None:
    """Raise `Refused` unless this has the shape that we issue, which is narrower than what Open Badges 3.0 allows."""
    problems = sorted(_validator().iter_errors(credential), key=lambda problem: list(map(str, problem.absolute_path)))
    if problems:
        where = ".".join(map(str, problems[0].absolute_path)) or "the credential"
        raise Refused(f"It is not of the shape that we issue: {where}: {problems[0].message[:200]}.")


def stamp(time: datetime) -> str:
    """A time as credentials write it."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read_stamp(text: object) -> datetime:
    """The time in a stamp. Raises `Refused` where it is none."""
    try:
        return datetime.strptime(str(text), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise Refused(f"{str(text)[:40]!r} is no time in UTC.") from None


@cache
def _validator() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(json.loads(_SCHEMA.read_text(encoding="utf-8")))
