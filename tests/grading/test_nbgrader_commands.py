"""Every plain `nbgrader` command works from the project's root, on its folders. The tests are one story, in order."""

import csv
import sqlite3

import nbformat
import pytest

UNIT = "t1-limits"


@pytest.fixture(scope="module")
def folder(project):
    return project.root / "grading" / "cohort_data"


def test_generate_assignment_makes_what_the_build_made(project, folder):
    built = project.cohort.course.released_notebook(project.cohort.unit)
    before = built.read_bytes()
    project.nbgrader("generate_assignment", UNIT, "--force")
    assert built.read_bytes() == before
    assert (folder / "gradebook.db").is_file()
    left = {path.name for path in project.root.iterdir()} & {"source", "release", "solution", "gradebook.db"}
    assert not left, "nbgrader made folders of its own"


def test_release_assignment_fills_the_exchange(project, folder):
    project.nbgrader("release_assignment", UNIT)
    assert (folder / "exchange" / "ai-systems" / "outbound" / UNIT / f"{UNIT}.ipynb").is_file()


def test_list_shows_what_was_released(project):
    done = project.nbgrader("list")
    assert f"ai-systems {UNIT}" in done.stdout + done.stderr


def test_fetch_assignment_copies_it(project):
    project.nbgrader("fetch_assignment", UNIT)
    assert (project.root / UNIT / f"{UNIT}.ipynb").is_file()


def test_validate_runs_the_visible_tests(project):
    fetched = project.root / UNIT / f"{UNIT}.ipynb"
    assert "window_of" in project.nbgrader("validate", str(fetched)).stdout, "the stub passes"
    nbformat.write(project.cohort.answered(), fetched)
    assert "Success" in project.nbgrader("validate", str(fetched)).stdout


def test_submit_and_collect_bring_it_back(project, folder):
    project.nbgrader("submit", UNIT)
    project.nbgrader("collect", UNIT)
    [notebook] = (folder / "submitted").glob(f"*/{UNIT}/{UNIT}.ipynb")
    assert "return second // length" in notebook.read_text(encoding="utf-8")


def test_autograde_gives_the_points(project, folder):
    project.nbgrader("autograde", UNIT)
    with sqlite3.connect(folder / "gradebook.db") as gradebook:
        [(points,)] = gradebook.execute("select sum(auto_score) from grade").fetchall()
    assert points == 15
    assert list((folder / "autograded").glob(f"*/{UNIT}/{UNIT}.ipynb"))


def test_generate_feedback_writes_pages(project, folder):
    project.nbgrader("generate_feedback", UNIT)
    [page] = (folder / "feedback").glob(f"*/{UNIT}/{UNIT}.html")
    shown = page.read_text(encoding="utf-8")
    assert "<strong>15</strong> of 27 points" in shown and "script-src" not in shown and "<script" not in shown
    assert {path.name for path in page.parent.iterdir()} == {page.name, "timestamp.txt", "submission_secret.txt"}


def test_release_feedback_and_fetch_feedback_bring_it_to_the_learner(project):
    project.nbgrader("release_feedback", UNIT)
    project.nbgrader("fetch_feedback", UNIT)
    assert list((project.root / UNIT / "feedback").glob(f"*/{UNIT}.html"))


@pytest.mark.parametrize(
    ("exporter", "heading"),
    [
        ("nbgrader.plugins.export.CsvExportPlugin", "assignment"),
        ("grading.export.CsvExport", "student"),
        ("grading.export.CanvasExport", "Student"),
        ("grading.export.MoodleExport", "ID number"),
    ],
)
def test_export_takes_nbgraders_exporter_and_ours(project, tmp_path, exporter, heading):
    target = tmp_path / "grades.csv"
    project.nbgrader("export", f"--exporter={exporter}", f"--to={target}")
    with target.open(encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert rows[0][0] == heading and len(rows) > 1
