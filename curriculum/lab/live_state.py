"""What a cloud API says that exists, in the words of CloudFormation's resource types.

CloudFormation does this for its own drift detection, which moto does not have. Every answer holds what the service
computed and its defaults beside what a template set: telling these apart is the detector's work, not this module's.
What moto never answers, such as the key of a log group, is left out.
"""

import functools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

Client = Callable[[str], Any]  # from the name of a service to its boto3 client
Properties = dict[str, Any]


def resources(client: Client, stack: str) -> dict[str, tuple[str, str]]:
    """The type and the physical id of each resource of a stack, by logical id."""
    found = client("cloudformation").list_stack_resources(StackName=stack)["StackResourceSummaries"]
    return {each["LogicalResourceId"]: (each["ResourceType"], each["PhysicalResourceId"]) for each in found}


def live(client: Client, stack: str, names: Iterable[str]) -> dict[str, Properties]:
    """The live properties of some resources of a stack, of the types in `READERS`, by logical id."""
    found = resources(client, stack)
    return {name: READERS[found[name][0]](client, found[name][1]) for name in names}


@dataclass(frozen=True)
class Trial:
    """What came of deploying a template: the types made, the live properties of those in `READERS`, the outputs."""

    types: dict[str, str]
    live: dict[str, Properties]
    outputs: dict[str, str]


def trial(text: str, parameters: Mapping[str, str], region: str = "eu-central-1") -> Trial:
    """Deploy a template to moto inside this process, look at what it made, and forget all of it.

    Whatever boto3 and moto raise for a template that cannot be deployed is raised here too.
    """
    from moto import mock_aws

    keys = {"AWS_ACCESS_KEY_ID": "learner", "AWS_SECRET_ACCESS_KEY": "not-secret", "AWS_DEFAULT_REGION": region}
    chosen = [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()]
    with patch.dict("os.environ", keys), mock_aws():

        @functools.cache
        def client(service: str) -> Any:
            return _session().client(service, region_name=region)

        cloud = client("cloudformation")
        cloud.create_stack(StackName="trial", TemplateBody=text, Parameters=chosen)
        (stack,) = cloud.describe_stacks(StackName="trial")["Stacks"]
        types = {name: kind for name, (kind, _) in resources(client, "trial").items()}
        return Trial(
            types,
            live(client, "trial", [name for name, kind in types.items() if kind in READERS]),
            {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", [])},
        )


@functools.cache
def _session() -> Any:
    """One session for all trials: it keeps the descriptions of services that it has read."""
    import boto3

    return boto3.Session()


def _bucket(client: Client, name: str) -> Properties:
    s3 = client("s3")
    kept = s3.get_bucket_versioning(Bucket=name)
    encryption = _or_nothing(
        lambda: s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"]
    )
    defaults = [each["ApplyServerSideEncryptionByDefault"] for each in encryption]
    return {
        "BucketName": name,
        "Arn": f"arn:aws:s3:::{name}",
        "RegionalDomainName": f"{name}.s3.{s3.meta.region_name}.amazonaws.com",
        "VersioningConfiguration": {"Status": kept.get("Status")},
        "BucketEncryption": {
            "ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": each} for each in defaults]
        },
        "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
        "Tags": _or_nothing(lambda: s3.get_bucket_tagging(Bucket=name)["TagSet"]),
    }


def _or_nothing(ask: Callable[[], list[Properties]]) -> list[Properties]:
    """The answer, or an empty list where the service says that nothing of the kind was set."""
    from botocore.exceptions import ClientError

    try:
        return ask()
    except ClientError as error:
        if error.response["Error"]["Code"] in ("NoSuchTagSet", "ServerSideEncryptionConfigurationNotFoundError"):
            return []
        raise


def _table(client: Client, name: str) -> Properties:
    dynamodb = client("dynamodb")
    table = dynamodb.describe_table(TableName=name)["Table"]
    kept = ("TableName", "KeySchema", "AttributeDefinitions", "DeletionProtectionEnabled", "WarmThroughput")
    return {
        **{key: table[key] for key in kept if key in table},
        "Arn": table["TableArn"],
        "BillingMode": table.get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED"),
        "Tags": dynamodb.list_tags_of_resource(ResourceArn=table["TableArn"])["Tags"],
    }


def _queue(client: Client, url: str) -> Properties:
    attributes = client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    kept = ("VisibilityTimeout", "DelaySeconds", "MaximumMessageSize", "MessageRetentionPeriod", "KmsMasterKeyId")
    told = {key: attributes[key] for key in kept if key in attributes}
    settings = {key: int(value) if value.isdigit() else value for key, value in told.items()}
    return {"QueueName": url.rsplit("/", 1)[-1], "QueueUrl": url, "Arn": attributes["QueueArn"], **settings}


def _group(client: Client, group_id: str) -> Properties:
    (group,) = client("ec2").describe_security_groups(GroupIds=[group_id])["SecurityGroups"]
    return {
        "GroupId": group["GroupId"],
        "Id": group["GroupId"],
        "GroupName": group["GroupName"],
        "GroupDescription": group["Description"],
        "VpcId": group["VpcId"],
        "SecurityGroupIngress": _rules(group["IpPermissions"]),
        "SecurityGroupEgress": _rules(group["IpPermissionsEgress"]),
        "Tags": group.get("Tags", []),
    }


def _rules(permissions: Iterable[Mapping[str, Any]]) -> list[Properties]:
    return [
        {**{key: each[key] for key in ("IpProtocol", "FromPort", "ToPort") if key in each}, "CidrIp": span["CidrIp"]}
        for each in permissions
        for span in each["IpRanges"]
    ]


def _repository(client: Client, name: str) -> Properties:
    (found,) = client("ecr").describe_repositories(repositoryNames=[name])["repositories"]
    return {
        "RepositoryName": name,
        "Arn": found["repositoryArn"],
        "RepositoryUri": found["repositoryUri"],
        "ImageTagMutability": found["imageTagMutability"],
        "ImageScanningConfiguration": {"ScanOnPush": found["imageScanningConfiguration"]["scanOnPush"]},
    }


def _log_group(client: Client, name: str) -> Properties:
    found = client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    (group,) = [each for each in found if each["logGroupName"] == name]
    return {
        "LogGroupName": name,
        "Arn": group["arn"],
        "RetentionInDays": group.get("retentionInDays"),
        "LogGroupClass": group.get("logGroupClass", "STANDARD"),
    }


READERS: dict[str, Callable[[Client, str], Properties]] = {
    "AWS::S3::Bucket": _bucket,
    "AWS::DynamoDB::Table": _table,
    "AWS::SQS::Queue": _queue,
    "AWS::EC2::SecurityGroup": _group,
    "AWS::ECR::Repository": _repository,
    "AWS::Logs::LogGroup": _log_group,
}
