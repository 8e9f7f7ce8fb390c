"""What a gate is, and the register of all gates."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from authoring.gates.files import Files, Place
from curriculum.syllabus import Unit


@dataclass(frozen=True)
class Finding:
    """One thing that a gate found wrong."""

    gate: str
    file: str
    place: str  # cell and line, or empty when it is about the whole file
    what: str
    mend: str

    def __str__(self) -> str:
        """The finding as one line."""
        where = f"{self.file}, {self.place}" if self.place else self.file
        return f"{where}: {self.what}; {self.mend}. [{self.gate}]"


Complaint = tuple[Place, str, str]  # where, what is wrong, how to mend it
Look = Callable[[Files], Iterable[Any]]
Applies = Callable[[Unit], bool]
Judge = Callable[[Files, list[Any]], Iterator[Complaint]]


@dataclass(frozen=True)
class Gate:
    """A rule over a unit: `look` collects what it is about, `judge` complains. Nothing to look at is a finding too.

    `applies` tells whether the rule is for a unit of that form at all.
    """

    name: str
    about: str
    look: Look
    judge: Judge
    applies: Applies

    def findings(self, files: Files) -> list[Finding]:
        """What this gate finds wrong in a unit."""
        if not self.applies(files.unit):
            return []
        things = list(self.look(files))
        if not things:
            nothing = f"the gate found no {self.about} to look at"
            return [Finding(self.name, files.unit.id, "", nothing, "write them, or the gate proves nothing")]
        return [Finding(self.name, at.file, at.place, what, mend) for at, what, mend in self.judge(files, things)]


GATES: dict[str, Gate] = {}


def every_unit(unit: Unit) -> bool:
    """Any unit."""
    return True


def with_assignment(unit: Unit) -> bool:
    """A unit with something to hand in."""
    return unit.has_assignment


def with_tasks(unit: Unit) -> bool:
    """A unit with tasks that tests grade."""
    return unit.has_tasks


def gate(name: str, about: str, look: Look, applies: Applies = every_unit) -> Callable[[Judge], Judge]:
    """Register the decorated judge as the gate called `name`, which is about what `look` collects."""

    def register(judge: Judge) -> Judge:
        GATES[name] = Gate(name, about, look, judge, applies)
        return judge

    return register
