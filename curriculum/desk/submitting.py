"""Packs a learner's work for the facilitator, and keeps a receipt.

The format of a submission, which `grading.collect` reads. A ZIP file named `<unit>--<student>--<YYYYMMDDTHHMMSSZ>.zip`
with these members, none of them in a folder:

- `manifest.json`: `{"format": 1, "unit": …, "student": …, "time": …, "files": {name: sha256}}`; `time` is UTC in
  ISO 8601, `files` lists every other member;
- `<unit>.ipynb`: the learner's notebook as saved;
- `journal.jsonl`, where there is one: predictions, results and numbers (`curriculum.lab.journal`);
- files that the assignment's tasks wrote: small, and of the kinds in `KINDS`.

Files whose names begin with `my-` are the learner's own (a portfolio with the names that it must not show) and
are never packed.

The same content at the same time gives the same bytes.
"""

import getpass
import hashlib
import io
import json
import re
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Group, RenderableType
from rich.markup import escape as escape_markup

from curriculum.course import Course
from curriculum.desk.notebooks import Merged, merge, read_learners, read_released
from curriculum.desk.places import LESSON, assignment_of, shown, submissions_of
from curriculum.desk.records import HandedIn, keep, receipts_of
from curriculum.errors import CourseError
from curriculum.files import write_atomically
from curriculum.lab import journal
from curriculum.syllabus import Unit
from grading.engine.score import tasks_of

MANIFEST = "manifest.json"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
KINDS = frozenset(
    {".cfg", ".conf", ".csv", ".hcl", ".ics", ".ini", ".json", ".jsonl", ".md", ".proto", ".py", ".rego", ".sh", ".sql"}
    | {".tf", ".tfvars", ".toml", ".txt", ".yaml", ".yml"}
)
PRIVATE = "my-"  # how the names of files begin that stay with the learner
NAMES = frozenset({"Dockerfile", "Makefile"})  # files of the trade that have no suffix
LARGEST_KB = 512  # a file
MOST_KB = 4096  # all files beside the notebook


@dataclass(frozen=True)
class Receipt:
    """What was packed, when (UTC), and the SHA-256 of the ZIP file that proves it."""

    unit: str
    student: str
    time: datetime
    sha256: str
    path: Path
    files: tuple[str, ...]
    notes: tuple[str, ...]
    hand_in: str

    def __rich__(self) -> RenderableType:
        """The receipt for a terminal."""
        lines = [
            f"Packed {self.unit} of {self.student} at {self.time:%Y-%m-%d %H:%M:%S} UTC: {', '.join(self.files)}.",
            f"sha256 {self.sha256}",
            *self.notes,
            self.hand_in,
        ]
        return Group(*map(escape_markup, lines))


def submit_unit(course: Course, unit: Unit, student: str | None = None) -> Receipt:
    """Pack the learner's notebook, journal and small files under `work/submissions`, and record the receipt.

    What is named `my-…` stays with the learner.

    `student` is the name the facilitator knows; without it the user name of this machine is taken.

    Raises `CourseError`, having written nothing, when the notebook is missing, broken or of another unit, or when the
    name holds other characters than letters, digits, `_` and `-`.
    """
    who = _student(student)
    released, path = read_released(course, unit), assignment_of(course, unit)
    merged = merge(released, read_learners(course, unit, path))
    files, left_out = _files(course, unit, path)
    time = datetime.now(UTC).replace(microsecond=0)
    target = _target(course, unit, who, time)
    while target.exists():  # twice in the same second: both are kept
        time += timedelta(seconds=1)
        target = _target(course, unit, who, time)
    packed = _pack(unit, who, time, files)
    write_atomically(target, packed)
    receipt = Receipt(
        unit=unit.id,
        student=who,
        time=time,
        sha256=hashlib.sha256(packed).hexdigest(),
        path=target,
        files=tuple(files),
        notes=tuple(_warnings(merged, left_out)),
        hand_in=_hand_in(course, unit, target),
    )
    record = HandedIn(unit=unit.id, time=time, student=who, sha256=receipt.sha256, file=target.name)
    keep(receipts_of(course), record)
    return receipt


def _student(given: str | None) -> str:
    if given is not None:
        if not NAME.fullmatch(given) or "--" in given:
            raise CourseError(f"A name for a submission holds letters, digits, _ and single -, unlike {given!r}.")
        return given
    try:
        user = getpass.getuser()
    except (OSError, KeyError, ImportError):  # no such user in a container; ImportError on Windows
        user = ""
    cleaned = re.sub(r"[^A-Za-z0-9_]+", "-", user).strip("-_")[:64]
    if not cleaned:
        raise CourseError("This machine does not say who you are; name yourself: `course submit UNIT --student NAME`.")
    return cleaned


def _files(course: Course, unit: Unit, notebook: Path) -> tuple[dict[str, bytes], list[str]]:
    """The members beside the manifest by name, notebook first, and sentences on what was left out."""
    files, left_out, total = {notebook.name: _read(notebook)}, [], 0
    for path in sorted(notebook.parent.iterdir(), key=lambda path: (path.name != journal.FILE, path.name)):
        is_wanted = path.suffix.lower() in KINDS or path.name in NAMES
        if not is_wanted or path.is_symlink() or not path.is_file() or path.name in (LESSON, MANIFEST):
            continue
        if path.name.casefold().startswith(PRIVATE):
            continue
        size = path.stat().st_size
        if size > LARGEST_KB * 1000 or total + size > MOST_KB * 1000:
            left_out.append(f"{path.name} is too large to be handed in ({size / 1000:,.0f} kB) and was left out.")
            continue
        content = _read(path)
        handed_out = course.released_notebook(unit).parent / path.name
        if not (handed_out.is_file() and _read(handed_out) == content):
            files[path.name] = content
            total += size
    return files, left_out


def _pack(unit: Unit, student: str, time: datetime, files: dict[str, bytes]) -> bytes:
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    manifest = {"format": 1, "unit": unit.id, "student": student, "time": time.isoformat(), "files": hashes}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in {MANIFEST: (json.dumps(manifest, indent=1) + "\n").encode(), **files}.items():
            member = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            member.create_system, member.external_attr = 3, 0o644 << 16  # the same on every system
            archive.writestr(member, content, zipfile.ZIP_DEFLATED, compresslevel=9)
    return packed.getvalue()


def _warnings(merged: Merged, left_out: list[str]) -> list[str]:
    tasks = [task for task in tasks_of(merged.notebook) if task.grade_id in merged.untouched]
    notes = [f"Not started yet: {', '.join(task.title or task.grade_id for task in tasks)}."] if tasks else []
    return [*notes, *merged.notes, *left_out]


def _hand_in(course: Course, unit: Unit, target: Path) -> str:
    sentence = f"Give {shown(course, target)} to your facilitator."
    if course.is_kit:
        return sentence
    folder = shown(course, submissions_of(course))
    return f"{sentence} In the full course, `course grade {unit.id} {folder}` grades it."


def _target(course: Course, unit: Unit, student: str, time: datetime) -> Path:
    return submissions_of(course) / f"{unit.id}--{student}--{time:%Y%m%dT%H%M%SZ}.zip"


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CourseError(f"Could not read {path}: {error.strerror}; nothing was packed.") from error
