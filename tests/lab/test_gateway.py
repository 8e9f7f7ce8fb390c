"""The gateway asks its policy, two engines agree on the whole decision table, and a missing engine closes it."""

import httpx
import pytest

from curriculum import lab
from curriculum.lab import gateway
from curriculum.lab.errors import LabError

HOME = {"region": "eu-central-1", "purpose": "outreach", "data_class": "personal"}


@pytest.mark.parametrize("make", [gateway.RegoGate, gateway.CedarGate])
def test_the_rule_in_either_language(make):
    gate = make()
    assert gate.allows(HOME)
    assert not gate.allows(HOME | {"region": "us-east-1"})
    assert not gate.allows(HOME | {"purpose": "marketing"})
    assert not gate.allows(HOME | {"data_class": "sealed"})
    assert gate.allows(HOME | {"region": "us-east-1", "data_class": "public"})
    assert not gate.allows({"location": "eu-central-1", "purpose": "outreach", "data_class": "personal"})
    assert gate.allows(HOME)  # an engine that was asked keeps nothing of the question


def test_the_engines_agree_on_every_question_and_the_comparison_can_fail():
    assert len(gateway.questions()) == 36
    assert gateway.disagreements(gateway.RegoGate(), gateway.CedarGate()) == []
    narrow = gateway.CedarGate(gateway.CEDAR.replace('"eu-central-1", ', ""))
    found = gateway.disagreements(gateway.RegoGate(), narrow)
    assert {(one["region"], one["data_class"]) for one in found} == {("eu-central-1", "personal")} and len(found) == 2


def test_without_a_package_its_gate_cannot_be_made_and_afterwards_it_can():
    with gateway.without("regopy"):
        with pytest.raises(LabError, match="regopy cannot be imported"):
            gateway.RegoGate()
        assert gateway.CedarGate().allows(HOME)
    assert gateway.RegoGate().allows(HOME)


def answers(gate, bodies):
    with lab.serve(gateway.app(gateway.ranking_model(), gate)) as url, httpx.Client() as client:
        ready = client.get(f"{url}/ready").status_code
        return ready, [client.post(f"{url}/rank", json=body) for body in bodies]


def test_allowed_households_get_a_probability_and_foreign_ones_a_refusal():
    bodies = gateway.traffic(12, foreign=0.5, seed=1)
    ready, got = answers(gateway.RegoGate, bodies)
    away = [body["asked"]["region"] in gateway.REGIONS[2:] for body in bodies]
    assert ready == 200 and 0 < sum(away) < 12
    assert [one.status_code for one in got] == [403 if abroad else 200 for abroad in away]
    assert all(0 <= one.json()["low_income"] <= 1 for one in got if one.status_code == 200)


def test_a_gateway_without_its_engine_is_not_ready_and_ranks_nobody():
    with gateway.without("regopy"):
        ready, got = answers(gateway.RegoGate, gateway.traffic(3))
    assert ready == 503 and {one.status_code for one in got} == {503}


def test_a_renamed_field_stops_one_rule_and_opens_the_other():
    asked = {"location": "us-east-1", "purpose": "outreach", "data_class": "personal"}
    assert not gateway.RegoGate().allows(asked)
    assert gateway.RegoGate(gateway.REGO_DENY).allows(asked)
    assert not gateway.RegoGate(gateway.REGO_DENY).allows(asked | {"region": "us-east-1"})


def test_outcome_counts_what_was_ranked_abroad_under_either_name():
    bodies = [
        {"asked": {"region": "us-east-1"}},
        {"asked": {"location": "us-east-1"}},
        {"asked": {"region": "eu-west-1"}},
    ]
    counted = gateway.outcome([200, 200, 503], bodies)
    assert counted == {"ranked": 2, "refused": 0, "unanswered": 1, "ranked abroad": 2}


def test_every_way_to_write_the_rule_says_the_same():
    for gate, asked in gateway.styles(3).values():
        assert gate.allows(asked)
        assert not gate.allows(asked | {"region": "us-east-1"})
        assert not gate.allows(asked | {"office": "office-9"})


def test_times_have_a_row_a_size_and_a_column_a_way():
    times = gateway.time_styles([1, 3], times=2)
    assert times.shape == (2, 4) and (times > 0).all().all()
