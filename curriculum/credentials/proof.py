"""Signs a JSON document, and checks that nothing in it was altered.

This is the cryptosuite eddsa-jcs-2022 of W3C's Data Integrity EdDSA Cryptosuites v1.0 (Recommendation of 15 May 2025):
the JSON is brought into one form (RFC 8785), hashed, and signed with Ed25519. Every member is signed, also one that no
context defines, and no JSON-LD is processed, so that nothing has to be fetched.
"""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from curriculum.errors import CourseError

SUITE = "eddsa-jcs-2022"
_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_ED25519_PUBLIC = b"\xed\x01"  # the multicodec of an Ed25519 public key
_LARGEST = 1_000_000  # bytes or characters of a document

Document = dict[str, Any]


class Refused(CourseError):
    """A document that must not be believed. The message says why, in one sentence."""


def read_document(text: str) -> Document:
    """A JSON object without a second meaning. Raises `Refused` for anything that two readers could read differently."""
    if len(text) > _LARGEST:
        raise Refused(f"The document has more than {_LARGEST:,d} characters.")
    try:
        content = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise Refused(f"The document is not JSON: {error}.") from None
    if not isinstance(content, dict):
        raise Refused("The document is not a JSON object.")
    return content


def read_document_file(path: Path) -> Document:
    """The document in a file. Raises `CourseError` for one that cannot be read, `Refused` for one that is none."""
    try:
        if not path.is_file():
            raise CourseError(f"There is no file {path}.")
        if path.stat().st_size > _LARGEST:
            raise Refused(f"{path} has more than {_LARGEST:,d} bytes, and no document of ours is as long.")
        return read_document(path.read_text(encoding="utf-8-sig"))  # some editors put a mark before the text
    except (OSError, UnicodeDecodeError) as error:
        raise CourseError(f"Could not read {path}: {error}.") from error


def sign(document: Document, key: Ed25519PrivateKey, method: str, created: str) -> Document:
    """The document with a proof by `key`, which the issuer's document calls `method`."""
    proof = {
        "type": "DataIntegrityProof",
        "cryptosuite": SUITE,
        "created": created,
        "verificationMethod": method,
        "proofPurpose": "assertionMethod",
        "@context": document["@context"],
    }
    return document | {"proof": proof | {"proofValue": "z" + to_base58(key.sign(_hashed(document, proof)))}}


def check_proof(document: Document, key: Ed25519PublicKey) -> None:
    """Raise `Refused` unless the document is, to the last member, what the owner of `key` signed."""
    proof = document.get("proof")
    if not isinstance(proof, dict):
        raise Refused("The document has no proof.")
    if proof.get("type") != "DataIntegrityProof" or proof.get("cryptosuite") != SUITE:
        raise Refused(f"The proof is not of the kind {SUITE}.")
    if proof.get("proofPurpose") != "assertionMethod":
        raise Refused("The proof was made for another purpose.")
    if proof.get("@context") != document.get("@context"):
        raise Refused("The proof and the document have different contexts.")
    value = proof.get("proofValue")
    if not isinstance(value, str) or not value.startswith("z"):
        raise Refused("The proof has no signature that can be read.")
    unsigned = {name: content for name, content in document.items() if name != "proof"}
    options = {name: content for name, content in proof.items() if name != "proofValue"}
    try:
        key.verify(from_base58(value[1:]), _hashed(unsigned, options))
    except (InvalidSignature, rfc8785.CanonicalizationError, UnicodeEncodeError, RecursionError):
        raise Refused("The signature does not fit: something was altered, or another key signed it.") from None


def to_multikey(key: Ed25519PublicKey) -> str:
    """A public key as a Multikey text, which begins with z6Mk."""
    return "z" + to_base58(_ED25519_PUBLIC + key.public_bytes_raw())


def from_multikey(text: str) -> Ed25519PublicKey:
    """The public key of a Multikey text. Raises `Refused` for anything else."""
    data = from_base58(text[1:]) if text.startswith("z") else b""
    if data[:2] != _ED25519_PUBLIC or len(data) != 34:
        raise Refused("The issuer's document holds a key that is no Ed25519 key.")
    return Ed25519PublicKey.from_public_bytes(data[2:])


def to_base58(data: bytes) -> str:
    """Bytes in Bitcoin's base 58, as multibase's `z` uses it."""
    number, text = int.from_bytes(data), ""
    while number:
        number, digit = divmod(number, 58)
        text = _ALPHABET[digit] + text
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + text


def from_base58(text: str) -> bytes:
    """The bytes of a base-58 text. Raises `Refused` where it is none, or longer than a signature or key could be."""
    if len(text) > 100 or set(text) - set(_ALPHABET):
        raise Refused("A key or signature is not written in base 58.")
    number = 0
    for character in text:
        number = number * 58 + _ALPHABET.index(character)
    return b"\0" * (len(text) - len(text.lstrip("1"))) + number.to_bytes((number.bit_length() + 7) // 8)


def _hashed(document: Document, proof: Document) -> bytes:
    """What is signed: the hash of the proof's options, and that of the document."""
    return b"".join(hashlib.sha256(rfc8785.dumps(part)).digest() for part in (proof, document))


def _unique(pairs: Iterable[tuple[str, Any]]) -> Document:
    found: Document = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"the member {name!r} stands twice")
        found[name] = value
    return found


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is no JSON number")
