"""Runs cells and test cells in one process, and split over two; prints the verdicts as JSON. A program of its own.

It forks before anything has made a thread. What IPython adds to the running of a cell is left out on both sides.
"""

import ast
import asyncio
import contextlib
import io
import json
import os
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

from grading.engine.judge.peer import CannotCross, LearnerGone, Peer, Record
from grading.engine.judge.testing import Judge, tree_of
from grading.engine.learner.service import Service
from grading.engine.profile import TestProfile

matplotlib.use("agg")
__all__ = ["matplotlib", "numpy", "pandas", "sklearn"]
Verdict = list[Any]  # the exception's name or "", and the points returned or None


class Cells:
    """A namespace and a loop in which cells run as in Jupyter, top-level await included."""

    def __init__(self) -> None:
        module = sys.modules["__main__"] = types.ModuleType("__main__")
        self.names = module.__dict__
        self.loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self.loop)

    def run(self, source: str) -> Any:
        tree = ast.parse(source)
        flags, last = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, None
        if tree.body and isinstance(tree.body[-1], ast.Expr):
            last = compile(ast.Expression(tree.body.pop().value), "<cell>", "eval", flags=flags, dont_inherit=True)
        parts = [compile(tree, "<cell>", "exec", flags=flags, dont_inherit=True), *([last] if last else [])]

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
    return json.loads(text)


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
    """The verdicts of the tests split, or with `is_record` the profiles that they need."""

    def work() -> Any:
        pid, peer = pair()
        judge, said = Judge(peer, {}), []
        try:
            if given:
                peer.run_cell(given)
                judge.run_given(tree_of(given))
                judge.know_given()
            peer.run_cell(answer)
            for test, data in zip(tests, profiles, strict=True):
                profile, record = TestProfile.from_dict(data), Record() if is_record else None
                outputs = judge.run_test(test, "task", profile, record)
                if record is not None:
                    said.append(record.profile(profile).to_dict())
                    continue
                error = next((o["ename"] for o in outputs if o["output_type"] == "error"), "")
                points = next((float(o["data"]["text/plain"]) for o in outputs if "data" in o), None)
                said.append([error, points])
        except CannotCross as error:
            return f"CannotCross {error} {error.names}"
        except LearnerGone as error:
            return f"LearnerGone {error}"
        finally:
            peer.close("done")
            os.waitpid(pid, 0)
        return said

    return apart(work)


def main() -> None:
    """Read patterns as JSON from standard input, and print what each gave."""
    for pattern in json.load(sys.stdin):
        given, tests = pattern["given"], pattern["tests"]
        basis = [{"mode": "split", "pushed": pattern["pushed"], "remote": pattern["remote"]}] * len(tests)
        profiles = split(given, pattern["right"], tests, basis, True)
        found: dict[str, Any] = {"name": pattern["name"], "profiles": profiles}
        for kind in ("right", "wrong"):
            alone = profiles if isinstance(profiles, list) and len(profiles) == len(tests) else basis
            found[kind] = [
                together(given, pattern[kind], tests),
                split(given, pattern[kind], tests, alone, False),
            ]
        print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
