"""A submission holds what the learner saved, says so in a receipt, and is refused when it is the wrong notebook."""

import hashlib
import json
import zipfile
from datetime import UTC, datetime

import pytest

from curriculum.desk import lay, submit_unit, submitting
from curriculum.desk.places import assignment_of, folder_of
from curriculum.desk.showing import plain_text
from curriculum.errors import CourseError


@pytest.fixture
def ready(course, unit, make):
    """The desk with an answered notebook, a journal and files."""
    lay(course)
    make.answered(assignment_of(course, unit), {"limiter": make.RIGHT})
    folder = folder_of(course, unit)
    (folder / "journal.jsonl").write_text('{"kind": "number", "key": "p99", "value": 3}\n', encoding="utf-8")
    (folder / "policy.rego").write_text("package limits\n", encoding="utf-8")
    return course


def opened(receipt):
    with zipfile.ZipFile(receipt.path) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def test_packs_notebook_journal_and_files_with_a_manifest(ready, unit):
    receipt = submit_unit(ready, unit, "ada")
    members = opened(receipt)
    assert list(members) == [
        "manifest.json",
        "u1-limits.ipynb",
        "journal.jsonl",
        "policy.rego",
    ]  # no limits.csv: handed out
    assert members["u1-limits.ipynb"] == assignment_of(ready, unit).read_bytes()
    manifest = json.loads(members.pop("manifest.json"))
    assert (manifest["unit"], manifest["student"], manifest["time"]) == ("u1-limits", "ada", receipt.time.isoformat())
    assert manifest["files"] == {name: hashlib.sha256(content).hexdigest() for name, content in members.items()}
    assert receipt.path.parent == ready.work / "submissions"
    assert receipt.path.name == f"u1-limits--ada--{receipt.time:%Y%m%dT%H%M%SZ}.zip"


def test_the_receipt_is_kept_and_says_how_to_hand_in(ready, unit):
    receipt = submit_unit(ready, unit, "ada")
    assert receipt.sha256 == hashlib.sha256(receipt.path.read_bytes()).hexdigest()
    kept = json.loads((ready.work / ".desk" / "receipts.jsonl").read_text(encoding="utf-8"))
    assert (kept["unit"], kept["student"], kept["sha256"]) == ("u1-limits", "ada", receipt.sha256)
    said = plain_text(receipt)
    assert receipt.sha256 in said
    assert "`course grade u1-limits work/submissions`" in said.replace("\n", " ")
    assert "Not started yet: A file, Who decides." in said


def test_a_kit_says_nothing_of_grading(ready, unit):
    (ready.root / "solutions").rmdir()
    assert "course grade" not in submit_unit(ready, unit, "ada").hand_in


def test_the_same_content_at_the_same_time_is_the_same_file(ready, unit):
    files, _ = submitting._files(ready, unit, assignment_of(ready, unit))
    when = datetime(2026, 11, 23, tzinfo=UTC)
    assert submitting._pack(unit, "ada", when, files) == submitting._pack(unit, "ada", when, files)


def test_twice_in_a_second_keeps_both(ready, unit):
    assert len({submit_unit(ready, unit, "ada").path for _ in range(3)}) == 3


def test_leaves_out_what_is_large_linked_or_of_another_kind(ready, unit, tmp_path):
    folder = folder_of(ready, unit)
    (folder / "model.onnx").write_bytes(b"x")
    (folder / "big.csv").write_bytes(b"1," * 300_000)
    (tmp_path / "secret.txt").write_text("secret", encoding="utf-8")
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    receipt = submit_unit(ready, unit, "ada")
    assert set(opened(receipt)) == {"manifest.json", "u1-limits.ipynb", "journal.jsonl", "policy.rego"}
    assert receipt.notes[-1] == "big.csv is too large to be handed in (600 kB) and was left out."


@pytest.mark.parametrize("name", ["my-portfolio.yml", "my-proposal.md", "My-Plan.yml"])
def test_files_of_the_learners_own_are_never_packed(ready, unit, name):
    (folder_of(ready, unit) / name).write_text("private: [Meridian City]\n", encoding="utf-8")
    assert set(opened(submit_unit(ready, unit, "ada"))) == {
        "manifest.json",
        "u1-limits.ipynb",
        "journal.jsonl",
        "policy.rego",
    }


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}']
)
def test_the_wrong_file_is_refused_and_nothing_written(ready, unit, content):
    assignment_of(ready, unit).write_bytes(content)
    before = sorted(ready.work.rglob("*"))
    with pytest.raises(CourseError, match=r"u1-limits\.ipynb is "):
        submit_unit(ready, unit, "ada")
    assert sorted(ready.work.rglob("*")) == before


@pytest.mark.parametrize("name", ["", "Ada Lovelace", "../ada", "a--b", "-ada", "Zoë", "x" * 65])
def test_a_name_that_cannot_be_a_file_is_refused(ready, unit, name):
    with pytest.raises(CourseError, match="letters, digits"):
        submit_unit(ready, unit, name)


@pytest.mark.parametrize(("user", "student"), [("ada", "ada"), ("CORP\\ada.l", "CORP-ada-l"), ("-zoë-", "zo")])
def test_the_user_name_is_cleaned(ready, unit, monkeypatch, user, student):
    monkeypatch.setattr("getpass.getuser", lambda: user)
    assert submit_unit(ready, unit).student == student


def test_a_machine_without_a_user_name_asks_for_one(ready, unit, monkeypatch):
    monkeypatch.setattr("getpass.getuser", lambda: "ß")
    with pytest.raises(CourseError, match="--student NAME"):
        submit_unit(ready, unit)
