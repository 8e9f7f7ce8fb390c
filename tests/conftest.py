"""Fixtures that several rooms share: a tiny course of one unit, which is the skeleton that authors start from."""

import re
import shutil
import signal
from pathlib import Path

import pytest

from authoring.build import build
from authoring.new_unit import new_unit
from curriculum.course import Course

TINY = "t1-limits"
SYLLABUS = f"""
skills: {{limits: Set limits that hold}}
milestones:
  - {{id: tiny, title: A tiny milestone, folder: tiny, goal: Test the tools., capability: Testing}}
units:
  - id: {TINY}
    milestone: tiny
    title: Limits
    summary: Limit what a client may ask for.
    state: planned
    hours: {{lesson: 1, assignment: 1}}
    skills: [limits]
    covers: {{X1: {{lesson: At scale, tasks: [limiter], reflection: reflect-limit}}}}
    resources:
      - {{title: Query plans, url: "https://sqlite.org/eqp.html", audience: everyone, hours: 1, checked: 2026-11-01}}
      - {{title: Indexes, url: "https://sqlite.org/lang.html", audience: engineers, hours: 2, checked: 2026-11-01}}
      - {{title: Locking, url: "https://sqlite.org/lockingv3.html", audience: operators, hours: 1, checked: 2026-11-01}}
"""


def course_at(root: Path) -> Course:
    """The course in a folder, with everything personal kept in that folder too."""
    return Course(root=root, work=root / "work", cohort=root / "grading" / "cohort_data")


def make_tiny_course(root: Path) -> Course:
    """Lay the tiny course into an empty folder, and build it."""
    (root / "curriculum" / "tiny").mkdir(parents=True)
    (root / "curriculum" / "syllabus.yml").write_text(SYLLABUS, encoding="utf-8")
    for readme in (root / "README.md", root / "curriculum" / "tiny" / "README.md"):
        readme.write_text("# Tiny\n\n<!-- course:map -->\n<!-- /course:map -->\n\nEnd.\n", encoding="utf-8")
    (root / "solutions").mkdir()
    for path in new_unit(course_at(root), TINY):
        text = re.sub(r"^<!-- AUTHOR: .* -->\n", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        path.write_text(text, encoding="utf-8")
    (root / "solutions" / TINY / "limits.csv").write_text("client,limit\n7,100\n", encoding="utf-8")
    syllabus = root / "curriculum" / "syllabus.yml"
    syllabus.write_text(SYLLABUS.replace("state: planned", "state: ready"), encoding="utf-8")
    course = course_at(root)
    build(course)
    return course


@pytest.fixture(scope="session")
def tiny_original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root of a built tiny course. Tests read it and do not change it."""
    return make_tiny_course(tmp_path_factory.mktemp("tiny") / "course").root


@pytest.fixture
def tiny_course(tiny_original: Path, tmp_path: Path) -> Course:
    """A built course of one small ready unit, `t1-limits`, that a test may break."""
    root = tmp_path / "course"
    shutil.copytree(tiny_original, root)
    return course_at(root)


def pytest_configure(config: pytest.Config) -> None:
    """Take Ctrl-C as usual: tests send it, and a shell that runs them in the background hands on that it is ignored."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave tests marked `full` out unless they are asked for with `-m`: they take minutes."""
    if "full" not in config.option.markexpr:
        full = [item for item in items if item.get_closest_marker("full")]
        config.hook.pytest_deselected(items=full)
        items[:] = [item for item in items if item not in full]
