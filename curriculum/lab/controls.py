"""Eight technical controls of the kind an audit samples, each asked of a live cloud API."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pandas as pd

Client = Callable[[str], Any]  # from the name of a service to its boto3 client

_BLOCKS = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
_DAYS = 90


def check(client: Client) -> pd.DataFrame:
    """A row a control: its `control`, how many `resources` it looked at, and whether it is `met` for all of them.

    A control that looked at nothing is not met.
    """
    rows = []
    for name, control in CONTROLS.items():
        results = control(client)
        rows.append({"control": name, "resources": len(results), "met": bool(results) and all(results)})
    return pd.DataFrame(rows)


def _buckets(client: Client, ask: Callable[[Any, str], bool]) -> list[bool]:
    s3 = client("s3")
    return [_answers(lambda name=each["Name"]: ask(s3, name)) for each in s3.list_buckets()["Buckets"]]  # type: ignore[misc]


def _answers(ask: Callable[[], bool]) -> bool:
    """The answer, or False where the service says that nothing of the kind was ever set."""
    from botocore.exceptions import ClientError

    try:
        return ask()
    except ClientError as error:
        if "NoSuch" in error.response["Error"]["Code"] or "NotFound" in error.response["Error"]["Code"]:
            return False
        raise


def _closed(s3: Any, name: str) -> bool:
    settings = s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"]
    return all(settings.get(each) is True for each in _BLOCKS)


def _encrypted(s3: Any, name: str) -> bool:
    rules = s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"]
    return any(each["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms" for each in rules)


def _versioned(s3: Any, name: str) -> bool:
    return bool(s3.get_bucket_versioning(Bucket=name).get("Status") == "Enabled")


def _ports(client: Client) -> list[bool]:
    groups = client("ec2").describe_security_groups()["SecurityGroups"]
    return [
        not any(
            span["CidrIp"] == "0.0.0.0/0" and (rule.get("FromPort"), rule.get("ToPort")) != (443, 443)
            for rule in group["IpPermissions"]
            for span in rule["IpRanges"]
        )
        for group in groups
    ]


def _narrow(client: Client) -> list[bool]:
    iam, results = client("iam"), []
    for user in iam.list_users()["Users"]:
        for policy in iam.list_user_policies(UserName=user["UserName"])["PolicyNames"]:
            document = iam.get_user_policy(UserName=user["UserName"], PolicyName=policy)["PolicyDocument"]
            results.append('"*"' not in json.dumps(document["Statement"]))
    return results


def _young_keys(client: Client) -> list[bool]:
    iam, results = client("iam"), []
    for user in iam.list_users()["Users"]:
        for key in iam.list_access_keys(UserName=user["UserName"])["AccessKeyMetadata"]:
            results.append((datetime.now(UTC) - key["CreateDate"]).days < _DAYS)
    return results


def _rotated(client: Client) -> list[bool]:
    kms = client("kms")
    keys = [each["KeyId"] for each in kms.list_keys()["Keys"]]
    return [kms.get_key_rotation_status(KeyId=each)["KeyRotationEnabled"] for each in keys]


def _kept(client: Client) -> list[bool]:
    return [each.get("retentionInDays", 0) >= _DAYS for each in client("logs").describe_log_groups()["logGroups"]]


CONTROLS: dict[str, Callable[[Client], list[bool]]] = {
    "no bucket can be made public": lambda client: _buckets(client, _closed),
    "personal data is encrypted at rest": lambda client: _buckets(client, _encrypted),
    "buckets keep versions": lambda client: _buckets(client, _versioned),
    "no port but 443 is open to the world": _ports,
    "no user has a wildcard for everything": _narrow,
    "access keys are younger than 90 days": _young_keys,
    "encryption keys rotate": _rotated,
    "logs are kept for 90 days": _kept,
}


def drill(client: Client, bucket: str, group: str, user: str, log: str) -> dict[str, list[str]]:
    """Do eight things to a live account that expose people, one after the other: which controls turn red for each.

    `bucket` holds a `record.json`. What a drill changed in the account's settings is put back before the next.
    """
    s3, ec2, iam, logs = (client(name) for name in ("s3", "ec2", "iam", "logs"))
    closed = dict.fromkeys(_BLOCKS, True)
    door = {"IpProtocol": "tcp", "FromPort": 8888, "ToPort": 8888, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    wide = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
    source = {"Bucket": bucket, "Key": "record.json"}
    steps: list[tuple[str, Callable[[], Any], Callable[[], Any] | None]] = [
        (
            "a bucket's block is removed",
            lambda: s3.delete_public_access_block(Bucket=bucket),
            lambda: s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=closed),
        ),
        (
            "a notebook's port is opened",
            lambda: ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[door]),
            lambda: ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=[door]),
        ),
        (
            "a user gets a wildcard",
            lambda: iam.put_user_policy(UserName=user, PolicyName="wide", PolicyDocument=wide),
            lambda: iam.delete_user_policy(UserName=user, PolicyName="wide"),
        ),
        (
            "the log is cut to a week",
            lambda: logs.put_retention_policy(logGroupName=log, retentionInDays=7),
            lambda: logs.put_retention_policy(logGroupName=log, retentionInDays=_DAYS),
        ),
        ("a neighbour's record is read", lambda: s3.get_object(**source), None),
        (
            "a record lands in a prompt log",
            lambda: s3.put_object(Bucket=bucket, Key="prompts/1.txt", Body=b"Summarise the case of"),
            None,
        ),
        (
            "training data is used for another purpose",
            lambda: s3.copy_object(Bucket=bucket, Key="marketing/record.json", CopySource=source),
            None,
        ),
        (
            "a model file is replaced",
            lambda: s3.put_object(Bucket=bucket, Key="models/ranker.onnx", Body=b"another"),
            None,
        ),
    ]
    red = {}
    for name, do, undo in steps:
        do()
        found = check(client)
        red[name] = found.loc[~found["met"], "control"].tolist()
        if undo:
            undo()
    return red
