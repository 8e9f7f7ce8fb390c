"""A gateway in front of the ranking model: a policy decides whether a request may be served from here.

Two engines hold the same rule, Rego through regopy and Cedar through cedarpy, so that one can replace the other. Each
is imported when its gate is made: a gateway whose engine is missing says so, and does not guess.
"""

import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from itertools import product
from typing import Any, Protocol

import numpy as np
import pandas as pd
from fastapi import FastAPI, Request, Response

from curriculum.lab.data import adult
from curriculum.lab.errors import LabError

REGIONS = ("eu-central-1", "eu-west-1", "us-east-1", "ap-south-1")
PURPOSES = ("outreach", "appeal", "marketing")
CLASSES = ("personal", "public", "sealed")

REGO = """package residency
import rego.v1

default allow := false

allow if {
    input.data_class == "personal"
    input.region in {"eu-central-1", "eu-west-1"}
    input.purpose in {"outreach", "appeal"}
}

allow if input.data_class == "public"
"""

# The same intent written the other way round: whatever is not forbidden is allowed.
REGO_DENY = """package residency
import rego.v1

default allow := true

allow := false if {
    input.data_class == "personal"
    input.region in {"us-east-1", "ap-south-1"}
}
"""

CEDAR = """permit(principal, action == Action::"rank", resource) when {
    context.data_class == "personal" &&
    ["eu-central-1", "eu-west-1"].contains(context.region) &&
    ["outreach", "appeal"].contains(context.purpose)
};
permit(principal, action == Action::"rank", resource) when { context.data_class == "public" };
"""

NUMBERS = ("age", "education_num", "capital_gain", "capital_loss", "hours_per_week")
Asked = Mapping[str, str]


class Gate(Protocol):
    """Whatever can say yes or no to a request."""

    def allows(self, asked: Asked) -> bool:
        """Whether the request may be served."""
        ...


class RegoGate:
    """The rule in Rego. Raises `LabError` when regopy is not there."""

    def __init__(self, policy: str = REGO, data: Mapping[str, Any] | None = None) -> None:
        """Read the policy, and data for it."""
        try:
            import regopy
        except ImportError:
            raise LabError("The policy engine regopy cannot be imported here.") from None
        self._engine = regopy.Interpreter()
        self._engine.add_module("residency", policy)
        if data is not None:
            self._engine.add_data(dict(data))

    def allows(self, asked: Asked) -> bool:
        """Whether `data.residency.allow` is true; an undefined answer is a no."""
        self._engine.set_input(dict(asked))
        results = self._engine.query("data.residency").results
        return bool(results) and results[0].expressions[0].get("allow") is True


class CedarGate:
    """The rule in Cedar, parsed once. Raises `LabError` when cedarpy is not there."""

    def __init__(self, policy: str = CEDAR) -> None:
        """Parse the policies."""
        try:
            import cedarpy
        except ImportError:
            raise LabError("The policy engine cedarpy cannot be imported here.") from None
        self._cedar, self._policies = cedarpy, cedarpy.PolicySet.from_str(policy)

    def allows(self, asked: Asked) -> bool:
        """Whether some policy permits it; an error in a policy is a no."""
        request = {"principal": 'Gateway::"city"', "action": 'Action::"rank"', "resource": 'Model::"outreach"'}
        answer = self._cedar.is_authorized(request | {"context": dict(asked)}, self._policies, [])
        return bool(answer.decision == self._cedar.Decision.Allow)


def questions() -> list[dict[str, str]]:
    """Every combination of region, purpose and class: the whole decision table."""
    return [
        dict(zip(("region", "purpose", "data_class"), each, strict=True))
        for each in product(REGIONS, PURPOSES, CLASSES)
    ]


def disagreements(one: Gate, other: Gate, asked: Sequence[Asked] | None = None) -> list[Asked]:
    """The questions that two gates answer differently; of the whole table when none are given."""
    return [each for each in (asked or questions()) if one.allows(each) != other.allows(each)]


@contextmanager
def without(package: str) -> Iterator[None]:
    """Inside, `import package` fails, as where no wheel exists for the machine."""
    kept = {name: module for name, module in sys.modules.items() if name.split(".")[0] == package}
    for name in kept:
        del sys.modules[name]
    sys.modules[package] = None  # type: ignore[assignment]  # Python's own way to say that an import must fail
    try:
        yield
    finally:
        del sys.modules[package]
        sys.modules.update(kept)


def app(model: bytes, gate: Callable[[], Gate]) -> FastAPI:
    """A gateway with the model (ONNX) behind a gate. A gate that cannot be made closes it: 503, and not ready."""
    import onnxruntime

    session = onnxruntime.InferenceSession(model)
    try:
        guard: Gate | None = gate()
        why = ""
    except LabError as error:
        guard, why = None, str(error)
    api = FastAPI()

    @api.get("/ready")
    async def ready(response: Response) -> dict[str, str]:
        response.status_code = 200 if guard else 503
        return {"reason": why}

    @api.post("/rank")
    async def rank(request: Request, response: Response) -> dict[str, Any]:
        body = await request.json()
        if guard is None:
            response.status_code = 503
            return {"reason": why}
        if not guard.allows(body["asked"]):
            response.status_code = 403
            return {"reason": "the residency policy does not allow it"}
        row = np.array([[body["household"][name] for name in NUMBERS]], np.float32)
        return {"low_income": float(session.run(["probabilities"], {"row": row})[0][0, 1])}

    return api


@lru_cache(maxsize=1)
def ranking_model() -> bytes:
    """The ranking of y1-serving on its five numbers, trained on the Adult data and exported to ONNX."""
    from skl2onnx import to_onnx
    from sklearn.ensemble import RandomForestClassifier

    people = adult()
    learn = people[people["split"] != "test"]
    rows = learn[list(NUMBERS)].to_numpy(np.float32)
    forest = RandomForestClassifier(10, min_samples_leaf=20, random_state=0).fit(rows, ~learn["income_over_50k"])
    exported = to_onnx(forest, rows[:1], options={"zipmap": False}, target_opset=18)
    exported.graph.input[0].name = "row"
    for node in exported.graph.node:
        node.input[:] = ["row" if name == "X" else name for name in node.input]
    return exported.SerializeToString()


def households(n: int, seed: int = 0) -> list[dict[str, float]]:
    """`n` households of the test split, as the gateway wants them."""
    people = adult()
    drawn = people[people["split"] == "test"].sample(n, random_state=seed)[list(NUMBERS)]
    return [{str(name): float(value) for name, value in row.items()} for row in drawn.to_dict("records")]


def traffic(n: int, foreign: float = 0.2, seed: int = 0) -> list[dict[str, Any]]:
    """`n` bodies for `/rank`, a share of them `foreign`: personal data that arrived at a region outside the promise."""
    draw = np.random.default_rng(seed)
    bodies = []
    for household in households(n, seed):
        away = draw.random() < foreign
        region = draw.choice(REGIONS[2:] if away else REGIONS[:2])
        asked = {"region": str(region), "purpose": "outreach", "data_class": "personal"}
        bodies.append({"asked": asked, "household": household})
    return bodies


def outcome(status: Sequence[int], bodies: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """What became of the traffic: ranked, refused, unanswered, and how many of the ranked should not have been."""
    truth = [body["asked"].get("region", body["asked"].get("location")) in REGIONS[2:] for body in bodies]
    pairs = list(zip(status, truth, strict=True))
    return {
        "ranked": sum(code == 200 for code, _ in pairs),
        "refused": sum(code == 403 for code, _ in pairs),
        "unanswered": sum(code not in (200, 403) for code, _ in pairs),
        "ranked abroad": sum(code == 200 and away for code, away in pairs),
    }


def styles(offices: int) -> dict[str, tuple[Gate, dict[str, str]]]:
    """One rule for so many offices, written in four ways, each with a question that it answers yes to."""
    import cedarpy

    named = [f"office-{i}" for i in range(offices)]
    head = "package residency\nimport rego.v1\ndefault allow := false\n"
    rego = "\n".join(
        f'allow if {{ input.office == "{one}"; input.region in {{"eu-central-1", "eu-west-1"}} }}' for one in named
    )
    cedar = "\n".join(
        f'permit(principal, action, resource) when {{ context.office == "{one}" && '
        '["eu-central-1", "eu-west-1"].contains(context.region) };'
        for one in named
    )
    data = {"offices": {one: ["eu-central-1", "eu-west-1"] for one in named}}
    asked = {"office": named[-1], "region": "eu-central-1"}

    class _Text:
        def allows(self, asked: Asked) -> bool:
            request = {"principal": 'G::"c"', "action": 'Action::"rank"', "resource": 'M::"o"', "context": dict(asked)}
            return bool(cedarpy.is_authorized(request, cedar, []).decision == cedarpy.Decision.Allow)

    gates: dict[str, Gate] = {
        "Rego, a rule an office": RegoGate(head + rego),
        "Rego, offices as data": RegoGate(head + "allow if input.region in data.offices[input.office]\n", data),
        "Cedar, parsed each time": _Text(),
        "Cedar, parsed once": CedarGate(cedar),
    }
    return {name: (gate, asked) for name, gate in gates.items()}


def time_styles(sizes: Sequence[int], times: int = 15) -> pd.DataFrame:
    """Median time of one decision in milliseconds: a row a number of offices, a column a way to write the rule."""
    rows: dict[int, dict[str, float]] = {}
    for size in sizes:
        rows[size] = {}
        for name, (gate, asked) in styles(size).items():
            if not gate.allows(asked):
                raise LabError(f"{name} refuses an office that it knows.")
            taken = []
            for _ in range(times):
                start = time.perf_counter()
                gate.allows(asked)
                taken.append(time.perf_counter() - start)
            rows[size][name] = 1000 * float(np.median(taken))
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("offices")
