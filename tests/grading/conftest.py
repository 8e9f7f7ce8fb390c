"""A tiny course to grade in, submissions for it, and a project that plain nbgrader commands run in."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from rich.console import Console

from curriculum.course import Course
from curriculum.syllabus import Unit
from grading.engine.autograde import Outcome, grade_unit
from grading.engine.gradebook import ensure_assignment

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Cohort:
    """A course with one small unit, and what its learners hand in."""

    course: Course
    unit: Unit

    def submit(self, student: str, content: NotebookNode | bytes | None = None) -> Path:
        """Lay a submission: a notebook with everything right, or what is given. Returns its folder."""
        folder = self.course.cohort / "submitted" / student / self.unit.id
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{self.unit.id}.ipynb").write_bytes(self.bytes_of(content))
        return folder

    def bytes_of(self, content: NotebookNode | bytes | None = None) -> bytes:
        if content is None:
            content = self.answered()
        return content if isinstance(content, bytes) else nbformat.writes(content).encode()

    def released(self) -> NotebookNode:
        """The notebook that learners get."""
        return nbformat.read(self.course.released_notebook(self.unit), as_version=4)

    def answered(self, **other: str) -> NotebookNode:
        """The notebook of someone who got everything right, but for the cells in `other`, by id with `_` for `-`."""
        solution = nbformat.read(self.course.solution_notebook(self.unit), as_version=4)
        answers = {cell.id: cell.source for cell in solution.cells if cell.metadata.get("nbgrader", {}).get("solution")}
        answers["reflect-limit"] = "I would keep the limit."
        answers |= {name.replace("_", "-"): source for name, source in other.items()}
        notebook = self.released()
        for cell in notebook.cells:
            cell.source = answers.get(cell.id, cell.source)
        return notebook

    def grade(self, **how: object) -> dict[str, Outcome]:
        """Grade everything, and return outcomes by student."""
        outcomes = grade_unit(self.course, self.unit, console=Console(quiet=True), **{"workers": 1, **how})
        return {outcome.student: outcome for outcome in outcomes}

    def gradebook(self) -> Gradebook:
        return Gradebook(f"sqlite:///{self.course.cohort / 'gradebook.db'}", "ai-systems")


def _cohort(root: Path) -> Cohort:
    course = Course(root=root, work=root / "work", cohort=root / "grading" / "cohort_data")
    return Cohort(course, course.syllabus.ready_unit("t1-limits"))


@pytest.fixture(scope="session")
def prepared(tiny_original: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root of a course whose gradebook holds the assignment and nobody. Tests copy it."""
    root = tmp_path_factory.mktemp("prepared") / "course"
    shutil.copytree(tiny_original, root)
    prepared = _cohort(root)
    ensure_assignment(prepared.course, prepared.unit)
    return root


@pytest.fixture(scope="session")
def graded_original(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root of a course in which ana has everything right, and waits for the points of the reflection."""
    root = tmp_path_factory.mktemp("graded") / "course"
    shutil.copytree(prepared, root)
    graded = _cohort(root)
    graded.submit("ana")
    graded.grade()
    return root


@pytest.fixture
def cohort(prepared: Path, tmp_path: Path) -> Cohort:
    """A course to grade in, without submissions."""
    shutil.copytree(prepared, tmp_path / "course")
    return _cohort(tmp_path / "course")


@pytest.fixture
def graded(graded_original: Path, tmp_path: Path) -> Cohort:
    """A course in which ana's submission is graded."""
    shutil.copytree(graded_original, tmp_path / "course")
    return _cohort(tmp_path / "course")


@dataclass
class Project:
    """A tiny course as a project of its own, in which plain nbgrader commands run."""

    cohort: Cohort
    root: Path
    environment: dict[str, str]

    def nbgrader(self, *arguments: str, check: bool = True) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "nbgrader", *arguments]
        done = subprocess.run(command, cwd=self.root, env=self.environment, capture_output=True, text=True, timeout=300)
        assert not check or done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
        return done


def make_project(tiny_original: Path, root: Path) -> Project:
    """Lay a project with a home of its own, and a PATH without this environment's programs."""
    shutil.copytree(tiny_original, root)
    shutil.copy(ROOT / "nbgrader_config.py", root)
    for package in ("curriculum", "grading"):
        for path in (ROOT / package).rglob("*.py"):
            target = root / path.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
    shutil.copytree(ROOT / "grading" / "feedback" / "templates", root / "grading" / "feedback" / "templates")
    here = Path(sys.executable).parent
    home = root.parent / "home"
    home.mkdir()
    environment = {
        **os.environ,
        "PYTHONPATH": str(root),
        "PATH": os.pathsep.join(part for part in os.environ["PATH"].split(os.pathsep) if Path(part) != here),
        "HOME": str(home),
    }
    return Project(_cohort(root), root, environment)


@pytest.fixture(scope="module")
def project(tiny_original: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project of this file's tests."""
    return make_project(tiny_original, tmp_path_factory.mktemp("project") / "course")
