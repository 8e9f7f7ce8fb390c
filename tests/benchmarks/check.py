"""Times `course check`, cold and warm, and `nbgrader validate` on the same notebook, as a person at a terminal waits.

    python -m tests.benchmarks.check --rounds 5

Each is a command in a process of its own, in a copy of the course. Cold: the first check, which starts the process that
stays warm. Warm: any other. The notebook is y1-serving's, solved. It tells times and holds them to nothing.
"""

import argparse
import compileall
import contextlib
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import nbformat
import psutil
from rich.console import Console
from rich.table import Table

from curriculum.course import Course

ROOT = Path(__file__).resolve().parents[2]
UNIT = "y1-serving"
HIDDEN = re.compile(r"### BEGIN HIDDEN TESTS\n.*?### END HIDDEN TESTS\n?", re.DOTALL)


def lay(root: Path) -> Path:
    """Copy the course, compiled, lay the solved notebook on the desk, and return the notebook."""
    for name in ("curriculum", "grading", "assignments", "solutions"):
        ignored = shutil.ignore_patterns("__pycache__", "cohort_data", "work")
        shutil.copytree(ROOT / name, root / name, ignore=ignored)
    for name in ("curriculum", "grading"):
        compileall.compile_dir(root / name, quiet=1)
    course = Course(root=root, work=root / "work", cohort=root / "cohort")
    unit = course.syllabus.ready_unit(UNIT)
    notebook = nbformat.read(course.solution_notebook(unit), as_version=4)
    for cell in notebook.cells:
        cell.source = HIDDEN.sub("", cell.source)
    desk = course.work / UNIT
    shutil.copytree(course.released_notebook(unit).parent, desk)
    nbformat.write(notebook, desk / f"{UNIT}.ipynb")
    return desk / f"{UNIT}.ipynb"


def timed(root: Path, *command: str) -> float:
    """Seconds of a command of this environment, which must succeed."""
    environment = os.environ | {"PYTHONPATH": str(root)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=root, env=environment, capture_output=True, text=True, timeout=600
    )
    seconds = time.perf_counter() - started
    assert done.returncode == 0, done.stdout + done.stderr
    return seconds


def end_warm_process(root: Path) -> None:
    """End the process that this copy of the course keeps warm, known by the folder it was started for."""
    for process in psutil.process_iter(["cmdline"]):
        command = process.info["cmdline"] or []
        if "curriculum.desk.warm" in command and str(root) in command:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.terminate()
                process.wait(10)


def measure(root: Path, rounds: int) -> dict[str, list[float]]:
    """Seconds of each command in each round."""
    notebook = lay(root)
    check = ("grading.cli", "check", UNIT)
    taken: dict[str, list[float]] = defaultdict(list)
    try:
        for _ in range(rounds):
            end_warm_process(root)
            taken["course check, cold"].append(timed(root, *check))
            taken["course check, warm"].append(timed(root, *check))
            taken["nbgrader validate"].append(timed(root, "nbgrader", "validate", str(notebook)))
    finally:
        end_warm_process(root)
    return taken


def table(taken: dict[str, list[float]]) -> Table:
    """The median of each, and how many times faster than nbgrader it is."""
    middle = {name: statistics.median(rounds) for name, rounds in taken.items()}
    shown = Table(title=f"One notebook, {UNIT} solved; from Return to the prompt", title_justify="left")
    for heading in ("command", "s", "lowest to highest", "times as fast as nbgrader"):
        shown.add_column(heading, justify="left" if heading == "command" else "right")
    for name, seconds in middle.items():
        spread = f"{min(taken[name]):.2f} to {max(taken[name]):.2f}"
        shown.add_row(name, f"{seconds:.2f}", spread, f"{middle['nbgrader validate'] / seconds:.1f}")
    return shown


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        Console(highlight=False).print(table(measure(Path(folder) / "course", max(1, options.rounds))))


if __name__ == "__main__":
    main()
