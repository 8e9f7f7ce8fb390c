"""Records the profile of an assignment: runs the reference solution in the engine, and keeps what its tests need."""

import json
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from authoring.release import Assignment
from curriculum.course import Course
from curriculum.errors import CourseError
from grading.engine.profile import Profile, TestProfile
from grading.engine.profiles import guessed_profile
from grading.engine.run import Engine, Ran
from grading.engine.score import score_notebook

ROUNDS = 4  # a test may need a name that shows only when another one is taken from the learner's process
LOADED = "import sys\nprint(*sorted(name for name, module in list(sys.modules.items()) if hasattr(module, '__spec__')))"
NOT_WARM = {"__main__", "grading", "antigravity", "this"}


def record_profile(course: Course, assignment: Assignment) -> Profile:
    """The profile of an assignment whose reference solution passes all of its tests.

    A test that fails when split, and passes guarded, is marked so. Raises `CourseError` that names a test which the
    reference solution does not pass either way, and on systems that cannot split.
    """
    if sys.platform != "linux":
        raise CourseError("To build an assignment, its tests are tried in the engine, which needs Linux.")
    profile = guessed_profile(assignment.solution)
    with tempfile.TemporaryDirectory(prefix="recording-", ignore_cleanup_errors=True) as folder:
        for name, content in assignment.supplements.items():
            path = Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        with Engine(course.root) as engine:
            profile = _split(engine, assignment, profile, Path(folder))
            ran = engine.run(_asking(assignment.solution), Path(folder), profile)
            _refuse_failures(assignment, ran)
    return replace(profile, imports=tuple(sorted({*profile.imports, *_loaded(ran)})))


def _split(engine: Engine, assignment: Assignment, profile: Profile, folder: Path) -> Profile:
    """Run the reference solution again and again, until every test passes or nothing more can be tried."""
    for _ in range(ROUNDS):
        ran = engine.record(assignment.solution, folder, profile)
        failed = set(_failures(ran))
        tests = {**profile.tests, **ran.found}
        stuck = {name for name in failed if tests.get(name) == profile.of(name)}
        tests |= {name: TestProfile(mode="guarded") for name in stuck}
        if not failed:
            return replace(profile, tests={name: test for name, test in tests.items() if test != TestProfile()})
        profile = replace(profile, tests=tests)
    return profile


def _failures(ran: Ran) -> dict[str, str]:
    return {
        name: score.message
        for name, score in score_notebook(ran.notebook).items()
        if score.points is not None and score.points < score.max_points
    }


def _refuse_failures(assignment: Assignment, ran: Ran) -> None:
    for name, message in _failures(ran).items():
        said = message or "no message"
        raise CourseError(f"{assignment.source.name}: the reference solution does not pass the test {name!r}: {said}")


def _asking(solution: NotebookNode) -> NotebookNode:
    """The notebook with a last cell that tells which modules are loaded by then."""
    return NotebookNode({**solution, "cells": [*solution.cells, new_code_cell(LOADED, id="loaded")]})


def _loaded(ran: Ran) -> list[str]:
    (output,) = ran.notebook.cells[-1].outputs
    return [name for name in output.text.split() if name.split(".")[0] not in NOT_WARM]


def profile_bytes(profile: Profile, inputs: str) -> bytes:
    """A profile as it stands in a file, with the hash of what it was recorded from."""
    return (json.dumps({"inputs": inputs, **profile.to_dict()}, indent=1) + "\n").encode()
