"""What the engine does not prevent yet: by attack, the tiers and why. These must succeed, and no others."""

from tests.attacks.model import LIMITS

KNOWN: dict[str, tuple[tuple[str, ...], str]] = {
    "solutions-executed": ((LIMITS,), "that tier keeps nobody from reading the author's folder, and says so"),
}
