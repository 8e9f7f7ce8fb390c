"""What a zone stands on: the API as the lab starts it, what exists there, roles, plans and policies."""

from collections.abc import Iterator

import pytest

from curriculum.lab import cloudformation, landing
from curriculum.lab.errors import LabError

TEMPLATE = """
Parameters: {Team: {Type: String}, Days: {Type: Number, Default: 30}, Size: {Type: String, Default: small}}
Mappings: {Sizes: {small: {Machine: t3.medium}, large: {Machine: m5.xlarge}}}
Conditions: {Large: !Equals [!Ref Size, large]}
Resources:
  Store: {Type: AWS::S3::Bucket, Properties: {BucketName: !Sub "${Team}-store", Tags: [{Key: team, Value: !Ref Team}]}}
  Trail: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: !Sub "/t/${Team}", RetentionInDays: !Ref Days}}
  Runner:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: []}
      Policies:
        - PolicyName: write
          PolicyDocument:
            Version: "2012-10-17"
            Statement: [{Effect: Allow, Action: "logs:PutLogEvents", Resource: !GetAtt Trail.Arn}]
  Extra: {Type: AWS::SQS::Queue, Condition: Large, Properties: {QueueName: !Sub "${Team}-${Store.Arn}"}}
"""


@pytest.fixture(scope="module")
def api() -> Iterator[str]:
    with landing.cloud() as url:
        yield url


def _send(url: str, verb: str, **parameters: str) -> None:
    chosen = [{"ParameterKey": key, "ParameterValue": value} for key, value in {"Team": "a", **parameters}.items()]
    getattr(landing.client(url, "cloudformation"), f"{verb}_stack")(
        StackName="a", TemplateBody=TEMPLATE, Parameters=chosen, Capabilities=["CAPABILITY_IAM"]
    )


def test_a_log_group_follows_its_retention_and_goes_with_its_stack(api: str) -> None:
    landing.reset(api)
    _send(api, "create")
    _send(api, "update", Days="90")
    (group,) = landing.client(api, "logs").describe_log_groups()["logGroups"]
    assert group["retentionInDays"] == 90
    landing.client(api, "cloudformation").delete_stack(StackName="a")
    assert landing.inventory(api) == {}


def test_the_inventory_names_what_exists_with_its_tags(api: str) -> None:
    landing.reset(api)
    _send(api, "create")
    found = landing.inventory(api)
    assert found["bucket a-store"] == {"team": "a"}
    assert found["log group /t/a"] == {}
    assert len(found) == 3
    assert landing.stacks(api) == {"a": "CREATE_COMPLETE"}
    assert landing.events(api, "a") == ["CREATE_IN_PROGRESS", "CREATE_COMPLETE"]


def test_a_role_that_names_a_log_group_may_write_to_its_streams_and_to_no_other(api: str) -> None:
    landing.reset(api)
    _send(api, "create")
    (role,) = landing.client(api, "iam").list_roles()["Roles"]
    documents = landing.role_documents(api, role["RoleName"])
    stream = f"arn:aws:logs:{landing.HOME}:{landing.ACCOUNT}:log-group:/t/a:log-stream:s"
    assert landing.permits(documents, "logs:PutLogEvents", stream)
    assert not landing.permits(documents, "logs:PutLogEvents", stream.replace("/t/a", "/t/ab"))
    assert not landing.permits(documents, "logs:DeleteLogGroup", stream)


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ([{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}], True),
        ([{"Effect": "Allow", "Action": ["S3:GETOBJECT"], "Resource": ["arn:aws:s3:::b/*"]}], True),
        ([{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::c/*"}], False),
        ([{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}], True),
        (
            [
                {"Effect": "Allow", "Action": "*", "Resource": "*"},
                {"Effect": "Deny", "Action": "s3:*", "Resource": "*"},
            ],
            False,
        ),
        ([], False),
    ],
)
def test_an_explicit_deny_wins_and_silence_is_a_no(statements: list[dict[str, object]], expected: bool) -> None:
    assert landing.permits([{"Statement": statements}], "s3:GetObject", "arn:aws:s3:::b/key") is expected


def test_settled_parts_have_parameters_mappings_and_conditions_put_in() -> None:
    template = cloudformation.load_template(TEMPLATE)
    parts = landing.settled(template, {"Team": "a"})
    assert set(parts) == {"Store", "Trail", "Runner"}
    assert parts["Store"]["properties"]["BucketName"] == "a-store"
    assert parts["Trail"]["properties"]["RetentionInDays"] == "30"
    large = landing.settled(template, {"Team": "a", "Size": "large"})
    assert large["Extra"]["properties"]["QueueName"] == {"Fn::Sub": "a-${Store.Arn}"}


def test_a_plan_tells_an_update_from_a_replacement() -> None:
    template = cloudformation.load_template(TEMPLATE)
    old = landing.settled(template, {"Team": "a"})
    longer = landing.plan(old, landing.settled(template, {"Team": "a", "Days": "90"}))
    assert [(each["part"], each["action"]) for each in longer] == [("Trail", "update")]
    renamed = {each["part"]: each["action"] for each in landing.plan(old, landing.settled(template, {"Team": "b"}))}
    assert renamed == {"Store": "replace", "Trail": "replace"}
    assert {each["action"] for each in landing.plan({}, old)} == {"create"}
    assert {each["action"] for each in landing.plan(old, {})} == {"delete"}
    assert landing.plan(old, old) == []


def test_a_policy_answers_and_one_that_is_not_rego_is_an_error() -> None:
    policy = 'package zone\nimport rego.v1\ndeny contains {"rule": "x"} if input.bad == data.word\n'
    assert landing.ask_policy(policy, "data.zone.deny", {"bad": "w"}, {"word": "w"}) == [{"rule": "x"}]
    assert landing.ask_policy(policy, "data.zone.deny", {"bad": "v"}, {"word": "w"}) == []
    with pytest.raises(LabError, match="regopy refused the policy"):
        landing.ask_policy("package zone\ndeny {{{", "data.zone.deny", {}, {})
    with pytest.raises(LabError, match="not defined"):
        landing.ask_policy(policy, "data.zone.nothing", {}, {})
