"""Nothing of a submission stays: no process, mount or folder, however it ended."""

import os
import signal

import pytest

from tests.engine.jail.arena import running
from tests.engine.jail.conftest import Setting, World, settings, until

DAEMON = """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.setpgid(0, 0)
        os.execv('/bin/sh', ['sh', '-c', 'sleep 600; true', outside['marker']])
    os._exit(0)
time.sleep(0.2)
result = 'done'
"""


@settings("full", "landlock")
def test_a_daemon_left_behind_is_gone_after_close(world: World, setting: Setting) -> None:
    said = world.run(setting, DAEMON)
    assert said["learner"] == "done"
    assert said["left"] == [] and not said["mounts_left"]
    assert world.left_in_tmp() == []


def test_without_a_jail_the_daemon_stays(world: World) -> None:
    assert world.run(Setting("none", "root" if os.geteuid() == 0 else "ordinary"), DAEMON)["left"]


@settings("full", "landlock")
def test_when_the_learners_process_ends_first_its_daemon_is_gone_too(world: World, setting: Setting) -> None:
    said = world.run(setting, DAEMON + "os._exit(3)")
    assert said["ended"] == {"learner": 3}
    assert said["left"] == []


@settings("full", "landlock")
def test_killing_the_template_ends_everything(world: World, setting: Setting) -> None:
    program, answer = world.start(setting, learner=DAEMON, wait_to_be_killed=True)
    assert answer()["learner"] == "done"
    assert running(world.marker)
    program.kill()
    program.communicate()
    assert until(lambda: not running(world.marker))
    assert until(lambda: world.left_in_tmp() == [])


@settings("limits")
def test_in_the_limits_tier_the_process_group_is_ended(world: World, setting: Setting) -> None:
    said = world.run(
        setting,
        "import subprocess; subprocess.Popen(['sh', '-c', 'sleep 600; true', outside['marker']]); result = 'done'",
    )
    assert said["learner"] == "done"
    assert until(lambda: not running(world.marker))
    assert world.left_in_tmp() == []


LOCK = "import os; os.makedirs('a/b'); open('a/b/c', 'w'); os.chmod('a/b', 0); os.chmod('a', 0); result = 'done'"
NEST = "import os\nfor _ in range(3000):\n    os.mkdir('d')\n    os.chdir('d')\nresult = 'done'"


@pytest.mark.parametrize("deed", [LOCK, NEST])
@settings("full", "landlock", "limits")
def test_folders_that_are_locked_or_deep_are_removed(world: World, setting: Setting, deed: str) -> None:
    said = world.run(setting, deed)["learner"]
    # Without namespaces the watcher ends who hides something in there, if it looks in time.
    assert said == "done" or (setting.tier == "landlock" and said is None)
    assert world.left_in_tmp() == []


def test_the_process_that_was_started_ends_as_the_template_does(world: World) -> None:
    setting = Setting("full", "root" if os.geteuid() == 0 else "ordinary")
    program, _ = world.start(setting, learner="", files=str(world.folder / "missing"))
    out, err = program.communicate()
    assert out == "" and "FileNotFoundError" in err
    assert program.returncode == 1


def test_a_signal_to_the_process_that_was_started_ends_the_template(world: World) -> None:
    setting = Setting("full", "root" if os.geteuid() == 0 else "ordinary")
    program, answer = world.start(setting, learner=DAEMON, wait_to_be_killed=True)
    answer()
    program.send_signal(signal.SIGTERM)
    program.communicate()
    assert until(lambda: not running(world.marker))
