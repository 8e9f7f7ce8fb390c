"""The fork server: imports once, then forks a kernel for whoever asks, watches it, and ends it with who asked.

Started by `client.WarmServer` with a listening socket. It is one loop in one thread, because only a process with one
thread can be forked safely. Nothing runs in it but imports.
"""

import builtins
import contextlib
import gc
import importlib
import os
import select
import shutil
import signal
import socket
import sys
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, SimpleNamespace

from grading.warm_kernels.kernel import Launch, become
from grading.warm_kernels.messages import receive, send

# The interpreter, the loader and numerical libraries read these once, when they start: a kernel that wants others than
# the server had must be an ordinary one.
READ_AT_START = ("PYTHON", "LD_", "OMP_", "OPENBLAS_", "GOTO_", "MKL_", "MALLOC_", "GLIBC_", "MPLCONFIG", "MATPLOTLIB")
# While the server imports: OpenBLAS and Arrow's allocator would start threads. `become` gives OpenBLAS its own back.
SINGLE_THREADED = {"OPENBLAS_NUM_THREADS": "1", "JE_ARROW_MALLOC_CONF": "background_thread:false"}
PATIENCE_S = 5  # for the rest of a message that has begun; one that stops in the middle must not stop everybody


@dataclass
class _Kernel:
    pid: int
    handle: int  # its pidfd
    asker: socket.socket


class Server:
    """Serves until its owner's process has ended, or has closed this one's standard input."""

    def __init__(self, listener: socket.socket, owner: int) -> None:
        """Prepare to serve; `owner` is the process that started this one."""
        self._listener = listener
        self._started_with = _read_at_start(dict(os.environ))
        self._kernels: list[_Kernel] = []
        self._owner = os.pidfd_open(owner)
        self._owner_has_ended = os.getppid() != owner  # then the number may be another process's by now

    def warm_up(self, imports: Sequence[str]) -> None:
        """Import modules, and make forks of this process cheap."""
        os.environ.update(SINGLE_THREADED)
        # pandas looks for this when it is imported, and prints wide frames otherwise in a kernel than in a terminal.
        vars(builtins)["get_ipython"] = lambda: SimpleNamespace(kernel=None)
        for name in imports:
            importlib.import_module(name)
        del vars(builtins)["get_ipython"]
        for module in list(sys.modules.values()):  # what a library warned of here, it shall warn of again in a kernel
            if isinstance(module, ModuleType):
                vars(module).pop("__warningregistry__", None)
        warnings.onceregistry.clear()  # type: ignore[attr-defined]
        gc.collect()
        gc.freeze()  # a collection in a kernel would touch, and so copy, every page

    def serve(self) -> Launch | None:
        """Fork kernels until the owner is gone, then end them. In the fork: return at once what it shall become."""
        while not self._owner_has_ended:
            file = self._wait()
            if file in (self._owner, sys.stdin.fileno()):
                self._owner_has_ended = True
            elif file == self._listener.fileno():
                if launch := self._accept():
                    return launch
            else:
                self._attend(file)
        for kernel in list(self._kernels):
            _signal(kernel, signal.SIGKILL)
            self._bury(kernel)
        # The owner does this too, unless it was killed.
        shutil.rmtree(Path(self._listener.getsockname()).parent, ignore_errors=True)
        return None

    def _wait(self) -> int:
        """One file with something to attend to: attending to it may close others, and their numbers be taken anew."""
        poll = select.poll()
        for file in (self._owner, sys.stdin.fileno(), self._listener.fileno()):
            poll.register(file, select.POLLIN)
        for kernel in self._kernels:
            poll.register(kernel.handle, select.POLLIN)
            poll.register(kernel.asker.fileno(), select.POLLIN)
        return poll.poll()[0][0]

    def _accept(self) -> Launch | None:
        asker, _ = self._listener.accept()
        asker.settimeout(PATIENCE_S)
        try:
            request, files = receive(asker)
        except EOFError:
            asker.close()
            return None
        problem = self._refusal(request["env"], request["cwd"])
        if problem:
            _tell(asker, {"refused": problem})
            asker.close()
        elif pid := os.fork():
            self._kernels.append(_Kernel(pid, os.pidfd_open(pid), asker))
            _tell(asker, {"pid": pid})
        else:
            os.setsid()  # as every kernel: an interrupt is for its whole group, and no other
            self._let_go(asker)
            return Launch(request["argv"], request["cwd"], request["env"], files)
        for file in files:
            os.close(file)
        return None

    def _refusal(self, environment: dict[str, str], folder: str) -> str:
        wanted = _read_at_start(environment)
        if differing := sorted(name for name, _ in wanted.items() ^ self._started_with.items()):
            return f"its environment differs from the fork server's in {', '.join(dict.fromkeys(differing))}"
        if not Path(folder).is_dir():
            return f"there is no folder {folder}"
        if (threads := len(list(Path("/proc/self/task").iterdir()))) > 1:
            return f"the fork server has {threads} threads, and only one with one can fork safely"
        return ""

    def _let_go(self, asker: socket.socket) -> None:
        """In the fork: close what is the server's, or the other kernels' ends would go unnoticed."""
        for kernel in self._kernels:
            os.close(kernel.handle)
            kernel.asker.close()
        asker.close()
        self._listener.close()
        os.close(self._owner)

    def _attend(self, file: int) -> None:
        for kernel in list(self._kernels):
            if file == kernel.handle:
                self._bury(kernel)
            elif file == kernel.asker.fileno():
                try:
                    message, _ = receive(kernel.asker)
                    _signal(kernel, message["signal"])
                except EOFError:  # who asked for it is gone
                    _signal(kernel, signal.SIGKILL)
                    self._bury(kernel)

    def _bury(self, kernel: _Kernel) -> None:
        """Take an ended kernel's exit status, and end what is left of its group. Until then no one gets its number."""
        os.waitid(os.P_PIDFD, kernel.handle, os.WEXITED | os.WNOWAIT)
        _signal(kernel, signal.SIGKILL)
        _, status = os.waitpid(kernel.pid, 0)
        self._kernels.remove(kernel)
        os.close(kernel.handle)
        _tell(kernel.asker, {"exit": os.waitstatus_to_exitcode(status)})
        kernel.asker.close()


def _read_at_start(environment: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name.startswith(READ_AT_START)}


def _signal(kernel: _Kernel, number: int) -> None:
    try:
        os.killpg(kernel.pid, number)
    except ProcessLookupError:  # it has been forked this moment, and has no group of its own yet
        os.kill(kernel.pid, number)


def _tell(asker: socket.socket, message: dict[str, object]) -> None:
    with contextlib.suppress(ConnectionError, TimeoutError):  # gone; `poll` says so too
        send(asker, message)


def main() -> None:
    """`python -m grading.warm_kernels.server SOCKET OWNER MODULE...`: serve, or become a kernel in a fork."""
    del sys.path[0]  # where this was started; a kernel would import from there
    listener = socket.socket(fileno=int(sys.argv[1]))
    server = Server(listener, int(sys.argv[2]))
    try:
        server.warm_up(sys.argv[3:])
    except ImportError as error:
        sys.exit(f"The fork server for kernels cannot import what it was asked to: {error}.")
    if launch := server.serve():
        become(launch)


if __name__ == "__main__":
    main()
