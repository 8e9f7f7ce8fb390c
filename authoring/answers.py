"""Reads answer banks: the right and wrong answers that a task's tests must tell apart."""

from enum import StrEnum
from pathlib import Path
from typing import NoReturn

import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from curriculum.errors import CourseError

UNTOUCHED = "the untouched stub"


class Kind(StrEnum):
    """Whether an answer must be accepted."""

    RIGHT = "right"
    WRONG = "wrong"


class Verdict(BaseModel):
    """What a wrong answer must meet: the points it still earns, and words that its failure messages contain."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    earns: float = Field(ge=0)
    says: tuple[str, ...] = ()


class Answer(BaseModel):
    """One answer to a task. `code` is empty for the untouched stub, whose code is the released cell itself."""

    model_config = ConfigDict(frozen=True)

    task: str
    kind: Kind
    title: str
    line: int
    explanation: str = ""
    verdict: Verdict | None = None
    code: str = ""

    @property
    def is_stub(self) -> bool:
        """Whether this is what a learner gets, untouched."""
        return self.kind is Kind.WRONG and self.title.casefold() == UNTOUCHED


class Bank(BaseModel):
    """All answers of a unit, in the order of the document, and the line of each task's heading."""

    model_config = ConfigDict(frozen=True)

    name: str
    tasks: dict[str, int]
    answers: tuple[Answer, ...]

    def of(self, task: str) -> list[Answer]:
        """The answers to one task."""
        return [answer for answer in self.answers if answer.task == task]


def read_bank(path: Path, name: str) -> Bank:
    """Read an answer bank; `name` is how messages call the file.

    Raises `CourseError` that names the line of the first mistake.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise CourseError(f"{name} is missing; write right and wrong answers for every task in it.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise CourseError(f"Could not read {name}: {error}.") from error
    return _Reader(name).read(MarkdownIt("commonmark").parse(text))


class _Reader:
    """Walks through the document's top-level headings and code blocks."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.tasks: dict[str, int] = {}
        self.answers: list[Answer] = []
        self.draft: dict[str, object] | None = None

    def read(self, tokens: list[Token]) -> Bank:
        for position, token in enumerate(tokens):
            if token.level:
                continue
            if token.type == "heading_open":
                self._heading(token, tokens[position + 1].content.strip())
            elif token.type == "fence":
                self._block(token)
            elif token.type == "paragraph_open" and self.draft is not None:
                said = tokens[position + 1].content
                self.draft["explanation"] = f"{self.draft.get('explanation', '')}\n\n{said}".strip()
        self._finish()
        if not self.tasks:
            raise CourseError(f"{self.name} answers no task; it needs a `## <grade_id>` heading for each.")
        return Bank(name=self.name, tasks=self.tasks, answers=tuple(self.answers))

    def _heading(self, token: Token, title: str) -> None:
        line = _line(token)
        self._finish()
        if token.tag == "h2":
            task = title.strip("`")
            if task in self.tasks:
                self._fail(line, f"task {task!r} has a heading already on line {self.tasks[task]}")
            self.tasks[task] = line
        elif token.tag == "h3":
            kind, colon, rest = title.partition(":")
            if not self.tasks:
                self._fail(line, "an answer stands before any `## <grade_id>` heading")
            if kind not in list(Kind) or not colon or not rest.strip():
                self._fail(line, f"{title!r} is neither `### right: <what differs>` nor `### wrong: <misconception>`")
            self.draft = {"task": list(self.tasks)[-1], "kind": kind, "title": rest.strip(), "line": line}
        elif token.tag != "h1":
            self._fail(line, f"a {token.tag} heading; an answer bank has `#`, `##` and `###` headings only")

    def _block(self, token: Token) -> None:
        line, language = _line(token), token.info.strip()
        if self.draft is None:
            self._fail(line, "a code block stands outside any answer")
        key = {"python": "code", "yaml": "verdict"}.get(language)
        if key is None:
            self._fail(line, f"a {language or 'nameless'} block; an answer holds one python and at most one yaml block")
        if key in self.draft:
            self._fail(line, f"a second {language} block in one answer")
        self.draft[key] = self._verdict(line, token.content) if key == "verdict" else token.content.rstrip("\n")

    def _verdict(self, line: int, text: str) -> Verdict:
        try:
            return Verdict.model_validate(yaml.safe_load(text))
        except yaml.YAMLError as error:
            self._fail(line, f"not valid YAML: {' '.join(str(error).split())}")
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"]) or "the block"
            self._fail(line, f"{where}: {first['msg']}; write `earns: <points>` and `says: [words]`")

    def _finish(self) -> None:
        if self.draft is None:
            return
        answer = Answer.model_validate(self.draft)
        self.draft = None
        if answer.is_stub:
            if answer.code:
                self._fail(answer.line, "the untouched stub needs no code: it is the released cell")
        elif not answer.code.strip():
            self._fail(answer.line, "the answer has no python block")
        if answer.kind is Kind.RIGHT and answer.verdict:
            self._fail(answer.line, "a right answer earns all points; only a wrong one has a yaml block")
        if answer.kind is Kind.WRONG:
            if answer.verdict is None:
                self._fail(answer.line, "a wrong answer needs a yaml block with `earns` and `says`")
            if not answer.verdict.says and not answer.is_stub:
                self._fail(answer.line, "a wrong answer needs words in `says` that its failure message must contain")
            if not answer.explanation and not answer.is_stub:
                self._fail(answer.line, "a wrong answer needs a sentence on the misconception")
        if any(a.task == answer.task and a.title == answer.title and a.kind == answer.kind for a in self.answers):
            self._fail(answer.line, f"a second {answer.kind} answer called {answer.title!r}")
        self.answers.append(answer)

    def _fail(self, line: int, problem: str) -> NoReturn:
        raise CourseError(f"{self.name}, line {line}: {problem}.")


def _line(token: Token) -> int:
    return token.map[0] + 1 if token.map else 0
