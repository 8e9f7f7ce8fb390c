"""The radar's file holds, entries go stale by their ring, and a learner's own file is never harmed."""

from datetime import date

import pytest
import yaml

from curriculum.lab import ecosystem_widgets, radar
from curriculum.lab.errors import LabError

DAY = date(2026, 11, 24)
GOOD = ("Flux", "platform", "trial", "it reconciles", "a week on our test cluster", "https://fluxcd.io")


def entry(ring="adopt", checked=DAY, moves=None):
    moves = moves or [{"day": date(2026, 1, 1), "ring": ring, "why": "a reason"}]
    return radar.Entry(
        name="x y", quadrant="data", moves=moves, evidence="we measured it", source="https://x.org", checked=checked
    )


def test_every_shipped_entry_was_looked_at_since_it_moved():
    for one in radar.shipped():
        assert one.moves[-1].day <= one.checked <= DAY
        assert one.ring(DAY) in radar.RINGS


@pytest.mark.parametrize(("ring", "days"), [("adopt", 180), ("trial", 90), ("assess", 60), ("hold", 365)])
def test_an_entry_is_due_in_the_month_in_which_its_term_ends(ring, days):
    end = date(2026, 11, 30)
    just = date.fromordinal(end.toordinal() - days)
    later = date.fromordinal(just.toordinal() + 1)
    assert list(
        radar.due(DAY, [entry(ring, just, [{"day": date(2024, 1, 1), "ring": ring, "why": "a reason"}])])["name"]
    )
    assert radar.due(DAY, [entry(ring, later, [{"day": date(2024, 1, 1), "ring": ring, "why": "a reason"}])]).empty


def test_what_is_not_on_the_radar_yet_is_not_due():
    assert radar.due(date(2025, 6, 1), [entry(checked=date(2020, 1, 1))]).empty


def test_changes_between_two_days():
    moves = [
        {"day": date(2026, 1, 1), "ring": "assess", "why": "heard of it"},
        {"day": date(2026, 6, 1), "ring": "hold", "why": "no licence"},
    ]
    one = [entry(moves=moves)]
    assert radar.changes(date(2026, 2, 1), DAY, one).to_numpy().tolist() == [["x y", "assess", "hold", "no licence"]]
    assert radar.changes(date(2025, 2, 1), date(2026, 2, 1), one)["from"].tolist() == ["(new)"]
    assert radar.changes(date(2026, 7, 1), DAY, one).empty
    with pytest.raises(LabError, match="not before"):
        radar.changes(DAY, DAY, one)


def test_moves_out_of_order_are_refused():
    moves = [
        {"day": DAY, "ring": "hold", "why": "a reason"},
        {"day": date(2026, 1, 1), "ring": "adopt", "why": "a reason"},
    ]
    with pytest.raises(ValueError, match="order"):
        entry(moves=moves)


def test_an_entry_of_ones_own_is_kept_and_moves(tmp_path):
    assert radar.mine(tmp_path) == ()
    radar.keep(*GOOD, today=date(2026, 10, 1), folder=tmp_path)
    radar.keep(
        "Flux",
        "platform",
        "adopt",
        "nobody noticed it",
        "two months without incident",
        "https://fluxcd.io",
        DAY,
        tmp_path,
    )
    (one,) = radar.mine(tmp_path)
    assert [(move.day, move.ring) for move in one.moves] == [(date(2026, 10, 1), "trial"), (DAY, "adopt")]
    assert one.checked == DAY and len(radar.entries(tmp_path)) == len(radar.shipped()) + 1


def test_the_same_ring_again_renews_the_date_only(tmp_path):
    radar.keep(*GOOD, today=date(2026, 10, 1), folder=tmp_path)
    assert len(radar.keep(*GOOD, today=DAY, folder=tmp_path).moves) == 1
    assert radar.mine(tmp_path)[0].checked == DAY


def test_ones_own_entry_replaces_the_shipped_one_of_its_name(tmp_path):
    radar.keep(
        "KServe", "serving", "hold", "nobody here runs it", "asked all teams", "https://kserve.github.io", DAY, tmp_path
    )
    rings = {one.name: one.ring(DAY) for one in radar.entries(tmp_path)}
    assert rings["KServe"] == "hold" and len(radar.entries(tmp_path)) == len(radar.shipped())


@pytest.mark.parametrize("bad", [("Flux", "platform", "love", *GOOD[3:]), (*GOOD[:5], "no link"), ("", *GOOD[1:])])
def test_what_does_not_hold_is_not_written(tmp_path, bad):
    radar.keep(*GOOD, today=DAY, folder=tmp_path)
    before = (tmp_path / radar.MINE).read_bytes()
    with pytest.raises(LabError, match="Not kept"):
        radar.keep(*bad, today=DAY, folder=tmp_path)
    assert (tmp_path / radar.MINE).read_bytes() == before


def test_a_file_that_somebody_broke_is_named_and_left_alone(tmp_path):
    (tmp_path / radar.MINE).write_text("entries: [{name: Flux}]", encoding="utf-8")
    with pytest.raises(LabError, match=r"my-radar\.yml does not hold"):
        radar.keep(*GOOD, today=DAY, folder=tmp_path)
    assert yaml.safe_load((tmp_path / radar.MINE).read_text(encoding="utf-8")) == {"entries": [{"name": "Flux"}]}


def test_the_form_keeps_and_says_what_is_missing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    name, quadrant, ring, why, evidence, source, button, state = ecosystem_widgets.new_entry().children
    button.click()
    assert "Not kept. It needs a name, a ring of adopt, trial, assess, hold with a reason" in state.value
    assert "a source that begins with https://" in state.value and "quadrant" not in state.value
    assert not (tmp_path / radar.MINE).exists()
    name.value, quadrant.value, ring.value, why.value, evidence.value, source.value = GOOD
    button.click()
    assert "Kept in my-radar.yml" in state.value and radar.mine(tmp_path)[0].name == "Flux"
