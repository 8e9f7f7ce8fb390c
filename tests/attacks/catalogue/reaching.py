"""Submissions that act on what is not theirs: gradebook, other submissions, processes, services, the network."""

from tests.attacks.model import attack

FAMILY = "reaching"


def _reach(name: str, first: str = "", **parts: object) -> None:
    attack(name, str(parts.pop("aims", "r")), family=FAMILY, first=first, **{"tasks": ("total",), **parts})


_reach(
    "gradebook-rewrite",
    """
import sqlite3
database = sqlite3.connect("@COHORT@/gradebook.db", timeout=0.2)
database.execute("update grade set score = 100")
database.commit()
""",
)
_reach(
    "other-submission-write",
    """
from pathlib import Path
Path("@COHORT@/submitted/bob/a1/a1.ipynb").write_text("{}")
""",
)
_reach("other-submission-delete", "import shutil\nshutil.rmtree('@COHORT@/submitted/bob')")
_reach(
    "home-write",
    "from pathlib import Path\nPath('@HOME@/.bashrc').write_text('evil')\nPath('@HOME@/notes.txt').write_text('evil')",
)
_reach("solutions-write", "from pathlib import Path\nPath('@COURSE@/solutions/a1/a1.ipynb').write_text('{}')")
_reach(
    "link-overwrite",
    """
from pathlib import Path
for name in ("notes", "book"):
    Path(name).write_bytes(b"evil")
""",
    links={"notes": "@HOME@/notes.txt", "book": "@COHORT@/gradebook.db"},
)
_reach(
    "link-swap",
    """
import os, shutil
here = os.getcwd()
os.chdir("/")
try:
    for name in os.listdir(here):
        path = os.path.join(here, name)
        shutil.rmtree(path) if os.path.isdir(path) and not os.path.islink(path) else os.unlink(path)
    os.rmdir(here)
    os.symlink("@HOME@", here)
    open(os.path.join(here, "notes.txt"), "w").write("evil")
    won("its folder is a link now")
except OSError:
    pass
""",
)
_reach(
    "hard-link",
    """
import os
os.link("@HOME@/notes.txt", "notes.txt")
open("notes.txt", "w").write("evil")
""",
)
_reach(
    "chmod-chown",
    """
import os
for path in ("@HOME@/notes.txt", "@COHORT@/gradebook.db"):
    os.chmod(path, 0o777)
    os.utime(path)
""",
)
_reach(
    "chmod-of-readable",
    """
import os
path = os.__file__
before = os.stat(path)
os.fchmod(os.open(path, os.O_RDONLY), before.st_mode & 0o7777)  # the same mode: only the time of the change tells
if os.stat(path).st_ctime_ns != before.st_ctime_ns:
    won(f"the mode of {path} can be set")
""",
)
_reach(
    "environment-write",
    """
import glob, os, sys, site
for folder in [os.path.dirname(os.__file__), sys.prefix, *site.getsitepackages()]:
    try:
        path = os.path.join(folder, "atk-probe.txt")
        open(path, "w").close()
        won(f"the environment can be written: {folder}")
        os.unlink(path)
    except OSError:
        pass
""",
)
_reach(
    "library-write",
    """
import numpy, os
try:
    open(numpy.__file__, "r+b").close()
    won("numpy can be changed")
except OSError:
    pass
""",
)

# ------------------------------------------------------------------------------------------------ processes

_reach(
    "parent-killed",
    "import os, signal, time\nos.kill(os.getppid(), signal.SIGKILL)\ntime.sleep(0.5)",
    aims="b",
    needs_jail=True,
)
_reach(
    "supervisor-killed",
    """
import os, signal
for pid in {@SUPERVISOR@, os.getppid()}:
    os.kill(pid, signal.SIGKILL)
""",
    aims="b",
    needs_jail=True,
)
_reach(
    "supervisor-stopped",
    """
import os, signal, time
os.kill(@SUPERVISOR@, signal.SIGSTOP)
""",
    aims="b",
    needs_jail=True,
    slow=True,
)
_reach(
    "ancestors-killed",
    """
import os, signal
pid, chain = os.getppid(), []
while pid > 1:
    chain.append(pid)
    pid = int(open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[1])
for pid in chain[:2]:
    os.kill(pid, signal.SIGTERM)
    os.kill(pid, signal.SIGKILL)
""",
    aims="b",
    needs_jail=True,
)
_reach("group-killed", "import os, signal\nos.killpg(0, signal.SIGKILL)", aims="b")
_reach("everyone-killed", "import os, signal\nos.kill(-1, signal.SIGKILL)", aims="b", needs_jail=True)
_reach(
    "every-process-killed",
    """
import os, signal
for pid in sorted((int(p) for p in os.listdir("/proc") if p.isdigit()), reverse=True):
    if pid > 2 and pid != os.getpid():
        try:
            os.kill(pid, signal.SIGKILL)
            won(f"killed {pid}")
        except OSError:
            pass
""",
    aims="b",
    needs_jail=True,
)
_reach(
    "ptrace",
    """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
for pid in {@SUPERVISOR@, os.getppid()} - {0, os.getpid()}:
    if libc.ptrace(16, pid, None, None) == 0:
        won(f"attached to {pid}")
        os.waitpid(pid, 0x40000000)
        libc.ptrace(17, pid, None, None)
""",
)
_reach(
    "priority",
    """
import os
for pid in {@SUPERVISOR@, os.getppid()} - {0, os.getpid()}:
    try:
        os.setpriority(os.PRIO_PROCESS, pid, 19)
    except OSError:
        pass
""",
)
_reach(
    "limits-of-others",
    """
import os, resource
for pid in {@SUPERVISOR@, os.getppid()} - {0, os.getpid()}:
    try:
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (1000, 1000))
    except OSError:
        pass
""",
)
_reach(
    "daemon",
    """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        name_process()
        for fd in range(256):
            try:
                os.close(fd)
            except OSError:
                pass
        time.sleep(60)
    os._exit(0)
""",
)
_reach(
    "daemon-at-exit",
    """
import atexit, os, time

def leave():
    if os.fork() == 0:
        os.setsid()
        name_process()
        time.sleep(60)
        os._exit(0)

atexit.register(leave)
""",
    last="leave()",
)
_reach(
    "daemon-ignores-signals",
    """
import os, signal, subprocess, sys
code = '''
import ctypes, os, signal, time
ctypes.CDLL(None).prctl(15, b"atk-left")
for number in range(1, 65):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
time.sleep(60)
'''
subprocess.Popen([sys.executable, "-c", code], start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
import time
time.sleep(0.3)
""",
)
_reach(
    "daemon-respawns",
    """
import os, time
deadline = time.time() + 60
if os.fork() == 0:
    name_process()
    os.setsid()
    while time.time() < deadline:
        if os.fork():
            os._exit(0)
        time.sleep(0.002)
    os._exit(0)
""",
)
_reach(
    "judge-killed-by-ids",
    """
import os, signal
own = os.getpid()
for pid in list(range(3, 40)) + list(range(own - 3, own + 6)):
    if pid > 2 and pid != own:
        try:
            os.kill(pid, signal.SIGKILL)
            won(f"killed {pid}")
        except OSError:
            pass
""",
    aims="b",
    needs_jail=True,
)
_reach(
    "shared-memory",
    """
import glob, os
from multiprocessing import shared_memory
block = shared_memory.SharedMemory("atk-block", create=True, size=1000)
from multiprocessing import resource_tracker
resource_tracker.unregister(block._name, "shared_memory")
""",
)
_reach(
    "message-queue",
    """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
key = 0x61746B
if libc.semget(key, 1, 0o1666) >= 0 and libc.shmget(key, 100, 0o1666) >= 0:
    print("made")
""",
    unaffected="it leaves what only a look into the namespace shows",
)

# ------------------------------------------------------------------------------------------------ services, network

CONNECT = """
import socket

def connect(family, address, kind=socket.SOCK_STREAM):
    with socket.socket(family, kind) as client:
        client.settimeout(1)
        client.connect(address)
        client.send(b"hello")
        if kind == socket.SOCK_STREAM:
            print(client.recv(100).decode())
"""
_reach("loopback-service", CONNECT + "connect(socket.AF_INET, ('127.0.0.1', @PORT@))")
_reach("outside-tcp", CONNECT + "connect(socket.AF_INET, ('@OUTSIDE@', @PORT@))")
_reach(
    "outside-udp",
    CONNECT + "connect(socket.AF_INET, ('@OUTSIDE@', @PORT@), socket.SOCK_DGRAM)\nimport time\ntime.sleep(0.1)",
)
_reach("unix-service", CONNECT + "connect(socket.AF_UNIX, '@UNIX@')")
_reach(
    "unix-service-relative",
    CONNECT
    + """
import os
os.chdir(os.path.dirname("@UNIX@"))
connect(socket.AF_UNIX, os.path.basename("@UNIX@"))
""",
)
_reach("abstract-service", CONNECT + "connect(socket.AF_UNIX, '\\x00@ABSTRACT@')")
_reach(
    "unix-datagram-pair",
    """
import os, socket
left, right = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
try:
    left.sendto(b"hello", "@UNIX@")
    won("sent")
except OSError:
    pass
left.connect("\\x00@ABSTRACT@")
won("connected")
""",
    unaffected="a datagram socket cannot talk to these stream services; it tests that a socketpair is no way around",
)
_reach(
    "raw-socket",
    """
import socket
for family, kind, protocol in ((socket.AF_PACKET, socket.SOCK_RAW, 0), (socket.AF_INET, socket.SOCK_RAW, 1)):
    try:
        socket.socket(family, kind, protocol).close()
        won("raw socket")
    except OSError:
        pass
""",
    unaffected="as an ordinary user it has no raw sockets; as root it has",
)
_reach(
    "listening-to-others",
    """
import socket
server = socket.create_server(("0.0.0.0", 0))
print(server.getsockname())
""",
    unaffected="a listener alone reaches nobody",
)
