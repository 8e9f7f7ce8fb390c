"""Records the profile of an assignment: runs the reference solution in the engine, and keeps what its tests need."""

import ast
import json
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from authoring.release import Assignment
from curriculum.course import Course
from curriculum.errors import CourseError
from grading.engine.jail import Limits
from grading.engine.judge.testing import tree_of
from grading.engine.profile import Profile, TestProfile
from grading.engine.profiles import guessed_profile
from grading.engine.run import Engine, Ran
from grading.engine.score import score_notebook
from grading.engine.steps import Step, steps_of

ROUNDS = 4  # a test may need a name that shows only when another one is taken from the learner's process
TO_IMPORT_MB = 1 << 20  # without a limit, as a template imports: regopy's allocator reserves 256 GB or aborts
NOT_WARM = {"__main__", "__mp_main__", "grading", "antigravity", "this"}
LOADED = """
import json, os, sys
print(json.dumps([
    name for name, module in list(sys.modules.items())
    if not str(getattr(getattr(module, "__spec__", None), "origin", None)).startswith(os.getcwd() + os.sep)
]))
"""
NEEDED = """
import importlib, json, os, sys, warnings
warnings.simplefilter("ignore")
needed, threaded = [], []
for name in {names!r}:
    threads = len(os.listdir("/proc/self/task"))
    if name in sys.modules:
        continue
    try:
        importlib.import_module(name)
    except Exception:
        continue
    (needed if len(os.listdir("/proc/self/task")) == threads else threaded).append(name)
print(json.dumps([needed, threaded]))
"""

# Libraries with which tests decide: they stay where the learner's code cannot reach them.
DECIDE = {"numpy", "pandas", "unittest", "pytest", "math", "operator", "re", "json", "inspect", "typing", "collections"}
Failures = dict[str, str]  # tests that the reference solution does not pass, and what they said
Tests = dict[str, TestProfile]
Run = Callable[[Tests], tuple[Tests, Failures]]


@dataclass(frozen=True)
class Recorded:
    """The profile of an assignment, and what its author should know, a sentence each."""

    profile: Profile
    remarks: tuple[str, ...]


def record_profile(course: Course, assignment: Assignment) -> Recorded:
    """The profile of an assignment whose reference solution passes all of its tests.

    Every test is run both ways: split, and in the learner's process as a guarded one. It is split where the reference
    solution passes it so, and guarded where it passes only that way. Raises `CourseError` that names a test which the
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
            tests, remarks = _both_ways(engine, assignment, profile, Path(folder))
            profile = replace(profile, tests=tests)
            ran = engine.run(_asking(assignment.solution), Path(folder), profile)
            _refuse(assignment, _failures(ran))
        with Engine(course.root, limits=Limits(memory_mb=TO_IMPORT_MB)) as engine:
            imports, threaded = _needed(engine, Path(folder), [*profile.imports, *_said(ran)])
    remarks += [f"Importing {name} starts a thread, so each submission imports it by itself." for name in threaded]
    return Recorded(replace(profile, imports=imports), tuple(remarks))


def _both_ways(
    engine: Engine, assignment: Assignment, profile: Profile, folder: Path
) -> tuple[dict[str, TestProfile], list[str]]:
    """How each test is judged, where that needs saying, and what the author should know of it."""
    split, apart = _split(engine, assignment.solution, profile, folder)
    sources = {step.grade_id: step.source for step in steps_of(assignment.solution, profile) if step.kind == "test"}
    in_one = replace(profile, tests={name: TestProfile(mode="guarded") for name in sources})
    ran = engine.record(assignment.solution, folder, in_one)
    together = _failures(ran)
    _refuse(assignment, {name: said for name, said in together.items() if name in apart})
    tests, remarks = dict(split.tests), list[str]()
    for name, source in sources.items():
        if name in apart:
            tests[name] = ran.found[name]
            why = _sentence(apart[name])
            remarks.append(f"The test {name!r} runs guarded, in the learner's process, because split it fails: {why}")
            continue
        if name in together:
            why = _sentence(together[name])
            remarks.append(f"The test {name!r} passes split, and stays so, but fails in one process: {why}")
        if shared := split.of(name).remote & _libraries(source):
            what = ", ".join(sorted(shared))
            remarks.append(f"The test {name!r} uses {what} of the learner's process, where it can be changed.")
    return {name: test for name, test in tests.items() if test != TestProfile()}, remarks


def _split(engine: Engine, solution: NotebookNode, profile: Profile, folder: Path) -> tuple[Profile, Failures]:
    def run(tests: Tests) -> tuple[Tests, Failures]:
        ran = engine.record(solution, folder, replace(profile, tests=tests))
        return ran.found, _failures(ran)

    tests, failed = split_by_trying(run, steps_of(solution, profile), dict(profile.tests))
    return replace(profile, tests=tests), failed


def split_by_trying(run: Run, steps: Sequence[Step], tests: Tests) -> tuple[Tests, Failures]:
    """How the tests are to be split, and which of them fail so, whatever is tried.

    `run` records the reference solution's tests with these profiles: what it found, and which tests failed. A test that
    fails gets what it was found to need from the learner's process; where that is nothing, the libraries that it
    imports, then one less of them at a time, but never those that decide whether a value is right.
    """
    failed: Failures = {}
    for _ in range(ROUNDS):
        before, (found, failed) = tests, run(tests)
        tests = {**tests, **found}
        if all(tests.get(name) == before.get(name) for name in failed):
            break
    sources = {step.grade_id: step.source for step in steps if step.kind == "test"}
    spare = {name: sorted(_libraries(sources[name])) for name in failed}
    if any(spare.values()):
        tried = {name: _with_remote(tests.get(name, TestProfile()), *names) for name, names in spare.items() if names}
        found, still = run({**tests, **tried})
        tests |= {name: found[name] for name in tried if name not in still}
        spare = {name: names for name, names in spare.items() if name in tried and name not in still}
        failed = {name: said for name, said in failed.items() if name not in spare}
    while any(spare.values()):
        tried = {name: _with_remote(tests[name], without=names.pop()) for name, names in spare.items() if names}
        found, still = run({**tests, **tried})
        tests |= {name: found[name] for name in tried if name not in still}
    return tests, failed


def _with_remote(profile: TestProfile, *names: str, without: str = "") -> TestProfile:
    return replace(profile, remote=profile.remote.union(names) - {without})


def _libraries(source: str) -> set[str]:
    """The names of libraries, and of what is in them, that a test imports and may take from the learner's process."""
    names: set[str] = set()
    for node in ast.walk(tree_of(source)):
        if isinstance(node, ast.Import):
            found = [(alias.name, alias.asname or alias.name.partition(".")[0]) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found = [(node.module, alias.asname or alias.name) for alias in node.names]
        else:
            continue
        names |= {bound for module, bound in found if module.partition(".")[0] not in DECIDE}
    return names


def _failures(ran: Ran) -> Failures:
    return {
        name: score.message or "no message"
        for name, score in score_notebook(ran.notebook).items()
        if score.points is not None and score.points < score.max_points
    }


def _refuse(assignment: Assignment, failures: Failures) -> None:
    for name, said in failures.items():
        raise CourseError(f"{assignment.source.name}: the reference solution does not pass the test {name!r}: {said}")


def _sentence(message: str) -> str:
    return " ".join(message.split()).rstrip(".")[:300] + "."


def _asking(solution: NotebookNode) -> NotebookNode:
    """The notebook with a last cell that tells which modules are loaded by then."""
    return NotebookNode({**solution, "cells": [*solution.cells, new_code_cell(LOADED, id="loaded")]})


def _needed(engine: Engine, folder: Path, loaded: Iterable[str]) -> tuple[tuple[str, ...], list[str]]:
    """The modules whose import brings in all of these but private ones, and those that start a thread, left out.

    Each is imported in turn where no other has done that yet: the second time from the other end, without which a
    package would stay that a later one brings in.
    """
    names = sorted({name for name in loaded if _is_warm(name)})
    threaded: set[str] = set()
    for _ in range(2):
        tried = engine.run(new_notebook(cells=[new_code_cell(NEEDED.format(names=names))]), folder, Profile())
        names, leaving = _said(tried)
        threaded |= set(leaving)
        names.reverse()
    return tuple(sorted(names)), sorted(threaded)


def _is_warm(name: str) -> bool:
    parts = name.split(".")
    return parts[0] not in NOT_WARM and not any(part.startswith("_") for part in parts)


def _said(ran: Ran) -> Any:
    """What the last cell of a notebook printed, in its last line: an import may print something too."""
    printed = "".join(output.text for output in ran.notebook.cells[-1].outputs if output.get("name") == "stdout")
    return json.loads(printed.splitlines()[-1])


def profile_bytes(profile: Profile, inputs: str) -> bytes:
    """A profile as it stands in a file, with the hash of what it was recorded from."""
    return (json.dumps({"inputs": inputs, **profile.to_dict()}, indent=1) + "\n").encode()
