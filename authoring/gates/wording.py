"""Gates over how a unit is written."""

from collections.abc import Iterator

from authoring import prose
from authoring.gates.files import Files, Place
from authoring.gates.gate import Complaint, gate
from authoring.gates.limits import BANNED, EMOJI


@gate("headings", "headings", lambda files: [(n, h) for n, i, t in files.texts() for h in prose.headings(t, i)])
def _headings_are_plain(files: Files, lines: list[tuple[str, prose.Line]]) -> Iterator[Complaint]:
    for name, heading in lines:
        if EMOJI.search(heading.text):
            yield Place(name, f"line {heading.number}"), f"an emoji in the heading {heading.text!r}", "take it out"


@gate("prose", "prose", lambda files: [(n, row) for n, i, t in files.texts() for row in prose.running_text(t, i)])
def _prose_is_plain(files: Files, lines: list[tuple[str, prose.Line]]) -> Iterator[Complaint]:
    for name, line in lines:
        if found := BANNED.search(line.text):
            what = "an exclamation mark" if found[0] == "!" else f"the word “{found[0]}”"
            yield Place(name, f"line {line.number}"), f"{what} in {line.text.strip()[:60]!r}", "say it without"
