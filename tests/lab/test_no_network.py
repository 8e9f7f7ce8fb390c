"""Nothing that a lesson uses speaks to anything but this machine: no telemetry, no update check, no download.

Two nets: an audit hook in every Python process, which stops a connection before it happens, and strace, where it is
installed, which also sees what compiled code does.
"""

import ipaddress
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import matplotlib
import pytest

from curriculum.lab import telemetry

EXERCISE = Path(__file__).with_name("no_network_exercise.py")

# Python imports this at the start of every process that has its folder on PYTHONPATH.
HOOK = """
import os, sys

def watch(event, values):
    if event == "socket.getaddrinfo" or event == "socket.gethostbyname":
        host = values[0]
    elif event in ("socket.connect", "socket.sendto") and isinstance(values[1], tuple):
        host = values[1][0]
    else:
        return
    host = host.decode() if isinstance(host, bytes) else host
    if host in (None, "", "localhost", "::1", "0.0.0.0") or host.startswith("127."):
        return
    with open(os.environ["NO_NETWORK_REPORT"], "a") as report:
        report.write(f"{event} {values!r} in {sys.argv}\\n")
    raise OSError(f"not allowed to leave this machine: {event} {host}")

sys.addaudithook(watch)
"""

CALL = re.compile(
    r"\b(?:connect|sendto|sendmsg)\(.*?sa_family=AF_INET6?,.*?(?:inet_addr\(|inet_pton\(AF_INET6, )\"([^\"]+)\""
)


def outside(trace: Iterable[str]) -> list[str]:
    """The lines of strace's output that address another machine."""
    return [line for line in trace if (call := CALL.search(line)) and not ipaddress.ip_address(call[1]).is_loopback]


def environment(folder: Path, home: Path) -> dict[str, str]:
    (folder / "sitecustomize.py").write_text(HOOK, encoding="utf-8")
    # Without what turns telemetry off: the lab has to do that by itself.
    kept = {name: value for name, value in os.environ.items() if name not in telemetry.SETTINGS}
    paths = {name: str(home) for name in ("HOME", "USERPROFILE", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME")}
    paths["MPLCONFIGDIR"] = matplotlib.get_cachedir()  # its list of fonts takes seconds to make
    return {**kept, **paths, "PYTHONPATH": str(folder), "NO_NETWORK_REPORT": str(folder / "report.txt")}


def strace_works() -> bool:
    """Whether strace is there and allowed: some containers forbid tracing."""
    strace = shutil.which("strace")
    return bool(strace) and subprocess.run([strace, "-o", os.devnull, "true"], capture_output=True).returncode == 0


def test_lessons_stay_on_this_machine(tmp_path: Path) -> None:
    home, trace, report = tmp_path / "home", tmp_path / "trace.txt", tmp_path / "report.txt"
    home.mkdir()
    command = [sys.executable, str(EXERCISE), str(tmp_path)]
    traced = strace_works()
    if traced:
        options = ["-f", "-qq", "--seccomp-bpf", "-e", "trace=connect,sendto,sendmsg", "-o", str(trace)]
        command = ["strace", *options, *command]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=300, cwd=tmp_path, env=environment(tmp_path, home)
    )
    assert "all used" in done.stdout, done.stdout + done.stderr
    assert not report.exists(), report.read_text()
    # ONNX Runtime's telemetry begins with a device id and a queue of events here, before it sends anything.
    assert not [path for path in home.rglob("*") if "onnxruntime" in path.name.lower() or path.name == "Microsoft"]
    if traced:
        lines = trace.read_text(errors="replace").splitlines()
        assert sum("127.0.0.1" in line for line in lines) > 20, "strace should have seen the lab's own connections"
        assert not outside(lines)


@pytest.mark.parametrize(
    "planted",
    [
        "import socket; socket.create_connection(('192.0.2.1', 443), timeout=0.01)",
        "import socket; socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 53))",
        "import urllib.request; urllib.request.urlopen('http://telemetry.invalid/')",
        "import httpx; httpx.get('http://telemetry.invalid/', trust_env=False)",
        "import os, sys; os.execv(sys.executable, ['x', '-c', 'import socket; socket.gethostbyname(\"a.invalid\")'])",
    ],
)
def test_the_hook_catches_a_planted_connection(planted: str, tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-c", planted], capture_output=True, timeout=60, env=environment(tmp_path, tmp_path)
    )
    assert (tmp_path / "report.txt").read_text().startswith("socket.")


def test_the_trace_reader_knows_outside_from_loopback() -> None:
    inside = [
        '71 connect(7, {sa_family=AF_INET, sin_port=htons(8000), sin_addr=inet_addr("127.0.0.1")}, 16) = 0',
        '71 connect(7, {sa_family=AF_INET6, sin6_port=htons(80), sin6_flowinfo=htonl(0), inet_pton(AF_INET6, "::1", '
        "&sin6_addr), sin6_scope_id=0}, 28) = 0",
        '71 connect(5, {sa_family=AF_UNIX, sun_path="/var/run/nscd/socket"}, 110) = -1 ENOENT (No such file)',
        '71 sendto(9, "GET / 192.0.2.1", 15, 0, NULL, 0) = 15',
        '71 connect(7, {sa_family=AF_UNSPEC, sa_data="\\0\\0"}, 16) = 0',
    ]
    leaks = [
        '71 connect(7, {sa_family=AF_INET, sin_port=htons(443), sin_addr=inet_addr("192.0.2.1")}, 16) = -1 EINPROGRESS',
        "[pid 9] connect(7, {sa_family=AF_INET6, sin6_port=htons(443), sin6_flowinfo=htonl(0), inet_pton(AF_INET6, "
        '"2001:db8::1", &sin6_addr), sin6_scope_id=0}, 28) = 0',
        '71 sendto(3, "q", 1, MSG_NOSIGNAL, {sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr("192.0.2.53")}, '
        "16) = 1",
        '71 sendmsg(3, {msg_name={sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr("192.0.2.53")}, '
        "msg_namelen=16}, 0) = 1",
    ]
    assert outside(inside + leaks) == leaks


def test_importing_the_lab_sets_every_switch_and_stays_light(tmp_path: Path) -> None:
    code = (
        "import os, sys; os.environ['DO_NOT_TRACK'] = '0'; import curriculum.lab; "
        "print({n: os.environ.get(n) for n in curriculum.lab.telemetry.SETTINGS} == curriculum.lab.telemetry.SETTINGS, "
        "[m for m in ('pandas', 'numpy', 'httpx', 'uvicorn', 'matplotlib', 'onnxruntime') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment(tmp_path, tmp_path), timeout=60
    )
    assert done.stdout.strip() == "True []", done.stderr
