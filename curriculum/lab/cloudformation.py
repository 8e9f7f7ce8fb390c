"""CloudFormation templates: reading, what the resource types' own schemas say, and which parameters are refused.

The schemas are those that AWS publishes for its resource types, in the copy that cfn-lint ships. Parameters are checked
here because moto's server takes any value: it reads neither `AllowedValues` nor `Rules`.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from curriculum.lab.errors import LabError

REGION = "us-east-1"  # the schemas differ little between regions; this is the one that has every type
SHORT = {"Ref": "Ref", "Condition": "Condition"}  # other short forms stand for `Fn::<name>`


class _Loader(yaml.SafeLoader):
    """Reads `!Ref x` as `{"Ref": "x"}`, and so every other short form."""


def _short_form(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
        if suffix == "GetAtt":
            value = str(value).split(".", 1)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)  # type: ignore[arg-type]
    return {SHORT.get(suffix, f"Fn::{suffix}"): value}


_Loader.add_multi_constructor("!", _short_form)
# A version such as 2012-10-17 is a string to CloudFormation, never a date.
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def load_template(text: str) -> dict[str, Any]:
    """A template in YAML or JSON as a dictionary, with short forms such as `!Ref` written out.

    Raises `LabError` when it is not YAML, or holds no resources.
    """
    try:
        template = yaml.load(text, Loader=_Loader)  # the loader is a SafeLoader with tags added
    except yaml.YAMLError as error:
        raise LabError(f"The template is not YAML: {' '.join(str(error).split())}.") from None
    if not isinstance(template, dict) or not isinstance(template.get("Resources"), dict):
        raise LabError("The template has no mapping named Resources at its top.")
    return template


def references(value: Any) -> Iterator[str]:
    """The names that a value refers to by `Ref`, `Fn::GetAtt` or `Fn::Sub`, of resources and of parameters."""
    if isinstance(value, list):
        for item in value:
            yield from references(item)
    elif isinstance(value, dict):
        for key, inner in value.items():
            if key == "Ref":
                yield str(inner)
            elif key == "Fn::GetAtt":
                yield (inner if isinstance(inner, list) else str(inner).split("."))[0]
            else:
                if key == "Fn::Sub":
                    text = inner[0] if isinstance(inner, list) else inner
                    yield from (name.split(".")[0] for name in re.findall(r"\$\{([^!}][^}]*)\}", str(text)))
                yield from references(inner)


def needs(template: Mapping[str, Any], name: str) -> set[str]:
    """The resources of the template that one of its resources refers to, or names in `DependsOn`."""
    resource = template["Resources"][name]
    depends = resource.get("DependsOn", [])
    named = {depends} if isinstance(depends, str) else set(depends)
    return (named | set(references(resource.get("Properties", {})))) & set(template["Resources"]) - {name}


def create_only(kind: str) -> set[str]:
    """The properties of a resource type that can only be set when it is made: changing one replaces the resource.

    They are paths such as `KeySchema` or `Encryption/KmsKey`, and include those that replace under conditions.
    """
    schema = _schema(kind)
    return _paths(schema, "createOnlyProperties") | _paths(schema, "conditionalCreateOnlyProperties")


def computed(kind: str) -> set[str]:
    """The properties of a resource type that the service sets and nobody else, such as `Arn`."""
    return _paths(_schema(kind), "readOnlyProperties")


def _schema(kind: str) -> dict[str, Any]:
    from cfnlint.schema import ResourceNotFoundError
    from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

    try:
        return dict(PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, kind).schema)
    except ResourceNotFoundError:
        raise LabError(f"There is no resource type {kind!r} among CloudFormation's schemas.") from None


def _paths(schema: dict[str, Any], key: str) -> set[str]:
    return {path.removeprefix("/properties/") for path in schema.get(key, [])}


def lint(text: str) -> list[str]:
    """What cfn-lint finds wrong in a template: a rule, a line and a message for each error. Warnings are left out."""
    from cfnlint.api import ManualArgs
    from cfnlint.api import lint as run

    found = run(text, config=ManualArgs(regions=["eu-central-1"]))
    return [f"{match.rule.id} line {match.linenumber}: {match.message}" for match in found if match.rule.id[0] == "E"]


def refusals(template: Mapping[str, Any], parameters: Mapping[str, str]) -> list[str]:
    """Why CloudFormation would refuse to begin with these parameters; empty when it would begin.

    Follows its documentation: required parameters, unknown ones, `AllowedValues`, `AllowedPattern` (the whole value),
    lengths and ranges, then `Rules` with `Fn::Equals`, `Fn::Not`, `Fn::And`, `Fn::Or`, `Fn::Contains` and `Ref`.
    """
    declared = template.get("Parameters") or {}
    found = [f"there is no parameter {name}" for name in parameters if name not in declared]
    values: dict[str, str] = {}
    for name, rule in declared.items():
        if name not in parameters and "Default" not in rule:
            found.append(f"{name} has no value")
            continue
        values[name] = _text(parameters.get(name, rule.get("Default")))
        found += [f"{name}: {why}" for why in _broken(rule, values[name])]
    if found:
        return found
    for name, rule in (template.get("Rules") or {}).items():
        if "RuleCondition" in rule and not _holds(rule["RuleCondition"], values):
            continue
        for each in rule.get("Assertions", []):
            if not _holds(each["Assert"], values):
                found.append(f"{name}: {each.get('AssertDescription', 'an assertion does not hold')}")
    return found


def _text(value: Any) -> str:
    """A value as CloudFormation has it: text, also where YAML read a number or a truth value."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _broken(rule: Mapping[str, Any], value: str) -> Iterator[str]:
    if "AllowedValues" in rule and value not in [_text(allowed) for allowed in rule["AllowedValues"]]:
        yield f"{value!r} is not among the allowed values"
    if "AllowedPattern" in rule and not re.fullmatch(str(rule["AllowedPattern"]), value):
        yield f"{value!r} does not match {rule['AllowedPattern']}"
    if len(value) < int(rule.get("MinLength", 0)) or len(value) > int(rule.get("MaxLength", len(value))):
        yield f"{value!r} has {len(value)} characters"
    if rule.get("Type") == "Number":
        try:
            number = float(value)
        except ValueError:
            yield f"{value!r} is not a number"
            return
        if number < float(rule.get("MinValue", number)) or number > float(rule.get("MaxValue", number)):
            yield f"{value} is out of range"


def _holds(condition: Any, values: Mapping[str, str]) -> bool:
    """Whether a rule's condition holds. Raises `LabError` for a function that this course does not use in rules."""
    if not isinstance(condition, dict) or len(condition) != 1:
        raise LabError(f"A condition is one function, such as Fn::Equals; this is {condition!r}.")
    ((function, inner),) = condition.items()
    match function:
        case "Fn::Equals":
            return _value(inner[0], values) == _value(inner[1], values)
        case "Fn::Not":
            return not _holds(inner[0], values)
        case "Fn::And":
            return all(_holds(each, values) for each in inner)
        case "Fn::Or":
            return any(_holds(each, values) for each in inner)
        case "Fn::Contains":
            return _value(inner[1], values) in [_value(each, values) for each in inner[0]]
    raise LabError(f"{function} is not evaluated here; write the rule with Equals, Not, And, Or and Contains.")


def _value(value: Any, values: Mapping[str, str]) -> str:
    if isinstance(value, dict):
        name = value.get("Ref")
        if name not in values:
            raise LabError(f"A rule may refer to parameters only, and {value!r} is none of this template's.")
        return values[str(name)]
    return _text(value)
