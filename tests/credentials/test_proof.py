"""Proofs agree with W3C's test vector, and a document has one meaning only."""

import json
import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from curriculum.credentials.proof import (
    Refused,
    check_proof,
    from_base58,
    from_multikey,
    read_document,
    read_document_file,
    sign,
    to_base58,
    to_multikey,
)
from curriculum.errors import CourseError

VECTOR = json.loads(Path(__file__).with_name("eddsa-jcs-2022.json").read_text(encoding="utf-8"))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


def vector_key():
    return Ed25519PrivateKey.from_private_bytes(from_base58(VECTOR["privateKeyMultibase"][1:])[2:])


def test_signs_byte_for_byte_as_the_specification_does():
    signed = VECTOR["signed"]
    unsigned = {name: value for name, value in signed.items() if name != "proof"}
    proof = signed["proof"]
    assert sign(unsigned, vector_key(), proof["verificationMethod"], proof["created"]) == signed


def test_verifies_the_specifications_example():
    key = from_multikey(VECTOR["publicKeyMultibase"])
    check_proof(VECTOR["signed"], key)
    assert to_multikey(key) == VECTOR["publicKeyMultibase"]
    with pytest.raises(Refused, match="does not fit"):
        check_proof(VECTOR["signed"] | {"name": "Alumni credential"}, key)


@given(st.dictionaries(st.text(min_size=1, max_size=4), JSON, max_size=4))
def test_any_document_verifies_as_signed_and_with_no_member_more(content):
    content = {name: value for name, value in content.items() if name != "proof"} | {"@context": ["x"]}
    key = Ed25519PrivateKey.generate()
    signed = sign(content, key, "urn:a#key-1", "2026-11-24T00:00:00Z")
    check_proof(read_document(json.dumps(signed)), key.public_key())
    with pytest.raises(Refused):
        check_proof(signed | {"a member more": None}, key.public_key())
    with pytest.raises(Refused):
        check_proof(signed, Ed25519PrivateKey.generate().public_key())


@given(st.binary(max_size=70))
def test_base_58_goes_there_and_back(data):
    assert from_base58(to_base58(data)) == data


@pytest.mark.parametrize("text", ["0", "l", "é", "1" * 101])
def test_what_is_no_base_58_is_refused(text):
    with pytest.raises(Refused, match="base 58"):
        from_base58(text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"a": 1, "a": 2}', "stands twice"),
        ('{"a": {"b": 1, "b": 1}}', "stands twice"),
        ('{"a": NaN}', "no JSON number"),
        ("[]", "not a JSON object"),
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ('{"a": "' + "x" * 1_000_000 + '"}', "more than"),
    ],
)
def test_a_document_with_two_meanings_or_none_is_refused(text, why):
    with pytest.raises(Refused, match=why):
        read_document(text)


@pytest.mark.parametrize("text", ["", "z6Mk", "abc", "z" + to_base58(b"\xed\x01" + b"x" * 31)])
def test_what_is_no_key_is_refused(text):
    with pytest.raises(Refused, match="no Ed25519 key"):
        from_multikey(text)


def test_a_file_is_read_with_the_mark_that_some_editors_write(tmp_path):
    path = tmp_path / "document.json"
    path.write_bytes(b"\xef\xbb\xbf{}")
    assert read_document_file(path) == {}


def test_a_file_that_is_too_long_is_not_read(tmp_path):
    path = tmp_path / "document.json"
    path.touch()
    os.truncate(path, 200_000_000_000)  # a hole: it takes no room on the disk, and could not be read into memory
    with pytest.raises(Refused, match=r"more than 1,000,000 bytes"):
        read_document_file(path)


def test_what_is_no_file_is_said_in_a_sentence(tmp_path):
    for path in (tmp_path, tmp_path / "missing.json"):
        with pytest.raises(CourseError, match="There is no file"):
            read_document_file(path)


def test_half_a_character_is_refused():
    key = Ed25519PrivateKey.generate()
    signed = sign({"@context": ["x"], "name": "a"}, key, "urn:a#key-1", "2026-11-24T00:00:00Z")
    with pytest.raises(Refused, match="does not fit"):
        check_proof(signed | {"name": "\ud800"}, key.public_key())
