"""The template process: imports once, runs nothing of a submission, and forks a learner's and a judge's process each.

It holds no test, no solution and no gradebook. `client.py` is the other end of its control socket.
"""

import contextlib
import gc
import importlib
import os
import pkgutil
import random
import shutil
import signal
import socket
import sys
import tempfile
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from grading.engine.jail import FilesError, Jail, Limits, Space, Tier
from grading.engine.template.messages import receive, send

Become = Callable[[], None]  # what a fork goes on with, after the frames of the template are gone


@dataclass
class _Pair:
    learner: int
    judge: int
    space: Space


class _Template:
    """Answers requests until the supervisor is gone."""

    def __init__(self, control: socket.socket, jail: Jail, shell: Any, primed: bool = False) -> None:
        self.control, self.jail, self.shell, self.primed = control, jail, shell, primed
        self.pairs: dict[int, _Pair] = {}
        self.random = _random_state()

    def serve(self) -> Become | None:
        """Serve. In a fork, returns what the fork is to do; in the template, None when it should end."""
        while True:
            try:
                message, fds = receive(self.control, most_fds=1)
            except (EOFError, OSError):
                self._end_all()
                return None
            become = getattr(self, f"_do_{message['do']}")(message, fds)
            if become is not None:
                return become

    def _do_pair(self, message: dict[str, Any], fds: list[int]) -> Become | None:
        limits = Limits(**message["limits"])
        (job,) = fds
        theirs, ours = socket.socketpair()
        space = None
        try:
            space = self.jail.space(Path(message["folder"]), limits)
            learner = self.jail.fork(space, "learner", keep=[theirs.fileno()])
            if learner == 0:
                return lambda: self._become_learner(theirs.detach())
            judge = self.jail.fork(space, "judge", keep=[job, ours.fileno()])
            if judge == 0:
                return lambda: self._become_judge(job, ours.detach())
        except OSError as error:
            self._close(job, theirs, ours)
            if space is not None:
                space.close()
            what = {"refused": str(error)} if isinstance(error, FilesError) else {"problem": _said(error)}
            send(self.control, what)
            return None
        self._close(job, theirs, ours)  # else the judge would not notice that the learner's process has ended
        self.pairs[message["id"]] = _Pair(learner, judge, space)
        # Numbers of processes mean something else to the supervisor where the jail has a PID namespace; files do not.
        handles = [os.pidfd_open(pid) for pid in (learner, judge)] if hasattr(os, "pidfd_open") else []
        send(self.control, {"learner": learner, "judge": judge}, handles)
        for handle in handles:
            os.close(handle)
        return None

    @staticmethod
    def _close(job: int, *ends: socket.socket) -> None:
        os.close(job)
        for end in ends:
            end.close()

    def _do_end(self, message: dict[str, Any], fds: list[int]) -> None:
        pair = self.pairs.pop(message["id"])
        send(self.control, self._end(pair))

    def _do_prime(self, message: dict[str, Any], fds: list[int]) -> Become | None:
        (control,) = fds
        child = os.fork()
        if child == 0:
            return lambda: self._become_primed(socket.socket(fileno=control), message["cells"])
        os.close(control)
        send(self.control, {"primed": child})
        return None

    def _end(self, pair: _Pair) -> dict[str, Any]:
        used = {}
        for name, pid in (("learner", pair.learner), ("judge", pair.judge)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            _, status, usage = os.wait4(pid, 0)
            used[name] = {
                "status": os.waitstatus_to_exitcode(status),
                "cpu_s": usage.ru_utime + usage.ru_stime,
                "memory_mb": usage.ru_maxrss / 1024,
            }
        pair.space.sweep()
        pair.space.close()
        return used

    def _end_all(self) -> None:
        for pair in self.pairs.values():
            self._end(pair)

    def _become_learner(self, wire: int) -> None:
        from grading.engine.learner.main import main

        self._new_process()
        main(wire, self.shell)

    def _become_judge(self, job: int, wire: int) -> None:
        from grading.engine.judge.main import main

        self._new_process()
        main(job, wire, self.shell, self.primed)

    def _new_process(self) -> None:
        for name in ("PYTHONPATH", "PYTHONMALLOC", "GLIBC_TUNABLES"):  # for the template, not for what children start
            os.environ.pop(name, None)
        os.environ["HOME"] = str(Path.cwd())
        signal.signal(signal.SIGINT, signal.default_int_handler)
        self.pairs.clear()
        if _random_state() == self.random and not self.primed:
            random.seed()
            if numpy := sys.modules.get("numpy"):
                numpy.random.seed()

    def _become_primed(self, control: socket.socket, cells: list[str]) -> None:
        """Run the author's cells that come before a learner's first one, then serve as a template that has run them."""
        from grading.engine.learner.shell import Runner

        self.control.close()
        self.control = control
        self.pairs.clear()
        scratch = Path(tempfile.mkdtemp(prefix="primed-"))
        os.chdir(scratch)
        runner = Runner(self.shell)
        outputs = [runner.run_cell(cell) for cell in cells]
        runner.close()
        why = ""
        if any(output["output_type"] == "error" for shown in outputs for output in shown):
            why = "a cell failed"
        elif _threads() > 1:
            why = "a cell left a thread behind"
        elif any(scratch.iterdir()):
            why = "a cell wrote a file"
        os.chdir("/")
        shutil.rmtree(scratch, ignore_errors=True)
        send(control, {"outputs": outputs, "why_not": why})
        if why:
            return
        self.primed = True
        _settle()
        _run(self)


def _said(error: OSError) -> str:
    return f"{type(error).__name__}: {error}"


def _threads() -> int:
    """Threads of this process, those of libraries too."""
    return sum(1 for _ in Path("/proc/self/task").iterdir())


def _random_state() -> tuple[Any, ...]:
    numpy = sys.modules.get("numpy")
    return random.getstate(), numpy.random.get_state()[1].tobytes() if numpy else b""


def _import_rooms() -> None:
    """Import all that the forks run: their jail does not show them these files."""
    for room in ("wire", "learner", "judge"):
        package = importlib.import_module(f"grading.engine.{room}")
        for module in pkgutil.iter_modules(package.__path__):
            importlib.import_module(f"{package.__name__}.{module.name}")


def _import(names: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """Import modules, and say why for each that could not be; also which ones left a thread behind."""
    problems, threaded = {}, []
    for name in names:
        threads = _threads()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                importlib.import_module(name)
        except Exception as error:  # an import can fail in any way; the submission's own import will say so
            problems[name] = f"{type(error).__name__}: {error}"
        if _threads() > threads:
            threaded.append(name)
    return problems, threaded


def _forget_warnings() -> None:
    # A warning that was shown once while importing would not be shown again in any submission.
    for module in list(sys.modules.values()):
        if isinstance(module, ModuleType):
            vars(module).pop("__warningregistry__", None)


def _settle() -> None:
    """Move what is in memory out of the collector's sight, so that forks share its pages."""
    _forget_warnings()
    gc.collect()
    gc.freeze()


def _run(template: _Template) -> None:
    become = template.serve()
    if become is not None:
        del template
        become()
    os._exit(0)  # Python's own end would visit everything that was imported


def main() -> None:
    """Set up by the first message, then serve."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the supervisor's
    control = socket.socket(fileno=int(sys.argv[1]))
    settings, _ = receive(control)
    try:
        jail = Jail(Tier(settings["tier"]), [Path(path) for path in settings["visible"]])
    except OSError as error:
        send(control, {"problem": _said(error)})
        return
    _import_rooms()
    from grading.engine.learner.shell import make_shell, warm

    problems, threaded = _import(settings["imports"])
    if threaded:  # a process that forks has one thread: another takes its place, without these
        send(control, {"threaded": threaded})
        os._exit(0)
    shell = make_shell(settings["output_bytes"])
    warm(shell)
    _settle()
    if _threads() > 1:
        send(control, {"problem": f"it has {_threads()} threads before it forks"})
        return
    send(control, {"ready": True, "problems": problems})
    _run(_Template(control, jail, shell))


if __name__ == "__main__":
    main()
