"""pyproject.toml, requirements.lock and environment.yml say the same, and this environment is what they say."""

import ast
import re
import sys
import tomllib
from importlib.metadata import distribution, distributions, packages_distributions
from itertools import product
from pathlib import Path

import pytest
import yaml
from packaging.markers import Environment, default_environment
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from curriculum.course import ROOT
from curriculum.doctor import differences_from_lock, locked

LOCK = ROOT / "requirements.lock"
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]
LEFT_OUT = {canonicalize_name(name) for name in PYPROJECT["tool"]["uv"]["exclude-dependencies"]}

SYSTEMS = {
    "linux-x86_64": {
        "sys_platform": "linux",
        "platform_system": "Linux",
        "os_name": "posix",
        "platform_machine": "x86_64",
    },
    "linux-aarch64": {
        "sys_platform": "linux",
        "platform_system": "Linux",
        "os_name": "posix",
        "platform_machine": "aarch64",
    },
    "macos-arm64": {
        "sys_platform": "darwin",
        "platform_system": "Darwin",
        "os_name": "posix",
        "platform_machine": "arm64",
    },
    "windows-amd64": {
        "sys_platform": "win32",
        "platform_system": "Windows",
        "os_name": "nt",
        "platform_machine": "AMD64",
    },
}
PYTHONS = ["3.11", "3.12", "3.13"]


def platform(system: str, python: str) -> Environment:
    here = default_environment()
    here.update(SYSTEMS[system])  # type: ignore[typeddict-item]
    here.update(python_version=python, python_full_version=f"{python}.0", implementation_version=f"{python}.0")
    return here


def versions(environment: Environment) -> dict[str, Version]:
    """What the lock installs on that platform: name to version."""
    chosen = [line for line in locked(LOCK) if line.marker is None or line.marker.evaluate(environment)]
    found = {canonicalize_name(line.name): Version(str(line.specifier).removeprefix("==")) for line in chosen}
    assert len(found) == len(chosen), "a package is locked twice for one platform"
    return found


def entries() -> list[str]:
    """The lock's entries: a package's line and the hash lines under it."""
    return re.findall(r"^[A-Za-z0-9].*(?:\n[ \t].*)*", LOCK.read_text(encoding="utf-8"), re.MULTILINE)


def test_every_line_of_the_lock_is_one_version_with_hashes():
    found = entries()
    assert len(found) == len(locked(LOCK)) > 100
    whole = re.compile(r"[A-Za-z0-9._-]+==\S+( ; [^\\\n]+)? \\(\n    --hash=sha256:[0-9a-f]{64}( \\)?)+")
    assert [entry.splitlines()[0] for entry in found if not whole.fullmatch(entry)] == []


def test_the_lock_names_no_address():
    text = LOCK.read_text(encoding="utf-8")
    assert not re.search(r"://|^\s*-|@ |\bindex\b", text.replace("--hash=", ""), re.MULTILINE)


def test_the_lock_is_for_every_platform():
    counts = {key: len(versions(platform(*key))) for key in product(SYSTEMS, PYTHONS)}
    assert min(counts.values()) > 150, counts
    assert len({frozenset(versions(platform(system, "3.12"))) for system in SYSTEMS}) > 1  # markers make a difference


@pytest.mark.parametrize(("system", "python"), list(product(SYSTEMS, PYTHONS)))
def test_what_the_project_needs_is_locked_and_fits(system, python):
    environment = platform(system, python)
    have = versions(environment)
    needed = [Requirement(text) for text in [*PROJECT["dependencies"], *PYPROJECT["build-system"]["requires"]]]
    wrong = [
        str(need)
        for need in needed
        if (need.marker is None or need.marker.evaluate(environment))
        and not need.specifier.contains(have.get(canonicalize_name(need.name), Version("0")), prereleases=True)
    ]
    assert wrong == []


@pytest.mark.parametrize(("system", "python"), list(product(SYSTEMS, PYTHONS)))
def test_nothing_that_a_locked_package_needs_is_missing(system, python):
    """As far as this machine knows: a package that only another platform has does not say here what it needs."""
    environment = platform(system, python)
    have = versions(environment)
    missing = {}
    known = 0
    for name, extras in reached(environment).items():
        if name not in INSTALLED or INSTALLED[name].version != str(have.get(name)):
            continue
        known += 1
        for need in needs_of(name, extras, environment):
            other = canonicalize_name(need.name)
            if other not in LEFT_OUT and not need.specifier.contains(have.get(other, Version("0")), prereleases=True):
                missing[f"{name} needs {need}"] = have.get(other)
    assert missing == {}
    assert known > 150


# The first on the path counts: once imported, setuptools puts copies of its own behind.
INSTALLED = {canonicalize_name(found.metadata["Name"]): found for found in reversed(list(distributions()))}


def needs_of(name: str, extras: set[str], environment: Environment) -> list[Requirement]:
    needs = [Requirement(text) for text in INSTALLED[name].requires or []]
    return [
        need
        for need in needs
        if need.marker is None
        or any(need.marker.evaluate({**environment, "extra": extra}) for extra in ({""} | extras))
    ]


def reached(environment: Environment) -> dict[str, set[str]]:
    """The packages that the project's own needs lead to on that platform, with the extras asked of each."""
    found: dict[str, set[str]] = {}
    waiting = [Requirement(text) for text in [*PROJECT["dependencies"], *PYPROJECT["build-system"]["requires"]]]
    while waiting:
        need = waiting.pop()
        name = canonicalize_name(need.name)
        if name in LEFT_OUT or (name in found and need.extras <= found[name]):
            continue
        found[name] = found.get(name, set()) | need.extras
        if name in INSTALLED:
            waiting += needs_of(name, found[name], environment)
    return found


def test_nothing_is_locked_that_nothing_needs():
    environment = default_environment()
    assert set(versions(environment)) - set(reached(environment)) == set()


def test_what_is_left_out_is_left_out():
    assert {"llm", "llama-cpp-python"} <= LEFT_OUT
    assert LEFT_OUT & {canonicalize_name(line.name) for line in locked(LOCK)} == set()
    assert LEFT_OUT & set(INSTALLED) == set()


def test_this_environment_is_what_the_lock_says():
    assert differences_from_lock(LOCK) == []


def test_this_project_is_installed_from_this_folder():
    files = distribution(PROJECT["name"]).files or []
    paths = [file.locate().read_text(encoding="utf-8").strip() for file in files if file.name.endswith(".pth")]  # type: ignore[attr-defined]
    assert str(ROOT) in paths


def test_conda_and_the_project_want_the_same_python():
    conda = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    name, wanted = next(line for line in conda["dependencies"] if line.startswith("python ")).split(" ", 1)
    assert (name, SpecifierSet(wanted)) == ("python", SpecifierSet(PROJECT["requires-python"]))
    assert [
        f"3.{minor}" for minor in range(0, 30) if f"3.{minor}.0" in SpecifierSet(PROJECT["requires-python"])
    ] == PYTHONS


def test_conda_brings_only_what_the_lock_cannot():
    conda = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    assert conda["name"] == "ai-systems"  # tools/setup.py knows the environment by it
    assert [re.split(r"[ <>=]", line)[0] for line in conda["dependencies"]] == ["python", "pip", "git", "make"]


OWN = ("authoring", "curriculum", "grading", "tests", "tools")


def imports_of(path: Path) -> set[str]:
    """The packages that a file of ours imports, inside functions too, its own neighbours left aside."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return {name for name in names if name not in {*OWN, *sys.stdlib_module_names} and not neighbour(path, name)}


def neighbour(path: Path, name: str) -> bool:
    return path.with_name(f"{name}.py").is_file()


def test_every_package_that_our_code_imports_is_declared():
    declared = {canonicalize_name(Requirement(text).name) for text in PROJECT["dependencies"]}
    provides = packages_distributions()
    missing: dict[str, str] = {}
    for path in (path for room in OWN for path in (ROOT / room).rglob("*.py")):
        for name in imports_of(path):
            if not declared & {canonicalize_name(found) for found in provides.get(name, [])}:
                missing[name] = path.relative_to(ROOT).as_posix()
    assert missing == {}
