"""No attack gets what it aims at under the engine, in the tier 'full'."""

import pytest

from tests.attacks.model import FULL
from tests.attacks.suite import assert_holds, parameters


@pytest.mark.parametrize("name", parameters(FULL, often=True))
def test_attack_fails(name: str) -> None:
    assert_holds(FULL, True, name)


@pytest.mark.full
@pytest.mark.parametrize("name", parameters(FULL, often=False))
def test_long_attack_fails(name: str) -> None:
    assert_holds(FULL, False, name)
