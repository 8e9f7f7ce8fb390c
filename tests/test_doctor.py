"""`course doctor` sees what is missing, says what mends it, and its exit status tells a script."""

import io
import json
import os
import shutil
import subprocess
import sys

import pytest
from rich.console import Console

from curriculum import doctor
from curriculum.course import ROOT, Course
from curriculum.doctor import Finding, State, differences_from_lock, examine, findings_table, is_healthy


@pytest.fixture
def course(tmp_path):
    """A copy of what the doctor reads, so that a test can break it."""
    for name in ("requirements.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path / name)
    return Course(root=tmp_path, work=tmp_path / "work", cohort=tmp_path / "cohort")


def found(course: Course) -> dict[str, Finding]:
    return {finding.name: finding for finding in examine(course)}


def test_this_environment_has_what_the_course_needs(course):
    findings = examine(course)
    assert [finding for finding in findings if finding.state is State.MISSING] == []
    assert is_healthy(findings)
    assert all(finding.purpose for finding in findings)


def test_whatever_is_not_here_comes_with_what_mends_it(course, monkeypatch):
    monkeypatch.setenv("PATH", str(course.root))  # no program is here
    findings = found(course)
    absent = {name for name, finding in findings.items() if finding.state is not State.OK}
    assert absent == {"make", "git", "alembic", "chromium", "chromedriver", "strace"}
    assert [name for name in absent if not findings[name].mend] == []
    assert findings["make"].state is State.MISSING
    assert findings["chromium"].state is State.OPTIONAL
    assert not is_healthy(list(findings.values()))


def test_a_changed_lock_is_seen(course):
    lock = course.root / "requirements.lock"
    lines = lock.read_text(encoding="utf-8").splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith("numpy=="))
    lines[first] = "numpy==0.0.1 \\"
    lock.write_text("\n".join([*lines, "no-such-package==1.0 \\", "    --hash=sha256:0"]), encoding="utf-8")
    finding = found(course)["Packages"]
    assert finding.state is State.MISSING
    assert "numpy is " in finding.detail and "not 0.0.1" in finding.detail
    assert "no-such-package is not installed" in finding.detail
    assert finding.mend == "make lab"


def test_markers_of_other_platforms_do_not_count(tmp_path):
    lock = tmp_path / "requirements.lock"
    lock.write_text("no-such-package==1.0 ; python_full_version < '3' \\\n    --hash=sha256:0\n", encoding="utf-8")
    assert differences_from_lock(lock) == []


def test_another_python_is_seen(course):
    pyproject = course.root / "pyproject.toml"
    text = pyproject.read_text(encoding="utf-8")
    pyproject.write_text(text.replace('requires-python = ">=3.11,<3.14"', 'requires-python = ">=4"'), encoding="utf-8")
    assert found(course)["Python"].state is State.MISSING


def test_a_kernel_of_another_python_is_seen(course, tmp_path, monkeypatch):
    folder = tmp_path / "share" / "kernels" / "python3"
    folder.mkdir(parents=True)
    spec = {
        "argv": ["/opt/other/bin/python", "-m", "ipykernel_launcher"],
        "display_name": "Other",
        "language": "python",
    }
    (folder / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "share"))  # searched first
    finding = found(course)["Kernel python3"]
    assert finding.state is State.MISSING
    assert "/opt/other/bin/python" in finding.detail
    assert finding.mend == "jupyter kernelspec remove python3"


def test_a_library_that_cannot_start_is_seen_with_its_own_words(course, monkeypatch):
    monkeypatch.setitem(
        doctor.PROBES, "ONNX Runtime", ("the tabular model", "raise SystemError('illegal instruction')")
    )
    finding = found(course)["ONNX Runtime"]
    assert finding.state is State.MISSING
    assert finding.detail == "SystemError: illegal instruction"


def test_too_little_disk_is_seen(course, monkeypatch):
    monkeypatch.setattr(doctor, "DISK_NEEDED", shutil.disk_usage(course.root).total * 2)
    assert found(course)["Disk space"].state is State.MISSING


def test_a_desk_that_is_a_file_is_seen(course):
    course.work.write_text("not a folder", encoding="utf-8")
    assert found(course)["work/"].state is State.MISSING


def test_what_mends_stands_outside_the_columns():
    finding = Finding("make", State.MISSING, "make lab", "not on PATH", "sudo apt-get install make")
    console = Console(width=60, file=io.StringIO())
    console.print(findings_table([finding]))
    assert "\nmake (missing): sudo apt-get install make\n" in console.file.getvalue()


def test_the_command_ends_with_1_when_something_needed_is_missing(tmp_path):
    run = [sys.executable, "-m", "grading.cli", "doctor"]
    bare = os.environ | {"PATH": str(tmp_path), "PYTHONPATH": str(ROOT)}
    here = os.environ | {"PYTHONPATH": str(ROOT)}
    without = subprocess.run(run, env=bare, capture_output=True, text=True, encoding="utf-8")
    assert without.returncode == 1, without.stdout + without.stderr
    assert "make (missing):" in without.stdout
    assert subprocess.run(run, env=here, capture_output=True).returncode == 0
