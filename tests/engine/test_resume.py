"""Whatever ends a run, nothing graded is lost, nothing finished is graded twice, and the next run does the rest."""

import json
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing, contextmanager, suppress

import psutil
import pytest

from curriculum.errors import CourseError
from grading.engine import autograde, gradebook
from grading.engine.autograde import State
from grading.engine.recording import Recorder
from grading.engine.template.client import Template
from tests.engine.gradebooks import rows_of

UNIT = "t1-limits"
WRONG = "def window_of(second, length):\n    return second / length"
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="signals as POSIX has them")

# Grades everything in a process of its own, and kills that process at a point:
# `python grade.py ROOT OWNER NAME WHEN NTH`.
GRADE = """
import importlib, os, signal, sys
from pathlib import Path
from curriculum.course import Course
from grading.engine.autograde import grade_unit

def kill_at(owner, name, when, nth):
    module, _, cls = owner.partition(":")
    owner = importlib.import_module(module)
    owner = getattr(owner, cls) if cls else owner
    original, calls = getattr(owner, name), []
    def reached(*arguments, **named):
        calls.append(name)
        if when == "before" and len(calls) == nth:
            os.kill(os.getpid(), signal.SIGKILL)
        result = original(*arguments, **named)
        if when == "after" and len(calls) == nth:
            os.kill(os.getpid(), signal.SIGKILL)
        return result
    setattr(owner, name, reached)

if __name__ == "__main__":
    root = Path(sys.argv[1])
    if sys.argv[2:]:
        kill_at(*sys.argv[2:5], int(sys.argv[5]))
    course = Course(root=root, work=root / "work", cohort=root / "grading" / "cohort_data")
    for outcome in grade_unit(course, course.syllabus.ready_unit("t1-limits"), workers=2):
        print(f"{outcome.student}: {outcome.state.name} {outcome.score}", flush=True)
"""
BENCH, RECORDER = "grading.engine.autograded:Bench", "grading.engine.recording:Recorder"
POINTS = [
    (BENCH, "put", "before", 2),  # the submission ran, nothing of it is written
    ("pathlib:Path", "rename", "before", 2),  # its folder is laid, not in its place
    (BENCH, "put", "after", 2),  # it is in its place, and the gradebook does not know
    (RECORDER, "record", "before", 2),
    (RECORDER, "_grades", "after", 2),  # half of its rows are written, in a transaction
    ("grading.engine.recording", "put_stamp", "after", 2),  # all but the commit
    (RECORDER, "record", "after", 2),  # committed
]


@pytest.fixture
def grade(cohort, tmp_path):
    """Grades in another process, and returns it when it has ended; no process of its own outlives it."""
    script = tmp_path / "grade.py"
    script.write_text(GRADE, encoding="utf-8")

    def run(*point):
        command = [sys.executable, str(script), str(cohort.course.root), *map(str, point)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            said = process.stdout.read()
        return process.returncode, said

    return run


def address(cohort):
    return f"sqlite:///{cohort.course.cohort / 'gradebook.db'}"


def finished(cohort):
    """Students whose grades are committed."""
    with closing(sqlite3.connect(cohort.course.cohort / "gradebook.db")) as database:
        rows = database.execute(
            "select student_id from submitted_assignment join course_stamp on course_stamp.id = submitted_assignment.id"
        ).fetchall()
    return {student for (student,) in rows}


def submit_many(cohort, count):
    for number in range(count):
        cohort.submit(f"s{number:02}", cohort.answered(window_of_second=WRONG) if number % 3 == 1 else None)


def whole(cohort):
    """Every folder under `autograded/` is whole, and nothing half-laid lies in sight of nbgrader."""
    folders = list((cohort.course.cohort / "autograded").glob(f"*/{UNIT}"))
    for folder in folders:
        json.loads((folder / f"{UNIT}.ipynb").read_text(encoding="utf-8"))
        assert (folder / "limits.csv").is_file()
    return {folder.parent.name for folder in folders}


@POSIX
def test_a_run_that_is_killed_at_any_point_goes_on_where_it_was(cohort, grade, tmp_path):
    submit_many(cohort, 2 * len(POINTS) + 2)
    students = {f"s{number:02}" for number in range(2 * len(POINTS) + 2)}
    for point in POINTS:
        before = finished(cohort)
        code, said = grade(*point)
        assert code == -signal.SIGKILL, said
        now = finished(cohort)
        assert now >= before, f"{point}: what one run finished is there for the next"
        assert now > before or point[0] != RECORDER, f"{point}: one was committed before the second was killed"
        assert now <= whole(cohort)
    before = finished(cohort)
    assert before < students
    code, said = grade()
    assert code == 0
    assert {line.split(":")[0] for line in said.splitlines() if "UNCHANGED" in line} == before
    assert {line.split(":")[0] for line in said.splitlines() if "GRADED" in line} == students - before
    assert whole(cohort) == finished(cohort) == students

    killed = rows_of(address(cohort))
    (cohort.course.cohort / "gradebook.db").rename(tmp_path / "killed.db")
    shutil.rmtree(cohort.course.cohort / "autograded")
    assert {outcome.state for outcome in cohort.grade(workers=2).values()} == {State.GRADED}
    assert rows_of(address(cohort)) == killed, "grades as from a run that nobody disturbed"


def engines_processes():
    """The template's processes that this process has started, and their forks."""
    found = []
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):  # it has just ended
            found += [process] if "grading.engine.template.main" in process.cmdline() else []
    return found


class Killer:
    """Kills processes of the engine, each kind in turn, at moments drawn by chance: at most one a submission."""

    KINDS = ("learner", "judge", "template")

    def __init__(self, monkeypatch, seed):
        self.killed, self.seen = [], set()
        self._draw, self._pair, self._timer = random.Random(seed), None, None
        self._folder, self._hit = None, set()  # that of the submission which runs, and those of which one was killed
        pair, record = Template.pair, Recorder.record

        def paired(template, folder, limits):
            self._folder, self._pair = folder, pair(template, folder, limits)
            return self._pair

        def recorded(*arguments):
            record(*arguments)
            if not (self._timer and self._timer.is_alive()):  # it has killed since the last submission but one
                self._wait()

        monkeypatch.setattr(Template, "pair", paired)
        monkeypatch.setattr(Recorder, "record", recorded)

    def _wait(self):
        self._timer = threading.Thread(target=self._kill)
        self._timer.start()

    def _kill(self):
        kind = self.KINDS[len(self.killed) % len(self.KINDS)]
        while True:
            time.sleep(self._draw.uniform(0, 0.3))
            alive = engines_processes()
            if not alive:
                return
            self.seen.update(alive)
            if self._folder in self._hit:
                continue
            pairs = {"learner": [self._pair.learner], "judge": [self._pair.judge]}
            others = [each.pid for each in alive if [each.pid] not in pairs.values()]
            wanted = pairs.get(kind) or [self._draw.choice(others or [0])]
            for process in alive:
                if process.pid in wanted and process.is_running():
                    process.kill()
                    self.killed.append(kind)
                    self._hit.add(self._folder)
                    return

    def end(self):
        """Wait until it kills no more, and return what it saw that still runs."""
        self._timer.join()
        _, left = psutil.wait_procs(self.seen, timeout=20)
        return left


@POSIX
@pytest.mark.parametrize("seed", [1, 2])
def test_processes_of_the_engine_that_are_killed_cost_nobody_anything(cohort, monkeypatch, tmp_path, seed):
    slowly = "import time\ntime.sleep(0.2)\ndef wait_time(second, length):\n    return length - second % length"
    for number in range(10):
        wrong = {"window_of_second": WRONG} if number % 3 == 1 else {}
        cohort.submit(f"s{number:02}", cohort.answered(wait_time=slowly, **wrong))
    expected = {student: outcome.score for student, outcome in cohort.grade().items()}
    undisturbed = rows_of(address(cohort))
    (cohort.course.cohort / "gradebook.db").rename(tmp_path / "undisturbed.db")
    shutil.rmtree(cohort.course.cohort / "autograded")

    killer = Killer(monkeypatch, seed)
    outcomes = cohort.grade()
    assert killer.end() == [], "processes outlive the run"
    assert set(killer.killed) == set(Killer.KINDS)
    assert {student: (outcome.score, outcome.notes) for student, outcome in outcomes.items()} == {
        student: (score, ()) for student, score in expected.items()
    }
    assert rows_of(address(cohort)) == undisturbed


@POSIX
def test_a_forced_run_that_is_killed_leaves_no_notebook_with_anothers_grades(cohort, grade):
    submit_many(cohort, 2)
    cohort.grade()
    notebook = cohort.course.cohort / "autograded" / "s01" / UNIT / f"{UNIT}.ipynb"
    content = json.loads(notebook.read_bytes())
    content["metadata"]["from"] = "a run that was killed before its grades were committed"
    notebook.chmod(0o644)
    notebook.write_text(json.dumps(content), encoding="utf-8")
    outcomes = cohort.grade()
    assert [outcome.state for outcome in outcomes.values()] == [State.UNCHANGED, State.GRADED]
    notebook.unlink()
    assert [outcome.state for outcome in cohort.grade().values()] == [State.UNCHANGED, State.GRADED]


def test_a_lost_gradebook_is_filled_again_and_an_old_copy_of_it_is_completed(cohort, tmp_path):
    gradebook = cohort.course.cohort / "gradebook.db"
    submit_many(cohort, 1)
    cohort.grade()
    shutil.copy(gradebook, tmp_path / "old.db")
    submit_many(cohort, 3)
    cohort.grade()
    rows = rows_of(address(cohort))

    shutil.copy(tmp_path / "old.db", gradebook)
    states = [outcome.state for outcome in cohort.grade().values()]
    assert states == [State.UNCHANGED, State.GRADED, State.GRADED]
    assert rows_of(address(cohort)) == rows

    gradebook.unlink()
    assert {outcome.state for outcome in cohort.grade().values()} == {State.GRADED}
    assert rows_of(address(cohort)) == rows
    assert {outcome.state for outcome in cohort.grade().values()} == {State.UNCHANGED}


@contextmanager
def held(cohort):
    """The gradebook, in the middle of another program's write."""
    with closing(sqlite3.connect(cohort.course.cohort / "gradebook.db", check_same_thread=False)) as other:
        other.execute("begin exclusive")
        yield other
        other.rollback()


def test_a_gradebook_that_is_held_is_waited_for(cohort):
    submit_many(cohort, 1)
    with held(cohort) as other:
        timer = threading.Timer(0.5, other.rollback)
        timer.start()
        assert cohort.grade()["s00"].score == 15
        timer.join()


def test_a_gradebook_that_is_held_too_long_stops_the_run_with_a_sentence(cohort, monkeypatch):
    monkeypatch.setattr(gradebook, "BUSY_S", 1)
    submit_many(cohort, 2)
    with held(cohort), pytest.raises(CourseError, match="Another program has held the gradebook for 1 s"):
        cohort.grade()

    opened = autograde.open_runner

    @contextmanager
    def held_meanwhile(*arguments):
        with opened(*arguments) as runner, held(cohort):
            yield runner

    with monkeypatch.context() as patch:
        patch.setattr(autograde, "open_runner", held_meanwhile)
        with pytest.raises(CourseError, match="What was finished is kept"):
            cohort.grade()
    assert finished(cohort) == set()
    assert [outcome.score for outcome in cohort.grade().values()] == [15, pytest.approx(15, abs=14)]


# Grades with a folder on a disk that is nearly full, then gives it room and goes on:
# `python full.py ROOT NAME ROOM_KB`, in a mount namespace of its own, which takes the disk with it.
FULL = """
import shutil, subprocess, sys
from pathlib import Path
from rich.console import Console
from curriculum.course import Course
from curriculum.errors import CourseError
from grading.engine.autograde import grade_unit

def kb(folder):
    return sum(-(-path.stat().st_size // 4096) * 4 for path in folder.rglob("*") if path.is_file())

if __name__ == "__main__":
    root, small, room = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    cohort, database = root / "grading" / "cohort_data", root / "database"
    database.mkdir()
    (cohort / "gradebook.db").rename(database / "gradebook.db")
    disk = {"cohort": cohort, "database": database}[small]
    size, kept = kb(disk) + room, root / "kept"
    shutil.copytree(disk, kept)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}k", "none", str(disk)], check=True)
    shutil.copytree(kept, disk, dirs_exist_ok=True)
    course = Course(root, root / "work", cohort, f"sqlite:///{database / 'gradebook.db'}")
    unit = course.syllabus.ready_unit("t1-limits")
    try:
        grade_unit(course, unit, workers=1, console=Console(quiet=True))
    except CourseError as error:
        print("stopped:", error)
    left = [path.name for path in (cohort / "staging").iterdir()]
    subprocess.run(["mount", "-o", "remount,size=64m", str(disk)], check=True)
    states = [outcome.state.name for outcome in grade_unit(course, unit, workers=1, console=Console(quiet=True))]
    print(left, set(states) <= {"UNCHANGED", "GRADED"}, len(states), states.count("GRADED") > 0)
    print(sum(outcome.score == 15 for outcome in grade_unit(course, unit)))
"""


def can_mount():
    return (
        sys.platform == "linux" and not subprocess.run(["unshare", "--mount", "true"], capture_output=True).returncode
    )


@pytest.mark.skipif(not can_mount(), reason="a small disk of its own takes the right to mount")
@pytest.mark.parametrize(("disk", "room_kb"), [("cohort", 50), ("database", 12)])
def test_a_full_disk_stops_the_run_with_a_sentence_and_the_next_run_goes_on(cohort, tmp_path, disk, room_kb):
    for number in range(4):
        cohort.submit(f"s{number}")
    script = tmp_path / "full.py"
    script.write_text(FULL, encoding="utf-8")
    command = ["unshare", "--mount", sys.executable, str(script), str(cohort.course.root), disk, str(room_kb)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [f"stopped: {gradebook.DISK_FULL}", "[] True 4 True", "4"]
