import asyncio
import contextlib
import logging
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import psutil
import pytest
from fastapi import FastAPI

from curriculum import lab
from curriculum.lab import servers

ECHO = """
import http.server, sys
class Echo(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(b"real")
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Echo).serve_forever()
"""
ECHO_COMMAND = [sys.executable, "-c", ECHO, "{port}"]


def get(url: str) -> httpx.Response:
    return httpx.get(url, trust_env=False, timeout=5)


def refuses(url: str) -> bool:
    with contextlib.suppress(httpx.ConnectError):
        get(url)
        return False
    return True


def comes_true(condition: Callable[[], bool], within_s: float = 20) -> bool:
    end = time.monotonic() + within_s
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    return condition()


def is_gone(process: psutil.Process) -> bool:
    """Whether it ended; a container without an init process may never collect what is left of it."""
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


class TestServe:
    def test_answers_on_loopback_and_stops(self) -> None:
        app = FastAPI()
        app.get("/")(lambda: {"a": 1})
        with lab.serve(app, ready="/") as url:
            assert url.startswith("http://127.0.0.1:")
            assert get(url).json() == {"a": 1}
        assert refuses(url)

    def test_two_servers_keep_their_ports_and_logs_apart(self) -> None:
        def app(name: str) -> FastAPI:
            made = FastAPI()

            @made.get("/")
            def fail() -> None:
                raise ValueError(f"planted in {name}")

            return made

        one, two = lab.serve(app("one")), lab.serve(app("two"))
        try:
            assert one.port != two.port
            assert get(one.url).status_code == 500
            assert comes_true(lambda: "planted in one" in one.logs())  # the answer goes out before the log line
            assert "planted" not in two.logs()
        finally:
            one.stop()
            two.stop()

    def test_writes_nothing_to_standard_error(self, tmp_path: Path) -> None:
        # In a process of its own: pytest's handlers would hide what logging's last resort prints.
        script = tmp_path / "quiet.py"
        script.write_text(
            textwrap.dedent("""
                import asyncio, httpx
                from curriculum import lab

                async def app(scope, receive, send):
                    if scope["type"] != "http":
                        raise ValueError("no lifespan here")
                    asyncio.create_task(fails())
                    raise RuntimeError("planted")

                async def fails():
                    raise RuntimeError("lost task")

                server = lab.serve(app)
                print(httpx.get(server.url, trust_env=False).status_code)
                server.stop()
                print("RuntimeError: planted" in server.logs())
            """)
        )
        done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=60)
        assert done.stdout.split() == ["500", "True"]
        assert done.stderr == ""

    def test_lifespan_runs_and_its_failure_is_the_reason(self) -> None:
        seen: list[str] = []

        @contextlib.asynccontextmanager
        async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
            seen.append("up")
            yield
            seen.append("down")

        with lab.serve(FastAPI(lifespan=lifespan)):
            assert seen == ["up"]
        assert seen == ["up", "down"]

        @contextlib.asynccontextmanager
        async def broken(_app: FastAPI) -> AsyncIterator[None]:
            raise FileNotFoundError("model.onnx is not there")
            yield

        with pytest.raises(lab.LabError, match=r"model\.onnx is not there") as raised:
            lab.serve(FastAPI(lifespan=broken))
        assert isinstance(raised.value.__cause__, FileNotFoundError)

    def test_start_that_never_ends_meets_the_deadline(self) -> None:
        @contextlib.asynccontextmanager
        async def endless(_app: FastAPI) -> AsyncIterator[None]:
            await asyncio.sleep(3600)
            yield

        with pytest.raises(lab.LabError, match=r"did not open its port within 0\.3 s"):
            lab.serve(FastAPI(lifespan=endless), deadline_s=0.3)

    def test_not_ready_is_said_with_the_path(self) -> None:
        with pytest.raises(lab.LabError, match=r"did not answer 2xx on /health within 0\.3 s"):
            lab.serve(FastAPI(), ready="/health", deadline_s=0.3)

    def test_a_request_that_never_ends_does_not_hold_up_the_stop(self) -> None:
        app = FastAPI()
        began = []

        @app.get("/")
        async def endless() -> None:
            began.append(True)
            await asyncio.sleep(3600)

        with lab.serve(app) as url, socket.create_connection(("127.0.0.1", int(url.rsplit(":")[-1]))) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert comes_true(lambda: bool(began))
        assert refuses(url)

    def test_runs_inside_a_running_loop(self) -> None:
        async def cell() -> int:
            with lab.serve(FastAPI()) as url:
                return get(url).status_code

        assert asyncio.run(cell()) == 404

    def test_leaves_uvicorn_log_without_handlers(self) -> None:
        with lab.serve(FastAPI()):
            pass
        assert not [h for h in logging.getLogger("uvicorn").handlers if isinstance(h, servers._ThreadLog)]

    def test_something_else_than_an_app(self) -> None:
        with pytest.raises(lab.LabError, match="not str"):
            lab.serve("main:app")  # type: ignore[arg-type]


class TestProcess:
    def test_answers_reports_itself_and_stops_with_its_children(self) -> None:
        parent = "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1], sys.argv[2]])"
        with lab.process([sys.executable, "-c", parent, ECHO, "{port}"], ready="/") as url:
            assert get(url).text == "real"
        server = lab.process([sys.executable, "-c", parent, ECHO, "{port}"], ready="/")
        tree = psutil.Process(server.pid).children(recursive=True)
        assert tree, "the server should have a child here"
        assert server.memory_mb() > 5
        assert get(server.url).text == "real"
        assert "GET / HTTP" in server.logs()
        server.stop()
        server.stop()  # a second time does nothing
        assert all(map(is_gone, tree))
        assert refuses(server.url)

    def test_port_can_come_through_the_environment(self) -> None:
        code = ECHO.replace("sys.argv[1]", "__import__('os').environ['AT']")
        with lab.process([sys.executable, "-c", code], env={"AT": "{port}"}) as url:
            assert get(url).text == "real"

    def test_early_end_is_reported_at_once_with_the_logs(self) -> None:
        code = (
            "import sys; [print('line', i) for i in range(30)]; print('no model found', file=sys.stderr); sys.exit(3)"
        )
        began = time.monotonic()
        with pytest.raises(lab.LabError) as raised:
            lab.process([sys.executable, "-c", code, "{port}"], ready="/", deadline_s=300)
        assert time.monotonic() - began < 150  # long before the deadline
        message = str(raised.value)
        assert "exit code 3" in message and "no model found" in message
        assert "line 29" in message and "line 5\n" not in message  # the last twenty lines only

    def test_deadline(self) -> None:
        code = "import time; print('still loading', flush=True); time.sleep(3600)"
        with pytest.raises(lab.LabError, match=r"(?s)did not answer 2xx on /ready within 1.5 s.*still loading"):
            lab.process([sys.executable, "-c", code, "{port}"], ready="/ready", deadline_s=1.5)

    def test_port_open_but_never_ready(self) -> None:
        code = ECHO.replace("200", "503")
        with pytest.raises(lab.LabError, match="did not answer 2xx on /ready"):
            lab.process([sys.executable, "-c", code, "{port}"], ready="/ready", deadline_s=1.5)

    def test_missing_program_folder_and_port(self, tmp_path: Path) -> None:
        with pytest.raises(lab.LabError, match="Could not start no-such-program"):
            lab.process(["no-such-program", "{port}"])
        with pytest.raises(lab.LabError, match="There is no folder"):
            lab.process(ECHO_COMMAND, cwd=tmp_path / "nowhere")
        with pytest.raises(lab.LabError, match=r"needs `\{port\}`"):
            lab.process([sys.executable, "-c", ECHO, "8000"])

    def test_busy_port_is_left_and_another_taken(self, monkeypatch: pytest.MonkeyPatch) -> None:
        stranger = FastAPI()
        stranger.get("/")(lambda: "stranger")
        with lab.serve(stranger) as url:
            ports = iter([int(url.rsplit(":")[-1]), servers._free_port()])
            monkeypatch.setattr(servers, "_free_port", lambda: next(ports))
            with lab.process(ECHO_COMMAND, ready="/") as mine:
                assert mine != url
                assert get(mine).text == "real"

    def test_busy_port_every_time(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with lab.serve(FastAPI()) as url:
            monkeypatch.setattr(servers, "_free_port", lambda: int(url.rsplit(":")[-1]))
            with pytest.raises(lab.LabError, match="3 times in a row"):
                lab.process(ECHO_COMMAND)

    @pytest.mark.parametrize("end", ["kill", "exit", "crash"])
    def test_ends_with_its_kernel(self, end: str, tmp_path: Path) -> None:
        script = tmp_path / "kernel.py"
        script.write_text(
            "import sys, time\nfrom curriculum import lab\n"
            f"server = lab.process({ECHO_COMMAND!r}, ready='/')\n"
            "print(server.pid, server.url, flush=True)\n"
            "sys.stdin.readline()\n"
            "if sys.argv[1] == 'crash': raise RuntimeError('a cell failed')\n"
            "if sys.argv[1] == 'kill': time.sleep(3600)\n"
        )
        kernel = subprocess.Popen(
            [sys.executable, script, end], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert kernel.stdout
        pid, url = kernel.stdout.readline().split()
        server = psutil.Process(int(pid))
        assert get(url).text == "real"
        if end == "kill":
            kernel.kill()
        kernel.communicate("end\n", timeout=60)
        assert comes_true(lambda: is_gone(server))
        assert refuses(url)

    @pytest.mark.skipif(not hasattr(os, "fork"), reason="forks keep the pipe open on POSIX only")
    def test_ends_with_its_kernel_although_a_fork_holds_the_pipe(self, tmp_path: Path) -> None:
        script = tmp_path / "kernel.py"
        script.write_text(
            "import os, time\nfrom curriculum import lab\n"
            f"server = lab.process({ECHO_COMMAND!r}, ready='/')\n"
            "fork = os.fork()\n"
            "if fork: print(server.pid, fork, flush=True)\n"
            "time.sleep(60)\n"
        )
        kernel = subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True)
        assert kernel.stdout
        pid, fork = map(int, kernel.stdout.readline().split())
        server = psutil.Process(pid)
        try:
            kernel.kill()
            kernel.wait(60)
            assert comes_true(lambda: is_gone(server))
            assert psutil.pid_exists(fork)
        finally:
            os.kill(fork, signal.SIGKILL)
            kernel.stdout.close()

    def test_server_that_ignores_the_request_to_end_is_killed(self) -> None:
        code = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + ECHO
        server = lab.process([sys.executable, "-c", code, "{port}"], ready="/")
        process = psutil.Process(server.pid)
        server.stop()
        assert is_gone(process)

    @pytest.mark.skipif(not hasattr(os, "getpgid"), reason="process groups are POSIX's")
    def test_interrupt_of_the_kernel_does_not_reach_the_server(self) -> None:
        server = lab.process(ECHO_COMMAND, ready="/")
        try:
            assert os.getpgid(server.pid) != os.getpgid(0)
        finally:
            server.stop()


def test_where_only_some_ports_are_allowed_one_of_them_is_chosen(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setenv("LAB_PORTS", f"{port}-{port}")
        with pytest.raises(lab.LabError, match=f"All ports from {port} to {port} are taken"):
            lab.serve(FastAPI())
    with lab.serve(FastAPI()) as url:
        assert url == f"http://127.0.0.1:{port}"
