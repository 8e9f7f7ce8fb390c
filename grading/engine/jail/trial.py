"""Tries a tier in a process of its own: `python -m grading.engine.jail.trial full`. Ends with 0 when the tier holds.

What is tried is what a submission must not do, and that it can still do its own work.
"""

import os
import socket
import sys
import tempfile
from pathlib import Path
from typing import NoReturn

from grading.engine.jail import seccomp
from grading.engine.jail.jail import Jail
from grading.engine.jail.limits import Limits
from grading.engine.jail.tiers import Role, Tier

DENY_NAMESPACES = "deny-namespaces"


def main(words: list[str]) -> None:
    """Try the tier named first; further words change the circumstances."""
    tier = Tier(words[0])
    if DENY_NAMESPACES in words[1:]:
        seccomp.install(seccomp.compiled(seccomp.no_namespaces()))
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as service:
        planted = Path(folder, "planted")
        planted.write_text("not for a submission")
        files = Path(folder, "files")
        files.mkdir()
        (files / "own").write_text("own")
        try:
            held = _holds(tier, files, planted, service.getsockname()[1])
        except OSError as error:
            print(error)
            held = False
    sys.exit(0 if held else 1)


def _holds(tier: Tier, files: Path, planted: Path, port: int) -> bool:
    jail = Jail(tier, [Path(sys.base_prefix)])
    space = jail.space(files, Limits())
    statuses = []
    roles: tuple[Role, ...] = ("learner", "judge")
    try:
        for role in roles:
            child = jail.fork(space, role, keep=[1, 2])
            if child == 0:
                _act(tier, role, planted, port)
            statuses.append(os.waitpid(child, 0)[1])
    finally:
        space.close()
    return not any(statuses)


def _act(tier: Tier, role: Role, planted: Path, port: int) -> NoReturn:
    status = 1
    try:
        escaped = tier is not Tier.LIMITS and (_can_read(planted) or _can_connect(port))
        works = Path("own").read_text() == "own" and (role == "judge" or _can_write(Path("new")))
        status = 0 if works and not escaped else 1
    finally:
        os._exit(status)


def _can_read(path: Path) -> bool:
    try:
        return bool(path.read_text())
    except OSError:
        return False


def _can_write(path: Path) -> bool:
    try:
        return bool(path.write_text("new"))
    except OSError:
        return False


def _can_connect(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


if __name__ == "__main__":
    main(sys.argv[1:])
