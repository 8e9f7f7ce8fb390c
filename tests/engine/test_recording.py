"""A submission's rows are those that nbgrader's own steps write, and they come all together or not at all."""

import shutil
from datetime import datetime, timedelta
from types import SimpleNamespace

import nbformat
import pytest
from nbgrader.api import Gradebook, SubmittedAssignment
from nbgrader.preprocessors import AssignLatePenalties, SaveAutoGrades
from nbgrader.utils import compute_checksum
from sqlalchemy import event
from sqlalchemy.exc import OperationalError
from traitlets.config import Config

from grading.engine.gradebook import STAMPS, Stamp, put_environment_on_path, put_stamp, read_stamp
from grading.engine.recording import Recorder, earned_by, read_stamps
from grading.engine.totals import read_totals
from tests.engine.gradebooks import rows_of

UNIT = SimpleNamespace(id="t1-limits")  # all of a unit that the recorder reads
DUE = datetime(2026, 11, 2, 12)
TEST, SOLUTION, REFLECTION, TASK = "a-test", "a-solution", "a-reflection", "a-task"


def config(method="none"):
    made = Config()
    made.LateSubmissionPlugin.penalty_method = method
    return made


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    """A gradebook with an assignment that nobody has handed in."""
    put_environment_on_path()
    path = tmp_path_factory.mktemp("empty") / "gradebook.db"
    with Gradebook(f"sqlite:///{path}", "ai-systems") as gradebook:
        gradebook.update_or_create_assignment(UNIT.id, duedate=DUE)
        gradebook.update_or_create_notebook(UNIT.id, UNIT.id)
        gradebook.update_or_create_grade_cell(TEST, UNIT.id, UNIT.id, max_score=4, cell_type="code")
        gradebook.update_or_create_grade_cell("another-test", UNIT.id, UNIT.id, max_score=2, cell_type="code")
        gradebook.update_or_create_solution_cell(SOLUTION, UNIT.id, UNIT.id)
        gradebook.update_or_create_grade_cell(REFLECTION, UNIT.id, UNIT.id, max_score=12, cell_type="markdown")
        gradebook.update_or_create_solution_cell(REFLECTION, UNIT.id, UNIT.id)
        gradebook.update_or_create_task_cell(TASK, UNIT.id, UNIT.id, max_score=3, cell_type="markdown")
        STAMPS.create(gradebook.engine)
    return path


@pytest.fixture
def gradebooks(empty, tmp_path):
    """Two gradebooks with the same assignment: nbgrader's steps write into one, the recorder into the other."""
    paths = [shutil.copy(empty, tmp_path / name) for name in ("theirs.db", "ours.db")]
    made = [Gradebook(f"sqlite:///{path}", "ai-systems") for path in paths]
    yield made
    for gradebook in made:
        gradebook.close()


def notebook(test=None, answered=True, cells=(TEST, SOLUTION, REFLECTION, TASK, "another-test")):
    """An executed notebook. `test` is the output of the test; the reflection and the solution are answered or not."""
    made = nbformat.v4.new_notebook()
    for name in cells:
        kind = {"grade": name in (TEST, "another-test", REFLECTION), "solution": name in (SOLUTION, REFLECTION)}
        is_text = name in (REFLECTION, TASK)
        cell = (nbformat.v4.new_markdown_cell if is_text else nbformat.v4.new_code_cell)("as it was handed out")
        points = {TEST: 4, "another-test": 2, REFLECTION: 12, TASK: 3}.get(name)
        meta = {"grade_id": name, "locked": False, "schema_version": 3, "task": name == TASK, **kind}
        cell.metadata["nbgrader"] = meta | ({"points": points} if points else {})
        cell.metadata.nbgrader.checksum = compute_checksum(cell)
        if kind["solution"] and answered:
            cell.source = "an answer"
        if name == TEST and test:
            cell.outputs = [nbformat.from_dict(test)]
        made.cells.append(cell)
    return made


FAILED = {"output_type": "error", "ename": "AssertionError", "evalue": "no", "traceback": []}
PARTLY = {"output_type": "execute_result", "data": {"text/plain": "1.5"}, "metadata": {}, "execution_count": 1}
WORDS = {"output_type": "execute_result", "data": {"text/plain": "'ok'"}, "metadata": {}, "execution_count": 1}
IN_TIME, LATE = DUE - timedelta(hours=1), DUE + timedelta(hours=30, seconds=1.5)


def nbgrader_writes(gradebook, executed, handed_in, method="none"):
    gradebook.update_or_create_student("ana")
    known = {"timestamp": handed_in} if handed_in else {}
    gradebook.update_or_create_submission(UNIT.id, "ana", **known)
    about = {"notebook": UNIT.id, "assignment": UNIT.id, "student": "ana", "db_url": str(gradebook.engine.url)}
    for step in (SaveAutoGrades, AssignLatePenalties):
        step(config=config(method)).preprocess(executed, {"nbgrader": about})
    gradebook.db.expire_all()


def we_write(gradebook, executed, handed_in, method="none"):
    recorder = Recorder(gradebook, UNIT, config(method))
    recorder.record("ana", earned_by(executed), handed_in, Stamp("a", "s", "n"))


def a_person_grades(gradebook, name, points, extra=None):
    grade = gradebook.find_grade(name, UNIT.id, UNIT.id, "ana")
    grade.manual_score, grade.extra_credit, grade.needs_manual_grade = points, extra, False
    gradebook.find_comment(REFLECTION, UNIT.id, UNIT.id, "ana").manual_comment = "Good."
    gradebook.db.commit()


@pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")
@pytest.mark.parametrize("method", ["none", "zero"])
@pytest.mark.parametrize(
    "story",
    [
        [(notebook(), IN_TIME)],
        [(notebook(FAILED), LATE)],
        [(notebook(PARTLY), LATE)],
        [(notebook(WORDS, answered=False), None)],
        [(notebook(FAILED, answered=False), LATE), (notebook(PARTLY), IN_TIME)],
        [(notebook(PARTLY), LATE), (notebook(FAILED, answered=False), None)],
        [(notebook(cells=(SOLUTION, "another-test")), IN_TIME), (notebook(), LATE)],
        [(notebook(), LATE), (notebook(FAILED, cells=(TEST, SOLUTION)), LATE)],
        [(notebook(FAILED), LATE), (REFLECTION, 9), (notebook(), LATE)],
        [(notebook(FAILED), IN_TIME), (TEST, 3, 0.5), (notebook(PARTLY, answered=False), LATE)],
        [(notebook(), IN_TIME), "extension", (notebook(FAILED), LATE)],
        [(notebook(), IN_TIME), "long extension", (notebook(FAILED), LATE)],
    ],
)
def test_the_rows_are_nbgraders(gradebooks, story, method):
    for gradebook, write in zip(gradebooks, (nbgrader_writes, we_write), strict=True):
        for part in story:
            if isinstance(part, str):
                gradebook.grant_extension(UNIT.id, "ana", days=3 if part.startswith("long") else 1)
            elif isinstance(part[0], str):
                a_person_grades(gradebook, *part)
            else:
                write(gradebook, *part, method)
    theirs, ours = (rows_of(str(gradebook.engine.url)) for gradebook in gradebooks)
    assert ours == theirs
    assert ours["grades"] and ours["comments"]

    submission = gradebooks[0].find_submission(UNIT.id, "ana")
    total = read_totals(gradebooks[1], gradebooks[1].find_assignment(UNIT.id))["ana"]
    assert (total.score, total.late_penalty) == (submission.score, submission.late_submission_penalty)
    assert total.seconds_late == submission.total_seconds_late
    assert total.needs_manual_grade == submission.needs_manual_grade


def test_the_stamp_comes_with_the_rows(gradebooks):
    ours = gradebooks[1]
    we_write(ours, notebook(), IN_TIME)
    assert read_stamps(ours, UNIT) == {"ana": Stamp("a", "s", "n")}
    assignment = ours.find_assignment(UNIT.id).id
    assert read_stamp(ours, assignment) is None
    put_stamp(ours, assignment, Stamp("b"))
    assert read_stamp(ours, assignment) == Stamp("b")


@pytest.mark.parametrize("table", ["student", "submitted_notebook", "grade", "comment", "course_stamp"])
def test_a_write_that_fails_leaves_nothing(gradebooks, table):
    ours = gradebooks[1]
    before = rows_of(str(ours.engine.url))

    @event.listens_for(ours.engine, "before_cursor_execute")
    def fail(connection, cursor, statement, *_):
        if statement.startswith(f"INSERT INTO {table} "):
            raise OperationalError(statement, {}, Exception("the disk is gone"))

    with pytest.raises(OperationalError, match="the disk is gone"):
        we_write(ours, notebook(), IN_TIME)
    event.remove(ours.engine, "before_cursor_execute", fail)
    assert rows_of(str(ours.engine.url)) == before
    we_write(ours, notebook(), IN_TIME)
    assert ours.db.query(SubmittedAssignment).count() == 1


def test_the_work_does_not_grow_with_the_gradebook(gradebooks):
    ours = gradebooks[1]
    recorder = Recorder(ours, UNIT, config())
    earned = earned_by(notebook(PARTLY))
    plans = []

    @event.listens_for(ours.engine, "before_cursor_execute")
    def look(connection, cursor, statement, parameters, *_):
        if not statement.startswith("INSERT"):
            cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            plans.extend(row[3] for row in cursor.fetchall())

    for number in range(2):
        recorder.record("ana", earned, IN_TIME + timedelta(seconds=number), Stamp("a", str(number)))
    assert len(plans) > 10
    assert not [plan for plan in plans if plan.startswith("SCAN")], "a table is read from end to end"
