"""All checks of a credential, offline: with the issuer's public document and a status list, and nothing fetched."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import jsonschema

from curriculum.credentials import status
from curriculum.credentials.badge import check_schema, identity_hash, read_stamp
from curriculum.credentials.issuer import now
from curriculum.credentials.proof import Document, Refused, check_proof, from_multikey

HEAD = ["check", "holds", "what it says"]
_WORDS = {True: "yes", False: "NO", None: "not checked"}
_TIME = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"}
_TEXT = {"type": "string", "minLength": 1}
_METHOD = {
    "type": "object",
    "required": ["id", "publicKeyMultibase"],
    "properties": {"id": _TEXT, "publicKeyMultibase": _TEXT, "created": _TIME, "expires": _TIME, "revoked": _TIME},
}
_ISSUER = jsonschema.Draft202012Validator(
    {
        "required": ["id", "name", "verificationMethod", "assertionMethod"],
        "properties": {
            "id": _TEXT,
            "name": _TEXT,
            "verificationMethod": {"type": "array", "items": _METHOD},
            "assertionMethod": {"type": "array", "items": _TEXT},
        },
    }
)


@dataclass(frozen=True)
class Check:
    """One check of a credential. `holds` is None for one that was not made."""

    name: str
    holds: bool | None
    sentence: str


@dataclass(frozen=True)
class Verdict:
    """Every check. A credential is believed only where all that were made hold."""

    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        """Whether all checks that were made hold."""
        return not self.failed

    @property
    def failed(self) -> str:
        """The name of the first check that does not hold; empty when all do."""
        return next((check.name for check in self.checks if check.holds is False), "")

    @property
    def rows(self) -> list[list[str]]:
        """The checks, as `HEAD` names them."""
        return [[check.name, _WORDS[check.holds], check.sentence] for check in self.checks]


def verify(
    credential: Document,
    issuer: Document,
    status_list: Document | None,
    identity: str = "",
    at: datetime | None = None,
) -> Verdict:
    """Check a credential against the issuer's document and status list, which the verifier has from a trusted place.

    With `identity`, also that it was issued to that e-mail address; without, the verdict says that this was not
    checked. A status list that is missing, or older than its own validity, is a failed check: nobody knows then.
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
                return Verdict(tuple(checks))  # nothing else can be read with confidence
    if not identity:
        checks.append(Check("recipient", None, "No address was given, so it may be anybody's."))
    return Verdict(tuple(checks))


def _schema(credential: Document) -> str:
    check_schema(credential)
    return "It has the shape of an Open Badges 3.0 credential as we issue it."


def _signature(credential: Document, issuer: Document, time: datetime) -> str:
    if problem := next(_ISSUER.iter_errors(issuer), None):
        where = ".".join(map(str, problem.absolute_path)) or "the document"
        raise Refused(f"The issuer's document cannot be used: {where}: {problem.message[:200]}.")
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
    if "created" in method and created < read_stamp(method["created"]):
        raise Refused("It claims to be older than its key.")
    if created > time:
        raise Refused("It was signed in the future.")
    check_proof(credential, from_multikey(method["publicKeyMultibase"]))
    return f"{issuer['name']} signed it with {wanted.rpartition('#')[2]}, and nothing was altered."


def _dates(credential: Document, time: datetime, what: str) -> str:
    if time < read_stamp(credential.get("validFrom")):
        raise Refused(f"{what} is not valid before {credential['validFrom'][:10]}.")
    if time >= read_stamp(credential.get("validUntil")):
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
            return "It was issued to this address. A mail to it tells whether they read it."
    raise Refused("It was issued to somebody else.")
