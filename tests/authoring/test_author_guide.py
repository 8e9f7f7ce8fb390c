"""Follows `curriculum/AUTHORING.md` on a copy of the course: from `course new-unit` to a released unit."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from authoring.gates import GATES
from curriculum.course import ROOT

GUIDE = ROOT / "curriculum" / "AUTHORING.md"
UNIT = "y3-platform"  # planned, and without resources, as most units are when an author comes to them
RESOURCES = """    resources:
      - {title: Controllers, url: "https://kubernetes.io/docs/", audience: engineers, hours: 1, checked: 2026-11-01}
      - {title: Operators, url: "https://operatorframework.io/", audience: engineers, hours: 2, checked: 2026-11-01}
      - {title: Platforms, url: "https://tag-app-delivery.cncf.io/", audience: everyone, hours: 1, checked: 2026-11-01}
"""


def commands() -> list[str]:
    """The commands of the guide's numbered steps, in order."""
    guide = GUIDE.read_text(encoding="utf-8")
    steps = guide[guide.index("## From a name to a release") : guide.index("## The source format")]
    return [
        line.strip()
        for block in re.findall(r"```sh\n(.*?)```", steps, re.DOTALL)
        for line in block.split("\n")
        if line.strip()
    ]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The course without its ready units' files: only what the author's commands need, so that they are quick."""
    root = tmp_path / "course"
    for name in ("authoring", "grading", "curriculum"):
        shutil.copytree(
            ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__", "*.ipynb", "cohort_data")
        )
    (root / "solutions").mkdir()
    syllabus = root / "curriculum" / "syllabus.yml"
    syllabus.write_text(syllabus.read_text("utf-8").replace("state: ready", "state: planned"), encoding="utf-8")
    return root


def course(root: Path, command: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the guide in the copy, as `course` would run there."""
    program, *arguments = command.replace("<unit>", UNIT).split()
    assert program == "course"
    return subprocess.run(
        [sys.executable, "-m", "grading.cli", *arguments],
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(root), "COLUMNS": "200"},
        capture_output=True,
        text=True,
    )


def entry(text: str) -> str:
    """The unit's entry in the syllabus."""
    found = re.search(rf"  - id: {UNIT}\n(?:    .*\n)+", text)
    assert found
    return found[0]


def test_the_guide_leads_from_a_name_to_a_released_unit(copy: Path) -> None:
    new, build, verify, check = commands()
    assert [command.split()[1] for command in (new, build, verify, check)] == ["new-unit", "build", "verify", "build"]
    syllabus = copy / "curriculum" / "syllabus.yml"
    text = syllabus.read_text(encoding="utf-8")
    syllabus.write_text(text.replace(entry(text), entry(text) + RESOURCES), encoding="utf-8")

    made = course(copy, new)
    assert made.returncode == 0, made.stderr
    assert len(made.stdout.split()) == 4

    text = syllabus.read_text(encoding="utf-8")
    ready = re.sub(r": \{\}", ": {lesson: At scale, tasks: [limiter], reflection: reflect-limit}", entry(text))
    ready = ready.replace("    title:", "    state: ready\n    title:")
    syllabus.write_text(text.replace(entry(text), ready), encoding="utf-8")

    for path in [*copy.glob(f"curriculum/*/{UNIT}.md"), *copy.glob(f"solutions/{UNIT}/*.md")]:
        text = path.read_text(encoding="utf-8")
        assert "AUTHOR:" in text
        path.write_text(re.sub(r"^<!-- AUTHOR: .* -->\n", "", text, flags=re.MULTILINE), encoding="utf-8")
    unbuilt = course(copy, check)
    assert unbuilt.returncode == 1
    assert "has not been built; run `course build" in unbuilt.stdout

    built = course(copy, build)
    assert built.returncode == 0, built.stderr
    verified = course(copy, verify)
    assert verified.returncode == 0, verified.stdout
    assert "31 runs, 0 problems" in verified.stdout
    checked = course(copy, check)
    assert checked.returncode == 0, checked.stdout
    assert (copy / "assignments" / UNIT / f"{UNIT}.ipynb").is_file()

    again = course(copy, new)
    assert again.returncode == 1
    assert "exists already" in again.stderr


def test_the_guide_lists_the_gates() -> None:
    listed = re.findall(r"^\| `([\w-]+)` \|", GUIDE.read_text(encoding="utf-8").split("## The gates")[1], re.MULTILINE)
    assert listed == list(GATES)
