"""What the build learnt about an assignment by running its reference solution: how each test cell is to be judged.

Plain data, read by the supervisor and the judge.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, Self

Mode = Literal["split", "guarded"]


@dataclass(frozen=True)
class TestProfile:
    """How one test cell is judged, and what it may do with the learner's objects."""

    __test__ = False  # for pytest: the name begins with Test

    mode: Mode = "split"
    operators: frozenset[str] = frozenset()  # `__eq__` and the like that the learner's objects may answer themselves
    remote: frozenset[str] = frozenset()  # names that the test takes from the learner's process, the library's own too
    pushed: frozenset[str] = frozenset()  # names that the test binds and the learner's functions read
    classes: frozenset[str] = frozenset()  # library classes that the learner's objects may say they have

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        names = ("operators", "remote", "pushed", "classes")
        return {"mode": self.mode} | {name: sorted(getattr(self, name)) for name in names if getattr(self, name)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read what `to_dict` wrote. Raises ValueError."""
        if data.get("mode") not in ("split", "guarded") or not set(data) <= set(cls.__dataclass_fields__):
            raise ValueError(f"not the profile of a test: {dict(data)}")
        return cls(data["mode"], **{name: frozenset(names) for name, names in data.items() if name != "mode"})


@dataclass(frozen=True)
class Profile:
    """How an assignment is judged: the modules to import beforehand, and each test cell by its grade_id."""

    imports: tuple[str, ...] = ()
    tests: Mapping[str, TestProfile] = field(default_factory=lambda: MappingProxyType({}))
    learner_names: frozenset[str] = frozenset()  # what the reference's solution cells bind: always the learner's

    def of(self, test: str) -> TestProfile:
        """The profile of one test; an unknown one is split and allows nothing."""
        return self.tests.get(test, TestProfile())

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "imports": list(self.imports),
            "tests": {name: test.to_dict() for name, test in self.tests.items()},
            "learner_names": sorted(self.learner_names),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read what `to_dict` wrote. Raises ValueError."""
        tests = {name: TestProfile.from_dict(test) for name, test in data.get("tests", {}).items()}
        return cls(tuple(data.get("imports", ())), tests, frozenset(data.get("learner_names", ())))
