"""Takes Markdown apart: headings, sections, running text without code, and links, each with its line."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

TAG = re.compile(r"<!--.*?-->|<[^>]*>", re.DOTALL)
MATH = re.compile(r"\$\$.*?\$\$|\$[^$\n]+\$", re.DOTALL)
HTML_LINK = re.compile(r"""(?:href|src)=["']([^"']+)["']""")


@dataclass(frozen=True)
class Line:
    """Something that stands on a line of a document: a heading's title, a line of text, the target of a link."""

    number: int
    text: str
    level: int = 0  # of a heading


def headings(text: str, first: int = 1) -> list[Line]:
    """The headings outside code blocks. `first` is the number of the text's first line in its file."""
    tokens = _tokens(text)
    return [
        Line(_number(token, first), tokens[position + 1].content, int(token.tag[1:]))
        for position, token in enumerate(tokens)
        if token.type == "heading_open"
    ]


def running_text(text: str, first: int = 1) -> list[Line]:
    """Every line of prose as a reader sees it: without code, formulas, tags, and addresses."""
    lines: list[Line] = []
    for token in _tokens(text):
        number = _number(token, first)
        if token.type == "html_block":
            lines += _plain(TAG.sub(lambda found: "\n" * found[0].count("\n"), token.content), number)
        elif token.type == "inline":
            lines += _plain("".join(_visible(token.children or [])), number)
    return lines


def links(text: str, first: int = 1) -> list[Line]:
    """The targets of links and pictures."""
    found: list[Line] = []
    for token in _tokens(text):
        number = _number(token, first)
        if token.type == "html_block":
            found += [Line(number, target) for target in HTML_LINK.findall(token.content)]
        for child in token.children or []:
            if child.type == "html_inline":
                found += [Line(number, target) for target in HTML_LINK.findall(child.content)]
            elif target := child.attrGet("href") or child.attrGet("src"):
                found.append(Line(number, str(target)))
    return found


def pictures_without_text(text: str, first: int = 1) -> list[Line]:
    """Pictures in Markdown that have no alternative text."""
    return [
        Line(_number(token, first), str(child.attrGet("src")))
        for token in _tokens(text)
        for child in token.children or []
        if child.type == "image" and not child.content.strip()
    ]


def _visible(children: list[Token]) -> Iterator[str]:
    for child in children:
        if child.type in ("softbreak", "hardbreak"):
            yield "\n"
        elif child.type == "text":
            yield child.content
        elif child.type == "code_inline":
            yield "\N{ZERO WIDTH SPACE}"  # something stands here, so that words around it do not join


def _plain(text: str, first: int) -> list[Line]:
    text = MATH.sub(lambda found: "\n" * found[0].count("\n"), text)
    return [Line(first + row, line) for row, line in enumerate(text.split("\n")) if line.strip()]


def _number(token: Token, first: int) -> int:
    return first + (token.map[0] if token.map else 0)


@lru_cache(maxsize=1024)
def _tokens(text: str) -> list[Token]:
    return MarkdownIt("commonmark").enable("table").parse(text)
