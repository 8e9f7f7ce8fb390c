"""What jupyter_client calls to start a kernel whose kernel.json names `course-warm-kernels`."""

import asyncio
import sys
import warnings
from pathlib import Path
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning import LocalProvisioner

from grading.warm_kernels.client import ColdError, WarmKernel, launch, why_cold


class WarmProvisioner(LocalProvisioner):
    """Starts a kernel by forking, and an ordinary one, with a warning, where that cannot be."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Start `cmd`, which must be ipykernel's own command for a fork to stand in for it."""
        try:
            self.process: Any = await asyncio.to_thread(_fork, cmd, kwargs)
        except ColdError as error:
            warnings.warn(str(error), RuntimeWarning, stacklevel=2)  # few set up a log for kernels
            return await super().launch_kernel(cmd, **kwargs)
        self.pid, self.cwd = self.process.pid, kwargs.get("cwd")
        return self.connection_info


def _fork(cmd: list[str], how: dict[str, Any]) -> WarmKernel:
    if problem := why_cold():
        raise ColdError(problem)
    files = [_descriptor(how.get(name), standard) for name, standard in (("stdout", 1), ("stderr", 2))]
    if cmd[:3] != [sys.executable, "-m", "ipykernel_launcher"] or how.get("independent") or min(files) < 0:
        raise ColdError(
            "A forked kernel is this environment's own, ends with who started it, and writes to open files; what was "
            "asked for is another. An ordinary kernel starts instead."
        )
    return launch(cmd[3:], str(how.get("cwd") or Path.cwd()), how["env"], files)


def _descriptor(file: Any, standard: int) -> int:
    if file is None:
        return standard
    return int(file) if isinstance(file, int) else int(file.fileno())
