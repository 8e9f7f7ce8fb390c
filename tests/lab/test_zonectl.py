"""The command of a zone's pipeline, stage by stage, on the API and the files that learners get."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from curriculum.lab import landing, zonectl

REFERENCE = Path(__file__).parents[2] / "solutions/f5-capstone-landing-zone/reference"
FILE = "parameters/outreach-test.yml"


@pytest.fixture(scope="module")
def api() -> Iterator[str]:
    with landing.cloud() as url:
        yield url


@pytest.fixture
def folder(api: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(REFERENCE, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ZONE_API", api)
    monkeypatch.setenv("ZONE_DATE", "2026-11-24")
    landing.reset(api)
    return tmp_path


def _edit(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def test_the_stages_bring_up_what_was_planned(folder: Path, api: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert [zonectl.main([stage, FILE]) for stage in ("lint", "policy", "budget", "plan")] == [0, 0, 0, 0]
    approved = capsys.readouterr().out.strip().rsplit("sha256=", 1)[1]
    assert zonectl.main(["deploy", FILE, "--approved", approved]) == 0
    assert [zonectl.main([stage, FILE]) for stage in ("smoke", "evidence")] == [0, 0]
    assert '"zone": "outreach-test"' in capsys.readouterr().out
    assert landing.stacks(api) == {"outreach-test": "CREATE_COMPLETE"}


def test_a_plan_that_was_not_approved_is_refused(folder: Path, api: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert zonectl.main(["deploy", FILE, "--approved", "another"]) == 1
    assert zonectl.main(["deploy", FILE]) == 1
    assert "refused by deploy" in capsys.readouterr().out
    assert landing.inventory(api) == {}


@pytest.mark.parametrize(
    ("stage", "old", "new"),
    [
        ("lint", "stage: test", "stage: qa"),
        ("policy", "region: eu-central-1", "region: us-east-1"),
        ("budget", "budget_usd: 120", "budget_usd: 20"),
    ],
)
def test_each_gate_says_why_not(
    folder: Path, stage: str, old: str, new: str, capsys: pytest.CaptureFixture[str]
) -> None:
    _edit(folder / FILE, old, new)
    assert zonectl.main([stage, FILE]) == 1
    assert f"refused by {stage}" in capsys.readouterr().out


def test_the_folders_own_function_is_used(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "zone.py").write_text("def read_parameters(text):\n    raise ValueError('mine')\n", encoding="utf-8")
    assert zonectl.main(["lint", FILE]) == 1
    assert "mine" in capsys.readouterr().out


def test_a_stage_that_does_not_exist_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert zonectl.main(["destroy", FILE]) == 2
    assert "usage" in capsys.readouterr().out


def test_a_month_costs_by_hour_month_and_day_kept() -> None:
    prices = [
        {"type": "W", "choice": "m", "unit": "hour", "usd": "0.1"},
        {"type": "B", "choice": "", "unit": "month", "usd": "2"},
        {"type": "L", "choice": "", "unit": "day-kept", "usd": "0.5"},
    ]
    parts = {
        "w": {"type": "W", "properties": {"LaunchTemplateData": {"InstanceType": "m"}}},
        "b": {"type": "B", "properties": {}},
        "l": {"type": "L", "properties": {"RetentionInDays": "30"}},
    }
    assert zonectl.monthly_cost(parts, prices, "")["usd"] == "90.00"
