"""Makes an executed notebook in which fragments are planted, and the page of it. Nothing is run for that."""

import copy
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output, new_raw_cell
from nbgrader.utils import is_grade
from traitlets.config import Config

from curriculum.course import Course
from grading.feedback.exporter import FeedbackExporter
from grading.feedback.grades import Grades, Points
from tests.feedback.payloads import Payload

UNIT, TASK, TEST = "t1-limits", "window-of-second", "window-of-second-start"
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


@lru_cache
def exporter(root: Path) -> FeedbackExporter:
    config = Config()
    config.FeedbackExporter.course_root = str(root)
    return FeedbackExporter(config=config, default_preprocessors=[])


@lru_cache
def _original(root: Path) -> NotebookNode:
    course = Course(root=root)
    return nbformat.read(course.solution_notebook(course.syllabus.unit(UNIT)), as_version=4)


def executed(root: Path) -> NotebookNode:
    """The author's notebook, hidden tests and all, as it lies in `autograded/`."""
    return copy.deepcopy(_original(root))


def cell_of(notebook: NotebookNode, grade_id: str) -> NotebookNode:
    return next(cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade_id") == grade_id)


def grades_of(notebook: NotebookNode, **but: object) -> Grades:
    """Full points for every test but TEST, nothing yet for the reflection."""
    points = {}
    for cell in notebook.cells:
        if is_grade(cell):
            meta = cell.metadata.nbgrader
            is_manual, is_failed = cell.cell_type == "markdown", meta.grade_id == TEST
            points[meta.grade_id] = Points(0 if is_manual or is_failed else meta.points, meta.points, waits=is_manual)
    return Grades(**{"student": "ana", "name": "", "points": points, "comments": {}, **but})


def render(root: Path, notebook: NotebookNode, grades: Grades | None = None) -> str:
    resources = {"nbgrader": {"assignment": UNIT}, "grades": grades or grades_of(notebook)}
    return exporter(root).from_notebook_node(notebook, resources)[0]


def page(root: Path, payloads: Iterable[Payload], host: str) -> str:
    """A page with all these fragments in it, each in its place."""
    notebook = executed(root)
    said: dict[str, object] = {}
    for payload in payloads:
        _plant(notebook, payload.place, payload.at(host), said)
    comments = {TASK: str(said.pop("comment"))} if "comment" in said else {}
    return render(root, notebook, grades_of(notebook, comments=comments, **said))


def data(kind: str, content: object, **metadata: object) -> NotebookNode:
    return new_output("display_data", {kind: content}, metadata=metadata)


def error(text: str) -> NotebookNode:
    return new_output("error", ename="AssertionError", evalue=text, traceback=[text])


def _plant(notebook: NotebookNode, place: str, text: str, said: dict[str, object]) -> None:
    kinds = {
        **{"html": "text/html", "svg": "image/svg+xml", "png": "image/png", "latex": "text/latex"},
        **{"javascript": "application/javascript", "plain": "text/plain", "markdown_output": "text/markdown"},
        **{"vendor": "application/vnd.planted.v1+html"},
    }
    outputs = {
        **{name: data(kind, text) for name, kind in kinds.items()},
        "json": data("application/json", {text: [text]}),
        "widget": data("application/vnd.jupyter.widget-view+json", {"model_id": text, "version_major": 2}),
        "alt": data("image/png", PIXEL, alt=text),
        "stream": new_output("stream", name="stdout", text=text),
        "stream_name": NotebookNode(output_type="stream", name=text, text=text),
        "error": error(text),
    }
    if place in outputs:
        notebook.cells.insert(4, new_code_cell("draw()", outputs=[outputs[place]]))
    elif place in ("own_text", "attachment", "attachment_name"):
        name, content = (text, PIXEL) if place == "attachment_name" else ("a.png", text)
        source = (
            f"Planted.\n\n{text}"
            if place == "own_text"
            else f"![plot](attachment:{name}) <img src='attachment:{name}'>"
        )
        cell = new_markdown_cell(source, attachments={name: {"text/html": content, "image/png": content}})
        notebook.cells.insert(4, cell)
    elif place in ("own_code", "raw"):
        notebook.cells.insert(4, new_code_cell(text) if place == "own_code" else new_raw_cell(text))
    elif place == "answer":
        cell_of(notebook, "reflect-limit").source = f"Planted.\n\n{text}"
    elif place == "code":
        cell_of(notebook, TASK).source += f"\n# {text}"
    elif place == "message":
        cell_of(notebook, TEST).outputs = [error(text)]
    elif place in ("cell_id", "cell_metadata", "grade_id"):
        cell = new_code_cell("draw()", outputs=[new_output("stream", text="drawn")])
        marks = {"grade_id": text, "grade": True, "solution": True, "points": 9, "schema_version": 3}
        cell.metadata = NotebookNode({"nbgrader": NotebookNode(marks)} if place == "grade_id" else {text: text})
        cell.id = text if place == "cell_id" else cell.id
        notebook.cells.insert(4, cell)
    elif place in ("unit_metadata", "language"):
        notebook.metadata = NotebookNode(
            {"course": {"unit": text, "remarks": [{text: text}]}, "title": text, "language": text, "kernelspec": text}
        )
    elif place == "remark":
        notebook.metadata.setdefault("course", {}).setdefault("remarks", []).append(text)
    else:
        key = {"student": "student", "person": "name", "comment": "comment"}[place]
        said[key] = f"{said.get(key, '')}{text}"
