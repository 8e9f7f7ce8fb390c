"""Runs attacks under the engine, in one tier, beside honest submissions."""

import os
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from nbformat import NotebookNode

from grading.engine.jail import Limits, Tier
from grading.engine.profile import Profile, TestProfile
from grading.engine.profiles import guessed_profile
from grading.engine.run import Engine
from grading.engine.score import score_notebook
from grading.engine.submission import SetAsideError
from tests.attacks import victim
from tests.attacks.model import Attack, Question, Seen
from tests.attacks.world import (
    DISK_MB,
    LOG_BYTES,
    MEMORY_MB,
    World,
    kill_all,
    left_behind,
    peak,
    processes,
    reset_peak,
    standing,
    taken,
)

LIMITS_OF_ALL = Limits(
    cell_cpu_s=2, cell_wall_s=6, total_cpu_s=20, memory_mb=1024, disk_mb=32, processes=64, files=256, output_mb=2
)
ATTACK_S = 60.0  # whatever lasts longer holds up the batch
HONEST_POINTS = 8.0
PYTHON = Path(sys.executable).name  # a template's name in the process table
Say = Callable[..., None]
_PLACES = [Path("/mnt/world/tmp"), Path("/tmp"), Path("/var/tmp"), Path("/dev/shm")]


def profile() -> Profile:
    """How the assignment is judged: what a build finds out, for all tasks."""
    solved = victim.notebook(tuple(victim.TASKS), None)
    guessed = guessed_profile(solved)
    remote = {"test-server-1": frozenset({"lab.serve"})}
    tests = {
        cell.id: TestProfile(remote=remote.get(cell.id, frozenset()))
        for cell in solved.cells
        if cell.id.startswith("test-")
    }
    return Profile(guessed.imports, tests, guessed.learner_names)


@dataclass
class _Course:
    """An engine with what is run in it."""

    world: World
    engine: Engine
    profile: Profile
    problems: list[str] = field(default_factory=list)

    def points(self, notebook: NotebookNode, folder: Path) -> tuple[float, NotebookNode, tuple[str, ...]]:
        """Run a notebook; returns what it earned."""
        ran = self.engine.run(notebook, folder, self.profile)
        points = sum(score.points or 0 for score in score_notebook(ran.notebook).values())
        return points, ran.notebook, ran.remarks

    def honest(self) -> str:
        """Run someone honest; returns what was wrong with it."""
        try:
            points, notebook, remarks = self.points(self.world.honest(), self.world.cohort / "submitted" / "bob" / "a1")
        except Exception as error:
            return f"the honest submission failed: {type(error).__name__}: {error}"
        if points == HONEST_POINTS:
            return ""
        errors = [o.evalue for c in notebook.cells if c.cell_type == "code" for o in c.outputs if "evalue" in o]
        return f"the honest submission earned {points:g} of {HONEST_POINTS:g}: {errors} {remarks}"


def run_under_engine(world: World, tier: str, attacks: list[Attack], log: Path, say: Say) -> None:
    """Run attacks one by one, each beside an honest submission; those that last, together at the end."""
    with Engine(Path(__file__).resolve().parents[2], Tier(tier), LIMITS_OF_ALL) as engine:
        course = _Course(world, engine, profile())
        if problem := course.honest():
            raise RuntimeError(problem)
        baseline = set(processes())
        for attack in attacks:
            if not attack.slow:
                say(attack.name)
                say(attack.name, _one(course, attack, baseline, log))
        slow = [attack for attack in attacks if attack.slow]
        with ThreadPoolExecutor(6) as pool:
            for attack in slow:
                say(attack.name)
            for attack, seen in pool.map(lambda attack: (attack, _attack(course, attack)), slow):
                say(attack.name, seen)
    rest = left_behind({1, os.getpid()}, supervisor=0)
    print("left at the end:", rest)


def _one(course: _Course, attack: Attack, baseline: set[int], log: Path) -> Seen:
    world = course.world
    logged, space, before = log.stat().st_size, taken(_PLACES), reset_peak()
    said: list[str] = []
    stood = standing()
    neighbour = threading.Thread(target=lambda: said.append(course.honest()))
    beside = attack.aims - {Question.POINTS}
    if beside:
        neighbour.start()
    seen = _attack(course, attack)
    if beside:
        neighbour.join()
    if beside and said[0]:
        seen.batch.append(f"beside it, {said[0]}")
    if attack.primes:
        baseline |= {process.pid for process in left_behind(baseline, world.supervisor) if process.name == PYTHON}
    if rest := left_behind(baseline, world.supervisor):
        seen.reach.append(f"left behind: {', '.join(process.name for process in rest)}")
        kill_all(rest)
    if standing() != stood:
        seen.reach.append("the supervisor's priority or limits are changed")
    if (growth := (peak() - before) / 1000) > MEMORY_MB:
        seen.batch.append(f"the supervisor took {growth:.0f} MB more")
    if (more := log.stat().st_size - logged) > LOG_BYTES:
        seen.batch.append(f"the log grew by {more / 1e6:.1f} MB")
    if (more := taken(_PLACES) - space) > DISK_MB:
        seen.reach.append(f"it left {more:.0f} MB")
    world.look_around(seen)
    if beside and (problem := course.honest()):
        seen.batch.append(f"after it, {problem}")
    return seen


def _attack(course: _Course, attack: Attack) -> Seen:
    seen = Seen()
    notebook = course.world.notebook(attack)
    folder = course.world.folder(attack)
    began = time.monotonic()
    try:
        points, ran, remarks = course.points(notebook, folder)
    except SetAsideError as error:
        seen.note = f"set aside: {error}"
        if not attack.set_aside:
            seen.batch.append(seen.note)
        return seen
    except Exception as error:
        seen.batch.append(f"the engine raised {type(error).__name__}: {str(error)[:300]}")
        return seen
    if (lasted := time.monotonic() - began) > ATTACK_S:
        seen.batch.append(f"it took {lasted:.0f} s")
    if points > attack.deserved:
        seen.points.append(f"{points:g} points, deserved {attack.deserved:g}")
    course.world.look_at_outputs(ran, seen)
    course.world.look_at_text(" ".join(remarks), seen)
    seen.note = " ".join(remarks)[:500]
    return seen
