"""What a submission cannot reach, each tried from inside, with a control that shows the deed succeeding outside."""

import os
import sys
from pathlib import Path

import pytest

from grading.engine.jail.folders import locked_away
from tests.engine.jail.conftest import AS_ROOT, NOBODY, Setting, World, settings

isolated = settings("full", "landlock")

DEEDS = {
    "read a file": "result = open(outside['secret']).read()",
    "read through a link of its own": "import os; os.symlink(outside['secret'], 'mine'); result = open('mine').read()",
    "write a file": "open(outside['open'] + '/written', 'w').write('x'); result = 'done'",
    "list a folder": "import os; result = sorted(os.listdir(outside['open']))",
    "remove a file": "import os; os.unlink(outside['secret']); result = 'done'",
    "see a process": "result = open(f'/proc/{outside[\"victim\"]}/cmdline').read()",
    "signal a process": "import os; os.kill(outside['victim'], 0); result = 'done'",
    "limit a process": "import resource; result = resource.prlimit(outside['victim'], resource.RLIMIT_CPU)",
    "slow a process": "import os; os.setpriority(os.PRIO_PROCESS, outside['victim'], 5); result = 'done'",
    "reach a service": "import socket; socket.create_connection(('127.0.0.1', outside['port']), 5); result = 'done'",
    "reach a service with the first packet": """
import socket
socket.socket().sendto(b'x', 0x20000000, ('127.0.0.1', outside['port']))
result = 'done'
""",
    "reach a socket file": "import socket; socket.socket(socket.AF_UNIX).connect(outside['path']); result = 'done'",
    "reach a named socket": "import socket; socket.socket(socket.AF_UNIX).connect(outside['name']); result = 'done'",
    "trace a process": """
import ctypes, os, time
child = os.fork()
if child == 0:
    time.sleep(600)
traced = ctypes.CDLL(None, use_errno=True).ptrace(16, child, 0, 0)
os.kill(child, 9)
if traced < 0:
    raise OSError(ctypes.get_errno(), 'ptrace')
result = 'done'
""",
    "ask the kernel's ring": """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall(425, 1, 0)
result = 'known' if ctypes.get_errno() == 14 else None
if not result:
    raise OSError(ctypes.get_errno(), 'io_uring_setup')
""",
    "make shared memory that stays": """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
made = libc.shmget(0, 4096, 0o1600)
if made < 0:
    raise OSError(ctypes.get_errno(), 'shmget')
libc.shmctl(made, 0, None)
result = 'done'
""",
}


ALL = f"""
result = {{}}
for name, source in {DEEDS!r}.items():
    names = {{'outside': outside}}
    try:
        exec(source, names)
        result[name] = names['result'] or 'nothing'
    except OSError as error:
        result[name] = {{'errno': error.errno}}
"""


@isolated
def test_what_is_outside_cannot_be_reached(world: World, setting: Setting) -> None:
    said = world.run(setting, ALL)["learner"]
    assert {deed for deed, came in said.items() if not isinstance(came, dict)} == set()
    assert len(said) == len(DEEDS)
    assert world.victims[setting.user].poll() is None
    assert (world.folder / "secret").read_text() == "secret"


def test_without_a_jail_each_deed_succeeds(world: World) -> None:
    said = world.control(ALL)
    assert {deed: came for deed, came in said.items() if isinstance(came, dict) or came == "nothing"} == {}
    assert len(said) == len(DEEDS)


SEND = """
import socket
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', outside['datagrams']))
"""


@isolated
def test_datagrams_do_not_arrive(world: World, setting: Setting) -> None:
    world.run(setting, SEND)
    with pytest.raises(BlockingIOError):
        world.datagrams.recv(1)
    world.control(SEND)
    assert world.datagrams.recv(1) == b"x"


NAMESPACE = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
if libc.unshare(0x10000000) < 0:
    raise OSError(ctypes.get_errno(), 'unshare')
result = 'done'
"""


@isolated
def test_no_namespace_can_be_made(world: World, setting: Setting) -> None:
    assert world.run(setting, NAMESPACE)["learner"] == {"errno": 1}
    assert world.control(NAMESPACE) == "done"


RIGHTS = """
import os
status = dict(line.split(':\\t', 1) for line in open('/proc/self/status').read().splitlines() if ':\\t' in line)
result = [os.getuid(), status['CapEff'], status['CapPrm'], status['NoNewPrivs'], status['Seccomp'], os.getgroups()]
"""


@isolated
def test_no_right_is_left(world: World, setting: Setting) -> None:
    user, effective, permitted, no_new, filtered, groups = world.run(setting, RIGHTS)["learner"]
    assert user != 0
    assert (no_new, filtered) == ("1", "2")
    assert 0 not in groups
    # As root without namespaces, one right stays where Python lies in a closed home: to read what Landlock allows.
    is_locked = locked_away((Path(sys.prefix), Path(sys.base_prefix)))
    stays = 1 << 2 if str(setting) == "landlock-root" and is_locked else 0
    assert {int(effective, 16), int(permitted, 16)} == {stays}


CHANGES = """
import os
path = {path!r}
for change in (
    lambda: os.chmod(path, 0o777),
    lambda: os.fchmod(os.open(path, os.O_RDONLY), 0o777),
    lambda: os.utime(path, (1, 1)),
    lambda: os.utime(os.open(path, os.O_RDONLY), (1, 1)),
    lambda: os.setxattr(path, 'user.mine', b'x'),
):
    try:
        change()
    except OSError:
        pass
result = 'done'
"""


@isolated
def test_modes_and_times_of_what_the_same_user_owns_stay(world: World, setting: Setting) -> None:
    file = world.folder / "open" / "mine"
    file.write_text("mine")
    file.chmod(0o640)
    if AS_ROOT and setting.user == "ordinary":
        os.chown(file, NOBODY, NOBODY)
    before = file.stat()
    changes = CHANGES.format(path=str(file))
    assert world.run(setting, changes, visible=[str(file.parent)])["learner"] == "done"
    after = file.stat()
    assert (after.st_mode, after.st_mtime_ns, after.st_ctime_ns) == (
        before.st_mode,
        before.st_mtime_ns,
        before.st_ctime_ns,
    )
    assert not os.listxattr(file)
    world.control(changes, setting.user)
    assert file.stat().st_mode & 0o777 == 0o777 and file.stat().st_mtime == 1


TAG = "import resource; resource.setrlimit(15, (1, 1)); result = 'done'"


@isolated
def test_the_tag_cannot_be_taken_off(world: World, setting: Setting) -> None:
    assert isinstance(world.run(setting, TAG)["learner"], dict)
    assert world.control(TAG) == "done"


OPEN_FILES = "import os; result = sorted(map(int, os.listdir('/dev/fd')))[:-1], os.readlink('/proc/self/fd/0')"


@settings("full", "landlock", "limits")
def test_no_file_of_the_template_stays_open(world: World, setting: Setting) -> None:
    fds, standard_input = world.run(setting, OPEN_FILES)["learner"]
    assert standard_input == "/dev/null"
    assert len(fds) <= 4  # the standard streams and the one asked for
