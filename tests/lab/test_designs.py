"""Three languages are read into the same parts: names, needs, regions, tags, and what cannot be known."""

import pytest

from curriculum.lab import LabError, designs

TERRAFORM = """
variable "place" { default = "eu-west-1" }
variable "open" {}
provider "aws" {
  region = var.place
  default_tags {
    tags = { owner = "team", class = "internal" }
  }
}
provider "aws" {
  alias  = "far"
  region = "us-east-1"
}
locals {
  shared = { class = "personal" }
}
resource "aws_kms_key" "Key" { description = "aws_s3_bucket.data" }
resource "aws_s3_bucket" "data" {
  bucket = "x-${var.open}"
  tags   = merge(local.shared, { stage = var.open, "two-words" = "yes" })
}
resource "aws_s3_bucket_versioning" "data" { bucket = aws_s3_bucket.data.id }
resource "aws_iam_role_policy" "role" {
  policy = jsonencode({ Statement = [
    { Action = "s3:GetObject", Resource = "${aws_s3_bucket.data.arn}/*" },
    { Action = "kms:Decrypt", Resource = aws_kms_key.Key.arn, Sid = "aws_sqs_queue.copy" },
  ] })
}
resource "aws_sqs_queue" "copy" {
  provider   = aws.far
  depends_on = [aws_kms_key.Key]
}
"""

BICEP = """
param place string = 'westeurope'
param open string
var personal = { Owner: 'team', 'data-class': 'personal' }
resource key 'Microsoft.KeyVault/vaults@2023-07-01' = {
  name: 'data'
  location: place
  tags: union(personal, { stage: open })
}
resource data 'Microsoft.Storage/storageAccounts@2023-05-01' = {
  name: 'key'
  location: resourceGroup().location
  tags: personal
  properties: { uri: key.properties.vaultUri, label: 'x-${key.name}' }
}
resource id 'Microsoft.Web/sites@2024-04-01' = {
  name: '${open}-site'
  location: open
  properties: { reads: [ data.id ] }
  dependsOn: [ key ]
}
resource last 'Microsoft.Web/sites@2024-04-01' = {
  name: 'last'
  location: 'key'
}
"""


def by_name(parts):
    return {part.name: part for part in parts}


def test_terraform_needs_come_from_references_and_not_from_text():
    parts = by_name(designs.read_terraform(TERRAFORM))
    assert designs.graph(list(parts.values())) == {
        "key": set(),
        "data": set(),
        "role": {"data", "key"},
        "copy": {"key"},
    }


def test_terraform_regions_come_from_the_part_s_provider():
    parts = by_name(designs.read_terraform(TERRAFORM))
    assert (parts["data"].region, parts["copy"].region) == ("eu-west-1", "us-east-1")


def test_terraform_tags_are_the_provider_s_with_the_part_s_own_over_them():
    parts = by_name(designs.read_terraform(TERRAFORM))
    assert parts["data"].tags == {"owner": "team", "class": "personal", "stage": None, "two-words": "yes"}
    assert parts["key"].tags == {"owner": "team", "class": "internal"}
    assert parts["copy"].tags is None


def test_bicep_needs_come_from_symbols_and_not_from_strings():
    parts = designs.read_bicep(BICEP)
    assert designs.graph(parts) == {"key": set(), "data": {"key"}, "id": {"data", "key"}, "last": set()}


def test_bicep_values_that_only_a_deployment_knows_are_none():
    parts = by_name(designs.read_bicep(BICEP))
    assert [parts[name].region for name in ("key", "data", "id", "last")] == ["westeurope", None, None, "key"]
    assert parts["key"].tags == {"Owner": "team", "data-class": "personal", "stage": None}
    assert parts["id"].tags is None


def test_a_template_has_the_region_it_is_deployed_to():
    text = "Resources:\n  Log: {Type: AWS::Logs::LogGroup}\n"
    assert designs.read_template(text)[0].region is None
    assert designs.read_template(text, "eu-west-1")[0].region == "eu-west-1"


def test_a_template_s_tags_are_known_by_default_only():
    text = """
Parameters: {Owner: {Type: String}, Stage: {Type: String, Default: test}}
Resources:
  Log:
    Type: AWS::Logs::LogGroup
    Properties: {Tags: [{Key: o, Value: !Ref Owner}, {Key: s, Value: !Ref Stage}, {Key: x, Value: !Sub "${Stage}"}]}
"""
    assert designs.read_template(text)[0].tags == {"o": None, "s": "test", "x": None}


def test_parsers_leave_no_quotes():
    block = designs.parse_terraform('resource "a" "b" { tags = { "two-words" = "yes" } }')["resource"][0]
    assert block == {"a": {"b": {"tags": {"two-words": "yes"}}}}


@pytest.mark.parametrize(
    ("read", "text"), [(designs.read_terraform, 'resource "a" {'), (designs.read_bicep, "resource a")]
)
def test_what_is_not_the_language_is_refused_in_a_sentence(read, text):
    with pytest.raises(LabError, match="The file is not"):
        read(text)


def test_orders_are_counted_exactly():
    assert designs.orders({}) == 1
    assert designs.orders({"a": set(), "b": set(), "c": set()}) == 6
    assert designs.orders({"a": set(), "b": {"a"}, "c": {"a"}}) == 2
    assert designs.orders({"a": {"b"}, "b": {"a"}}) == 0
