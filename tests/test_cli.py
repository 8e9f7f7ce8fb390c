"""The `course` command answers quickly, and bad input ends in one sentence and an exit code."""

import errno
import subprocess
import sys
from functools import partial

import pytest
from typer.testing import CliRunner

from curriculum.course import Course
from curriculum.errors import CourseError
from grading import cli

COMMANDS = [
    "lab",
    "check",
    "submit",
    "progress",
    "doctor",
    "grade",
    "feedback",
    "export",
    "demo",
    "pack",
    "build",
    "verify",
    "coverage",
    "new-unit",
]


@pytest.fixture
def run():
    return lambda *arguments: CliRunner().invoke(cli.app, list(arguments))


def test_help_lists_every_command(run):
    shown = run("--help").output
    assert [command for command in COMMANDS if f" {command} " not in shown] == []


@pytest.mark.parametrize("command", ["check", "submit", "grade", "feedback", "verify", "build"])
def test_a_wrong_unit_name_is_one_sentence(run, command):
    result = run(command, "y1-servin")
    assert result.exit_code == 1
    sentence = " ".join(result.stderr.split())
    assert sentence.startswith("course: There is no unit 'y1-servin'; the ready units are:")


@pytest.mark.parametrize("command", ["check", "submit", "grade", "verify"])
def test_a_planned_unit_is_not_run(run, command):
    result = run(command, "y3-platform")
    assert result.exit_code == 1
    assert "planned, not ready" in " ".join(result.stderr.split())


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (CourseError("This [bold] is wrong; mend it."), 1, "This [bold] is wrong; mend it."),
        (KeyboardInterrupt(), 130, "Stopped."),
        (OSError(errno.ENOSPC, "No space left on device"), 1, "The disk is full."),
    ],
)
def test_what_a_person_can_mend_ends_in_a_sentence(run, monkeypatch, error, code, words):
    def fail(course):
        raise error

    monkeypatch.setattr("authoring.coverage.coverage", fail)
    result = run("coverage")
    assert result.exit_code == code
    assert words in " ".join(result.stderr.split())
    assert "Traceback" not in result.output


def test_nothing_to_grade_is_one_sentence(run, monkeypatch, tmp_path):
    monkeypatch.setattr(cli, "Course", partial(Course, cohort=tmp_path / "cohort"))
    (tmp_path / "empty").mkdir()
    for folder in ("empty", "nowhere"):
        result = run("grade", "y1-serving", str(tmp_path / folder))
        assert result.exit_code == 1 and result.stdout == ""
        assert result.stderr.count("\n") == 1 and "course: There is no " in result.stderr


def test_a_kit_has_no_authors_commands_and_says_so_for_the_facilitators(tmp_path):
    with pytest.raises(CourseError, match="learner's kit"):
        Course(root=tmp_path).require_solutions()


def test_starting_the_command_imports_nothing_heavy():
    heavy = (
        "import sys, grading.cli; print([m for m in ('numpy', 'nbgrader', 'nbformat', 'httpx') if m in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", heavy], capture_output=True, text=True, check=True).stdout
    assert shown.strip() == "[]"
