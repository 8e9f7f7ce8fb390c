"""JupyterLab starts on loopback with a token, says its address, and stops when asked."""

import os
import re
import signal
import subprocess
import sys

import httpx
import nbformat
import psutil
import pytest

from curriculum import jupyter
from curriculum.course import ROOT, Course
from curriculum.errors import CourseError

PROGRAM = """
import sys, pathlib
from curriculum.course import Course
from curriculum.jupyter import run_jupyterlab
root = pathlib.Path(sys.argv[1])
run_jupyterlab(Course(root=root, work=root / "work"), root / "work" / "start.ipynb", browser=False)
"""


@pytest.fixture
def desk(tmp_path):
    (tmp_path / "work").mkdir()
    nbformat.write(nbformat.v4.new_notebook(), tmp_path / "work" / "start.ipynb")
    return tmp_path


def listens(process):
    return any(c.status == psutil.CONN_LISTEN for c in process.net_connections("tcp"))


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT to send to another process")
def test_serves_the_start_page_on_loopback_until_interrupted(desk):
    command = [sys.executable, "-u", "-c", PROGRAM, str(desk)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT) as lab:
        said = ""
        while not (found := re.search(r"(http://127\.0\.0\.1:\d+)(/lab/tree/work/start\.ipynb)\?token=(\S+)", said)):
            line = lab.stdout.readline()
            assert line, f"JupyterLab ended without an address:\n{said}"
            said += line
        base, page, token = found.groups()
        server = next(each for each in psutil.Process(lab.pid).children(recursive=True) if listens(each))
        listening = {c.laddr.ip for c in server.net_connections() if c.status == psutil.CONN_LISTEN}
        assert listening == {"127.0.0.1"}
        assert token not in " ".join(server.cmdline())
        assert httpx.get(f"{base}/api/contents", trust_env=False).status_code == 403
        assert httpx.get(f"{base}{page}?token={token}", trust_env=False, follow_redirects=True).status_code == 200
        lab.send_signal(signal.SIGINT)
        rest = lab.communicate(timeout=60)[0]
    assert "your work is kept" in rest
    assert "Traceback" not in rest
    assert not server.is_running()


def test_a_server_that_ends_at_once_is_said_with_its_last_words(desk, monkeypatch):
    ends = [sys.executable, "-c", "raise SystemExit('no such extension')", "{port}"]
    monkeypatch.setattr(jupyter, "_command", lambda course: ends)
    with pytest.raises(CourseError, match=r"(?s)`course doctor`.*exit code 1.*no such extension"):
        jupyter.run_jupyterlab(Course(root=desk, work=desk / "work"), desk / "work" / "start.ipynb", browser=False)
