"""What the documentation says to type works, what it links to is there, and what it names exists."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token
from typer.main import get_command

from curriculum.course import ROOT, Course
from grading.cli import app

PAGES = ["README.md", "CONTRIBUTING.md", "grading/README.md", "authoring/kit_readme.md"]
# Commands that are not run below, because a test of their own runs them.
TESTED_ELSEWHERE = {
    "make lab": "tests/test_setup.py::test_make_lab_runs_the_course_of_that_environment",
    "make test": "tests/test_docs.py::test_continuous_integration_runs_the_test_command",
    "make setup": "tests/test_setup.py::test_it_says_what_it_does_and_installs_the_lock_and_the_course",
    "make check": "tests/test_habits.py::test_the_checks_before_a_commit_pass",
    "source .venv/bin/activate": "tests/test_setup.py::test_the_course_is_at_hand_when_the_environment_is_active",
    "conda env create -f environment.yml": "tests/test_lock.py::test_conda_brings_only_what_the_lock_cannot",
    "conda activate ai-systems": "tests/test_setup.py::test_an_active_conda_environment_is_filled",
}


def tokens(page: str) -> list[Token]:
    """All tokens of a page, those inside paragraphs and tables too."""
    parsed = MarkdownIt("commonmark").enable("table").parse((ROOT / page).read_text(encoding="utf-8"))
    return [inner for token in parsed for inner in (token, *(token.children or []))]


def commands(page: str) -> list[str]:
    """The commands of a page's blocks, line by line, as written."""
    blocks = [
        token.content for token in tokens(page) if token.type == "fence" and token.info in ("console", "bash", "sh")
    ]
    return [line.strip() for block in blocks for line in block.splitlines() if line.strip()]


def spans(page: str) -> list[str]:
    """What a page sets as code inside its text."""
    return [token.content for token in tokens(page) if token.type == "code_inline"]


ALL_COMMANDS = [(page, command) for page in PAGES for command in commands(page)]


# --- what is typed ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """This course, as it stands, in a folder of its own, with one submission handed in."""
    root = tmp_path_factory.mktemp("docs") / "course"
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    for name in names:
        if name and (ROOT / name).is_file():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, root / name)
    type_in(root, "git init -q && git add -A")
    type_in(root, "python -c 'from curriculum.course import Course; from curriculum.desk import lay; lay(Course())'")
    type_in(root, "course submit y1-serving --student ada")  # the unit that the pages name
    (root / "handed-in").mkdir()
    for packed in (root / "work").rglob("*.zip"):
        shutil.copy(packed, root / "handed-in")
    return root


def type_in(root: Path, command: str) -> str:
    """Type a command in that folder, in a terminal where the environment is active."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = os.environ | {"PATH": path, "PYTHONPATH": str(root)}  # the copy's code, not this folder's
    shell = shutil.which("bash")
    assert shell, "the documentation's commands are for bash"
    done = subprocess.run(
        [shell, "-ec", command], cwd=root, env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.mark.parametrize("page", PAGES[1:])
def test_the_commands_of_a_page_work_as_written(page, copy):
    for command in commands(page):
        if command not in TESTED_ELSEWHERE:
            type_in(copy, command)


def test_the_commands_of_the_readme_work_as_written_and_leave_what_it_says(copy):
    for command in commands("README.md"):
        if command not in TESTED_ELSEWHERE:
            type_in(copy, command)
    assert list(copy.rglob("ai-systems-kit-*.zip"))
    assert list((copy / "grading" / "cohort_data").rglob("*.html")), "course feedback wrote no page"
    assert list(copy.rglob("*.csv")), "course export wrote no file"


@pytest.mark.parametrize(("command", "test"), TESTED_ELSEWHERE.items())
def test_what_is_tested_elsewhere_is(command, test):
    assert command in {written for _, written in ALL_COMMANDS}, "no page has this command any more: remove it here"
    file, name = test.split("::")
    assert re.search(rf"^ *def {name}\(", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE)


def test_continuous_integration_runs_the_test_command():
    script = ROOT / ".ci" / "run"
    assert script.read_text(encoding="utf-8").rstrip().endswith("make test </dev/null")
    assert os.access(script, os.X_OK)
    assert "make test" in commands("README.md")
    recipe = (ROOT / "Makefile").read_text(encoding="utf-8").split("\ntest:")[1].split("\n\n")[0]
    assert "$(PYTEST)" in recipe


@pytest.mark.parametrize(("status", "words"), [(0, "Installing chromium"), (100, "could not be installed")])
def test_continuous_integration_goes_on_without_a_browser(tmp_path, status, words):
    """On a machine whose package manager works, and on one where it fails: the tests run either way."""
    (tmp_path / ".ci").mkdir()
    (tmp_path / "bin").mkdir()
    shutil.copy(ROOT / ".ci" / "run", tmp_path / ".ci")
    for program in ("bash", "dirname"):
        (tmp_path / "bin" / program).symlink_to(str(shutil.which(program)))
    for program, ends in (("apt-get", status), ("make", 0)):
        script = tmp_path / "bin" / program
        script.write_text(f"#!{shutil.which('bash')}\necho ran {program} $1\nexit {ends}\n", encoding="utf-8")
        script.chmod(0o755)
    done = subprocess.run(
        [tmp_path / ".ci" / "run"], env={"PATH": str(tmp_path / "bin")}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert words in done.stdout + done.stderr
    assert "ran apt-get update" in done.stdout
    assert done.stdout.endswith("ran make test\n")


# --- what is named ---------------------------------------------------------------------------------------------------


def course_commands() -> list[tuple[str, str]]:
    written = [(page, text) for page in PAGES for text in [*spans(page), *commands(page)]]
    return [(page, text) for page, text in written if re.match(r"course [a-z]", text)]


@pytest.mark.parametrize(("page", "text"), sorted(set(course_commands())))
def test_a_course_command_exists_and_takes_what_is_written(page, text):
    name, *arguments = shlex.split(text, comments=True)[1:]
    known = get_command(app).commands  # type: ignore[attr-defined]
    assert name in known
    # `course check` in a text names the command; with an argument it must be one that can be typed.
    if arguments:
        known[name].make_context(name, list(arguments))
        for argument in arguments:
            if re.fullmatch(r"(f|y\d)-[a-z-]+", argument):
                assert Course().syllabus.ready_unit(argument)


def test_the_search_for_course_commands_finds_them():
    assert {"README.md", "grading/README.md", "authoring/kit_readme.md"} <= {page for page, _ in course_commands()}


def test_every_make_goal_that_is_named_exists():
    goals = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {
        text.split()[1]
        for page in PAGES
        for text in [*spans(page), *commands(page)]
        if re.fullmatch(r"make [a-z-]+", text)
    }
    assert {"lab", "test", "demo"} <= named
    assert named <= goals


@pytest.mark.parametrize("page", [*PAGES[:3], "curriculum/AUTHORING.md"])
def test_links_and_pictures_are_there(page):
    targets = [
        str(token.attrs.get("href") or token.attrs.get("src"))
        for token in tokens(page)
        if token.type in ("link_open", "image")
    ]
    local = [target for target in targets if "://" not in target]
    missing = [target for target in local if not (ROOT / page).parent.joinpath(target.split("#")[0]).exists()]
    assert missing == []
    assert [target for target in targets if "://" in target and not target.startswith("https://")] == []


def test_every_picture_says_in_words_what_it_shows_and_is_small():
    pictures = [token for token in tokens("README.md") if token.type == "image"]
    assert {str(picture.attrs["src"]) for picture in pictures} == {"docs/lesson.png", "docs/feedback.png"}
    assert [picture.content for picture in pictures if len(picture.content) < 40] == []
    assert [path.name for path in (ROOT / "docs").iterdir() if path.stat().st_size > 200_000] == []


def test_what_the_readme_calls_ignored_is_ignored():
    for name in (
        "work/y1-serving/y1-serving.ipynb",
        "grading/cohort_data/gradebook.db",
        "dist/kit.zip",
        ".venv/bin/python",
    ):
        assert subprocess.run(["git", "check-ignore", "-q", name], cwd=ROOT).returncode == 0, name


def test_the_readme_names_the_pythons_of_the_project():
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["requires-python"]
    assert wanted == ">=3.11,<3.14"
    for page in ("README.md", "authoring/kit_readme.md"):
        assert "Python 3.11, 3.12 or 3.13" in " ".join((ROOT / page).read_text(encoding="utf-8").split())
