"""nbgrader's gradebook: its settings for a room's folders, and the assignment in it as it was built.

One table of our own stands beside nbgrader's, `STAMPS`: what each row of theirs was made from. It commits with them, so
that a grade and the knowledge of what was graded cannot part, wherever the power goes off.
"""

import hashlib
import logging
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters import GenerateAssignment
from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import is_grade, is_locked, is_solution, is_task
from sqlalchemy import Column, MetaData, String, Table, delete, insert, make_url, select
from sqlalchemy.exc import DatabaseError, OperationalError, SQLAlchemyError
from traitlets.config import Config

from curriculum.course import Course
from curriculum.errors import CourseError
from curriculum.syllabus import Unit
from grading.engine.submission import read_master

BUSY_S = 60  # how long a writer waits for another one; SQLite's own 5 s abort a whole run of nbgrader
LARGEST_READ = 1 << 20  # bytes of a file in memory at once
_AND_GO_ON = "what was finished is kept: mend that, and run the command again."
DISK_FULL = "The disk is full. What was finished is kept; free some space and run the command again."

STAMPS = Table(
    "course_stamp",
    MetaData(),
    Column("id", String(32), primary_key=True),  # of a submitted assignment, or of an assignment, in nbgrader's tables
    Column("assignment", String(64), nullable=False),
    Column("submission", String(64), nullable=False),
    Column("autograded", String(64), nullable=False),
)


@dataclass(frozen=True)
class Stamp:
    """What a row of the gradebook was made from, as hashes: the assignment, the submission, the autograded notebook."""

    assignment: str
    submission: str = ""
    autograded: str = ""


def cohort_config(course: Course) -> Config:
    """nbgrader's settings, seen from the cohort's folder.

    nbgrader uses absolute folders as patterns, so that `(` or `+` in a path would break it; relative ones it escapes.
    """
    config = course.nbgrader_config()
    config.CourseDirectory.root = str(course.cohort)
    config.CourseDirectory.source_directory = str(course.root / "solutions")
    config.CourseDirectory.solution_directory = str(course.root / "solutions")
    for step in ("submitted", "autograded", "feedback"):
        config.CourseDirectory[f"{step}_directory"] = step
    config.CourseDirectory.db_url = _patient(course.gradebook_url)
    return config


def _patient(address: str) -> str:
    url = make_url(address)
    if url.get_backend_name() == "sqlite":
        url = url.update_query_dict({"timeout": str(BUSY_S)})
    elif url.get_backend_name() == "postgresql" and "options" not in url.query:
        url = url.update_query_dict({"options": f"-c lock_timeout={BUSY_S}s", "connect_timeout": str(BUSY_S)})
    return url.render_as_string(hide_password=False)


def put_environment_on_path() -> None:
    """Let nbgrader find `alembic`: without it the first command leaves a broken gradebook behind."""
    folder = str(Path(sys.executable).parent)
    path = os.environ.get("PATH", "").split(os.pathsep)
    if folder not in path:
        os.environ["PATH"] = os.pathsep.join([folder, *path])


@contextmanager
def open_gradebook(course: Course) -> Iterator[Gradebook]:
    """nbgrader's gradebook of this cohort, made when absent.

    Raises `CourseError` when it is not a gradebook, cannot be reached, is held by another program for longer than
    `BUSY_S`, or its disk is full; what was committed before is kept.
    """
    put_environment_on_path()
    course.cohort.mkdir(parents=True, exist_ok=True)
    try:
        config = cohort_config(course).CourseDirectory
        gradebook = Gradebook(config.db_url, config.course_id)
        STAMPS.create(gradebook.engine, checkfirst=True)
    except (SQLAlchemyError, ImportError) as error:
        raise _explained(course, error) from error
    with gradebook:
        try:
            yield gradebook
        except SQLAlchemyError as error:
            raise _explained(course, error) from error


def _explained(course: Course, error: Exception) -> CourseError:
    address = course.gradebook_url
    said = " ".join(str(getattr(error, "orig", None) or error).split())[:300].rstrip(".")
    if "database is locked" in said or "lock timeout" in said:
        return CourseError(
            f"Another program has held the gradebook for {BUSY_S} s; let it finish, or close it, and run this again. "
            "What was finished is kept."
        )
    if "disk is full" in said or "No space left" in said:
        return CourseError(DISK_FULL)
    if isinstance(error, OperationalError) or not isinstance(error, DatabaseError):
        return CourseError(f"The gradebook at {_shown(address)} does not answer ({said}); {_AND_GO_ON}")
    if course.gradebook:
        return CourseError(f"{_shown(address)} cannot be used as a gradebook ({said}).")
    return CourseError(
        f"{course.cohort / 'gradebook.db'} cannot be read as a gradebook ({said}); move it aside or "
        "bring back a copy of it, and run this again."
    )


def _shown(address: str) -> str:
    try:
        return make_url(address).render_as_string()  # with stars for the password
    except SQLAlchemyError:
        return "the given address"


def read_stamp(gradebook: Gradebook, row_id: str) -> Stamp | None:
    """The stamp of a row of nbgrader's, None when it has none."""
    row = gradebook.db.execute(select(STAMPS).where(STAMPS.c.id == row_id)).one_or_none()
    return Stamp(row.assignment, row.submission, row.autograded) if row else None


def put_stamp(gradebook: Gradebook, row_id: str, stamp: Stamp) -> None:
    """Put a stamp into the transaction under way, which the caller commits."""
    gradebook.db.execute(delete(STAMPS).where(STAMPS.c.id == row_id))
    gradebook.db.execute(insert(STAMPS).values(id=row_id, **asdict(stamp)))


def assignment_hash(course: Course, unit: Unit) -> str:
    """A hash of what submissions are graded with: the author's notebook, the files beside it, how tests are judged.

    Raises `CourseError` when the notebook is not built.
    """
    path = course.solution_notebook(unit)
    if not path.is_file():
        raise CourseError(f"{path.relative_to(course.root)} is not built yet; run `course build {unit.id}` first.")
    profile = course.profile(unit)
    judged = file_hash(profile) if profile.is_file() else ""
    return hashlib.sha256(f"{folder_hash(path.parent, but='.md')}\0{judged}".encode()).hexdigest()


def folder_hash(folder: Path, but: str = "") -> str:
    """A hash of the names and contents of the files in a folder, links and files that end in `but` left out."""
    total = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        is_hidden = any(part.startswith(".") or part == "__pycache__" for part in path.relative_to(folder).parts)
        if path.is_symlink() or not path.is_file() or is_hidden or (but and path.name.endswith(but)):
            continue
        total.update(f"{path.relative_to(folder).as_posix()}\0{file_hash(path)}\n".encode())
    return total.hexdigest()


def file_hash(path: Path) -> str:
    """A hash of a file's content."""
    content = hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(LARGEST_READ):
            content.update(part)
    return content.hexdigest()


def ensure_assignment(course: Course, unit: Unit) -> str:
    """Put the assignment into the gradebook as it is built, when it is absent or changed, and return its hash.

    `assignments/` is not touched: releasing is the author's step.
    Raises `CourseError` when graded cells were added or removed after submissions had been graded.
    """
    built = assignment_hash(course, unit)
    with open_gradebook(course) as gradebook:
        try:
            notebook = gradebook.find_notebook(unit.id, unit.id)
        except MissingEntry:
            notebook = None
        if notebook is not None:
            if read_stamp(gradebook, notebook.assignment_id) == Stamp(built):
                return built
            _refuse_other_cells(course, unit, {cell.name for cell in notebook.source_cells}, bool(notebook.submissions))
    _generate(course, unit)
    with open_gradebook(course) as gradebook:
        put_stamp(gradebook, gradebook.find_assignment(unit.id).id, Stamp(built))
        gradebook.db.commit()
    return built


def _refuse_other_cells(course: Course, unit: Unit, old: set[str], has_submissions: bool) -> None:
    new = {
        cell.metadata.nbgrader.grade_id
        for cell in read_master(course.solution_notebook(unit)).cells
        if is_grade(cell) or is_solution(cell) or is_locked(cell) or is_task(cell)
    }
    if has_submissions and old != new:
        changes = [
            f"{word} {', '.join(sorted(ids))}" for word, ids in (("new:", new - old), ("gone:", old - new)) if ids
        ]
        raise CourseError(
            f"The cells of {unit.id} have changed since submissions were graded ({'; '.join(changes)}), and "
            f"a gradebook holds one version; export the grades, move {_shown(course.gradebook_url)} aside, and grade "
            "again."
        )


def _generate(course: Course, unit: Unit) -> None:
    said, log = listening_log("generate")
    config = cohort_config(course)
    config.CourseDirectory.root = str(course.root)
    config.CourseDirectory.source_directory = "solutions"
    config.CourseDirectory.assignment_id = unit.id
    config.BaseConverter.force = True
    with tempfile.TemporaryDirectory(prefix="released-") as released:
        config.CourseDirectory.release_directory = released
        try:
            GenerateAssignment(CourseDirectory(config=config, log=log), config=config, log=log).start()
        except Exception as error:  # nbgrader raises many kinds, and tells what it was in its log
            raise CourseError(
                f"nbgrader could not put {unit.id} into the gradebook: {reason(said, error)}; "
                f"`course verify {unit.id}` looks for what is wrong."
            ) from error


def listening_log(name: str) -> tuple[list[str], logging.Logger]:
    """A log that shows nothing and keeps errors, because nbgrader's exceptions only point at its log."""
    said: list[str] = []

    class _Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.append(record.getMessage())

    log = logging.Logger(name, level=logging.ERROR)
    log.addHandler(_Listener())
    return said, log


def reason(said: list[str], error: BaseException) -> str:
    """What went wrong, in one line: the last line of the first traceback that nbgrader logged, or the error itself."""
    for entry in said:
        if entry.startswith("Traceback"):
            lines = [line for line in entry.splitlines() if line[:1].strip()]
            return _short(lines[-1])
    return _short(said[0] if said else f"{type(error).__name__}: {error}")


def _short(text: str) -> str:
    return " ".join(text.split())[:300].rstrip(".")
