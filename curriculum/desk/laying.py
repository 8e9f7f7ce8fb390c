"""Lays copies of lessons and assignments under `work/`, and never overwrites what the learner has changed."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from curriculum.course import Course
from curriculum.desk.places import LESSON, folder_of, ledger_of, shown
from curriculum.errors import CourseError
from curriculum.files import write_atomically
from curriculum.syllabus import Unit

SKIPPED = {".ipynb_checkpoints", "__pycache__"}


class Did(StrEnum):
    """What became of one file on the desk."""

    KEPT = "kept"
    LAID = "laid"
    REPLACED = "replaced"
    BESIDE = "beside"


@dataclass(frozen=True)
class Laid:
    """One file on the desk. `message` is one sentence when there is something the learner should know."""

    path: Path
    did: Did
    message: str = ""


def lay(course: Course) -> list[Laid]:
    """Bring the desk up to date with every ready unit, and return what became of each file.

    A file that the learner has not changed follows the course. Where both changed, the new version is laid beside as
    `<name>.new-<hash><suffix>`, once. A file that the ledger does not know is treated as the learner's own.

    The copy is written before the ledger. A command killed in between leaves a file whose bytes are the course's; the
    next run takes it into the ledger, and if the learner changed it meanwhile it is theirs.

    Raises `CourseError` when a file cannot be read or written.
    """
    ledger = _read_ledger(course)
    done = []
    for unit in course.syllabus.ready_units:
        before = json.dumps(ledger)
        done += [_lay_one(course, unit, name, source, ledger) for name, source in _sources(course, unit)]
        if json.dumps(ledger) != before:
            write_atomically(ledger_of(course), json.dumps(ledger, indent=1, sort_keys=True) + "\n")
    return done


def _sources(course: Course, unit: Unit) -> Iterator[tuple[str, Path]]:
    """What the desk holds for a unit: names in the learner's folder, and the course's files they come from."""
    lesson, released = course.lesson_notebook(unit), course.released_notebook(unit)
    if lesson.is_file():
        yield LESSON, lesson
    for path in sorted(released.parent.rglob("*")) if unit.has_assignment else ():
        if path.is_file() and not SKIPPED & set(path.relative_to(released.parent).parts):
            yield path.relative_to(released.parent).as_posix(), path


def _lay_one(course: Course, unit: Unit, name: str, source: Path, ledger: dict[str, Any]) -> Laid:
    target = folder_of(course, unit) / name
    content = _read(source)
    offered = _hash(content)
    entry = ledger.setdefault(f"{unit.id}/{name}", {})
    there = _read(target) if target.exists() else None
    if there is None or (offered != _hash(there) == entry.get("laid")):
        write_atomically(target, content)
        entry.update(laid=offered)
        if there is None:
            return Laid(target, Did.LAID)
        return Laid(
            target, Did.REPLACED, f"{shown(course, target)} has a new version; yours was unchanged, so it is replaced."
        )
    if _hash(there) == offered:
        entry.update(laid=offered)
    elif offered not in (entry.get("laid"), entry.get("beside")):
        beside = target.with_name(f"{target.stem}.new-{offered[:8]}{target.suffix}")
        if not beside.exists():
            write_atomically(beside, content)
        entry.update(beside=offered)
        sentence = (
            f"{shown(course, target)} holds your work and has a new version, which now lies beside it as {beside.name}."
        )
        return Laid(beside, Did.BESIDE, sentence)
    return Laid(target, Did.KEPT)


def _read_ledger(course: Course) -> dict[str, dict[str, str]]:
    """The ledger; empty when it is missing or damaged, which makes every changed file count as the learner's own."""
    try:
        found = json.loads(ledger_of(course).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {name: entry for name, entry in found.items() if isinstance(entry, dict)}


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CourseError(f"Could not read {path}: {error.strerror}; move it away and run `make lab` again.") from error


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
