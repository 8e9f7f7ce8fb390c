"""The attacks, by family. Importing this module reads them all."""

from tests.attacks.catalogue import (  # noqa: F401
    endings,
    floods,
    lookalikes,
    peeking,
    reaching,
    second_round,
    tampering,
    wire,
)
from tests.attacks.model import CATALOGUE

__all__ = ["CATALOGUE"]
