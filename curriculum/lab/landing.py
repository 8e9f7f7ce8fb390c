"""What a landing zone stands on: a cloud API that starts empty, what exists there, what a role may do, and a plan.

The parts that a team assembles (template, policy, budget, pipeline) are files; nothing here knows a particular zone.
"""

import fnmatch
import functools
import hashlib
import json
import re
import sys
from collections.abc import Iterable, Mapping
from typing import Any

import httpx
import yaml

from curriculum.lab import cloudformation, policies
from curriculum.lab.errors import LabError
from curriculum.lab.servers import HOST, process

ACCOUNT = "123456789012"  # moto's
HOME = "eu-central-1"


def cloud() -> Any:
    """Start the API in a process of its own; `.url` is where it listens, `.stop()` ends it. It starts empty."""
    command = [sys.executable, "-m", "curriculum.lab._cloud", "-H", HOST, "-p", "{port}"]
    return process(command, ready="/moto-api/")


def reset(url: str) -> None:
    """Forget everything that exists on the API."""
    httpx.post(f"{url}/moto-api/reset").raise_for_status()


@functools.lru_cache(maxsize=256)
def client(url: str, service: str, region: str = HOME) -> Any:
    """A boto3 client of a service of the API, which makes each call once."""
    import boto3
    from botocore.config import Config

    keys = {"aws_access_key_id": "learner", "aws_secret_access_key": "not-secret"}
    once = Config(retries={"total_max_attempts": 1})
    return boto3.client(service, region_name=region, endpoint_url=url, config=once, **keys)


def inventory(url: str, region: str = HOME) -> dict[str, dict[str, str]]:
    """Everything that exists in a region, in a stack or not, with its tags; a name is such as `bucket outreach-data`.

    Buckets and roles are the account's, so they are in every region's inventory.
    """
    ask = functools.partial(client, url, region=region)
    found: dict[str, dict[str, str]] = {}
    for bucket in ask("s3").list_buckets()["Buckets"]:
        found[f"bucket {bucket['Name']}"] = _pairs(_bucket_tags(ask("s3"), bucket["Name"]))
    for queue in ask("sqs").list_queues().get("QueueUrls", []):
        found[f"queue {queue.rsplit('/', 1)[-1]}"] = ask("sqs").list_queue_tags(QueueUrl=queue).get("Tags", {})
    for group in ask("logs").describe_log_groups()["logGroups"]:
        arn = group["arn"].removesuffix(":*")
        found[f"log group {group['logGroupName']}"] = ask("logs").list_tags_for_resource(resourceArn=arn)["tags"]
    for role in ask("iam").list_roles()["Roles"]:
        tags = ask("iam").list_role_tags(RoleName=role["RoleName"])["Tags"]
        found[f"role {role['RoleName']}"] = _pairs(tags)
    for machine in ask("ec2").describe_launch_templates()["LaunchTemplates"]:
        tags = [each for each in machine.get("Tags", []) if not each["Key"].startswith("aws:")]
        found[f"launch template {machine['LaunchTemplateName']}"] = _pairs(tags)
    for table in ask("dynamodb").list_tables()["TableNames"]:
        arn = f"arn:aws:dynamodb:{region}:{ACCOUNT}:table/{table}"
        found[f"table {table}"] = _pairs(ask("dynamodb").list_tags_of_resource(ResourceArn=arn)["Tags"])
    return found


def _bucket_tags(s3: Any, name: str) -> list[dict[str, str]]:
    from botocore.exceptions import ClientError

    try:
        tags: list[dict[str, str]] = s3.get_bucket_tagging(Bucket=name)["TagSet"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchTagSet":
            raise
        return []
    return tags


def _pairs(tags: Iterable[Mapping[str, str]]) -> dict[str, str]:
    return {each["Key"]: each["Value"] for each in tags}


def events(url: str, stack: str, region: str = HOME) -> list[str]:
    """What the API did to a stack, oldest first, such as `CREATE_COMPLETE`."""
    found = client(url, "cloudformation", region).describe_stack_events(StackName=stack)["StackEvents"]
    return [each["ResourceStatus"] for each in reversed(found)]


def stacks(url: str, region: str = HOME) -> dict[str, str]:
    """The stacks that exist and their state, by name."""
    pages = client(url, "cloudformation", region).describe_stacks()["Stacks"]
    return {each["StackName"]: each["StackStatus"] for each in pages}


# ------------------------------------------------------------------------------------------------------------- roles


def role_documents(url: str, role: str) -> list[dict[str, Any]]:
    """The policies of a role, those written into it and those attached to it."""
    iam = client(url, "iam")
    inline = iam.list_role_policies(RoleName=role)["PolicyNames"]
    documents = [_document(iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]) for name in inline]
    for attached in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]:
        policy = iam.get_policy(PolicyArn=attached["PolicyArn"])["Policy"]
        version = iam.get_policy_version(PolicyArn=policy["Arn"], VersionId=policy["DefaultVersionId"])
        documents.append(_document(version["PolicyVersion"]["Document"]))
    return documents


def _document(policy: Any) -> dict[str, Any]:
    """A policy document as a dictionary; moto gives one that came by CloudFormation as a Python dictionary's text."""
    return dict(yaml.safe_load(policy) if isinstance(policy, str) else policy)


def permits(documents: Iterable[Mapping[str, Any]], action: str, resource: str) -> bool:
    """Whether IAM would let a role with these policies do something: an explicit deny wins, silence is a no.

    Conditions are not evaluated: an Allow with one counts as if it held, and a Deny with one as if it did not.
    """
    allowed = False
    for statement in (each for document in documents for each in _many(document["Statement"])):
        if not _applies(statement, "Action", action.lower()) or not _applies(statement, "Resource", resource):
            continue
        if statement["Effect"] == "Allow":
            allowed = True
        elif not statement.get("Condition"):
            return False
    return allowed


def _applies(statement: Mapping[str, Any], key: str, value: str) -> bool:
    patterns = [str(each) for each in _many(statement.get(key, statement.get(f"Not{key}", [])))]
    if key == "Action":
        patterns = [each.lower() for each in patterns]
    matched = any(fnmatch.fnmatchcase(value, each.replace("[", "[[]")) for each in patterns)
    return matched if key in statement else not matched


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


# -------------------------------------------------------------------------------------------------------------- plans


def settled(
    template: Mapping[str, Any], parameters: Mapping[str, str], region: str = HOME
) -> dict[str, dict[str, Any]]:
    """The resources of a template as they will be asked for: conditions decided, parameters and mappings put in.

    A reference to another resource stays as it is: its identifier is not known before it exists.
    """
    declared = template.get("Parameters") or {}
    values = {name: str(parameters.get(name, rule.get("Default", ""))) for name, rule in declared.items()}
    known = values | {"AWS::Region": region, "AWS::AccountId": ACCOUNT, "AWS::Partition": "aws"}
    conditions = template.get("Conditions") or {}
    made: dict[str, dict[str, Any]] = {}
    for name, body in template["Resources"].items():
        if "Condition" in body and not _holds({"Condition": body["Condition"]}, known, conditions):
            continue
        properties = _settle(body.get("Properties", {}), known, conditions, template.get("Mappings") or {})
        made[name] = {"type": body["Type"], "properties": properties}
    return made


def plan(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What turns one set of settled resources into another: a change for each part that does not stay as it is."""
    changes = []
    for name in sorted(old.keys() | new.keys()):
        part = new.get(name) or old[name]
        if name not in new or name not in old:
            action = "create" if name in new else "delete"
        elif old[name] == new[name]:
            continue
        else:
            action = "replace" if _replaced(old[name], new[name]) else "update"
        changes.append({"part": name, "action": action, "type": part["type"], "properties": part["properties"]})
    return changes


def _replaced(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    if old["type"] != new["type"]:
        return True
    fixed = {path.split("/")[0] for path in cloudformation.create_only(new["type"])}
    before, after = old["properties"], new["properties"]
    return any(before.get(key) != after.get(key) for key in fixed)


def digest(value: Any) -> str:
    """SHA-256 of a value: of its text, or of its JSON with sorted keys."""
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _settle(value: Any, known: Mapping[str, str], conditions: Mapping[str, Any], maps: Mapping[str, Any]) -> Any:
    settle = functools.partial(_settle, known=known, conditions=conditions, maps=maps)
    if isinstance(value, list):
        found = [settle(item) for item in value]
        return [item for item in found if item != {"Ref": "AWS::NoValue"}]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((key, inner),) = value.items()
        if key == "Ref":
            return known.get(inner, value)
        if key == "Fn::Sub" and isinstance(inner, str):
            text = re.sub(r"\$\{([^}!]+)\}", lambda found: known.get(found[1], found[0]), inner)
            return value | {key: text} if "${" in text else text
        if key == "Fn::FindInMap":
            first, second, third = (settle(each) for each in inner)
            return maps[first][second][third]
        if key == "Fn::If":
            return settle(inner[1 if _holds({"Condition": inner[0]}, known, conditions) else 2])
    settled_items = {key: settle(inner) for key, inner in value.items()}
    return {key: inner for key, inner in settled_items.items() if inner != {"Ref": "AWS::NoValue"}}


def _holds(condition: Mapping[str, Any], known: Mapping[str, str], conditions: Mapping[str, Any]) -> bool:
    holds = functools.partial(_holds, known=known, conditions=conditions)
    ((function, inner),) = condition.items()
    match function:
        case "Condition":
            return holds(conditions[inner])
        case "Fn::Equals":
            one, two = (known.get(each["Ref"]) if isinstance(each, dict) else str(each) for each in inner)
            return one == two
        case "Fn::Not":
            return not holds(inner[0])
        case "Fn::And":
            return all(holds(each) for each in inner)
        case "Fn::Or":
            return any(holds(each) for each in inner)
    raise LabError(f"{function} is not evaluated here; write conditions with Equals, Not, And and Or.")


def ask_policy(policy: str, query: str, given: Any, data: Mapping[str, Any]) -> Any:
    """The value of a query, such as `data.zone.deny`, of a policy in Rego. Raises `LabError` for text that is not Rego.

    A set comes as a sorted list.
    """
    package, _, rule = query.removeprefix("data.").rpartition(".")
    found = policies.rego(policy, given, package, data)
    if rule not in found:
        raise LabError(f"{query} is not defined: does the rule have a default, or does another rule fail?")
    return found[rule]
