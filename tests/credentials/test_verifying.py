"""A credential verifies offline, and stops doing so when anything is altered, expired, revoked, or of another key."""

import copy
import json
import stat
import unicodedata
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
import rfc8785
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curriculum.credentials import status, tampering
from curriculum.credentials.badge import VALID_FOR, Award, check_schema
from curriculum.credentials.issuer import LIST_VALID_FOR, Issuer
from curriculum.credentials.proof import Refused, check_proof, from_multikey, read_document, to_base58
from curriculum.credentials.verifying import verify
from curriculum.errors import CourseError

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
AWARD = Award("Y1-S1", "Deployed model serving", "All pieces passed.", [("start-all", "8 of 8")])
ADA = "ada@city.example"


class Desk:
    """An issuer with a clock that a test can move, and one credential."""

    def __init__(self, folder):
        self.time = NOW
        self.issuer = Issuer(folder, lambda: self.time).create("The school")
        self.credential = self.issuer.issue(AWARD, ADA, "ada")

    @property
    def status(self):
        return json.loads(self.issuer.status_file.read_text(encoding="utf-8"))

    def verify(self, credential=None, **how):
        said = {"issuer": self.issuer.document, "status_list": self.status, "at": self.time} | how
        return verify(credential or self.credential, **said)


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path / "issuer")


@pytest.fixture(scope="module")
def still(tmp_path_factory):
    """A desk that tests only read."""
    return Desk(tmp_path_factory.mktemp("still") / "issuer")


def test_verifies_offline_and_says_what_was_checked(desk):
    verdict = desk.verify(identity=ADA)
    assert verdict.ok
    assert [check.name for check in verdict.checks] == ["schema", "signature", "dates", "status", "recipient"]
    assert verdict.failed == ""


def test_survives_being_written_and_read(desk):
    text = json.dumps(desk.credential, indent=7, ensure_ascii=False)
    assert desk.verify(read_document(text)).ok


def test_every_forgery_of_one_member_is_caught_also_by_the_signature_alone(still):
    forged = dict(tampering.forgeries(still.credential))
    assert len(forged) > 90
    key = from_multikey(still.issuer.document["verificationMethod"][0]["publicKeyMultibase"])
    for name, each in forged.items():
        assert each != still.credential, name
        assert not still.verify(each).ok, name
        with pytest.raises(Refused):
            check_proof(each, key)


def leaves(member, path=()):
    if isinstance(member, dict | list):
        for key, value in member.items() if isinstance(member, dict) else enumerate(member):
            yield from leaves(value, (*path, key))
    else:
        yield path


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_other_value_of_any_member_is_caught(still, data):
    path = data.draw(st.sampled_from(list(leaves(still.credential))))
    forged = copy.deepcopy(still.credential)
    inner = forged
    for key in path[:-1]:
        inner = inner[key]
    new = data.draw(st.text(max_size=90) | st.integers(-9, 9) | st.booleans() | st.none() | st.just([]) | st.just({}))
    if type(new) is type(inner[path[-1]]) and new == inner[path[-1]]:
        return
    inner[path[-1]] = new
    assert not still.verify(forged).ok


@pytest.mark.parametrize("part", ["credentialSubject", "proof", "credentialStatus", "name", "id"])
def test_no_part_can_be_taken_from_another_credential(desk, part):
    other = desk.issuer.issue(Award("Y1-S2", "Implemented pipelines", "All of it."), "bob@city.example", "bob")
    assert desk.verify(other).ok
    assert desk.verify(desk.credential | {part: other[part]}).failed == "signature"


def test_another_key_with_the_same_name_is_refused(desk, tmp_path):
    stranger = Desk(tmp_path / "stranger")
    assert stranger.verify().ok
    assert desk.verify(stranger.credential).failed == "signature"
    claimed = stranger.credential | {"issuer": desk.credential["issuer"]}
    assert "does not have" in desk.verify(claimed).checks[1].sentence
    named = {"verificationMethod": desk.credential["proof"]["verificationMethod"]}
    claimed["proof"] = claimed["proof"] | named
    assert "does not fit" in desk.verify(claimed).checks[1].sentence


def resigned(desk, proof=None, **changes):
    """The credential with changes, signed again with the issuer's own key."""
    key = load_pem_private_key((desk.issuer.folder / "key-1.pem").read_bytes(), None)
    unsigned = {name: value for name, value in (desk.credential | changes).items() if name != "proof"}
    options = {name: value for name, value in desk.credential["proof"].items() if name != "proofValue"} | (proof or {})
    hashed = b"".join(sha256(rfc8785.dumps(part)).digest() for part in (options, unsigned))
    return unsigned | {"proof": options | {"proofValue": "z" + to_base58(key.sign(hashed))}}


def test_a_signature_that_fits_is_not_enough(desk):
    """The issuer's key signed all of these, and each is wrong in another way."""
    assert desk.verify(resigned(desk)).ok
    public = from_multikey(desk.issuer.document["verificationMethod"][0]["publicKeyMultibase"])
    other_issuer = resigned(desk, issuer=desk.credential["issuer"] | {"id": "urn:uuid:another"})
    assert "Another issuer" in desk.verify(other_issuer).checks[1].sentence
    future = resigned(desk, proof={"created": "2026-11-24T09:00:01Z"})
    assert "in the future" in desk.verify(future).checks[1].sentence
    for proof, says in (
        ({"proofPurpose": "authentication"}, "another purpose"),
        ({"@context": ["https://www.w3.org/ns/credentials/v2"]}, "different contexts"),
        ({"cryptosuite": "eddsa-rdfc-2022"}, "not of the kind"),
    ):
        with pytest.raises(Refused, match=says):
            check_proof(resigned(desk, proof), public)


def test_it_expires_to_the_second_and_is_not_valid_before(desk):
    end = NOW + VALID_FOR
    desk.time = end - timedelta(seconds=1)
    desk.issuer.publish_status()
    assert desk.verify().ok
    desk.time = end
    assert desk.verify().failed == "dates"
    assert "expired on 2029-11-23" in desk.verify().checks[2].sentence
    assert not desk.verify(at=NOW - timedelta(seconds=1)).ok


def test_it_is_revoked_alone(desk):
    other = desk.issuer.issue(AWARD, "bob@city.example", "bob")
    before = desk.status
    desk.issuer.revoke(desk.credential["id"], "a mistake")
    assert desk.verify().failed == "status"
    assert desk.verify(other).ok
    assert desk.verify(status_list=before).ok  # the price of offline: an old list knows nothing
    with pytest.raises(CourseError, match="not issued here"):
        desk.issuer.revoke("urn:uuid:unknown", "why not")


def test_a_status_list_that_is_missing_old_foreign_or_altered_is_no_answer(desk, tmp_path):
    assert "no status list" in desk.verify(status_list=None).checks[3].sentence
    old = desk.status
    assert desk.verify(at=NOW + LIST_VALID_FOR - timedelta(seconds=1)).ok
    assert "expired" in desk.verify(at=NOW + LIST_VALID_FOR).checks[3].sentence
    assert "another one" in desk.verify(status_list=Desk(tmp_path / "stranger").status).checks[3].sentence
    assert "another one" in desk.verify(status_list=desk.credential).checks[3].sentence
    desk.issuer.revoke(desk.credential["id"], "a mistake")
    cleaned = copy.deepcopy(desk.status)
    cleaned["credentialSubject"]["encodedList"] = old["credentialSubject"]["encodedList"]
    assert desk.verify(status_list=cleaned).failed == "status"
    for broken in ({}, desk.status | {"credentialSubject": []}, {k: v for k, v in desk.status.items() if k != "proof"}):
        assert desk.verify(status_list=broken).failed == "status"


def test_only_the_recipient_is_the_recipient(desk):
    assert desk.verify(identity="bob@city.example").failed == "recipient"
    assert ADA not in json.dumps(desk.credential)


def test_a_lost_key_costs_nothing_that_was_issued(desk):
    old = desk.issuer.document
    next(desk.issuer.folder.glob("*.pem")).unlink()
    with pytest.raises(CourseError, match="lost or damaged"):
        desk.issuer.issue(AWARD, ADA, "ada")
    desk.time += timedelta(days=1)
    desk.issuer.rotate()
    desk.time += timedelta(days=1)
    assert desk.verify().ok
    new = desk.issuer.issue(AWARD, ADA, "ada")
    assert new["proof"]["verificationMethod"].endswith("#key-2")
    assert desk.verify(new).ok
    assert desk.verify(issuer=old).failed == "status"  # the list is signed by a key that the old document does not know


def test_a_retired_key_signs_nothing_new(desk):
    spare = (desk.issuer.folder / "key-1.pem").read_bytes()
    desk.time += timedelta(days=1)
    desk.issuer.rotate()
    desk.time += timedelta(days=1)
    (desk.issuer.folder / "key-2.pem").write_bytes(spare)
    late = desk.issuer.issue(AWARD, ADA, "ada")
    late["proof"]["verificationMethod"] = late["proof"]["verificationMethod"].replace("key-2", "key-1")
    assert "retired" in desk.verify(late, at=desk.time).checks[1].sentence


def test_a_stolen_key_takes_with_it_what_it_signed(desk):
    revoked = desk.issuer.issue(AWARD, "bob@city.example", "bob")
    desk.issuer.revoke(revoked["id"], "a mistake")
    assert desk.issuer.report_stolen() == [desk.credential["id"]]  # what was revoked need not be issued again
    assert "stolen" in desk.verify().checks[1].sentence
    assert desk.verify(desk.issuer.issue(AWARD, ADA, "ada")).ok


def forged_with(desk, pem, **proof):
    """What a thief makes with a copy of the first key."""
    desk.issuer.folder.joinpath("key-1.pem").write_bytes(pem)
    try:
        return resigned(desk, proof, id="urn:uuid:00000000-0000-4000-8000-000000000000")
    finally:
        desk.issuer.folder.joinpath("key-1.pem").unlink()


def test_a_key_that_was_lost_first_and_turns_out_stolen_is_the_one_that_is_reported(desk):
    copied = (desk.issuer.folder / "key-1.pem").read_bytes()
    desk.time += timedelta(days=1)
    desk.issuer.rotate()
    desk.time += timedelta(days=1)
    newer = desk.issuer.issue(AWARD, "bob@city.example", "bob")
    forged = forged_with(desk, copied)
    assert desk.verify(forged).ok  # what backdating allows, as long as nobody knows of the copy
    with pytest.raises(CourseError, match=r"name the stolen one: key-1 \(1 signed\), key-2 \(1 signed\)"):
        desk.issuer.report_stolen()
    with pytest.raises(CourseError, match="No trusted key is called 'key-9'"):
        desk.issuer.report_stolen("key-9")
    assert desk.issuer.report_stolen("key-1") == [desk.credential["id"]]
    assert "stolen" in desk.verify(forged).checks[1].sentence
    assert not desk.verify().ok
    assert desk.verify(newer).ok  # the key in use was not touched, and needs no successor
    assert [path.name for path in desk.issuer.folder.glob("*.pem")] == ["key-2.pem"]
    assert desk.issuer.report_stolen() == [newer["id"]]  # the only one that was left
    assert desk.verify(desk.issuer.issue(AWARD, ADA, "ada")).ok


def test_a_key_signs_for_its_own_time_only(desk):
    copied = (desk.issuer.folder / "key-1.pem").read_bytes()
    desk.time += timedelta(days=180)
    desk.issuer.rotate()
    assert not (desk.issuer.folder / "key-1.pem").exists()
    assert desk.verify(forged_with(desk, copied, created="2026-12-24T09:00:00Z")).ok
    before = forged_with(desk, copied, created="2026-11-24T08:59:59Z")
    assert "older than its key" in desk.verify(before).checks[1].sentence
    after = forged_with(desk, copied, created="2027-05-23T09:00:01Z")
    assert "retired" in desk.verify(after).checks[1].sentence


@pytest.mark.parametrize("damage", ["half a line", "a line less", "no ledger", "a line without its place"])
def test_a_ledger_that_lost_a_revocation_publishes_nothing(desk, damage):
    desk.issuer.issue(AWARD, "bob@city.example", "bob")
    desk.issuer.revoke(desk.credential["id"], "copied work")
    whole = desk.issuer.ledger.read_bytes()
    lines = whole.splitlines(keepends=True)
    if damage == "no ledger":
        desk.issuer.ledger.unlink()
    else:
        less = {"half a line": whole[:-20], "a line less": b"".join(lines[:-1])}
        desk.issuer.ledger.write_bytes(less.get(damage, whole.replace(b'"place"', b'"places"')))
    before = {path.name: path.read_bytes() for path in desk.issuer.folder.iterdir()}
    for act in (
        desk.issuer.publish_status,
        desk.issuer.rotate,
        desk.issuer.report_stolen,
        lambda: desk.issuer.issue(AWARD, ADA),
    ):
        with pytest.raises(CourseError, match="from a backup"):
            act()
    assert {path.name: path.read_bytes() for path in desk.issuer.folder.iterdir()} == before
    desk.issuer.ledger.write_bytes(whole)
    desk.issuer.publish_status()
    assert desk.verify().failed == "status"


@pytest.mark.parametrize("written", ["ADA@City.example", " ada@city.example\n", "ada@city.example"])
def test_an_address_is_the_same_in_capitals_and_with_spaces(desk, written):
    assert desk.verify(identity=written).ok
    assert desk.verify(desk.issuer.issue(AWARD, written), identity=ADA).ok


def test_an_address_with_an_accent_is_the_same_in_both_ways_to_write_it(desk):
    one, other = (unicodedata.normalize(form, "zoé@city.example") for form in ("NFC", "NFD"))
    assert one != other
    assert desk.verify(desk.issuer.issue(AWARD, one), identity=other).ok


@pytest.mark.parametrize(
    "text", ["x", "x@y", "@city.example", "a b@city.example", "a@b@c.example", "\udc80a@b.example"]
)
def test_what_is_no_address_is_refused_at_issue_and_when_checked(desk, text):
    with pytest.raises(Refused, match="no e-mail address"):
        desk.issuer.issue(AWARD, text)
    assert desk.verify(identity=text).failed == "recipient"
    assert len(desk.issuer.issued) == 1


def test_says_that_the_recipient_was_not_checked(desk):
    assert desk.verify().ok
    assert desk.verify().rows[-1][:2] == ["recipient", "not checked"]


@pytest.mark.parametrize(
    "change",
    [
        {"name": None},
        {"verificationMethod": None},
        {"verificationMethod": [{"id": "urn:a#key-1"}]},
        {"verificationMethod": [{"id": "urn:a#key-1", "publicKeyMultibase": "z6", "revoked": None}]},
        {"assertionMethod": {}},
    ],
)
def test_an_issuers_document_that_is_none_is_said_in_a_sentence(desk, change):
    said = [
        desk.verify(issuer=desk.issuer.document | change).checks[1].sentence,
        desk.verify(issuer={}).checks[1].sentence,
    ]
    assert all(sentence.startswith("The issuer's document cannot be used") for sentence in said)


def test_private_keys_are_private_and_a_retired_one_is_destroyed(desk):
    desk.issuer.rotate()
    keys = sorted(desk.issuer.folder.glob("*.pem"))
    assert [(path.name, stat.S_IMODE(path.stat().st_mode)) for path in keys] == [("key-2.pem", 0o600)]
    others = [path for path in desk.issuer.folder.iterdir() if path.suffix != ".pem"]
    assert len(others) == 3
    assert not any(b"PRIVATE" in path.read_bytes() for path in others)
    with pytest.raises(CourseError, match="already"):
        desk.issuer.create("Again")


def test_places_in_the_list_are_not_given_twice_and_not_in_order(desk):
    for number in range(20):
        desk.issuer.issue(AWARD, f"{number}@city.example", str(number))
    places = [line["place"] for line in desk.issuer.issued]
    assert len(set(places)) == 21
    assert places != sorted(places)


def test_the_schema_refuses_what_it_does_not_know(still):
    check_schema(still.credential)
    with pytest.raises(Refused, match="points"):
        check_schema(still.credential | {"points": 99})
    with pytest.raises(Refused, match="credentialSubject"):
        check_schema(still.credential | {"credentialSubject": {}})


@given(st.sets(st.integers(0, status.BITS - 1), max_size=30), st.integers(0, status.BITS - 1))
def test_the_list_says_of_each_place_what_was_put_there(revoked, other):
    bits = status.decode(status.encode(revoked))
    assert all(status.is_revoked(bits, place) for place in revoked)
    assert status.is_revoked(bits, other) == (other in revoked)


@pytest.mark.parametrize("text", ["", "u", "x" + status.encode([])[1:], status.encode([])[:-9], "uAAAA", "u€"])
def test_a_damaged_list_is_refused(text):
    with pytest.raises(Refused, match="cannot be read"):
        status.decode(text)


@pytest.mark.parametrize("place", [-1, status.BITS])
def test_a_place_outside_the_list_is_refused(place):
    with pytest.raises(Refused, match="outside"):
        status.is_revoked(status.decode(status.encode([])), place)
