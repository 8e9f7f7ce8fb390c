"""Running cells can be interrupted: the caller gets its KeyboardInterrupt, and no kernel stays behind."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

PROGRAM = """
import pathlib, sys
import nbformat
from grading.engine.execute import run_notebook
cell = nbformat.v4.new_code_cell("open('started', 'w').close()\\nimport time\\ntime.sleep(600)")
try:
    run_notebook(nbformat.v4.new_notebook(cells=[cell]), pathlib.Path(sys.argv[1]))
except KeyboardInterrupt:
    print("interrupted")
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT to send to another process")
def test_ctrl_c_ends_a_run_and_its_kernel(tmp_path):
    command = [sys.executable, "-c", PROGRAM, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        deadline = time.monotonic() + 60
        while not (tmp_path / "started").exists():
            assert run.poll() is None and time.monotonic() < deadline, "the cell did not start"
            time.sleep(0.05)
        kernels = psutil.Process(run.pid).children(recursive=True)
        run.send_signal(signal.SIGINT)
        said, complaints = run.communicate(timeout=60)
    assert kernels and not [kernel for kernel in kernels if kernel.is_running()]
    assert (said.strip(), "Traceback" in complaints) == ("interrupted", False)
