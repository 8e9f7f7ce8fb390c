"""The same verdict split and in one process, for each pattern of the table."""

from typing import Any

import pytest
from patterns import PATTERNS, Pattern

# Patterns whose split verdict differs on purpose, with the reason.
DIFFERENT: dict[str, str] = {}


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda pattern: pattern.name)
def test_same_verdict(pattern: Pattern, tried: dict[str, Any]) -> None:
    found = tried[pattern.name]
    assert isinstance(found["profiles"], list), found["profiles"]
    together, split = found["right"]
    assert split == together
    assert not any(error for error, _ in together), "the right answer should pass"
    together, split = found["wrong"]
    assert split == together
    assert any(error for error, _ in together) or together[0][1] != found["right"][0][0][1], "the wrong answer passes"


def test_enough_patterns() -> None:
    assert len({pattern.name for pattern in PATTERNS}) == len(PATTERNS) >= 80
