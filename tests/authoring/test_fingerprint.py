"""What makes a lesson stale: its source, the parts of the lab that it uses, and data."""

from pathlib import Path

import pytest

from authoring.fingerprint import lesson_inputs
from authoring.source import read_text
from curriculum.course import Course

LAB = {
    "__init__.py": "from curriculum.lab import base\n_HOME = {'serve': 'servers', 'adult': 'tables', 'plot': 'plots'}",
    "base.py": "BASE = 1\n",
    "servers.py": "def serve():\n    from curriculum.lab.deep import x\n",
    "deep.py": "x = 1\n",
    "tables.py": "from pathlib import Path\nDATA = Path(__file__).parent / 'data'\n",
    "plots.py": "def plot(): ...\n",
    "data/people.csv": "age\n1\n",
}


def course_with(tiny_course: Course, code: str) -> Course:
    lab = tiny_course.root / "curriculum" / "lab"
    for name, text in LAB.items():
        (lab / name).parent.mkdir(parents=True, exist_ok=True)
        (lab / name).write_text(text, encoding="utf-8")
    source = tiny_course.lesson_source(tiny_course.syllabus.unit("t1-limits"))
    fence = f"# A lesson\n\n```{{code-cell}} ipython3\n{code}\n```\n"
    source.write_text(f"---\nkernelspec: {{name: python3, language: python, display_name: P}}\n---\n{fence}", "utf-8")
    return tiny_course


def inputs(course: Course) -> str:
    unit = course.syllabus.unit("t1-limits")
    return lesson_inputs(course, read_text(course, unit, course.lesson_source(unit)))


@pytest.mark.parametrize("code", ["Course().syllabus.units", "print('nothing')"])
@pytest.mark.parametrize(
    ("was", "becomes"), [("hours: {lesson: 1", "hours: {lesson: 3"), ("summary: ", "summary: New. ")]
)
def test_a_lesson_that_plans_depends_on_what_there_is_to_learn(
    tiny_course: Course, code: str, was: str, becomes: str
) -> None:
    course = course_with(tiny_course, code)
    before = inputs(course)
    path = course.root / "curriculum" / "syllabus.yml"
    text = path.read_text(encoding="utf-8")
    assert was in text
    path.write_text(text.replace(was, becomes), encoding="utf-8")
    changed = inputs(Course(root=course.root, work=course.work, cohort=course.cohort)) != before
    assert changed == ("syllabus" in code and "hours" in was)


@pytest.mark.parametrize("code", ["Course().syllabus.units", "print('nothing')"])
def test_a_lesson_that_plans_depends_on_what_the_lab_says_of_skills(tiny_course: Course, code: str) -> None:
    course = course_with(tiny_course, code)
    before = inputs(course)
    (course.root / "curriculum" / "lab" / "skills.yml").write_text("monitoring: {}\n", encoding="utf-8")
    assert (inputs(course) != before) == ("syllabus" in code)


@pytest.mark.parametrize(
    ("code", "counts"),
    [
        ("from curriculum import lab\nlab.serve()", {"__init__.py", "base.py", "servers.py", "deep.py"}),
        ("from curriculum import lab as l\nl.adult()", {"__init__.py", "base.py", "tables.py", "data/people.csv"}),
        ("from curriculum.lab.plots import *", {"__init__.py", "base.py", "plots.py"}),
        ("%%writefile s.py\nfrom curriculum import lab\nlab.plot()", {"__init__.py", "base.py", "plots.py"}),
        ("serve = adult = 1", set()),
    ],
)
def test_a_lesson_depends_on_what_it_uses(tiny_course: Course, code: str, counts: set[str]) -> None:
    course = course_with(tiny_course, code)
    before = inputs(course)
    changed = set()
    for name in LAB:
        path: Path = course.root / "curriculum" / "lab" / name
        original = path.read_bytes()
        path.write_bytes(original + b"# more\n")
        if inputs(course) != before:
            changed.add(name)
        path.write_bytes(original)
    assert changed == counts
    assert inputs(course) == before


def test_line_ends_do_not_matter_and_text_does(tiny_course: Course) -> None:
    course = course_with(tiny_course, "from curriculum import lab\nlab.plot()")
    before = inputs(course)
    for path in (course.root / "curriculum" / "lab" / "plots.py", course.root / "curriculum" / "tiny" / "t1-limits.md"):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert inputs(course) == before
    source = course.root / "curriculum" / "tiny" / "t1-limits.md"
    source.write_bytes(source.read_bytes().replace(b"# A lesson", b"# Another lesson"))
    assert inputs(course) != before
