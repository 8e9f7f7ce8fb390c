"""One fork server for all tests of this folder, and kernels of it."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from jupyter_client.blocking import BlockingKernelClient
from jupyter_client.manager import KernelManager, start_new_kernel

from grading import warm_kernels
from grading.warm_kernels.client import WarmServer, why_cold


class Kernel:
    """A running kernel that answers with what an expression is."""

    def __init__(self, manager: KernelManager, client: BlockingKernelClient) -> None:
        self.manager = manager
        self.client = client

    def run(self, source: str) -> dict:
        """Run a cell; `text` is what it wrote, `values` the data of its results, `error` the name of its error."""
        seen = {"text": "", "values": [], "error": ""}

        def look(message: dict) -> None:
            content = message["content"]
            seen["text"] += content.get("text", "")
            seen["error"] += content.get("ename", "")
            seen["values"] += [content["data"]] if "data" in content else []

        self.client.execute_interactive(source, timeout=60, output_hook=look)
        return seen

    def value(self, expression: str) -> object:
        """What an expression is, as far as its repr can be read back."""
        ran = self.run(f"print(repr({expression}))")
        assert not ran["error"], ran
        return eval(ran["text"])


@pytest.fixture(scope="session")
def jupyter_path() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_PATH", str(warm_kernels.JUPYTER_PATH))
        yield


@pytest.fixture(scope="session")
def server(jupyter_path: None) -> Iterator[WarmServer]:
    if problem := why_cold():
        pytest.skip(problem)
    with WarmServer() as server:
        yield server


@contextmanager
def _started(**how: object) -> Iterator[Kernel]:
    with Path(os.devnull).open("w") as nowhere:
        manager, client = start_new_kernel(**{"kernel_name": warm_kernels.KERNEL, "stderr": nowhere, **how})
        try:
            yield Kernel(manager, client)
        finally:
            client.stop_channels()
            manager.shutdown_kernel(now=True)


@pytest.fixture
def start(server: WarmServer) -> Callable[..., object]:
    """A context manager that starts a kernel."""
    return _started


@pytest.fixture(scope="module")
def warm(server: WarmServer) -> Iterator[Kernel]:
    """A kernel for the tests that leave it as it is."""
    with _started() as kernel:
        yield kernel


@pytest.fixture
def is_gone() -> Callable[[int], bool]:
    """Whether a process has ended, waiting ten seconds at most."""

    def ask(pid: int) -> bool:
        try:
            psutil.Process(pid).wait(10)
        except psutil.NoSuchProcess:
            return True
        except psutil.TimeoutExpired:
            return False
        return True

    return ask


@pytest.fixture
def start_without_server(jupyter_path: None, monkeypatch: pytest.MonkeyPatch) -> Callable[..., object]:
    """The same where no other process shares its fork server."""
    monkeypatch.delenv("COURSE_WARM_KERNELS", raising=False)
    return _started
