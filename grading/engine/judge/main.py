"""What a judge's process does: go through the notebook, have the learner's cells run, and run the tests itself."""

import ast
import contextlib
import os
import socket
from dataclasses import replace
from pathlib import Path
from typing import Any

from IPython.core.interactiveshell import InteractiveShell

from grading.engine.judge import seeding, shelter
from grading.engine.judge.guarded import Guarded
from grading.engine.judge.peer import CannotCross, LearnerGone, Peer, Record
from grading.engine.judge.testing import Judge, tree_of
from grading.engine.profile import TestProfile
from grading.engine.template.messages import receive, send

IPYTHONS_OWN = {"In", "Out", "get_ipython", "exit", "quit", "open", "_ih", "_oh", "_dh"}


def main(job: int, wire: int, shell: InteractiveShell, primed: bool) -> None:
    """Take one job from the supervisor over the socket `job`, and report each cell's outputs as it ends."""
    supervisor = socket.socket(fileno=job)
    message, _ = receive(supervisor)
    namespace = {name: value for name, value in shell.user_ns.items() if name not in IPYTHONS_OWN} if primed else {}
    connection = socket.socket(fileno=wire)
    channel, theirs = socket.socketpair()
    with theirs:
        socket.send_fds(connection, [b"c"], [theirs.fileno()])
    peer = Peer(connection)
    shelter.install(Path.cwd())
    seeding.watch()
    learner_names = frozenset(message["learner_names"])
    judge = Judge(peer, namespace, learner_names)
    given = _Given(judge, message["steps"])
    guarded = Guarded(peer, channel, learner_names) if any(map(_is_guarded, message["steps"])) else None
    if guarded is not None:
        tests = [step["source"] for step in message["steps"] if _is_guarded(step)]
        guarded.watch(tests, [name for name in namespace if not name.startswith("_")])
    for step in message["steps"]:
        send(supervisor, {"begin": step["index"]})
        try:
            if step["kind"] == "test" and guarded is not None and _is_guarded(step):
                outputs = _run_guarded(supervisor, guarded, step, message["record"])
            elif step["kind"] == "test" and message["record"]:
                profile = TestProfile.from_dict(step["profile"])
                outputs, found = record_test(judge, step["source"], step["task"], profile)
                send(supervisor, {"found": step["index"], "profile": found.to_dict()})
            elif step["kind"] == "test":
                with shelter.closed():
                    outputs = judge.run_test(step["source"], step["task"], TestProfile.from_dict(step["profile"]))
            else:
                outputs = [] if step["is_dead"] else peer.run_cell(step["source"])
                if step["kind"] == "given":
                    given.run(step)
                    if guarded is not None:
                        guarded.given(step["source"])
        except LearnerGone:
            send(supervisor, {"gone": step["index"]})
            os._exit(0)
        send(supervisor, {"cell": step["index"], "outputs": outputs})
    send(supervisor, {"done": True})
    os._exit(0)


def _is_guarded(step: dict[str, Any]) -> bool:
    return step["kind"] == "test" and step["profile"]["mode"] == "guarded"


def _run_guarded(
    supervisor: socket.socket, guarded: Guarded, step: dict[str, Any], is_recorded: bool
) -> list[dict[str, Any]]:
    profile, found = TestProfile.from_dict(step["profile"]), set[str]()
    outputs = guarded.run(step["source"], step["task"], profile, found if is_recorded else None)
    if is_recorded:
        profile = replace(profile, operators=frozenset(found))
        send(supervisor, {"found": step["index"], "profile": profile.to_dict()})
    return outputs


class _Given:
    """Runs the author's cells here too. What fails of them, tests find in the learner's process, if anywhere.

    Those that the author put before the first task, and a learner a cell of his own before them, run before that: he
    may change the files that they read. What fails then, for the lack of something, is run where it stands.
    """

    def __init__(self, judge: Judge, steps: list[dict[str, Any]]) -> None:
        self._judge = judge
        self._left: dict[int, ast.Module] = {}
        judge.know_given()  # those of the cells that the template has run
        own = next((number for number, step in enumerate(steps) if step["kind"] == "learner"), len(steps))
        for step in steps[own:]:
            if step["kind"] == "given" and not step["task"]:
                self._run(step)

    def run(self, step: dict[str, Any]) -> None:
        """Run what is left of a cell, which the learner's process has run."""
        if step["index"] not in self._left or self._left[step["index"]].body:
            self._run(step)
        self._judge.know_given()

    def _run(self, step: dict[str, Any]) -> None:
        with contextlib.suppress(SyntaxError):  # the cell's output in the learner's process says so
            cell = self._left.setdefault(step["index"], tree_of(step["source"]))
            self._judge.run_given(cell)


def record_test(judge: Judge, source: str, task: str, profile: TestProfile) -> tuple[list[dict[str, Any]], TestProfile]:
    """Run a test of the reference solution; its outputs, and its profile with what it needed. Raises LearnerGone."""
    record, needed = Record(), frozenset[str]()
    try:
        with shelter.closed():
            outputs = judge.run_test(source, task, profile, record)
    except CannotCross as problem:
        needed = frozenset(problem.names)
        outputs = [{"output_type": "error", "ename": "CannotCross", "evalue": str(problem), "traceback": []}]
    found = record.profile(profile)
    return outputs, replace(found, remote=found.remote | needed)
