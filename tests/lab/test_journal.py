"""The journal keeps what the learner found, whatever interrupts it."""

import json

import numpy as np
import pandas as pd
import pytest

from curriculum import lab
from curriculum.lab.errors import LabError
from curriculum.lab.journal import Entry, append, entries, latest, plain
from curriculum.lab.lines import append_line, read_lines


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_records_and_reads_back(capsys):
    lab.record("p99", np.float64(312.44), "ms", note="8 users")
    assert capsys.readouterr().out == "Recorded p99: 312.4 ms (8 users)\n"
    (entry,) = entries()
    assert (entry.kind, entry.key, entry.value, entry.unit, entry.note) == ("number", "p99", 312.44, "ms", "8 users")
    assert entry.time.endswith("+00:00")


def test_the_latest_of_a_kind_is_found():
    for kind, value in (("prediction", 1), ("result", 2), ("prediction", 3)):
        append(Entry(kind, "p99", value))
    assert latest("p99", "prediction").value == 3
    assert latest("p99", "result", "number").value == 2
    assert latest("p99").value == 3
    assert latest("other") is None


@pytest.mark.parametrize("torn", range(1, 60))
def test_a_torn_line_costs_only_itself(here, torn):
    append(Entry("number", "first", 1))
    append(Entry("number", "second", 2))
    whole = (here / "journal.jsonl").read_bytes()
    (here / "journal.jsonl").write_bytes(whole[:-torn])
    assert [entry.key for entry in entries()] == (["first", "second"] if torn == 1 else ["first"])
    append(Entry("number", "third", 3))
    assert [entry.key for entry in entries()][-1] == "third"
    assert entries()[0].key == "first"


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"nonsense",
        b"[1]",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"kind": "guess", "key": "k", "value": 1}',
        b'{"kind": "number", "key": 3, "value": 1}',
        b'{"kind": "number", "key": "k", "value": [1]}',
        b'{"kind": "number", "key": "k", "value": NaN}',
        b'{"kind": ["number"], "key": "k", "value": 1}',
    ],
)
def test_a_foreign_line_is_skipped(here, line):
    append(Entry("number", "first", 1))
    with (here / "journal.jsonl").open("ab") as file:
        file.write(line + b"\n")
    append(Entry("number", "last", 2))
    assert [entry.key for entry in entries()] == ["first", "last"]


def test_text_with_line_separators_stays_one_line(here):
    append(Entry("number", "k", "a\u2028b\nc"))
    assert entries()[0].value == "a\u2028b\nc"
    assert len((here / "journal.jsonl").read_bytes().splitlines()) == 1


def test_goes_on_where_nothing_can_be_written(here, capsys):
    (here / "journal.jsonl").mkdir()  # root may write anywhere, so a folder in the way stands for a read-only one
    lab.record("p99", 3)
    assert "the lesson goes on without it" in capsys.readouterr().out
    assert entries() == []


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.int64(3), 3),
        (np.float32(0.5), 0.5),
        (np.bool_(True), True),
        (np.array([7]), 7),
        (pd.Series([1.5]), 1.5),
        ("queue", "queue"),
    ],
)
def test_unpacks_one_value(value, expected):
    assert plain("k", value) == expected
    assert type(plain("k", value)) is type(expected)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (np.array([1, 2]), "a ndarray of shape (2,)"),
        ([1], "a list"),
        (None, "a NoneType"),
        (float("nan"), "came out as nan"),
        (np.inf, "came out as inf"),
    ],
)
def test_refuses_what_is_no_value(value, words):
    with pytest.raises(LabError) as caught:
        plain("p99", value)
    assert "'p99'" in str(caught.value)
    assert words in str(caught.value)


def test_two_writers_do_not_mix_lines(here):
    path = here / "lines.jsonl"
    for number in range(50):
        append_line(path, {"n": number})
    assert [line["n"] for line in read_lines(path)] == list(range(50))
    assert json.loads(path.read_text(encoding="utf-8").splitlines()[0]) == {"n": 0}
