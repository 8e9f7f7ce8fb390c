"""Two logs of the department, synthetic and seeded: what a training role did in two years, and who read which record.

The numbers behind them are invented, and stand here to be changed: how often a permission is needed, how often a
caseworker stands in for another.
"""

import random
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pandas as pd

TODAY = date(2026, 11, 24)

# How many permissions of each rhythm the role needs, and how many days lie between two uses.
RHYTHMS = {"daily": (14, 1), "weekly": (6, 7), "monthly": (6, 30), "quarterly": (4, 91), "yearly": (3, 365)}
_INCIDENTS = 3  # permissions that only an incident needs, each about every 300 days
_ENDED = 12  # permissions of a migration: used for three weeks and never needed again
_MIGRATION = (400, 90)  # days before today in which such work fell


def role_log(seed: int = 3) -> pd.DataFrame:
    """A row for each use of a permission: `permission`, `rhythm`, `day` (0 is today, negative days are the past)."""
    draw = random.Random(seed)
    rows: list[tuple[str, str, int]] = []
    for rhythm, (count, period) in RHYTHMS.items():
        for number in range(count):
            first = -365 - draw.randrange(period)
            rows += [(f"{rhythm}-{number}", rhythm, day) for day in range(first, 366, period) if day >= -365]
    for number in range(_INCIDENTS):
        days = [day for day in range(-365, 366) if draw.random() < 1 / 300]
        rows += [(f"incident-{number}", "incident", day) for day in days]
    for number in range(_ENDED):
        start = -draw.randint(_MIGRATION[1], _MIGRATION[0] - 35)
        rows += [(f"migration-{number}", "ended", start + step) for step in range(0, 21, 4)]
    return pd.DataFrame(rows, columns=["permission", "rhythm", "day"])


def windows(log: pd.DataFrame, lengths: list[int]) -> pd.DataFrame:
    """What a policy from the last `window` days would miss in the year to come, and what it would leave open.

    A row a window: `missed` permissions that are needed within a year and not granted, `idle` ones that are granted and
    not needed.
    """
    needed = set(log.loc[log["day"] >= 0, "permission"])
    rows = []
    for length in lengths:
        granted = set(log.loc[(log["day"] < 0) & (log["day"] >= -length), "permission"])
        rows.append({"window": length, "missed": len(needed - granted), "idle": len(granted - needed)})
    return pd.DataFrame(rows)


@dataclass(frozen=True)
class Casework:
    """Who works for whom, and who read what in a month."""

    staff: list[str]
    households: list[str]
    assigned: dict[str, str]  # from household to caseworker
    deputy: dict[str, str]  # from caseworker to who stands in
    reads: pd.DataFrame  # reader, household, why: "own", "deputy", "other team" or "curious"


def casework(households: int = 1500, staff: int = 24, seed: int = 14) -> Casework:
    """A month of casework: most reads are one's own cases, some stand in for others, a few are nobody's business."""
    draw = random.Random(seed)
    people = [f"cw{number:02}" for number in range(staff)]
    homes = [f"h{number:04}" for number in range(households)]
    assigned = {home: draw.choice(people) for home in homes}
    deputy = {person: people[(place + 1) % staff] for place, person in enumerate(people)}
    rows = []
    for home in draw.choices(homes, k=2 * households):
        owner = assigned[home]
        chance = draw.random()
        if chance < 0.90:
            rows.append((owner, home, "own"))
        elif chance < 0.96:
            rows.append((deputy[owner], home, "deputy"))
        elif chance < 0.99:
            rows.append(
                (draw.choice([each for each in people if each not in (owner, deputy[owner])]), home, "other team")
            )
        else:
            rows.append((draw.choice([each for each in people if each not in (owner, deputy[owner])]), home, "curious"))
    return Casework(people, homes, assigned, deputy, pd.DataFrame(rows, columns=["reader", "household", "why"]))


def entities(work: Casework) -> list[dict[str, Any]]:
    """The casework as Cedar entities: `Worker` with a deputy, `Record` with an assigned worker."""

    def link(kind: str, name: str) -> dict[str, Any]:
        return {"__entity": {"type": kind, "id": name}}

    workers = [
        {"uid": {"type": "Worker", "id": each}, "attrs": {"deputy": link("Worker", work.deputy[each])}, "parents": []}
        for each in work.staff
    ]
    records = [
        {"uid": {"type": "Record", "id": home}, "attrs": {"assigned": link("Worker", owner)}, "parents": []}
        for home, owner in work.assigned.items()
    ]
    return workers + records


def weekday(day: int) -> str:
    """The date of a day of the log, as `2027-01-05`."""
    return (TODAY + timedelta(days=day)).isoformat()
