"""Runs cells and test cells in one process, and split over two; prints the verdicts as JSON. A program of its own.

It forks before anything has made a thread. What IPython adds to the running of a cell is left out on both sides.
"""

import ast
import asyncio
import contextlib
import io
import json
import linecache
import os
import signal
import socket
import sys
import tempfile
import types
from collections.abc import Callable
from typing import Any

import matplotlib.pyplot
import numpy
import pandas
import sklearn.linear_model

from authoring.recording import Failures, Tests, split_by_trying
from grading.engine.judge import seeding
from grading.engine.judge.main import record_test
from grading.engine.judge.peer import LearnerGone, Peer
from grading.engine.judge.testing import Judge, tree_of
from grading.engine.learner.service import Service
from grading.engine.profile import TestProfile
from grading.engine.profiles import pushed_by
from grading.engine.steps import Step

matplotlib.use("agg")
__all__ = ["matplotlib", "numpy", "pandas", "sklearn"]
MOST_S = 60  # that the tests of one answer may take
Verdict = list[Any]  # the exception's name or "", and the points returned or None


class Cells:
    """A namespace and a loop in which cells run as in Jupyter, top-level await included."""

    def __init__(self) -> None:
        module = sys.modules["__main__"] = types.ModuleType("__main__")
        self.names = module.__dict__
        self.loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self.loop)

    def run(self, source: str) -> Any:
        place = f"<cell:{len(linecache.cache)}>"
        linecache.cache[place] = (len(source), None, source.splitlines(keepends=True), place)
        tree = ast.parse(source)
        flags, last = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, None
        if tree.body and isinstance(tree.body[-1], ast.Expr):
            last = compile(ast.Expression(tree.body.pop().value), place, "eval", flags=flags, dont_inherit=True)
        parts = [compile(tree, place, "exec", flags=flags, dont_inherit=True), *([last] if last else [])]

        async def cell() -> Any:
            for part in parts:
                value = eval(part, self.names)
                if asyncio.iscoroutine(value) and part.co_flags & 0x80:
                    value = await value
            return value

        return self.loop.run_until_complete(cell())

    def outputs(self, source: str) -> list[dict[str, Any]]:
        try:
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                self.run(source)
        except BaseException as error:
            name = type(error).__name__
            return [{"output_type": "error", "ename": name, "evalue": str(error), "traceback": [name]}]
        return []


def apart(work: Callable[[], Any]) -> Any:
    """What `work` gives, run in a fork and a folder of its own."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        signal.alarm(MOST_S)
        os.close(reader)
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            try:
                said = work()
            except BaseException as error:
                said = f"{type(error).__name__}: {error}"
            os.write(writer, json.dumps(said).encode())
            os.chdir("/")
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        text = pipe.read()
    os.waitpid(pid, 0)
    return json.loads(text) if text else "nothing: the process was ended"


def together(given: str, answer: str, tests: list[str]) -> list[Verdict]:
    """The verdicts of the tests in one process."""

    def work() -> list[Verdict]:
        cells = Cells()
        cells.outputs(given)
        cells.outputs(answer)
        verdicts = []
        for test in tests:
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                try:
                    value = cells.run(test)
                    verdicts.append(["", value if type(value) in (int, float) else None])
                except BaseException as error:
                    verdicts.append([type(error).__name__, None])
        return verdicts

    return apart(work)  # type: ignore[no-any-return]


def pair() -> tuple[int, Peer]:
    """A learner's process, and the judge's end of the wire to it."""
    mine, its = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        mine.close()
        cells = Cells()
        Service(its, cells.names, cells.outputs).serve()
        os._exit(0)
    its.close()
    return pid, Peer(mine)


def split(given: str, answer: str, tests: list[str], profiles: list[dict[str, Any]], is_record: bool) -> Any:
    """The verdicts of the tests split, with `is_record` each with the profile that it was found to need."""

    def work() -> Any:
        pid, peer = pair()
        seeding.watch()
        judge, said = Judge(peer, {}), []
        try:
            if given:
                peer.run_cell(given)
                judge.run_given(tree_of(given))
                judge.know_given()
            peer.run_cell(answer)
            for test, data in zip(tests, profiles, strict=True):
                profile = TestProfile.from_dict(data)
                if is_record:
                    outputs, profile = record_test(judge, test, "task", profile)
                else:
                    outputs = judge.run_test(test, "task", profile)
                error = next((o["ename"] for o in outputs if o["output_type"] == "error"), "")
                points = next((float(o["data"]["text/plain"]) for o in outputs if "data" in o), None)
                said.append([error, points, profile.to_dict()] if is_record else [error, points])
        except LearnerGone as error:
            return f"LearnerGone {error}"
        finally:
            peer.close("done")
            os.waitpid(pid, 0)
        return said

    return apart(work)


def both_ways(given: str, answer: str, tests: list[str], profiles: list[dict[str, Any]]) -> list[Any]:
    """The verdicts in one process and split."""
    return [together(given, answer, tests), split(given, answer, tests, profiles, False)]


def recorded(given: str, answer: str, tests: list[str]) -> list[dict[str, Any]]:
    """The profiles that the build finds for the tests."""
    names = [f"test-{number}" for number in range(len(tests))]
    steps = [Step(0, "given", given), Step(1, "learner", answer, "task", "task")]
    steps += [
        Step(number, "test", test, name, "task")
        for number, (name, test) in enumerate(zip(names, tests, strict=True), 2)
    ]

    def run(profiles: Tests) -> tuple[Tests, Failures]:
        said = split(given, answer, tests, [profiles.get(name, TestProfile()).to_dict() for name in names], True)
        if isinstance(said, str):
            return {}, dict.fromkeys(names, said)
        found = {name: TestProfile.from_dict(profile) for name, (_, _, profile) in zip(names, said, strict=True)}
        return found, {name: error for name, (error, _, _) in zip(names, said, strict=True) if error}

    profiles, _ = split_by_trying(run, steps, pushed_by(steps))
    return [profiles.get(name, TestProfile()).to_dict() for name in names]


def main() -> None:
    """Read patterns as JSON from standard input, and print what each gave."""
    for pattern in json.load(sys.stdin):
        given, tests = pattern["given"], pattern["tests"]
        profiles = recorded(given, pattern["right"], tests)
        found: dict[str, Any] = {"name": pattern["name"], "profiles": profiles}
        for kind in ("right", "wrong"):
            found[kind] = both_ways(given, pattern[kind], tests, profiles)
        found["others"] = [both_ways(given, answer, tests, profiles) for answer in pattern["others"]]
        print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
