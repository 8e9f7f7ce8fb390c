"""Submissions that never end, end in an odd way, or break what they run in."""

from tests.attacks.model import attack

FAMILY = "endings"


def _ending(name: str, first: str = "", **parts: object) -> None:
    attack(name, "b", family=FAMILY, first=first, **{"tasks": ("total",), **parts})


INTERRUPTED = "a kernel's time limit ends it too; it tests that ours does"
ALONE = "it only spoils what runs in its own kernel; it tests that nothing of it stays in the template"

_ending("sleep-forever", "import time\ntime.sleep(10_000)", slow=True, unaffected=INTERRUPTED)
_ending("burn", "while True:\n    pass", slow=True, unaffected=INTERRUPTED)
_ending("burn-native", "import re\nre.match('(a+)+$', 'a' * 60 + 'b')", slow=True, unaffected=INTERRUPTED)
_ending("burn-huge-power", "x = 7 ** (7 ** 11)", slow=True, unaffected=INTERRUPTED)
_ending(
    "burn-in-children",
    """
import os
for _ in range(4):
    if os.fork() == 0:
        while True:
            pass
import time
time.sleep(10_000)
""",
    slow=True,
)
_ending(
    "burn-in-answer",
    slow=True,
    answers={
        "total": "def total(rows):\n    while True:\n        try:\n            while True:\n"
        "                pass\n        except BaseException:\n            pass"
    },
)
_ending(
    "sleep-in-answer",
    slow=True,
    answers={
        "total": """
import time

def total(rows):
    while True:
        try:
            time.sleep(1000)
        except BaseException:
            pass
"""
    },
)
_ending(
    "swallow-interrupts",
    """
while True:
    try:
        while True:
            pass
    except BaseException:
        pass
""",
    slow=True,
)
_ending(
    "ignore-signals",
    """
import signal, time
for number in range(1, 65):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
while True:
    time.sleep(0.01)
""",
    slow=True,
)
_ending(
    "ignore-cpu-limit",
    """
import resource, signal
signal.signal(signal.SIGXCPU, signal.SIG_IGN)
try:
    resource.setrlimit(resource.RLIMIT_CPU, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
except (OSError, ValueError):
    pass
while True:
    try:
        while True:
            pass
    except BaseException:
        pass
""",
    slow=True,
)
_ending("stop-itself", "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)", slow=True)
_ending(
    "stop-in-answer",
    slow=True,
    answers={"total": "def total(rows):\n    import os, signal\n    os.kill(os.getpid(), signal.SIGSTOP)"},
)
_ending(
    "deadlock",
    "import threading\nlock = threading.Lock()\nlock.acquire()\nlock.acquire()",
    slow=True,
    unaffected=INTERRUPTED,
)
_ending(
    "deadlock-at-exit",
    """
import threading, time
threading.Thread(target=time.sleep, args=(10_000,)).start()
""",
    unaffected="the control ends its interpreter without waiting",
)
_ending(
    "endless-at-exit",
    """
import atexit

def endless():
    while True:
        pass

atexit.register(endless)
""",
    unaffected="the control ends its interpreter without running what waits for its end",
)
_ending(
    "endless-destructor",
    """
class Endless:
    def __del__(self):
        while True:
            try:
                while True:
                    pass
            except BaseException:
                pass

x = Endless()
""",
    last="del x",
    slow=True,
)
_ending("read-input", "input('name? ')", unaffected="there is no input to read")
_ending("debugger", "breakpoint()", unaffected="there is no input to read")
_ending("exit-at-once", "import os\nos._exit(0)")
_ending("exit-in-answer", answers={"total": "def total(rows):\n    import os\n    os._exit(0)"})
_ending("exit-raised", "raise SystemExit(3)", unaffected="IPython catches it")
_ending(
    "exit-raised-in-answer",
    answers={"total": "def total(rows):\n    raise SystemExit(3)"},
    unaffected="IPython catches it",
)
_ending(
    "odd-exceptions",
    """
class Odd(BaseException):
    def __str__(self):
        raise Odd
    __repr__ = __str__
    def __getattribute__(self, name):
        raise Odd

raise Odd
""",
    answers={"total": "def total(rows):\n    raise Odd"},
)
_ending(
    "interrupt-raised",
    "raise KeyboardInterrupt",
    unaffected="IPython catches it",
    answers={"total": "def total(rows):\n    raise KeyboardInterrupt"},
)
_ending(
    "generator-exit",
    "raise GeneratorExit",
    answers={"total": "def total(rows):\n    raise GeneratorExit"},
    unaffected="IPython catches it",
)
_ending("cancelled", "import asyncio\nraise asyncio.CancelledError", unaffected="IPython catches it")
_ending("segfault", "import ctypes\nctypes.string_at(0)")
_ending("segfault-in-answer", answers={"total": "def total(rows):\n    import ctypes\n    ctypes.string_at(0)"})
_ending("abort", "import os\nos.abort()")
_ending("kill-itself", "import os\nos.kill(os.getpid(), 9)")
_ending(
    "stack-overflow",
    """
import sys
sys.setrecursionlimit(10 ** 9)

class Deep:
    def __getattr__(self, name):
        return getattr(self, name + "x")

exec("-" * 0 + "x = " + "[" * 0 + "1")
def down():
    down()
import ctypes
ctypes.CDLL(None).prctl(4, 0)
f = type("F", (), {"__call__": lambda self: None})()
f.__class__.__call__ = f
f()
""",
)
_ending("fork-both-continue", "import os\nos.fork()")
_ending(
    "fork-both-continue-in-answer",
    answers={"total": "def total(rows):\n    import os\n    return -1 - os.fork()"},
    unaffected="the control reads the result of whoever writes first",
)
_ending("exec-other-program", "import os\nos.execv('/bin/sh', ['sh', '-c', 'sleep 0.1'])")
_ending("exec-self", "import os, sys\nos.execv(sys.executable, [sys.executable, '-c', 'print(1)'])")
_ending("close-everything", "import os\nos.closerange(0, 4096)")
_ending("close-from-three", "import os\nos.closerange(3, 4096)")
_ending(
    "descriptors-mixed",
    """
import os
null = os.open("/dev/null", os.O_RDWR)
for fd in range(3, 256):
    if fd != null:
        try:
            os.fstat(fd)
            os.dup2(null, fd)
        except OSError:
            pass
""",
)
_ending(
    "folder-removed",
    "import os, shutil\nshutil.rmtree(os.getcwd(), ignore_errors=True)\nos.chdir('/')",
    unaffected=ALONE,
)
_ending("folder-unreadable", "import os\nos.makedirs('a/b')\nos.chmod('a', 0)\nos.chmod('.', 0)", unaffected=ALONE)
_ending("loop-closed", "import asyncio\nasyncio.get_running_loop().stop()", unaffected=ALONE)
_ending(
    "loop-replaced",
    "import asyncio\nasyncio.set_event_loop(None)\nasyncio.get_event_loop_policy().new_event_loop = None\n"
    "asyncio.Runner = asyncio.run = None",
    unaffected=ALONE,
)
_ending("shell-replaced", "get_ipython().run_cell_async = None\nget_ipython().transform_cell = None")
_ending(
    "streams-replaced",
    "import sys\nsys.stdout = sys.stderr = sys.__stdout__ = sys.__stderr__ = None\nsys.displayhook = None",
    unaffected=ALONE,
)
_ending("modules-emptied", "import sys\nfor name in list(sys.modules):\n    del sys.modules[name]")
_ending(
    "builtins-emptied",
    "import builtins\nfor name in dir(builtins):\n    if name not in ('__dict__', '__name__'):\n"
    "        try:\n            delattr(builtins, name)\n        except Exception:\n            pass",
)
_ending("namespace-emptied", "get_ipython().user_ns.clear()\nglobals().clear()", unaffected=ALONE)
_ending(
    "gc-disabled-cycles",
    "import gc\ngc.disable()\ngc.freeze()\nsys = __import__('sys')\nsys.setswitchinterval(1000)",
    unaffected=ALONE,
)
_ending(
    "settings",
    """
import decimal, locale, os, random, resource, time, warnings
import numpy as np, pandas as pd
os.umask(0o777)
os.environ["TZ"] = "Pacific/Kiritimati"
time.tzset()
os.nice(19)
np.seterr(all="raise")
np.random.seed(0)
random.seed(0)
pd.set_option("display.max_rows", 1)
warnings.simplefilter("error")
decimal.getcontext().prec = 1
resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
""",
    unaffected=ALONE,
)
_ending(
    "address-space-zero",
    "import resource\nresource.setrlimit(resource.RLIMIT_AS, (1, 1))\nx = 'x' * 10_000_000",
    unaffected=ALONE,
)
_ending(
    "no-files-left",
    """
import os, resource
try:
    while True:
        os.dup(0)
except OSError:
    pass
""",
    unaffected=ALONE,
)
_ending(
    "seccomp-own",
    """
import ctypes
libc = ctypes.CDLL(None)
libc.prctl(38, 1, 0, 0, 0)
libc.prctl(22, 1, 0, 0, 0)
""",
)
