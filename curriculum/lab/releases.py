"""Chance in releases: gates on samples, canaries that are looked at again and again, and a quarter of changes.

Everything is drawn from seeded generators. The lesson f2-delivery-pipelines says what each experiment is for.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Z = 1.645  # one-sided, 95%
Numbers = NDArray[Any]


def gate_passes(
    old_right: Numbers, new_right: Numbers, sizes: list[int], tolerance: float, draws: int, seed: int = 0
) -> pd.DataFrame:
    """How often each of two gates lets a model pass that is judged on a sample of households.

    `old_right` and `new_right` say of each household whether the model was right about it. `compare` lets the model
    pass if its accuracy fell by at most `tolerance`; `show` if that is so with 95% confidence. Rows are sizes.
    """
    rng, rows = np.random.default_rng(seed), {}
    loss_each = old_right.astype(float) - new_right.astype(float)
    for size in sizes:
        drawn = loss_each[rng.integers(0, len(loss_each), (draws, size))]
        loss, error = drawn.mean(axis=1), drawn.std(axis=1, ddof=1) / np.sqrt(size)
        rows[size] = {"compare": (loss <= tolerance).mean(), "show": (loss + Z * error <= tolerance).mean()}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("households")


def z_path(old: Numbers, new: Numbers, old_n: int, new_n: int) -> Numbers:
    """How many standard errors a canary's failures lie above the baseline's, after each batch of `old_n` and `new_n`.

    `old` and `new` are failures a batch, in the last dimension.
    """
    batches = np.arange(1, old.shape[-1] + 1)
    a, b = old.cumsum(axis=-1), new.cumsum(axis=-1)
    pooled = (a + b + 1) / ((old_n + new_n) * batches + 2)
    error = np.sqrt(pooled * (1 - pooled) * (1 / (old_n * batches) + 1 / (new_n * batches)))
    return np.asarray((b / (new_n * batches) - a / (old_n * batches)) / error)


def even_canaries(canaries: int, batches: int, rate: float = 0.05, seed: int = 0) -> Numbers:
    """The paths of canaries that are no worse than their baseline: one row each, 450 and 50 requests a batch."""
    rng = np.random.default_rng(seed)
    shape = (canaries, batches)
    return z_path(rng.binomial(450, rate, shape), rng.binomial(50, rate, shape), 450, 50)


def alarmed(paths: Numbers, boundary: float) -> Numbers:
    """The share of paths that have crossed the boundary by each look."""
    return np.asarray(np.maximum.accumulate(paths > boundary, axis=1).mean(axis=0))


@dataclass(frozen=True)
class Kind:
    """A kind of change: how many come in a quarter, who writes them, how many do harm, how long a look takes."""

    changes: int
    by_program: bool
    harmful: float
    minutes: float


# Assumptions, to be replaced by your own: nobody publishes these numbers for a social-services department.
KINDS = {
    "dependency": Kind(180, True, 0.01, 5),
    "code": Kind(90, False, 0.04, 25),
    "model": Kind(24, False, 0.15, 60),
    "workflow": Kind(12, False, 0.10, 30),
}
POLICIES: dict[str, dict[str, int]] = {
    "nobody": dict.fromkeys(KINDS, 0),
    "one for all": dict.fromkeys(KINDS, 1),
    "two for all": dict.fromkeys(KINDS, 2),
    "by risk": {"dependency": 0, "code": 1, "model": 2, "workflow": 2},
}
PEOPLE = ("dana", "erik", "fay", "goran", "hanne")
CALM_MINUTES = 30.0  # of review a person and working day, up to which attention is whole
ATTENTION = 0.6  # the share of harmful changes that one attentive look finds
WAIT_H = 4.0  # the mean time until a reviewer turns to it
WORKING_DAYS = 63


def quarter(policy: dict[str, int], seed: int = 0) -> tuple[list[dict[str, Any]], pd.DataFrame]:
    """A quarter of changes under a policy: the events of its audit trail, and a row for each change.

    A change needs as many reviewers as the policy says for its kind. The more they have to look at a day, the less
    each look finds. Events are change, review, deploy; a change in which harm is found does not go out. A look of
    somebody else on the code that a program wrote is a look; the program's own merge is none.
    """
    rng = np.random.default_rng(seed)
    load = sum(kind.changes * kind.minutes * policy[name] for name, kind in KINDS.items())
    a_day = load / len(PEOPLE) / WORKING_DAYS
    finds = ATTENTION * min(1.0, CALM_MINUTES / a_day) if a_day else 0.0
    order = rng.permutation(np.repeat(list(KINDS), [kind.changes for kind in KINDS.values()]))
    events: list[dict[str, Any]] = []
    rows = []
    for number, name in enumerate(order):
        kind, digest = KINDS[name], f"{number:04x}"
        author = "updates[bot]" if kind.by_program else str(rng.choice(PEOPLE))
        events.append({"kind": "change", "digest": digest, "by": author})
        harmful, waits, caught = bool(rng.random() < kind.harmful), 0.0, False
        others = [each for each in PEOPLE if each != author]
        for reviewer in rng.permutation(others)[: policy[name]]:
            waits += float(rng.exponential(WAIT_H)) + kind.minutes / 60
            caught = caught or (harmful and bool(rng.random() < finds))
            if not caught:
                events.append({"kind": "review", "digest": digest, "by": str(reviewer)})
        if not caught:
            events.append({"kind": "deploy", "digest": digest, "by": "release[bot]"})
        rows.append({"kind": name, "harmful": harmful, "caught": caught, "lead_h": waits})
    return events, pd.DataFrame(rows)


def seen(events: list[dict[str, Any]]) -> float:
    """The share of deployments before which a person looked at exactly what went out: its author, or a reviewer."""
    looked: set[str] = set()
    known = []
    for event in events:
        if event["kind"] == "deploy":
            known.append(event["digest"] in looked)
        elif not event["by"].endswith("[bot]"):
            looked.add(event["digest"])
    return float(np.mean(known))


def review_hours(policy: dict[str, int]) -> float:
    """What a policy costs in hours of looking, a quarter."""
    return sum(kind.changes * kind.minutes * policy[name] for name, kind in KINDS.items()) / 60
