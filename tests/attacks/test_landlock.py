"""No attack gets what it aims at under the engine, in the tier 'landlock'."""

import pytest

from tests.attacks.model import LANDLOCK
from tests.attacks.suite import assert_holds, parameters


@pytest.mark.full
@pytest.mark.parametrize("name", parameters(LANDLOCK, often=True))
def test_attack_fails(name: str) -> None:
    assert_holds(LANDLOCK, True, name)


@pytest.mark.full
@pytest.mark.parametrize("name", parameters(LANDLOCK, often=False))
def test_long_attack_fails(name: str) -> None:
    assert_holds(LANDLOCK, False, name)
