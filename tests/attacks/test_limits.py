"""No attack gets what it aims at under the engine, in the tier 'limits'."""

import pytest

from tests.attacks.model import LIMITS
from tests.attacks.suite import assert_holds, parameters


@pytest.mark.full
@pytest.mark.parametrize("name", parameters(LIMITS, often=True))
def test_attack_fails(name: str) -> None:
    assert_holds(LIMITS, True, name)


@pytest.mark.full
@pytest.mark.parametrize("name", parameters(LIMITS, often=False))
def test_long_attack_fails(name: str) -> None:
    assert_holds(LIMITS, False, name)
