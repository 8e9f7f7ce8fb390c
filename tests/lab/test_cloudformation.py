"""Templates are read with their short forms, schemas say what replaces, and constraints refuse what they should."""

import pytest

from curriculum.lab import LabError, cloudformation

TEMPLATE = """
Parameters:
  Stage: {Type: String, Default: test, AllowedValues: [test, production]}
  Owner: {Type: String, AllowedPattern: '[a-z]{2,5}'}
  Days: {Type: Number, Default: 30, MinValue: 7, MaxValue: 365}
  Note: {Type: String, Default: "-", MinLength: 1, MaxLength: 4}
Rules:
  Long:
    RuleCondition: !Equals [!Ref Stage, production]
    Assertions:
      - Assert: !Contains [["90", "365"], !Ref Days]
        AssertDescription: keep it longer
Resources:
  Key: {Type: AWS::KMS::Key, Properties: {KeyPolicy: {Version: 2012-10-17}}}
  Data:
    Type: AWS::S3::Bucket
    DependsOn: Log
    Properties:
      BucketName: !Sub "${Owner}-${Log.Arn}-${!Key}-${AWS::Region}"
      Encryption: [{Key: !GetAtt Key.Arn}, !If [IsProduction, !Ref Stage, x]]
  Log: {Type: AWS::Logs::LogGroup}
"""


def test_short_forms_are_written_out():
    properties = cloudformation.load_template(TEMPLATE)["Resources"]["Data"]["Properties"]
    assert properties["Encryption"] == [
        {"Key": {"Fn::GetAtt": ["Key", "Arn"]}},
        {"Fn::If": ["IsProduction", {"Ref": "Stage"}, "x"]},
    ]


def test_a_version_stays_text():
    properties = cloudformation.load_template(TEMPLATE)["Resources"]["Key"]["Properties"]
    assert properties["KeyPolicy"]["Version"] == "2012-10-17"


@pytest.mark.parametrize("text", ["a: [", "just text", "Resources: [1]", ""])
def test_what_is_no_template_is_refused_in_a_sentence(text):
    with pytest.raises(LabError, match="template"):
        cloudformation.load_template(text)


def test_references_are_found_at_any_depth_and_literals_are_none():
    properties = cloudformation.load_template(TEMPLATE)["Resources"]["Data"]["Properties"]
    assert set(cloudformation.references(properties)) == {"Owner", "Log", "AWS::Region", "Key", "Stage"}


def test_a_resource_needs_resources_only():
    template = cloudformation.load_template(TEMPLATE)
    assert cloudformation.needs(template, "Data") == {"Key", "Log"}
    assert cloudformation.needs(template, "Log") == set()


def test_schemas_say_what_replaces_and_what_is_computed():
    assert "BucketName" in cloudformation.create_only("AWS::S3::Bucket")
    assert "Tags" not in cloudformation.create_only("AWS::S3::Bucket")
    assert "KeySchema" in cloudformation.create_only("AWS::DynamoDB::Table")  # under conditions, which counts
    assert "Arn" in cloudformation.computed("AWS::S3::Bucket")
    with pytest.raises(LabError, match="AWS::None::Such"):
        cloudformation.computed("AWS::None::Such")


def test_lint_reports_errors_and_no_warnings():
    sound = "Resources:\n  Q: {Type: AWS::SQS::Queue}\nConditions:\n  Unused: !Equals [a, a]\n"
    assert cloudformation.lint(sound) == []
    assert (
        "E3004"
        in cloudformation.lint(
            "Resources:\n  Q: {Type: AWS::SQS::Queue, DependsOn: R}\n  R: {Type: AWS::SQS::Queue, DependsOn: Q}\n"
        )[0]
    )


@pytest.mark.parametrize(
    "chosen",
    [
        {},
        {"Stage": "production", "Days": "90"},
        {"Days": "7"},
        {"Days": "365"},
        {"Note": "four"},
    ],
)
def test_allowed_choices_begin(chosen):
    template = cloudformation.load_template(TEMPLATE)
    assert cloudformation.refusals(template, {"Owner": "team", **chosen}) == []


@pytest.mark.parametrize(
    ("chosen", "why"),
    [
        ({"Stage": "qa"}, "allowed values"),
        ({"Stage": "production"}, "keep it longer"),
        ({"Owner": "t"}, "does not match"),
        ({"Owner": "teams9"}, "does not match"),
        ({"Days": "6"}, "out of range"),
        ({"Days": "366"}, "out of range"),
        ({"Days": "many"}, "not a number"),
        ({"Note": ""}, "0 characters"),
        ({"Note": "five!"}, "5 characters"),
        ({"Colour": "blue"}, "no parameter Colour"),
    ],
)
def test_other_choices_are_refused_with_a_reason(chosen, why):
    template = cloudformation.load_template(TEMPLATE)
    refused = cloudformation.refusals(template, {"Owner": "team", **chosen})
    assert len(refused) == 1 and why in refused[0]


def test_a_parameter_without_default_must_be_given():
    assert cloudformation.refusals(cloudformation.load_template(TEMPLATE), {}) == ["Owner has no value"]


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ({"Fn::Not": [{"Fn::Equals": [{"Ref": "A"}, "1"]}]}, False),
        ({"Fn::And": [{"Fn::Equals": [{"Ref": "A"}, 1]}, {"Fn::Equals": ["x", "y"]}]}, False),
        ({"Fn::Or": [{"Fn::Equals": [{"Ref": "A"}, 1]}, {"Fn::Equals": ["x", "y"]}]}, True),
        ({"Fn::Contains": [["0", {"Ref": "A"}], "1"]}, True),
    ],
)
def test_rules_know_the_functions_of_conditions(condition, holds):
    template = {"Parameters": {"A": {"Default": 1}}, "Rules": {"R": {"Assertions": [{"Assert": condition}]}}}
    assert (cloudformation.refusals(template, {}) == []) is holds


@pytest.mark.parametrize("condition", ["true", {"Fn::EachMemberIn": [[], []]}, {"Fn::Equals": [{"Ref": "B"}, "1"]}])
def test_a_rule_that_cannot_be_evaluated_is_no_pass(condition):
    template = {"Parameters": {}, "Rules": {"R": {"Assertions": [{"Assert": condition}]}}}
    with pytest.raises(LabError):
        cloudformation.refusals(template, {})
