"""Where practitioners meet, what to do there first, and when a list of such places is too old to trust."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd
import yaml

FILE = Path(__file__).parent / "data" / "practice" / "communities.yml"
TRUST_DAYS = 180


@dataclass(frozen=True)
class Place:
    """A community or an event. `as_of` is the date of what was read, `checked` the day on which it was read."""

    name: str
    url: str
    audience: str
    meets: str
    first: str
    cost: str
    as_of: date
    checked: date
    state: str

    def is_due(self, today: date) -> bool:
        """Whether what is said of it is too old to go by."""
        return (today - self.as_of).days > TRUST_DAYS


def places() -> list[Place]:
    """All of them, closed ones too."""
    return [Place(**each) for each in yaml.safe_load(FILE.read_text(encoding="utf-8"))["places"]]


def ladder() -> pd.DataFrame:
    """The rungs of a first contribution: what to do, what shows it, hours."""
    return pd.DataFrame(yaml.safe_load(FILE.read_text(encoding="utf-8"))["ladder"]).set_index("rung")
