"""The invented bill: exact money, FOCUS' rules on commitments, and the faults that its datasheet promises."""

import json
from decimal import Decimal

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from curriculum.lab import billing
from curriculum.lab.errors import LabError

DATASHEET = (billing.DATA / "COST_AND_CARBON.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def ask():
    database = billing.database(bill=billing.bill(), used=billing.utilisation())
    return lambda sql: database.execute(sql).fetchall()


def test_every_seed_makes_its_own_bill_and_always_the_same():
    assert billing.bill(3).equals(billing.bill.__wrapped__(3))
    assert not billing.bill(3).equals(billing.bill(4))


def test_the_datasheet_knows_its_columns_and_its_size():
    bill = billing.bill()
    assert all(f"`{name}`" in DATASHEET for name in bill.column_names)
    assert f"{bill.num_rows:,} rows" in DATASHEET


def test_money_is_exact_and_finer_than_a_cent(ask):
    assert ask("SELECT DISTINCT typeof(BilledCost) || typeof(EffectiveCost) FROM bill") == [("DECIMAL(18,6)" * 2,)]
    assert ask("SELECT count(*) FROM bill WHERE BilledCost != round(BilledCost, 2)")[0][0] > 1000


def test_billed_and_effective_cost_agree_by_month_and_differ_by_row(ask):
    months = ask("SELECT BillingPeriodStart, sum(BilledCost), sum(EffectiveCost) FROM bill GROUP BY 1")
    assert len(months) == 3
    assert all(billed == effective for _, billed, effective in months)
    assert ask("SELECT count(*) FROM bill WHERE BilledCost != EffectiveCost")[0][0] > 10_000


def test_a_commitment_follows_focus(ask):
    fee = "ChargeCategory = 'Purchase'"
    assert ask(f"SELECT DISTINCT EffectiveCost FROM bill WHERE {fee}") == [(Decimal(0),)]
    assert ask("SELECT DISTINCT BilledCost FROM bill WHERE CommitmentDiscountStatus IS NOT NULL") == [(Decimal(0),)]
    hours = ask(
        "SELECT sum(PricingQuantity) FROM bill WHERE CommitmentDiscountStatus IS NOT NULL GROUP BY ChargePeriodStart"
    )
    assert set(hours) == {(14.0,)}  # used and unused together are what was bought, in every hour
    assert ask("SELECT count(*) FROM bill WHERE CommitmentDiscountStatus = 'Unused'")[0][0] > 100


def test_charge_periods_lie_in_their_billing_period(ask):
    wrong = "ChargePeriodStart < BillingPeriodStart OR ChargePeriodEnd > BillingPeriodEnd"
    assert ask(f"SELECT count(*) FROM bill WHERE {wrong} OR ChargePeriodEnd <= ChargePeriodStart") == [(0,)]


def test_the_promised_faults_are_there(ask):
    tags = [json.loads(text) for (text,) in ask("SELECT DISTINCT Tags FROM bill")]
    assert {} in tags
    assert {"Casework", "casework ", "casework"} <= {tag.get("team") or tag.get("Team") for tag in tags}
    assert ask("SELECT DISTINCT ChargeClass FROM bill WHERE ChargeClass IS NOT NULL") == [("Correction",)]
    payments = ask("SELECT hour FROM used WHERE resource = 'vm/payments-run' AND cpu > 0.5 ORDER BY hour")
    assert len(payments) == 18 and {hour.hour for (hour,) in payments} == {18, 19, 20, 21, 22, 23}
    logs = dict(
        ask("SELECT ChargePeriodStart::DATE::VARCHAR, sum(PricingQuantity) FROM bill WHERE SkuId = 'logs' GROUP BY 1")
    )
    assert logs["2026-09-17"] > 5 * logs["2026-09-15"]


def test_demand_is_whole_instances_that_rest_at_weekends_and_grow():
    wanted = billing.demand(days=364, level=20, growth=0.5)
    assert wanted.dtype == np.int64 and len(wanted) == 364 * 24 and wanted.min() >= 1
    by_day = wanted.reshape(-1, 24).sum(axis=1)
    assert by_day[5] < 0.7 * by_day[4]
    assert by_day[-28:].mean() > 1.3 * by_day[:28].mean()
    with pytest.raises(LabError, match="at least one day"):
        billing.demand(days=0)


def test_daily_spend_has_a_week_and_no_outlier():
    days = np.array(billing.daily_spend(70, seed=4)).reshape(10, 7)
    assert (days[:, 6] < 0.75 * days[:, 0]).all()
    assert (abs(days / np.median(days, axis=0) - 1) < 0.25).all()
    assert billing.daily_spend(70, seed=4) != billing.daily_spend(70, seed=5)


@pytest.mark.parametrize(
    "sql",
    [
        "FROM hidden",
        "FROM read_text('/etc/hostname')",
        "COPY (SELECT 1) TO 'x.csv'",
        "SET enable_external_access = true",
    ],
)
def test_sql_in_a_database_reaches_nothing_but_its_tables(sql, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    hidden = pa.table({"a": [1]})
    opened = billing.database(seen=hidden)
    assert opened.execute("FROM seen").fetchall() == [(1,)]
    with pytest.raises(duckdb.Error):
        opened.execute(sql).fetchall()
    assert not list(tmp_path.iterdir())
