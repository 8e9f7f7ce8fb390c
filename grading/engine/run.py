"""Runs notebooks: a learner's cells in one jailed process, the tests in another, both forked from a warm template.

This is the supervisor's side. Nothing that a submission does raises an exception here.
"""

import contextlib
import copy
import json
import os
import select
import signal
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

import nbformat
import psutil
from nbformat import NotebookNode

from curriculum.errors import CourseError
from grading.engine.jail import Limits, Tier, announce, probe
from grading.engine.profile import Profile, TestProfile
from grading.engine.steps import Step, before_the_learner, steps_of
from grading.engine.submission import SetAsideError
from grading.engine.template.client import Pair, Primed, RefusedError, Template, TemplateError, start_template
from grading.engine.template.messages import MessageError, receive, send

MOST_SALVAGES = 4  # cells of one submission that may end its process before the rest is given up
MOST_TEMPLATES = 3  # that one submission may end before it is set aside
MOST_PRIMED = 16  # templates that have run an author's first cells; an answer bank needs one for each task
GRACE_S = 2.0  # between asking a cell to stop and ending its process
LOOK_S = 0.25  # how often a running cell is looked at
OUTPUT_TYPES = {"stream", "display_data", "execute_result", "error"}


@dataclass(frozen=True)
class Ran:
    """A notebook that was run: all of its cells with their outputs, and what its learner should know about the run.

    `seconds` is wall-clock time, `cpu_s` processor time of the learner's and the judge's processes.
    """

    notebook: NotebookNode
    remarks: tuple[str, ...] = ()
    seconds: float = 0
    cpu_s: float = 0
    found: dict[str, TestProfile] = field(default_factory=dict)  # of tests by `grade_id`, when it was recorded


@dataclass
class _Attempt:
    """One pass over the notebook: the outputs of the cells that ran, and the cell that ended it, if one did."""

    outputs: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    stuck: int | None = None
    why: str = ""
    has_died: bool = False  # its processes ended by themselves, or the machine ended them
    cpu_s: float = 0
    found: dict[int, dict[str, Any]] = field(default_factory=dict)


class Engine:
    """Runs notebooks in the strongest jail that this machine gives. Use it with `with`; threads may share it."""

    def __init__(self, root: Path, isolation: Tier | None = None, limits: Limits | None = None) -> None:
        """Find out what isolation there is, or insist on one.

        Raises `CourseError` when the machine does not give the isolation that is asked for.
        """
        self.root = root
        self.limits = limits or Limits()
        self.isolation = _tier(isolation)
        self.announcement = announce(self.isolation)
        self._templates: dict[str, Template] = {}
        self._primed: dict[str, Primed] = {}
        self._lock = threading.Lock()
        self._is_closed = False

    def __enter__(self) -> "Engine":
        """Use it with `with`: its processes end with the block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End all processes."""
        self.close()

    def close(self) -> None:
        """End all processes."""
        with self._lock:
            self._is_closed = True
            for primed in self._primed.values():
                if primed.template is not None:
                    primed.template.close()
            for template in self._templates.values():
                template.close()
            self._primed.clear()
            self._templates.clear()

    def record(self, notebook: NotebookNode, folder: Path, profile: Profile) -> Ran:
        """Run the reference solution, and find out what each test needs to be split: `Ran.found`.

        Only for an author's notebook: whatever its objects decide is allowed.
        """
        return self._run(notebook, folder, profile, record=True)

    def run(self, notebook: NotebookNode, folder: Path, profile: Profile) -> Ran:
        """Run every cell of a notebook beside copies of the files in `folder`, and return a copy with the outputs.

        A cell that ends its process, hangs or takes too much is left out and the others are run again, so that it
        costs its own points and no others. A test that did not run to its end has an error output.

        Raises `CourseError` when this machine cannot run notebooks at all, and `SetAsideError` when this one ends the
        template that it is forked from, again and again.
        """
        return self._run(notebook, folder, profile)

    def _run(self, notebook: NotebookNode, folder: Path, profile: Profile, record: bool = False) -> Ran:
        for _ in range(MOST_TEMPLATES):
            template, outputs, steps_left = self._ready(steps_of(notebook, profile), profile)
            try:
                return self._run_in(template, outputs, steps_left, notebook, folder, profile, record)
            except RefusedError as error:
                raise SetAsideError(str(error)) from None
            except TemplateError as error:
                problem = str(error)
                self._forget(template)
        raise SetAsideError(f"each time that it was run, {problem}")

    def _run_in(
        self,
        template: Template,
        outputs: dict[int, list[dict[str, Any]]],
        steps_left: list[Step],
        notebook: NotebookNode,
        folder: Path,
        profile: Profile,
        record: bool,
    ) -> Ran:
        started = time.monotonic()
        steps = steps_of(notebook, profile)
        remarks: list[str] = []
        dead: dict[int, list[dict[str, Any]]] = {}
        cpu_s = 0.0
        has_died = False
        while len(remarks) <= MOST_SALVAGES:
            job = {
                "record": record,
                "learner_names": sorted(profile.learner_names),
                # A given cell that ended the learner's process is still the author's: it is run for the tests.
                "steps": [
                    step.as_message(profile) | {"is_dead": step.index in dead}
                    for step in steps_left
                    if step.index not in dead or step.kind == "given"
                ],
            }
            attempt = self._attempt(template, job, folder)
            cpu_s += attempt.cpu_s
            if attempt.stuck is None:
                break
            if attempt.has_died and not has_died:
                has_died = True  # a machine short of memory ends processes too: once is no fault of the cell
                continue
            dead[attempt.stuck] = [_error("CellEnded", attempt.why)]
            remarks.append(f"{_name(steps, attempt.stuck)} {attempt.why} The other cells were run without it.")
        outputs = outputs | attempt.outputs | dead
        ran = _with_outputs(notebook, steps, outputs)
        found = {
            step.grade_id: TestProfile.from_dict(attempt.found[step.index])
            for step in steps
            if step.index in attempt.found
        }
        return Ran(ran, tuple(remarks), time.monotonic() - started, cpu_s, found)

    def _ready(
        self, steps: list[Step], profile: Profile
    ) -> tuple[Template, dict[int, list[dict[str, Any]]], list[Step]]:
        """A template, primed where possible; the outputs of the cells that it has run; the steps that are left.

        Priming is not jailed, so it sees no file of a submission: given cells that read files run with each one.
        """
        with self._lock:
            if self._is_closed:
                raise CourseError("The grading engine has been stopped.")
            key = json.dumps(sorted(profile.imports))
            if key not in self._templates:
                self._templates[key] = self._start(profile.imports)
            template = self._templates[key]
            first = before_the_learner(steps)
            if not first:
                return template, {}, steps
            inputs = json.dumps([key, [step.source for step in first]])
            if inputs not in self._primed and len(self._primed) < MOST_PRIMED:
                self._primed[inputs] = template.prime([step.source for step in first])
            primed = self._primed.get(inputs)
        if primed is None or primed.template is None:
            return template, {}, steps
        outputs = {step.index: shown for step, shown in zip(first, primed.outputs, strict=True)}
        return primed.template, outputs, steps[len(first) :]

    def _forget(self, gone: Template) -> None:
        """Let go of a template that has ended, and of those that were forked from it: the next run starts others."""
        with self._lock:
            for key, template in list(self._templates.items()):
                primed = {name: each for name, each in self._primed.items() if name.startswith(json.dumps([key])[:-1])}
                if gone is template or any(each.template is gone for each in primed.values()):
                    for name, each in primed.items():
                        if each.template is not None:
                            each.template.close()
                        del self._primed[name]
                    template.close()
                    del self._templates[key]

    def _start(self, imports: Sequence[str]) -> Template:
        try:
            return start_template(self.isolation, imports, self.root, self.limits.output_mb * 1_000_000)
        except TemplateError as error:
            raise CourseError(f"The grading engine could not start: {error}") from error

    def _attempt(self, template: Template, job: dict[str, Any], folder: Path) -> _Attempt:
        attempt = _Attempt()
        pair = template.pair(folder, self.limits)
        try:
            _Watch(pair, self.limits, attempt).follow(job)
        finally:
            used = template.end(pair)
            attempt.cpu_s = sum(each["cpu_s"] for each in used.values())
        return attempt


class _Watch:
    """Follows one pair of processes through a notebook, and ends a cell that takes too much."""

    def __init__(self, pair: Pair, limits: Limits, attempt: _Attempt) -> None:
        self.pair, self.limits, self.attempt = pair, limits, attempt
        self.room = limits.output_mb * 4_000_000  # bytes of outputs of the whole notebook
        self.step: int | None = None
        self.began = self.began_cpu = self.asked = 0.0

    def follow(self, job: dict[str, Any]) -> None:
        """Send the job, and take the events until the judge is done or gone."""
        try:
            self.pair.job.settimeout(10)  # a message that has begun comes whole
            send(self.pair.job, job)
            while True:
                if not self._wait():
                    return
                event, _ = receive(self.pair.job)
                if not self._take(event):
                    return
        except (EOFError, OSError, MessageError):
            self._stuck("ended the process that tested it.", has_died=True)

    def _wait(self) -> bool:
        """Wait for an event. False when the cell was ended."""
        while not select.select([self.pair.job], [], [], LOOK_S)[0]:
            if self._takes_too_much():
                return False
        return True

    def _take(self, event: dict[str, Any]) -> bool:
        if "begin" in event:
            self.step, self.began, self.asked, self.began_cpu = event["begin"], time.monotonic(), 0.0, -1.0
        elif "cell" in event:
            self.attempt.outputs[event["cell"]] = self._checked(event["outputs"])
            self.step = None
        elif "found" in event:
            self.attempt.found[event["found"]] = event["profile"]
        elif "gone" in event:
            self._stuck("ended its own Python process (an exit call, a crash, or too much memory).", has_died=True)
            return False
        return "done" not in event

    def _checked(self, outputs: object) -> list[dict[str, Any]]:
        kept = []
        for output in outputs if isinstance(outputs, list) else []:
            if isinstance(output, dict) and output.get("output_type") in OUTPUT_TYPES:
                text = json.dumps(output, ensure_ascii=False).encode("utf-8", "replace")  # half characters are none
                size, output = len(text), json.loads(text)
                if output["output_type"] != "error" and size > self.room:
                    continue
                self.room -= size
                kept.append(output)
        return kept

    def _takes_too_much(self) -> bool:
        """Ask a cell that has used up its time to stop, then end it."""
        if self.step is None:
            self.step = -1
            self.began = time.monotonic()
        now = time.monotonic()
        cpu = _cpu_s(self.pair)
        if self.began_cpu < 0:
            self.began_cpu = cpu
        spent = cpu - self.began_cpu
        if now - self.began > self.limits.cell_wall_s:
            why = f"took longer than {self.limits.cell_wall_s:g} s."
        elif spent > self.limits.cell_cpu_s:
            why = f"took more than {self.limits.cell_cpu_s:g} s of processor time."
        elif cpu > self.limits.total_cpu_s:
            why = f"used up the {self.limits.total_cpu_s:g} s of processor time that the whole notebook has."
        elif _memory_mb(self.pair) > self.limits.memory_mb:
            self._stuck(f"took more than {self.limits.memory_mb} MB of memory.")
            return True
        else:
            return False
        if not self.asked:
            self.asked = now
            with contextlib.suppress(OSError):
                os.kill(self.pair.learner, signal.SIGINT)
        elif now - self.asked > GRACE_S:
            self._stuck(why)
            return True
        return False

    def _stuck(self, why: str, has_died: bool = False) -> None:
        self.attempt.stuck, self.attempt.why = self.step if self.step is not None else -1, why
        self.attempt.has_died = has_died


def _tier(asked: Tier | None) -> Tier:
    found = probe()
    order = list(Tier)  # strongest first
    if asked is not None and order.index(found) > order.index(asked):
        raise CourseError(
            f"This machine does not give the isolation {asked.value!r} that was asked for: {announce(found)}"
        )
    return found if asked is None else asked


def _error(name: str, said: str) -> dict[str, Any]:
    return {"output_type": "error", "ename": name, "evalue": said, "traceback": [f"{name}: {said}"]}


def _name(steps: list[Step], index: int) -> str:
    step = next((step for step in steps if step.index == index), None)
    if step is None:
        return "The notebook"
    return f"The test {step.grade_id!r}" if step.kind == "test" else f"The cell {step.grade_id or index + 1!r}"


def _with_outputs(notebook: NotebookNode, steps: list[Step], outputs: dict[int, list[dict[str, Any]]]) -> NotebookNode:
    ran = copy.deepcopy(notebook)
    for number, step in enumerate(steps, 1):
        cell = ran.cells[step.index]
        cell.execution_count = number
        # A test cell without outputs counts as passed, so one that did not run must say so.
        shown = outputs.get(step.index, [_error("NotRun", "this cell was not run.")] if step.kind == "test" else [])
        cell.outputs = [nbformat.from_dict(output) for output in shown]
    return ran


def failed(notebook: NotebookNode, why: str) -> NotebookNode:
    """A copy of a notebook in which every code cell failed."""
    ran = copy.deepcopy(notebook)
    for cell in ran.cells:
        if cell.cell_type == "code":
            cell.outputs = [nbformat.from_dict(_error("NotRun", why))]
    return ran


def _cpu_s(pair: Pair) -> float:
    total = 0.0
    for process in _processes(pair):
        with contextlib.suppress(psutil.Error):
            times = process.cpu_times()
            total += times.user + times.system
    return total


def _memory_mb(pair: Pair) -> float:
    """Memory of all processes of a submission. To count shared pages once costs time: it is done where it matters."""
    processes = _processes(pair)
    total = 0.0
    for kind in ("memory_info", "memory_full_info"):
        total = 0.0
        for process in processes:
            with contextlib.suppress(psutil.Error):
                memory = getattr(process, kind)()
                total += getattr(memory, "pss", memory.rss)
        if total < 1e9:
            break
    return total / 1e6


def _processes(pair: Pair) -> list[psutil.Process]:
    found = []
    for pid in (pair.learner, pair.judge):
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(pid)
            found += [process, *process.children(recursive=True)]
    return found
