"""What a test cell is told of the names in scope: `globals()`, `dir()` and the like, the learner's names among them."""

import builtins
import sys
from collections.abc import Iterator, MutableMapping
from typing import TYPE_CHECKING, Any

from grading.engine.wire.remote import is_subclass

if TYPE_CHECKING:
    from grading.engine.judge.testing import Judge


class Scope(MutableMapping[str, Any]):
    """All names that a notebook's cell would see: the test's, the given cells', the learner's."""

    def __init__(self, judge: "Judge", names: dict[str, Any]) -> None:
        """`names` are those of the test's task."""
        self._judge, self._names = judge, names

    def __getitem__(self, name: str) -> Any:
        """The value of a name. Raises KeyError."""
        if name in self._names:
            return self._names[name]
        if hasattr(builtins, str(name)) and not self._judge.is_learners(name):
            raise KeyError(name)
        return self._judge.find(name)

    def __setitem__(self, name: str, value: Any) -> None:
        """Bind a name."""
        self._names[name] = value
        self._judge.bound(name, value)

    def __delitem__(self, name: str) -> None:
        """Delete a name, the learner's too. Raises KeyError."""
        if name in self._names:
            del self._names[name]
        elif not self._judge.peer.request("unname", name):
            raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        """All names."""
        return iter(dict.fromkeys([*self._names, *self._judge.names()]))

    def __len__(self) -> int:
        """How many names there are."""
        return len(list(iter(self)))

    def copy(self) -> "Scope":
        """The same names; a copy of the values would fetch them all."""
        return Scope(self._judge, self._names)


class Locals(Scope):
    """The top level of a test cell, where a statement binds and deletes names. What it lacks, `builtins` looks for."""

    def __getitem__(self, name: str) -> Any:
        """A name of the test. Raises KeyError."""
        return self._names[name]


def asking(judge: "Judge") -> dict[str, Any]:
    """The functions of Python that tell of a scope, as test cells have them."""

    def scope_of(frame: Any) -> Any:
        here = frame.f_locals
        return here if type(here) is dict and here is not frame.f_globals else Scope(judge, frame.f_globals)

    def told_globals() -> Any:
        return Scope(judge, sys._getframe(1).f_globals)

    def told_locals() -> Any:
        return scope_of(sys._getframe(1))

    def told_vars(*thing: Any) -> Any:
        return builtins.vars(*thing) if thing else scope_of(sys._getframe(1))

    def told_dir(*thing: Any) -> list[str]:
        return builtins.dir(*thing) if thing else sorted(scope_of(sys._getframe(1)))

    return {
        "globals": told_globals,
        "locals": told_locals,
        "vars": told_vars,
        "dir": told_dir,
        "issubclass": is_subclass,
    }
