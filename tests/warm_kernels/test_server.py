"""The fork server ends with its owner, its kernels end with whoever asked for them, and nothing stays behind."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from grading.warm_kernels import KERNEL
from grading.warm_kernels.client import ColdError, WarmServer, launch, why_cold

pytestmark = pytest.mark.skipif(bool(why_cold()), reason=why_cold())
LIGHT = ["ipykernel.kernelapp", "ipykernel.ipkernel", "ipykernel.zmqshell"]
# A process with a kernel tells the kernel's number and its server's, and waits to be killed.
ASKER = f"""
import os, sys
from jupyter_client.manager import start_new_kernel
from grading.warm_kernels import client
manager, _ = start_new_kernel(kernel_name="{KERNEL}")
own = client._own
print(manager.provisioner.pid, *([own.pid, own.address] if own else []), flush=True)
sys.stdin.read()
"""


def asker():
    process = subprocess.Popen([sys.executable, "-c", ASKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    return process, process.stdout.readline().split()


def kill(process):
    process.kill()
    process.communicate()


def test_an_owner_that_is_killed_leaves_nothing(jupyter_path, monkeypatch, is_gone):
    monkeypatch.delenv("COURSE_WARM_KERNELS", raising=False)
    process, (kernel, server, address) = asker()
    assert Path(address).exists()
    kill(process)
    assert is_gone(int(server)) and is_gone(int(kernel))
    assert not Path(address).parent.exists()


def test_a_shared_server_outlives_who_asked_it_and_the_kernel_does_not(server, is_gone):
    process, (kernel,) = asker()
    kill(process)
    assert is_gone(int(kernel))
    assert not server.has_ended


def test_a_kernel_whose_server_is_killed_ends(jupyter_path, start_without_server, is_gone):
    with WarmServer(LIGHT) as server, start_without_server() as kernel:
        process = kernel.manager.provisioner.process
        os.kill(server.pid, signal.SIGKILL)
        assert is_gone(process.pid)
        assert process.wait() == -signal.SIGKILL
        server.close()
        assert not Path(server.address).parent.exists()


def test_whoever_says_nothing_or_nonsense_stops_nobody(server, start):
    with socket.socket(socket.AF_UNIX) as silent, socket.socket(socket.AF_UNIX) as broken:
        silent.connect(server.address)
        broken.connect(server.address)
        broken.sendall(b"this is no message\n")
        silent.close()
        with start() as kernel:
            assert kernel.value("1 + 1") == 2


def test_a_block_that_ends_takes_its_address_back(monkeypatch):
    monkeypatch.setenv("COURSE_WARM_KERNELS", "/before")
    with WarmServer(LIGHT) as server:
        assert os.environ["COURSE_WARM_KERNELS"] == server.address
    assert os.environ["COURSE_WARM_KERNELS"] == "/before"
    with pytest.raises(ColdError, match="has ended"):
        launch([], "/", {}, [1, 2])
