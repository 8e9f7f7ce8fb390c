"""The set-up script on a fresh folder: it installs the lock, repeats in no time, and mends what was cut short.

The packages come from the environment that runs the tests, packed again as wheels, so that nothing needs a network and
everything else is real: venv, pip, uv, hashes, the build of the editable project.
"""

import base64
import hashlib
import os
import runpy
import shutil
import signal
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import distribution
from pathlib import Path, PurePosixPath

import pytest

from curriculum.course import ROOT

POSIX = os.name == "posix"
PACKAGES = ["uv", "hatchling", "packaging", "pathspec", "pluggy", "trove-classifiers"]
PROJECT = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "little-course"
version = "1"
[project.scripts]
course = "little:main"
[tool.hatch.build]
dev-mode-dirs = ["."]
[tool.hatch.build.targets.wheel]
packages = ["little"]
"""


def as_wheel(name: str, folder: Path) -> Path:
    """Pack an installed package as the wheel that it came from."""
    installed = distribution(name)
    tag = next(
        line.split(": ")[1] for line in (installed.read_text("WHEEL") or "").splitlines() if line.startswith("Tag")
    )
    stem = f"{installed.metadata['Name'].replace('-', '_')}-{installed.version}"
    wheel = folder / f"{stem}-{tag}.whl"
    record = []
    with zipfile.ZipFile(wheel, "w") as archive:
        for file in installed.files or []:
            parts = PurePosixPath(file.as_posix()).parts
            if "__pycache__" in parts or parts[-1] in (
                "RECORD",
                "INSTALLER",
                "REQUESTED",
                "uv_cache.json",
                "direct_url.json",
            ):
                continue
            inside = file.as_posix()
            if parts[0] == "..":  # a program
                if not (Path(str(file.locate())).stat().st_size > 10_000):
                    continue  # a launcher that the installer writes itself, from entry_points.txt
                inside = f"{stem}.data/scripts/{parts[-1]}"
            source = Path(str(file.locate()))
            content = source.read_bytes()
            entry = zipfile.ZipInfo(inside)
            entry.external_attr = source.stat().st_mode << 16  # a program stays one
            archive.writestr(entry, content)
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
            record.append(f"{inside},sha256={digest},{len(content)}")
        info = next(line.split(",")[0].split("/")[0] for line in record if ".dist-info/" in line)
        archive.writestr(f"{info}/RECORD", "\n".join([*record, f"{info}/RECORD,,", ""]))
    return wheel


def lock_of(wheels: list[Path]) -> str:
    lines = []
    for wheel in wheels:
        name, version = wheel.name.split("-")[:2]
        digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
        lines.append(f"{name.replace('_', '-')}=={version} \\\n    --hash=sha256:{digest}")
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def wheels(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheels")
    return [as_wheel(name, folder) for name in PACKAGES]


def make_root(folder: Path, wheels: list[Path]) -> Path:
    """A little course in a folder with a space in its name."""
    root = folder / "a course"
    (root / "tools").mkdir(parents=True)
    shutil.copy(ROOT / "tools" / "setup.py", root / "tools")
    shutil.copy(ROOT / "Makefile", root)
    (root / "pyproject.toml").write_text(PROJECT, encoding="utf-8")
    (root / "requirements.lock").write_text(lock_of(wheels), encoding="utf-8")
    (root / "little.py").write_text("def main():\n    print('the little course')\n", encoding="utf-8")
    return root


@pytest.fixture(scope="module")
def environment(tmp_path_factory, wheels):
    """An empty home, and pip told by its own configuration where packages are: nothing is set for uv."""
    home = tmp_path_factory.mktemp("home")
    settings = home / ".config" / "pip" / "pip.conf"
    settings.parent.mkdir(parents=True)
    settings.write_text(f"[global]\nno-index = true\nfind-links = {wheels[0].parent}\n", encoding="utf-8")
    kept = {"PATH", "SYSTEMROOT", "TMPDIR", "TEMP", "LANG"}
    return {name: value for name, value in os.environ.items() if name in kept} | {
        "HOME": str(home),
        "PIP_CONFIG_FILE": str(settings),
    }


def command(root: Path) -> list[str]:
    return [sys.executable, str(root / "tools" / "setup.py")]


def set_up(root: Path, environment: dict[str, str], **changes: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(root), env=environment | changes, cwd=root.parent, capture_output=True, text=True, encoding="utf-8"
    )


def make(root: Path, environment: dict[str, str], *goals: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", *goals, f"PYTHON={sys.executable}"], cwd=root, env=environment, capture_output=True, text=True
    )


def course_says(folder: Path) -> str:
    return subprocess.run([folder / "bin" / "course"], capture_output=True, text=True, check=True).stdout


def installed_in(folder: Path) -> set[str]:
    uv = [folder / "bin" / "uv", "pip", "freeze", "--python", folder / "bin" / "python"]
    listing = subprocess.run(uv, capture_output=True, text=True, check=True).stdout
    return {line.split("==")[0] for line in listing.splitlines()}


@pytest.fixture(scope="module")
def first(tmp_path_factory, wheels, environment):
    """Two set-ups at once on a fresh machine: the course's root and what each of them said."""
    root = make_root(tmp_path_factory.mktemp("fresh"), wheels)
    both = [
        subprocess.Popen(command(root), env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for _ in range(2)
    ]
    said = [process.communicate()[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    return root, sorted(said, key=len)


@pytest.fixture
def ready(first, wheels, environment):
    """The root of a course that is set up, whatever an earlier test did to it."""
    root = first[0]
    (root / "requirements.lock").write_text(lock_of(wheels), encoding="utf-8")
    done = set_up(root, environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return root


@pytest.fixture
def one_more(wheels, tmp_path):
    """The lock's lines for a package that is not in it yet."""
    wheel = as_wheel("iniconfig", tmp_path)
    shutil.copy(wheel, wheels[0].parent)
    return lock_of([wheel])


def add_to_lock(root: Path, lines: str) -> None:
    lock = root / "requirements.lock"
    lock.write_text(lock.read_text(encoding="utf-8") + lines, encoding="utf-8")


@pytest.mark.skipif(not POSIX, reason="looks into bin/, which Windows calls Scripts")
class TestOnAFreshMachine:
    def test_it_says_what_it_does_and_installs_the_lock_and_the_course(self, first):
        root, (waiting, working) = first
        assert [line for line in working.splitlines() if line.endswith(" ...")] == [
            "Making the environment in .venv ...",
            "Fetching the installer, uv ...",
            "Installing the packages ...",
            "Installing the course command ...",
        ]
        assert working.count("  done in ") == 4
        assert waiting == "Another set-up or course command is running here; waiting for it to finish.\n"
        assert course_says(root / ".venv") == "the little course\n"
        assert {*PACKAGES} <= installed_in(root / ".venv")

    def test_a_repeat_does_nothing(self, ready, environment):
        before = {path: path.stat().st_mtime_ns for path in ready.rglob("*")}
        repeat = set_up(ready, environment)
        assert (repeat.returncode, repeat.stdout, repeat.stderr) == (0, "", "")
        assert {path: path.stat().st_mtime_ns for path in ready.rglob("*")} == before

    def test_what_leaves_the_lock_leaves_the_environment(self, ready, environment, wheels, one_more):
        add_to_lock(ready, one_more)
        assert set_up(ready, environment).returncode == 0
        assert "iniconfig" in installed_in(ready / ".venv")
        (ready / "requirements.lock").write_text(lock_of(wheels), encoding="utf-8")
        changed = set_up(ready, environment)
        assert "Making the environment" not in changed.stdout  # brought up to date where it stands
        assert "iniconfig" not in installed_in(ready / ".venv")
        assert course_says(ready / ".venv") == "the little course\n"

    def test_an_active_conda_environment_is_filled(self, ready, environment, wheels, one_more, tmp_path):
        add_to_lock(ready, one_more)
        set_up(ready, environment)
        other = make_root(tmp_path, wheels)
        (other / "little.py").write_text("def main():\n    print('the other course')\n", encoding="utf-8")
        conda = ready / ".venv"  # any environment with pip will do
        done = set_up(other, environment, CONDA_PREFIX=str(conda), CONDA_DEFAULT_ENV="ai-systems")
        assert done.returncode == 0, done.stdout + done.stderr
        assert course_says(conda) == "the other course\n"
        # What conda or the person put there stays.
        assert "iniconfig" in installed_in(conda)
        assert not (other / ".venv").exists()

    def test_a_package_that_cannot_be_had_ends_in_one_sentence_and_what_was_there_still_works(self, ready, environment):
        add_to_lock(ready, "absent==1 \\\n    --hash=sha256:" + "0" * 64 + "\n")
        for _ in range(2):
            failed = set_up(ready, environment)
            assert failed.returncode == 1
            sentence = failed.stderr.strip()
            assert sentence.startswith("Installing the packages failed. The package index could not be reached"), (
                failed.stdout
            )
            assert "run the same command again" in sentence and "\n" not in sentence
            assert course_says(ready / ".venv") == "the little course\n"

    def test_a_file_that_is_not_the_locked_one_is_refused(self, ready, environment, one_more):
        add_to_lock(ready, one_more[: -len("0" * 64 + "\n")] + "0" * 64 + "\n")
        failed = set_up(ready, environment)
        assert failed.returncode == 1
        assert "not the one in requirements.lock" in failed.stderr
        assert "iniconfig" not in installed_in(ready / ".venv")

    def test_make_lab_runs_the_course_of_that_environment(self, ready, environment):
        made = make(ready, environment, "lab")
        assert (made.returncode, made.stdout) == (0, "the little course\n"), made.stderr

    def test_the_course_is_at_hand_when_the_environment_is_active(self, ready, environment):
        typed = ["bash", "-ec", "source .venv/bin/activate; course"]
        done = subprocess.run(typed, cwd=ready, env=environment, capture_output=True, text=True)
        assert done.stdout == "the little course\n", done.stderr

    def test_make_test_in_a_kit_says_that_there_are_none(self, ready, environment):
        made = make(ready, environment, "test")
        assert made.returncode != 0
        assert "has no tests" in made.stderr

    def test_a_moved_course_is_set_up_again_and_an_interrupted_set_up_is_finished_by_a_repeat(self, ready, environment):
        moved = ready.with_name("moved")
        ready.rename(moved)
        try:
            for step in ("Making the environment", "Fetching the installer", "Installing the packages"):
                self.interrupt(moved, environment, step)
            # A package that was cut short looks installed.
            cut_short = next((moved / ".venv").rglob("site-packages/pluggy/__init__.py"), None)
            if cut_short:
                cut_short.unlink()
            assert set_up(moved, environment).returncode == 0
            assert next((moved / ".venv").rglob("site-packages/pluggy/__init__.py")).is_file()
            assert course_says(moved / ".venv") == "the little course\n"
        finally:
            moved.rename(ready)

    def interrupt(self, root: Path, environment: dict[str, str], step: str) -> None:
        """Press Ctrl-C while that step runs."""
        with subprocess.Popen(
            command(root),
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as process:
            for line in process.stdout:
                if line.startswith(step):
                    os.killpg(process.pid, signal.SIGINT)  # the terminal sends it to the whole group
                    break
            said = process.stdout.read()
        assert process.returncode == 130, said
        assert "the same command carries on" in said and "Set-up finished" not in said


def test_make_alone_prints_help_and_sets_nothing_up(tmp_path, wheels, environment):
    root = make_root(tmp_path, wheels)
    shown = make(root, environment).stdout.splitlines()
    assert {line.split("  ")[0] for line in shown} >= {"make lab", "make test", "make test-full", "make demo"}
    assert not (root / ".venv").exists()


@pytest.mark.parametrize(
    ("active", "name"), [({}, ".venv"), ({"CONDA_PREFIX": "/opt/base", "CONDA_DEFAULT_ENV": "base"}, ".venv")]
)
def test_other_environments_are_left_alone(script, monkeypatch, active, name):
    for variable in ("CONDA_PREFIX", "CONDA_DEFAULT_ENV"):
        monkeypatch.delenv(variable, raising=False)
    for variable, value in active.items():
        monkeypatch.setenv(variable, value)
    assert script["environment"]() == ROOT / name


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ("OSError: [Errno 28] No space left on device", "disk is full"),
        ("error: failed to write: No space left on device (os error 28)", "disk is full"),
        ("The virtual environment was not created because ensurepip is not available.", "apt install python3-venv"),
        ("error: Request failed after 3 retries\n  Caused by: error sending request for url", "check the network"),
        ("Because absent was not found\n   in the provided package locations", "check the network"),
        ("Because onnxruntime==1.32.0 has no wheels with a matching platform tag", "no build for this machine"),
        ("Hash mismatch for `numpy==2.3`", "not the one in requirements.lock"),
        ("error: failed to remove file: Permission denied (os error 13)", "close JupyterLab"),
        ("something that nobody has seen yet", "lines above say why"),
    ],
)
def test_a_failure_says_what_to_do(script, output, words):
    assert words in script["advice"](output)


@pytest.mark.parametrize(
    ("listing", "settings"),
    [
        ("", {}),
        ("global.index-url='https://mirror.test/simple'\n", {"UV_DEFAULT_INDEX": "https://mirror.test/simple"}),
        (
            "global.index-url='https://mirror.test/simple'\n:env:.index-url='https://other.test/simple'\n",
            {"UV_DEFAULT_INDEX": "https://other.test/simple"},
        ),
        (
            "global.extra-index-url='https://one.test https://two.test'\n",
            {"UV_INDEX": "https://one.test https://two.test", "UV_INDEX_STRATEGY": "unsafe-best-match"},
        ),
        ("install.find-links='/a\\n/b'\n", {"UV_FIND_LINKS": "/a,/b"}),
        ("global.no-index='true'\nglobal.cert='/ca.pem'\n", {"UV_NO_INDEX": "1", "SSL_CERT_FILE": "/ca.pem"}),
        ("global.no-index='false'\nglobal.timeout='60'\n", {}),
    ],
)
def test_pip_settings_reach_uv(script, tmp_path, monkeypatch, listing, settings):
    python = tmp_path / "python"
    python.write_text(f"#!{sys.executable}\nprint({listing!r}, end='')\n", encoding="utf-8")
    python.chmod(0o755)
    for name in ("UV_DEFAULT_INDEX", "UV_INDEX", "UV_INDEX_STRATEGY", "UV_FIND_LINKS", "UV_NO_INDEX", "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)
    assert script["uv_settings"](str(python)) == settings


def test_what_is_set_for_uv_itself_stands(script, tmp_path, monkeypatch):
    python = tmp_path / "python"
    python.write_text(f"#!{sys.executable}\nprint(\"global.cert='/pip.pem'\")\n", encoding="utf-8")
    python.chmod(0o755)
    monkeypatch.setenv("SSL_CERT_FILE", "/mine.pem")
    assert script["uv_settings"](str(python)) == {}


@pytest.fixture
def script():
    return runpy.run_path(str(ROOT / "tools" / "setup.py"))


def test_the_script_wants_the_pythons_of_the_project(script):
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["requires-python"]
    assert wanted == f">={'.'.join(map(str, script['OLDEST']))},<{'.'.join(map(str, script['TOO_NEW']))}"


@pytest.mark.parametrize("version", [(3, 6, 9), (3, 10, 1), (3, 14, 0)])
def test_another_python_ends_in_one_sentence(monkeypatch, version):
    monkeypatch.setattr(sys, "version_info", (*version, "final", 0))
    with pytest.raises(
        SystemExit, match=rf"needs Python 3\.11, 3\.12 or 3\.13, and this is Python {version[0]}\.{version[1]} "
    ):
        runpy.run_path(str(ROOT / "tools" / "setup.py"))


def test_a_python_too_old_for_this_file_still_reads_it():
    """The sentence above must reach someone with Python 3.6: no newer syntax before or after it."""
    import ast

    ast.parse((ROOT / "tools" / "setup.py").read_text(encoding="utf-8"), feature_version=(3, 7))
