"""Runs submissions on a Dask cluster: the same unit of work as at home, sent to workers that hold an engine each.

What goes out is a rebuilt notebook, the files beside it and the unit's profile; what comes back is the executed
notebook. The gradebook stays with the process that asked. A worker that dies is started again by its nanny, and the
scheduler gives what it held to another.
"""

import tempfile
from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import nbformat
from distributed import Client, Future, KilledWorker, Worker, WorkerPlugin, get_worker
from nbformat import NotebookNode

from curriculum.course import ROOT
from curriculum.errors import CourseError
from grading.engine.gradebook import folder_hash
from grading.engine.jail import Tier
from grading.engine.profile import Profile
from grading.engine.run import Engine, Ran
from grading.engine.runners import STOPPED
from grading.engine.submission import SetAsideError

CONNECT_S = 30
AHEAD = 2  # submissions that are sent for every thread of the cluster: one runs, one waits beside it


class _EngineOnWorker(WorkerPlugin):
    """Gives a worker process an engine of its own, from its start to its end."""

    def __init__(self, name: str, version: str, isolation: Tier | None) -> None:
        self.name, self._version, self._isolation = name, version, isolation

    def setup(self, worker: Worker) -> None:
        if _version() != self._version:
            raise CourseError(
                f"The worker {worker.address} has another version of this course; install the same there."
            )
        self.engine = Engine(ROOT, self._isolation)

    def teardown(self, worker: Worker) -> None:
        self.engine.close()


def _version() -> str:
    return folder_hash(ROOT / "grading" / "engine") + folder_hash(ROOT / "curriculum" / "lab")


class Cluster:
    """A runner on the workers of a cluster; see `grading.engine.runners`."""

    def __init__(self, client: Client, address: str, plugin: str, slots: int | None) -> None:
        """Use the workers on which the plug-in is set up, for `slots` submissions at once."""
        self._client, self._address, self._plugin = client, address, plugin
        self._running: set[Future] = set()
        self._is_stopped = False
        said = client.run(_announcement, plugin)
        threads = sum(client.nthreads().values())
        self.slots = slots or AHEAD * threads
        self.announcement = f"{len(said)} workers at {address}. {' '.join(sorted(set(said.values())))}"

    def run(self, notebook: NotebookNode, folder: Path, profile: Profile) -> Ran:
        """Run a notebook on a worker. Raises `CourseError` when the cluster is gone."""
        files = {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in folder.rglob("*")
            if path.is_file() and not path.is_symlink()
        }
        job = {"notebook": nbformat.writes(notebook), "files": files, "profile": profile}
        try:
            if self._is_stopped:
                raise CourseError(STOPPED)
            future = self._client.submit(_run, self._plugin, job, key=f"grade-{uuid4().hex}", pure=False)
            self._running.add(future)
            try:
                done = future.result()
            finally:
                self._running.discard(future)
        except KilledWorker:
            raise SetAsideError("the workers that ran it died, one after the other (too little memory?).") from None
        except (CancelledError, OSError) as error:
            if self._is_stopped:
                raise CourseError(STOPPED) from None
            raise CourseError(
                f"The cluster at {self._address} does not answer any more; what was finished is kept. "
                "Run the same command again to go on."
            ) from error
        return Ran(
            nbformat.reads(done["notebook"], as_version=4), tuple(done["remarks"]), done["seconds"], done["cpu_s"]
        )

    def stop(self) -> None:
        """Take back what is under way."""
        self._is_stopped = True
        self._client.cancel(list(self._running), force=True)


@contextmanager
def open_cluster(address: str, isolation: Tier | None, slots: int | None) -> Iterator[Cluster]:
    """Set up an engine on every worker of the cluster whose scheduler is at `address`, and end them afterwards.

    Raises `CourseError` when there is no such cluster, it has no workers, or one of them cannot give the isolation.
    """
    try:
        client = Client(address, timeout=CONNECT_S, set_as_default=False, name="course-grade")
    except (OSError, ValueError) as error:
        raise CourseError(f"There is no Dask scheduler at {address}; start `dask scheduler` there.") from error
    with client:
        if not client.nthreads():
            raise CourseError(f"The Dask scheduler at {address} has no workers; start `dask worker {address}`.")
        name = f"course-engine-{uuid4().hex}"
        client.register_plugin(_EngineOnWorker(name, _version(), isolation))
        try:
            yield Cluster(client, address, name, slots)
        finally:
            client.unregister_worker_plugin(name)


def _announcement(plugin: str, dask_worker: Worker) -> str:
    return _engine(dask_worker, plugin).announcement


def _engine(worker: Worker, plugin: str) -> Engine:
    held = worker.plugins[plugin]
    assert isinstance(held, _EngineOnWorker)
    return held.engine


def _run(plugin: str, job: dict[str, Any]) -> dict[str, Any]:
    """What a worker does."""
    with tempfile.TemporaryDirectory(prefix="submission-") as place:
        folder = Path(place)
        for name, content in job["files"].items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        notebook = nbformat.reads(job["notebook"], as_version=4)
        ran = _engine(get_worker(), plugin).run(notebook, folder, job["profile"])
    return {
        "notebook": nbformat.writes(ran.notebook),
        "remarks": list(ran.remarks),
        "seconds": ran.seconds,
        "cpu_s": ran.cpu_s,
    }
