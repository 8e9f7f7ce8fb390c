"""Files are replaced whole or not at all, and commands that write take turns."""

import errno
import os
import stat
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import pytest

from curriculum.errors import CourseError
from curriculum.files import exclusive, write_atomically


def test_replaces_the_content_and_leaves_nothing_beside_it(tmp_path):
    path = tmp_path / "new" / "file.txt"
    write_atomically(path, "one")
    write_atomically(path, b"two")
    assert path.read_bytes() == b"two"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no permission bits to keep")
def test_a_new_file_has_the_usual_permissions_and_an_old_one_keeps_its_own(tmp_path):
    path = tmp_path / "file.txt"
    path.write_text("old")
    path.chmod(0o640)
    write_atomically(path, "new")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_full_disk_leaves_the_old_file_whole(tmp_path, monkeypatch):
    path = tmp_path / "file.txt"
    path.write_text("old")

    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CourseError, match="No space left on device"):
        write_atomically(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_second_command_waits_for_the_first(tmp_path, capsys):
    order = []

    def first():
        with exclusive(tmp_path):
            held.set()
            time.sleep(0.3)
            order.append("first")

    held = threading.Event()
    thread = threading.Thread(target=first)
    thread.start()
    held.wait()
    with exclusive(tmp_path, wait_s=30):
        order.append("second")
    thread.join()
    assert order == ["first", "second"]
    assert "waiting" in capsys.readouterr().out


@contextmanager
def held_by_another_process(folder):
    program = (
        "import sys, pathlib; from curriculum.files import exclusive\n"
        "with exclusive(pathlib.Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", program, str(folder)]
    holder = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout.readline().strip() == "held"
        yield holder
    finally:
        holder.communicate(timeout=30)


def test_a_lock_that_is_never_released_ends_in_a_sentence(tmp_path):
    with (
        held_by_another_process(tmp_path),
        pytest.raises(CourseError, match="Another course command has held"),
        exclusive(tmp_path, wait_s=0.2),
    ):
        pass


def test_a_killed_command_does_not_keep_the_lock(tmp_path):
    with held_by_another_process(tmp_path) as holder:
        holder.kill()
        holder.wait(timeout=30)
        with exclusive(tmp_path, wait_s=30):
            pass
