"""The learner's plan in files that they keep: `plan.json`, which is read again, and `plan.ics`, for a calendar program.

A plan made from the sample assessment, or by a lesson to show how, is written under other names, `sample-plan.…`: it is
never mistaken for, or written over, the learner's own.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from curriculum.files import write_atomically
from curriculum.lab import calendar_file
from curriculum.lab.calendar_file import Calendar, Entry
from curriculum.lab.dated_plan import NOT_THERE, Block, Plan, Session, Settings, Task, read_moment
from curriculum.lab.errors import LabError
from curriculum.lab.planning import Weights

FORMAT = 1
SAMPLE = "sample-"
SAMPLE_ID = "5a3b1e50-0000-4000-8000-000000000001"  # the sample's calendar is the same for everyone
CALENDAR_NAME = "My 90 days"


@dataclass(frozen=True)
class Saved:
    """A plan with all that it was made from, as `plan.json` holds it."""

    settings: Settings
    weights: Weights
    tasks: tuple[Task, ...]
    plan: Plan
    calendar: Calendar
    is_sample: bool
    first: date | None = None  # the day from which it was planned again, the days before it being as they were


def entries(tasks: Sequence[Task], plan: Plan) -> list[Entry]:
    """The plan's blocks as entries of a calendar, each with when its task is done."""
    known = {task.id: task for task in tasks}
    last = {block.task: block.part for block in plan.blocks}
    found = []
    for block in plan.blocks:
        task = known[block.task]
        title = f"{task.item} {task.title}".strip()
        if last[task.id] > 1:
            title += f" ({block.part} of {last[task.id]})"
        if task.is_planned:
            title += f" ({NOT_THERE})"
        note = f"Done when: {task.done}." if task.done else ""
        found.append(Entry(f"{task.id}#{block.part}", title, block.start, block.end, note))
    return found


def save(
    settings: Settings,
    weights: Weights,
    tasks: Sequence[Task],
    plan: Plan,
    now: datetime,
    is_sample: bool,
    folder: Path | None = None,
    first: date | None = None,
) -> Saved:
    """Write both files, each whole or not at all, and return what they hold. What was exported before is revised.

    Raises `LabError` when an earlier `plan.json` cannot be read: its calendar's history would be lost.
    """
    before = read(folder, is_sample)
    calendar = before.calendar if before else calendar_file.empty(SAMPLE_ID if is_sample else None)
    calendar = calendar_file.revised(calendar, entries(tasks, plan), now)
    saved = Saved(settings, weights, tuple(tasks), plan, calendar, is_sample, first)
    content = json.dumps(_as_data(saved), indent=1, ensure_ascii=False) + "\n"
    write_atomically(path_of("json", folder, is_sample), content)
    write_atomically(path_of("ics", folder, is_sample), calendar_file.to_ics(calendar, CALENDAR_NAME))
    return saved


def read(folder: Path | None = None, is_sample: bool = False) -> Saved | None:
    """The plan that was saved in a folder; None where there is none. Raises `LabError` when it is damaged."""
    path = path_of("json", folder, is_sample)
    try:
        return _from_data(json.loads(path.read_text(encoding="utf-8")), is_sample)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise LabError(f"{path.name} cannot be read ({error.strerror}).") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise LabError(f"{path.name} is not as it was saved: mend it, or move it away.") from error


def path_of(kind: str, folder: Path | None = None, is_sample: bool = False) -> Path:
    """Where the plan lies: `kind` is `json` or `ics`."""
    return (folder or Path.cwd()) / f"{SAMPLE if is_sample else ''}plan.{kind}"


def _as_data(saved: Saved) -> dict[str, Any]:
    settings = asdict(saved.settings)
    settings["start"] = saved.settings.start.isoformat()
    settings["away"] = [[begin.isoformat(), end.isoformat()] for begin, end in saved.settings.away]
    blocks = [
        {**asdict(block), "start": block.start.isoformat(), "end": block.end.isoformat()} for block in saved.plan.blocks
    ]
    return {
        "format": FORMAT,
        "settings": settings,
        "first": saved.first.isoformat() if saved.first else None,
        "weights": asdict(saved.weights),
        "tasks": [asdict(task) for task in saved.tasks],
        "blocks": blocks,
        "left": dict(saved.plan.left),
        "slack": saved.plan.slack,
        "calendar": calendar_file.as_data(saved.calendar),
    }


def _from_data(data: dict[str, Any], is_sample: bool) -> Saved:
    if data["format"] != FORMAT:
        raise ValueError(f"format {data['format']}, not {FORMAT}")
    found = dict(data["settings"])
    found["start"] = date.fromisoformat(found["start"])
    found["sessions"] = tuple(Session(**session) for session in found["sessions"])
    found["away"] = tuple((date.fromisoformat(begin), date.fromisoformat(end)) for begin, end in found["away"])
    settings = Settings(**found)
    tasks = tuple(Task(**{**task, "after": tuple(task["after"])}) for task in data["tasks"])
    blocks = tuple(
        Block(**{**block, **{name: read_moment(block[name], settings.zone) for name in ("start", "end")}})
        for block in data["blocks"]
    )
    plan = Plan(blocks, dict(data["left"]), float(data["slack"]))
    calendar = calendar_file.from_data(data["calendar"])
    first = date.fromisoformat(data["first"]) if data.get("first") else None
    return Saved(settings, Weights(**data["weights"]), tasks, plan, calendar, is_sample, first)
