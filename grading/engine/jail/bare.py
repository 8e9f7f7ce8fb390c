"""The limits tier: the kernel's limits, a private folder, a session each. Nothing is isolated. macOS and Linux."""

import contextlib
import os
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from grading.engine.jail import folders, limits
from grading.engine.jail.limits import Limits
from grading.engine.jail.processes import hide_memory, only_descriptors, settle
from grading.engine.jail.tiers import Role


class BareSpace:
    """One submission: a private folder and the process groups that it started with."""

    def __init__(self, files: Path, given: Limits) -> None:
        """Make the folder and copy `files` in."""
        self.limits = given
        self._base: Path | None = Path(tempfile.mkdtemp(prefix="course-")).resolve()
        self.workdir, self.scratch = self._base / "work", self._base / "tmp"
        self._groups: list[int] = []
        try:
            self.workdir.mkdir()
            self.scratch.mkdir()
            folders.copy_in(files, self.workdir, None, given)
        except BaseException:
            self.close()
            raise

    def add(self, process: int) -> None:
        """Remember a process of this submission."""
        self._groups.append(process)

    def usage(self) -> int:
        """Bytes that its files take."""
        return folders.measure(self.workdir.parent)[0]

    def sweep(self) -> None:
        """Kill the process groups. What has moved into one of its own escapes: no system call finds it."""
        for group in self._groups:
            try:
                os.killpg(group, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):  # macOS says the latter of a group of which all have ended
                continue

    def close(self) -> None:
        """Kill what runs and remove the folder. The caller still has to wait for the processes it forked."""
        self.sweep()
        self._groups.clear()
        if self._base is not None:
            with contextlib.suppress(OSError):  # removed by itself, or still written by what escaped
                folders.remove(self._base)
            self._base = None


class BareJail:
    """The template's side."""

    def space(self, folder: Path, given: Limits) -> BareSpace:
        """A place for one submission with copies of the files under `folder`."""
        return BareSpace(folder, given)

    def fork(self, space: BareSpace) -> int:
        """As os.fork; the child has yet to call `confine`."""
        child = os.fork()
        if child:
            space.add(child)
        return child

    def confine(self, space: BareSpace, role: Role, keep: Sequence[int]) -> None:
        """In the child: put the limits in force."""
        os.setsid()
        os.chdir(space.workdir)
        only_descriptors(keep)
        settle(space.scratch, os.environ.get("USER", "learner"), {})
        limits.apply(space.limits, processes=None)
        if role == "judge" and sys.platform == "linux":
            hide_memory()
