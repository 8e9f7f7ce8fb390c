"""The city's cloud bill: made by this module, seeded, in the columns of FOCUS 1.2. No provider ever sent it.

`curriculum/lab/data/COST_AND_CARBON.md` is its datasheet. Money is exact: six decimals, never binary fractions.
"""

import csv
import json
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from curriculum.lab.errors import LabError

if TYPE_CHECKING:
    import duckdb

DATA = Path(__file__).parent / "data"
FIRST, DAYS = date(2026, 8, 1), 92  # August, September and October 2026
TEAMS = ("assistant", "casework", "outreach", "payments", "platform", "portal")

Floats = NDArray[np.float64]
_UNIT = Decimal(1).scaleb(-6)  # one micro-euro: the finest amount on the bill
_TYPE = pa.decimal128(18, 6)
_COMMITMENT, _COMMITTED = "commit-2026-a", 14  # gp-4 instances that the department has paid for, every hour


@dataclass(frozen=True)
class _Resource:
    """One line of the estate: what it is, what it costs, whose it is, and how busy it is."""

    name: str
    sku: str
    account: str
    region: str = "central"
    tags: dict[str, str] = field(default_factory=dict)
    amount: float = 1  # units an hour; what varies by hour is in `_quantity`


def _tags(team: str, environment: str = "prod", key: str = "team") -> dict[str, str]:
    return {key: team, "environment": environment}


ESTATE = (
    _Resource("asg/portal-web", "gp-4", "acc-portal", tags=_tags("portal")),
    _Resource("db/portal", "db-8", "acc-portal", tags=_tags("portal")),
    _Resource("vm/casework-1", "gp-4", "acc-casework", tags=_tags("casework")),
    _Resource("vm/casework-2", "gp-4", "acc-casework", tags=_tags("Casework")),
    _Resource("db/casework", "db-8", "acc-casework", tags=_tags("casework ", key="Team")),
    _Resource("vm/casework-test", "gp-4", "acc-casework", tags=_tags("casework", "test")),
    _Resource("job/outreach-rank", "gp-16", "acc-outreach", tags=_tags("outreach")),
    _Resource("vm/outreach-notebooks", "gp-16", "acc-outreach", tags=_tags("outreach", "dev")),
    _Resource("vm/outreach-spike", "gp-16", "acc-outreach"),
    _Resource("vm/payments-run", "gp-16", "acc-payments", tags=_tags("payments")),
    _Resource("db/payments", "db-8", "acc-payments", tags=_tags("payments")),
    _Resource("gpu/assistant-1", "gpu-1", "acc-assistant", tags=_tags("assistant")),
    _Resource("gpu/assistant-staging", "gpu-1", "acc-assistant", tags=_tags("assistant", "test")),
    _Resource("asg/cluster", "gp-4", "acc-platform", tags=_tags("platform"), amount=6),
    _Resource("logs/ingest", "logs", "acc-platform", tags=_tags("platform")),
    _Resource("net/egress", "egress", "acc-platform", tags=_tags("platform")),
    _Resource("disk/unattached-1", "disk", "acc-platform", amount=2000),
    _Resource("disk/unattached-2", "disk", "acc-casework", amount=1500),
    _Resource("vm/migration-2024", "gp-16", "acc-legacy"),
    _Resource("vm/backup-check", "gp-4", "acc-platform", "north", tags=_tags("platform")),
)


def prices() -> pd.DataFrame:
    """The price sheet of the invented provider, a row a SKU and region, in euros; `committed` may be None."""
    with (DATA / "price_sheet.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    table = pd.DataFrame(rows)
    return table.assign(
        on_demand=[Decimal(price) for price in table["on_demand"]],
        committed=[Decimal(price) if price else None for price in table["committed"]],
    )


@lru_cache(maxsize=4)
def bill(seed: int = 2026) -> pa.Table:
    """The bill of August to October 2026, as an Arrow table: an hour a row for what runs, a month for the rest.

    Another seed gives another bill of the same shape. Amounts are DECIMAL(18, 6) in euros.
    """
    draw = np.random.default_rng(seed)
    sheet = {(row.sku, row.region): row for row in prices().itertuples()}
    parts = [_usage(one, sheet[one.sku, one.region], draw) for one in ESTATE]
    parts.append(_once(sheet["gp-4", "central"]))
    frame = pd.concat(parts, ignore_index=True)
    frame = _commit(frame, sheet["gp-4", "central"])
    order = ["ChargePeriodStart", "ResourceId", "CommitmentDiscountStatus"]
    return _arrow(frame.sort_values(order, kind="stable", na_position="first", ignore_index=True))


def database(**tables: Any) -> "duckdb.DuckDBPyConnection":
    """A DuckDB database in memory that sees each table (Arrow or pandas) under its name, and nothing else.

    SQL that somebody else wrote may run in it: it reaches no file, no network and no Python variable.
    """
    import duckdb

    closed = {"enable_external_access": False, "python_enable_replacements": False, "lock_configuration": True}
    opened = duckdb.connect(config={"threads": 1, **closed})
    for name, table in tables.items():
        opened.register(name, table)
    return opened


def utilisation(seed: int = 2026) -> pd.DataFrame:
    """How busy each machine was, from the monitoring and not from the bill: resource, hour, share of processor used."""
    draw = np.random.default_rng(seed + 1)
    hours, parts = _hours(), []
    for one in ESTATE:
        if one.sku.startswith(("gp-", "gpu-")):
            busy = _busy(one.name, hours, draw)
            parts.append(pd.DataFrame({"resource": one.name, "hour": hours, "cpu": busy.round(4)}))
    return pd.concat(parts, ignore_index=True)


def demand(days: int = 364, level: float = 8, growth: float = 0.0, seed: int = 7) -> NDArray[np.int64]:
    """Instances wanted in each hour: busy on weekdays, quiet at night, grown by `growth` at the end."""
    if days < 1 or level <= 0:
        raise LabError(f"A demand needs at least one day and a level above zero, not {days} days at {level}.")
    hour = np.arange(days * 24)
    by_day, by_week = _office(hour % 24), np.where(hour // 24 % 7 >= 5, 0.55, 1.0)
    trend = 1 + growth * hour / len(hour)
    noise = np.random.default_rng(seed).normal(1, 0.08, len(hour))
    wanted = level * by_week * (0.45 + 0.75 * by_day) * trend * noise
    return np.maximum(1, np.rint(wanted)).astype(np.int64)


def daily_spend(days: int = 120, base: int = 90_000, seed: int = 0, noise: float = 0.04) -> list[int]:
    """Spend a day in cents: a weekly pattern, slow growth and noise. Nothing unusual in it; day 0 is a Monday."""
    draw, day = np.random.default_rng(seed), np.arange(days)
    week = np.array([1.0, 1.02, 1.03, 1.01, 0.97, 0.62, 0.58])[day % 7]
    return [int(cents) for cents in base * week * (1 + 0.0008 * day) * draw.normal(1, noise, days)]


def _hours() -> pd.DatetimeIndex:
    return pd.date_range(FIRST.isoformat(), periods=DAYS * 24, freq="h")


def _office(hour: NDArray[np.int64]) -> Floats:
    """Between 0 at night and 1 at the busiest hour of an office day."""
    return np.exp(-(((hour - 12.5) / 4.0) ** 2))


def _quantity(one: _Resource, hours: pd.DatetimeIndex, draw: np.random.Generator) -> Floats:
    """Units an hour."""
    clock, weekend = hours.hour.to_numpy(np.int64), hours.day_of_week.to_numpy() >= 5
    if one.name == "asg/portal-web":
        wanted = (2.5 + 7.5 * _office(clock)) * np.where(weekend, 0.6, 1.0) * draw.normal(1, 0.08, len(hours))
        return np.maximum(2, np.rint(wanted))
    if one.name == "job/outreach-rank":
        return np.where((clock >= 1) & (clock < 5), 1.0, 0.0)
    if one.name == "logs/ingest":  # GB an hour; on three days in September one service logs every retry
        storm = (hours >= "2026-09-16") & (hours < "2026-09-19")
        return (2 + 5 * _office(clock)) * draw.normal(1, 0.1, len(hours)).round(3) * np.where(storm, 7, 1)
    if one.name == "net/egress":
        return (3 + 12 * _office(clock)) * draw.normal(1, 0.1, len(hours)).round(3)
    if one.name == "vm/migration-2024":
        return np.where(hours < "2026-10-10", 1.0, 0.0)
    return np.full(len(hours), one.amount)


def _busy(name: str, hours: pd.DatetimeIndex, draw: np.random.Generator) -> Floats:
    clock, weekend = hours.hour.to_numpy(np.int64), hours.day_of_week.to_numpy() >= 5
    noise = np.abs(draw.normal(0, 0.008, len(hours)))
    if name == "vm/payments-run":  # benefits are paid on the first: it works in the last six hours of a month
        eve = (hours + pd.Timedelta(days=1)).day == 1
        return np.where(eve & (clock >= 18), 0.92, 0.012) + noise
    if name == "job/outreach-rank":
        return np.where((clock >= 1) & (clock < 5), 0.85, 0.0) + noise
    if name in ("vm/outreach-notebooks", "vm/outreach-spike", "vm/migration-2024", "gpu/assistant-staging"):
        return 0.008 + noise
    peak = {"asg/cluster": 0.45, "vm/backup-check": 0.25, "vm/casework-test": 0.18}.get(name, 0.62)
    return 0.05 + peak * _office(clock) * np.where(weekend, 0.3, 1.0) + noise


def _usage(one: _Resource, price: Any, draw: np.random.Generator) -> pd.DataFrame:
    hours = _hours()
    quantity = _quantity(one, hours, draw).round(3)
    rows = pd.DataFrame({"ChargePeriodStart": hours, "PricingQuantity": quantity})
    rows = rows[rows["PricingQuantity"] > 0]
    micros = np.rint(rows["PricingQuantity"] * float(price.on_demand) * 1e6).astype("int64")
    return rows.assign(
        ChargeCategory="Usage",
        ChargeDescription=f"{price.description}, {one.region}",
        ListMicros=micros,
        BilledMicros=micros,
        EffectiveMicros=micros,
        PricingCategory="Standard",
        PricingUnit=price.unit,
        RegionId=one.region,
        ResourceId=one.name,
        ServiceCategory=price.category,
        SkuId=one.sku,
        SubAccountId=one.account,
        Tags=json.dumps(one.tags, sort_keys=True),
    )


def _once(price: Any) -> pd.DataFrame:
    """What comes once a month: the fee of the commitment, support, a credit, and a correction of July."""
    rows: list[tuple[Any, ...]] = []
    for month in pd.date_range(FIRST.isoformat(), periods=3, freq="MS"):
        hours = month.days_in_month * 24
        fee = int(price.committed * 1_000_000) * _COMMITTED * hours
        rows += [
            (month, "Purchase", None, f"Commitment, {_COMMITTED} × gp-4", fee, 0, _COMMITMENT, "Compute", "commit"),
            (month, "Usage", None, "Support plan", 412_333_333, 412_333_333, "support", "Other", "support"),
        ]
    first = pd.Timestamp(FIRST)
    rows.append((first, "Credit", None, "Migration credit", -250_000_000, -250_000_000, "credit", "Other", "credit"))
    rows.append(
        (
            first,
            "Usage",
            "Correction",
            "Egress of July, counted twice",
            -38_170_005,
            -38_170_005,
            "net/egress",
            "Networking",
            "egress",
        )
    )
    names = [
        "ChargePeriodStart",
        "ChargeCategory",
        "ChargeClass",
        "ChargeDescription",
        "BilledMicros",
        "EffectiveMicros",
    ]
    frame = pd.DataFrame(rows, columns=[*names, "ResourceId", "ServiceCategory", "SkuId"])
    return frame.assign(
        ListMicros=frame["BilledMicros"],
        PricingCategory="Standard",
        PricingQuantity=1.0,
        PricingUnit="month",
        RegionId="central",
        SubAccountId="acc-platform",
        Tags=json.dumps(_tags("platform"), sort_keys=True),
        CommitmentDiscountId=[_COMMITMENT if sku == "commit" else None for sku in frame["SkuId"]],
    )


def _commit(frame: pd.DataFrame, price: Any) -> pd.DataFrame:
    """Let the commitment cover gp-4 in `central`: covered hours are billed at 0, and what nobody used becomes rows."""
    committed = int(price.committed * 1_000_000)
    eligible = frame[(frame["SkuId"] == "gp-4") & (frame["RegionId"] == "central")]
    before = eligible.groupby("ChargePeriodStart")["PricingQuantity"].cumsum() - eligible["PricingQuantity"]
    covered = (_COMMITTED - before).clip(lower=0).clip(upper=eligible["PricingQuantity"])
    some = covered[covered > 0].index
    used = frame.loc[some].assign(
        PricingQuantity=covered[some],
        PricingCategory="Committed",
        CommitmentDiscountId=_COMMITMENT,
        CommitmentDiscountStatus="Used",
        BilledMicros=0,
        EffectiveMicros=(covered[some] * committed).astype("int64"),
        ListMicros=(covered[some] * float(price.on_demand) * 1e6).round().astype("int64"),
    )
    left = eligible["PricingQuantity"] - covered
    over = left[left > 0].index
    rest = frame.loc[over].assign(PricingQuantity=left[over])
    for amount in ("ListMicros", "BilledMicros", "EffectiveMicros"):
        rest[amount] = (left[over] * float(price.on_demand) * 1e6).round().astype("int64")
    taken = covered.groupby(eligible["ChargePeriodStart"]).sum()
    idle = (_COMMITTED - taken)[lambda count: count > 0]
    unused = pd.DataFrame(
        {
            "ChargePeriodStart": idle.index,
            "ChargeCategory": "Usage",
            "ChargeDescription": "Commitment that nobody used",
            "ListMicros": 0,
            "BilledMicros": 0,
            "EffectiveMicros": (idle.to_numpy() * committed).astype("int64"),
            "PricingCategory": "Committed",
            "PricingQuantity": idle.to_numpy(),
            "PricingUnit": "instance-hour",
            "RegionId": "central",
            "ResourceId": _COMMITMENT,
            "ServiceCategory": "Compute",
            "SkuId": "gp-4",
            "SubAccountId": "acc-platform",
            "Tags": json.dumps(_tags("platform"), sort_keys=True),
            "CommitmentDiscountId": _COMMITMENT,
            "CommitmentDiscountStatus": "Unused",
        }
    )
    return pd.concat([frame.drop(eligible.index), used, rest, unused], ignore_index=True)


def _arrow(frame: pd.DataFrame) -> pa.Table:
    start = frame["ChargePeriodStart"]
    month = start.dt.to_period("M").dt.to_timestamp()
    whole_month = frame["PricingUnit"] == "month"
    end = (start + timedelta(hours=1)).where(~whole_month, month + pd.offsets.MonthBegin(1))
    texts = {
        name: pa.array(frame[name].astype(object).where(frame[name].notna(), None), pa.string()) for name in _TEXTS
    }
    money = {
        cost: pa.array([int(micros) * _UNIT for micros in frame[source]], _TYPE)
        for cost, source in (
            ("BilledCost", "BilledMicros"),
            ("EffectiveCost", "EffectiveMicros"),
            ("ListCost", "ListMicros"),
        )
    }
    times = {"BillingPeriodStart": month, "BillingPeriodEnd": month + pd.offsets.MonthBegin(1)}
    times |= {"ChargePeriodStart": start, "ChargePeriodEnd": end}
    columns: dict[str, pa.Array] = {name: pa.array(moment, pa.timestamp("s")) for name, moment in times.items()}
    columns |= money | texts
    columns["PricingQuantity"] = pa.array(frame["PricingQuantity"], pa.float64())
    columns["BillingCurrency"] = pa.array(["EUR"] * len(frame))
    columns["ProviderName"] = pa.array(["Meridian Cloud"] * len(frame))
    return pa.table({name: columns[name] for name in sorted(columns)})


_TEXTS = (
    "ChargeCategory",
    "ChargeClass",
    "ChargeDescription",
    "CommitmentDiscountId",
    "CommitmentDiscountStatus",
    "PricingCategory",
    "PricingUnit",
    "RegionId",
    "ResourceId",
    "ServiceCategory",
    "SkuId",
    "SubAccountId",
    "Tags",
)
