"""Servers that a lesson starts: an ASGI app in a thread, or a program in a process of its own.

Both listen on a free port of 127.0.0.1, are checked to be ready before the lesson goes on, keep their log lines to
themselves, and end with the `with` block, or with the kernel at the latest, even when it is killed.
"""

import asyncio
import atexit
import contextlib
import logging
import os
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx
import psutil
import tenacity
import uvicorn

from curriculum.lab import _watchdog
from curriculum.lab._beside import beside
from curriculum.lab.errors import LabError

HOST = "127.0.0.1"
START_TRIES = 3
LINES_KEPT = 1000
LINES_SHOWN = 20
STOP_S = 2.0
LOOK_S = 0.05  # between two looks at a server that starts
CLOSING_S = 0.005
TICKS_A_SECOND = 10  # of uvicorn's, which renews the date that answers carry at every tenth

Ready = Callable[[], bool]


class _Server:
    """What both kinds of server share. As a context manager it yields the url and stops the server at the end."""

    url: str
    port: int

    def __init__(self) -> None:
        self._lines: deque[str] = deque(maxlen=LINES_KEPT)

    def logs(self) -> str:
        """The last log lines of the server, at most 1,000."""
        return "\n".join(list(self._lines))

    def stop(self) -> None:
        """End the server. Does nothing when it has ended already."""
        raise NotImplementedError

    def __enter__(self) -> str:
        return self.url

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _failure(self, what: str) -> LabError:
        lines = "\n".join(f"    {line}" for line in list(self._lines)[-LINES_SHOWN:])
        return LabError(
            f"{what} Its last log lines:\n{lines}\nMend what they say and run the cell again."
            if lines
            else f"{what} It wrote nothing. Check the command or the app, and run the cell again."
        )


# ---------------------------------------------------------------------------------------------- an app in a thread


class _Uvicorn(uvicorn.Server):
    """Starts and ends at once; uvicorn's own looks ten times a second whether it should end, and then waits again."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_up = threading.Event()
        self._leave = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)
        self.is_up.set()

    def leave(self) -> None:
        """End the server, from any thread."""
        self.should_exit = True
        if self._loop:
            with contextlib.suppress(RuntimeError):  # the loop is closed: it has ended
                self._loop.call_soon_threadsafe(self._leave.set)

    async def main_loop(self) -> None:
        tick = 0
        while not await self.on_tick(tick):
            tick += TICKS_A_SECOND
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._leave.wait(), 1)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        await asyncio.sleep(CLOSING_S)  # by then, connections on which nothing is under way are closed
        if self.server_state.connections or self.server_state.tasks:
            await super().shutdown(sockets)
            return
        for each in sockets or []:
            each.close()
        await self.lifespan.shutdown()


class AppServer(_Server):
    """An ASGI app run by uvicorn in a background thread; made by `serve`."""

    def __init__(self, app: Callable[..., Any], ready: str | None, deadline_s: float) -> None:
        """Start the app and wait for it."""
        super().__init__()
        self._app = app
        self._app_error: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._socket = _listen(backlog=2048)
        self.port = self._socket.getsockname()[1]
        self.url = f"http://{HOST}:{self.port}"
        self._uvicorn = _Uvicorn(
            uvicorn.Config(
                self._guarded,
                interface="asgi3",
                log_config=None,
                log_level="info",
                access_log=False,  # one line a request would push the lines that matter out of the buffer
                timeout_graceful_shutdown=int(STOP_S),
            )
        )
        self._thread = threading.Thread(target=self._run, name=f"serve:{self.port}", daemon=True)
        self._handler = _ThreadLog(self._lines, self._thread)
        _uvicorn_log().addHandler(self._handler)
        self._thread.start()
        atexit.register(self.stop)
        try:
            self._wait(ready, deadline_s)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End the server: finish what is being answered, at most for about two seconds, then cancel it."""
        atexit.unregister(self.stop)
        self._uvicorn.leave()
        self._thread.join(STOP_S + 1)
        if self._thread.is_alive() and self._loop and self._task:
            self._loop.call_soon_threadsafe(self._task.cancel)
            self._thread.join(1)
        if self._thread.is_alive():
            self._lines.append("The app is still busy in code that does not yield; its port is closed all the same.")
        self._socket.close()
        _uvicorn_log().removeHandler(self._handler)

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=self._uvicorn.config.get_loop_factory()) as runner:
                runner.run(self._main())
        except BaseException as error:  # SystemExit is how uvicorn ends when the app does not start; `_wait` reports it
            self._app_error = self._app_error or error

    async def _main(self) -> None:
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        self._loop.set_exception_handler(self._loop_error)
        await self._uvicorn.serve(sockets=[self._socket])

    def _loop_error(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        self._lines.append(f"{context['message']}: {context.get('exception')!r}")

    async def _guarded(self, scope: Any, receive: Any, send: Any) -> None:
        """The app, with the error of its start-up kept: uvicorn reports it as text only."""
        try:
            await self._app(scope, receive, send)
        except BaseException as error:
            if scope["type"] == "lifespan":
                self._app_error = error
            raise

    def _wait(self, ready: str | None, deadline_s: float) -> None:
        def is_up() -> bool:
            if not self._thread.is_alive():
                failure = self._failure(f"The app did not start: {self._app_error!r}.")
                raise failure from self._app_error
            return self._uvicorn.is_up.wait(LOOK_S)

        _wait_until(self, [is_up, *_answers(self.url, ready)], deadline_s, ready)


class _ThreadLog(logging.Handler):
    """Keeps what one server's thread logs, so that it reaches the reader when asked for and never standard error."""

    def __init__(self, lines: deque[str], thread: threading.Thread) -> None:
        super().__init__()
        self._lines = lines
        self._thread = thread

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self._thread.ident:
            self._lines.extend(self.format(record).splitlines())


def _uvicorn_log() -> logging.Logger:
    log = logging.getLogger("uvicorn")
    log.propagate = False
    return log


@beside
def serve(app: Callable[..., Any], ready: str | None = None, deadline_s: float = 10.0) -> AppServer:
    """Run an ASGI app (FastAPI, Starlette, …) in a background thread and return when it is ready.

    `with serve(app) as url:` gives the address and stops the server at the end; `server = serve(app)` has `.url`,
    `.port`, `.logs()` and `.stop()`. With `ready="/path"` the server counts as ready once that path answers 2xx,
    else once the app has started. The app shares this Python process, so that a test can look inside it; measure the
    speed of a server with `process`, where it does not share the interpreter with the load.

    Raises `LabError`, caused by the app's own error, when it does not start, or is not ready in `deadline_s` seconds.
    """
    if not callable(app):
        raise LabError(f"serve() needs an ASGI app such as FastAPI(), not {type(app).__name__}.")
    return AppServer(app, ready, deadline_s)


# -------------------------------------------------------------------------------------------- a program in a process


class ProcessServer(_Server):
    """A server program in its own process, ended by a watchdog when the kernel is gone; made by `process`."""

    def __init__(
        self,
        command: Sequence[str],
        ready: str | None,
        deadline_s: float,
        env: Mapping[str, str],
        cwd: Path | str | None,
    ) -> None:
        """Start the program and wait for it."""
        super().__init__()
        self.port = _free_port()
        self.url = f"http://{HOST}:{self.port}"
        self.pid = 0
        self._name = " ".join(self._filled(part) for part in command)
        self._watchdog = subprocess.Popen(
            # -P: the watchdog's folder holds modules such as `data` that must not hide others.
            [sys.executable, "-P", _watchdog.__file__, str(os.getpid()), *map(self._filled, command)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **{name: self._filled(value) for name, value in env.items()}},
            **_OWN_GROUP,
        )
        threading.Thread(target=self._read, name=f"logs:{self.port}", daemon=True).start()
        atexit.register(self.stop)
        try:
            _wait_until(self, [self._listens, *_answers(self.url, ready)], deadline_s, ready)
        except BaseException:
            self.stop()
            raise

    def memory_mb(self) -> float:
        """Memory of the server and its children now, in megabytes (10⁶ bytes).

        Proportional set size where the system tells it (Linux), which counts shared pages once; else resident size.
        Raises `LabError` when the server has ended.
        """
        if not (tree := self._tree()):
            raise self._failure(f"The server `{self._name}` has ended.")
        return sum(map(_memory, tree)) / 1e6

    def stop(self) -> None:
        """End the server and all of its children: asked first, killed three seconds later."""
        atexit.unregister(self.stop)
        with contextlib.suppress(OSError):  # the watchdog may have gone already
            self._watchdog.stdin.close()  # type: ignore[union-attr]
        try:
            self._watchdog.wait(2 * _watchdog.GRACE_S + 1)
        except subprocess.TimeoutExpired:
            _watchdog.end_tree(psutil.Process(self._watchdog.pid))
            self._watchdog.wait()

    def _filled(self, text: object) -> str:
        return str(text).replace("{port}", str(self.port))

    def _read(self) -> None:
        with self._watchdog.stdout as pipe:  # type: ignore[union-attr]
            for raw in pipe:
                line = raw.decode(errors="replace").rstrip()
                if not self.pid and line.startswith(_watchdog.PID_LINE):
                    self.pid = int(line.removeprefix(_watchdog.PID_LINE))
                else:
                    self._lines.append(line)

    def _tree(self) -> list[psutil.Process]:
        try:
            server = psutil.Process(self.pid)
            return [server, *server.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def _listens(self) -> bool:
        """Whether the port is open, and open in this server: another program may have taken the number meanwhile."""
        if (code := self._watchdog.poll()) is not None:
            time.sleep(0.05)  # the reader of the log may be a line behind
            if not _is_free(self.port):
                raise _PortTaken(self.port)
            raise self._failure(f"The server `{self._name}` ended with exit code {code} before it was ready.")
        if not self.pid or _is_free(self.port):
            return False
        return any(_holds(member, self.port) for member in self._tree())


class _PortTaken(Exception):
    """Another program took the port between our choosing it and the server's binding it."""


def process(
    command: Sequence[str],
    ready: str | None = None,
    deadline_s: float = 30.0,
    env: Mapping[str, str] | None = None,
    cwd: Path | str | None = None,
) -> ProcessServer:
    """Start a server program on a free port and return when it is ready.

    `{port}` in the command, or in a value of `env`, becomes the port: the program must listen there on 127.0.0.1.
    With `ready="/path"` it is ready once that path answers 2xx, else once the port is open. `env` is added to the
    environment. `with process(…) as url:` gives the address and stops the server at the end; the object has `.url`,
    `.port`, `.pid`, `.logs()`, `.memory_mb()` and `.stop()`.

    Raises `LabError` with the last log lines when the program ends early or is not ready in `deadline_s` seconds.
    """
    env = env or {}
    if not any("{port}" in str(part) for part in [*command, *env.values()]):
        raise LabError("process() needs `{port}` in its command or in env: the server must be told where to listen.")
    if cwd is not None and not Path(cwd).is_dir():
        raise LabError(f"There is no folder {cwd} to start the server in; make it first, or mend `cwd`.")
    for _ in range(START_TRIES):
        with contextlib.suppress(_PortTaken):
            return ProcessServer(command, ready, deadline_s, env, cwd)
    raise LabError(f"Another program took the port {START_TRIES} times in a row; run the cell again.")


# The kernel's interrupt (Ctrl-C, the stop button) goes to its whole process group; servers must live through it.
_OWN_GROUP: dict[str, Any]
if sys.platform == "win32":
    _OWN_GROUP = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
else:
    _OWN_GROUP = {"start_new_session": True}


# ------------------------------------------------------------------------------------------------------- being ready


def _wait_until(server: _Server, checks: Sequence[Ready], deadline_s: float, ready: str | None) -> None:
    """Wait until every check holds, in order. Raises what a check raises, and `LabError` at the deadline."""
    retry = tenacity.Retrying(
        stop=tenacity.stop_after_delay(deadline_s),
        wait=tenacity.wait_exponential(multiplier=0.002, max=0.05),
        retry=tenacity.retry_if_result(lambda is_ready: not is_ready),
    )
    try:
        retry(lambda: all(check() for check in checks))
    except tenacity.RetryError:
        goal = f"answer 2xx on {ready}" if ready else "open its port"
        raise server._failure(f"The server at {server.url} did not {goal} within {deadline_s:g} s.") from None


def _answers(url: str, ready: str | None) -> list[Ready]:
    if ready is None:
        return []

    def answers() -> bool:
        try:
            return httpx.get(url + ready, timeout=2, trust_env=False).is_success
        except httpx.HTTPError:
            return False

    return [answers]


def _free_port() -> int:
    with _listen() as probe:
        return int(probe.getsockname()[1])


def _listen(backlog: int = 1) -> socket.socket:
    """A socket on a free port: any, or one of `LAB_PORTS` ("20000-20031") where a grader allows no others.

    Raises `LabError` when all of those are taken.
    """
    if not (allowed := os.environ.get("LAB_PORTS")):
        return socket.create_server((HOST, 0), backlog=backlog)
    first, last = map(int, allowed.split("-"))
    for port in range(first, last + 1):
        with contextlib.suppress(OSError):
            return socket.create_server((HOST, port), backlog=backlog, reuse_port=False)
    raise LabError(f"All ports from {first} to {last} are taken; stop a server, and run the cell again.")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) != 0


def _holds(member: psutil.Process, port: int) -> bool:
    try:
        connections = member.net_connections("tcp")
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:  # macOS, sometimes: then the open port has to be proof enough
        return True
    return any(c.status == psutil.CONN_LISTEN and c.laddr.port == port for c in connections)


def _memory(member: psutil.Process) -> int:
    try:
        memory = member.memory_full_info() if psutil.LINUX else member.memory_info()
    except psutil.NoSuchProcess:
        return 0
    return int(getattr(memory, "pss", memory.rss))
