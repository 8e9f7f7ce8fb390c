"""How much of the machine one submission may use."""

import resource
from dataclasses import dataclass

_MB = 1024 * 1024
_CPU_GRACE_S = 5
_ENTRIES, _ENTRIES_A_MB = 1024, 64


@dataclass(frozen=True)
class Limits:
    """The most that a submission may use; those of a cell are enforced by who runs the cell, the rest by the jail."""

    cell_cpu_s: float = 60
    cell_wall_s: float = 180
    total_cpu_s: float = 600
    memory_mb: int = 2048
    disk_mb: int = 256
    processes: int = 256
    files: int = 1024
    output_mb: int = 8

    @property
    def disk_bytes(self) -> int:
        """What the files may take."""
        return self.disk_mb * _MB

    @property
    def entries(self) -> int:
        """How many files and folders there may be."""
        return _ENTRIES + _ENTRIES_A_MB * self.disk_mb


def apply(limits: Limits, processes: int | None) -> None:
    """Put the limits on this process and on all that it starts; `processes` is the value for RLIMIT_NPROC, if any.

    Memory is limited by RLIMIT_DATA: RLIMIT_AS counts address space, of which threads and onnxruntime reserve gigabytes
    that they never touch. Where the system allows less already, that stays.
    """
    cpu = round(limits.total_cpu_s)
    wanted = {
        resource.RLIMIT_CPU: (cpu, cpu + _CPU_GRACE_S),
        resource.RLIMIT_DATA: (limits.memory_mb * _MB, limits.memory_mb * _MB),
        resource.RLIMIT_NOFILE: (limits.files, limits.files),
        resource.RLIMIT_FSIZE: (limits.disk_mb * _MB, limits.disk_mb * _MB),
        resource.RLIMIT_CORE: (0, 0),
    }
    if processes is not None:
        wanted[resource.RLIMIT_NPROC] = (processes, processes)
    for which, (soft, hard) in wanted.items():
        _, allowed = resource.getrlimit(which)
        if allowed != resource.RLIM_INFINITY:
            soft, hard = min(soft, allowed), min(hard, allowed)
        resource.setrlimit(which, (soft, hard))
