"""Starts JupyterLab on the learner's desk: on this machine only, on a free port, without calling anywhere."""

import os
import secrets
import socket
import subprocess
import sys
import webbrowser
from pathlib import Path

import httpx
from tenacity import RetryError, retry, retry_if_exception_type, retry_if_result, stop_after_delay, wait_fixed

from curriculum.course import Course
from curriculum.errors import CourseError

READY_WITHIN_S = 90
SETTINGS = Path(__file__).resolve().parent / "jupyter_settings"


def run_jupyterlab(course: Course, page: Path, browser: bool) -> None:
    """Run JupyterLab until it is stopped; print its address, and open `page` in a browser where there is one.

    Raises `CourseError` when it does not answer within `READY_WITHIN_S` seconds.
    """
    print("Starting JupyterLab …", flush=True)
    port, token = _free_port(), secrets.token_urlsafe(24)
    base = f"http://127.0.0.1:{port}"
    address = f"{base}/lab/tree/{page.relative_to(course.root).as_posix()}?token={token}"
    # The token goes through the environment: other people on the machine can read a command line.
    server = subprocess.Popen(_command(course, port), cwd=course.root, env=_environment(token))
    try:
        _wait_until_ready(server, base, token)
        print(
            f"\nJupyterLab is ready. Open this address:\n\n  {address}\n\nCtrl-C stops it; your work is kept.",
            flush=True,
        )
        if browser:
            _open(address)
        server.wait()
    except KeyboardInterrupt:
        print("\nStopping JupyterLab; your work is kept.", flush=True)
    finally:
        server.terminate()  # Jupyter shuts its kernels down first, and each kernel its servers
        server.wait(timeout=30)


def _command(course: Course, port: int) -> list[str]:
    return [
        *(sys.executable, "-m", "jupyterlab", "--no-browser"),
        *("--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}", "--ServerApp.port_retries=0"),
        *(f"--ServerApp.root_dir={course.root}", f"--FileContentsManager.preferred_dir={course.work}"),
        "--allow-root",  # a container's only user is often root; the server is on loopback and asks for a token
        *("--ServerApp.log_level=ERROR", "--LabApp.log_level=ERROR"),
        # No news feed, no update check, no extension catalogue: each of them calls out.
        *("--LabApp.news_url=None", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"),
        "--LabApp.extension_manager=readonly",
    ]


def _environment(token: str) -> dict[str, str]:
    scripts = str(Path(sys.executable).parent)  # nbgrader runs `alembic` from PATH
    return os.environ | {
        "JUPYTER_TOKEN": token,
        "PATH": _before("PATH", scripts),
        # Quiet start: no question about news; predictions are shown again when a notebook is reopened.
        "JUPYTER_CONFIG_PATH": _before("JUPYTER_CONFIG_PATH", str(SETTINGS)),
    }


def _before(variable: str, folder: str) -> str:
    return os.pathsep.join([folder, *filter(None, [os.environ.get(variable)])])


def _wait_until_ready(server: subprocess.Popen[bytes], base: str, token: str) -> None:
    @retry(
        stop=stop_after_delay(READY_WITHIN_S),
        wait=wait_fixed(0.1),
        retry=retry_if_exception_type(httpx.TransportError) | retry_if_result(lambda ready: not ready),
    )
    def ready() -> bool:
        if server.poll() is not None:
            raise CourseError(
                f"JupyterLab stopped at once with exit code {server.returncode}; `course doctor` says what is missing."
            )
        response = httpx.get(f"{base}/api/status", headers={"Authorization": f"token {token}"}, trust_env=False)
        return response.status_code == httpx.codes.OK

    try:
        ready()
    except RetryError:
        raise CourseError(
            f"JupyterLab did not answer within {READY_WITHIN_S} s; `course doctor` says what is missing."
        ) from None


def _open(address: str) -> None:
    try:
        webbrowser.get()
    except webbrowser.Error:
        return  # a machine without a browser: the address above is what the person needs
    webbrowser.open(address)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
