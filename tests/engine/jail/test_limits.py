"""What a submission can use up: processes, memory, disk."""

import errno

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


@isolated
def test_files_that_do_not_fit_are_reported(world: World, setting: Setting) -> None:
    (world.folder / "files" / "big").write_bytes(b"x" * (12 << 20))
    program, _ = world.start(setting, learner="result = 1", limits={"disk_mb": 8})
    out, err = program.communicate()
    assert out == "" and "OSError" in err
    assert world.left_in_tmp() == []
