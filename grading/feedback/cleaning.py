"""Makes what a learner or a grader wrote safe to show: text that cannot move the reader, HTML that cannot act.

Nothing here trusts its input. Text is escaped; HTML passes nh3 (the Rust library ammonia) with a short list of tags and
no ids, classes, names or styles, so that it can neither act nor look like a part of the page itself. Formulas stay the
readable source that they are: rendering them would need a script.
"""

import re
from collections.abc import Mapping
from html import escape
from urllib.parse import unquote

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup
from mdit_py_plugins.dollarmath import dollarmath_plugin

from grading.feedback.images import Images

MOST_MARKDOWN = 30_000  # characters of one cell or comment
MOST_HTML = 60_000  # characters of one output, pictures not counted
MOST_LINES, MOST_TEXT = 200, 20_000  # of one output in plain text
LONGEST_NAME = 100

TAGS = {
    *(
        "a",
        "abbr",
        "b",
        "blockquote",
        "br",
        "caption",
        "cite",
        "code",
        "col",
        "colgroup",
        "dd",
        "del",
        "details",
        "div",
    ),
    *("dl", "dt", "em", "figcaption", "figure", "h4", "hr", "i", "img", "ins", "kbd", "li", "mark", "ol", "p", "pre"),
    *("q", "s", "samp", "small", "span", "strong", "sub", "summary", "sup", "table", "tbody", "td", "tfoot", "th"),
    *("thead", "tr", "u", "ul", "var"),
}
ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "title"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "ol": {"start"},
}
# What would otherwise leave its inner text on the page: code, or the parts of another document.
WITH_CONTENT = {
    *("applet", "embed", "frameset", "iframe", "math", "noembed", "noframes", "noscript", "object", "plaintext"),
    *("script", "select", "style", "svg", "template", "textarea", "title", "xmp"),
}
LINK_REL = "noopener noreferrer nofollow"
# `data` and `attachment` are for pictures only; `_attribute` refuses them elsewhere.
SCHEMES = {"http", "https", "mailto", "data", "attachment"}

_TERMINAL = re.compile(
    r"\x1b\][^\x07\x1b]{0,4000}(?:\x07|\x1b\\)?"  # OSC: titles, links, clipboard
    r"|\x1b[PX^_][^\x1b]{0,4000}(?:\x1b\\)?"  # DCS, SOS, PM, APC
    r"|[\x1b\x9b][\[()#;?]{0,4}[0-9;:<=>?]{0,60}[@-~]"  # CSI: colours, cursor
    r"|\x1b"
)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_TURNS_TEXT = re.compile("[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]")  # text that reads other than it runs
_PICTURE = re.compile(r"data:image/[a-z.+-]{1,20};base64,[A-Za-z0-9+/=]*", re.IGNORECASE)
_NUMBER = re.compile(r"[0-9]{1,3}")


def printable(text: object) -> str:
    """Text without terminal sequences, control characters and marks that turn the reading direction.

    The last are shown by their number, because code that reads other than it runs is worth seeing.
    """
    plain = _TERMINAL.sub("", str(text).replace("\r\n", "\n"))
    # A progress bar returns to the start of its line: only what it wrote last is left to see.
    plain = "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in plain.split("\n"))
    plain = _CONTROL.sub("\N{REPLACEMENT CHARACTER}", plain)
    return _TURNS_TEXT.sub(lambda found: f"[U+{ord(found[0]):04X}]", plain)


def name(text: object) -> str:
    """A name on one line, of at most 100 characters."""
    return " ".join(printable(text).split())[:LONGEST_NAME]


def short(text: object, lines: int = MOST_LINES, characters: int = MOST_TEXT) -> tuple[str, str]:
    """Printable text cut to a size, and a sentence that says how much was left out; empty when nothing was."""
    whole = str(text)
    # Cleaning costs time too; nothing that can be shown lies beyond this.
    plain = printable(whole[: 4 * characters]).rstrip("\n")
    rows = plain.split("\n")
    kept = "\n".join(rows[:lines])[:characters]
    if len(kept) == len(plain) and len(whole) <= 4 * characters:
        return kept, ""
    total = whole.count("\n") + 1
    left = total - kept.count("\n") - 1
    return kept, f"{left:,} more lines are left out here." if left > 0 else "The rest of the line is left out here."


def clean(html: str, images: Images, attachments: Mapping[str, object] | None = None) -> Markup:
    """HTML that cannot act: no script, no style, no id, links to web and mail only, pictures from within the page."""

    def attribute(tag: str, attribute: str, value: str) -> str | None:
        return _attribute(tag, attribute, value, images, attachments or {})

    return Markup(  # this is where it becomes safe
        nh3.clean(
            html,
            tags=TAGS,
            clean_content_tags=WITH_CONTENT,
            attributes=ATTRIBUTES,
            attribute_filter=attribute,
            strip_comments=True,
            link_rel=LINK_REL,
            generic_attribute_prefixes=set(),
            url_schemes=SCHEMES,
            url_relative="deny",
        )
    )


def html_size(html: str) -> int:
    """The characters of an HTML fragment without its pictures."""
    return len(_PICTURE.sub("", html))


def markdown(text: object, images: Images, attachments: Mapping[str, object] | None = None) -> Markup:
    """Markdown as HTML that cannot act. Headings become the smallest, so that they stay below the page's own."""
    source = printable(str(text)[: MOST_MARKDOWN + 1])
    rendered = _MARKDOWN.render(source[:MOST_MARKDOWN])
    if len(source) > MOST_MARKDOWN:
        rendered += "<p><em>The rest of this text is left out here.</em></p>"
    return clean(rendered, images, attachments)


def _attribute(tag: str, attribute: str, value: str, images: Images, attachments: Mapping[str, object]) -> str | None:
    if attribute == "href":
        return value if value.strip().lower().startswith(("http://", "https://", "mailto:")) else None
    if attribute == "src":
        if value.startswith("attachment:"):
            return images.attached(attachments.get(unquote(value.removeprefix("attachment:"))))
        return images.from_url(value)
    if attribute in ("colspan", "rowspan", "start"):
        return value if _NUMBER.fullmatch(value) else None
    return value


def _formula(content: str, options: Mapping[str, object]) -> str:
    sign = "$$" if options.get("display_mode") else "$"
    return f"<code>{sign}{escape(content)}{sign}</code>"


def _reader() -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    reader.use(dollarmath_plugin, allow_space=False, allow_digits=False, allow_labels=False, renderer=_formula)
    for rule in ("heading_open", "heading_close"):
        reader.add_render_rule(rule, lambda self, tokens, index, *_: "<h4>" if tokens[index].nesting == 1 else "</h4>")
    return reader


_MARKDOWN = _reader()
