"""Lint, format, types and the checks before a commit hold on the tree as it stands."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from curriculum.course import ROOT

SCRIPTS = Path(sys.executable).parent
CONFIG = ROOT / ".pre-commit-config.yaml"
ENVIRONMENT = os.environ | {"PATH": os.pathsep.join([str(SCRIPTS), os.environ["PATH"]])}
HOOKS = [
    hook for repository in yaml.safe_load(CONFIG.read_text(encoding="utf-8"))["repos"] for hook in repository["hooks"]
]


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, encoding="utf-8", errors="replace"
    )


def assert_passes(*command: str) -> None:
    done = run(*command)
    assert done.returncode == 0, done.stdout + done.stderr


def test_ruff_finds_nothing():
    assert_passes("ruff", "check", "--no-cache", ".")


def test_code_is_formatted():
    """Code in Markdown, notebooks among it, is set out for its readers by its author."""
    assert_passes("ruff", "format", "--no-cache", "--check", "--exclude", "*.ipynb", "--exclude", "*.md", ".")


def test_types_hold():
    assert_passes("mypy")
    assert_passes("mypy", "tools/setup.py", "tools/pictures.py")


def test_the_hooks_are_a_valid_configuration():
    assert_passes("pre-commit", "validate-config", str(CONFIG))


def test_the_hooks_need_no_network():
    repositories = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))["repos"]
    assert {repository["repo"] for repository in repositories} == {"local"}
    assert {hook["language"] for hook in HOOKS} <= {"system", "pygrep"}


def test_the_checks_before_a_commit_pass():
    """Those that are not tests of their own above: a commit of everything would pass them."""
    for hook in HOOKS:
        if hook["language"] == "pygrep" or hook["id"] == "notebooks":
            assert_passes("pre-commit", "run", hook["id"], "--all-files")


@pytest.mark.parametrize("hook", [hook["id"] for hook in HOOKS if hook["language"] == "pygrep"])
def test_a_text_hook_can_fail(hook, tmp_path):
    """Each pattern is tried on a file that breaks it; a pattern that matches nothing would pass everything."""
    broken = {"trailing-space": "a \n", "last-newline": "a", "conflict-markers": "<<<<<<< HEAD\n"}
    entry = next(item for item in HOOKS if item["id"] == hook)
    path = tmp_path / "broken.txt"
    command = [sys.executable, "-m", "pre_commit.languages.pygrep", *entry.get("args", []), entry["entry"], str(path)]
    for text, status in ((broken[hook], 1), ("a\n", 0)):
        path.write_text(text, encoding="utf-8")
        assert subprocess.run(command, capture_output=True).returncode == status
