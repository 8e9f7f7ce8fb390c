"""Gates of a landing zone, each a function from a change to reasons, and what an order of them costs.

A change is a template's text and a team's settings. A gate that cannot read the change gives that as its reason.
"""

import itertools
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from curriculum.lab import cloudformation, landing, zonectl

KEYS = {"team", "stage", "region", "data_class", "retention_days", "size", "budget_usd"}


@dataclass(frozen=True)
class Change:
    """A change that somebody proposes: a template, and the settings of a team."""

    template: str
    settings: Mapping[str, Any]

    @property
    def parameters(self) -> dict[str, str]:
        """The parameters of the template."""
        return zonectl.parameters(self.settings)

    def settled(self) -> dict[str, Any]:
        """The parts as they will be asked for."""
        template = cloudformation.load_template(self.template)
        return landing.settled(template, self.parameters, str(self.settings.get("region")))


Gate = Callable[[Change], list[str]]


def keys(change: Change) -> list[str]:
    """The settings have the keys that they should, and no other."""
    return sorted(f"{key} is missing or unknown" for key in KEYS ^ set(change.settings))


def limits(change: Change) -> list[str]:
    """The template's own limits on its parameters."""
    return cloudformation.refusals(cloudformation.load_template(change.template), change.parameters)


def lint(change: Change) -> list[str]:
    """cfn-lint, against the schemas of the resource types."""
    return cloudformation.lint(change.template)


def policy(rego: str, data: Mapping[str, Any]) -> Gate:
    """The gate that asks a policy about the plan of a zone that does not exist yet."""

    def gate(change: Change) -> list[str]:
        given = dict(change.settings) | {"changes": landing.plan({}, change.settled())}
        return [f"{each['rule']} {each['part']}" for each in landing.ask_policy(rego, "data.zone.deny", given, data)]

    return gate


def budget(prices: list[dict[str, str]]) -> Gate:
    """The gate that holds the monthly cost against the team's budget."""

    def gate(change: Change) -> list[str]:
        cost = float(zonectl.monthly_cost(change.settled(), prices, "")["usd"])
        limit = float(change.settings["budget_usd"])
        return [f"{cost:.2f} USD is above {limit:.0f}"] if cost > limit else []

    return gate


def trial(url: str) -> Gate:
    """The last gate: bring it up on an empty API, and see."""

    def gate(change: Change) -> list[str]:
        from botocore.exceptions import BotoCoreError, ClientError
        from botocore.parsers import ResponseParserError  # moto's answer to a failure that it did not expect

        landing.reset(url)
        cloud = landing.client(url, "cloudformation")
        chosen = [{"ParameterKey": key, "ParameterValue": value} for key, value in change.parameters.items()]
        try:
            cloud.create_stack(StackName="trial", TemplateBody=change.template, Parameters=chosen)
        except (BotoCoreError, ClientError, ResponseParserError) as error:
            return [str(error).split("\n")[0]]
        return []

    return gate


def measure(gates: Mapping[str, Gate], changes: Mapping[str, Change]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Each gate on each change: whether it refuses, and the seconds it takes. Rows are changes, columns gates."""
    refused: dict[str, dict[str, bool]] = {}
    seconds: dict[str, dict[str, float]] = {}
    for name, change in changes.items():
        refused[name], seconds[name] = {}, {}
        for gate_name, gate in gates.items():
            started = time.perf_counter()
            refused[name][gate_name] = bool(_reasons(gate, change))
            seconds[name][gate_name] = time.perf_counter() - started
    return pd.DataFrame(refused).T, pd.DataFrame(seconds).T


def _reasons(gate: Gate, change: Change) -> list[str]:
    try:
        return gate(change)
    except (LookupError, ValueError, TypeError, cloudformation.LabError) as error:
        return [f"the gate could not read it: {error}"]


def until_found(order: Sequence[str], refused: pd.DataFrame, seconds: pd.DataFrame) -> pd.Series:
    """Seconds until the first gate of an order refuses each change; all gates' seconds where none does."""
    ordered = refused[list(order)]
    place = ordered.to_numpy().argmax(axis=1)
    place[~ordered.any(axis=1).to_numpy()] = len(order) - 1
    spent = seconds[list(order)].cumsum(axis=1).to_numpy()
    return pd.Series(spent[range(len(place)), place], index=refused.index)


def all_orders(refused: pd.DataFrame, seconds: pd.DataFrame, start_s: float = 0) -> pd.Series:
    """The mean seconds until a fault is found, for each order of the gates; `start_s` is added to each gate."""
    names: Iterable[tuple[str, ...]] = itertools.permutations(refused.columns)
    means = {order: until_found(order, refused, seconds + start_s).mean() for order in names}
    return pd.Series(list(means.values()), index=pd.Index([" ".join(order) for order in means])).sort_values()
