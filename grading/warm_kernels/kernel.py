"""What a fork of the server does to become an ordinary kernel: everything that a process is given when it starts."""

import importlib.util
import os
import random
import signal
import sys
import tempfile
import time
from dataclasses import dataclass

INLINE = "module://matplotlib_inline.backend_inline"  # as ipykernel sets it for itself


@dataclass(frozen=True)
class Launch:
    """How a kernel starts: ipykernel's arguments, working folder, environment; files for standard output and error."""

    argv: list[str]
    folder: str
    environment: dict[str, str]
    files: list[int]


def become(launch: Launch) -> None:
    """Run a kernel in this process until it is shut down. The caller then lets the interpreter end as usual."""
    server = os.getppid()
    nothing = os.open(os.devnull, os.O_RDONLY)
    for number, file in enumerate([nothing, *launch.files]):
        os.dup2(file, number)
        os.close(file)
    os.chdir(launch.folder)
    os.environ.clear()
    # ipykernel watches its parent by this number, and the parent is the server.
    os.environ.update(launch.environment | {"JPY_PARENT_PID": str(server)})
    time.tzset()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    launcher = importlib.util.find_spec("ipykernel_launcher")
    assert launcher is not None and launcher.origin is not None
    sys.argv = [launcher.origin, *launch.argv]
    sys.orig_argv = [sys.executable, "-m", "ipykernel_launcher", *launch.argv]
    _renew_libraries()

    from ipykernel.kernelapp import IPKernelApp

    # ipykernel read the variable when the server imported it, hence the argument.
    IPKernelApp.launch_instance([*launch.argv, f"--IPKernelApp.parent_handle={server}"])


def _renew_libraries() -> None:
    """Undo what forks would share, and what libraries have read from the server's environment."""
    tempfile.tempdir = None
    random.seed()
    loaded = sys.modules
    if "curriculum.lab.telemetry" in loaded:
        loaded["curriculum.lab.telemetry"].turn_off()
    if "numpy.random" in loaded:
        loaded["numpy.random"].seed()
    if "matplotlib" in loaded:
        loaded["matplotlib"].rcParams["backend"] = os.environ.get("MPLBACKEND", INLINE)
    if "threadpoolctl" in loaded:  # numpy and scipy, each with an OpenBLAS of its own
        loaded["threadpoolctl"].threadpool_limits(_blas_threads(), user_api="blas")


def _blas_threads() -> int:
    """As many as OpenBLAS would have chosen."""
    for name in ("OPENBLAS_NUM_THREADS", "GOTO_NUM_THREADS", "OMP_NUM_THREADS"):
        if os.environ.get(name, "").isdecimal() and int(os.environ[name]) > 0:
            return int(os.environ[name])
    return len(os.sched_getaffinity(0))
