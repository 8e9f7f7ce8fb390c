"""A list of bits, one a credential: 1 is revoked. W3C's Bitstring Status List v1.0 (Recommendation of 15 May 2025).

The list is long, and a credential's place in it is drawn by chance, so that asking for the list does not tell its
keeper whose credential is looked at.
"""

import base64
import binascii
import gzip
import zlib
from collections.abc import Iterable

from curriculum.credentials.proof import Document, Refused

BITS = 131_072  # the least that the specification allows


def encode(revoked: Iterable[int]) -> str:
    """The list in which these places are 1, as the specification writes it."""
    bits = bytearray(BITS // 8)
    for place in revoked:
        bits[place // 8] |= 0x80 >> place % 8
    return "u" + base64.urlsafe_b64encode(gzip.compress(bytes(bits), mtime=0)).decode().rstrip("=")


def decode(text: str) -> bytes:
    """The bits of an encoded list. Raises `Refused` where it is none, or not of the length that we write."""
    try:
        packed = base64.urlsafe_b64decode(text[1:] + "=" * (-len(text[1:]) % 4))
        unpacker = zlib.decompressobj(wbits=31)  # gzip; at most one byte more than is wanted, against bombs
        bits = unpacker.decompress(packed, BITS // 8 + 1)
    except (binascii.Error, ValueError, zlib.error):
        raise Refused("The status list cannot be read.") from None
    if not text.startswith("u") or len(bits) != BITS // 8 or not unpacker.eof:
        raise Refused("The status list cannot be read.")
    return bits


def places_of(bits: bytes) -> set[int]:
    """Every place whose bit is set."""
    return {8 * byte + bit for byte, value in enumerate(bits) if value for bit in range(8) if value & (0x80 >> bit)}


def is_revoked(bits: bytes, place: int) -> bool:
    """Whether the bit at `place` is set. Raises `Refused` for a place outside the list."""
    if not 0 <= place < BITS:
        raise Refused("The credential's place is outside the status list.")
    return bool(bits[place // 8] & (0x80 >> place % 8))


def status_list(issuer: str, list_id: str, revoked: Iterable[int], valid_from: str, valid_until: str) -> Document:
    """The list as a credential, to be signed. It is good until `valid_until`: older news are no news."""
    return {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "id": list_id,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": issuer,
        "validFrom": valid_from,
        "validUntil": valid_until,
        "credentialSubject": {
            "id": f"{list_id}#list",
            "type": "BitstringStatusList",
            "statusPurpose": "revocation",
            "encodedList": encode(revoked),
        },
    }
