import pytest

from curriculum.lab import LabError, policies

GATE = """
package gate
import rego.v1
deny contains r.name if { some r in input.resources; r.type == "AWS::S3::Bucket" }
"""
TEMPLATE = """
Resources:
  Raw: {Type: AWS::S3::Bucket, Properties: {BucketName: !Ref Name, Tags: [{Key: data-class, Value: personal}]}}
  Jobs: {Type: AWS::SQS::Queue}
"""
SCHEMA = """
entity User { name?: String };
entity Data;
action read appliesTo { principal: User, resource: Data, context: { mfa: Bool } };
"""


def entity(kind, name, **attributes):
    return {"uid": {"type": kind, "id": name}, "attrs": attributes, "parents": []}


def request(mfa):
    return {
        "principal": 'User::"a"',
        "action": 'Action::"read"',
        "resource": 'Data::"d"',
        "context": {"mfa": mfa},
    }


ENTITIES = [entity("User", "a"), entity("Data", "d")]


def test_a_template_becomes_a_sorted_list_with_references_written_out_and_tags_as_an_object():
    made = policies.plan_input(TEMPLATE, [{"resource": "Raw", "rule": "r"}], today="2026-01-01")
    jobs, raw = made["resources"]
    assert jobs == {"name": "Jobs", "type": "AWS::SQS::Queue", "properties": {}, "tags": {}}
    assert raw["properties"]["BucketName"] == {"Ref": "Name"}
    assert raw["tags"] == {"data-class": "personal"}
    assert made["exceptions"] == [{"resource": "Raw", "rule": "r"}] and made["today"] == "2026-01-01"


def test_rego_gives_the_values_of_the_rules():
    assert policies.rego(GATE, policies.plan_input(TEMPLATE)) == {"deny": ["Raw"]}


@pytest.mark.parametrize("call", ["opa.runtime()", 'opa["runtime"]()', 'http.send({"url": "http://127.0.0.1"})'])
def test_rego_that_looks_outside_its_input_does_not_run(call, monkeypatch):
    monkeypatch.setenv("A_SECRET", "visible")
    with pytest.raises(LabError, match="may not look outside"):
        policies.rego(f"package gate\nimport rego.v1\nfound := {call}\n", {})


def test_rego_says_what_it_cannot_parse_and_prints_nothing(capfd):
    with pytest.raises(LabError, match="refused the policy"):
        policies.rego("package gate\nimport rego.v1\ndeny if {", {})
    with pytest.raises(LabError, match="no package other"):
        policies.rego(GATE, {"resources": []}, package="other")
    with pytest.raises(LabError, match="characters"):
        policies.rego(GATE + "#" * 50_000, {"resources": []})


def test_rego_says_the_line_and_the_message_of_its_first_error():
    policy = "package gate\nimport rego.v1\n\nfirst := {i | some i, r in input.resources}\n"
    with pytest.raises(LabError) as refused:
        policies.rego(policy, {"resources": [1, 2]})
    assert str(refused.value) == "regopy refused the policy: line 4: Invalid collection"


def test_cedar_decides_each_request_in_order():
    policy = "permit (principal, action, resource) when { context.mfa };"
    assert policies.cedar(policy, ENTITIES, [request(True), request(False)], SCHEMA) == [True, False]


def test_a_cedar_policy_that_fails_is_silent_and_the_validator_says_so_before():
    policy = (
        'permit (principal, action, resource);\nforbid (principal, action, resource) when { principal.name == "x" };'
    )
    assert policies.cedar(policy, ENTITIES, [request(True)], SCHEMA) == [True]
    assert any("name" in error for error in policies.cedar_errors(policy, SCHEMA))
    guarded = policy.replace("principal.name ==", "principal has name && principal.name ==")
    assert policies.cedar_errors(guarded, SCHEMA) == []


def test_cedar_that_cannot_be_parsed_is_an_error_and_not_a_no():
    with pytest.raises(LabError, match="could not decide"):
        policies.cedar("permit (principal", ENTITIES, [request(True)])


def test_moto_takes_a_sound_document_and_says_why_it_refuses_another():
    statement = {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::city/*"]}
    assert policies.iam_refusal({"Version": "2012-10-17", "Statement": [statement]}) is None
    refusal = policies.iam_refusal({"Version": "2012-10-17", "Statement": [statement | {"Action": "GetObject"}]})
    assert refusal and "vendor" in refusal
