"""Facts about a tool come from what is installed and from the dated table, and gaps are said."""

from datetime import date

import pytest

from curriculum.lab import toolchoice
from curriculum.lab.errors import LabError


def test_what_comes_with_a_package_is_followed_through():
    assert "numpy" in toolchoice.needs("pandas") and "six" in toolchoice.needs("pandas")
    assert toolchoice.needs("cedarpy") == set()


def test_extras_are_left_out():
    assert "pytest" not in toolchoice.needs("pandas")


def test_the_footprint_is_that_of_the_files():
    assert 5 < toolchoice.footprint_mb("regopy") < 100
    assert toolchoice.footprint_mb("pandas") > toolchoice.footprint_mb("six")


def test_a_package_that_is_not_there_is_named():
    with pytest.raises(LabError, match="'no-such-package' is not installed"):
        toolchoice.footprint_mb("no-such-package")
    with pytest.raises(LabError, match="no releases of 'six'"):
        toolchoice.releases("six")


def test_licences_are_looked_for_in_both_places():
    assert toolchoice.licence("cedarpy") == ("", "LICENSE")
    assert toolchoice.licence("regopy")[0] == "MIT"


def test_every_release_is_dated_has_a_source_and_comes_before_the_check():
    for package in ("regopy", "cedarpy", "duckdb", "pandas"):
        table = toolchoice.releases(package)
        assert table["released"].is_monotonic_increasing and (table["released"] <= table["checked"]).all()
        assert table["source"].str.startswith(f"package index: {package} ").all()


def test_since_is_the_release_after_the_last_gap():
    assert toolchoice.since("regopy", "linux-arm64") == date(2026, 7, 1)
    assert toolchoice.since("regopy", "windows-x86") is None  # it had them, and dropped them
    first = toolchoice.releases("duckdb")["released"].iloc[0].date()
    assert toolchoice.since("duckdb", "linux-x86_64") == first


def test_footholds_are_the_files_that_import_it_and_the_lines_that_name_it(tmp_path):
    (tmp_path / "a.py").write_text("import duckdb as d\nx = d.connect()\ny = d.sql('1')\n", encoding="utf-8")
    (tmp_path / "b.py").write_text("from duckdb.typing import BIGINT\nz = BIGINT\n", encoding="utf-8")
    (tmp_path / "c.py").write_text("duckdb = 1\nprint(duckdb)\n", encoding="utf-8")
    assert toolchoice.footholds("duckdb", tmp_path) == {"a.py": 2, "b.py": 1}


def test_the_profile_says_what_is_missing():
    row = toolchoice.profile("cedarpy")
    assert row["licence in metadata"] == "not stated" and row["licence file"] == "LICENSE"
    assert toolchoice.profile("regopy")["arm64 Linux since"] == "2026-07-01"
