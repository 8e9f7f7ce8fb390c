"""The table of equivalents holds, refuses what is incomplete, and its distances are those of the stated attributes."""

from datetime import date

import pytest
import yaml

from curriculum.lab import ecosystem_widgets, equivalents
from curriculum.lab.errors import LabError

DAY = date(2026, 11, 24)


def changed(change):
    """The shipped file with one change, as text."""
    content = yaml.safe_load(equivalents.FILE.read_text(encoding="utf-8"))
    change(content)
    return yaml.safe_dump(content, allow_unicode=True)


def test_the_shipped_table_is_complete():
    table = equivalents.equivalents()
    assert len(table.capabilities) >= 16
    assert all(set(row.where) == set(table.platforms) for row in table.capabilities)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda c: c["capabilities"][0]["where"].pop("azure"), "object-storage lacks azure"),
        (
            lambda c: c["capabilities"][0]["where"].update(mars={"absent": "x", "source": "https://x.org"}),
            "unknown mars",
        ),
        (lambda c: c["capabilities"][1]["where"]["aws"].update(promise="always"), "'always' is not in the vocabulary"),
        (lambda c: c["capabilities"][1]["where"]["aws"].pop("bites"), "leaves out bites"),
        (lambda c: c["capabilities"][0]["where"]["kubernetes"].update(service="A disk"), "is absent, and yet states"),
        (lambda c: c["capabilities"][0]["where"]["aws"].update(source="ask Bob"), "source"),
        (lambda c: c["vocabulary"]["unit"].append("banana"), "no cell uses it"),
        (lambda c: c["capabilities"].append(c["capabilities"][0]), "object-storage appears twice"),
        (lambda c: c["jurisdictions"].pop("aws"), "every platform needs a jurisdiction"),
    ],
)
def test_a_table_with_a_gap_is_refused(change, said):
    with pytest.raises(LabError, match=said):
        equivalents.read(changed(change))


def test_a_text_that_is_no_yaml_is_refused():
    with pytest.raises(LabError, match="not YAML"):
        equivalents.read("a: [")


def test_distance_counts_the_attributes_that_differ():
    aws, azure = (equivalents.equivalents().cell("cost-export", at) for at in ("aws", "azure"))
    assert equivalents.differs(aws, azure) == ["identity"]
    assert equivalents.distance(aws, azure) == pytest.approx(1 / 6)
    assert equivalents.distance(aws, azure, {"identity": 0}) == 0
    assert equivalents.distance(aws, azure, {"identity": 3}) == pytest.approx(3 / 8)


def test_distance_is_symmetric_and_nothing_is_far_from_itself():
    table = equivalents.equivalents()
    for row in table.capabilities:
        for one in row.where.values():
            assert equivalents.distance(one, one) == (0 if one.service else None)
            for other in row.where.values():
                assert equivalents.distance(one, other) == equivalents.distance(other, one)


def test_two_apis_of_their_own_are_two_apis():
    aws, azure = (equivalents.equivalents().cell("model-endpoint", at) for at in ("aws", "azure"))
    assert aws.api == azure.api == "own"
    assert "api" in equivalents.differs(aws, azure)
    said = equivalents.translate("model-endpoint", "aws", "azure", today=DAY)
    assert said["changes"] == {"api": "own → another of its own", "identity": "aws-iam → entra"}


@pytest.mark.parametrize("weights", [{"identity": -1}, {"colour": 1}, dict.fromkeys(equivalents.ATTRIBUTES, 0)])
def test_impossible_weights_are_refused(weights):
    one = equivalents.equivalents().cell("metrics", "aws")
    with pytest.raises(LabError, match="Weights"):
        equivalents.distance(one, one, weights)


@pytest.mark.parametrize(
    ("apart", "word"),
    [
        (None, "nothing to translate to"),
        (0.34, "a translation"),
        (0.35, "a cousin"),
        (0.65, "a cousin"),
        (0.66, "the same purpose only"),
    ],
)
def test_kinds_begin_and_end_at_their_bounds(apart, word):
    assert equivalents.kind(apart) == word


def test_what_is_absent_is_said_with_what_people_build():
    said = equivalents.translate("queue", "aws", "kubernetes", today=DAY)
    assert said["distance"] is None and said["changes"] == {}
    assert said["wanted"].startswith("(none)") and "RabbitMQ" in said["surprise"]
    assert ("Queue", "Kubernetes") in equivalents.without_equivalent()


def test_an_unknown_row_or_column_is_named():
    with pytest.raises(LabError, match="no capability 'teleport'"):
        equivalents.translate("teleport", "aws", "azure")
    with pytest.raises(LabError, match="no platform 'mars'"):
        equivalents.translate("queue", "aws", "mars")


def test_a_cell_goes_stale_the_day_after_its_term():
    cell = equivalents.Cell(absent="x", source="https://x.org", checked=DAY)
    assert equivalents.age(cell, date(2027, 5, 23)) == "fresh"
    assert equivalents.age(cell, date(2027, 5, 24)) == "stale"
    assert equivalents.age(equivalents.Cell(absent="x", source="https://x.org"), DAY) == "unchecked"
    with pytest.raises(LabError, match="after today"):
        equivalents.age(cell, date(2026, 1, 1))


def test_the_warning_counts_what_the_ages_say():
    total = equivalents.ages(DAY).sum()
    assert total.sum() == 80
    assert f"{total['unchecked']} were never compared" in equivalents.warning(DAY)
    assert equivalents.ages(date(2028, 1, 1)).sum()["fresh"] == 0


def test_the_widget_answers_what_the_function_answers():
    box = ecosystem_widgets.translator()
    what, know, learn, _, shown = box.children
    what.value, know.value, learn.value = "secrets", "gcp", "kubernetes"
    assert "etcd" in shown.value and "the same purpose only" in shown.value
    assert shown.value == ecosystem_widgets.answer("secrets", "gcp", "kubernetes")
