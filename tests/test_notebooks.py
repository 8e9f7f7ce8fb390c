"""Every notebook of the course: lessons compared and run at other scales, assignments as learners open them.

A lesson is a test of its own, so that the runs are spread over the cores.
"""

import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path

import nbformat
import papermill
import pytest
from nbformat import NotebookNode

from authoring.build import build
from authoring.execute import private_sockets
from authoring.gates import run_gates
from authoring.verify import verify
from curriculum.course import Course
from curriculum.syllabus import Unit
from grading import warm_kernels
from grading.engine.execute import run_notebook
from grading.warm_kernels.client import WarmServer, why_cold

COURSE = Course()
UNITS = [pytest.param(unit, id=unit.id) for unit in COURSE.syllabus.ready_units]
WITH_ASSIGNMENT = [case for case in UNITS if case.values[0].has_assignment]
BUILT_BY_STUBS = {"NotImplementedError", "NameError"}  # the second: a name that a stub was to define


@pytest.fixture(autouse=True)
def no_session(monkeypatch: pytest.MonkeyPatch) -> None:
    """Kernels here belong to no JupyterLab session, whoever runs the tests."""
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)


@pytest.fixture(scope="module")
def kernel() -> Iterator[str]:
    """The kernel that lessons run in: forked from one warm process where the system can, which saves their imports."""
    if why_cold():
        yield "python3"
        return
    with WarmServer(), pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_PATH", str(warm_kernels.JUPYTER_PATH))
        yield warm_kernels.KERNEL


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def errors_of(notebook: NotebookNode) -> list[tuple[NotebookNode, str]]:
    return [
        (cell, f"{output.ename}: {output.evalue}")
        for cell in code_cells(notebook)
        for output in cell.outputs
        if output.output_type == "error"
    ]


def run_nbval(
    lesson: Path, folder: Path, kernel: str
) -> tuple[subprocess.CompletedProcess[str], list[ElementTree.Element]]:
    """Run nbval on a copy of a lesson, in an empty folder, as a test session of its own."""
    shutil.copy(lesson, folder / lesson.name)
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")  # this folder is the root, not the course
    command = [sys.executable, "-m", "pytest", "--nbval", f"--nbval-kernel-name={kernel}", "--nbval-cell-timeout=120"]
    options = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist", f"--junitxml={folder / 'report.xml'}", lesson.name]
    ran = subprocess.run([*command, *options], cwd=folder, capture_output=True, text=True, env=clean_environment())
    return ran, list(ElementTree.parse(folder / "report.xml").iter("testcase"))


def clean_environment() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "JPY_"))}


def test_there_are_units() -> None:
    assert UNITS, "no unit of the syllabus is ready"


def test_every_built_file_is_what_its_source_says() -> None:
    built = build(COURSE, check=True)
    assert len(built) >= len(UNITS) + 3 * len(WITH_ASSIGNMENT)
    assert [one.problem for one in built if one.problem] == []


@pytest.mark.parametrize("unit", UNITS)
def test_the_gates_hold(unit: Unit) -> None:
    assert [str(finding) for finding in run_gates(COURSE, unit.id)] == []


@pytest.mark.parametrize("unit", WITH_ASSIGNMENT)
def test_the_answer_bank_holds(unit: Unit) -> None:
    report = verify(COURSE, unit.id)
    assert len(report.cases) > unit.has_tasks
    assert report.problems == []
    assert [case.problem for case in report.cases if case.problem] == []


@pytest.mark.parametrize("unit", UNITS)
def test_stable_outputs_of_the_lesson_are_what_is_committed(unit: Unit, tmp_path: Path, kernel: str) -> None:
    lesson = COURSE.lesson_notebook(unit)
    ran, cases = run_nbval(lesson, tmp_path, kernel)
    assert ran.returncode == 0, ran.stdout[-4000:]
    assert len(cases) == len(code_cells(nbformat.read(lesson, as_version=4))) > 0
    assert not any(case.find("skipped") is not None for case in cases)


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("scale", ["smoke", pytest.param("full", marks=pytest.mark.full)])
def test_the_lesson_runs_at_another_scale(unit: Unit, scale: str, tmp_path: Path, kernel: str) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    ran = papermill.execute_notebook(
        COURSE.lesson_notebook(unit),
        tmp_path / "ran.ipynb",
        parameters={"scale": scale},
        cwd=str(scratch),
        kernel_name=kernel,
        progress_bar=False,
        config=private_sockets(tmp_path),
    )
    cells = code_cells(ran)
    assert any("injected-parameters" in cell.metadata.tags and scale in cell.source for cell in cells)
    assert all(cell.execution_count for cell in cells)


@pytest.mark.parametrize("unit", WITH_ASSIGNMENT)
def test_the_released_assignment_stops_at_its_first_stub_only(unit: Unit, tmp_path: Path) -> None:
    released = COURSE.released_notebook(unit)
    shutil.copytree(released.parent, tmp_path, dirs_exist_ok=True, ignore=shutil.ignore_patterns(released.name))
    executed = run_notebook(nbformat.read(released, as_version=4), tmp_path)
    errors = errors_of(executed)
    if not unit.has_tasks:
        assert errors == []
        return
    assert errors, "no stub is left to be written"
    assert errors[0][1].startswith("NotImplementedError"), errors[0][1]  # where `Run All` stops
    for cell, error in errors:
        if not cell.metadata.get("nbgrader", {}).get("grade"):
            assert error.split(":")[0] in BUILT_BY_STUBS, f"{cell.id}: {error}"


def test_nbval_notices_a_changed_output(tiny_course: Course, tmp_path: Path, kernel: str) -> None:
    lesson = tiny_course.lesson_notebook(tiny_course.syllabus.unit("t1-limits"))
    folder = tmp_path / "same"
    folder.mkdir()
    ran, cases = run_nbval(lesson, folder, kernel)
    assert ran.returncode == 0, ran.stdout[-4000:]
    assert len(cases) == len(code_cells(nbformat.read(lesson, as_version=4)))
    text = lesson.read_text(encoding="utf-8")
    assert "(100, 0)" in text
    lesson.write_text(text.replace("(100, 0)", "(100, 1)"), encoding="utf-8")
    folder = tmp_path / "changed"
    folder.mkdir()
    ran, cases = run_nbval(lesson, folder, kernel)
    assert ran.returncode == 1
    assert sum(case.find("failure") is not None for case in cases) == 1


@pytest.mark.parametrize("scale", ["smoke", "full"])
def test_papermill_changes_the_scale(tiny_course: Course, tmp_path: Path, scale: str, kernel: str) -> None:
    ran = papermill.execute_notebook(
        tiny_course.lesson_notebook(tiny_course.syllabus.unit("t1-limits")),
        None,
        parameters={"scale": scale},
        cwd=str(tmp_path),
        kernel_name=kernel,
        progress_bar=False,
        config=private_sockets(tmp_path),
    )
    rows = "".join(output.get("text", "") for cell in code_cells(ran) for output in cell.outputs)
    assert "It was" in rows
    assert all(cell.execution_count for cell in code_cells(ran))
