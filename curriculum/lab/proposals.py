"""A one-page proposal that rests on measurements: it is read, checked for what is missing, and written.

A claim names its number by where it was measured; value, unit, date and file are then taken from the journal. What was
typed beside them is compared, so that a page cannot say what its source does not.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Protocol

import pandas as pd
import yaml

from curriculum.lab.display import escape, with_unit
from curriculum.lab.errors import LabError
from curriculum.lab.journal import Value

SAMPLES = Path(__file__).parent / "data" / "practice"
WORDS = 400  # of usual length fill an A4 page in `STYLE`: measured with chromium, see data/practice/page_fill.csv
STALE_DAYS = 180
HERE = "s2-professional-practice"  # its numbers are about invented notes and one design: no evidence for a page
AHEAD_DAYS = 365
NOBODY = frozenset(
    {
        "we",
        "us",
        "the team",
        "team",
        "all",
        "everyone",
        "everybody",
        "management",
        "it",
        "someone",
        "somebody",
        "nobody",
    }
    | {"none", "open", "unknown", "tbd", "tba", "n.n", "n/a", "na"}
)
_COUNTED = re.compile(  # an amount in digits or in words
    r"\d[\d.,:]*|\b(?:half|quarter|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozen|once|twice"
    r"|(?:thir|four|fif|six|seven|eigh|nine)teen|(?:twen|thir|for|fif|six|seven|eigh|nine)ty|hundred|thousand)\b",
    re.IGNORECASE,
)
_OWN_SIDE = re.compile(r"\b(?:i|me|my|we|us|our|team|platform)\b", re.IGNORECASE)


class EvidenceLike(Protocol):
    """What is read of a piece of evidence (`curriculum.desk.evidence.Evidence` is one)."""

    @property
    def unit(self) -> str: ...  # noqa: D102
    @property
    def kind(self) -> str: ...  # noqa: D102
    @property
    def what(self) -> str: ...  # noqa: D102
    @property
    def value(self) -> Value: ...  # noqa: D102
    @property
    def measure(self) -> str: ...  # noqa: D102
    @property
    def when(self) -> datetime | None: ...  # noqa: D102
    @property
    def source(self) -> str: ...  # noqa: D102


@dataclass(frozen=True)
class Measured:
    """A number that a unit of the course gave: `unit` is the unit of the course, `measure` that of the number."""

    unit: str
    key: str
    value: Value
    measure: str
    when: date | None
    source: str
    sample: bool = False

    @property
    def name(self) -> str:
        """What a claim calls it: `y1-serving/p99_open_ms`."""
        return f"{self.unit}/{self.key}"

    @property
    def cited(self) -> str:
        """The number as a page shows it, with its unit, source and date."""
        day = self.when.isoformat() if self.when else "no date"
        sample = "sample, not measured by the author; " if self.sample else ""
        return f"{with_unit(self.value, self.measure)} ({sample}{self.name}, {day})"


@dataclass(frozen=True)
class Claim:
    """A sentence that something is so, and the number that it rests on, if it has one.

    `typed` is what stands beside the number's name in the file, `unknown` what is wrong with the name.
    """

    text: str
    number: Measured | None = None
    typed: Value | None = None
    unknown: str = ""


@dataclass(frozen=True)
class Bearer:
    """Who bears a cost of the proposal, what it is, and how much of it."""

    who: str
    bears: str
    how_much: str


@dataclass(frozen=True)
class Proposal:
    """What is asked of whom by when, what it rests on, who pays in what, and how it is undone."""

    title: str
    asks: str
    owner: str
    decide_by: date | None
    claims: tuple[Claim, ...]
    first_step: str
    bearers: tuple[Bearer, ...]
    way_back: str
    stop_when: str


@dataclass(frozen=True)
class Gap:
    """Something that a reader would ask for."""

    where: str
    what: str
    mend: str


def sample_numbers() -> list[Measured]:
    """Numbers that the built lessons show, for who has no journal yet. Each says that it is a sample."""
    raw = yaml.safe_load((SAMPLES / "sample_numbers.yml").read_text(encoding="utf-8"))
    return [Measured(**each, source="sample_numbers.yml", sample=True) for each in raw["numbers"]]


def measured(evidence: Iterable[EvidenceLike]) -> list[Measured]:
    """The latest result or number under each key of each unit but this one, as journals keep them oldest first."""
    latest = {
        (each.unit, each.what): Measured(
            each.unit, each.what, each.value, each.measure, each.when.date() if each.when else None, each.source
        )
        for each in evidence
        if each.kind in ("result", "number") and each.unit != HERE
    }
    return list(latest.values())


def listed(numbers: Sequence[Measured]) -> pd.DataFrame:
    """The numbers that a page may rest on: under which name, the value, its unit, its date, and whose it is."""
    rows = [[each.value, each.measure, each.when, "sample" if each.sample else "yours"] for each in numbers]
    names = pd.Index([each.name for each in numbers], name="from")
    return pd.DataFrame(rows, columns=["value", "unit", "measured on", "whose"], index=names, dtype=object)


def nearest(name: str, known: Iterable[str]) -> str:
    """A sentence on a name that no unit gave, with the nearest that one did."""
    close = get_close_matches(name, list(known), n=3, cutoff=0.5)
    return f"no such number: {name}" + (f"; nearest: {', '.join(close)}" if close else "")


def read(path: Path, known: Sequence[Measured]) -> Proposal:
    """A proposal from YAML, its numbers taken from `known`. What is missing stays empty, for `gaps` to name.

    Raises `LabError` when the file is not readable as one.
    """
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise LabError(f"{path.name} could not be read: {' '.join(str(error).split())}") from None
    if not isinstance(raw, dict):
        raise LabError(f"{path.name} holds no proposal: it needs `title:`, `asks:` and the rest, one a line.")
    by_name = {each.name: each for each in known}
    return Proposal(
        title=_text(raw, "title"),
        asks=_text(raw, "asks"),
        owner=_text(raw, "owner"),
        decide_by=_day(raw.get("decide_by")),
        claims=tuple(_claim(each, by_name) for each in _items(raw, "claims")),
        first_step=_text(raw, "first_step"),
        bearers=tuple(
            Bearer(_text(each, "who"), _text(each, "bears"), _text(each, "how_much"))
            for each in _items(raw, "who_bears_the_cost")
        ),
        way_back=_text(raw, "way_back"),
        stop_when=_text(raw, "stop_when"),
    )


def gaps(proposal: Proposal, today: date) -> list[Gap]:
    """What is missing, in the order of the page. A page without gaps may still be wrong; one with gaps is not ready.

    It is a check of form: that an amount was counted, an owner was asked or a way back works, it cannot see.
    """
    found = [
        Gap(name, "is one word" if getattr(proposal, name) else "is empty", mend)
        for name, mend in (
            ("title", "say the change in one line"),
            ("asks", "name the decision, and who takes it"),
            ("first_step", "say what is done first, and by when it is over"),
            ("way_back", "say how the first step is undone, and how long that takes"),
            ("stop_when", "give the reading at which you stop"),
        )
        if len(getattr(proposal, name).split()) < 2
    ]
    if not re.search(r"\w\w", proposal.owner) or proposal.owner.casefold().strip(" .?") in NOBODY:
        found.append(Gap("owner", f"{proposal.owner or 'nobody'!r} is no person", "name one, with a role"))
    if proposal.decide_by is None:
        found.append(Gap("decide_by", "has no date", "write it as 2026-12-15"))
    elif proposal.decide_by < today:
        found.append(Gap("decide_by", f"{proposal.decide_by} is over", "give a date that is still to come"))
    elif (proposal.decide_by - today).days > AHEAD_DAYS:
        found.append(
            Gap("decide_by", f"{proposal.decide_by} is more than a year away", "ask for a step that is nearer")
        )
    if proposal.stop_when and not _COUNTED.search(proposal.stop_when):
        found.append(Gap("stop_when", "has no number", "say at which reading"))
    if not proposal.claims:
        found.append(Gap("claims", "there are none", "say what is so, each with a number that you measured"))
    for place, claim in enumerate(proposal.claims, 1):
        found += (Gap(f"claim {place}", what, mend) for what, mend in _wrong(claim, today))
    if not proposal.bearers:
        found.append(Gap("who_bears_the_cost", "nobody is named", "name who waits, pays, or is called at night"))
    elif all(_OWN_SIDE.search(bearer.who) for bearer in proposal.bearers):
        found.append(Gap("who_bears_the_cost", "only your own side is named", "who else waits, and was not asked?"))
    for bearer in proposal.bearers:
        if what := _uncounted(bearer):
            mend = "how many people, hours, euros or days"
            found.append(Gap("who_bears_the_cost", f"{bearer.who or 'somebody'}: the cost has no {what}", mend))
    if (count := words(proposal)) > WORDS:
        found.append(Gap("page", f"{count} words do not fit on one page", f"cut to {WORDS}"))
    return found


def words(proposal: Proposal) -> int:
    """The words of the page as it is printed."""
    return len(markdown(proposal).replace("|", " ").replace("---", " ").split())


def markdown(proposal: Proposal) -> str:
    """The page as Markdown."""
    text = markdown_text
    day = proposal.decide_by.isoformat() if proposal.decide_by else "no date"
    lines = [f"# {text(proposal.title)}", "", f"**Decision asked.** {text(proposal.asks)}", ""]
    lines += [f"**Owner.** {text(proposal.owner)}. **Decide by.** {day}.", "", "## What we measured", ""]
    lines += [f"- {text(claim.text)} **{text(_cited(claim))}**" for claim in proposal.claims]
    lines += ["", "## First step", "", text(proposal.first_step), "", "## Who bears the cost", ""]
    lines += ["| who | what | how much |", "|---|---|---|"]
    lines += [f"| {text(each.who)} | {text(each.bears)} | {text(each.how_much)} |" for each in proposal.bearers]
    lines += ["", f"**Way back.** {text(proposal.way_back)}", ""]
    return "\n".join([*lines, f"**We stop when** {text(proposal.stop_when)}", ""])


STYLE = """
@page { size: A4; margin: 20mm }
body { font: 11pt/1.45 "Liberation Sans", Arial, Helvetica, sans-serif; max-width: 170mm; margin: 0 auto; color: #111 }
@media screen { body { padding: 1.5em } }
h1 { font-size: 17pt; margin: 0 0 .4em } h2 { font-size: 12.5pt; margin: 1em 0 .3em }
p, ul { margin: .4em 0 } table { border-collapse: collapse; width: 100% }
img { max-width: 100% }
th, td { border-bottom: 1px solid #767676; padding: .25em .5em; text-align: left; vertical-align: top }
"""


def page(proposal: Proposal, language: str = "en") -> str:
    """The page as HTML that stands alone: no script, no font or picture from elsewhere, all text escaped."""
    day = proposal.decide_by.isoformat() if proposal.decide_by else "no date"
    claims = "".join(f"<li>{escape(c.text)} <strong>{escape(_cited(c))}</strong></li>" for c in proposal.claims)
    rows = "".join(
        f"<tr><td>{escape(b.who)}</td><td>{escape(b.bears)}</td><td>{escape(b.how_much)}</td></tr>"
        for b in proposal.bearers
    )
    return document(
        proposal.title,
        f"<h1>{escape(proposal.title)}</h1><p><strong>Decision asked.</strong> {escape(proposal.asks)}</p>"
        f"<p><strong>Owner.</strong> {escape(proposal.owner)}. <strong>Decide by.</strong> {day}.</p>"
        f"<h2>What we measured</h2><ul>{claims}</ul><h2>First step</h2><p>{escape(proposal.first_step)}</p>"
        '<h2>Who bears the cost</h2><table><tr><th scope="col">who</th><th scope="col">what</th>'
        f'<th scope="col">how much</th></tr>{rows}</table>'
        f"<p><strong>Way back.</strong> {escape(proposal.way_back)}</p>"
        f"<p><strong>We stop when</strong> {escape(proposal.stop_when)}</p>",
        language,
    )


def document(title: str, body: str, language: str = "en") -> str:
    """An HTML document around `body`, which is markup. It may load nothing: its policy allows its own style only."""
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    return (
        f'<!DOCTYPE html>\n<html lang="{escape(language)}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body><main>{body}</main></body></html>\n"
    )


def _cited(claim: Claim) -> str:
    return claim.number.cited if claim.number else "no number"


def _wrong(claim: Claim, today: date) -> Iterable[tuple[str, str]]:
    if not claim.text:
        yield "says nothing", "say what is so"
    if claim.unknown:
        yield claim.unknown, "take a name from the list of your numbers"
        return
    if claim.number is None:
        yield "a claim without a number that was measured", "`from: <unit>/<key>` of a journal, or take it out"
        return
    number = claim.number
    for said in (claim.typed, _said(claim.text, number.measure)):
        if said is not None and not _same(said, number.value):
            yield f"says {said}, but {number.name} is {number.value}", "take the page's number or measure again"
    if not number.measure and not isinstance(number.value, str):
        yield f"{number.name} has no unit", "record it with one; a share is a `share (0 to 1)`"
    if number.when is None:
        yield f"{number.name} has no date", "measure it again"
    elif (today - number.when).days > STALE_DAYS:
        yield f"{number.name} is {(today - number.when).days} days old", "measure it again"
    if number.sample:
        yield f"{number.name} is a sample", "run the unit, and it is yours"


def _claim(raw: Any, known: Mapping[str, Measured]) -> Claim:
    if not isinstance(raw, dict):
        return Claim(str(raw))
    typed = raw.get("value")
    typed = typed if isinstance(typed, int | float | str) else None
    name = _text(raw, "from")
    return Claim(_text(raw, "text"), known.get(name), typed, nearest(name, known) if name and name not in known else "")


def _day(raw: Any) -> date | None:
    """A date as YAML gives it, with or without a time, or as text in quotes."""
    if isinstance(raw, str):
        try:
            return date.fromisoformat(raw.strip())
        except ValueError:
            return None
    if isinstance(raw, datetime):
        return raw.date()
    return raw if isinstance(raw, date) else None


def _uncounted(bearer: Bearer) -> str:
    """What the amount of a cost lacks, or nothing."""
    if not (bearer.who and bearer.bears and _COUNTED.search(bearer.how_much)):
        return "amount"
    return "" if re.search(r"[^\W\d]|[%€$£]", _COUNTED.sub("", bearer.how_much)) else "unit"


def _said(text: str, measure: str) -> str | None:
    """The number that a sentence gives in the unit of the number that it rests on, if it gives one."""
    found = re.search(rf"(\d[\d.,]*)\s?{re.escape(measure)}\b", text) if measure else None
    return found[1] if found else None


def _same(said: Value, value: Value) -> bool:
    """Whether both are one number, one of them perhaps in quotes; else whether both are one text."""
    try:
        return float(str(said).replace(",", "")) == float(value)
    except ValueError:
        return said == value


def _text(raw: Any, key: str) -> str:
    value = raw.get(key) if isinstance(raw, dict) else None
    return "" if value is None else " ".join(str(value).split())


def _items(raw: Mapping[str, Any], key: str) -> list[Any]:
    found = raw.get(key)
    return found if isinstance(found, list) else []


def markdown_text(text: str) -> str:
    """Text that Markdown shows as it is: nothing in it becomes markup, a link or a cell of a table."""
    return "".join(f"\\{sign}" if sign in r"\`*_{}[]<>#|!" else sign for sign in text)
