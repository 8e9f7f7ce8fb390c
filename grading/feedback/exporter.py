"""nbconvert's exporter for feedback pages: `course feedback`, nbgrader's commands and the formgrader use it."""

import base64
import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

import nbformat
from jinja2 import Environment
from markupsafe import Markup
from nbconvert.exporters import Exporter, TemplateExporter
from nbformat import NotebookNode
from traitlets import Unicode, default

from curriculum.course import Course
from curriculum.errors import CourseError
from curriculum.syllabus import Unit
from grading.feedback.master import Master, read_tasks
from grading.feedback.report import State, make_report

TEMPLATES = Path(__file__).parent / "templates"
STYLE = (TEMPLATES / "course" / "style.css").read_text(encoding="utf-8")
_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
# No script, no connection, no frame, no form; the one style is the page's own, and pictures are inside the page.
POLICY = f"default-src 'none'; img-src data:; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'"


class FeedbackExporter(TemplateExporter):
    """Writes a page from an executed notebook, the assignment as it was released, and the gradebook.

    It is a TemplateExporter and no HTMLExporter: that one parses and writes the finished page once more, which costs
    most of the time, and undoes what a sanitiser promised.
    """

    course_root = Unicode(help="The folder of the course, where its assignments and its syllabus are.").tag(config=True)

    @default("file_extension")
    def _file_extension_default(self) -> str:
        return ".html"

    @default("template_name")
    def _template_name_default(self) -> str:
        return "course"

    @default("extra_template_basedirs")
    def _extra_template_basedirs_default(self) -> list[str]:
        return [str(TEMPLATES)]  # nbconvert's default is the working folder, where anyone may put a template

    def _create_environment(self) -> Environment:
        environment: Environment = super()._create_environment()
        environment.autoescape = True
        environment.trim_blocks = environment.lstrip_blocks = True
        return environment

    def from_notebook_node(  # type: ignore[override]
        self, nb: NotebookNode, resources: Any = None, **kw: Any
    ) -> tuple[str, dict[str, Any]]:
        """The page of the submission that `resources` names, with the grades that a preprocessor put there.

        Raises `CourseError` when the assignment is not built.
        """
        executed, resources = Exporter.from_notebook_node(self, nb, resources, **kw)
        unit, master = _assignment(self.course_root, resources["nbgrader"]["assignment"])
        report = make_report(unit, executed, master, resources["grades"])
        page = self.template.render(report=report, State=State, style=Markup(STYLE), policy=POLICY)
        return page, resources


def _assignment(root: str, unit_id: str) -> tuple[Unit, Master]:
    course = Course(root=Path(root))
    unit = _unit(course, unit_id, (course.root / "curriculum" / "syllabus.yml").stat().st_mtime_ns)
    path = course.released_notebook(unit)
    if not path.is_file():
        raise CourseError(f"{path.relative_to(course.root)} is not built yet; run `course build {unit.id}` first.")
    return unit, _tasks(path, path.stat().st_mtime_ns)


# Reading either costs more than a page. The formgrader's server lives for days, so that a change must count.
@lru_cache(maxsize=4)
def _unit(course: Course, unit_id: str, changed: int) -> Unit:
    return course.syllabus.unit(unit_id)


@lru_cache(maxsize=4)
def _tasks(path: Path, changed: int) -> Master:
    return read_tasks(nbformat.read(path, as_version=4))
