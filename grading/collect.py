"""Takes what learners handed in, trusts none of it, and lays it where nbgrader grades it.

Reads the submissions that `course submit` packs (the format is in `curriculum.desk.submitting`), also when a system
packed them again with a folder or files of its own, and plain notebooks named `<student>.ipynb` or lying in a folder of
the student's name. Who a submission is from, and when it was made, is what it says of itself: how it reached the
facilitator is what vouches for that.
"""

import hashlib
import importlib.util
import json
import re
import secrets
import shutil
import stat
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError
from rich.table import Table
from rich.text import Text

from curriculum.course import Course
from curriculum.errors import CourseError
from curriculum.files import exclusive, write_atomically
from curriculum.syllabus import Unit
from grading.engine.submission import LARGEST_FOLDER, LARGEST_NOTEBOOK, STUDENT, SetAsideError, read_cells

MANIFEST = "manifest.json"
TIMESTAMP = "timestamp.txt"  # nbgrader reads it: when the submission was made
SECRET = "submission_secret.txt"  # nbgrader's release_feedback stops without it
MOST_FILES = 200
LARGEST_MANIFEST = 1_000_000  # bytes
LONGEST_NAME = 100
CLOCK_ERROR = timedelta(minutes=15)
NOTEBOOK = re.compile(r"(.+)\.ipynb(?:\.txt|\.json)?", re.IGNORECASE)  # browsers append the others
JUNK = {"__MACOSX", ".DS_Store", ".ipynb_checkpoints"}  # what systems and editors add to folders and ZIP files


class _Manifest(BaseModel):
    model_config = ConfigDict(frozen=True)

    format: Literal[1]
    unit: str
    student: str
    time: AwareDatetime
    files: dict[str, str]


@dataclass(frozen=True)
class Collected:
    """One file that was handed in: laid at `folder`, or not, and then `why` says it in a sentence."""

    path: Path
    student: str = ""
    time: datetime | None = None
    folder: Path | None = None
    why: str = ""

    @property
    def taken(self) -> bool:
        """Whether it is the submission that will be graded."""
        return self.folder is not None


@dataclass(frozen=True)
class _Submission:
    student: str
    time: datetime
    files: dict[str, bytes]


class _RefusedError(Exception):
    """Why a file is not taken, in a sentence."""


def collect(course: Course, unit: Unit, paths: Iterable[Path]) -> list[Collected]:
    """Lay submissions under `cohort/submitted/<student>/<unit>/`, each in one step.

    `paths` are packed submissions (`.zip`), notebooks named `<student>.ipynb`, or folders that hold such files, or a
    folder for each student with the notebook in it. A later submission replaces an earlier one, which is kept under
    `cohort/replaced/`. What cannot be taken is left where it is and reported; it never stops the others.

    Raises `CourseError` when a path does not exist, or the disk is full.
    """
    given = list(paths)
    if missing := [str(path) for path in given if not path.exists()]:
        raise CourseError(f"There is no {', '.join(missing)}; nothing was collected.")
    course.cohort.mkdir(parents=True, exist_ok=True)
    with exclusive(course.cohort):
        return [_take(course, unit, path) for path in _files(given)]


def collected_table(collected: list[Collected]) -> Table:
    """What was collected, and last what was not, with the reason."""
    taken = sum(each.taken for each in collected)
    table = Table(title=f"Collected {taken} of {len(collected)}", title_justify="left")
    for heading in ("file", "collected as"):
        table.add_column(heading, overflow="fold")
    for each in sorted(collected, key=lambda each: not each.taken):
        said = Text(f"{each.student}, {each.time:%Y-%m-%d %H:%M:%S} UTC" if each.taken else f"not taken: {each.why}")
        table.add_row(Text(each.path.name), said, style="" if each.taken else "yellow")
    return table


def _files(paths: list[Path]) -> Iterator[Path]:
    """The files that were named, and all in the folders that were, so that none is passed over without a word."""
    for path in paths:
        if path.is_dir() and not path.is_symlink():
            try:
                yield from sorted(each for each in path.iterdir() if not each.name.startswith("."))
            except OSError as error:
                raise CourseError(f"The folder {path} cannot be read: {error.strerror}.") from error
        else:
            yield path


def _take(course: Course, unit: Unit, path: Path) -> Collected:
    student, time = "", None
    try:
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            raise _RefusedError("it is no file of its own.")
        if path.is_dir():
            submission = _from_folder(path, unit)
        elif path.suffix.lower() == ".zip":
            submission = _from_zip(path, unit)
        else:
            submission = _from_notebook(path, unit)
        student, time = submission.student, submission.time
        return Collected(path, student, time, folder=_lay(course, unit, submission))
    except _RefusedError as refused:
        return Collected(path, student, time, why=str(refused))
    except PermissionError as error:
        if error.filename != str(path):
            raise
        return Collected(path, student, time, why=f"it cannot be read: {error.strerror}.")


def _from_notebook(path: Path, unit: Unit) -> _Submission:
    named = NOTEBOOK.fullmatch(path.name)
    if not named:
        raise _RefusedError("it is neither a packed submission (.zip) nor a notebook (.ipynb).")
    student = named[1]
    if not STUDENT.fullmatch(student) or re.match(rf"{re.escape(unit.id)}\b", student, re.IGNORECASE):
        raise _RefusedError(
            "its name does not say whose it is; rename it to <student>.ipynb, with letters, digits, and . _ - @ in the "
            "name, 64 at most."
        )
    return _Submission(student, *_notebook(path, unit))


def _from_folder(path: Path, unit: Unit) -> _Submission:
    """A learner's folder with the notebook in it, or in a folder of the unit's name as nbgrader lays them."""
    here = path / unit.id if (path / unit.id).is_dir() else path
    found = [each for each in here.iterdir() if each.is_file() and NOTEBOOK.fullmatch(each.name)]
    found = [each for each in found if each.name == f"{unit.id}.ipynb"] or found
    if len(found) != 1 or here.is_symlink() or found[0].is_symlink() or not STUDENT.fullmatch(path.name):
        raise _RefusedError(
            f"it is a folder, but not <student>/{unit.id}.ipynb; if it holds submissions, name it itself."
        )
    return _Submission(path.name, *_notebook(found[0], unit))


def _notebook(path: Path, unit: Unit) -> tuple[datetime, dict[str, bytes]]:
    """When a notebook was written, and its bytes, as far as they may go, under the name that it is graded by."""
    with path.open("rb") as file:
        content = file.read(LARGEST_NOTEBOOK + 1)
    try:
        said = read_cells(path).unit
    except SetAsideError:
        said = ""  # broken and too large ones are laid too, and set aside when graded: something was handed in
    if said and said != unit.id:
        raise _RefusedError(f"it is a notebook of {said}, not of {unit.id}.")
    return datetime.fromtimestamp(path.stat().st_mtime, UTC), {f"{unit.id}.ipynb": content}


def _from_zip(path: Path, unit: Unit) -> _Submission:
    if path.stat().st_size > LARGEST_FOLDER:
        raise _RefusedError(f"it is larger than {LARGEST_FOLDER // 1_000_000} MB.")
    try:
        with zipfile.ZipFile(path) as archive:
            members = _members(archive)
            manifest = _manifest(archive, members, unit)
            files = _contents(archive, members, unit)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError, OSError) as error:
        # ZIP files can be broken in many ways, and each decompressor has errors of its own.
        raise _RefusedError(f"it is no whole ZIP file ({type(error).__name__}: {error}).") from error
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    if wrong := sorted(
        name for name in hashes.keys() | manifest.files.keys() if hashes.get(name) != manifest.files.get(name)
    ):
        raise _RefusedError(f"{', '.join(wrong)} is not what its manifest says; it was changed after it was packed.")
    return _Submission(manifest.student, manifest.time.astimezone(UTC), files)


def _members(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """The files by name, without the folder that holds all of them, and without what is no learner's."""
    if len(archive.infolist()) > MOST_FILES:
        raise _RefusedError(f"it holds {len(archive.infolist()):,} files; {MOST_FILES} are the most.")
    inner = [each for each in archive.infolist() if not each.is_dir() and not JUNK & set(each.filename.split("/"))]
    folders = {each.filename.rpartition("/")[0] for each in inner}
    folder = f"{folders.pop()}/" if len(folders) == 1 and folders != {""} else ""
    members: dict[str, zipfile.ZipInfo] = {}
    for member in inner:
        name = member.filename.removeprefix(folder) if _is_plain(folder.rstrip("/")) else member.filename
        if not _is_plain(name):
            raise _RefusedError(f"it holds {name[:LONGEST_NAME]!r}, which is no plain file name.")
        if name.casefold() in {other.casefold() for other in members}:
            raise _RefusedError(f"it holds {name!r} twice.")
        if stat.S_IFMT(member.external_attr >> 16) not in (0, stat.S_IFREG):
            raise _RefusedError(f"it holds {name!r}, which is a link or a device.")
        if member.flag_bits & 0x1:
            raise _RefusedError("it is encrypted.")
        members[name] = member
    return members


def _is_plain(name: str) -> bool:
    return (
        0 < len(name) <= LONGEST_NAME
        and name == PurePosixPath(name).name == PureWindowsPath(name).name
        and not PureWindowsPath(name).is_reserved()
        and not name.startswith((".", "-", "~"))
        and not name.endswith((".", " "))
        and name.isprintable()
    )


def _manifest(archive: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo], unit: Unit) -> _Manifest:
    if MANIFEST not in members and (within := [name for name in members if name.endswith((".zip", ".ipynb"))]):
        raise _RefusedError(
            f"it holds {within[0]} but no {MANIFEST}; unpack it, and name the folder with what was in it."
        )
    if MANIFEST not in members:
        raise _RefusedError(f"it has no {MANIFEST}; pack it with `course submit {unit.id}`.")
    text = _read(archive, members[MANIFEST], LARGEST_MANIFEST)
    try:
        manifest = _Manifest.model_validate(json.loads(text))
    except (ValueError, RecursionError, ValidationError) as error:
        detail = error.errors()[0]["msg"] if isinstance(error, ValidationError) else error
        raise _RefusedError(f"its {MANIFEST} cannot be read ({detail}).") from error
    if manifest.unit != unit.id:
        raise _RefusedError(f"it is a submission of {manifest.unit[:LONGEST_NAME]!r}, not of {unit.id}.")
    if not STUDENT.fullmatch(manifest.student):
        raise _RefusedError(f"{manifest.student[:LONGEST_NAME]!r} is no student's name.")
    if manifest.time > datetime.now(UTC) + CLOCK_ERROR:
        raise _RefusedError(f"it says it was packed at {manifest.time:%Y-%m-%d %H:%M} UTC, which is yet to come.")
    return manifest


def _contents(archive: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo], unit: Unit) -> dict[str, bytes]:
    notebook = f"{unit.id}.ipynb"
    if notebook not in members:
        raise _RefusedError(f"it holds no {notebook}.")
    files: dict[str, bytes] = {}
    for name, member in members.items():
        if name == MANIFEST:
            continue
        _refuse_name(name, notebook)
        left = LARGEST_FOLDER - sum(map(len, files.values()))
        files[name] = _read(archive, member, min(LARGEST_NOTEBOOK, left))
    return files


def _refuse_name(name: str, notebook: str) -> None:
    path = PurePosixPath(name)
    if name.casefold() in (TIMESTAMP, SECRET) or (path.suffix.lower() == ".ipynb" and name != notebook):
        raise _RefusedError(f"it holds {name!r}, which is not handed in with {notebook}.")
    if path.suffix.lower() in (".pyc", ".pyd", ".so", ".pth"):
        raise _RefusedError(f"it holds {name!r}, which Python would load.")
    if path.suffix.lower() == ".py" and path.stem.isidentifier() and importlib.util.find_spec(path.stem) is not None:
        raise _RefusedError(f"it holds {name!r}, which would stand in for the module {path.stem} when it is graded.")


def _read(archive: zipfile.ZipFile, member: zipfile.ZipInfo, limit: int) -> bytes:
    """Read no more than `limit` bytes, whatever the archive says a member holds."""
    with archive.open(member) as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise _RefusedError(f"{member.filename!r} is too large when unpacked.")
    return content


def _lay(course: Course, unit: Unit, submission: _Submission) -> Path:
    target = course.cohort / "submitted" / submission.student / unit.id
    if target.is_symlink() or target.parent.is_symlink():
        raise _RefusedError(f"{target} is a link; remove it.")
    if target.exists():
        _refuse_earlier(target, submission)
    incoming = course.cohort / "incoming"
    incoming.mkdir(parents=True, exist_ok=True)
    laid = Path(tempfile.mkdtemp(dir=incoming, prefix=f"{submission.student}-"))
    laid.chmod(0o755)
    secret = secrets.token_hex(32).encode()
    stamp = f"{submission.time:%Y-%m-%d %H:%M:%S.%f} UTC\n".encode()
    try:
        for name, content in {**submission.files, TIMESTAMP: stamp, SECRET: secret}.items():
            write_atomically(laid / name, content)
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists():
            _keep(course, unit, submission.student, target)
        laid.rename(target)
    finally:
        shutil.rmtree(laid, ignore_errors=True)  # it is gone when all went well
    return target


def _refuse_earlier(target: Path, submission: _Submission) -> None:
    there = _time_of(target)
    if there is None or there < submission.time:
        return
    if all(_content(target / name) == content for name, content in submission.files.items()):
        raise _RefusedError("it is the submission that was collected before.")
    raise _RefusedError(f"it is not later than the one of {there:%Y-%m-%d %H:%M:%S} UTC that was collected before.")


def _time_of(folder: Path) -> datetime | None:
    try:
        text = (folder / TIMESTAMP).read_text(encoding="utf-8").strip()
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S.%f UTC").replace(tzinfo=UTC)
    except (OSError, ValueError):
        return None  # laid by hand: any submission that says its time replaces it


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _keep(course: Course, unit: Unit, student: str, target: Path) -> None:
    kept = course.cohort / "replaced" / student / unit.id
    kept.mkdir(parents=True, exist_ok=True)
    target.rename(kept / f"{len(list(kept.iterdir())) + 1:03}")
