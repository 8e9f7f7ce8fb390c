"""What a credential gives away is counted, and a sealed claim shows nothing until it is shown."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from curriculum.credentials.badge import Award
from curriculum.credentials.disclosure import check_claim, conceal, facts, guesses_needed, linking
from curriculum.credentials.issuer import Issuer
from curriculum.credentials.proof import Refused

RESULTS = [("f1/plan", "7 of 8"), ("f1/drift", "7 of 8"), ("f5/reflect", "9 of 12")]


@pytest.fixture
def issuer(tmp_path):
    return Issuer(tmp_path, lambda: datetime(2026, 11, 24, tzinfo=UTC)).create("The school")


def test_open_results_are_facts_and_sealed_ones_are_none_until_shown(issuer):
    hashed, claims = conceal(RESULTS)
    opened = issuer.issue(Award("t", "Transcript", "All.", RESULTS), "ada@city.example")
    sealed = issuer.issue(Award("t", "Transcript", "All.", hashed), "ada@city.example")
    bare = issuer.issue(Award("t", "Transcript", "All."), "ada@city.example")
    assert len(facts(opened)) == len(facts(bare)) + 3
    assert "f1/plan: 7 of 8" in facts(opened)
    assert len(facts(sealed)) == len(facts(bare))
    assert set(facts(sealed, claims[:1])) - set(facts(sealed)) == {"f1/plan: 7 of 8"}
    assert not any("7 of 8" in str(sealed[name]) or "plan" in str(sealed[name]) for name in sealed)


def test_a_shown_claim_is_checked_in_name_value_and_salt(issuer):
    hashed, claims = conceal(RESULTS)
    sealed = issuer.issue(Award("t", "Transcript", "All.", hashed), "ada@city.example")
    for claim in claims:
        check_claim(sealed, claim)
        for other in ({"value": "8 of 8"}, {"name": "f1/apply"}, {"salt": "x"}):
            with pytest.raises(Refused, match="no such claim"):
                check_claim(sealed, replace(claim, **other))


def test_equal_claims_have_different_hashes():
    hashed, _ = conceal([("a", "1"), ("a", "1")])
    assert len({value for _, value in hashed}) == 2


def test_one_credential_links_two_verifiers_and_two_credentials_do_not(issuer):
    one, other = (issuer.issue(Award("t", "Transcript", "All."), "ada@city.example") for _ in range(2))
    assert linking(one, one) == ["id", "identityHash", "proofValue", "salt", "statusListIndex"]
    assert linking(one, other) == []


def test_an_address_is_found_by_whoever_has_a_list(issuer):
    identity = issuer.issue(Award("t", "Transcript", "All."), "ada@x.example")["credentialSubject"]["identifier"][0]
    wanted, salt = identity["identityHash"], identity["salt"]
    assert guesses_needed(wanted, ["bob@x.example", "ada@x.example"], salt) == 2
    assert guesses_needed(wanted, ["bob@x.example"], salt) is None
