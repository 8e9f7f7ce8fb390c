"""What a credential gives away, and how a holder shows one part of it and keeps the rest.

The salted hashes follow the idea of SD-JWT (RFC 9901, November 2025): the issuer signs a hash of each claim, the holder
hands over the salt of those that a verifier needs.
"""

import base64
import hashlib
import json
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from curriculum.credentials.badge import identity_hash
from curriculum.credentials.proof import Document, Refused

# Members that say how to read a credential, and nothing of its holder.
_TECHNICAL = {"@context", "type", "id", "hashed", "salt", "identityType", "resultType", "description", "criteria"}
_TECHNICAL |= {"proof", "credentialStatus", "issuer", "resultDescription"}


@dataclass(frozen=True)
class Claim:
    """One claim with its salt: what the holder keeps, and shows to whom they choose."""

    salt: str
    name: str
    value: str

    @property
    def digest(self) -> str:
        """What the issuer signs in its place."""
        return digest(self.salt, self.name, self.value)


def digest(*parts: str) -> str:
    """The hash of a claim's parts, as text."""
    hashed = hashlib.sha256(json.dumps(parts).encode()).digest()
    return base64.urlsafe_b64encode(hashed).decode().rstrip("=")


def conceal(results: Iterable[tuple[str, str]]) -> tuple[list[tuple[str, str]], list[Claim]]:
    """The results as an issuer signs them, hashed and in an order that says nothing, and the claims for the holder."""
    claims = [Claim(secrets.token_urlsafe(16), name, value) for name, value in results]
    hashed = sorted(claim.digest for claim in claims)
    return [(f"concealed-{number}", value) for number, value in enumerate(hashed, start=1)], claims


def check_claim(credential: Document, claim: Claim) -> None:
    """Raise `Refused` unless the credential, already verified, holds this claim."""
    values = [result["value"] for result in credential["credentialSubject"].get("result", [])]
    if claim.digest not in values:
        raise Refused("The credential holds no such claim: its name, value or salt is another one.")


def facts(credential: Document, shown: Iterable[Claim] = ()) -> list[str]:
    """What a verifier learns of the holder, a line each. A concealed claim is none, until it is shown."""
    concealed = {member["id"] for member in _descriptions(credential) if member["name"].startswith("concealed-")}
    names = {member["id"]: member["name"] for member in _descriptions(credential)}
    found = {f"{name}: {value}" for name, value in _leaves(credential)}
    for result in credential["credentialSubject"].get("result", []):
        if result["resultDescription"] not in concealed:
            found.add(f"{names[result['resultDescription']]}: {result['value']}")
    return sorted(found | {f"{claim.name}: {claim.value}" for claim in shown})


def linking(one: Document, other: Document) -> list[str]:
    """Members by which two verifiers can tell that they saw the same person: long values that both hold."""
    same = set(_identifying(one)) & set(_identifying(other))
    return sorted({name for name, _ in same})


def guesses_needed(wanted: str, candidates: Iterable[str], salt: str) -> int | None:
    """How many guesses find the address behind a hash in a credential, where its salt is at hand; None if none does."""
    for number, candidate in enumerate(candidates, start=1):
        if identity_hash(candidate, salt) == wanted:
            return number
    return None


def _descriptions(credential: Document) -> list[Document]:
    return list(credential["credentialSubject"]["achievement"].get("resultDescription", []))


def _leaves(member: object, name: str = "") -> Iterator[tuple[str, object]]:
    if isinstance(member, dict):
        for key, value in member.items():
            if key not in _TECHNICAL and key != "result":
                yield from _leaves(value, key)
    elif isinstance(member, list):
        for value in member:
            yield from _leaves(value, name)
    else:
        yield name, member


def _identifying(credential: Document) -> Iterator[tuple[str, str]]:
    yield "id", credential["id"]
    yield "proofValue", credential["proof"]["proofValue"]
    yield "statusListIndex", credential["credentialStatus"]["statusListIndex"]
    for each in credential["credentialSubject"]["identifier"]:
        yield "identityHash", each["identityHash"]
        yield "salt", each["salt"]
