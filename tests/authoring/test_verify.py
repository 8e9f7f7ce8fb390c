"""Verification: a healthy bank passes, and each way in which a bank or its tests can be wrong is found."""

import re
from io import StringIO

from rich.console import Console

from authoring.verify import Report, verify
from curriculum.course import Course

TINY = "t1-limits"


def shorten(course: Course, answers_until: str = "## count-by-window") -> None:
    """Keep the first task and its first answers only, so that a run takes seconds."""
    folder = course.solution_folder(course.syllabus.unit(TINY))
    for path, start, end in (
        (folder / "t1-limits.md", "## Task 2", "## Reflection"),
        (folder / "answers.md", answers_until, None),
    ):
        text = path.read_text(encoding="utf-8")
        rest = text[text.index(end) :] if end else ""
        path.write_text(text[: text.index(start)] + rest, encoding="utf-8")


def edit(course: Course, name: str, old: str, new: str) -> None:
    path = course.solution_folder(course.syllabus.unit(TINY)) / name
    text = path.read_text(encoding="utf-8")
    assert old in text, "the test edits something that is not there"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def said(report: Report) -> dict[str, str]:
    return {f"{case.kind}: {case.answer.title}": case.problem for case in report.cases}


def test_a_healthy_bank_passes(tiny_course: Course) -> None:
    shorten(tiny_course)
    told: list[tuple[int, int, str]] = []
    report = verify(tiny_course, TINY, progress=lambda *step: told.append(step))
    assert said(report) == {
        "reference: the reference solution": "",
        "right: integer division by divmod": "",
        "right: rounding down": "",
        "wrong: true division": "",
        "wrong: the length is always a minute": "",
        "wrong: windows counted from one": "",
        "stub: the untouched stub": "",
    }
    assert report.problems == []
    assert {finding.gate for finding in report.findings} == {"built"}  # the sources were changed and not built
    assert not report.ok
    assert told[0][:2] == (0, 7)
    assert told[-1][:2] == (7, 7)


def test_every_way_to_be_wrong_is_found(tiny_course: Course) -> None:
    shorten(tiny_course)
    edit(tiny_course, "answers.md", "return divmod(second, length)[0]", "return divmod(second, length)[1]")
    edit(tiny_course, "answers.md", 'says: ["the last second', 'says: ["the very last second')
    edit(tiny_course, "answers.md", 'earns: 1\nsays: ["not always 60"]', 'earns: 2\nsays: ["not always 60"]')
    edit(tiny_course, "answers.md", "earns: 0", "earns: 3")
    edit(tiny_course, "answers.md", "return second // length + 1", "return second // length")
    edit(tiny_course, "answers.md", "### right: rounding down", "## windows-of-second\n\n### right: rounding down")
    report = verify(tiny_course, TINY, jobs=1)
    problems = said(report)
    assert "earned 1 of 3 points, not 3" in problems["right: integer division by divmod"]
    # The answers after the misspelt heading belong to no task, and the task has too few.
    assert len(report.cases) == 3
    assert re.search(r"line \d+: 'windows-of-second' is no task; the tasks are window-of-second", report.problems[0])
    assert "task 'window-of-second' has 1 right and 0 wrong answers" in report.problems[1]
    assert (report.ok, report.status) == (False, 1)

    edit(tiny_course, "answers.md", "## windows-of-second\n\n### right: rounding down", "### right: rounding down")
    report = verify(tiny_course, TINY)
    problems = said(report)
    assert "no failure message says 'the very last second" in problems["wrong: true division"]
    assert "earned 1 of 3 points, not 2" in problems["wrong: the length is always a minute"]
    assert "may keep all 3 points" in problems["wrong: windows counted from one"]
    assert problems["right: rounding down"] == ""
    assert report.problems == []
    written = StringIO()
    Console(width=200, file=written).print(report.render())
    text = written.getvalue()
    assert "windows counted from one" in text
    assert "t1-limits: 7 runs" in text


def test_a_stub_that_passes_and_a_reference_that_fails_are_found(tiny_course: Course) -> None:
    shorten(tiny_course, answers_until="### right: rounding down")
    edit(tiny_course, "t1-limits.md", "    ### BEGIN SOLUTION", "    return second // length\n    ### BEGIN SOLUTION")
    edit(tiny_course, "t1-limits.md", "assert window_of(60, 60) == 1, f", "assert window_of(60, 60) == 2, f")
    problems = said(verify(tiny_course, TINY))
    assert "earned 1 of 3 points, not 3. window-of-second-edges" in problems["reference: the reference solution"]
    assert "earned 1 of 3 points, not 0" in problems["stub: the untouched stub"]


def test_a_cell_of_the_reference_that_fails_is_found(tiny_course: Course) -> None:
    shorten(tiny_course, answers_until="### right: rounding down")
    edit(tiny_course, "t1-limits.md", "from collections import Counter\n", "from collections import Counter\n1 / 0\n")
    problems = said(verify(tiny_course, TINY))
    assert "ZeroDivisionError" in problems["reference: the reference solution"]


def test_answers_that_share_a_kernel_do_not_see_each_other(tiny_course: Course) -> None:
    shorten(tiny_course)
    # The first leaves a name and a file behind; the second defines nothing; the fourth minds what was left.
    leave = "open('left.txt', 'w').close()\nleft = 1\n"
    edit(tiny_course, "answers.md", "```python\ndef window_of", f"```python\n{leave}def window_of")
    edit(tiny_course, "answers.md", "return math.floor(second / length)\n", "pass\n\ndel window_of\n")
    hard_coded = "def window_of(second, length):\n    return second // 60"
    mind = f"import os\n\nassert 'left' not in globals() and not os.listdir()[1:]\n{hard_coded}"
    edit(tiny_course, "answers.md", hard_coded, mind)
    problems = said(verify(tiny_course, TINY, jobs=1))
    assert "earned 0 of 3 points, not 3. window-of-second-start: NameError" in problems.pop("right: rounding down")
    assert set(problems.values()) == {""}
    assert len(problems) == 6


def test_an_answer_that_kills_the_kernel_harms_no_other(tiny_course: Course) -> None:
    shorten(tiny_course, answers_until="### wrong: the length")
    edit(tiny_course, "answers.md", "return second / length", "import os; os._exit(1)")
    edit(
        tiny_course,
        "answers.md",
        'earns: 1\nsays: ["the last second of a window"]',
        "earns: 0\nsays: [ended its own Python process]",
    )
    problems = said(verify(tiny_course, TINY))
    assert len(problems) == 5
    assert set(problems.values()) == {""}
