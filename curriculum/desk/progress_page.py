"""The lesson's case, a learner's own or a sample, and the page of it that they keep."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from curriculum.course import Course
from curriculum.desk.claims import claims_of
from curriculum.desk.evidence import Evidence, Found, Kind, evidence_of
from curriculum.desk.indicators import HEAD, Indicator, indicators
from curriculum.desk.kept_credentials import from_credentials
from curriculum.desk.sample import lay_sample, sample_claims, sample_evidence
from curriculum.desk.skills import Skill, skills_of
from curriculum.files import write_atomically
from curriculum.lab.display import escape, number, with_unit

UNIT = "s4-progress"
FILE = "progress.md"
SAMPLE = "Sample: everything here is made up."


@dataclass(frozen=True)
class Case:
    """Whose progress is looked at. Everything that is shown is computed from this."""

    course: Course
    found: Found
    claims: dict[str, float]
    is_sample: bool

    @property
    def skills(self) -> list[Skill]:
        """The skills that ready units teach."""
        return skills_of(self.course.syllabus, self.found)

    @property
    def indicators(self) -> list[Indicator]:
        """The success indicators of every milestone."""
        return indicators(self.course.syllabus, self.found)

    @property
    def sentence(self) -> str:
        """Whose evidence this is, and how much."""
        pieces, units = len(self.found.evidence), len({each.unit for each in self.found.evidence})
        what = f"{_counted(pieces, 'piece')} of evidence from {_counted(units, 'unit')}."
        return f"{SAMPLE} {what}" if self.is_sample else f"Your own: {what}"


def own_or_sample(scratch: Path, folder: Path | None = None) -> Case:
    """The desk that `folder` (or this folder) lies on, once it holds any evidence; else a sample in `scratch`."""
    desk = (folder or Path.cwd()).parent
    if (desk / ".desk").is_dir():
        course = Course(work=desk)
        found, (claims, remarks) = evidence_of(course) + from_credentials(course), claims_of(course)
        own = tuple(each for each in found.evidence if each.unit != UNIT)  # looking at progress is no progress
        if own:
            return Case(course, Found(own, found.remarks + remarks), claims, is_sample=False)
    return sample_case(scratch)


def sample_case(scratch: Path, learner: str = "steady") -> Case:
    """A sample learner, laid into `scratch`."""
    course = lay_sample(scratch / learner, learner)
    found = sample_evidence(course, learner)
    levels = {skill.name: skill.level() for skill in skills_of(course.syllabus, found)}
    return Case(course, found, sample_claims(levels, learner), is_sample=True)


def page(case: Case, at: datetime | None = None) -> str:
    """The progress page: indicators with what is missing, skills with the evidence behind each, and where it ends."""
    lines = ["# Progress", "", case.sentence, f"Written on {at or datetime.now(UTC):%d %B %Y}.", ""]
    if credentials := [each for each in case.found.evidence if each.kind is Kind.CREDENTIAL]:
        named = ", ".join(escape(f"{each.source} ({each.value})") for each in credentials)
        lines += [f"Credentials that verify: {named}.", ""]
    rows = [each.row for each in case.indicators]
    lines += ["## Success indicators", "", _table(HEAD, rows), "", "## Skills", ""]
    for skill in case.skills:
        claim = case.claims.get(skill.name)
        graded = ", nothing graded yet" if skill.evidence and not skill.is_judged else ""
        judged = f", judged at {claim:.0%} by the learner" if claim is not None else ""
        lines += [
            f"<details><summary>{escape(skill.text)}: {skill.level():.0%} shown{graded}{judged}</summary>",
            "",
            evidence_table(skill.evidence),
            "",
            "</details>",
            "",
        ]
    if case.found.remarks:
        lines += ["## What could not be read", "", *(f"- {remark}" for remark in case.found.remarks), ""]
    return "\n".join(lines)


def write_page(case: Case, folder: Path) -> Path:
    """Write the page into `folder`, whole or not at all, and return its path."""
    path = folder / FILE
    write_atomically(path, page(case))
    return path


def evidence_table(evidence: Sequence[Evidence]) -> str:
    """Pieces of evidence as a Markdown table."""
    if not evidence:
        return "Nothing yet."
    return _table(EVIDENCE_HEAD, evidence_rows(evidence))


EVIDENCE_HEAD = ["unit", "kind", "what", "value", "when", "file"]


def evidence_rows(evidence: Sequence[Evidence]) -> list[list[str]]:
    """Pieces of evidence as rows of a table."""
    return [
        [
            each.unit,
            each.kind,
            each.what,
            _value(each),
            f"{each.when:%d %b %Y}" if each.when else "",
            each.source,
        ]
        for each in evidence
    ]


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _value(evidence: Evidence) -> str:
    if isinstance(evidence.value, str):
        return evidence.value[:12] if evidence.kind is Kind.HANDED_IN else evidence.value
    most = f" of {evidence.of:g}" if evidence.of else ""
    waits = ", waits for a person" if evidence.waits else ""
    return with_unit(f"{number(evidence.value)}{most}", evidence.measure) + waits


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(escape(cell).replace("|", "\\|") for cell in line) + " |" for line in lines)
