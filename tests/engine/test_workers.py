"""Grades depend neither on how many submissions run at once nor on what else the machine does."""

import shutil
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from functools import partial

import pytest

from grading.engine import runners
from grading.engine.jail import Limits
from grading.engine.run import Engine
from tests.engine.gradebooks import rows_of

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the engine forks")
WAIT = "def wait_time(second, length):\n    return length - second % length"
# Some take processor time, within the limit or over it: a limit on the clock would depend on the load.
ANSWERS = [
    {},
    {"window_of_second": "def window_of(second, length):\n    return second / length"},
    {"over_limit": "raise RuntimeError('not today')"},
    {"over_limit": "import os\nos._exit(3)"},
    {"wait_time": f"import time\nwhile time.process_time() < 1:\n    pass\n{WAIT}"},
    {"wait_time": f"while True:\n    pass\n{WAIT}"},
    {"wait_time": "def wait_time(second, length):\n    while True:\n        pass"},
    {"wait_time": f"import time\ntime.sleep(1)\n{WAIT}"},
]


@contextmanager
def busy(processes):
    """So many other processes that take all the processor time that they get."""
    with ExitStack() as ended:
        for _ in range(processes):
            process = ended.enter_context(subprocess.Popen([sys.executable, "-c", "while True: pass"]))
            ended.callback(process.kill)
        yield


def test_grades_are_the_same_with_any_number_of_workers_and_under_load(cohort, monkeypatch):
    monkeypatch.setattr(runners, "Engine", partial(Engine, limits=Limits(cell_cpu_s=3, cell_wall_s=120)))
    for number, answers in enumerate(ANSWERS):
        cohort.submit(f"s{number}", cohort.answered(**answers))
    found = []
    for workers, others in ((1, 0), (2, 0), (8, 0), (2, 2)):
        with busy(others):
            outcomes = cohort.grade(workers=workers)
        database = cohort.course.cohort / "gradebook.db"
        said = {student: (outcome.score, outcome.notes) for student, outcome in outcomes.items()}
        found.append((said, rows_of(f"sqlite:///{database}")))
        database.unlink()
        shutil.rmtree(cohort.course.cohort / "autograded")
    assert found[1:] == found[:1] * 3
    assert [found[0][0][f"s{number}"][0] for number in range(len(ANSWERS))] == [15, 7, 12, 12, 15, 12, 12, 15]
