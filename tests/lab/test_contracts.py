"""A contract finds every breach where two parts meet, and lets through what it does not name."""

import pandas as pd
import pytest

from curriculum.lab import contracts
from curriculum.lab.errors import LabError

TEXT = """
name: rate
version: "1.2"
producer: load test
consumer: report
fields:
  rate: {type: number, unit: decisions/s, low: 1, high: 100}
  region: {type: text, one_of: [here, there]}
"""


def given(version="1.0", units=None, **columns):
    rows = pd.DataFrame({"rate": [5.0, 50.0], "region": ["here", "there"]} | columns)
    return contracts.Handover(rows, version, {"rate": "decisions/s"} if units is None else units)


def breaches(handover):
    return contracts.breaches(contracts.read(TEXT), handover)


def test_what_keeps_the_contract_passes_with_fields_beside():
    assert breaches(given(extra=[1, 2])) == []
    assert breaches(given(rate=[1, 100])) == []


@pytest.mark.parametrize(
    ("handover", "said"),
    [
        (given(units={"rate": "decisions/min"}), ["rate: in decisions/min, expected in decisions/s"]),
        (given(units={}), ["rate: in no unit, expected in decisions/s"]),
        (given(rate=[0.5, 50]), ["rate: 0.5 is below 1 decisions/s"]),
        (given(rate=[5, 101]), ["rate: 101 is above 100 decisions/s"]),
        (given(rate=["5", "many"]), ["rate: 1 of 2 values are not numbers"]),
        (given(rate=[5, None]), ["rate: 1 of 2 values are not numbers"]),
        (given(region=["here", "mars"]), ["region: mars not among here, there"]),
        (given(region=["here", None]), ["region: not text: None"]),
        (given(version="2.0"), ["load test sends version 2.0, report reads 1.2"]),
    ],
)
def test_each_breach_is_said_in_words(handover, said):
    found = breaches(handover)
    assert [one.replace("nan", "None") for one in found] == said


def test_a_renamed_field_is_said_with_what_came_in_its_place():
    handover = given()
    renamed = contracts.Handover(handover.rows.rename(columns={"region": "location"}), "1.0", handover.units)
    assert breaches(renamed) == ["region: not there; unknown fields: location"]


def test_all_breaches_are_found_at_once():
    assert len(breaches(given(units={}, rate=[0, 500], region=["mars", "here"]))) == 4


@pytest.mark.parametrize("text", ["a: [", "name: x", TEXT.replace("number", "colour"), TEXT + "\nsurprise: 1"])
def test_what_is_no_contract_is_refused(text):
    with pytest.raises(LabError, match="no contract"):
        contracts.read(text)
