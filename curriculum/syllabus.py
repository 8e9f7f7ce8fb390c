"""Reads `syllabus.yml` and `framework.yml`: the one description of milestones, units, skills and what they cover."""

from collections.abc import Iterator
from datetime import date
from enum import StrEnum
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Annotated, Self, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from curriculum.errors import CourseError

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$")]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3)]
M = TypeVar("M", bound=BaseModel)


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class State(StrEnum):
    """Whether a unit can be learned from yet."""

    PLANNED = "planned"
    READY = "ready"


class Form(StrEnum):
    """What a unit is made of.

    A lab has tasks that are graded by tests. A practice is kept rather than tested: a person reads what a learner hands
    in, if anything.
    """

    LAB = "lab"
    PRACTICE = "practice"


class Hours(_Model):
    """Time a learner needs, in hours; an assignment of 0 hours is none."""

    lesson: float = Field(gt=0, le=4)
    assignment: float = Field(ge=0, le=8)


class Resource(_Model):
    """Something to read or do next, with who it is for and when someone last looked at it."""

    title: Text
    url: Annotated[str, StringConstraints(pattern=r"^https://\S+$")]
    audience: Text
    hours: float = Field(gt=0)
    cost: Text = "free"
    checked: date


class Cover(_Model):
    """Where a framework item is served: a lesson's heading, graded cells, a reflection. Empty while planned."""

    lesson: Text | None = None
    tasks: list[Slug] = []
    reflection: Slug | None = None


class Proof(_Model):
    """What proves a success indicator: tasks and reflection of a unit that serve `item`, at `share` of their points.

    `indicator` is the framework's id, or one of our own for a milestone's capability. `item` is the indicator itself
    where it is left out.
    """

    indicator: str
    title: Text
    unit: Slug
    item: str = ""
    share: float = Field(default=0.7, gt=0, le=1)

    @property
    def served_item(self) -> str:
        """The key of the unit's `covers`."""
        return self.item or self.indicator


class Milestone(_Model):
    """One stage of the journey."""

    id: Slug
    title: Text
    folder: str
    goal: Text
    capability: Text
    proofs: list[Proof] = []


class Unit(_Model):
    """One step: a lesson, and mostly an assignment."""

    id: Slug
    milestone: Slug
    title: Text
    summary: Text
    state: State = State.PLANNED
    form: Form = Form.LAB
    hours: Hours
    prerequisites: list[Slug] = []
    skills: list[Slug] = Field(min_length=1)
    covers: dict[str, Cover] = Field(min_length=1)
    services: list[Text] = []
    resources: list[Resource] = []

    @property
    def is_ready(self) -> bool:
        """Whether the unit is built and can be learned from."""
        return self.state is State.READY

    @property
    def has_assignment(self) -> bool:
        """Whether there is something to hand in."""
        return self.hours.assignment > 0

    @property
    def has_tasks(self) -> bool:
        """Whether what is handed in has tasks that tests grade."""
        return self.form is Form.LAB


class Page(_Model):
    """A page that is not a unit: a milestone's deep dive."""

    path: str
    title: Text
    state: State = State.PLANNED
    covers: list[str] = Field(min_length=1)


class Syllabus(_Model):
    """Everything that is true of the curriculum as data."""

    skills: dict[Slug, Text]
    milestones: list[Milestone]
    units: list[Unit]
    pages: list[Page] = []

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        ids = [unit.id for unit in self.units]
        if twice := {i for i in ids if ids.count(i) > 1}:
            raise ValueError(f"unit listed twice: {', '.join(sorted(twice))}")
        milestones = {milestone.id for milestone in self.milestones}
        for unit in self.units:
            if unit.has_tasks and not unit.has_assignment:
                raise ValueError(f"{unit.id}: a lab has an assignment; give it hours, or say `form: practice`")
            if unit.milestone not in milestones:
                raise ValueError(f"{unit.id}: unknown milestone {unit.milestone!r}")
            if unknown := set(unit.prerequisites) - set(ids):
                raise ValueError(f"{unit.id}: unknown prerequisite {', '.join(sorted(unknown))}")
            if unknown := set(unit.skills) - set(self.skills):
                raise ValueError(f"{unit.id}: unknown skill {', '.join(sorted(unknown))}")
        covers = {unit.id: unit.covers for unit in self.units}
        for milestone in self.milestones:
            for proof in milestone.proofs:
                if proof.served_item not in covers.get(proof.unit, {}):
                    raise ValueError(f"{milestone.id}: {proof.unit!r} covers no {proof.served_item!r} that could prove")
        try:
            TopologicalSorter({unit.id: unit.prerequisites for unit in self.units}).prepare()
        except CycleError as error:
            raise ValueError(f"prerequisites go in a circle: {' → '.join(error.args[1])}") from None
        return self

    @property
    def ready_units(self) -> list[Unit]:
        """The units that are built, in the order of the journey."""
        return [unit for unit in self.units if unit.is_ready]

    def unit(self, unit_id: str) -> Unit:
        """The unit of that name, planned or ready. Raises `CourseError` when there is none."""
        for unit in self.units:
            if unit.id == unit_id:
                return unit
        raise CourseError(f"There is no unit {unit_id!r}; the ready units are: {_names(self.ready_units)}.")

    def ready_unit(self, unit_id: str) -> Unit:
        """The unit of that name. Raises `CourseError` when there is none or it is only planned."""
        unit = self.unit(unit_id)
        if not unit.is_ready:
            raise CourseError(
                f"Unit {unit_id!r} is planned, not ready; the ready units are: {_names(self.ready_units)}."
            )
        return unit

    def milestone(self, milestone_id: str) -> Milestone:
        """The milestone of that name."""
        return next(milestone for milestone in self.milestones if milestone.id == milestone_id)

    def units_of(self, milestone_id: str) -> list[Unit]:
        """The units of a milestone, in order."""
        return [unit for unit in self.units if unit.milestone == milestone_id]


class Item(_Model):
    """One item of the framework that the curriculum implements."""

    id: str
    group: str
    text: Text


class Framework(_Model):
    """The items of the framework, each of which needs a home in the curriculum."""

    groups: dict[str, dict[str, Text]]

    @property
    def items(self) -> Iterator[Item]:
        """Every item, in the framework's order."""
        for group, items in self.groups.items():
            for item_id, text in items.items():
                yield Item(id=item_id, group=group, text=text)


def read_syllabus(path: Path) -> Syllabus:
    """Read and check a syllabus. Raises `CourseError` that says where it is wrong."""
    return _read(path, Syllabus)


def read_framework(path: Path) -> Framework:
    """Read and check the framework's items. Raises `CourseError` that says where it is wrong."""
    return _read(path, Framework)


def _read(path: Path, model: type[M]) -> M:
    try:
        return model.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise CourseError(f"Could not read {path}: {error.strerror}.") from error
    except yaml.YAMLError as error:
        raise CourseError(f"{path} is not valid YAML: {' '.join(str(error).split())}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise CourseError(
            f"{path}: {where or 'the file'}: {first['msg']}; mend it and run the command again."
        ) from error


def _names(units: list[Unit]) -> str:
    return ", ".join(unit.id for unit in units) or "none"
