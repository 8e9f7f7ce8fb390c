"""Runs jobs in a few processes of their own, one at a time in each, so that one that dies loses only itself."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Generic, TypeVar

J = TypeVar("J")
R = TypeVar("R")


@dataclass
class _Worker(Generic[J]):
    process: BaseProcess
    pipe: Connection
    job: J | None = None


def run_jobs(work: Callable[[J], R], jobs: Sequence[J], workers: int) -> Iterator[tuple[J, R | None]]:
    """Run `work` on every job, and yield each with its result as it ends; None when its process died.

    `work` is a module's function, and must not raise. When the caller stops early, by Ctrl-C for example, or dies,
    the processes stop too, in the middle of their jobs.
    """
    waiting = list(reversed(jobs))
    running: list[_Worker[J]] = []
    try:
        for _ in range(min(workers, len(jobs))):
            running.append(_start(work))
            _give(running[-1], waiting)
        while busy := {worker.pipe: worker for worker in running if worker.job is not None}:
            for pipe in wait(list(busy)):
                worker = busy[pipe]  # type: ignore[index]  # wait gives back what it got
                job = worker.job
                assert job is not None
                try:
                    result = worker.pipe.recv()
                except EOFError:
                    result = None
                    _stop(worker)
                    running.remove(worker)
                    if waiting:
                        worker = _start(work)
                        running.append(worker)
                _give(worker, waiting)
                yield job, result
    finally:
        for worker in running:
            _stop(worker)


def _start(work: Callable[[J], R]) -> _Worker[J]:
    # Threads and open sockets of this process do not survive a fork; a fresh interpreter is the same on every system.
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(work, theirs), daemon=True)
    process.start()
    theirs.close()  # so that the end of the process is the end of the pipe
    return _Worker(process, ours)


def _give(worker: _Worker[J], waiting: list[J]) -> None:
    worker.job = waiting.pop() if waiting else None
    if worker.job is not None:
        worker.pipe.send(worker.job)


def _stop(worker: _Worker[J]) -> None:
    worker.process.terminate()
    worker.process.join()
    worker.pipe.close()


def _serve(work: Callable[[J], R], pipe: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
    threading.Thread(target=_end_with_parent, daemon=True).start()
    while True:
        try:
            job = pipe.recv()
        except EOFError:
            return
        pipe.send(work(job))


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)  # kernels notice within a second that their parent is gone, and end
