"""Starts JupyterLab on the learner's desk: on this machine only, on a free port, without calling anywhere."""

import os
import secrets
import sys
import webbrowser
from pathlib import Path

import psutil

from curriculum import lab
from curriculum.course import Course
from curriculum.errors import CourseError

READY_WITHIN_S = 90
SETTINGS = Path(__file__).resolve().parent / "jupyter_settings"


def run_jupyterlab(course: Course, page: Path, browser: bool) -> None:
    """Run JupyterLab until it is stopped; print its address, and open `page` in a browser where there is one.

    It ends with this process, however that ends. Raises `CourseError` when it does not answer within
    `READY_WITHIN_S` seconds.
    """
    print("Starting JupyterLab …", flush=True)
    token = secrets.token_urlsafe(24)
    try:
        server = lab.process(_command(course), "/api", READY_WITHIN_S, _environment(token), course.root)
        with server:
            address = f"{server.url}/lab/tree/{page.relative_to(course.root).as_posix()}?token={token}"
            print(
                f"\nJupyterLab is ready. Open this address:\n\n  {address}\n\nCtrl-C stops it; your work is kept.",
                flush=True,
            )
            if browser:
                _open(address)
            psutil.wait_procs([psutil.Process(server.pid)])  # until someone shuts it down from its menu
    except lab.LabError as error:
        raise CourseError(f"JupyterLab did not start; `course doctor` says what is missing. {error}") from error
    except KeyboardInterrupt:
        print("\nJupyterLab has stopped; your work is kept.", flush=True)


def _command(course: Course) -> list[str]:
    return [
        *(sys.executable, "-m", "jupyterlab", "--no-browser"),
        *("--ServerApp.ip=127.0.0.1", "--ServerApp.port={port}", "--ServerApp.port_retries=0"),
        *(f"--ServerApp.root_dir={course.root}", f"--FileContentsManager.preferred_dir={course.work}"),
        "--allow-root",  # a container's only user is often root; the server is on loopback and asks for a token
        # No news feed, no update check, no extension catalogue: each of them calls out.
        *("--LabApp.news_url=None", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"),
        "--LabApp.extension_manager=readonly",
    ]


def _environment(token: str) -> dict[str, str]:
    return {
        "JUPYTER_TOKEN": token,  # other people on the machine can read a command line
        "PATH": _before("PATH", str(Path(sys.executable).parent)),  # nbgrader runs `alembic` from PATH
        # Quiet start: no question about news; predictions are shown again when a notebook is reopened.
        "JUPYTER_CONFIG_PATH": _before("JUPYTER_CONFIG_PATH", str(SETTINGS)),
    }


def _before(variable: str, folder: str) -> str:
    return os.pathsep.join([folder, *filter(None, [os.environ.get(variable)])])


def _open(address: str) -> None:
    try:
        webbrowser.get()
    except webbrowser.Error:
        return  # a machine without a browser: the address above is what the person needs
    webbrowser.open(address)
