"""The strongest tier is found by trying, and said in a line."""

import os
from pathlib import Path

import pytest

from grading.engine.jail import Tier, announce, landlock, probe
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


def test_what_an_older_kernel_lacks_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(landlock, "version", lambda: 3)
    assert "TCP is not restricted" in announce(Tier.LANDLOCK)
    monkeypatch.setattr(landlock, "version", lambda: 7)
    assert "TCP is not restricted" not in announce(Tier.LANDLOCK)
