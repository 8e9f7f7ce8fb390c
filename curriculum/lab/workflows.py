"""GitHub workflows on this machine: act runs them, zizmor audits them, and what both say comes back as data.

act runs jobs as plain processes here (`-P ubuntu-latest=-self-hosted`): no Docker, no network. It reads the same files
as GitHub and does less: `permissions`, `environment` with its approvals, `concurrency` and `cache` are read and not
enforced. `actions/checkout` is replaced by a copy of the folder; every other action must be a path in the folder, or
be lent by `actions`. Steps run with the rights of whoever calls: run no workflow here that you would not run yourself.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import yaml

from curriculum.lab.errors import LabError

WORKFLOWS = Path(".github/workflows")
RUNNERS = ("ubuntu-latest", "ubuntu-24.04")
_NO_JOBS = "Could not find any stages to run"  # what act says where the event concerns no job
_OF_JOBS = ("runs-on", "steps", "strategy", "environment", "outputs", "timeout-minutes", "env", "defaults", "services")
_PATHS = ("PATH", "SYSTEMROOT", "PATHEXT", "COMSPEC", "LANG")  # of the caller's variables, all that steps see


@dataclass
class Step:
    """One step of a job: its id or number, what it ran, its conclusion, the lines that it printed, its outputs."""

    id: str
    name: str
    conclusion: str = ""
    lines: list[str] = field(default_factory=list)
    outputs: dict[str, str] = field(default_factory=dict)


@dataclass
class Job:
    """One job of a run: its id in the file, its cell of the matrix, its conclusion, and its steps in order."""

    id: str
    matrix: dict[str, Any]
    conclusion: str = ""
    steps: list[Step] = field(default_factory=list)

    @property
    def lines(self) -> list[str]:
        """Everything that its steps printed."""
        return [line for step in self.steps for line in step.lines]


@dataclass
class Run:
    """What came of a workflow: its jobs (one for each cell of a matrix), and what act said that concerns no job.

    A job that never started is `skipped`; so is every job of a workflow that the event does not concern.
    """

    jobs: list[Job]
    said: list[str]

    def conclusions(self) -> dict[str, str]:
        """The conclusion of each job by its id: `failure` where one cell of a matrix failed."""
        found: dict[str, str] = {}
        for job in self.jobs:
            found[job.id] = job.conclusion if found.get(job.id, "success") == "success" else found[job.id]
        return found

    @property
    def lines(self) -> list[str]:
        """Everything that steps printed, job by job."""
        return [line for job in self.jobs for line in job.lines]


@dataclass(frozen=True)
class Finding:
    """What zizmor objects to: its rule, how severe, how sure, where (file, line from 1), in words, and more to read."""

    rule: str
    severity: str
    confidence: str
    file: str
    line: int
    said: str
    url: str


def run(
    folder: str | Path,
    workflow: str,
    event: str = "push",
    *,
    payload: Mapping[str, Any] | None = None,
    secrets: Mapping[str, str] | None = None,
    actions: Mapping[str, str | Path] | None = None,
    actor: str = "dana",
    timeout_s: float = 60,
) -> Run:
    """Run the workflow file `folder`/.github/workflows/`workflow` as GitHub would for an event.

    `payload` is the event's JSON (`{"ref": "refs/heads/main"}`, `{"pull_request": …}`), `actor` who caused it,
    `secrets` what jobs may read, `actions` local folders in place of actions (`{"owner/name@ref": folder}`). Every job
    works in a copy of the folder of its own, which is gone afterwards.

    Raises `LabError` for a workflow that act cannot read, or that is not done in time.
    """
    file = Path(folder).resolve() / WORKFLOWS / workflow
    if not file.is_file():
        raise LabError(f"There is no workflow {file.name} in {WORKFLOWS} of {folder}.")
    declared = _declared(file)
    with tempfile.TemporaryDirectory(prefix="act-", ignore_cleanup_errors=True) as scratch:
        home = Path(scratch)
        repository = _repository(Path(folder), home)
        (home / "event.json").write_text(json.dumps(dict(payload or {})), encoding="utf-8")
        secret_file = home / "secrets.yml"  # act reads this ending as YAML, so a secret may have several lines
        secret_file.write_text(yaml.safe_dump(dict(secrets or {})), encoding="utf-8")
        command = [_program("act"), event, "--json", "--no-cache-server", "--action-offline-mode", "--actor", actor]
        command += ["--directory", str(repository), "--workflows", str(repository / WORKFLOWS / workflow)]
        command += ["--eventpath", str(home / "event.json"), "--secret-file", str(secret_file)]
        command += ["--action-cache-path", str(home / "actions"), "--concurrent-jobs", "2"]
        command += [word for runner in RUNNERS for word in ("--platform", f"{runner}=-self-hosted")]
        for name, place in (actions or {}).items():
            command += ["--local-repository", f"{name}={Path(place).resolve()}"]
        return _read(_output(command, home, timeout_s), declared)


def audit(folder: str | Path, persona: str = "regular") -> list[Finding]:
    """What zizmor finds in the workflows and actions of a folder, or in one file, the most severe first.

    `persona` says how strict it is: `regular`, `pedantic` or `auditor`. Comments that ask it to look away are ignored,
    and so is a configuration file. Raises `LabError` for files that zizmor cannot read.
    """
    place = Path(folder).resolve()
    command = [_program("zizmor"), "--offline", "--no-ignores", "--no-config", "--strict-collection", "--no-progress"]
    command += ["--collect=all", "--no-exit-codes", "--format=json-v1", f"--persona={persona}", str(place)]
    environment = {name: os.environ[name] for name in _PATHS if name in os.environ}
    done = subprocess.run(command, capture_output=True, encoding="utf-8", env=environment, check=False)
    if done.returncode:
        raise LabError(f"zizmor could not read {place.name}: {_last(done.stderr)}")
    order = ["Unknown", "Informational", "Low", "Medium", "High"]
    found = [_finding(each) for each in json.loads(done.stdout)]
    return sorted(found, key=lambda each: (-order.index(each.severity), each.file, each.line, each.rule))


def _finding(each: Mapping[str, Any]) -> Finding:
    where = next(place for place in each["locations"] if place["symbolic"]["kind"] == "Primary")
    known = where["symbolic"]["key"]["Local"]
    return Finding(
        each["ident"],
        each["determinations"]["severity"],
        each["determinations"]["confidence"],
        Path(known["verbatim_path"] if "verbatim_path" in known else known["given_path"]).name,
        where["concrete"]["location"]["start_point"]["row"] + 1,
        where["symbolic"]["annotation"] or each["desc"],
        each["url"],
    )


def _program(name: str) -> str:
    """The program that the package brought, beside this Python, or the one on PATH."""
    beside = shutil.which(name, path=str(Path(sys.executable).parent))
    found = beside or shutil.which(name)
    if not found:
        raise LabError(f"{name} is missing. Run `make setup` again, and start JupyterLab with `make lab`.")
    return found


def _declared(file: Path) -> list[str]:
    """The ids of the jobs in a workflow file."""
    try:
        jobs = dict(yaml.safe_load(file.read_text(encoding="utf-8"))["jobs"])
    except (yaml.YAMLError, TypeError, ValueError, KeyError) as error:
        raise LabError(f"{file.name} is not a workflow: {_last(str(error))}") from None
    for name, job in jobs.items():  # act only says that it finds nothing to run
        needs = job.get("needs") if isinstance(job, dict) else None
        for needed in needs if isinstance(needs, list) else [needs] if needs else []:
            if needed not in jobs:
                raise LabError(f"Job {name} needs {needed}, and {file.name} has no such job, only {', '.join(jobs)}.")
    return list(jobs)


def _repository(folder: Path, home: Path) -> Path:
    """A copy of the folder as a repository, which is what act wants to see: without a commit GITHUB_SHA is empty."""
    copy = home / "repository"
    shutil.copytree(folder, copy, ignore=shutil.ignore_patterns(".git", ".actrc", ".env", ".secrets", ".vars"))
    (copy / ".git/refs/heads").mkdir(parents=True)
    tree = _object(copy, "tree", "")
    who = "lab <lab@example.org> 1764000000 +0000"
    commit = _object(copy, "commit", f"tree {tree}\nauthor {who}\ncommitter {who}\n\nlab\n")
    (copy / ".git/HEAD").write_text("ref: refs/heads/main\n", encoding="ascii")
    (copy / ".git/refs/heads/main").write_text(f"{commit}\n", encoding="ascii")
    return copy


def _object(repository: Path, kind: str, text: str) -> str:
    """Write one of git's objects, and return its name."""
    data = f"{kind} {len(text)}\0{text}".encode()
    name = hashlib.sha1(data, usedforsecurity=False).hexdigest()
    place = repository / ".git/objects" / name[:2] / name[2:]
    place.parent.mkdir(parents=True)
    place.write_bytes(zlib.compress(data))
    return name


def _output(command: list[str], home: Path, timeout_s: float) -> str:
    """What act printed: JSON lines on standard output, and lines of text of its own. Nothing of it runs on."""
    environment = {name: os.environ[name] for name in _PATHS if name in os.environ}
    environment |= {name: str(home) for name in ("HOME", "USERPROFILE", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "TMPDIR")}
    process = subprocess.Popen(
        command,
        cwd=home,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    )
    try:
        return process.communicate(timeout=timeout_s)[0]
    except subprocess.TimeoutExpired:
        raise LabError(f"The workflow was not done after {timeout_s:g} s, and was stopped.") from None
    finally:
        _end(process)


def _end(process: "subprocess.Popen[str]") -> None:
    """End act and all that it started."""
    if process.poll() is None:
        tree = [*psutil.Process(process.pid).children(recursive=True), psutil.Process(process.pid)]
        for each in tree:
            each.kill()
        process.wait()
    if process.stdout:
        process.stdout.close()


def _read(output: str, declared: list[str]) -> Run:
    jobs: dict[str, Job] = {}
    steps: dict[tuple[str, str], Step] = {}
    said = []
    for line in output.splitlines():
        try:
            event = json.loads(line)
        except ValueError:
            event = {"msg": line, "level": "error"}
        name = event.get("job")
        if name is None:
            if event.get("level") != "warning":
                said.append(str(event.get("msg", line)))
            continue
        job = jobs.setdefault(name, Job(event["jobID"], event.get("matrix") or {}))
        job.conclusion = event.get("jobResult", job.conclusion)
        number = ".".join(event.get("stepID", []))
        if not number:
            continue
        if (name, number) not in steps:
            steps[name, number] = Step(number, event["step"])
            job.steps.append(steps[name, number])
        step = steps[name, number]
        step.conclusion = event.get("stepResult", step.conclusion)
        if event.get("command") == "set-output":
            step.outputs[event["name"]] = event["arg"]
        elif event.get("raw_output"):
            step.lines += event["msg"].splitlines()
    if not jobs and said and _NO_JOBS not in said[-1]:
        raise LabError(f"act could not run the workflow: {_reason(said)}")
    for job in jobs.values():
        job.conclusion = job.conclusion or "skipped"
        if job.matrix and all(step.conclusion != "failure" for step in job.steps):
            job.conclusion = job.conclusion.replace("failure", "success")  # act says of every cell what one of them did
    missing = [Job(each, {}, "skipped") for each in declared if each not in {job.id for job in jobs.values()}]
    place = {each: number for number, each in enumerate(declared)}
    return Run(sorted([*jobs.values(), *missing], key=lambda job: place.get(job.id, len(place))), said)


def _reason(said: list[str]) -> str:
    """What act objects to: the places in the file that it names, unknown properties first; else its last line.

    act reads a job that does not fit once more, as a call of another workflow, where it does not know the
    keys of jobs. What it says of those would mislead.
    """
    places = list(dict.fromkeys(line[line.rindex("Line: ") :].strip() for line in said if "Line: " in line))
    places = [place for place in places if not place.endswith(tuple(f"Unknown Property {key}" for key in _OF_JOBS))]
    places.sort(key=lambda place: "Unknown Property" not in place)
    return "; ".join(places[:3]) or _last(said[-1])


def _last(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "it gave no reason."
