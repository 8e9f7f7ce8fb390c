"""Where practitioners meet, what to do there first, and when a list of such places is too old to trust."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd
import yaml

from curriculum.lab.display import escape, plain_table, show

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


def show_places(shown: Sequence[Place]) -> None:
    """A table in which each name leads to its place, with when it meets and the date of the copy that was read."""
    head = ["place", "for", "what to do first", "meets", "cost", "copy of"]
    rows = [[p.name, p.audience, p.first, p.meets, p.cost, p.as_of.isoformat()] for p in shown]
    links = [f'<a href="{escape(p.url)}">{escape(p.name)}</a>' for p in shown]
    cells = [[link, *map(escape, row[1:])] for link, row in zip(links, rows, strict=True)]
    style = "text-align:left;vertical-align:top;padding:0.3em 0.8em"
    markup = "<table><tr>" + "".join(f'<th scope="col" style="{style}">{each}</th>' for each in head) + "</tr>"
    for row in cells:
        markup += "<tr>" + "".join(f'<td style="{style}">{cell}</td>' for cell in row) + "</tr>"
    plain = [[p.name, p.meets, p.url] for p in shown]
    show(plain_table(["place", "meets", "address"], plain), markup + "</table>")


def ladder() -> pd.DataFrame:
    """The rungs of a first contribution: what to do, what shows it, hours."""
    return pd.DataFrame(yaml.safe_load(FILE.read_text(encoding="utf-8"))["ladder"]).set_index("rung")
