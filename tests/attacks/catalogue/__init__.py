"""The attacks, by family. Importing this module reads them all."""

from tests.attacks.catalogue import endings, floods, lookalikes, peeking, reaching, tampering, wire  # noqa: F401
from tests.attacks.model import CATALOGUE

__all__ = ["CATALOGUE"]
