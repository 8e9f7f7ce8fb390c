"""Which attacks run under what, and what they must come to."""

import functools
import sys

import pytest

from tests.attacks.catalogue import CATALOGUE
from tests.attacks.harness import run
from tests.attacks.known import KNOWN
from tests.attacks.model import PLAIN, Attack, Seen
from tests.attacks.quarantine import NoQuarantineError

OFTEN = (  # the families of every run; the others take minutes
    *("tampering", "lookalikes", "peeking", "reaching"),
    *("swallowed", "described", "lent", "stand-ins", "given"),
)


def applies(attack: Attack, runner: str) -> bool:
    """Whether there is anything to ask of an attack under a runner."""
    if sys.version_info[:2] < attack.oldest_python:
        return False
    return not attack.unaffected if runner == PLAIN else bool(attack.aims_under(runner))


def cases(runner: str, often: bool) -> list[str]:
    """The names of the attacks that run under a runner, in every run or in the full one."""
    return [
        attack.name
        for attack in CATALOGUE.values()
        if applies(attack, runner) and often == (attack.family in OFTEN and not attack.slow)
    ]


@functools.cache
def results(runner: str, often: bool) -> dict[str, Seen]:
    """Run all of them, once for all tests."""
    try:
        return run(runner, cases(runner, often))
    except NoQuarantineError as error:
        pytest.skip(f"Attacks run in namespaces of their own, which this machine does not give: {error}")


def parameters(runner: str, often: bool) -> list[object]:
    """For `parametrize`: those known to succeed are expected to."""
    made = []
    for name in cases(runner, often):
        tiers, why = KNOWN.get(name, ((), ""))
        made.append(pytest.param(name, marks=[pytest.mark.xfail(reason=why, strict=True)] if runner in tiers else []))
    return made


def assert_holds(runner: str, often: bool, name: str) -> None:
    """The three answers are no, no, no."""
    seen = results(runner, often)[name]
    reached = {
        question.value: seen.of(question) for question in CATALOGUE[name].aims_under(runner) if seen.of(question)
    }
    assert not reached, f"{reached} {seen.note}"
    assert not seen.points, seen.points
