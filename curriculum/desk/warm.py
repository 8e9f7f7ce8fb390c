"""Keeps an engine warm between two checks: a process that ends by itself half an hour after the last one.

`check` asks it over a socket in a folder that only its user may enter. It answers with what `check_unit` found. Where
the engine needs a kernel (macOS, Windows) there is nothing to keep warm, and a check runs in the process that asks.
"""

import hashlib
import os
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from curriculum.course import Course
from curriculum.desk.results import CheckResult
from curriculum.errors import CourseError
from curriculum.files import exclusive
from curriculum.syllabus import Unit
from grading.engine.template.messages import MessageError, receive, send

if TYPE_CHECKING:  # they take half a second to import, and only the warm process needs them
    from grading.engine.execute import KernelEngine
    from grading.engine.run import Engine

IDLE_S = 1800.0
START_S = 60.0
LONGEST_S = 900.0  # of one check

_RESULT = TypeAdapter(CheckResult)


def check(course: Course, unit: Unit, path: Path | None = None) -> CheckResult:
    """As `check_unit`, by a process that is warm from the second time on."""
    if sys.platform != "linux":
        from curriculum.desk.checking import check_unit

        return check_unit(course, unit, path)
    with _connected(course) as server:
        server.settimeout(LONGEST_S)
        try:
            send(server, {"unit": unit.id, "path": str(path) if path else None})
            answer, _ = receive(server)
        except (EOFError, OSError, MessageError) as error:
            raise CourseError("The check was cut short: the process that runs it ended. Run it again.") from error
    if problem := answer.get("problem"):
        raise CourseError(problem)
    return _RESULT.validate_python(answer["result"])


def _connected(course: Course) -> socket.socket:
    """A connection to the warm process of this course, which is started when it does not run."""
    place = _place(course)
    if server := _connect(place):
        return server
    with exclusive(place.parent):  # of two checks that begin at the same time, one starts it
        if server := _connect(place):
            return server
        said = place.with_suffix(".log")
        with said.open("wb") as log:
            subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "curriculum.desk.warm",
                    *map(str, (course.root, course.work, course.cohort, place)),
                ],
                cwd=course.root,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        until = time.monotonic() + START_S
        while time.monotonic() < until:
            if server := _connect(place):
                return server
            time.sleep(0.02)
    raise CourseError(f"The process that runs checks did not start; what it said is in {said}.")


def _connect(place: Path) -> socket.socket | None:
    server = socket.socket(socket.AF_UNIX)
    try:
        server.connect(str(place))
    except OSError:
        server.close()
        return None
    return server


def _place(course: Course) -> Path:
    """The socket's path: short, of this user, and another one as soon as the course's code or folders change."""
    folder = Path(tempfile.gettempdir()) / f"course-checks-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    owner = folder.stat(follow_symlinks=False)
    if owner.st_uid != os.getuid() or owner.st_mode & 0o077 or folder.is_symlink():
        raise CourseError(f"{folder} is not a private folder of yours; remove it, and run the check again.")
    state = [course.root, course.work, course.cohort, sys.executable]
    state += [path.stat().st_mtime_ns for room in ("curriculum", "grading") for path in _code(course.root / room)]
    return folder / hashlib.sha256(repr(state).encode()).hexdigest()[:16]


def _code(room: Path) -> list[Path]:
    return sorted(path for part in ("*.py", "*/*.py", "*/*/*.py") for path in room.glob(part))


def serve(course: Course, place: Path) -> None:
    """Answer checks at a socket, one at a time, until none has come for half an hour."""
    from grading.engine.execute import open_engine

    place.unlink(missing_ok=True)
    with open_engine(course.root) as engine, socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(place))
        try:
            listener.listen()
            listener.settimeout(IDLE_S)
            with suppress(TimeoutError):
                while True:
                    client, _ = listener.accept()
                    with client, suppress(OSError, EOFError, MessageError):  # who asked may have gone
                        client.settimeout(IDLE_S)
                        send(client, _answer(course, receive(client)[0], engine))
        finally:
            place.unlink(missing_ok=True)


def _answer(course: Course, asked: dict[str, Any], engine: "Engine | KernelEngine") -> dict[str, Any]:
    from curriculum.desk.checking import check_unit

    try:
        unit = course.syllabus.ready_unit(asked["unit"])
        result = check_unit(course, unit, Path(asked["path"]) if asked["path"] else None, engine)
    except CourseError as error:
        return {"problem": str(error)}
    return {"result": _RESULT.dump_python(result, mode="json")}


if __name__ == "__main__":
    root, work, cohort, place = map(Path, sys.argv[1:])
    serve(Course(root=root, work=work, cohort=cohort), place)
