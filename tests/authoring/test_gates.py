"""Every gate passes on a healthy unit, fails on a broken one, and fails when it finds nothing to look at."""

import dataclasses
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from authoring.gates import GATES, Files, Finding, run_gates
from curriculum.course import Course

TINY = "t1-limits"
LESSON = Path("curriculum/tiny/t1-limits.md")
EXECUTED = LESSON.with_suffix(".ipynb")
ASSIGNMENT = Path("solutions/t1-limits/t1-limits.md")
ANSWERS = ASSIGNMENT.with_name("answers.md")
FACILITATOR = ASSIGNMENT.with_name("facilitator.md")
RELEASED = Path("assignments/t1-limits/t1-limits.ipynb")
SYLLABUS = Path("curriculum/syllabus.yml")

Break = Callable[[Path], None]  # breaks the course at a root


def replace(name: Path, old: str, new: str, count: int = 1) -> Break:
    """Change text in a file."""

    def apply(root: Path) -> None:
        text = (root / name).read_text(encoding="utf-8")
        assert re.search(old, text, re.MULTILINE | re.DOTALL), f"{old!r} is not in {name}"
        changed = re.sub(old, lambda _: new, text, count=count, flags=re.MULTILINE | re.DOTALL)
        (root / name).write_text(changed, encoding="utf-8")

    return apply


def remove(name: Path) -> Break:
    return lambda root: (root / name).unlink()


def in_outputs(change: Callable[[dict[str, Any]], None]) -> Break:
    """Change the outputs of the executed lesson's first cell that has some."""

    def apply(root: Path) -> None:
        notebook = json.loads((root / EXECUTED).read_text(encoding="utf-8"))
        change(next(cell for cell in notebook["cells"] if cell.get("outputs")))
        (root / EXECUTED).write_text(json.dumps(notebook), encoding="utf-8")

    return apply


def stream(name: str, text: str) -> dict[str, Any]:
    return {"output_type": "stream", "name": name, "text": [text]}


ERROR = {"output_type": "error", "ename": "ValueError", "evalue": "", "traceback": []}

BREAKS: list[tuple[str, Break, str]] = [
    ("parts", remove(FACILITATOR), "the facilitator's page is missing"),
    ("parts", remove(ANSWERS), "the answer bank is missing"),
    ("parts", remove(RELEASED), "the released assignment is missing; run `course build t1-limits`"),
    ("parts", replace(FACILITATOR, ".*", "", 0), "the facilitator's page is missing"),
    ("built", replace(ASSIGNMENT, "TODO: count", "TODO: count all"), "is older than"),
    ("author-notes", replace(ANSWERS, "^# Answers", "<!-- AUTHOR: write it -->\n# Answers"), "write it, and delete"),
    ("resources", replace(SYLLABUS, "      - {title: Locking.*?$", ""), "names 2 resources"),
    ("resources", replace(LESSON, r"https://sqlite\.org/eqp\.html", "https://example.org"), "does not show https"),
    ("covers", replace(SYLLABUS, "lesson: At scale", "lesson: At sea"), "no heading 'At sea'"),
    ("covers", replace(SYLLABUS, r"tasks: \[limiter\]", "tasks: [limits]"), "no graded cell 'limits'"),
    (
        "covers",
        replace(SYLLABUS, "reflection: reflect-limit", "reflection: reflect-all"),
        "no reflection 'reflect-all'",
    ),
    ("covers", replace(SYLLABUS, "X1: {[^}]*}", "X1: {}"), "no heading of the lesson and no task and"),
    ("covers", replace(SYLLABUS, "X1: {[^}]*}", "Y1-T9: {lesson: At scale}"), "no task and no reflection is named"),
    ("links", replace(LESSON, "Leave it as it is", "See [there](../nowhere.md)"), "the link to ../nowhere.md leads"),
    ("links", replace(FACILITATOR, "## Session", "![A plan](plan.png)\n\n## Session"), "the link to plan.png leads"),
    ("headings", replace(LESSON, "## At scale", "## At scale 🚀"), "an emoji in the heading"),
    ("prose", replace(LESSON, "Leave it as it is", "Simply leave it"), "the word “Simply”"),
    ("prose", replace(ASSIGNMENT, "Leave them as they are", "Just leave them"), "the word “Just”"),
    ("prose", replace(FACILITATOR, "Sixty minutes", "Enjoy! Sixty minutes"), "an exclamation mark"),
    ("prose", replace(LESSON, "Wait a little", "Wait a little!"), "an exclamation mark"),
    ("sections", replace(LESSON, "## From what you know", "## Table"), "no section 'From what you know'"),
    ("sections", replace(LESSON, "## Experiment 3: what", "## What"), "2 sections begin with “Experiment”"),
    ("sections", replace(LESSON, "## Why this matters", "## At scale\n\n## Why this matters"), "comes too early"),
    ("predictions", replace(LESSON, r"lab\.predict\(", "print("), "calls no `lab.predict`"),
    ("predictions", replace(LESSON, r"lab\.reveal\(", "print("), "calls no `lab.reveal`"),
    ("parameters", replace(LESSON, 'scale = "lesson"', 'scale = "full"'), 'is not `scale = "lesson"`'),
    (
        "parameters",
        replace(LESSON, "ipython3\nimport sqlite3", "ipython3\n:tags: [parameters]\n\nimport sqlite3"),
        "second",
    ),
    (
        "code-introduced",
        replace(LESSON, "^How many instructions does", "```{code-cell} ipython3\n1\n```\n\n" * 3 + "How many"),
        "code cell number 3 in a row",
    ),
    ("code-length", replace(LESSON, "^import sqlite3$", "import sqlite3\n" * 26), "a code cell of 29 lines"),
    (
        "code-length",
        replace(LESSON, r"^(?=import|def|lab|QUERY|with|log|sizes|INSERT)", "1\n" * 7, 0),
        "half of the code cells",
    ),
    ("questions", replace(LESSON, "<details><summary>4.*?</details>", ""), "3 questions with feedback"),
    (
        "questions",
        replace(LESSON, "Wait a little and try again, with a limit on how often.", "Wait."),
        "no feedback on",
    ),
    ("outputs-clean", in_outputs(lambda cell: cell["outputs"].append(ERROR)), "an error output: ValueError"),
    ("outputs-clean", in_outputs(lambda cell: cell["outputs"].append(stream("stderr", "deprecated"))), "on stderr"),
    (
        "outputs-small",
        in_outputs(lambda cell: cell["outputs"].append(stream("stdout", "x" * 200_001))),
        "outputs of 200 kB",
    ),
    (
        "outputs-compared",
        replace(
            LESSON,
            r"^```\{code-cell\} ipython3\n(?!:)",
            "```{code-cell} ipython3\n:tags: [nbval-ignore-output]\n\n",
            12,
        ),
        "code cells are tagged nbval-ignore-output",
    ),
    ("pictures", replace(EXECUTED, r"<img alt=[^>]*?src=", "<img alt='' src="), "without alternative text"),
    ("pictures", replace(EXECUTED, r"<img ", "<b "), "3 plots in the executed lesson"),
    ("pictures", replace(LESSON, "## At scale", "![](x.png)\n\n## At scale"), "x.png has no alternative text"),
    ("tasks", replace(ASSIGNMENT, "## Task 5.*?## Reflection", "## Reflection"), "4 tasks"),
    ("points", replace(ASSIGNMENT, ":points: 2", ":points: 6"), "holds 6 points"),
    ("points", replace(ASSIGNMENT, r"```\{code-cell\} ipython3\n:test: limiter-next.*?```\n", ""), "has 1 test cell"),
    ("stubs", replace(ASSIGNMENT, "# TODO: count", "# count"), "the stub has no TODO"),
    ("stubs", replace(ASSIGNMENT, "<details><summary>Hint</summary>.*?</details>", ""), "has no hint"),
    ("hidden-tests", replace(ASSIGNMENT, "### BEGIN HIDDEN TESTS.*?### END HIDDEN TESTS\n", ""), "has no hidden test"),
    ("messages", replace(ASSIGNMENT, r'(?<=== 0), f"second 0.*?$', ""), "has no message"),
    (
        "messages",
        replace(ASSIGNMENT, "^assert counted", "### BEGIN HIDDEN TESTS\n### END HIDDEN TESTS\ncounted"),
        "has no visible",
    ),
    (
        "messages",
        replace(
            ASSIGNMENT,
            "^assert window_of.0, 60.",
            "if True:\n    ### BEGIN HIDDEN TESTS\n    x = 1\n    ### END HIDDEN TESTS\nassert 1",
        ),
        "is not Python",
    ),
    ("reflections", replace(FACILITATOR, r"^\| Who is affected", "| Who pays"), "no row 'Who is affected'"),
    ("reflections", replace(FACILITATOR, "### Anchor: 7 of 12", "### Anchor"), "2 anchor answers"),
    ("reflections", replace(FACILITATOR, "## Anchors for reflect-limit", "## Anchors"), "0 anchor answers"),
    ("reflections", replace(ASSIGNMENT, '"points": 12', '"points": 10'), "the reflection has 10 points"),
    ("leaks", replace(RELEASED, r'"    # TODO: count', '"    # BEGIN SOLUTION'), "BEGIN SOLUTION is in the released"),
    (
        "leaks",
        replace(
            RELEASED,
            r'"    # TODO: count',
            '"    allowed = self.counts[window] < self.limit\\n", "self.counts[window] += allowed',
        ),
        "the solution of 'limiter'",
    ),
    (
        "leaks",
        replace(RELEASED, '"## Task 4', '"    return second // length\\n", "## Task 4'),
        "the solution of 'window-of",
    ),
    (
        "leaks",
        replace(
            RELEASED,
            '"## Task 4',
            '"assert over_limit({0: 3}, 3) == [], \\"a window that holds the limit is not over it\\"\\n", '
            '"assert over_limit({5: 9, 2: 9}, 3) == [2, 5], \\"the windows come in order\\"\\n", "',
        ),
        "hidden part",
    ),
    ("leaks", replace(RELEASED, '"## Task 4', '"See solutions/t1-limits'), "the path of the solutions"),
    (
        "leaks",
        replace(RELEASED, '"outputs": \\[\\]', '"outputs": [{"output_type": "stream", "name": "stdout", "text": "4"}]'),
        "has an output",
    ),
    (
        "leaks",
        lambda root: (
            (root / RELEASED)
            .with_name("limits.csv")
            .write_text("allowed = self.counts[window] < self.limit\nself.counts[window] += allowed\n")
        ),
        "stands in the solution",
    ),
]


def findings(course: Course, gate: str) -> list[Finding]:
    fresh = Course(root=course.root, cohort=course.cohort)
    return GATES[gate].findings(Files(fresh, fresh.syllabus.unit(TINY)))


def test_a_healthy_unit_passes_every_gate(tiny_course: Course) -> None:
    assert [str(finding) for finding in run_gates(tiny_course, TINY)] == []


def test_every_gate_is_broken_below() -> None:
    assert {name for name, _, _ in BREAKS} == set(GATES)


@pytest.mark.parametrize(
    ("gate", "spoil", "says"), BREAKS, ids=[f"{name}-{n}" for n, (name, _, _) in enumerate(BREAKS)]
)
def test_a_gate_fails_on_a_broken_unit(tiny_course: Course, gate: str, spoil: Break, says: str) -> None:
    spoil(tiny_course.root)
    found = findings(tiny_course, gate)
    assert found, f"the gate {gate} did not notice"
    assert any(says in str(finding) for finding in found), [str(finding) for finding in found]
    assert all(finding.file and finding.what and finding.mend for finding in found)


@pytest.mark.parametrize("name", sorted(GATES))
def test_a_gate_that_finds_nothing_to_look_at_fails(tiny_course: Course, name: str) -> None:
    blind = dataclasses.replace(GATES[name], look=lambda files: [])
    (found,) = blind.findings(Files(tiny_course, tiny_course.syllabus.unit(TINY)))
    assert "to look at" in found.what


def test_a_stale_unit_is_not_looked_at_further(tiny_course: Course) -> None:
    replace(LESSON, "Leave it as it is", "Simply leave it")(tiny_course.root)
    assert {finding.gate for finding in run_gates(tiny_course, TINY)} == {"built"}


def test_a_finding_names_file_cell_and_line(tiny_course: Course) -> None:
    replace(LESSON, 'scale = "lesson"', 'scale = "full"')(tiny_course.root)
    (found,) = findings(tiny_course, "parameters")
    assert str(found).startswith("curriculum/tiny/t1-limits.md, cell 2 (line 30): the first code cell is not")
    assert str(found).endswith("[parameters]")
