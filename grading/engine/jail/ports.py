"""A block of TCP ports for each submission that shares the machine's network."""

import os
import random
import socket
import sys

FIRST, LAST = 20000, 32767  # below those that Linux hands out by itself
BLOCK = 32
VARIABLE = "LAB_PORTS"


class Ports:
    """A block in which nothing listened when it was taken; no other grader of this machine takes it meanwhile."""

    def __init__(self) -> None:
        """Take a block. Raises OSError when none is free."""
        starts = list(range(FIRST, LAST - BLOCK + 2, BLOCK))
        random.Random(os.urandom(8)).shuffle(starts)
        for start in starts:
            block = range(start, start + BLOCK)
            if (lock := _locked(start)) is None:
                continue
            if all(_is_free(port) for port in block):
                self.block, self._lock = block, lock
                return
            lock.close()
        raise OSError(f"No {BLOCK} free ports in a row between {FIRST} and {LAST}.")

    def __str__(self) -> str:
        """As in the environment variable: first and last, such as 20000-20031."""
        return f"{self.block[0]}-{self.block[-1]}"

    def release(self) -> None:
        """Let others take the block."""
        self._lock.close()


def _locked(start: int) -> socket.socket | None:
    """An abstract UNIX name is a lock that goes with its holder, however that ends."""
    if sys.platform != "linux":
        raise OSError("Blocks of ports are for Linux.")
    lock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
    try:
        lock.bind(f"\0course-grading-ports-{start}")
    except OSError:
        lock.close()
        return None
    return lock


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("0.0.0.0", port))
        except OSError:
            return False
    return True
