"""The learner's journal: predictions, results and numbers, one JSON object a line in `journal.jsonl`.

It lies beside the notebook, and a learner's desk reads it for their progress.
"""

import math
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, cast, get_args

from curriculum.lab.display import with_unit
from curriculum.lab.errors import LabError
from curriculum.lab.lines import append_line, read_lines

FILE = "journal.jsonl"
Kind = Literal["prediction", "result", "number"]
Value = int | float | str | bool


@dataclass(frozen=True)
class Entry:
    """One line of the journal. `time` is UTC in ISO 8601; `question` belongs to a prediction, `note` to a number."""

    kind: Kind
    key: str
    value: Value
    unit: str = ""
    question: str = ""
    note: str = ""
    time: str = ""


def record(key: str, value: object, unit: str = "", note: str = "") -> None:
    """Keep a number (or a word) of the learner's own under `key`, and show one line that says so.

    Raises `LabError` when `value` is not one finite number, a word or yes/no.
    """
    entry = Entry("number", key, plain(key, value), unit=unit, note=note)
    line = f"{key}: {with_unit(entry.value, unit)}" + (f" ({note})" if note else "")
    print(f"Recorded {line}" if append(entry) else f"Not recorded: {line}")


def append(entry: Entry, folder: Path | None = None) -> bool:
    """Add a line with the time now. Returns False, and says why in one line, where the folder cannot be written."""
    path = (folder or Path.cwd()) / FILE
    try:
        append_line(path, asdict(replace(entry, time=datetime.now(UTC).isoformat(timespec="seconds"))))
    except OSError as error:
        print(f"The journal {path.name} could not be written here ({error.strerror}); the lesson goes on without it.")
        return False
    return True


def entries(folder: Path | None = None) -> list[Entry]:
    """The entries of a folder's journal, oldest first. Lines that are not whole entries are skipped."""
    found = (_entry(line) for line in read_lines((folder or Path.cwd()) / FILE))
    return [entry for entry in found if entry]


def latest(key: str, *kinds: Kind, folder: Path | None = None) -> Entry | None:
    """The last entry under `key` of one of the kinds (any kind when none is named)."""
    wanted = kinds or get_args(Kind)
    found = (entry for entry in reversed(entries(folder)) if entry.key == key and entry.kind in wanted)
    return next(found, None)


def plain(key: str, value: object) -> Value:
    """`value` as a plain int, float, bool or str; NumPy and pandas scalars are unpacked.

    Raises `LabError` for anything else, and for a number that is not finite.
    """
    unpack = getattr(value, "item", None)
    if callable(unpack):
        try:
            value = unpack()
        except (TypeError, ValueError):
            raise LabError(
                f"{key!r} needs one value, but got {_described(value)}; choose one number from it."
            ) from None
    if isinstance(value, float) and not math.isfinite(value):
        raise LabError(f"{key!r} came out as {value}, which is no number to keep; look at the cell that measured it.")
    if not isinstance(value, int | float | str | bool):
        raise LabError(f"{key!r} needs a number, a word or yes/no, but got {_described(value)}.")
    return value


def _described(value: object) -> str:
    shape = getattr(value, "shape", None)
    return f"a {type(value).__name__}" + (f" of shape {shape}" if shape else "")


def _entry(found: dict[str, Any]) -> Entry | None:
    """A line of the file as an entry; None when it is not one, because a learner may have edited the file."""
    if found.get("kind") not in get_args(Kind):
        return None
    texts = {name: found.get(name, "") for name in ("key", "unit", "question", "note", "time")}
    value = found.get("value")
    if not all(isinstance(text, str) for text in texts.values()) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, float) and not math.isfinite(value):  # Python's JSON reads NaN; `plain` never writes it
        return None
    return Entry(kind=cast(Kind, found["kind"]), value=value, **texts)
