"""Sources: what an author may write, and the sentence that every mistake gets."""

import re

import pytest

from authoring.source import read_assignment, read_lesson
from curriculum.course import Course
from curriculum.errors import CourseError

TINY = "t1-limits"
TASK = ":task: window-of-second\n"
TEST = ":test: window-of-second-start\n:points: 1\n"


def rewrite(course: Course, which: str, old: str, new: str) -> None:
    unit = course.syllabus.unit(TINY)
    path = course.lesson_source(unit) if which == "lesson" else course.assignment_source(unit)
    text = path.read_text(encoding="utf-8")
    assert old in text, "the test edits something that is not there"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (TASK, ":tsk: window-of-second\n", "unknown cell option `:tsk:`"),
        (TASK, ":task: Window_Of\n", "'Window_Of' is not a kebab-case grade_id"),
        (TASK, ":task: limiter\n", "grade_id 'limiter' is used already in cell"),
        (TASK, f"{TASK}:points: 2\n", "`points` belongs on test cells and reflections"),
        (TASK, ":given: window-of-second\n", "BEGIN SOLUTION stands in a cell without `:task:`"),
        (TEST, ":test: window-of-second-start\n", "a test needs `points`"),
        (TEST, TEST.replace("1", "0"), "a test needs `points`, a number above 0"),
        (TEST, TEST.replace("1", "yes"), "a test needs `points`, a number above 0"),
        (TEST, ":points: 1\n", "`points` needs `:test:` or a reflection"),
        (TEST, f"{TEST}:given: other\n", "a cell has one role"),
        (TEST, ":reflection: window-of-second-start\n:points: 1\n", "`reflection` does not belong on a code cell"),
        (":given: imports\n", ":test: imports\n:points: 1\n", "test 'imports' follows no task"),
        ("    ### BEGIN SOLUTION\n", "", "every BEGIN SOLUTION needs one END SOLUTION after it"),
        ("    ### END SOLUTION\n", "", "every BEGIN SOLUTION needs one END SOLUTION after it"),
        ("    return second // length\n", "", "no solution between"),
        ("### END HIDDEN TESTS\n", "", "every BEGIN HIDDEN TESTS needs one END HIDDEN TESTS"),
        ("## Task 1: which window\n", "", "task 'window-of-second' needs a `## ` or `### ` heading"),
        ("## Task 2: count", "# Task 2: count", "a second `# ` heading"),
        ("# Assignment: Limits\n", "Assignment\n", "the first cell must be markdown that starts with `# Title`"),
        ("The learner's answer.", "## Next\n\nText.", "reflection 'reflect-limit' holds a heading"),
        ('+++ {"reflection": "reflect-limit", "points": 12}', "+++ {reflection}", "is not valid MyST"),
        (TASK, ":task: [window\n", "is not valid MyST"),
        (TASK, ":task\n", "is not valid MyST"),
        ("```\n\n```{code-cell} ipython3\n:test: w", "\n```{code-cell} ipython3\n:test: w", "stands inside a cell"),
        ("```{code-cell} ipython3\n:given: imports", "```{code} ipython3\n:given: imports", "stands inside a cell"),
    ],
)
def test_a_mistake_in_an_assignment_gets_a_sentence(tiny_course: Course, old: str, new: str, says: str) -> None:
    rewrite(tiny_course, "assignment", old, new)
    with pytest.raises(CourseError, match=re.escape(says)) as caught:
        read_assignment(tiny_course, tiny_course.syllabus.unit(TINY))
    assert "solutions/t1-limits/t1-limits.md" in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (":tags: [parameters]\n", ":task: of-an-assignment\n", "belongs in an assignment, not in a lesson"),
        (
            ":tags: [parameters]\n",
            ":tags: parameters\n",
            "cell on line 30, is not valid MyST: 'parameters' is not of type 'array'",
        ),
        (":tags: [parameters]\n", ":tags: [nbval-skip]\n", "unknown or unwanted tag 'nbval-skip'"),
        (":tags: [parameters]\n", ":colour: red\n", "unknown cell option `:colour:`"),
        ('scale = "lesson"\n', "", "the code cell is empty"),
        ("# Limits\n", "## Limits\n", "the first cell must be markdown"),
    ],
)
def test_a_mistake_in_a_lesson_gets_a_sentence(tiny_course: Course, old: str, new: str, says: str) -> None:
    rewrite(tiny_course, "lesson", old, new)
    with pytest.raises(CourseError, match=re.escape(says)) as caught:
        read_lesson(tiny_course, tiny_course.syllabus.unit(TINY))
    assert "curriculum/tiny/t1-limits.md" in str(caught.value)


def test_a_mistake_names_the_cell_and_its_line(tiny_course: Course) -> None:
    path = tiny_course.assignment_source(tiny_course.syllabus.unit(TINY))
    rewrite(tiny_course, "assignment", TEST, ":test: window-of-second-start\n")
    line = path.read_text(encoding="utf-8").splitlines().index(":test: window-of-second-start")  # 0-based: the fence's
    with pytest.raises(CourseError, match=re.escape(f"cell 5 (line {line})")):
        read_assignment(tiny_course, tiny_course.syllabus.unit(TINY))


def test_a_task_without_tests_is_named(tiny_course: Course) -> None:
    path = tiny_course.assignment_source(tiny_course.syllabus.unit(TINY))
    text = path.read_text(encoding="utf-8")
    head, tail = text.index("```{code-cell} ipython3\n:test: window"), text.index("## Task 2")
    path.write_text(text[:head] + text[tail:], encoding="utf-8")
    with pytest.raises(CourseError, match="task 'window-of-second' has no `:test:` cell after it"):
        read_assignment(tiny_course, tiny_course.syllabus.unit(TINY))


def test_a_missing_source_says_what_to_do(tiny_course: Course) -> None:
    unit = tiny_course.syllabus.unit(TINY)
    tiny_course.lesson_source(unit).unlink()
    with pytest.raises(CourseError, match=r"curriculum/tiny/t1-limits\.md is missing"):
        read_lesson(tiny_course, unit)


def test_a_file_that_is_not_text_gets_a_sentence(tiny_course: Course) -> None:
    unit = tiny_course.syllabus.unit(TINY)
    tiny_course.lesson_source(unit).write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CourseError, match="Could not read curriculum/tiny"):
        read_lesson(tiny_course, unit)


def test_an_empty_file_gets_a_sentence(tiny_course: Course) -> None:
    unit = tiny_course.syllabus.unit(TINY)
    tiny_course.lesson_source(unit).write_text("", encoding="utf-8")
    with pytest.raises(CourseError, match="holds no cells"):
        read_lesson(tiny_course, unit)


def test_shorthand_becomes_nbgraders_metadata(tiny_course: Course) -> None:
    cells = read_assignment(tiny_course, tiny_course.syllabus.unit(TINY)).notebook.cells
    graded = {cell.id: cell for cell in cells if "nbgrader" in cell.metadata}

    def facts(grade_id: str) -> tuple[bool, bool, bool]:
        nbgrader = graded[grade_id].metadata.nbgrader
        return nbgrader.grade, nbgrader.solution, nbgrader.locked

    assert facts("window-of-second") == (False, True, False)
    assert facts("window-of-second-start") == (True, False, True)
    assert facts("reflect-limit") == (True, True, False)
    assert facts("imports") == (False, False, True)
    assert graded["window-of-second-edges"].metadata.nbgrader.points == 2
    assert all(cell.metadata.nbgrader.schema_version == 3 for cell in graded.values())
    assert not {"task", "test", "given", "reflection", "points"} & {key for cell in cells for key in cell.metadata}


def test_cell_ids_stay_when_a_cell_comes_between(tiny_course: Course) -> None:
    unit = tiny_course.syllabus.unit(TINY)
    before = [cell.id for cell in read_lesson(tiny_course, unit).notebook.cells]
    rewrite(
        tiny_course,
        "lesson",
        "## Where it breaks",
        "Text.\n\n```{code-cell} ipython3\n1 + 1\n```\n\n## Where it breaks",
    )
    after = [cell.id for cell in read_lesson(tiny_course, unit).notebook.cells]
    assert len(set(before)) == len(before)
    assert len(set(after)) == len(after)
    assert len(set(before) - set(after)) == 1  # the text that was split in two
    assert len(after) == len(before) + 2


def test_equal_cells_get_different_ids(tiny_course: Course) -> None:
    code, text = "\n```{code-cell} ipython3\n1 + 1\n```\n", "\n+++\n\nText.\n"
    cell = f"{code}{text}{text}{code}\n"
    rewrite(tiny_course, "lesson", "## Where it breaks", f"{cell}## Where it breaks")
    ids = [cell.id for cell in read_lesson(tiny_course, tiny_course.syllabus.unit(TINY)).notebook.cells]
    assert len(set(ids)) == len(ids)
