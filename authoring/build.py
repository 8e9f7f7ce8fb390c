"""Makes every built file from its source, and tells which ones are out of date."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from authoring.execute import execute_lesson
from authoring.fingerprint import assignment_inputs, content_hash, lesson_inputs
from authoring.pages import pages_with_map
from authoring.release import make_assignment, supplements_of
from authoring.source import read_assignment, read_lesson, read_text
from curriculum.course import Course
from curriculum.errors import CourseError
from curriculum.files import exclusive, write_atomically
from curriculum.syllabus import Unit

Progress = Callable[[int, int, str], None]  # steps done, steps in all, what comes next


@dataclass(frozen=True)
class Built:
    """One built file and what became of it.

    `problem` is one sentence on why the file was not what its source says, empty when it was; after a build, rather
    than a check, the problem is mended. `kept` is where a version that someone had edited by hand was put, `remarks`
    are what the author should know of it, a sentence each.
    """

    path: Path
    problem: str = ""
    kept: Path | None = None
    remarks: tuple[str, ...] = ()


def quiet(done: int, total: int, what: str) -> None:
    """Show no progress."""


def build(
    course: Course, units: Sequence[str] | None = None, check: bool = False, progress: Progress = quiet
) -> list[Built]:
    """Bring every built file of the units (all ready ones by default) up to date, and the maps in README files.

    With `check` nothing is run or written: each file that is out of date comes back with its `problem`.
    A unit's files are written when all of that unit's sources have been read and run, each in one step.

    Raises `CourseError` for a mistake in a source, a lesson that fails when run, or a file that cannot be written.
    """
    course.require_solutions()
    chosen = [course.syllabus.ready_unit(name) for name in units] if units else course.syllabus.ready_units
    if check:
        return list(_build(course, chosen, check, progress))
    with exclusive(course.root):
        return list(_build(course, chosen, check, progress))


def _build(course: Course, units: list[Unit], check: bool, progress: Progress) -> Iterator[Built]:
    for done, unit in enumerate(units):
        progress(done, len(units), unit.id)
        problems = _lesson_problems(course, unit)
        if unit.has_assignment:
            problems |= _assignment_problems(course, unit)
        stale = {path for path, problem in problems.items() if problem}
        made, remarks = _make(course, unit, stale) if stale and not check else ({}, ())
        for path, problem in problems.items():
            kept = _keep(course, path) if made and problem and "by hand" in problem else None
            if path in made:
                write_atomically(path, made[path])
            elif problem and not check:
                path.unlink()  # a supplement that is no longer handed out
            yield Built(path, problem, kept, remarks if path == course.profile(unit) else ())
    progress(len(units), len(units), "maps")
    for path, text in pages_with_map(course).items():
        is_stale = path.read_text(encoding="utf-8") != text
        if is_stale and not check:
            write_atomically(path, text)
        name = path.relative_to(course.root).as_posix()
        yield Built(path, f"The map in {name} is not what syllabus.yml says; run `course build`." if is_stale else "")


def _make(course: Course, unit: Unit, stale: set[Path]) -> tuple[dict[Path, bytes], tuple[str, ...]]:
    """The content of the unit's stale files, and remarks on its tests.

    The lesson and the assignment are each made only when needed.
    """
    # Both sources are read before anything is run, so that a slip in one shows at once.
    lesson = read_lesson(course, unit)
    if unit.has_assignment:
        read_assignment(course, unit)
    made: dict[Path, bytes] = {}
    remarks: tuple[str, ...] = ()
    lesson_path, released_path = course.lesson_notebook(unit), course.released_notebook(unit)
    if stale - {lesson_path}:
        assignment = make_assignment(course, unit)
        made[course.solution_notebook(unit)] = notebook_bytes(assignment.solution)
        made[released_path] = notebook_bytes(assignment.released)
        made |= {released_path.parent / name: content for name, content in assignment.supplements.items()}
    if course.profile(unit) in stale:
        from authoring.recording import profile_bytes, record_profile

        recorded = record_profile(course, assignment)
        remarks = recorded.remarks
        made[course.profile(unit)] = profile_bytes(recorded.profile, assignment.solution.metadata.course["inputs"])
    if lesson_path in stale:
        inputs = lesson_inputs(course, lesson.text)
        notebook = execute_lesson(course, lesson)
        notebook.metadata.course = {"unit": unit.id, "inputs": inputs, "content": content_hash(notebook)}
        made[lesson_path] = notebook_bytes(notebook)
    return made, remarks


def notebook_bytes(notebook: NotebookNode) -> bytes:
    """A notebook as it stands in a file; the same bytes that nbgrader would write."""
    return (nbformat.writes(notebook).rstrip("\n") + "\n").encode()


def _lesson_problems(course: Course, unit: Unit) -> dict[Path, str]:
    path, source = course.lesson_notebook(unit), course.lesson_source(unit)
    inputs = lesson_inputs(course, read_text(course, unit, source))
    return {path: _problem(course, unit, path, inputs, "content", source)}


def _assignment_problems(course: Course, unit: Unit) -> dict[Path, str]:
    source, supplements = course.assignment_source(unit), supplements_of(course, unit)
    inputs = assignment_inputs(course, read_text(course, unit, source), supplements)
    solution, released = course.solution_notebook(unit), course.released_notebook(unit)
    problems = {
        solution: _problem(course, unit, solution, inputs, "content", source),
        released: _problem(course, unit, released, inputs, "released", source),
        course.profile(unit): _profile_problem(course, unit, inputs, source),
    }
    wanted = {released.parent / path.relative_to(course.solution_folder(unit)): path for path in supplements}
    for path, origin in wanted.items():
        same = path.is_file() and path.read_bytes() == origin.read_bytes()
        problems[path] = "" if same else f"{_name(course, path)} is not what {_name(course, origin)} is; {_mend(unit)}."
    for path in _others(released.parent, {released, *wanted}):
        problems[path] = f"{_name(course, path)} is not handed out by any file in solutions/{unit.id}/; {_mend(unit)}."
    return problems


def _profile_problem(course: Course, unit: Unit, inputs: str, source: Path) -> str:
    path = course.profile(unit)
    try:
        if json.loads(path.read_text(encoding="utf-8"))["inputs"] == inputs:
            return ""
    except FileNotFoundError:
        return f"{_name(course, path)} has not been built; {_mend(unit)}."
    except (ValueError, KeyError, TypeError):
        return f"{_name(course, path)} is no profile that the build made; {_mend(unit)}."
    return f"{_name(course, path)} is older than {_name(course, source)} or what that uses; {_mend(unit)}."


def _others(folder: Path, known: Iterable[Path]) -> list[Path]:
    return sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and path not in known and ".ipynb_checkpoints" not in path.parts
    )


def _problem(course: Course, unit: Unit, path: Path, inputs: str, key: str, source: Path) -> str:
    """What is wrong with a built notebook, in a sentence; empty when nothing is."""
    name, origin = _name(course, path), _name(course, source)
    try:
        notebook: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        built_from = notebook["metadata"]["course"]
        if built_from["inputs"] != inputs:
            return f"{name} is older than {origin} or what that uses; {_mend(unit)}."
        if built_from[key] != content_hash(notebook):
            return f"{name} was edited by hand; carry the edit over to {origin}, then {_mend(unit)}."
    except FileNotFoundError:
        return f"{name} has not been built; {_mend(unit)}."
    except (ValueError, KeyError, TypeError):
        return f"{name} is not a notebook that the build made; {_mend(unit)}."
    except OSError as error:
        raise CourseError(f"Could not read {name}: {error.strerror}.") from error
    return ""


def _keep(course: Course, path: Path) -> Path:
    """Put a hand-edited file aside before it is replaced: people edit notebooks by habit, and work is not lost."""
    kept = course.root / "dist" / "edited" / path.relative_to(course.root)
    write_atomically(kept, path.read_bytes())
    return kept


def _name(course: Course, path: Path) -> str:
    return path.relative_to(course.root).as_posix()


def _mend(unit: Unit) -> str:
    return f"run `course build {unit.id}`"
