"""Makes the learner's assignment from the author's: nbgrader's own release step, in a temporary folder."""

import copy
import fnmatch
import logging
import tempfile
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from authoring.fingerprint import assignment_inputs, content_hash
from authoring.source import Source, read_assignment
from curriculum.course import Course
from curriculum.errors import CourseError
from curriculum.syllabus import Unit


@dataclass(frozen=True)
class Assignment:
    """An assignment as authors, and as learners, have it. `supplements` are released as they are, by relative path."""

    source: Source
    solution: NotebookNode
    released: NotebookNode
    supplements: dict[str, bytes]


def supplements_of(course: Course, unit: Unit) -> list[Path]:
    """The files in a unit's solution folder that nbgrader hands out: all but notebooks and what the config ignores."""
    ignored = [*course.nbgrader_config().CourseDirectory.ignore, "*.ipynb"]
    folder = course.solution_folder(unit)
    return sorted(
        path
        for path in folder.rglob("*")
        if path.is_file()
        and not any(fnmatch.fnmatch(part, rule) for part in path.relative_to(folder).parts for rule in ignored)
    )


def make_assignment(course: Course, unit: Unit) -> Assignment:
    """Read a unit's assignment and release it, in memory.

    Both notebooks carry the same `course` metadata: `inputs` hashes what they are built from, `content` the cells of
    the author's and `released` the cells of the learner's notebook. nbgrader copies a notebook's metadata, so a plain
    `nbgrader generate_assignment` makes the same file.

    Raises `CourseError` when the source is wrong or nbgrader cannot release it.
    """
    source = read_assignment(course, unit)
    supplements = supplements_of(course, unit)
    solution = copy.deepcopy(source.notebook)
    files = _generate(course, unit, solution, supplements)
    released = nbformat.reads(files.pop(f"{unit.id}.ipynb").decode(), as_version=4)
    solution.metadata.course = {
        "unit": unit.id,
        "inputs": assignment_inputs(course, source.text, supplements),
        "content": content_hash(solution),
        "released": content_hash(released),
    }
    released.metadata.course = dict(solution.metadata.course)
    return Assignment(source, solution, released, files)


def _generate(course: Course, unit: Unit, solution: NotebookNode, supplements: list[Path]) -> dict[str, bytes]:
    # nbgrader takes its time to load, and most builds have nothing to release.
    from nbgrader.converters import GenerateAssignment
    from nbgrader.coursedir import CourseDirectory

    log = logging.Logger("release", level=logging.ERROR)
    said: list[str] = []
    log.addHandler(_Listener(said))
    with tempfile.TemporaryDirectory(prefix="release-") as folder:
        root = Path(folder).resolve()  # nbgrader matches paths by text, and a temporary folder may be a link
        source = root / "solutions" / unit.id
        source.mkdir(parents=True)
        nbformat.write(solution, source / f"{unit.id}.ipynb")
        for path in supplements:
            copied = source / path.relative_to(course.solution_folder(unit))
            copied.parent.mkdir(parents=True, exist_ok=True)
            copied.write_bytes(path.read_bytes())
        config = course.nbgrader_config()
        config.CourseDirectory.root = str(root)
        config.CourseDirectory.db_url = "sqlite://"
        config.CourseDirectory.assignment_id = unit.id
        config.SaveCells.enabled = False  # what a gradebook knows of an assignment is written when it is graded
        directory = CourseDirectory(config=config, log=log)
        converter = GenerateAssignment(directory, config=config, log=log, no_database=True)
        try:
            converter.start()
        except Exception as error:  # nbgrader raises many kinds; the author needs to know which file
            raise CourseError(
                f"nbgrader could not release solutions/{unit.id}/{unit.id}.md: "
                f"{' '.join((said or [str(error)])[-1].split())[-400:]}"
            ) from error
        made = root / "assignments" / unit.id
        return {path.relative_to(made).as_posix(): path.read_bytes() for path in made.rglob("*") if path.is_file()}


class _Listener(logging.Handler):
    """Keeps what nbgrader logs, because its exceptions only point at the log."""

    def __init__(self, said: list[str]) -> None:
        super().__init__()
        self.said = said

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())
