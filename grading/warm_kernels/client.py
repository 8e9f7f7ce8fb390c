"""The asking side: starts a fork server, asks it for kernels, and holds them."""

import atexit
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from grading.warm_kernels.messages import receive, send

ADDRESS = "COURSE_WARM_KERNELS"  # where a server listens that another process shares with this one
IMPORTS = (
    "curriculum.lab",  # first: it turns telemetry off before a library can read that it is on
    "numpy",
    "pandas",
    "sklearn.compose",
    "sklearn.ensemble",
    "sklearn.linear_model",
    "sklearn.pipeline",
    "sklearn.preprocessing",
    "matplotlib.pyplot",
    "onnxruntime",
    "fastapi",
    "httpx",
    "uvicorn",
    "ipykernel.kernelapp",
    "ipykernel.ipkernel",
    "ipykernel.zmqshell",
    "threadpoolctl",
)
ROOT = Path(__file__).resolve().parents[2]


class ColdError(Exception):
    """There is no warm kernel to be had; the text says why."""


def why_cold(platform: str = sys.platform) -> str:
    """Why kernels cannot be forked on this system, in a sentence; empty where they can."""
    if platform == "linux" and hasattr(os, "pidfd_open"):
        return ""
    return (
        f"Kernels are forked on Linux only, and this is {platform}: Windows cannot fork, and system libraries of macOS "
        "break in a fork. An ordinary kernel starts instead."
    )


class WarmServer:
    """A fork server, which ends with this process at the latest. As a context manager it ends with the block.

    Inside the block, this process and those that it starts take their kernels from this server.
    """

    def __init__(self, imports: Sequence[str] = IMPORTS) -> None:
        """Start the server; it imports while the caller goes on."""
        self._owner = os.getpid()
        self._folder = Path(tempfile.mkdtemp(prefix="warm-kernels-"))
        self.address = str(self._folder / "s")
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(self.address)
            listener.listen()
            handle = str(listener.fileno())
            self._process = subprocess.Popen(
                [sys.executable, "-m", "grading.warm_kernels.server", handle, str(self._owner), *imports],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                pass_fds=[listener.fileno()],
                start_new_session=True,  # Ctrl-C is for this process, which then decides
            )
        self.pid = self._process.pid
        atexit.register(self.close)

    def close(self) -> None:
        """End the server and its kernels, and wait for it. A fork of the process that started it does nothing."""
        atexit.unregister(self.close)
        if os.getpid() == self._owner and self._process.stdin:
            self._process.stdin.close()
            self._process.wait()
            shutil.rmtree(self._folder, ignore_errors=True)  # the server has done so, unless it was killed

    @property
    def has_ended(self) -> bool:
        """Whether there is no server any more."""
        return self._process.poll() is not None

    def __enter__(self) -> "WarmServer":
        """Share it with the processes that this one starts."""
        self._before = os.environ.get(ADDRESS)
        os.environ[ADDRESS] = self.address
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop sharing, and end it."""
        if self._before is None:
            del os.environ[ADDRESS]
        else:
            os.environ[ADDRESS] = self._before
        self.close()


class WarmKernel:
    """A kernel that the server has forked: as much of `subprocess.Popen` as a provisioner asks for."""

    stdin = stdout = stderr = None  # never pipes

    def __init__(self, connection: socket.socket, pid: int) -> None:
        """Hold a kernel; it ends when the connection does."""
        self._connection = connection
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """The exit status, negative for a signal; None while it runs."""
        if self.returncode is None and select.select([self._connection], [], [], 0)[0]:
            return self.wait()
        return self.returncode

    def wait(self) -> int:
        """Wait for the end, and return the exit status. A kernel whose server was killed counts as killed."""
        if self.returncode is None:
            try:
                message, _ = receive(self._connection)
                self.returncode = int(message["exit"])
            except EOFError:
                self.returncode = -signal.SIGKILL
            self._connection.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal to the kernel and its group, unless it has ended."""
        if self.poll() is None:
            try:
                send(self._connection, {"signal": int(number)})
            except ConnectionError:
                self.poll()  # it has ended this moment

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)


def launch(argv: Sequence[str], folder: str, environment: dict[str, str], files: Sequence[int]) -> WarmKernel:
    """Fork a kernel with ipykernel's arguments. `files` are descriptors for its standard output and error.

    The server is the one that this process was given, else its own. Raises `ColdError` when it cannot.
    """
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(os.environ.get(ADDRESS) or _own_address())
        send(connection, {"argv": list(argv), "cwd": folder, "env": environment}, files)
        answer, _ = receive(connection)
    except (OSError, EOFError):
        connection.close()
        raise ColdError("The fork server for kernels has ended. An ordinary kernel starts instead.") from None
    if "refused" in answer:
        connection.close()
        raise ColdError(f"This kernel cannot be forked: {answer['refused']}. An ordinary kernel starts instead.")
    return WarmKernel(connection, answer["pid"])


_own: WarmServer | None = None
_starting = threading.Lock()


def _own_address() -> str:
    global _own
    with _starting:
        if _own is None or _own.has_ended:
            _own = WarmServer()
        return _own.address
