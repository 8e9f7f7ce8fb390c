"""Designs in CloudFormation, Terraform and Bicep, read by each language's parser into one form: parts and their needs.

A part is named by its identifier in lower case, without its type: `Households`, `aws_s3_bucket.households` and the
Bicep symbol `households` are one name, so that designs can be compared. What a design says of one part in several
blocks, as Terraform does with a bucket and its encryption, is one part here.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import hcl2
from lark.exceptions import LarkError
from pycep import BicepParser

from curriculum.lab.cloudformation import load_template, needs
from curriculum.lab.errors import LabError

Graph = dict[str, set[str]]
QUOTED = "\N{INVISIBLE SEPARATOR}"


@dataclass
class Part:
    """One part of a design. What cannot be known before it is deployed is None: a region, a tag's value.

    `tags` is None where the language gives the part none, as opposed to an empty dictionary.
    """

    name: str
    kind: str
    language: str
    region: str | None = None
    tags: dict[str, str | None] | None = None
    needs: set[str] = field(default_factory=set)


def graph(parts: list[Part]) -> Graph:
    """Each part's name with the names of what it needs."""
    return {part.name: set(part.needs) for part in parts}


def orders(graph: Mapping[str, set[str]]) -> int:
    """In how many orders the parts can be made, one at a time, so that each comes after all that it needs."""
    names = sorted(graph)
    before = [sum(1 << names.index(need) for need in graph[name]) for name in names]
    ways = {0: 1}  # for each set of parts that are made, in how many orders that can have happened
    for _ in names:
        grown: dict[int, int] = {}
        for made, count in ways.items():
            for place, need in enumerate(before):
                if not made >> place & 1 and need & ~made == 0:
                    grown[made | 1 << place] = grown.get(made | 1 << place, 0) + count
        ways = grown
    return sum(ways.values())


# ---------------------------------------------------------------------------------------------------- CloudFormation


def read_template(text: str, region: str | None = None) -> list[Part]:
    """The parts of a CloudFormation template. It names no region: that is said by whoever deploys it, in `region`."""
    template = load_template(text)
    parts = []
    for name, resource in template["Resources"].items():
        tags = resource.get("Properties", {}).get("Tags")
        if isinstance(tags, list):
            tags = {str(tag["Key"]): _known(tag["Value"], template) for tag in tags}
        part = Part(name.lower(), resource["Type"], "CloudFormation", region, tags)
        part.needs = {need.lower() for need in needs(template, name)}
        parts.append(part)
    return parts


def _known(value: Any, template: Mapping[str, Any]) -> str | None:
    """A property's value as text: a parameter by its default, anything else that is computed as not known."""
    if isinstance(value, dict):
        parameter = (template.get("Parameters") or {}).get(value.get("Ref"), {})
        value = parameter.get("Default")
    return None if value is None else str(value)


# --------------------------------------------------------------------------------------------------------- Terraform


def parse_terraform(text: str) -> dict[str, Any]:
    """Terraform's HCL as python-hcl2 reads it, without the quotes that it leaves around names and strings.

    An expression keeps its mark: `"a"` is the string a, `"${var.a}"` refers to a variable. Raises `LabError` when it is
    not HCL.
    """
    try:
        return dict(_unquoted(hcl2.loads(text if text.endswith("\n") else f"{text}\n")))
    except LarkError as error:
        raise LabError(f"The file is not HCL: {str(error).splitlines()[0]}.") from None


def _unquoted(value: Any) -> Any:
    if isinstance(value, dict):
        return {_unquoted(key): _unquoted(inner) for key, inner in value.items() if key != "__is_block__"}
    if isinstance(value, list):
        return [_unquoted(inner) for inner in value]
    if isinstance(value, str) and len(value) > 1 and value[0] == value[-1] == '"':
        return value[1:-1]
    return value


def read_terraform(text: str) -> list[Part]:
    """The parts of a Terraform file. The region is that of the part's provider; `default_tags` count as its tags."""
    design = parse_terraform(text)
    scope = _Scope(design)
    parts: dict[str, Part] = {}
    own: dict[str, dict[str, str | None]] = {}  # the tags that a part's own blocks write
    blocks = [(kind, name, body) for block in design.get("resource", []) for kind, name, body in _labelled(block)]
    known = {f"{kind}.{name}": name.lower() for kind, name, _ in blocks}
    for kind, name, body in blocks:
        part = parts.setdefault(name.lower(), Part(name.lower(), kind, "Terraform"))
        provider = scope.provider(str(body.get("provider", "")))
        part.region = part.region or scope.text(body.get("region", provider.get("region")))
        shared = [scope.mapping(block.get("tags")) or {} for block in provider.get("default_tags", [])]
        tags = [*shared, own.setdefault(part.name, {})]
        if (written := scope.mapping(body.get("tags"))) is not None:
            own[part.name] |= written
        if shared or written is not None or part.tags is not None:
            part.tags = dict(pair for each in tags for pair in each.items())
        mentioned = re.findall(r"[A-Za-z_][\w-]*\.[A-Za-z_][\w-]*", _code(body))
        part.needs |= {known[each] for each in mentioned if each in known} - {part.name}
    return list(parts.values())


def _labelled(block: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for kind, named in block.items():
        for name, body in named.items():
            yield kind, name, body


def _code(value: Any) -> str:
    """All expressions inside a value, without the text of plain strings around them."""
    if isinstance(value, dict):
        return " ".join(_code(inner) for inner in value.values())
    if isinstance(value, list):
        return " ".join(_code(inner) for inner in value)
    if not isinstance(value, str) or "${" not in value:
        return ""
    expressions = value[value.index("${") : value.rindex("}") + 1]
    return re.sub(r'"((?:[^"\\]|\\.)*)"', lambda text: text[1] if "${" in text[1] else "", expressions)


class _Scope:
    """What variables and locals of a Terraform file stand for, as far as that is known before it is applied."""

    def __init__(self, design: Mapping[str, Any]) -> None:
        defaults = {name: body.get("default") for block in design.get("variable", []) for name, body in block.items()}
        values = {name: value for block in design.get("locals", []) for name, value in block.items()}
        self.names = {f"var.{name}": value for name, value in defaults.items()}
        self.names |= {f"local.{name}": value for name, value in values.items()}
        self.providers = {}
        for block in design.get("provider", []):
            for name, body in block.items():
                self.providers[f"{name}.{body['alias']}" if "alias" in body else ""] = body

    def provider(self, reference: str) -> dict[str, Any]:
        """The provider that a resource names, or the default one."""
        return dict(self.providers.get(reference.removeprefix("${").removesuffix("}"), {}))

    def text(self, value: Any) -> str | None:
        """A value as text; None where a part of it is not known."""
        if value is None or isinstance(value, dict | list):
            return None
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, str) and (whole := re.fullmatch(r"\$\{([\w.]+)\}", value)):
            return self.text(self.names.get(whole[1]))
        found = [self.text(self.names.get(name)) for name in re.findall(r"\$\{(.*?)\}", str(value))]
        if None in found:
            return None
        return re.sub(r"\$\{.*?\}", lambda _: str(found.pop(0)), str(value))

    def mapping(self, value: Any) -> dict[str, str | None] | None:
        """A mapping of tags: written out, a local, or `merge(…)` of those."""
        if isinstance(value, dict):
            return {str(key): self.text(inner) for key, inner in value.items()}
        if not isinstance(value, str):
            return None
        inner = value.removeprefix("${").removesuffix("}").strip()
        if merged := re.fullmatch(r"merge\((.*)\)", inner, re.DOTALL):
            together: dict[str, str | None] = {}
            for argument in re.findall(r"\{[^{}]*\}|[\w.]+", merged[1]):
                together |= self.mapping(argument) or {}
            return together
        if value.startswith("{"):
            pairs = re.findall(r"\"?([\w:-]+)\"?\s*[=:]\s*(\"[^\"]*\"|[\w.]+)", value)
            return {key: self.text(_unquoted(each) if each[0] == '"' else f"${{{each}}}") for key, each in pairs}
        return self.mapping(self.names.get(inner))


# ------------------------------------------------------------------------------------------------------------- Bicep


def parse_bicep(text: str) -> dict[str, Any]:
    """Bicep as pycep reads it. Raises `LabError` when it is not Bicep.

    pycep gives the string 'vault' and the identifier vault alike; here a string that looks like an identifier begins
    with `QUOTED`.
    """
    marked = re.sub(r"'([A-Za-z_]\w*)'", rf"'{QUOTED}\1'", text)
    try:
        return dict(BicepParser().parse(text=marked))
    except LarkError as error:
        said = str(error).splitlines()[0].replace(QUOTED, "")
        raise LabError(f"The file is not Bicep: {said}.") from None


def read_bicep(text: str) -> list[Part]:
    """The parts of a Bicep file: its resources, each with its `location` and `tags`."""
    design = parse_bicep(text)
    resources = design.get("resources") or {}
    parts = []
    for name, resource in resources.items():
        config = resource["config"]
        part = Part(name.lower(), resource["type"], "Bicep", _bicep_text(config.get("location"), design))
        part.tags = _bicep_mapping(config.get("tags"), design)
        part.needs = {each.lower() for each in _symbols(config) if each in resources} - {part.name}
        parts.append(part)
    return parts


def _symbols(value: Any) -> Iterator[str]:
    """The identifiers in a value, without what follows a dot."""
    if isinstance(value, dict):
        operator = value.get("operator")
        if isinstance(operator, dict) and operator.get("type") == "property_accessor":
            yield from _symbols(operator["operands"]["operand_1"])
            return
        for inner in value.values():
            yield from _symbols(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _symbols(inner)
    elif isinstance(value, str):
        yield value  # a string that is no identifier matches no part's name
        yield from (name for found in re.findall(r"\$\{(.*?)\}", value) for name in re.findall(r"[A-Za-z_]\w*", found))


def _bicep_text(value: Any, design: Mapping[str, Any]) -> str | None:
    if isinstance(value, str):
        if parameter := (design.get("parameters") or {}).get(value):
            return _bicep_text(parameter.get("default"), design)
        if variable := (design.get("variables") or {}).get(value):
            return _bicep_text(variable["value"], design)
        if "${" in value:
            found = [_bicep_text(name, design) for name in re.findall(r"\$\{(.*?)\}", value)]
            return None if None in found else re.sub(r"\$\{.*?\}", lambda _: str(found.pop(0)), value)
        return value.removeprefix(QUOTED)
    return None if value is None or isinstance(value, dict | list) else str(value)


def _bicep_mapping(value: Any, design: Mapping[str, Any]) -> dict[str, str | None] | None:
    if isinstance(value, str):
        variable = (design.get("variables") or {}).get(value, {}).get("value")
        parameter = (design.get("parameters") or {}).get(value, {}).get("default")
        return _bicep_mapping(variable if variable is not None else parameter, design)
    if not isinstance(value, dict):
        return None
    call = value.get("function")
    if isinstance(call, dict) and call.get("type") == "union":
        together: dict[str, str | None] = {}
        for argument in call["parameters"].values():
            together |= _bicep_mapping(argument, design) or {}
        return together
    return {str(key).strip("'").removeprefix(QUOTED): _bicep_text(inner, design) for key, inner in value.items()}
