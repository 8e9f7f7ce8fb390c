"""Starts and asks template processes. It runs in the supervisor."""

import itertools
import os
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from curriculum.lab.telemetry import SETTINGS
from grading.engine.jail import Limits, Tier
from grading.engine.template.messages import MessageError, receive, send

START_S = 120.0
ANSWER_S = 60.0
PASSED_ON = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "HOME", "LD_LIBRARY_PATH", "SSL_CERT_FILE")
PROJECT = Path(__file__).resolve().parents[3]


class TemplateError(Exception):
    """A template process could not be started, or has ended: one sentence."""


class RefusedError(Exception):
    """A template process does not take a submission, because of its files: a sentence's end."""


@dataclass(frozen=True)
class Pair:
    """A learner's and a judge's process, and the supervisor's end of the socket to the judge."""

    id: int
    learner: int
    judge: int
    job: socket.socket


@dataclass(frozen=True)
class Primed:
    """What became of an attempt to run cells before forking: a template, or why there is none; the cells' outputs."""

    template: "Template | None"
    outputs: list[list[dict[str, Any]]]
    why_not: str = ""


class Template:
    """The supervisor's side of one template process. Threads may share it: it answers one at a time."""

    def __init__(self, control: socket.socket, process: "subprocess.Popen[bytes] | None", tier: Tier) -> None:
        """Take a template that is running; `start_template` makes one."""
        self.control, self.process, self.tier = control, process, tier
        self._lock = threading.Lock()
        self._ids = itertools.count()

    def pair(self, folder: Path, limits: Limits) -> Pair:
        """Fork both processes of one submission, whose files are copied from `folder`."""
        ours, theirs = socket.socketpair()
        number = next(self._ids)
        message = {"do": "pair", "id": number, "folder": str(folder), "limits": asdict(limits)}
        with theirs:
            try:
                answer, handles = self._ask(message, [theirs.fileno()])
            except (TemplateError, RefusedError):
                ours.close()
                raise
        learner, judge = map(_seen_from_here, handles) if handles else (answer["learner"], answer["judge"])
        return Pair(number, learner, judge, ours)

    def end(self, pair: Pair) -> dict[str, Any]:
        """End both processes with all that they started, and say what they used: status, cpu_s, memory_mb of each."""
        pair.job.close()
        used, _ = self._ask({"do": "end", "id": pair.id})
        return used

    def prime(self, cells: Sequence[str]) -> Primed:
        """Fork a template that has run the author's first cells, where that leaves no thread and no file behind."""
        ours, theirs = socket.socketpair()
        with theirs:
            self._ask({"do": "prime", "cells": list(cells)}, [theirs.fileno()])
        ours.settimeout(START_S)
        try:
            answer, _ = receive(ours)
        except (EOFError, OSError, MessageError):
            ours.close()
            return Primed(None, [], "the cells ended their process, or took too long")
        if answer["why_not"]:
            ours.close()
            return Primed(None, [], answer["why_not"])
        return Primed(Template(ours, None, self.tier), answer["outputs"])

    def close(self) -> None:
        """End the template and all of its forks."""
        self.control.close()
        if self.process is not None:
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def _ask(self, message: dict[str, Any], fds: Sequence[int] = ()) -> tuple[dict[str, Any], list[int]]:
        with self._lock:
            try:
                self.control.settimeout(ANSWER_S)
                send(self.control, message, fds)
                answer, handles = receive(self.control, most_fds=2)
            except (EOFError, OSError, MessageError) as error:
                raise TemplateError(f"the template process has ended ({type(error).__name__}).") from error
        if refused := answer.get("refused"):
            raise RefusedError(refused)
        if problem := answer.get("problem"):
            raise TemplateError(f"the template process could not start a submission: {problem}.")
        return answer, handles


def _seen_from_here(handle: int) -> int:
    """The number that a process has here, of which a file descriptor came; -1 when it has ended."""
    try:
        lines = Path(f"/proc/self/fdinfo/{handle}").read_text(encoding="ascii").splitlines()
    finally:
        os.close(handle)
    return int(next(line.split()[1] for line in lines if line.startswith("Pid:")))


def start_template(tier: Tier, imports: Sequence[str], root: Path, output_bytes: int) -> Template:
    """Start a template with a clean environment, in which the lab is that of the course in `root`.

    Modules whose import leaves a thread behind are left to each submission.
    Raises `TemplateError` when it does not come up.
    """
    ours, theirs = socket.socketpair()
    with theirs, tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "grading.engine.template.main", str(theirs.fileno())],
            env=_environment(root),
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            pass_fds=[theirs.fileno()],
            cwd="/",
            start_new_session=True,
        )
        theirs.close()
        template = Template(ours, process, tier)
        settings = {"tier": tier.value, "imports": list(imports), "output_bytes": output_bytes}
        try:
            ours.settimeout(START_S)
            send(ours, {**settings, "visible": [str(path) for path in visible(root)]})
            answer, _ = receive(ours)
        except (EOFError, OSError, MessageError):
            template.close()
            said.seek(0)
            lines = said.read().decode(errors="replace").strip().splitlines() or ["it said nothing"]
            raise TemplateError(f"the template process did not start: {lines[-1]}") from None
    if problem := answer.get("problem"):
        template.close()
        raise TemplateError(f"the template process did not start: {problem}.")
    if threaded := answer.get("threaded"):
        template.close()
        return start_template(tier, [name for name in imports if name not in threaded], root, output_bytes)
    return template


def visible(root: Path) -> list[Path]:
    """What submissions may read of this machine besides the system: the Python environment, and the course's lab."""
    labs = [folder / "curriculum" for folder in dict.fromkeys((root, PROJECT))]
    wanted = [Path(sys.prefix), Path(sys.base_prefix), *(lab / part for lab in labs for part in ("__init__.py", "lab"))]
    return [path for path in wanted if path.exists()]


def _environment(root: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return {
        **kept,
        **SETTINGS,
        "PYTHONPATH": os.pathsep.join((str(root), str(PROJECT))),
        "PYTHONMALLOC": "malloc",  # with the line below, page tables of huge pages: a fork costs a quarter
        "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
        "PYTHONUNBUFFERED": "1",
        "JE_ARROW_MALLOC_CONF": "background_thread:false",  # a thread that importing pyarrow would leave behind
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        # One thread each: a pool of threads does not survive a fork, and submissions share the processor as it is.
        **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1"),
    }
