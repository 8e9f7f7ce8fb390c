"""The command that a zone's pipeline calls: `zonectl STAGE FILE`, one stage at a time, in the folder of the zone.

The folder holds `template.yaml`, `policy.rego`, `policy.yml` (the policy's data), `budget.yml`, `prices.csv`, and a
file of parameters for each zone. A stage ends with 0, or says why not and ends with 1. The stages here are plain: they
take a file as it is written, and do not clean up. A function of the same name in the folder's `zone.py` is used
instead.

The API's address is in the variable ZONE_API, who asks in GITHUB_ACTOR, today's date in ZONE_DATE.
"""

import csv
import importlib.util
import json
import os
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from curriculum.lab import cloudformation, landing

HOURS = 730  # in a month, as price lists count
Zone = dict[str, Any]


class Refused(Exception):
    """Why a stage does not go on."""


def main(arguments: list[str]) -> int:
    """Run one stage; 0 when it may go on."""
    if len(arguments) < 2 or arguments[0] not in STAGES:
        print(f"usage: zonectl {{{','.join(STAGES)}}} FILE [--approved SHA256]")
        return 2
    stage, file, *options = arguments
    try:
        zone = _zone(Path(file))
        zone["approved"] = options[1] if options[:1] == ["--approved"] and len(options) > 1 else None
        STAGES[stage](zone)
    except (Refused, ValueError, RuntimeError, OSError, yaml.YAMLError) as error:
        print(f"refused by {stage}: {error}")
        return 1
    return 0


def parameters(settings: Mapping[str, Any]) -> dict[str, str]:
    """The template's parameters out of a team's settings."""
    names = {
        "team": "Team",
        "stage": "Stage",
        "data_class": "DataClass",
        "retention_days": "RetentionDays",
        "size": "Size",
    }
    return {names[key]: str(value) for key, value in settings.items() if key in names}


def read_parameters(text: str) -> dict[str, Any]:
    """A team's file, as it is written."""
    return dict(yaml.safe_load(text))


def monthly_cost(parts: Mapping[str, Any], prices: list[dict[str, str]], on: str) -> dict[str, Any]:
    """What the parts cost in a month by the first price of their type; a part without one costs nothing."""
    total = Decimal(0)
    for part in parts.values():
        machine = part["properties"].get("LaunchTemplateData", {}).get("InstanceType", "")
        row = next((row for row in prices if (row["type"], row["choice"]) == (part["type"], machine)), None)
        if row:
            days = int(part["properties"].get("RetentionInDays", 0))
            total += Decimal(row["usd"]) * {"hour": HOURS, "month": 1, "day-kept": days}[row["unit"]]
    return {"usd": str(total.quantize(Decimal("0.01"))), "unknown": []}


def bring_up(zone: Zone, gates: list[Callable[[Zone], list[str]]], url: str) -> dict[str, Any]:
    """Create the stack, or update it; the outputs. What a failure leaves behind stays."""
    for gate in gates:
        if reasons := gate(zone):
            raise ValueError("; ".join(reasons))
    cloud = landing.client(url, "cloudformation", zone["region"])
    chosen = [{"ParameterKey": key, "ParameterValue": value} for key, value in zone["parameters"].items()]
    call = cloud.update_stack if zone["name"] in landing.stacks(url, zone["region"]) else cloud.create_stack
    call(
        StackName=zone["name"], TemplateBody=zone["template"], Parameters=chosen, Capabilities=["CAPABILITY_NAMED_IAM"]
    )
    return {"outputs": outputs(zone, url)}


def outputs(zone: Zone, url: str) -> dict[str, str]:
    """The outputs of a zone's stack."""
    (stack,) = landing.client(url, "cloudformation", zone["region"]).describe_stacks(StackName=zone["name"])["Stacks"]
    return {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", [])}


def _own(name: str, plain: Callable[..., Any]) -> Callable[..., Any]:
    """The folder's own function of that name, or the plain one."""
    if not Path("zone.py").is_file():
        return plain
    spec = importlib.util.spec_from_file_location("zone", "zone.py")
    assert spec and spec.loader, "a file that ends in .py has a loader"
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return getattr(module, name, plain)


def _zone(file: Path) -> Zone:
    settings = _own("read_parameters", read_parameters)(file.read_text(encoding="utf-8"))
    return {
        "name": f"{settings['team']}-{settings['stage']}",
        "settings": settings,
        "region": settings["region"],
        "template": Path("template.yaml").read_text(encoding="utf-8"),
        "parameters": parameters(settings),
        "actor": os.environ.get("GITHUB_ACTOR", "nobody"),
    }


def _url() -> str:
    if not os.environ.get("ZONE_API"):
        raise Refused("the variable ZONE_API does not say where the API is")
    return os.environ["ZONE_API"]


def _settled(zone: Zone) -> dict[str, Any]:
    return landing.settled(cloudformation.load_template(zone["template"]), zone["parameters"], zone["region"])


def _changes(zone: Zone) -> list[dict[str, Any]]:
    """The changes from what is deployed to what is asked for."""
    url, before = _url(), {}
    if zone["name"] in landing.stacks(url, zone["region"]):
        cloud = landing.client(url, "cloudformation", zone["region"])
        (stack,) = cloud.describe_stacks(StackName=zone["name"])["Stacks"]
        body = cloud.get_template(StackName=zone["name"])["TemplateBody"]
        text = body if isinstance(body, str) else json.dumps(body)
        chosen = {each["ParameterKey"]: each["ParameterValue"] for each in stack["Parameters"]}
        before = landing.settled(cloudformation.load_template(text), chosen, zone["region"])
    return landing.plan(before, _settled(zone))


def _lint(zone: Zone) -> None:
    found = cloudformation.lint(zone["template"])
    found += cloudformation.refusals(cloudformation.load_template(zone["template"]), zone["parameters"])
    if found:
        raise Refused("; ".join(found))


def _plan(zone: Zone) -> None:
    print(f"sha256={landing.digest(_changes(zone))}")


def _policy(zone: Zone) -> None:
    settings = zone["settings"]
    given = {key: settings[key] for key in ("region", "stage", "data_class")} | {"changes": _changes(zone)}
    data = yaml.safe_load(Path("policy.yml").read_text(encoding="utf-8"))
    found = landing.ask_policy(Path("policy.rego").read_text(encoding="utf-8"), "data.zone.deny", given, data)
    if found:
        raise Refused(json.dumps(found))


def _budget(zone: Zone) -> None:
    with Path("prices.csv").open(encoding="utf-8", newline="") as file:
        prices = list(csv.DictReader(file))
    today = os.environ.get("ZONE_DATE") or date.today().isoformat()
    limit = {"limit_usd": str(zone["settings"]["budget_usd"])}
    budget = yaml.safe_load(Path("budget.yml").read_text(encoding="utf-8")) | limit
    found = _own("monthly_cost", monthly_cost)(_settled(zone), prices, today)
    reasons = _own("budget_reasons", _over)(found, budget, today)
    if reasons:
        raise Refused("; ".join(reasons))
    print(f"{found['usd']} USD a month of {budget['limit_usd']}")


def _over(cost: Mapping[str, Any], budget: Mapping[str, Any], on: str) -> list[str]:
    over = Decimal(cost["usd"]) > Decimal(budget["limit_usd"])
    return [f"{cost['usd']} USD a month is over the budget of {budget['limit_usd']}"] if over else []


def _deploy(zone: Zone) -> None:
    planned = landing.digest(_changes(zone))
    if zone["approved"] != planned:
        raise Refused(f"approved is the plan {zone['approved']}, and the plan is {planned}")
    print(json.dumps(_own("bring_up", bring_up)(zone, [], _url()), sort_keys=True))


def _smoke(zone: Zone) -> None:
    """Write a case into the store, read it back, and take it away."""
    made = outputs(zone, _url())
    s3 = landing.client(_url(), "s3", zone["region"])
    s3.put_object(Bucket=made["Store"], Key="smoke", Body=b"ok")
    back = s3.get_object(Bucket=made["Store"], Key="smoke")["Body"].read()
    s3.delete_object(Bucket=made["Store"], Key="smoke")
    if back != b"ok":
        raise Refused(f"the store gave {back!r} back")


def _evidence(zone: Zone) -> None:
    record = {
        "zone": zone["name"],
        "region": zone["region"],
        "actor": zone["actor"],
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "template_sha256": landing.digest(zone["template"]),
        "parameters_sha256": landing.digest(zone["parameters"]),
        "state": landing.stacks(_url(), zone["region"]).get(zone["name"], "absent"),
    }
    print(json.dumps(record, sort_keys=True))


STAGES: dict[str, Callable[[Zone], None]] = {
    "lint": _lint,
    "plan": _plan,
    "policy": _policy,
    "budget": _budget,
    "deploy": _deploy,
    "smoke": _smoke,
    "evidence": _evidence,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
