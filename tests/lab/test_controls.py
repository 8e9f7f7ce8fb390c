import functools
import json

import boto3
import pytest
from moto import mock_aws

from curriculum.lab import controls


@pytest.fixture
def client(monkeypatch):
    """An account in which every control is met."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "learner")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not-secret")
    with mock_aws():
        ask = functools.cache(lambda name: boto3.client(name, region_name="eu-central-1"))
        s3 = ask("s3")
        s3.create_bucket(Bucket="city", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        blocks = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
        s3.put_public_access_block(Bucket="city", PublicAccessBlockConfiguration=dict.fromkeys(blocks, True))
        s3.put_bucket_versioning(Bucket="city", VersioningConfiguration={"Status": "Enabled"})
        rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}
        s3.put_bucket_encryption(Bucket="city", ServerSideEncryptionConfiguration={"Rules": [rule]})
        s3.put_object(Bucket="city", Key="record.json", Body=b"{}")
        key = ask("kms").create_key(Description="d")["KeyMetadata"]["KeyId"]
        ask("kms").enable_key_rotation(KeyId=key)
        ask("logs").create_log_group(logGroupName="/reads")
        ask("logs").put_retention_policy(logGroupName="/reads", retentionInDays=90)
        ask("iam").create_user(UserName="u")
        ask("iam").create_access_key(UserName="u")
        narrow = {"Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::city/*"}]}
        document = json.dumps({"Version": "2012-10-17"} | narrow)
        ask("iam").put_user_policy(UserName="u", PolicyName="p", PolicyDocument=document)
        yield ask


def group(client):
    return client("ec2").describe_security_groups()["SecurityGroups"][0]["GroupId"]


def test_an_account_that_is_in_order_meets_every_control(client):
    found = controls.check(client)
    assert found["met"].all(), found
    assert (found["resources"] > 0).all()


def test_each_control_turns_red_for_its_own_fault_and_green_again(client):
    red = controls.drill(client, bucket="city", group=group(client), user="u", log="/reads")
    assert [each[0] for each in list(red.values())[:4]] == [
        "no bucket can be made public",
        "no port but 443 is open to the world",
        "no user has a wildcard for everything",
        "logs are kept for 90 days",
    ]
    assert all(len(each) == 1 for each in list(red.values())[:4])
    assert controls.check(client)["met"].all()


def test_uses_turn_nothing_red(client):
    red = controls.drill(client, bucket="city", group=group(client), user="u", log="/reads")
    assert list(red.values())[4:] == [[]] * 4


def test_a_control_that_looks_at_nothing_is_not_met(client):
    client("logs").delete_log_group(logGroupName="/reads")
    found = controls.check(client).set_index("control")
    assert not found.loc["logs are kept for 90 days", "met"]
