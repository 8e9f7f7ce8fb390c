"""How much work a lesson does: a tenth for a smoke test, its own size for a reader, ten times for a full test."""

from curriculum.lab.errors import LabError

FACTORS = {"smoke": 0.1, "lesson": 1.0, "full": 10.0}


def scaled(n: int, scale: str, minimum: int = 1) -> int:
    """`n` at the given scale, rounded, and never below `minimum`.

    Raises `LabError` when `scale` is not one of smoke, lesson, full.
    """
    if scale not in FACTORS:
        raise LabError(f"There is no scale {scale!r}; set it to one of {', '.join(FACTORS)} in the first code cell.")
    return max(minimum, round(n * FACTORS[scale]))
