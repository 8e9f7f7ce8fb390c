"""All checks of a credential, offline: with the issuer's public document and a status list, and nothing fetched."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from curriculum.credentials import status
from curriculum.credentials.badge import check_schema, identity_hash, read_stamp
from curriculum.credentials.issuer import now
from curriculum.credentials.proof import Document, Refused, check_proof, from_multikey

HEAD = ["check", "holds", "what it says"]


@dataclass(frozen=True)
class Check:
    """One check of a credential."""

    name: str
    holds: bool
    sentence: str


@dataclass(frozen=True)
class Verdict:
    """Every check that was made. A credential is believed only where all hold."""

    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        """Whether all checks hold."""
        return all(check.holds for check in self.checks)

    @property
    def failed(self) -> str:
        """The name of the first check that does not hold; empty when all do."""
        return next((check.name for check in self.checks if not check.holds), "")

    @property
    def rows(self) -> list[list[str]]:
        """The checks, as `HEAD` names them."""
        return [[check.name, "yes" if check.holds else "NO", check.sentence] for check in self.checks]


def verify(
    credential: Document,
    issuer: Document,
    status_list: Document | None,
    identity: str = "",
    at: datetime | None = None,
) -> Verdict:
    """Check a credential against the issuer's document and status list, which the verifier has from a trusted place.

    With `identity`, also that it was issued to that e-mail address. A status list that is missing, or older than its
    own validity, is a failed check: nobody knows then.
    """
    time = at or now()
    tries: list[tuple[str, Callable[[], str]]] = [
        ("schema", lambda: _schema(credential)),
        ("signature", lambda: _signature(credential, issuer, time)),
        ("dates", lambda: _dates(credential, time, "The credential")),
        ("status", lambda: _status(credential, issuer, status_list, time)),
    ]
    if identity:
        tries.append(("recipient", lambda: _recipient(credential, identity)))
    checks: list[Check] = []
    for name, check in tries:
        try:
            checks.append(Check(name, True, check()))
        except Refused as error:
            checks.append(Check(name, False, str(error)))
            if name == "schema":
                break  # nothing else can be read with confidence
    return Verdict(tuple(checks))


def _schema(credential: Document) -> str:
    check_schema(credential)
    return "It has the shape of an Open Badges 3.0 credential."


def _signature(credential: Document, issuer: Document, time: datetime) -> str:
    issuer_id = credential["issuer"]["id"] if isinstance(credential["issuer"], dict) else credential["issuer"]
    if issuer_id != issuer["id"]:
        raise Refused("Another issuer made it.")
    proof = credential.get("proof")
    wanted = proof.get("verificationMethod") if isinstance(proof, dict) else None
    for method in issuer["verificationMethod"]:
        if method["id"] == wanted and wanted in issuer["assertionMethod"]:
            break
    else:
        raise Refused("It names a key that the issuer does not have.")
    if "revoked" in method:
        raise Refused(f"Its key was reported stolen on {method['revoked'][:10]}; what that key signed counts no more.")
    created = read_stamp(credential["proof"].get("created"))
    if "expires" in method and created > read_stamp(method["expires"]):
        raise Refused("It was signed after its key had been retired.")
    if created > time:
        raise Refused("It was signed in the future.")
    check_proof(credential, from_multikey(method["publicKeyMultibase"]))
    return f"{issuer['name']} signed it with {wanted.rpartition('#')[2]}, and nothing was altered."


def _dates(credential: Document, time: datetime, what: str) -> str:
    if time < read_stamp(credential["validFrom"]):
        raise Refused(f"{what} is not valid before {credential['validFrom'][:10]}.")
    if time >= read_stamp(credential["validUntil"]):
        raise Refused(f"{what} expired on {credential['validUntil'][:10]}.")
    return f"{what} is valid until {credential['validUntil'][:10]}."


def _status(credential: Document, issuer: Document, status_list: Document | None, time: datetime) -> str:
    if status_list is None:
        raise Refused("There is no status list, so nobody here knows whether it was revoked.")
    entry = credential["credentialStatus"]
    subject = status_list.get("credentialSubject")
    if status_list.get("id") != entry["statusListCredential"] or not isinstance(subject, dict):
        raise Refused("The status list is another one than the credential names.")
    if "issuer" not in status_list or subject.get("statusPurpose") != entry["statusPurpose"]:
        raise Refused("The status list is of another kind.")
    _signature(status_list, issuer, time)
    _dates(status_list, time, "The status list")
    if status.is_revoked(status.decode(str(subject.get("encodedList"))), int(entry["statusListIndex"])):
        raise Refused("The issuer revoked it.")
    return f"Not revoked, as of {status_list['validFrom'][:10]}."


def _recipient(credential: Document, identity: str) -> str:
    for each in credential["credentialSubject"]["identifier"]:
        if identity_hash(identity, each["salt"]) == each["identityHash"]:
            return "It was issued to this address."
    raise Refused("It was issued to somebody else.")
