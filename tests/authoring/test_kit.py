"""The learner's kit gives no answer away, is the same on any day, and works where it is unpacked."""

import json
import os
import re
import runpy
import shutil
import signal
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from markdown_it import MarkdownIt

from authoring.kit import PACKED, TOP_FOLDER, pack_kit
from authoring.release import supplements_of
from curriculum.course import ROOT, Course
from curriculum.errors import CourseError
from curriculum.syllabus import Unit

HIDDEN = re.compile(r"^\s*### BEGIN (SOLUTION|HIDDEN TESTS)$(.*?)^\s*### END \1$", re.MULTILINE | re.DOTALL)
SCRIPTS = Path(sys.executable).parent
needs_links = pytest.mark.skipif(os.name != "posix", reason="borrows packages through links that Windows does not make")
TELLING = 20  # characters from which on a line says something


# --- what a kit must not hold, read from the sources ---------------------------------------------------------------


def lines_of(text: str) -> set[str]:
    return {line.strip() for line in text.splitlines() if len(line.strip()) >= TELLING}


def secrets(course: Course) -> set[str]:
    """The lines that give an answer away and stand nowhere in the sources of what learners are meant to read."""
    hidden: set[str] = set()
    public = [(course.root / "curriculum" / "syllabus.yml").read_text(encoding="utf-8")]
    for unit in course.syllabus.ready_units:
        hidden |= lines_of((course.solution_folder(unit) / "facilitator.md").read_text(encoding="utf-8"))
        public.append(course.lesson_source(unit).read_text(encoding="utf-8"))
        if not unit.has_assignment:
            continue
        assignment = course.assignment_source(unit).read_text(encoding="utf-8")
        hidden |= {line for match in HIDDEN.finditer(assignment) for line in lines_of(match[2])}
        public.append(HIDDEN.sub("", assignment))
        # Files that are handed out as they are; the gate `leaks` holds them against the solutions.
        public += [path.read_text(encoding="utf-8", errors="ignore") for path in supplements_of(course, unit)]
        if not unit.has_tasks:
            continue
        bank = MarkdownIt().parse((course.solution_folder(unit) / "answers.md").read_text(encoding="utf-8"))
        hidden |= {line for token in bank if token.type in ("fence", "inline") for line in lines_of(token.content)}
    for room in ("curriculum", "grading"):
        public += [path.read_text(encoding="utf-8") for path in (course.root / room).rglob("*.py")]
    everything_public = "\n".join(public)
    return {line for line in hidden if line not in everything_public}


def first_with_tasks() -> Unit:
    """The first unit of the real course that has something to check."""
    return next(unit for unit in Course().syllabus.ready_units if unit.has_tasks)


def words_of(name: str, content: bytes) -> str:
    """Everything that can be read in a file; in a notebook, every string in it."""
    text = content.decode("utf-8", errors="ignore")
    if name.endswith(".ipynb"):
        return "\n".join(strings_in(json.loads(text)))
    return text


def strings_in(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from strings_in(inner)
    elif isinstance(value, list):
        yield "".join(inner for inner in value if isinstance(inner, str))  # a cell's source is a list of lines
        for inner in value:
            yield from strings_in(inner)


def traces(course: Course, kit: Path) -> list[str]:
    """Where the kit gives an answer away: `file: line`."""
    known = secrets(course)
    assert len(known) >= 20, "the search found almost nothing to look for, so it would find nothing in the kit either"
    found = []
    with zipfile.ZipFile(kit) as archive:
        for name in archive.namelist():
            words = words_of(name, archive.read(name))
            found += [f"{name}: {line}" for line in known if line in words]
    return sorted(found)


def members(kit: Path) -> list[str]:
    with zipfile.ZipFile(kit) as archive:
        return [name.removeprefix(f"{TOP_FOLDER}/") for name in archive.namelist()]


# --- a course to pack ------------------------------------------------------------------------------------------------


@pytest.fixture
def course(tiny_course):
    """The tiny course with the files that every course has at its top."""
    for name in PACKED:
        source, target = ROOT / name, tiny_course.root / name
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
    return tiny_course


def make_repository(course: Course) -> None:
    for arguments in (["init", "-q"], ["add", "-f", "curriculum", "assignments", "solutions", *PACKED[3:]]):
        subprocess.run(["git", *arguments], cwd=course.root, check=True, capture_output=True)


def test_the_kit_holds_what_a_learner_needs(course, tmp_path):
    names = members(pack_kit(course, tmp_path / "dist"))
    unit = course.syllabus.ready_units[0]
    for path in (course.lesson_notebook(unit), course.released_notebook(unit)):
        assert path.relative_to(course.root).as_posix() in names
    for name in ("README.md", "Makefile", "tools/setup.py", "requirements.lock", "LICENSE", "curriculum/syllabus.yml"):
        assert name in names
    assert [name for name in names if name.startswith(("solutions", "tests", "authoring", "work", ".git/"))] == []


def test_the_kit_of_a_tiny_course_gives_nothing_away(course, tmp_path):
    assert traces(course, pack_kit(course, tmp_path)) == []


@pytest.mark.parametrize("where", ["curriculum/lab/leak.txt", "grading/leak.md"])
def test_the_search_finds_every_line_that_is_put_in_a_kit(course, tmp_path, where):
    leak = course.root / where
    leak.parent.mkdir(parents=True, exist_ok=True)
    leak.write_text("\n".join(f"> {line} <" for line in secrets(course)), encoding="utf-8")
    assert len(traces(course, pack_kit(course, tmp_path))) == len(secrets(course))


def test_the_search_reads_the_outputs_of_notebooks(course, tmp_path):
    kit = pack_kit(course, tmp_path)
    line = sorted(secrets(course))[0]
    output = {"cells": [{"outputs": [{"text": ["shown: ", line[:5], line[5:]]}]}]}
    with zipfile.ZipFile(kit, "a") as archive:
        archive.writestr(f"{TOP_FOLDER}/seen.ipynb", json.dumps(output))
    assert traces(course, kit) == [f"{TOP_FOLDER}/seen.ipynb: {line}"]


def test_personal_and_left_over_files_stay_out(course, tmp_path):
    stray = [
        "work/mine.ipynb",
        "grading/cohort_data/gradebook.db",
        "curriculum/__pycache__/x.pyc",
        "assignments/t1-limits/.ipynb_checkpoints/t1-limits-checkpoint.ipynb",
        "notes.txt",
        "curriculum/AUTHORING.md",
        "grading/README.md",
    ]
    for name in stray:
        path = course.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("private", encoding="utf-8")
    assert set(stray) & set(members(pack_kit(course, tmp_path / "plain"))) == set()
    make_repository(course)
    (course.root / "curriculum" / "untracked.txt").write_text("private", encoding="utf-8")
    names = members(pack_kit(course, tmp_path / "git"))
    assert {*stray, "curriculum/untracked.txt"} & set(names) == set()
    assert "curriculum/syllabus.yml" in names


def test_the_same_course_gives_the_same_bytes(course, tmp_path):
    first = pack_kit(course, tmp_path / "one").read_bytes()
    for path in course.root.rglob("*"):
        os.utime(path, (1, 1))
    assert pack_kit(course, tmp_path / "two").read_bytes() == first


def test_a_stale_course_is_not_packed(course, tmp_path):
    source = course.assignment_source(course.syllabus.ready_units[0])
    source.write_text(source.read_text(encoding="utf-8") + "\nOne more line.\n", encoding="utf-8")
    with pytest.raises(CourseError, match=r"out of date: .*course build"):
        pack_kit(course, tmp_path / "dist")
    assert not (tmp_path / "dist").exists()


def test_a_built_notebook_that_git_does_not_know_is_not_forgotten(course, tmp_path):
    make_repository(course)
    subprocess.run(["git", "rm", "-q", "--cached", "-r", "assignments"], cwd=course.root, check=True)
    with pytest.raises(CourseError, match=r"git add assignments/t1-limits/t1-limits\.ipynb"):
        pack_kit(course, tmp_path / "dist")


def test_a_kit_cannot_pack_another(course, tmp_path):
    shutil.rmtree(course.root / "solutions")
    with pytest.raises(CourseError, match="learner's kit"):
        pack_kit(course, tmp_path / "dist")


# --- the course itself -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def real_kit(tmp_path_factory):
    return pack_kit(Course(), tmp_path_factory.mktemp("kit"))


def test_the_kit_of_this_course_gives_nothing_away(real_kit):
    assert traces(Course(), real_kit) == []


def test_the_kit_of_this_course_stays_small(real_kit):
    assert real_kit.stat().st_size < 20_000_000


@pytest.fixture(scope="module")
def unpacked(real_kit, tmp_path_factory):
    """The kit in a folder of its own, with an environment that a finished set-up would leave.

    The packages are those of the environment that runs the tests; the course in it is installed from the kit.
    """
    folder = tmp_path_factory.mktemp("learner")
    with zipfile.ZipFile(real_kit) as archive:
        archive.extractall(folder)
    kit = folder / TOP_FOLDER
    environment = kit / ".venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    packages = next(environment.glob("lib/python*/site-packages"))
    (packages / "packages.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    (environment / "share").symlink_to(Path(sys.prefix) / "share")  # JupyterLab's pages and the kernel's description
    install = ["-m", "uv", "pip", "install", "-q", "--offline", "--no-deps", "--no-build-isolation", "-e", "."]
    python = environment / "bin" / "python"
    subprocess.run([sys.executable, *install, "--python", python], cwd=kit, check=True)
    script = runpy.run_path(str(kit / "tools" / "setup.py"))
    (environment / ".course-stamp").write_text(script["stamp"](environment), encoding="utf-8")
    return kit


def type_in(kit: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=kit, env=bare(kit), capture_output=True, text=True, encoding="utf-8", timeout=300
    )


def bare(kit: Path) -> dict[str, str]:
    """What a learner's terminal holds, with the environment of the kit active; nothing of this course."""
    path = [str(kit / ".venv" / "bin"), *(p for p in os.environ["PATH"].split(os.pathsep) if p != str(SCRIPTS))]
    return {"PATH": os.pathsep.join(path), "HOME": str(kit.parent), "LANG": "C.UTF-8", "BROWSER": "true"}


@needs_links
def test_make_lab_in_the_kit_opens_jupyterlab_on_the_start_page(unpacked):
    make = ["make", "lab", f"PYTHON={sys.executable}"]
    # A session of its own, so that Ctrl-C reaches make and what it started, and nothing else.
    with subprocess.Popen(
        make,
        cwd=unpacked,
        env=bare(unpacked),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        said = ""
        try:
            for line in process.stdout:
                said += line
                if found := re.search(r"http://127\.0\.0\.1:\d+/lab\S*", line):
                    break
            assert found, said
            answer = httpx.get(found[0], trust_env=False, follow_redirects=True, timeout=60)
        finally:
            os.killpg(process.pid, signal.SIGINT)
            said += process.stdout.read()
    assert answer.status_code == 200 and "JupyterLab" in answer.text
    assert "Traceback" not in said
    unit = first_with_tasks().id
    assert list((unpacked / "work").rglob(f"{unit}.ipynb")), said


@needs_links
def test_course_check_in_the_kit_runs_the_visible_tests(unpacked):
    unit = first_with_tasks().id
    code = "from curriculum.course import Course; from curriculum.desk import lay; lay(Course())"
    assert type_in(unpacked, "python", "-c", code).returncode == 0
    checked = type_in(unpacked, "course", "check", unit)
    assert f"Check of {unit}" in checked.stdout, checked.stdout + checked.stderr
    assert "not started" in checked.stdout and "Traceback" not in checked.stderr


@needs_links
def test_the_kit_refuses_what_needs_solutions_in_one_sentence(unpacked):
    unit = first_with_tasks().id
    for command in (["grade", unit], ["feedback", unit], ["export"], ["demo"]):
        refused = type_in(unpacked, "course", *command)
        assert refused.returncode == 1, command
        assert "learner's kit" in " ".join(refused.stderr.split()), refused.stderr
    assert "course build" not in type_in(unpacked, "course", "--help").stdout
