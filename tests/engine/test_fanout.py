"""A cluster and a database server give the same grades as one machine and a file, also when a worker is killed."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from rich.console import Console
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed
from typer.testing import CliRunner

from curriculum.errors import CourseError
from grading.cli import app
from grading.engine.autograde import State, grade_unit
from grading.engine.recording import Recorder
from grading.export import export_grades
from tests.engine.gradebooks import rows_of

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Dask workers fork the engine's processes")
WRONG = "def window_of(second, length):\n    return second / length"


def programs():
    """The folder of PostgreSQL's server programs; Debian keeps them off PATH."""
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        if (folder / "initdb").is_file():
            return folder
    found = shutil.which("initdb")
    return Path(found).parent if found else None


@pytest.fixture(scope="module")
def postgresql():
    """The address of a database server on 127.0.0.1, which ends with the tests of this file."""
    folder = programs()
    if folder is None:
        pytest.skip("no PostgreSQL server is installed (Debian: apt-get install postgresql)")
    user = "postgres" if os.geteuid() == 0 else None  # it refuses to run as root
    place = Path(tempfile.mkdtemp(prefix="postgresql-"))  # pytest's folders are closed to other users
    if user:
        shutil.chown(place, user)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    data = str(place / "data")
    options = ["--auth=trust", "--username=course", "--encoding=UTF8", "--locale=C", "--no-sync"]
    made = subprocess.run(
        [folder / "initdb", "-D", data, *options], user=user, cwd=place, capture_output=True, text=True
    )
    assert made.returncode == 0, made.stderr
    settings = {"port": port, "listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off"}
    arguments = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    with (place / "log").open("w") as log:
        server = subprocess.Popen([folder / "postgres", "-D", data, *arguments], user=user, cwd=place, stderr=log)
    try:
        _connected(port).close()
        yield f"postgresql+psycopg://course@127.0.0.1:{port}"
    finally:
        server.send_signal(signal.SIGINT)  # ends at once, without waiting for connections
        server.wait(timeout=30)
        shutil.rmtree(place)


@retry(retry=retry_if_exception_type(psycopg.OperationalError), stop=stop_after_delay(30), wait=wait_fixed(0.1))
def _connected(port, database="postgres"):
    return psycopg.connect(host="127.0.0.1", port=port, user="course", dbname=database, autocommit=True)


@pytest.fixture
def database(postgresql, request):
    """The address of an empty database, of this test only."""
    name = f"grades_{abs(hash(request.node.name))}"
    with _connected(postgresql.rpartition(":")[2]) as connection:
        connection.execute(f"create database {name}")
    return f"{postgresql}/{name}"


@pytest.fixture(scope="module")
def cluster():
    """Two worker processes with their nannies, on 127.0.0.1, without the dashboard."""
    from distributed import LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None) as cluster:
        yield cluster


@pytest.fixture
def filled(cohort):
    """A cohort of eight, and the rows of a local run of it on SQLite."""
    for number in range(8):
        answer = {1: cohort.answered(window_of_second=WRONG), 2: cohort.released(), 3: b"{"}.get(number % 4)
        folder = cohort.submit(f"s{number}", answer)
        (folder / "timestamp.txt").write_text(f"2026-11-0{number + 1} 10:00:00 UTC", encoding="utf-8")
    outcomes = {student: replace(outcome, seconds=0) for student, outcome in cohort.grade(workers=2).items()}
    shutil.rmtree(cohort.course.cohort / "autograded")
    cohort.outcomes = outcomes
    cohort.rows = rows_of(f"sqlite:///{cohort.course.cohort / 'gradebook.db'}")
    return cohort


def grade_there(filled, database, cluster):
    course = replace(filled.course, gradebook=database)
    said = grade_unit(course, filled.unit, console=Console(quiet=True), dask=cluster.scheduler_address)
    return {outcome.student: replace(outcome, seconds=0) for outcome in said}


def test_a_cluster_and_postgresql_give_the_rows_of_a_local_run(filled, cluster, database):
    assert grade_there(filled, database, cluster) == filled.outcomes
    assert rows_of(database) == filled.rows
    again = grade_there(filled, database, cluster)
    assert {outcome.state for outcome in again.values()} == {State.UNCHANGED, State.SET_ASIDE}
    exported = export_grades(replace(filled.course, gradebook=database)).read_text(encoding="utf-8")
    assert exported == export_grades(filled.course).read_text(encoding="utf-8")


def test_a_killed_worker_costs_nobody_anything(filled, cluster, database, monkeypatch):
    victims = [worker.process.pid for worker in cluster.workers.values()][:1]
    recorded = Recorder.record

    def record(recorder, *what):
        while victims:  # the first submission is done, others are under way
            os.kill(victims.pop(), signal.SIGKILL)
        recorded(recorder, *what)

    monkeypatch.setattr(Recorder, "record", record)
    assert grade_there(filled, database, cluster) == filled.outcomes
    assert not victims
    assert rows_of(database) == filled.rows


def test_what_is_missing_of_a_cluster_or_a_database_is_said_in_a_sentence(filled, cluster, monkeypatch):
    monkeypatch.setattr("grading.engine.fanout.CONNECT_S", 1)
    filled.grade(force=True, students=["s0"])
    with pytest.raises(CourseError, match=r"no Dask scheduler at tcp://127\.0\.0\.1:9"):
        filled.grade(force=True, dask="tcp://127.0.0.1:9")
    course = replace(filled.course, gradebook="postgresql+psycopg://course:secret@127.0.0.1:9/grades")
    with pytest.raises(CourseError, match=r"course:\*\*\*@127.0.0.1:9/grades does not answer"):
        grade_unit(course, filled.unit)
    course = replace(filled.course, gradebook="no address")
    with pytest.raises(CourseError, match="the given address"):
        grade_unit(course, filled.unit)


def test_the_address_of_the_gradebook_can_come_from_the_environment(monkeypatch):
    from curriculum.course import Course

    monkeypatch.setenv("COURSE_GRADEBOOK", "postgresql+psycopg://host/grades")
    assert Course().nbgrader_config().CourseDirectory.db_url == "postgresql+psycopg://host/grades"
    assert Course(gradebook="").gradebook_url.startswith("sqlite:///")
    assert "COURSE_GRADEBOOK" in CliRunner().invoke(app, ["grade", "--help"], env={"COLUMNS": "200"}).output
