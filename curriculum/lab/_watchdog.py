"""Runs a server and ends it, with all of its children, when the process that asked for it is gone.

Started as `python _watchdog.py PARENT_PID COMMAND...` with a pipe as standard input, whose other end only the parent
holds. However the parent ends, kill -9 included, the system closes the pipe, and that is the sign. A process that the
parent forked holds the pipe too, so the parent's pid is watched besides. Needs psutil and nothing of the course.
"""

import os
import subprocess
import sys
import threading
from collections.abc import Callable

import psutil

GRACE_S = 3.0
POLL_S = 0.25
PID_LINE = "[server pid] "


def end_tree(process: psutil.Process, grace_s: float = GRACE_S) -> None:
    """Ask a process and its descendants to end, wait `grace_s` seconds, then kill what is left."""
    try:
        tree = [*process.children(recursive=True), process]
    except psutil.NoSuchProcess:
        return
    for member in tree:
        _signal(member.terminate)
    _, left = psutil.wait_procs(tree, timeout=grace_s)
    for member in left:
        for child in _children(member):  # born after the list was made
            _signal(child.kill)
        _signal(member.kill)
    psutil.wait_procs(left, timeout=grace_s)


def main(parent_pid: int, command: list[str]) -> int:
    """Run `command` until it ends or the parent does; returns the command's exit code, 127 when it does not start."""
    try:
        server = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    except OSError as error:
        print(f"Could not start {command[0]}: {error.strerror or error}", flush=True)
        return 127
    print(f"{PID_LINE}{server.pid}", flush=True)
    orphaned = threading.Event()
    threading.Thread(target=_wait_for_end_of_input, args=(orphaned,), daemon=True).start()
    while not orphaned.wait(POLL_S):
        if server.poll() is not None:
            return server.returncode
        if not psutil.pid_exists(parent_pid):
            break
    end_tree(psutil.Process(server.pid))
    return server.wait(GRACE_S)


def _wait_for_end_of_input(orphaned: threading.Event) -> None:
    os.read(sys.stdin.fileno(), 1)  # nothing is ever written; a buffered read would hold a lock that exit needs
    orphaned.set()


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _signal(send: Callable[[], None]) -> None:
    try:
        send()
    except psutil.NoSuchProcess:
        return


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2:]))
