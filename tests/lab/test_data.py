import hashlib
import importlib.util
import re
from pathlib import Path

import pandas as pd
import pytest

from curriculum import lab
from curriculum.lab import data

FOLDER = data.ADULT.parent
CONVERTER = Path(__file__).parents[2] / "tools" / "convert_adult.py"


@pytest.fixture(scope="module")
def adult() -> pd.DataFrame:
    return lab.adult()


@pytest.fixture(scope="module")
def datasheet() -> str:
    return (FOLDER / "DATASHEET.md").read_text(encoding="utf-8")


def test_is_the_known_data_set(adult: pd.DataFrame) -> None:
    assert adult.split.tolist() == ["train"] * 32561 + ["test"] * 16281
    assert adult.income_over_50k.dtype == bool
    assert adult.income_over_50k.sum() == 11687  # 23.93%, as adult.names says
    assert adult.isna().sum().loc[lambda n: n > 0].to_dict() == {
        "workclass": 2799,
        "occupation": 2809,
        "native_country": 857,
    }
    assert len(adult.dropna()) == 45222  # as adult.names says
    assert adult.loc[0, ["age", "workclass", "fnlwgt"]].tolist() == [39, "State-gov", 77516]
    assert not adult.select_dtypes("str").apply(lambda column: column.str.contains(r"^\s|\s$|\.$|^\?$").any()).any()


def test_datasheet_tells_every_column_and_the_right_checksum(adult: pd.DataFrame, datasheet: str) -> None:
    assert re.findall(r"^\| `(\w+)` \|", datasheet, re.MULTILINE) == list(adult)
    assert hashlib.sha256(data.ADULT.read_bytes()).hexdigest() in datasheet
    for heading in ("Motivation", "Composition", "Collection", "Preprocessing", "Uses", "Distribution", "Maintenance"):
        assert re.search(rf"^## {heading}", datasheet, re.MULTILINE), heading
    for fact in ("48,842", "1994", "CC BY 4.0", "10.24432/C5XW20", "Ding", "Retiring Adult"):
        assert fact in datasheet, fact
    assert "Attribution 4.0 International" in (FOLDER / "LICENSE").read_text(encoding="utf-8")


def test_datasheet_knows_the_sources_that_the_converter_accepts(datasheet: str) -> None:
    spec = importlib.util.spec_from_file_location("convert_adult", CONVERTER)
    assert spec and spec.loader
    converter = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(converter)
    assert all(checksum in datasheet for checksum in converter.SHA256.values())


def test_missing_file_is_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(data, "ADULT", tmp_path / "adult.parquet")
    with pytest.raises(lab.LabError, match="is missing"):
        lab.adult()


@pytest.mark.parametrize(("n", "scale", "expected"), [(100, "smoke", 10), (100, "lesson", 100), (100, "full", 1000)])
def test_scaled(n: int, scale: str, expected: int) -> None:
    assert lab.scaled(n, scale) == expected


def test_scaled_keeps_the_minimum_and_refuses_other_names() -> None:
    assert lab.scaled(3, "smoke") == 1
    assert lab.scaled(3, "smoke", minimum=2) == 2
    with pytest.raises(lab.LabError, match="no scale 'huge'"):
        lab.scaled(1, "huge")
