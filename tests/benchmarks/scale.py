"""Grades 100, 1,000 and 10,000 submissions, and prints what that takes: `python -m tests.benchmarks.scale [COUNT]…`.

The workload is that of `tests/benchmarks/workload.py` without the plot, on two workers. Each count is graded in a
process of its own, so that the peak of memory is that count's, and once more when nothing has changed.
"""

import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from curriculum.course import Course
from tests.benchmarks.workload import UNIT, lay_cohort, lay_course

LOOK_S = 0.2  # between two looks at the memory


def grade(root: Path) -> None:
    """Grade everything in this process; what `measure` starts."""
    from rich.console import Console

    from grading.engine.autograde import grade_unit

    course = Course(root, root / "work", root / "grading" / "cohort_data", gradebook="")
    outcomes = grade_unit(course, course.syllabus.ready_unit(UNIT), workers=2, console=Console(quiet=True))
    scores = [outcome.score for outcome in outcomes]
    print(json.dumps({str(score): scores.count(score) for score in sorted(set(scores), key=str)}))


def measure(count: int, place: Path) -> list[str]:
    """A row of the table."""
    root = place / f"course-{count}"
    course = lay_course(root, with_plot=False)
    lay_cohort(course.cohort, with_plot=False, size=count)
    started, peak = time.monotonic(), 0
    with subprocess.Popen([sys.executable, "-m", __spec__.name, "--grade", str(root)], stdout=subprocess.PIPE) as run:
        process = psutil.Process(run.pid)
        while run.poll() is None:
            try:
                peak = max(peak, process.memory_info().rss)
            except psutil.NoSuchProcess:
                break
            time.sleep(LOOK_S)
        assert run.stdout is not None
        scores = json.loads(run.stdout.read())
    seconds = time.monotonic() - started
    again = time.monotonic()
    subprocess.run([sys.executable, "-m", __spec__.name, "--grade", str(root)], stdout=subprocess.DEVNULL, check=True)
    resumed = time.monotonic() - again
    size = (course.cohort / "gradebook.db").stat().st_size
    shutil.rmtree(root)
    print(f"{count:,}: points {scores}", file=sys.stderr)
    return [
        f"{count:,}",
        f"{seconds:.1f}",
        f"{1000 * seconds / count:.0f}",
        f"{peak / 2**20:.0f}",
        f"{size / 2**20:.1f}",
        f"{size / count:,.0f}",
        f"{resumed:.1f}",
    ]


def main(counts: list[int]) -> None:
    """Print the table."""
    heading = ["submissions", "s", "ms each", "supervisor MB", "gradebook MB", "bytes each", "s when nothing changed"]
    print("| " + " | ".join(heading) + " |")
    print("|" + " ---: |" * len(heading))
    with tempfile.TemporaryDirectory(prefix="scale-") as place:
        for count in counts:
            print("| " + " | ".join(measure(count, Path(place))) + " |", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--grade"]:
        grade(Path(sys.argv[2]))
    else:
        main([int(count) for count in sys.argv[1:]] or [100, 1_000, 10_000])
