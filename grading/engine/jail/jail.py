"""The jail as the template uses it, whatever the tier."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from grading.engine.jail.limits import Limits
from grading.engine.jail.tiers import Role, Tier

FAILED = 70  # how a child ends that could not be jailed


class Space(Protocol):
    """The place of one submission: its files, its network, its processes."""

    workdir: Path

    def usage(self) -> int:
        """Bytes that its files take."""

    def sweep(self) -> None:
        """Kill whatever of it runs, and return when it has ended. The forked processes are left to be waited for."""

    def close(self) -> None:
        """Sweep, and leave no mount, network or folder behind. May be called again."""


class _Backend(Protocol):
    """What a tier does. A space given to it is one that it made."""

    def space(self, folder: Path, given: Limits) -> Space: ...

    def fork(self, space: Any) -> int: ...

    def confine(self, space: Any, role: Role, keep: Sequence[int]) -> None: ...


class Jail:
    """Makes spaces for submissions, and forks this process into them.

    Lives in the template process and is made while that has one thread. In the full tier making it forks: what goes
    on is a child, number one of its own PID namespace, while the process that was started waits and ends as the child
    does. Process numbers that this process sees afterwards are those of that namespace; a forked process sees itself as
    number 1 too.
    """

    def __init__(self, tier: Tier, visible: Sequence[Path]) -> None:
        """`visible`: the paths that children see, read-only, besides the system's programs and libraries.

        Raises OSError where the system does not allow the tier.
        """
        self.tier = tier
        self._backend = _backend(tier, [path.absolute() for path in visible])

    def space(self, folder: Path, limits: Limits) -> Space:
        """A place for one submission, with copies of the plain files under `folder`. OSError when they do not fit."""
        return self._backend.space(folder, limits)

    def fork(self, space: Space, role: Role, keep: Sequence[int] = ()) -> int:
        """As os.fork. In the child the jail is in force on return, the work folder is the current one, and of the file
        descriptors only `keep` are open, besides standard streams on /dev/null.

        A child that cannot be jailed says so on standard error and ends with the code 70; it never runs on unjailed.
        """
        child = self._backend.fork(space)
        if child == 0:
            try:
                self._backend.confine(space, role, keep)
            except BaseException as error:  # nothing may go on outside the jail
                sys.stderr.write(f"The {role}'s process could not be jailed: {error}\n")
                sys.stderr.flush()
                os._exit(FAILED)
        return child


def _backend(tier: Tier, visible: list[Path]) -> _Backend:
    if tier is Tier.FULL:
        from grading.engine.jail.full import FullJail

        return FullJail(visible)
    if tier is Tier.LANDLOCK:
        from grading.engine.jail.fenced import FencedJail

        return FencedJail(visible)
    from grading.engine.jail.bare import BareJail

    return BareJail()
