"""The outputs of a cell as HTML that cannot act, within the room that one page has."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from markupsafe import Markup
from nbformat import NotebookNode

from grading.feedback.cleaning import MOST_HTML, clean, html_size, markdown, short
from grading.feedback.hiding import INSTEAD, quotes
from grading.feedback.images import SHOWN, Images

MOST_OUTPUTS = 40  # of one cell
MOST_PAGE = 600_000  # characters of a whole page, pictures not counted
LARGEST_HTML = 6_000_000  # characters of one output with its pictures
# What `lab.reflect` shows last, the rubric; the page has it beside the answer.
FULL = "The page is full; the rest is in your notebook."
RUBRIC = "<p><b>What earns points.</b>"


@dataclass
class Room:
    """How much more one page may hold, and which lines it must not."""

    hidden: frozenset[str] = frozenset()
    images: Images = field(default_factory=Images)
    text: int = MOST_PAGE
    is_full: bool = False

    def take(self, markup: Markup) -> Markup:
        """The fragment, or a remark in its place when there is no room for it; from then on the page is full."""
        size = html_size(str(markup))
        if size > self.text:
            self.is_full = True
            return remark(FULL)
        self.text -= size
        return markup


def remark(sentence: str) -> Markup:
    """A sentence of the page's own, in the place of something that is not shown."""
    return Markup('<p class="remark">{}</p>').format(sentence)


def shown(cell: NotebookNode, number: int, room: Room, but: str | None = None) -> list[Markup]:
    """The outputs of a code cell; `number` is its place in the notebook, for the words beside a plot.

    HTML ends where `but` begins.
    """
    outputs = cell.get("outputs", [])
    fragments: list[Markup] = []
    for output in _joined(outputs[:MOST_OUTPUTS]):
        if room.is_full:
            break
        fragments += [room.take(fragment) for fragment in _one(output, number, room, but)]
    if len(outputs) > MOST_OUTPUTS:
        fragments.append(remark(f"{len(outputs) - MOST_OUTPUTS:,} more outputs are left out here."))
    return fragments


def _joined(outputs: list[NotebookNode]) -> Iterator[NotebookNode]:
    """Neighbouring pieces of one stream are one text."""
    before: NotebookNode | None = None
    for output in outputs:
        if before is not None and before.output_type == "stream" == output.output_type and before.name == output.name:
            before = NotebookNode({**before, "text": before.text + output.text})
            continue
        if before is not None:
            yield before
        before = output
    if before is not None:
        yield before


def _one(output: NotebookNode, number: int, room: Room, but: str | None) -> Iterator[Markup]:
    if output.output_type == "stream":
        yield from _text(output.text, room, "stderr" if output.name == "stderr" else "stdout")
    elif output.output_type == "error":
        yield from _text(_traceback(output, room), room, "error")
    elif isinstance(output.get("data"), Mapping):
        yield from _data(output.data, output.get("metadata", {}), number, room, but)


def _traceback(output: NotebookNode, room: Room) -> str:
    last = f"{output.ename}: {output.evalue}"
    whole = "\n".join(map(str, output.get("traceback", []))) or last
    plain, left_out = short(whole)
    return last if left_out or quotes(plain, room.hidden) else whole


def _text(text: object, room: Room, kind: str) -> Iterator[Markup]:
    plain, left_out = short(text)
    if quotes(plain, room.hidden):
        yield remark(INSTEAD)
        return
    if plain.strip():
        yield Markup('<pre class="{}" tabindex="0">{}</pre>').format(kind, plain)
    if left_out:
        yield remark(left_out)


def _data(data: Mapping[str, object], metadata: object, number: int, room: Room, but: str | None) -> Iterator[Markup]:
    """The first kind that can be shown; a remark when there is only something that cannot."""
    plain = data.get("text/plain", "")
    for kind in sorted(SHOWN & data.keys(), reverse=True):  # PNG before JPEG: plots are sharper in it
        if url := room.images.from_base64(data[kind]):
            yield Markup('<img src="{}" alt="{}">').format(url, _alt(metadata, kind, number))
            return
    if "text/html" in data and (fragment := _html(data["text/html"], room, but)) is not None:
        yield fragment
        return
    if "text/markdown" in data:
        yield Markup('<div class="rich">{}</div>').format(_kept(markdown(data["text/markdown"], room.images), room))
        return
    yield from _text(data.get("text/latex", plain) or plain, room, "result")
    if others := sorted(set(map(str, data)) - {"text/plain", "text/latex"}):
        yield remark(f"Not shown here: {_kinds(others)}. Your notebook has it.")


def _html(html: object, room: Room, but: str | None) -> Markup | None:
    if not isinstance(html, str) or len(html) > LARGEST_HTML or html_size(html) > MOST_HTML:
        return None
    cleaned = clean(html.partition(but)[0] if but else html, room.images)
    if not (cleaned.striptags().strip() or ' src="data:' in cleaned):
        return None  # all of it was script, style or a drawing
    return Markup('<div class="rich" tabindex="0">{}</div>').format(_kept(cleaned, room))


def _kept(markup: Markup, room: Room) -> Markup:
    return remark(INSTEAD) if quotes(markup.striptags(), room.hidden) else markup


def _alt(metadata: object, kind: str, number: int) -> str:
    said = metadata.get(kind, metadata) if isinstance(metadata, Mapping) else {}
    alt = said.get("alt") if isinstance(said, Mapping) else None
    return short(alt, 5, 1000)[0] if isinstance(alt, str) and alt.strip() else f"Plot made by cell {number}"


def _kinds(kinds: list[str]) -> str:
    words = {
        "image/svg+xml": "an SVG drawing",
        "application/javascript": "a script",
        "application/json": "a JSON value",
        "application/vnd.jupyter.widget-view+json": "a widget",
        "text/html": "an HTML output without text, or a very large one",
        **dict.fromkeys(SHOWN, "a picture that is broken or too large"),
    }
    return ", ".join(dict.fromkeys(words.get(kind, "an output that only JupyterLab can show") for kind in kinds))
