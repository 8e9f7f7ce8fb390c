"""What a check found, as text and as a table."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from rich.console import Group, RenderableType
from rich.markup import escape as escape_markup
from rich.table import Table

HEAD = ["task", "points", "state", "look at next"]


class State(StrEnum):
    """How far a task is."""

    DONE = "done"
    PARTLY = "partly"
    NOT_YET = "not yet"
    UNTOUCHED = "not started"
    PERSON = "for a person to grade"


_COLOUR = {
    State.DONE: "green",
    State.PARTLY: "yellow",
    State.NOT_YET: "red",
    State.UNTOUCHED: "dim",
    State.PERSON: "cyan",
}


@dataclass(frozen=True)
class TaskResult:
    """A task's visible points, and what to look at next in one line (empty when there is nothing)."""

    grade_id: str
    title: str
    state: State
    earned: float
    points: float
    look_at: str = ""


@dataclass(frozen=True)
class CheckResult:
    """The visible tests of a unit run at `time` on one notebook, as saved at `saved`."""

    unit: str
    path: str
    time: datetime
    saved: datetime
    tasks: tuple[TaskResult, ...]
    hidden: float  # points of test cells of which a learner sees nothing
    notes: tuple[str, ...] = ()

    @property
    def earned(self) -> float:
        """Points that the visible tests gave."""
        return sum(task.earned for task in self.tasks)

    @property
    def points(self) -> float:
        """Points that the visible tests could give."""
        return sum(task.points for task in self.tasks if task.state is not State.PERSON)

    @property
    def manual(self) -> float:
        """Points that a person gives for reflections."""
        return sum(task.points for task in self.tasks if task.state is State.PERSON)

    @property
    def sentences(self) -> list[str]:
        """The totals and everything else to know, a sentence each."""
        said = [f"{_number(self.earned)} of {_number(self.points)} visible points."] if self.points else []
        if self.hidden:
            said.append(f"Hidden tests add up to {_number(self.hidden)} points when graded.")
        if self.manual:
            said.append(f"A person grades reflections for up to {_number(self.manual)} points.")
        here = self.saved.astimezone()
        when = f"{here:%H:%M:%S} on {here:%d %B}, {_ago(self.time - self.saved)}"
        said.append(f"This is {self.path} as saved at {when}. What you have not saved since is not in it.")
        return [" ".join(said[:-1]), said[-1], *self.notes]

    @property
    def rows(self) -> list[list[str]]:
        """The table's rows: task, points, state, what to look at next."""
        return [
            [task.title, f"{_number(task.earned)} of {_number(task.points)}" if task.state is not State.PERSON else "",
             task.state, task.look_at]
            for task in self.tasks
        ]  # fmt: skip

    def __rich__(self) -> RenderableType:
        """The table for a terminal."""
        shown_table = Table(title=f"Check of {self.unit}", title_justify="left")
        for name in HEAD:
            shown_table.add_column(name, justify="right" if name == "points" else "left", overflow="fold")
        for task, row in zip(self.tasks, self.rows, strict=True):
            title, points, state, look_at = map(escape_markup, row)
            shown_table.add_row(title, points, f"[{_COLOUR[task.state]}]{state}[/]", look_at)
        return Group(shown_table, *map(escape_markup, self.sentences))


def _ago(age: timedelta) -> str:
    minutes = round(age / timedelta(minutes=1))
    return "less than a minute ago" if minutes < 1 else "a minute ago" if minutes == 1 else f"{minutes:,d} minutes ago"


def _number(points: float) -> str:
    return f"{points:g}"
