"""Jupyter kernels that start by forking: for nbval, papermill, nbclient, or whatever starts kernels by their name.

A kernel that imports the scientific stack takes three seconds to begin, nearly all of it imports. Here one process, the
fork server, imports the stack once and runs nothing; each kernel is a fork of it that becomes an ordinary ipykernel.

    os.environ["JUPYTER_PATH"] = str(warm_kernels.JUPYTER_PATH)   # Jupyter finds the kernel here; nothing is installed
    papermill.execute_notebook(..., kernel_name=warm_kernels.KERNEL)
    pytest --nbval --nbval-kernel-name=python3-warm

Each process has a fork server of its own, started with its first kernel and ended with the process, even one that is
killed. `WarmServer` shares one with the processes that this one starts. A warm kernel is as trusted as any kernel: this
is no jail, and grading does not use it. Where a system cannot fork safely, the ordinary kernel starts instead.
"""

from pathlib import Path

KERNEL = "python3-warm"
JUPYTER_PATH = Path(__file__).parent  # Jupyter looks for `kernels/NAME/kernel.json` below it
