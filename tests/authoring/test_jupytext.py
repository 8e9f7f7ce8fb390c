"""An author may open a source as a notebook in JupyterLab: saving it there must not change what it says."""

import shutil
from pathlib import Path

import jupytext
from jupytext.config import load_jupytext_config

from authoring.source import read_assignment, read_lesson
from curriculum.course import ROOT, Course


def test_a_source_survives_jupytext(tiny_course: Course) -> None:
    shutil.copy(ROOT / "jupytext.toml", tiny_course.root)
    unit = tiny_course.syllabus.unit("t1-limits")
    for path, read in (
        (tiny_course.lesson_source(unit), read_lesson),
        (tiny_course.assignment_source(unit), read_assignment),
    ):
        before = read(tiny_course, unit).notebook
        resave(path)
        assert read(tiny_course, unit).notebook == before
        once = path.read_bytes()
        resave(path)
        assert path.read_bytes() == once


def resave(path: Path) -> None:
    """What jupytext does when a source is opened in JupyterLab, run and saved."""
    config = load_jupytext_config(str(path))
    assert config.cell_metadata_filter
    notebook = jupytext.read(path, config=config)
    for cell in notebook.cells:
        cell.metadata["execution"] = {"shell.execute_reply": "2026-11-01"}
    jupytext.write(notebook, path, fmt="md:myst", config=config)
