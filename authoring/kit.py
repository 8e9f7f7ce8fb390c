"""Packs the learner's kit: the course without anything that gives an answer away, as one file to hand out."""

import io
import subprocess
import tomllib
import zipfile
from pathlib import Path, PurePosixPath

from authoring.build import build
from curriculum.course import Course
from curriculum.errors import CourseError
from curriculum.files import write_atomically

TOP_FOLDER = "ai-systems-kit"
# What goes in, by name; whatever is added to the course stays out until it is added here.
PACKED = (
    "curriculum",
    "assignments",
    "grading",  # `course check` runs the same engine as the grader
    "tools/setup.py",
    "Makefile",
    "environment.yml",
    "pyproject.toml",
    "requirements.lock",
    "LICENSE",
    "LICENSE-CONTENT",
    ".gitattributes",
)
LEFT_OUT = ("curriculum/AUTHORING.md", "grading/README.md", "grading/cohort_data")
LEFTOVERS = {"__pycache__", ".ipynb_checkpoints", ".DS_Store"}
README = Path(__file__).with_name("kit_readme.md")


def pack_kit(course: Course, to: Path) -> Path:
    """Write the kit as a zip file into the folder `to` and return its path.

    The same course gives the same bytes, on any day. Where the course is a git repository, only tracked files go in, so
    that nothing private does.

    Raises `CourseError` when a built file is stale or missing, when git fails, or when `to` cannot be written.
    """
    course.require_solutions()
    _require_built(course)
    names = _names(course)
    for unit in course.syllabus.ready_units:
        handed_out = [course.lesson_notebook(unit)]
        if unit.has_assignment:
            handed_out.append(course.released_notebook(unit))
        for path in handed_out:
            name = path.relative_to(course.root).as_posix()
            if name not in names:
                raise CourseError(f"{name} is not in git, and so not in the kit; `git add {name}` and pack again.")
    content = {name: (course.root / name).read_bytes() for name in names}
    content["README.md"] = README.read_bytes()
    version = tomllib.loads(content["pyproject.toml"].decode())["project"]["version"]
    path = to / f"{TOP_FOLDER}-{version}.zip"
    write_atomically(path, _zipped(content))
    return path


def _require_built(course: Course) -> None:
    problems = [built.problem for built in build(course, check=True) if built.problem]
    if problems:
        more = f" {len(problems) - 1} more are out of date." if len(problems) > 1 else ""
        raise CourseError(f"The kit would hold files that are out of date: {problems[0]}{more}")


def _names(course: Course) -> set[str]:
    """The files of the kit, relative to the course's root."""
    if (course.root / ".git").exists():
        try:
            listing = subprocess.run(
                ["git", "ls-files", "-z", "--", *PACKED], cwd=course.root, capture_output=True, check=True
            ).stdout.decode()
        except (OSError, subprocess.CalledProcessError) as error:
            detail = getattr(error, "stderr", b"") or str(error).encode()
            raise CourseError(
                f"git could not list the course's files ({detail.decode().strip()}); mend that and pack again."
            ) from error
        found = [name for name in listing.split("\0") if name]
    else:
        starts = [course.root / name for name in PACKED]
        files = [file for start in starts for file in ([start] if start.is_file() else start.rglob("*"))]
        found = [file.relative_to(course.root).as_posix() for file in files]
    return {name for name in found if _belongs(name) and (course.root / name).is_file()}


def _belongs(name: str) -> bool:
    path = PurePosixPath(name)
    left_out = any(path.is_relative_to(other) for other in LEFT_OUT)
    return not left_out and not LEFTOVERS & set(path.parts) and path.suffix != ".pyc"


def _zipped(content: dict[str, bytes]) -> bytes:
    """A zip file whose bytes depend on the content alone: sorted names, one date, plain permissions."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(content):
            entry = zipfile.ZipInfo(f"{TOP_FOLDER}/{name}")  # its date is 1980-01-01
            entry.create_system = 3  # Unix, on Windows too
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content[name])
    return packed.getvalue()
