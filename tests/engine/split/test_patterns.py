"""The same verdict split and in one process, for each pattern of the tables."""

from typing import Any

import pytest
from patterns import PATTERNS, Pattern
from patterns_field import FIELD
from patterns_other import OTHER
from patterns_reentry import REENTRY

ALL = [*PATTERNS, *FIELD, *OTHER, *REENTRY]

# Patterns whose split verdict differs, with the reason: their tests have to run guarded.
DIFFERENT: dict[str, str] = {
    "pydantic models of the learner": "pydantic alone can make its ValidationError, so the judge has none to catch",
}


@pytest.mark.parametrize("pattern", [p for p in ALL if p.name not in DIFFERENT], ids=lambda pattern: pattern.name)
def test_same_verdict(pattern: Pattern, tried: dict[str, Any]) -> None:
    found = tried[pattern.name]
    assert isinstance(found["profiles"], list), found["profiles"]
    for together, split in (found["right"], *found["others"]):
        assert split == together
        assert not any(error for error, _ in together), "the right answer should pass"
    together, split = found["wrong"]
    assert split == together
    assert any(error for error, _ in together) or together[0][1] != found["right"][0][0][1], "the wrong answer passes"


@pytest.mark.parametrize("name", DIFFERENT)
def test_what_differs_fails_when_it_is_split(name: str, tried: dict[str, Any]) -> None:
    together, split = tried[name]["right"]
    assert not any(error for error, _ in together)
    assert any(error for error, _ in split), "it agrees by now"


def test_enough_patterns() -> None:
    assert len({pattern.name for pattern in ALL}) == len(ALL) >= 80 + 80 + 30
    assert len(OTHER) >= 30 and all(pattern.others for pattern in OTHER)
