"""The world around a jail: what a submission should not reach, and the arena in which it tries."""

import json
import os
import secrets
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from grading.engine.jail import landlock

PROJECT = Path(__file__).resolve().parents[3]
ARENA = Path(__file__).with_name("arena.py")
NOBODY = 65534 - 1234  # an ordinary user whom no system uses
AS_ROOT = os.geteuid() == 0
PATIENCE_S = 20


@dataclass(frozen=True)
class Setting:
    """A tier, as whom it is used, and whether namespaces are really denied."""

    tier: str
    user: str

    def __str__(self) -> str:
        return f"{self.tier}-{self.user}"


def settings(*tiers: str) -> pytest.MarkDecorator:
    """Run the test for each tier named, as root and as an ordinary user where the tests run as root."""
    users = ("root", "ordinary") if AS_ROOT else ("ordinary",)
    found = [Setting(tier, user) for tier in tiers for user in users]
    return pytest.mark.parametrize("setting", found, ids=str)


def _interpreter_for_others() -> str | None:
    """A Python that an ordinary user can start: this one may lie under root's home."""
    for name in (sys.executable, "/usr/bin/python3", "/usr/local/bin/python3"):
        path = Path(name).resolve()
        if not path.is_file() or not all(parent.stat().st_mode & stat.S_IXOTH for parent in path.parents):
            continue
        version = subprocess.run([name, "-c", "import sys; print(sys.version_info >= (3, 11))"], capture_output=True)
        if version.stdout.strip() == b"True":
            return name
    return None


@dataclass
class World:
    """Things outside the jail, and a way to run code inside."""

    folder: Path
    code: Path
    marker: str
    outside: dict[str, Any]
    datagrams: socket.socket
    victims: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, setting: Setting, **asked: Any) -> tuple[subprocess.Popen[str], Callable[[], dict[str, Any]]]:
        """Start the arena; the second value waits for what it prints."""
        interpreter = sys.executable if setting.user == "root" or not AS_ROOT else _interpreter_for_others()
        if interpreter is None:
            pytest.skip("no Python here can be started by an ordinary user")
        program = subprocess.Popen(
            [interpreter, "-B", str(self.code / "arena.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd="/",
            env={"PATH": os.defpath, "TMPDIR": str(self.folder / "tmp"), "PYTHONPATH": str(self.code)},
            **(_as(setting)),
        )
        message = {
            "tier": setting.tier,
            "deny_namespaces": setting.tier == "landlock",
            "files": str(self.folder / "files"),
            "visible": [],
            "limits": {},
            "order": ["learner", "judge"] if asked.get("judge") else ["learner"],
            "marker": self.marker,
            "wait_to_be_killed": False,
            "outside": {**self.outside, "victim": self._victim(setting)},
            **asked,
        }
        assert program.stdin and program.stdout
        program.stdin.write(json.dumps(message))
        program.stdin.close()
        program.stdin = None  # for communicate

        def answer() -> dict[str, Any]:
            assert program.stdout and program.stderr
            line = program.stdout.readline()
            assert line, program.stderr.read()
            said: dict[str, Any] = json.loads(line)
            return said

        return program, answer

    def run(self, setting: Setting, learner: str, **asked: Any) -> dict[str, Any]:
        """What became of it."""
        program, answer = self.start(setting, learner=learner, **asked)
        try:
            return answer()
        finally:
            assert program.stdout and program.stderr
            program.wait(PATIENCE_S)
            program.stdout.close()
            program.stderr.close()

    def control(self, learner: str, user: str | None = None) -> Any:
        """What the same code achieves without a jail."""
        return self.run(Setting("none", user or ("root" if AS_ROOT else "ordinary")), learner)["learner"]

    def left_in_tmp(self) -> list[str]:
        return sorted(path.name for path in (self.folder / "tmp").iterdir())

    def _victim(self, setting: Setting) -> int:
        """A process of the user who grades."""
        if setting.user not in self.victims:
            self.victims[setting.user] = subprocess.Popen(["sleep", "600"], **_as(setting))
        return self.victims[setting.user].pid


def _as(setting: Setting) -> dict[str, Any]:
    return {"user": NOBODY, "group": NOBODY, "extra_groups": []} if AS_ROOT and setting.user == "ordinary" else {}


def until(condition: Callable[[], bool]) -> bool:
    """Wait for a condition; False when it has not come true in a time that is long for any machine."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


@pytest.fixture
def world() -> Iterator[World]:
    if sys.platform != "linux" or not landlock.version():
        pytest.skip("the tiers that isolate are for Linux with Landlock")
    folder = Path(tempfile.mkdtemp(prefix="jail-test-"))  # pytest's own folders are closed to other users
    folder.chmod(0o755)
    code = folder / "code"
    shutil.copytree(PROJECT / "grading" / "engine" / "jail", code / "grading" / "engine" / "jail")
    for package in (code / "grading", code / "grading" / "engine"):
        (package / "__init__.py").touch()
    shutil.copy(ARENA, code)
    for name, mode in (("files", 0o777), ("open", 0o777), ("tmp", 0o1777)):
        (folder / name).mkdir()
        (folder / name).chmod(mode)
    (folder / "secret").write_text("secret")
    (folder / "files" / "own.txt").write_text("own")
    (folder / "files" / "link").symlink_to(folder / "secret")
    abstract = f"\0jail-test-{secrets.token_hex(8)}"
    with (
        socket.create_server(("127.0.0.1", 0)) as service,
        socket.socket(socket.AF_UNIX) as by_path,
        socket.socket(socket.AF_UNIX) as by_name,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams,
    ):
        by_path.bind(str(folder / "open" / "socket"))
        (folder / "open" / "socket").chmod(0o777)
        by_name.bind(abstract)
        for unix in (by_path, by_name):
            unix.listen()
        datagrams.bind(("127.0.0.1", 0))
        datagrams.setblocking(False)
        outside = {
            "secret": str(folder / "secret"),
            "open": str(folder / "open"),
            "port": service.getsockname()[1],
            "datagrams": datagrams.getsockname()[1],
            "path": str(folder / "open" / "socket"),
            "name": abstract,
            "marker": (marker := f"marker-{secrets.token_hex(8)}"),
        }
        made = World(folder, code, marker, outside, datagrams)
        yield made
    for victim in made.victims.values():
        victim.kill()
        victim.wait()
    shutil.rmtree(folder)
