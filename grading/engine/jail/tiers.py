"""The tiers of isolation, strongest first, and the two roles that a submission's processes have."""

from enum import StrEnum
from typing import Literal

Role = Literal["learner", "judge"]


class Tier(StrEnum):
    """How well a submission is kept apart."""

    FULL = "full"
    LANDLOCK = "landlock"
    LIMITS = "limits"
