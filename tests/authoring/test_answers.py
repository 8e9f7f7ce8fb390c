"""Answer banks: what a bank holds, and the sentence that every mistake in one gets."""

import re
from pathlib import Path

import pytest

from authoring.answers import Kind, read_bank
from curriculum.errors import CourseError

BANK = """# Answers: t1-limits

Prose that belongs to no answer.

## first-task

### right: another way
```python
a = 1
```

### wrong: a misconception
People think so.

They really do.
```yaml
earns: 1.5
says: ["too small", seconds]
```
```python
a = 2
```

## second-task

### wrong: the untouched stub
```yaml
earns: 1
```
"""


def read(tmp_path: Path, text: str) -> object:
    path = tmp_path / "answers.md"
    path.write_text(text, encoding="utf-8")
    return read_bank(path, "solutions/t1-limits/answers.md")


def test_a_bank_is_read_by_task(tmp_path: Path) -> None:
    bank = read(tmp_path, BANK)
    assert bank.tasks == {"first-task": 5, "second-task": 24}
    right, wrong = bank.of("first-task")
    assert (right.kind, right.title, right.code, right.line) == (Kind.RIGHT, "another way", "a = 1", 7)
    assert (wrong.verdict.earns, wrong.verdict.says) == (1.5, ("too small", "seconds"))
    assert wrong.explanation == "People think so.\n\nThey really do."
    (stub,) = bank.of("second-task")
    assert stub.is_stub
    assert stub.verdict.earns == 1
    assert not wrong.is_stub


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("### right: another", "### correct: another", "line 7: 'correct: another way' is neither"),
        ("### right: another way", "### right", "line 7: 'right' is neither"),
        ("### right: another way", "#### right: another way", "line 7: a h4 heading"),
        ("## first-task", "Text", "line 7: an answer stands before any"),
        ("## second-task", "## first-task", "line 24: task 'first-task' has a heading already on line 5"),
        ("```python\na = 1\n```", "", "line 7: the answer has no python block"),
        ("```python\na = 1\n```", "```python\n```", "line 7: the answer has no python block"),
        ("```python\na = 1\n```", "```\na = 1\n```", "line 8: a nameless block"),
        ("```python\na = 1\n```", "```python\na = 1\n```\n```python\nb\n```", "line 11: a second python block"),
        ("a = 1\n```", "a = 1\n```\n```yaml\nearns: 1\n```", "line 7: a right answer earns all points"),
        ("earns: 1.5\n", "", "line 16: earns: Field required"),
        ("earns: 1.5", "earns: -1", "line 16: earns: Input should be greater than or equal to 0"),
        ("earns: 1.5", "earn: 1.5", "line 16: earns: Field required"),
        ("earns: 1.5", "earns: [", "line 16: not valid YAML"),
        ('says: ["too small", seconds]\n', "", "line 12: a wrong answer needs words in `says`"),
        ("```yaml\nearns: 1\n```\n", "", "line 26: a wrong answer needs a yaml block"),
        (
            "```yaml\nearns: 1\n```\n",
            "```yaml\nearns: 1\n```\n```python\nx\n```\n",
            "line 26: the untouched stub needs",
        ),
        ("People think so.\n\nThey really do.\n", "", "line 12: a wrong answer needs a sentence"),
        (
            "## second-task\n",
            "### right: another way\n```python\nb\n```\n## x\n",
            "line 24: a second right answer called",
        ),
        ("Prose that", "```python\nx\n```\nProse that", "line 3: a code block stands outside any answer"),
    ],
)
def test_a_mistake_gets_a_sentence_with_its_line(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert old in BANK, "the test edits something that is not there"
    with pytest.raises(CourseError, match=re.escape(f"solutions/t1-limits/answers.md, {says}")):
        read(tmp_path, BANK.replace(old, new, 1))


def test_a_missing_and_an_empty_bank_get_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match=r"answers\.md is missing"):
        read_bank(tmp_path / "answers.md", "answers.md")
    with pytest.raises(CourseError, match="answers no task"):
        read(tmp_path, "# Answers\n\nNothing yet.\n")
