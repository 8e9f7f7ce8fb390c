"""The control: a submission and its tests in one interpreter, as a kernel runs them, without an engine.

The interpreter is a fork of a process that stands for the batch: it waits for the result, and then runs an honest
submission. What an attack reaches here is what the engine has to prevent.
"""

import asyncio
import contextlib
import io
import json
import math
import os
import shutil
import signal
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from select import select
from typing import Any

import nbformat
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from nbformat import NotebookNode
from nbgrader.utils import determine_grade
from traitlets import Type
from traitlets.config import Config

from tests.attacks.model import Attack, Seen
from tests.attacks.world import MEMORY_MB, World, kill_all, left_behind, peak, processes, reset_peak, standing, taken

CELLS_S = 8.0  # how long the cells may take before they are interrupted, and again before they are killed
SLOW_S = 3.0  # the same for attacks that mean to take forever
SLOW_CPU_S = 1.0  # or once they have taken so much processor time: on a busy machine too, that is in the midst of it
BATCH_S = 30.0


class _Stream(io.StringIO):
    def __init__(self, name: str, outputs: list[dict[str, Any]]) -> None:
        super().__init__()
        self.label, self.outputs = name, outputs

    def write(self, text: str) -> int:
        self.outputs.append({"output_type": "stream", "name": self.label, "text": text})
        return len(text)


class _Hook(DisplayHook):
    def start_displayhook(self) -> None: ...

    def write_output_prompt(self) -> None: ...

    def write_format_data(self, format_dict: dict[str, Any], md_dict: dict[str, Any] | None = None) -> None:
        shown = {"output_type": "execute_result", "data": dict(format_dict), "metadata": {}, "execution_count": 1}
        _Shell.outputs.append(shown)

    def finish_displayhook(self) -> None: ...


class _Publisher(DisplayPublisher):
    def publish(self, data: dict[str, Any], metadata: dict[str, Any] | None = None, **_: Any) -> None:
        _Shell.outputs.append({"output_type": "display_data", "data": data, "metadata": metadata or {}})


class _Shell(InteractiveShell):
    outputs: list[dict[str, Any]] = []  # noqa: RUF012  # of the cell that runs
    displayhook_class = Type(_Hook)
    display_pub_class = Type(_Publisher)

    def _showtraceback(self, etype: Any, evalue: Any, stb: list[str]) -> None:
        try:
            said = str(evalue)
        except Exception:
            said = "?"
        self.outputs.append({"output_type": "error", "ename": etype.__name__, "evalue": said, "traceback": list(stb)})


def execute(notebook: NotebookNode) -> None:
    """Run the cells in this process, and put their outputs into the notebook."""
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    config.InteractiveShell.xmode = "Plain"
    shell = _Shell.instance(config=config)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        shell.outputs.clear()
        streams = (_Stream("stdout", shell.outputs), _Stream("stderr", shell.outputs))
        with contextlib.redirect_stdout(streams[0]), contextlib.redirect_stderr(streams[1]):
            try:
                loop.run_until_complete(_run(shell, cell.source))
            except KeyboardInterrupt:
                shell.outputs.append(_interrupted())
        cell.outputs = [nbformat.from_dict(output) for output in shell.outputs]


async def _run(shell: InteractiveShell, source: str) -> None:
    transformed, problem = source, None
    try:
        transformed = shell.transform_cell(source)
    except Exception:
        problem = sys.exc_info()
    await shell.run_cell_async(
        source, store_history=True, transformed_cell=transformed, preprocessing_exc_tuple=problem
    )


def _interrupted() -> dict[str, Any]:
    return {"output_type": "error", "ename": "KeyboardInterrupt", "evalue": "", "traceback": []}


def _cells(notebook: NotebookNode, folder: Path, out: int) -> None:
    """The interpreter of one submission: its result is one line of JSON."""
    os.chdir(folder)
    sys.path.insert(0, "")
    os.environ["NBGRADER_EXECUTION"] = "autograde"
    execute(notebook)
    with os.fdopen(out, "w") as pipe:
        pipe.write(nbformat.writes(notebook))


def _forked(work: Callable[[int], None], seconds: float, cpu_s: float = math.inf) -> tuple[bytes, bool]:
    """Run `work(pipe)` in a fork; returns what it wrote, and whether it ended in time.

    It is interrupted after `seconds`, or `cpu_s` of processor time, and ended when as many seconds have passed again.
    """
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.closerange(3, writing)  # the harness's own channels are no part of the control
        os.closerange(writing + 1, 4096)
        status = 1
        try:
            work(writing)
            status = 0
        finally:
            os._exit(status)
    os.close(writing)
    said, in_time, interrupted = bytearray(), True, False
    deadline = time.monotonic() + seconds
    while True:
        if not select([reading], [], [], 0.05)[0]:
            if time.monotonic() < deadline and (interrupted or _cpu_s(pid) < cpu_s):
                continue
            if interrupted:
                in_time = False
                break
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGINT)
            interrupted, deadline = True, time.monotonic() + seconds
            continue
        if not (part := os.read(reading, 1 << 20)):
            break
        said += part
    os.close(reading)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, 0)
    return bytes(said), in_time


def _cpu_s(pid: int) -> float:
    used = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return sum(map(int, used)) / os.sysconf("SC_CLK_TCK")


def _graded(world: World, said: bytes, in_time: bool, deserved: float, seen: Seen) -> None:
    if not in_time:
        seen.batch.append("it never ends")
        return
    try:
        notebook = nbformat.reads(said.decode(), as_version=4)
    except Exception:
        seen.batch.append("its result is lost")
        return
    world.look_at_outputs(notebook, seen)
    try:
        points = sum(determine_grade(c)[0] for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade"))
    except ValueError:
        seen.batch.append("it cannot be scored")
        return
    if points > deserved:
        seen.points.append(f"{points:g} points, deserved {deserved:g}")


def _batch(world: World, attack: Attack, folder: Path, out: int) -> None:
    """Stands for the process that grades a batch: first the attack, then someone honest."""
    os.setsid()
    world.supervisor = os.getpid()
    notebook = world.notebook(attack)
    shutil.copytree(world.folder(attack), folder, symlinks=True, ignore=_fifos)
    seen = Seen()
    before, stood = reset_peak(), standing()
    limits = (SLOW_S, SLOW_CPU_S) if attack.slow else (CELLS_S, math.inf)
    said, in_time = _forked(lambda pipe: _cells(notebook, folder, pipe), *limits)
    _graded(world, said, in_time, attack.deserved, seen)
    if (growth := (peak() - before) / 1000) > MEMORY_MB:
        seen.batch.append(f"the batch took {growth:.0f} MB more")
    if standing() != stood:
        seen.reach.append("the batch's priority or limits are changed")
    said = b""
    space = world.root / "space-honest"
    shutil.rmtree(space, ignore_errors=True)
    space.mkdir()
    honest = world.honest()
    said, in_time = _forked(lambda pipe: _cells(honest, space, pipe), CELLS_S)
    checked = Seen()
    _graded(world, said, in_time, -1, checked)
    if checked.points != ["8 points, deserved -1"]:
        seen.batch.append(f"the honest submission came to {checked}")
    os.write(out, json.dumps(asdict(seen)).encode())


def _fifos(folder: str, names: list[str]) -> list[str]:
    return [name for name in names if (Path(folder) / name).is_fifo()]


def run_plain(world: World, attack: Attack) -> Seen:
    """Run one attack in plain execution and say what it reached."""
    baseline = set(processes())
    folder = world.root / f"space-{attack.name}"
    before = taken([world.temporary])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Python warns of forks of processes with threads
        said, in_time = _forked(lambda pipe: _batch(world, attack, folder, pipe), BATCH_S)
    try:
        seen = Seen(**json.loads(said))
    except ValueError:
        seen = Seen(batch=["the batch hangs" if not in_time else "the batch is dead"])
    if rest := left_behind(baseline, 0):
        seen.reach.append(f"left behind: {', '.join(process.name for process in rest)}")
        kill_all(rest)
    world.look_around(seen)
    if folder.is_symlink():
        folder.unlink()
    shutil.rmtree(folder, ignore_errors=True)
    if (more := taken([world.temporary]) - before) > 4:
        seen.reach.append(f"left {more:.0f} MB")
    return seen
