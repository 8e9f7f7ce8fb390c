"""The control: every attack gets what it aims at where there is no engine, so that the suite tests something."""

import pytest

from tests.attacks.catalogue import CATALOGUE
from tests.attacks.model import PLAIN
from tests.attacks.suite import parameters, results


def assert_works(often: bool, name: str) -> None:
    seen = results(PLAIN, often)[name]
    missed = [question.value for question in CATALOGUE[name].aims if not seen.of(question)]
    assert not missed, f"{missed}: it came to {seen}"


@pytest.mark.parametrize("name", parameters(PLAIN, often=True))
def test_attack_works(name: str) -> None:
    assert_works(True, name)


@pytest.mark.full
@pytest.mark.parametrize("name", parameters(PLAIN, often=False))
def test_long_attack_works(name: str) -> None:
    assert_works(False, name)
