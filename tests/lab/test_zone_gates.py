"""Gates as functions, what they see, and what an order of them costs."""

import pandas as pd
import pytest

from curriculum.lab import zone_gates

TEMPLATE = """
Parameters:
  Team: {Type: String}
  Stage: {Type: String, AllowedValues: [test]}
  DataClass: {Type: String}
  RetentionDays: {Type: Number}
  Size: {Type: String}
Resources:
  Store: {Type: AWS::S3::Bucket, Properties: {BucketName: !Ref Team}}
"""
SETTINGS = {
    "team": "a",
    "stage": "test",
    "region": "eu-central-1",
    "data_class": "public",
    "retention_days": 7,
    "size": "small",
    "budget_usd": 10,
}
REGO = 'package zone\nimport rego.v1\ndeny contains {"rule": "region", "part": ""} if input.region != data.home\n'
PRICES = [{"type": "AWS::S3::Bucket", "choice": "", "unit": "month", "usd": "9", "from": "2026-01-01"}]
GATES = {
    "keys": zone_gates.keys,
    "limits": zone_gates.limits,
    "policy": zone_gates.policy(REGO, {"home": "eu-central-1"}),
    "budget": zone_gates.budget(PRICES),
}


@pytest.mark.parametrize(
    ("edit", "gate"),
    [
        ({"owner": "me"}, "keys"),
        ({"stage": "qa"}, "limits"),
        ({"region": "us-east-1"}, "policy"),
        ({"budget_usd": 8}, "budget"),
    ],
)
def test_each_gate_sees_its_fault_and_only_it(edit: dict[str, object], gate: str) -> None:
    refused, _ = zone_gates.measure(GATES, {"fault": zone_gates.Change(TEMPLATE, SETTINGS | edit)})
    assert [name for name in GATES if refused.loc["fault", name]] == [gate]


def test_a_change_that_is_right_passes_and_one_that_a_gate_cannot_read_does_not() -> None:
    changes = {"right": zone_gates.Change(TEMPLATE, SETTINGS), "torn": zone_gates.Change("Resources: [", SETTINGS)}
    refused, seconds = zone_gates.measure(GATES, changes)
    assert not refused.loc["right"].any()
    assert refused.loc["torn", ["limits", "policy", "budget"]].all()
    assert (seconds > 0).all().all()


def test_time_runs_until_the_first_gate_that_refuses_or_to_the_end() -> None:
    refused = pd.DataFrame({"a": [False, False], "b": [True, False]}, index=["fault", "unseen"])
    seconds = pd.DataFrame({"a": [1.0, 1.0], "b": [4.0, 4.0]}, index=refused.index)
    assert zone_gates.until_found(["a", "b"], refused, seconds).to_dict() == {"fault": 5.0, "unseen": 5.0}
    assert zone_gates.until_found(["b", "a"], refused, seconds).to_dict() == {"fault": 4.0, "unseen": 5.0}
    assert zone_gates.all_orders(refused, seconds).index[0] == "b a"
    assert zone_gates.all_orders(refused, seconds, 10).loc["b a"] == pytest.approx((14 + 25) / 2)
