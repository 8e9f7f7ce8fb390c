"""Engines that decide by policy: Rego for plans, Cedar for requests, and what moto's IAM accepts.

A policy is data here, whoever wrote it: Rego that would read the environment or open a connection is refused before it
runs. Cedar can do neither.
"""

import contextlib
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from unittest.mock import patch

import regopy  # here, since its allocator wants its memory before a grader limits it

from curriculum.lab import cloudformation
from curriculum.lab.errors import LabError

Json = dict[str, Any]

# `opa.runtime()` gives away every environment variable; the other two are not in regopy 1.5.2 and need not come back.
_OUTSIDE = re.compile(r"\bopa\b|\bhttp\s*\.\s*send|\bnet\s*\.\s*lookup", re.IGNORECASE)
_LONGEST = 40_000  # characters of a policy


def plan_input(
    template: str, exceptions: Iterable[Mapping[str, str]] = (), today: str = "2026-11-24"
) -> dict[str, Any]:
    """A CloudFormation template as the input of a Rego gate.

    `resources` is a list of `name`, `type`, `properties` and `tags`, sorted by name. Properties are those of the
    template, with short forms such as `!Ref X` written out as `{"Ref": "X"}`: a value that is an object with one key
    `Ref` or `Fn::…` is not known before the template runs. `tags` is an object from keys to values, empty where there
    are none. `exceptions` are objects with `resource`, `rule`, `until` and `reason`; dates are `YYYY-MM-DD`.
    """
    resources = []
    for name, part in sorted(cloudformation.load_template(template)["Resources"].items()):
        properties = part.get("Properties", {})
        tags = properties.get("Tags", [])
        known = {each["Key"]: each["Value"] for each in tags} if isinstance(tags, list) else {}
        resources.append({"name": name, "type": part["Type"], "properties": properties, "tags": known})
    return {"resources": resources, "exceptions": [dict(each) for each in exceptions], "today": today}


def rego(
    policy: str, document: Mapping[str, Any], package: str = "gate", data: Mapping[str, Any] | None = None
) -> Json:
    """What a Rego package concludes from `document` as its input: the values of its rules, by name; sets are lists.

    `data` is what the policy reads beside its input. Raises `LabError` if the policy is no Rego v1, is too long, or
    calls what reaches outside the policy.
    """
    reaches = _OUTSIDE.search(policy)
    if reaches:
        raise LabError(f"the policy mentions {reaches.group()}: a policy here may not look outside its input.")
    if len(policy) > _LONGEST:
        raise LabError(f"the policy has {len(policy):,} characters; at most {_LONGEST:,} are read.")
    engine = regopy.Interpreter()
    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):  # regopy prints what it cannot parse
            engine.add_module("policy.rego", policy)
            if data:
                engine.add_data(json.loads(json.dumps(data)))
            engine.set_input(json.loads(json.dumps(document)))
            results = engine.query(f"data.{package}").results
    except regopy.RegoError as error:
        raise LabError(f"regopy refused the policy: {_first_error(str(error), policy)}") from None
    found = results[0].expressions[0] if results and results[0].expressions else None
    if not isinstance(found, dict):
        raise LabError(f"the policy has no package {package}.")
    return found


def _first_error(tree: str, policy: str) -> str:
    """The line and the message of the first error in regopy's tree of errors; the tree, if it has another form."""
    found = re.search(r"policy\.rego\|(\d+)\|\d+\s*\(errormsg (\d+):", tree)
    if not found:
        return tree
    line = policy.encode()[: int(found[1])].count(b"\n") + 1
    return f"line {line}: {tree[found.end() : found.end() + int(found[2])]}"


def cedar_errors(policy: str, schema: str) -> list[str]:
    """What Cedar's validator finds wrong with a set of policies under a schema, strictly; empty if nothing."""
    import cedarpy

    return [str(error) for error in cedarpy.validate_policies(policy, schema).errors]


def cedar(policy: str, entities: Sequence[Json], requests: Sequence[Json], schema: str | None = None) -> list[bool]:
    """Whether Cedar allows each request. `LabError` if it could not decide; a policy that fails in one is silent.

    With a schema, entities and requests must conform to it. That a failing policy is silent is Cedar's rule, and the
    reason to validate first.
    """
    import cedarpy

    allowed = []
    for answer in cedarpy.is_authorized_batch(list(requests), policy, list(entities), schema):
        if answer.decision is cedarpy.Decision.NoDecision:
            raise LabError(f"Cedar could not decide: {'; '.join(answer.diagnostics.errors)}")
        allowed.append(answer.allowed)
    return allowed


def iam_refusal(document: Mapping[str, Any]) -> str | None:
    """Why moto's IAM refuses a policy document, or None if it takes it. Nothing is kept."""
    import boto3
    from botocore.exceptions import ClientError
    from moto import mock_aws

    keys = {"AWS_ACCESS_KEY_ID": "learner", "AWS_SECRET_ACCESS_KEY": "not-secret", "AWS_DEFAULT_REGION": "eu-central-1"}
    with patch.dict("os.environ", keys), mock_aws():
        try:
            boto3.client("iam").create_policy(PolicyName="trial", PolicyDocument=json.dumps(document))
        except ClientError as error:
            return str(error.response["Error"]["Message"])
    return None
