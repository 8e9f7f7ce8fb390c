"""What a submission can use up: processes, memory, disk."""

import errno
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from grading.engine.jail.folders import BEYOND
from tests.engine.jail.conftest import Setting, World, settings

isolated = settings("full", "landlock")

FORKS = """
import os, time
made = 0
try:
    while made < 200:
        if os.fork() == 0:
            time.sleep(600)
        made += 1
except BlockingIOError:
    pass
result = made
"""


@isolated
def test_processes_are_bounded(world: World, setting: Setting) -> None:
    said = world.run(setting, FORKS, limits={"processes": 30})
    assert 5 < said["learner"] < 60


def test_without_a_jail_processes_are_not(world: World) -> None:
    kill = "\nimport signal; signal.signal(15, signal.SIG_IGN); os.killpg(0, 15)"
    assert world.control(FORKS + kill) == 200


@settings("full", "landlock", "limits")
def test_memory_of_one_process_is_bounded(world: World, setting: Setting) -> None:
    hoard = "x = bytearray(400 << 20); result = 'done'"
    assert world.run(setting, hoard, limits={"memory_mb": 200})["learner"] == {"error": "MemoryError: "}
    assert world.control(hoard) == "done"


HELD = """
import mmap, threading
from grading.engine.jail import limits
held = mmap.mmap(-1, 3 << 30, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
limits.apply(limits.Limits(memory_mb=200), processes=None)
thread = threading.Thread(target=print, args=["started"])
thread.start()
thread.join()
try:
    bytearray(400 << 20)
except MemoryError:
    print("bounded")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not say what is held")
def test_what_a_template_holds_comes_on_top_of_the_limit() -> None:
    done = subprocess.run([sys.executable, "-c", HELD], capture_output=True, text=True, timeout=60)
    assert done.stdout.split() == ["started", "bounded"], done.stderr


SHARED = """
import mmap, time
x = mmap.mmap(-1, 300 << 20)
for start in range(0, len(x), 1 << 20):
    x[start:start + (1 << 20)] = b'x' * (1 << 20)
time.sleep(600)
"""


@isolated
def test_memory_that_the_kernel_does_not_count_is_bounded_by_the_watcher(world: World, setting: Setting) -> None:
    assert world.run(setting, SHARED, limits={"memory_mb": 200})["ended"] == {"learner": -9}


FILL = """
import errno, time
for number in range(64):
    with open(f'{number}', 'wb') as writer:
        writer.write(b'x' * (1 << 20))
result = 'done'
"""


@isolated
def test_disk_is_bounded(world: World, setting: Setting) -> None:
    said = world.run(setting, FILL + "time.sleep(600)", limits={"disk_mb": 8})
    if setting.tier == "full":
        assert said["learner"] == {"errno": errno.ENOSPC}
    else:
        assert said["ended"] == {"learner": -9}
    assert world.control(FILL) == "done"


@isolated
def test_usage_is_what_the_files_take(world: World, setting: Setting) -> None:
    said = world.run(setting, "open('big', 'wb').write(b'x' * (3 << 20))")
    assert 3 << 20 <= said["usage"] < 4 << 20


NAMELESS = """
import os, time
held = []
for number in range(64):
    held.append(open('gone', 'wb'))
    os.unlink('gone')
    held[-1].write(b'x' * (1 << 20))
    held[-1].flush()
result = 'done'
"""


@isolated
def test_files_without_a_name_count_too(world: World, setting: Setting) -> None:
    said = world.run(setting, NAMELESS + "time.sleep(600)", limits={"disk_mb": 8})
    if setting.tier == "full":
        assert said["learner"] == {"errno": errno.ENOSPC}
    else:
        assert said["ended"] == {"learner": -9}
    assert world.control(NAMELESS) == "done"


MANY = """
import time
for number in range(20_000):
    open(f'{number}', 'w').close()
result = 'done'
"""


@isolated
def test_the_number_of_files_is_bounded(world: World, setting: Setting) -> None:
    said = world.run(setting, MANY + "time.sleep(600)", limits={"disk_mb": 8})
    if setting.tier == "full":
        assert said["learner"] == {"errno": errno.ENOSPC}
    else:
        assert said["ended"] == {"learner": -9}
    assert world.control(MANY) == "done"


MEMFD = "import os; os.memfd_create('x'); result = 'done'"


@isolated
def test_no_file_is_made_that_no_limit_counts(world: World, setting: Setting) -> None:
    assert world.run(setting, MEMFD)["learner"] == {"errno": errno.ENOSYS}
    assert world.control(MEMFD) == "done"


def _large(files: Path) -> None:
    (files / "big").write_bytes(b"x" * (12 << 20))


def _many(files: Path) -> None:
    for number in range(2000):
        (files / str(number)).touch()


def _deep(files: Path) -> None:
    files.joinpath(*["d"] * 100).mkdir(parents=True)


@pytest.mark.parametrize("fill", [_large, _many, _deep])
@settings("full", "landlock", "limits")
def test_files_that_are_too_much_are_not_taken(world: World, setting: Setting, fill: Callable[[Path], None]) -> None:
    fill(world.folder / "files")
    program, _ = world.start(setting, learner="result = 1", limits={"disk_mb": 8})
    out, err = program.communicate()
    assert out == "" and "FilesError: it" in err
    assert world.left_in_tmp() == []


LOOK = """
import ctypes, os, time
from grading.engine.jail import tagged
ended, hiding = os.fork(), 0
if ended == 0:
    os._exit(0)
os.waitid(os.P_PID, ended, os.WEXITED | os.WNOWAIT)
read, write = os.pipe()
hiding = os.fork()
if hiding == 0:
    ctypes.CDLL(None).prctl(4, 0)  # not to be looked into
    os.write(write, b'.')
    time.sleep(600)
os.read(read, 1)
result = [tagged.nameless([ended]), tagged.memory([ended]), tagged.nameless([hiding]), tagged.memory([hiding])]
os.kill(hiding, 9)
"""


def test_to_an_ordinary_watcher_who_hides_has_too_much_and_who_ends_has_nothing(world: World) -> None:
    assert world.control(LOOK, "ordinary") == [0, 0, BEYOND, BEYOND]
