"""What a commitment costs against a demand, and how a runaway job spends: the two simulations of f4-cost-and-carbon."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from curriculum.lab.errors import LabError

STEP_MIN = 5  # the runaway's clock


def commitment_cost(demand: NDArray[np.int64], level: int, on_demand: float, committed: float) -> float:
    """Cost of serving `demand` (instances in each hour) with `level` instances committed, and the rest on demand."""
    if level < 0:
        raise LabError(f"A commitment cannot be negative: {level}.")
    over = np.maximum(demand - level, 0).sum()
    return float(level * len(demand) * committed + over * on_demand)


def runaway(
    hours: float = 72,
    price: float = 0.92,
    double_min: float = 30,
    quota: int = 1000,
    lag_h: float = 12,
    admit: Callable[[float, float], bool] | None = None,
    stop_above: float | None = None,
    looks_at: Callable[[float], bool] = lambda hour: True,
) -> pd.DataFrame:
    """A job whose failed items start workers: two at first, twice as many every `double_min` minutes, up to `quota`.

    `admit(spent, per_hour)` is asked for more workers, and when it says no, for those that run: money spent so far, and
    what an hour would cost. Without its yes they stop.
    Billing data shows spend `lag_h` hours late. Everything is stopped once the visible spend is above `stop_above` and
    somebody looks: `looks_at(hour)`. One row each five minutes: `hour`, `workers`, `spent`, `visible`.
    """
    steps, lag = int(hours * 60 / STEP_MIN), int(lag_h * 60 / STEP_MIN)
    workers, spent, stopped, rows = 0, 0.0, False, []
    history: list[float] = []
    for step in range(steps):
        hour = step * STEP_MIN / 60
        history.append(spent)
        visible = history[step - lag] if step >= lag else 0.0
        stopped = stopped or (stop_above is not None and visible > stop_above and looks_at(hour))
        wanted = 0 if stopped else min(quota, int(2 * 2 ** min(20.0, step * STEP_MIN / double_min)))
        if admit is None or admit(spent, wanted * price):
            workers = wanted
        elif not admit(spent, workers * price):
            workers = 0
        rows.append((hour, workers, spent, visible))
        spent += workers * price * STEP_MIN / 60
    return pd.DataFrame(rows, columns=["hour", "workers", "spent", "visible"])
