"""A trial deploys to the stand-in for a cloud and tells what exists, in the words of templates."""

import pytest

from curriculum.lab import live_state

TEMPLATE = """
Parameters: {Days: {Type: Number, Default: 30}}
Resources:
  Net: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.1.0.0/16}}
  Door:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: who may enter
      VpcId: !Ref Net
      SecurityGroupIngress:
        - {IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 10.1.0.0/16}
        - {IpProtocol: tcp, FromPort: 80, ToPort: 80, CidrIp: 10.2.0.0/16}
  Store:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: city-store
      BucketEncryption: {ServerSideEncryptionConfiguration: [{ServerSideEncryptionByDefault: {SSEAlgorithm: AES256}}]}
      Tags: [{Key: owner, Value: team}]
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
      KeySchema: [{AttributeName: id, KeyType: HASH}]
      DeletionProtectionEnabled: true
  Jobs: {Type: AWS::SQS::Queue, Properties: {QueueName: jobs, VisibilityTimeout: 45}}
  Images: {Type: AWS::ECR::Repository, Properties: {RepositoryName: images, ImageTagMutability: IMMUTABLE}}
  Trail: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: /x, RetentionInDays: !Ref Days}}
Outputs:
  Store: {Value: !Ref Store}
"""


@pytest.fixture(scope="module")
def made():
    return live_state.trial(TEMPLATE, {"Days": "90"}, "eu-west-1")


def test_every_resource_is_listed_with_its_type(made):
    assert made.types["Net"] == "AWS::EC2::VPC"
    assert len(made.types) == 7


def test_types_with_a_reader_are_described(made):
    assert set(made.live) == {"Door", "Store", "Table", "Jobs", "Images", "Trail"}


def test_what_the_template_says_comes_back_in_its_words(made):
    ports = [rule["FromPort"] for rule in made.live["Door"]["SecurityGroupIngress"]]
    assert sorted(ports) == [80, 443]
    assert made.live["Store"]["Tags"] == [{"Key": "owner", "Value": "team"}]
    assert made.live["Table"]["KeySchema"] == [{"AttributeName": "id", "KeyType": "HASH"}]
    assert made.live["Table"]["BillingMode"] == "PAY_PER_REQUEST"
    assert str(made.live["Table"]["DeletionProtectionEnabled"]).lower() == "true"
    assert made.live["Jobs"]["VisibilityTimeout"] == 45
    assert made.live["Images"]["ImageTagMutability"] == "IMMUTABLE"


def test_what_the_service_computed_is_there_too(made):
    assert made.live["Door"]["GroupId"].startswith("sg-")
    assert "eu-west-1" in made.live["Jobs"]["Arn"]


def test_parameters_and_outputs_take_part(made):
    assert made.live["Trail"]["RetentionInDays"] == 90
    assert made.outputs == {"Store": "city-store"}


def test_trials_forget_each_other(made):
    assert live_state.trial(TEMPLATE, {}).live["Trail"]["RetentionInDays"] == 30


def test_a_template_that_cannot_be_made_raises():
    with pytest.raises(Exception, match="Invalid"):
        live_state.trial("Resources:\n  Net: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/8}}\n", {})
