"""The strongest tier is found by trying, and said in a line."""

import os
from pathlib import Path

import pytest

from grading.engine.jail import Tier, announce, folders, landlock, probe
from tests.engine.jail.conftest import World


def test_without_namespaces_the_next_tier_is_found(world: World) -> None:
    assert probe(deny_namespaces=True) is Tier.LANDLOCK


def test_what_the_probe_finds_holds(world: World) -> None:
    found = probe()
    assert found in (Tier.FULL, Tier.LANDLOCK)
    if found is Tier.LANDLOCK:
        pytest.skip("this machine allows no user namespaces, so that the full tier cannot be tried")


def test_the_probe_leaves_this_process_as_it_was(world: World) -> None:
    before = [Path(f"/proc/self/ns/{kind}").readlink() for kind in ("user", "mnt", "net", "pid")], os.getpid()
    probe.cache_clear()
    probe()
    assert before == ([Path(f"/proc/self/ns/{kind}").readlink() for kind in ("user", "mnt", "net", "pid")], os.getpid())


@pytest.mark.parametrize("tier", Tier)
def test_a_tier_is_announced_in_one_line_that_names_it(tier: Tier) -> None:
    said = announce(tier)
    assert said.startswith(f"Isolation {tier}") and "\n" not in said


def test_the_right_that_root_cannot_take_away_is_said_with_what_helps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(folders, "locked_away", lambda paths: [Path("/root")])
    assert "/root on the way" in announce(Tier.LANDLOCK) and "chmod o+x" in announce(Tier.LANDLOCK)
    assert "chmod" not in announce(Tier.FULL)
    monkeypatch.setattr(folders, "locked_away", lambda paths: [])
    assert "chmod" not in announce(Tier.LANDLOCK)


def test_the_folders_that_lock_others_out_are_found(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "file").touch(0o600)
    before = folders.locked_away([tmp_path / "a" / "b" / "file"])
    (tmp_path / "a").chmod(0o750)
    assert set(folders.locked_away([tmp_path / "a" / "b" / "file"])) - set(before) == {tmp_path / "a"}


def test_the_weakest_tier_says_what_is_open() -> None:
    said = announce(Tier.LIMITS)
    assert "NOT isolated" in said and "solutions" in said and "other submissions" in said and "network" in said


def test_what_an_older_kernel_lacks_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(landlock, "version", lambda: 3)
    assert "TCP is not restricted" in announce(Tier.LANDLOCK)
    monkeypatch.setattr(landlock, "version", lambda: 7)
    assert "TCP is not restricted" not in announce(Tier.LANDLOCK)
