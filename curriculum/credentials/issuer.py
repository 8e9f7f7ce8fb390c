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
from curriculum.credentials.proof import Document, read_document, sign, to_multikey
from curriculum.errors import CourseError
from curriculum.files import write_atomically
from curriculum.lab.lines import append_line, read_lines

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
        try:
            return read_document(self.public.read_text(encoding="utf-8"))
        except OSError as error:
            raise CourseError(f"There is no issuer in {self.folder} yet ({error.strerror}).") from error

    @property
    def issued(self) -> list[dict[str, Any]]:
        """The ledger's lines of what was issued."""
        return [line for line in read_lines(self.ledger) if line.get("what") == "issued"]

    @property
    def revoked(self) -> dict[str, str]:
        """Why each revoked credential was revoked, by its id."""
        return {line["id"]: line["why"] for line in read_lines(self.ledger) if line.get("what") == "revoked"}

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

    def rotate(self, stolen: bool) -> list[str]:
        """Retire the key and make a new one. Returns the ids of credentials that no longer verify.

        A key that was lost signs nothing any more, and what it signed stays good. What a stolen key signed cannot be
        told from what the thief signs with a date of their choice, so all of it fails.
        """
        document = self.document
        old = document["verificationMethod"][-1]
        old["revoked" if stolen else "expires"] = stamp(self.clock())
        self._add_key(document)
        self.publish_status()
        if not stolen:
            return []
        return [line["id"] for line in self.issued if line["key"] == old["id"] and line["id"] not in self.revoked]

    def issue(self, award: Award, identity: str, student: str = "") -> Document:
        """A signed credential for whoever has this e-mail address, entered in the ledger as issued to `student`."""
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
        """Sign the status list anew, good for `LIST_VALID_FOR`."""
        document, time = self.document, self.clock()
        revoked = self.revoked
        places = [line["place"] for line in self.issued if line["id"] in revoked]
        made = status.status_list(
            document["id"], self._list_id(document), places, stamp(time), stamp(time + LIST_VALID_FOR)
        )
        _write_json(self.status_file, self._signed(made, document))

    def _list_id(self, document: Document) -> str:
        return f"{document['id']}:status:1"

    def _signed(self, made: Document, document: Document) -> Document:
        method = document["assertionMethod"][-1]
        return sign(made, self._key(method), method, stamp(self.clock()))

    def _key_file(self, method: str) -> Path:
        return self.folder / f"{method.rpartition('#')[2]}.pem"

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
            }
        )
        document["assertionMethod"].append(method)
        _write_json(self.public, document)

    def _enter(self, line: dict[str, Any]) -> None:
        try:
            append_line(self.ledger, line | {"time": stamp(self.clock())})
        except OSError as error:
            raise CourseError(f"Could not write {self.ledger}: {error.strerror}.") from error


def _write_json(path: Path, document: Document) -> None:
    write_atomically(path, json.dumps(document, indent=2, ensure_ascii=False) + "\n")
