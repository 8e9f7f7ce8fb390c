"""Submissions that take without end: disk, memory, processes, threads, files, output. Each stops at several times the limit."""

from tests.attacks.model import attack

FAMILY = "floods"


def _flood(name: str, first: str = "", **parts: object) -> None:
    attack(name, str(parts.pop("aims", "b")), family=FAMILY, first=first, **{"tasks": ("total",), **parts})


# The limits of the suite: 32 MB of disk, 1 GB of memory, 64 processes, 256 files, 2 MB of output. Many files together
# stop at eight times the limit: where somebody has to watch the sum, it is seen some hundredths of a second late.
_flood(
    "disk-one-file",
    """
with open("big.bin", "wb") as file:
    for _ in range(100):
        file.write(bytes(1 << 20))
        file.flush()
won("100 MB written")
""",
    aims="r",
)
_flood(
    "disk-many-files",
    """
for number in range(250):
    with open(f"big-{number}.bin", "wb") as file:
        file.write(bytes(1 << 20))
won("250 MB written")
""",
    aims="r",
)
_flood(
    "disk-small-files",
    """
import os
for number in range(60_000):
    os.close(os.open(f"f{number}", os.O_CREAT | os.O_WRONLY))
won("60,000 files made")
""",
    aims="r",
)
_flood(
    "disk-temporary",
    """
import os, tempfile
for folder in (tempfile.gettempdir(), "/tmp", "/var/tmp", "@TMP@", os.path.expanduser("~")):
    written = 0
    try:
        for number in range(250):
            with open(os.path.join(folder, f"atk-{number}"), "wb") as file:
                written += file.write(bytes(1 << 20))
    except OSError:
        pass
    if written > 200 << 20:
        won(f"{written >> 20} MB in {folder}")
    for number in range(250):
        try:
            os.unlink(os.path.join(folder, f"atk-{number}"))
        except OSError:
            pass
""",
    aims="r",
)
_flood(
    "disk-shared-memory",
    """
import mmap, os
written = 0
try:
    with open("/dev/shm/atk-big", "wb") as file:
        for _ in range(90):
            written += file.write(bytes(1 << 20))
            file.flush()
except OSError:
    pass
if written > 64 << 20:
    won(f"{written >> 20} MB of shared memory")
""",
    aims="r",
)
_flood(
    "disk-deleted-file",
    """
import os
file = open("hidden.bin", "wb")
os.unlink("hidden.bin")
for _ in range(100):
    file.write(bytes(1 << 20))
    file.flush()
won("100 MB in a file without a name")
""",
    aims="r",
)
_flood(
    "disk-deleted-files",
    """
import os
held = []
for number in range(25):
    held.append(open("hidden.bin", "wb"))
    os.unlink("hidden.bin")
    for _ in range(10):
        held[-1].write(bytes(1 << 20))
        held[-1].flush()
won("250 MB in files without a name")
""",
    aims="r",
)
_flood(
    "disk-locked-folder",
    """
import os
os.makedirs("a/b")
os.chdir("a/b")
os.chmod("..", 0)
for number in range(250):
    with open(f"big-{number}.bin", "wb") as file:
        file.write(bytes(1 << 20))
won("250 MB in a folder that nobody can look into")
""",
    aims="r",
)
_flood(
    "disk-deep-folders",
    """
import os
for _ in range(3000):
    os.mkdir("d")
    os.chdir("d")
""",
    aims="b",
    unaffected="removing it needs care, and nobody removes it there",
)
_flood(
    "disk-sparse",
    """
with open("sparse.bin", "wb") as file:
    file.truncate(1 << 42)
""",
    unaffected="it takes no space; what copies or reads it would suffer",
)
_flood(
    "disk-memfd",
    """
import os
file = os.memfd_create("big")
block = bytes(1 << 20)
for _ in range(1500):
    os.write(file, block)
won("1.5 GB of memory in a file")
""",
    aims="r",
)
_flood(
    "disk-many-memfds",
    """
import os
held, block = [], bytes(1 << 20)
for number in range(60):
    held.append(os.memfd_create(f"big-{number}"))
    for _ in range(25):
        os.write(held[-1], block)
won("1.5 GB of memory in files")
""",
    aims="r",
)
_flood(
    "memory",
    """
held = []
for _ in range(15):
    held.append(bytearray(b"x") * (100 << 20))
won("1.5 GB of memory")
del held
""",
    aims="r",
)
_flood(
    "memory-in-answer", answers={"total": "def total(rows):\n    return 'x' * (300 << 20)"}, last="total([])", aims="b"
)
_flood(
    "memory-shared-map",
    """
import mmap
held = mmap.mmap(-1, 1500 << 20)
block = b"x" * (1 << 20)
for _ in range(1500):
    held.write(block)
won("1.5 GB of shared memory")
held.close()
""",
    aims="r",
)
_flood(
    "memory-over-children",
    """
import os, time
reading, writing = os.pipe()
children = []
for _ in range(8):
    if (pid := os.fork()) == 0:
        held = bytearray(b"x") * (400 << 20)
        os.write(writing, b".")
        time.sleep(6)
        os._exit(0)
    children.append(pid)
os.close(writing)
alive = b""
while len(alive) < 8 and (dot := os.read(reading, 8)):
    alive += dot
if len(alive) == 8:
    won("3.2 GB of memory in eight processes")
for pid in children:
    os.kill(pid, 9)
    os.waitpid(pid, 0)
""",
    aims="r",
)
_flood(
    "fork-bomb",
    """
import os, time
made = 0
try:
    for _ in range(300):
        if os.fork() == 0:
            time.sleep(3)
            os._exit(0)
        made += 1
except OSError:
    pass
if made == 300:
    won("300 processes")
""",
    aims="r",
)
_flood(
    "fork-bomb-exponential",
    """
import os, time
deadline = time.time() + 3
own = os.getpid()
for _ in range(8):
    try:
        os.fork()
    except OSError:
        pass
if os.getpid() != own:
    while time.time() < deadline:
        time.sleep(0.1)
    os._exit(0)
time.sleep(1)
count = sum(1 for p in os.listdir("/proc") if p.isdigit())
if count > 200:
    won(f"{count} processes")
""",
    aims="r",
)
_flood(
    "thread-flood",
    """
import threading, time
made = 0
try:
    for _ in range(600):
        threading.Thread(target=time.sleep, args=(2,), daemon=True).start()
        made += 1
except RuntimeError:
    pass
if made == 600:
    won("600 threads")
""",
    aims="r",
)
_flood(
    "file-flood",
    """
import os
held = []
try:
    for _ in range(1500):
        held.append(os.open("/dev/null", os.O_RDONLY))
except OSError:
    pass
if len(held) == 1500:
    won("1,500 open files")
for fd in held:
    os.close(fd)
""",
    aims="r",
)
_flood("output-one-line", "print('x' * (100 << 20))")
_flood("output-many-lines", "for n in range(300):\n    print('line', n, 'y' * (1 << 18))")
_flood("output-stderr", "import sys\nfor n in range(100):\n    sys.stderr.write('e' * (1 << 20))")
_flood(
    "output-small-pieces", "import sys\nfor n in range(100_000):\n    print(n, end='\\r')\n    sys.stderr.write('.')"
)
_flood(
    "output-display",
    """
from IPython.display import display
for n in range(60_000):
    display({"text/plain": f"{n} " + "z" * 1000}, raw=True)
""",
)
_flood("output-result", "'r' * (100 << 20)")
_flood("output-repr", "class Loud:\n    def __repr__(self):\n        return 'l' * (100 << 20)\n\nLoud()")
_flood("output-error-text", "raise ValueError('v' * (100 << 20))")
_flood("output-test-error", answers={"total": "def total(rows):\n    raise ValueError('v' * (100 << 20))"})
_flood("output-test-prints", answers={"total": "def total(rows):\n    print('p' * (100 << 20))"})
_flood(
    "output-deep-bundle",
    """
from IPython.display import display
deep = {}
for _ in range(100_000):
    deep = {"d": deep}
display({"application/json": deep, "text/plain": "deep"}, raw=True)
""",
)
_flood(
    "output-strange-bundle",
    """
from IPython.display import display
display({"text/plain": object(), 7: b"\\xff", "image/png": b"\\x00" * 10, "text/html": ["\\ud800"]}, raw=True)
""",
)
_flood("output-half-characters", "print('\\ud800\\udfff')\nraise ValueError('\\ud800')")
_flood(
    "output-clear-loop",
    "from IPython.display import clear_output\nfor n in range(50_000):\n    print(n, 'c' * 1000)\n    clear_output(wait=True)",
)
_flood(
    "output-descriptor",
    """
import os
block = b"d" * (1 << 20)
for fd in (1, 2):
    for _ in range(40):
        os.write(fd, block)
""",
    unaffected="the control hands nothing on that goes past Python",
)
_flood(
    "output-children",
    """
import subprocess, sys
subprocess.run([sys.executable, "-c", "for _ in range(60): print('k' * (1 << 20))"])
subprocess.run([sys.executable, "-c", "import sys\\nfor _ in range(60): sys.stderr.write('k' * (1 << 20))"])
""",
    unaffected="the control hands nothing on that goes past Python",
)
_flood(
    "output-threads",
    """
import threading

def talk():
    for n in range(50_000):
        print("t" * 500)

threads = [threading.Thread(target=talk) for _ in range(4)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
""",
)
_flood(
    "log-flood",
    """
import logging, sys, warnings
for stream in (sys.__stderr__, sys.__stdout__):
    if stream:
        for _ in range(30):
            stream.write("g" * (1 << 16))
        stream.flush()
logging.basicConfig(level=0)
for n in range(2000):
    logging.getLogger("root").error("h" * 1000)
    warnings.warn_explicit(f"{n}" * 100, UserWarning, "f", n)
""",
    unaffected="the control keeps no log; it tests that nothing of it reaches the batch's log",
)
_flood(
    "traceback-deep",
    """
import sys
sys.setrecursionlimit(100_000)

def down(n):
    return down(n + 1)

down(0)
""",
    unaffected="a deep traceback is folded; it tests that nothing falls over",
)
_flood(
    "exception-chain",
    """
error = None
for n in range(30_000):
    made = ValueError("c" * 1000)
    made.__cause__ = error
    error = made
raise error
""",
    slow=True,
    unaffected="it costs the submission its time only",
)

# ------------------------------------------------------------------------------- what is handed in beside the notebook

GIVEN_ONLY = "nobody copies it there"
_flood("files-too-large", files={"big.bin": bytes(40 << 20)}, set_aside=True, unaffected=GIVEN_ONLY)
_flood("files-too-many", files={f"f/{number}": b"" for number in range(4_000)}, set_aside=True, unaffected=GIVEN_ONLY)
_flood("files-too-deep", files={"d/" * 200 + "f": b""}, set_aside=True, unaffected=GIVEN_ONLY)
