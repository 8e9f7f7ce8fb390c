"""How much of the machine one submission may use."""

from dataclasses import dataclass
from pathlib import Path

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
    that they never touch. What the template's libraries hold comes on top: regopy's allocator reserves 256 GB as data,
    and where less is allowed than is held no thread starts. Where the system allows less already, that stays.
    """
    import resource  # Windows has none, and reads this file for the limits above

    cpu, data = round(limits.total_cpu_s), limits.memory_mb * _MB + _held()
    wanted = {
        resource.RLIMIT_CPU: (cpu, cpu + _CPU_GRACE_S),
        resource.RLIMIT_DATA: (data, data),
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


def _held() -> int:
    """Bytes of data that this process has mapped, as RLIMIT_DATA counts them; 0 where no file says it."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmData:")), 0)
