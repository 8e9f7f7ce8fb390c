"""An issuer: private keys in files of their own, a public document for verifiers, and a ledger of what was issued.

The public document is a controlled identifier document (W3C's Controlled Identifiers v1.0, Recommendation of 15 May
2025). Who verifies gets it once, from a place that they trust, and needs nothing else but the status list.
"""

import json
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from curriculum.credentials import status
from curriculum.credentials.badge import Award, build, stamp
from curriculum.credentials.proof import Document, read_document_file, sign, to_multikey
from curriculum.errors import CourseError
from curriculum.files import write_atomically
from curriculum.lab.lines import append_line

LIST_VALID_FOR = timedelta(days=90)
Clock = Callable[[], datetime]


def now() -> datetime:
    """The time now, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Issuer:
    """An issuer whose files are in `folder`. Made by `create`, opened by naming the folder again."""

    folder: Path
    clock: Clock = now

    @property
    def public(self) -> Path:
        """The document for verifiers."""
        return self.folder / "issuer.json"

    @property
    def status_file(self) -> Path:
        """The signed status list for verifiers."""
        return self.folder / "status.json"

    @property
    def ledger(self) -> Path:
        """What was issued and revoked, one JSON object a line. It names people: it stays with the issuer."""
        return self.folder / "issued.jsonl"

    @property
    def document(self) -> Document:
        """The content of the public document. Raises `CourseError` where there is none."""
        if not self.public.exists():
            raise CourseError(f"There is no issuer in {self.folder} yet.")
        return read_document_file(self.public)

    @property
    def issued(self) -> list[dict[str, Any]]:
        """The ledger's lines of what was issued. Raises `CourseError` for a ledger that is damaged."""
        return [line for line in self._entries() if line["what"] == "issued"]

    @property
    def revoked(self) -> dict[str, str]:
        """Why each revoked credential was revoked, by its id. Raises `CourseError` for a ledger that is damaged."""
        return {line["id"]: line["why"] for line in self._entries() if line["what"] == "revoked"}

    @property
    def standing(self) -> list[dict[str, Any]]:
        """The ledger's lines of what still counts: not revoked, and not signed by a key that was stolen."""
        stolen = {method["id"] for method in self.document["verificationMethod"] if "revoked" in method}
        revoked = self.revoked
        return [line for line in self.issued if line["id"] not in revoked and line["key"] not in stolen]

    def create(self, name: str) -> "Issuer":
        """Make an issuer with its first key. Raises `CourseError` where one is there already."""
        if self.public.exists():
            raise CourseError(f"There is an issuer in {self.folder} already; a new key is a rotation.")
        document = {
            "@context": ["https://www.w3.org/ns/cid/v1"],
            "id": uuid4().urn,
            "name": name,
            "verificationMethod": [],
            "assertionMethod": [],
        }
        self._add_key(document)
        self.publish_status()
        return self

    def rotate(self) -> None:
        """Retire the key, by routine or because it is lost, make a new one, and destroy the private half of the old.

        What the old key signed stays good.
        """
        self._revoked_places()  # a damaged ledger stops this before anything is written
        document = self.document
        old = document["verificationMethod"][-1]
        old["expires"] = stamp(self.clock())
        self._replace_key(document, old["id"])

    def report_stolen(self, name: str = "") -> list[str]:
        """Withdraw the trust in a key, such as `key-1`. Returns the ids of credentials that no longer verify.

        What a stolen key signed cannot be told from what the thief signs with a date of their choice, so all of it
        fails. A retired key can be stolen too: where there are several, it has to be named. The key in use gets a
        successor.
        """
        self._revoked_places()
        document = self.document
        method = self._suspect(document, name)
        before = {line["id"] for line in self.standing}
        method["revoked"] = stamp(self.clock())
        if method["id"] == document["assertionMethod"][-1]:
            self._replace_key(document, method["id"])
        else:
            _write_json(self.public, document)
            self._key_file(method["id"]).unlink(missing_ok=True)
        after = {line["id"] for line in self.standing}
        return [line["id"] for line in self.issued if line["id"] in before - after]

    def issue(self, award: Award, identity: str, student: str = "") -> Document:
        """A signed credential for whoever has this e-mail address, entered in the ledger as issued to `student`."""
        self._revoked_places()  # a damaged ledger stops this before anything is written
        document = self.document
        taken = {line["place"] for line in self.issued}
        place = secrets.choice([place for place in range(status.BITS) if place not in taken])
        made = build(
            award,
            (document["id"], document["name"]),
            identity,
            salt=secrets.token_urlsafe(16),
            credential=uuid4(),
            list_id=self._list_id(document),
            place=place,
            when=self.clock(),
        )
        signed = self._signed(made, document)
        entry = {"id": signed["id"], "place": place, "indicator": award.indicator, "student": student}
        self._enter({"what": "issued"} | entry | {"key": signed["proof"]["verificationMethod"]})
        self.publish_status()  # nothing new is in it, and its validity begins anew
        return signed

    def revoke(self, credential: str, why: str) -> None:
        """Revoke a credential by its id, and publish the list anew. Raises `CourseError` for one never issued here."""
        if credential not in {line["id"] for line in self.issued}:
            raise CourseError(f"{credential} was not issued here; the ledger {self.ledger} has no such id.")
        self._enter({"what": "revoked", "id": credential, "why": why})
        self.publish_status()

    def publish_status(self) -> None:
        """Sign the status list anew, good for `LIST_VALID_FOR`.

        Raises `CourseError` for a ledger that is damaged, or forgot a revocation that was published.
        """
        document, time = self.document, self.clock()
        places = self._revoked_places()
        made = status.status_list(
            document["id"], self._list_id(document), places, stamp(time), stamp(time + LIST_VALID_FOR)
        )
        _write_json(self.status_file, self._signed(made, document))

    def _entries(self) -> list[dict[str, Any]]:
        """The ledger's lines, oldest first. Half a line is not passed over: it may be a revocation."""
        if not self.ledger.exists():
            return []
        entries = []
        for number, line in enumerate(self.ledger.read_bytes().split(b"\n"), start=1):
            if line.strip():
                entries.append(_entry(line, self.ledger, number))
        return entries

    def _revoked_places(self) -> set[int]:
        revoked = self.revoked
        places = {line["place"] for line in self.issued if line["id"] in revoked}
        if self.status_file.exists():
            published = read_document_file(self.status_file)
            subject = published.get("credentialSubject")
            encoded = subject.get("encodedList") if isinstance(subject, dict) else None
            if forgotten := status.places_of(status.decode(str(encoded))) - places:
                raise CourseError(
                    f"{self.ledger} has lost {len(forgotten)} of the revocations that were published; bring it back "
                    "from a backup. Nothing was written."
                )
        return places

    def _suspect(self, document: Document, name: str) -> Document:
        """The key of this name, or the only one that is still trusted."""
        trusted = {_short(each["id"]): each for each in document["verificationMethod"] if "revoked" not in each}
        if name in trusted:
            return trusted[name]
        if name or len(trusted) != 1:
            signed = [f"{each} ({sum(_short(line['key']) == each for line in self.issued)} signed)" for each in trusted]
            what = f"No trusted key is called {name!r}" if name else "Several keys are trusted, also retired ones"
            raise CourseError(f"{what}; name the stolen one: {', '.join(signed)}.")
        return next(iter(trusted.values()))

    def _replace_key(self, document: Document, old: str) -> None:
        self._add_key(document)
        self.publish_status()
        self._key_file(old).unlink(missing_ok=True)

    def _list_id(self, document: Document) -> str:
        return f"{document['id']}:status:1"

    def _signed(self, made: Document, document: Document) -> Document:
        method = document["assertionMethod"][-1]
        return sign(made, self._key(method), method, stamp(self.clock()))

    def _key_file(self, method: str) -> Path:
        return self.folder / f"{_short(method)}.pem"

    def _key(self, method: str) -> Ed25519PrivateKey:
        path = self._key_file(method)
        try:
            key = load_pem_private_key(path.read_bytes(), password=None)
        except (OSError, ValueError) as error:
            raise CourseError(
                f"The private key {path.name} is lost or damaged, and nothing can be signed; rotate to a new one."
            ) from error
        assert isinstance(key, Ed25519PrivateKey)
        return key

    def _add_key(self, document: Document) -> None:
        """Make a key, put the private half into a file that only its owner can read, and publish the other half."""
        method = f"{document['id']}#key-{len(document['verificationMethod']) + 1}"
        key = Ed25519PrivateKey.generate()
        path = self._key_file(method)
        self.folder.mkdir(parents=True, exist_ok=True)
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        descriptor = os.open(
            path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600
        )  # never readable by others, not for a moment
        with os.fdopen(descriptor, "wb") as file:
            file.write(pem)
        document["verificationMethod"].append(
            {
                "id": method,
                "type": "Multikey",
                "controller": document["id"],
                "publicKeyMultibase": to_multikey(key.public_key()),
                "created": stamp(self.clock()),  # ours: with `expires`, the time in which it may have signed
            }
        )
        document["assertionMethod"].append(method)
        _write_json(self.public, document)

    def _enter(self, line: dict[str, Any]) -> None:
        try:
            append_line(self.ledger, line | {"time": stamp(self.clock())})
        except OSError as error:
            raise CourseError(f"Could not write {self.ledger}: {error.strerror}.") from error


def _short(method: str) -> str:
    return method.rpartition("#")[2]


def _entry(line: bytes, path: Path, number: int) -> dict[str, Any]:
    try:
        entry = dict(json.loads(line))
        wanted = {"issued": ("id", "place", "indicator", "student", "key"), "revoked": ("id", "why")}[entry["what"]]
        lacking = [name for name in wanted if name not in entry]
    except (ValueError, KeyError, TypeError, RecursionError):
        lacking = ["its shape"]
    if lacking:
        raise CourseError(
            f"Line {number} of {path} is damaged, and it may be a revocation; bring the file back from a backup. "
            "Nothing was written."
        )
    return entry


def _write_json(path: Path, document: Document) -> None:
    write_atomically(path, json.dumps(document, indent=2, ensure_ascii=False) + "\n")
