"""What the build found out about an assignment by running its reference solution: imports, and how to split its tests.

Plain data: the supervisor reads it from a file beside the built assignment, the judge gets the part for each test.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal


@dataclass(frozen=True)
class TestProfile:
    """How one test cell is run.

    `split`: in the judge's process. `guarded`: in a fork of the learner's, for what cannot be split.
    `operators`: those that the reference solution's objects decide in this cell, such as `__eq__`; all others are
    decided in the judge. `remote`: library and given names that are taken from the learner's process. `pushed`: global
    names that the test binds and the learner's functions read.
    """

    __test__ = False  # no test of pytest's

    mode: Literal["split", "guarded"] = "split"
    operators: frozenset[str] = frozenset()
    remote: frozenset[str] = frozenset()
    pushed: frozenset[str] = frozenset()

    def to_dict(self) -> dict[str, Any]:
        """The profile as JSON holds it."""
        return {name: sorted(value) if isinstance(value, frozenset) else value for name, value in asdict(self).items()}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "TestProfile":
        """Read what `to_dict` wrote."""
        return cls(data["mode"], *(frozenset(data[name]) for name in ("operators", "remote", "pushed")))


@dataclass(frozen=True)
class Profile:
    """How an assignment is run.

    `imports`: modules that the template imports. `learner_names`: names that solution cells bind; a test takes them
    from the learner's process even where the author's given cells bind them too. `tests`: by `grade_id`; a test without an
    entry is split and decides everything itself.
    """

    imports: tuple[str, ...] = ()
    learner_names: frozenset[str] = frozenset()
    tests: Mapping[str, TestProfile] = field(default_factory=dict)

    def of(self, grade_id: str) -> TestProfile:
        """The profile of one test."""
        return self.tests.get(grade_id, TestProfile())

    def to_dict(self) -> dict[str, Any]:
        """The profile as JSON holds it."""
        tests = {grade_id: profile.to_dict() for grade_id, profile in sorted(self.tests.items())}
        return {"imports": list(self.imports), "learner_names": sorted(self.learner_names), "tests": tests}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Profile":
        """Read what `to_dict` wrote."""
        tests = {grade_id: TestProfile.from_dict(each) for grade_id, each in data["tests"].items()}
        return cls(tuple(data["imports"]), frozenset(data["learner_names"]), tests)
