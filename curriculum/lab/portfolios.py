"""A portfolio page: chosen artefacts, each number with its source, unit and date, and nothing that must not be public.

The page stands alone: no script, nothing loaded from elsewhere, all text escaped, every picture with its words.
"""

import base64
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from PIL import Image

from curriculum.files import write_atomically
from curriculum.lab import disclosure
from curriculum.lab.display import escape, number
from curriculum.lab.errors import LabError
from curriculum.lab.journal import Value
from curriculum.lab.proposals import Gap, Measured, document, markdown_text, nearest

PAGE, TEXT = "portfolio.html", "portfolio.md"
MIN_ALT = 20  # characters
MAX_BYTES = 2_000_000
_ABSOLUTE = re.compile(r"[/~]|[A-Za-z]:[\\/]")


@dataclass(frozen=True)
class Piece:
    """One artefact: what it is, the numbers it rests on by name, and a file (text, or a PNG with alternative text).

    `shown` is what each number was when the learner last looked; the page is compared with it.
    """

    title: str
    text: str
    shown: Mapping[str, Value | None]
    file: str = ""
    alt: str = ""

    @property
    def is_picture(self) -> bool:
        """Whether its file is shown as a picture."""
        return self.file.casefold().endswith(".png")


@dataclass(frozen=True)
class Portfolio:
    """What goes on the page. `private` holds names that must not: only their owner knows them all."""

    name: str
    about: str
    pieces: tuple[Piece, ...]
    private: tuple[str, ...] = ()


def read(path: Path) -> Portfolio:
    """A portfolio from YAML. Raises `LabError` when it is not readable as one."""
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
        pieces = tuple(_piece(each) for each in raw["pieces"])
        private, name, about = raw.get("private") or [], str(raw["name"]), str(raw["about"])
    except (OSError, yaml.YAMLError) as error:
        raise LabError(f"{path.name} could not be read: {' '.join(str(error).split())}") from None
    except (KeyError, TypeError, AttributeError) as error:
        raise LabError(
            f"{path.name} needs name, about and pieces, each with title, text and numbers ({error})."
        ) from None
    if not isinstance(private, list):
        raise LabError(f"{path.name}: `private:` is a list, such as [{private}], not one word or line.")
    return Portfolio(name, about, pieces, tuple(map(str, private)))


def gaps(portfolio: Portfolio, known: Sequence[Measured], folder: Path) -> list[Gap]:
    """What keeps a number or a picture from being believed, and every secret, which keeps the page unwritten."""
    by_name = {each.name: each for each in known}
    found = []
    for piece in portfolio.pieces:
        for name, shown in piece.shown.items():
            found += [Gap(piece.title, what, mend) for what, mend in _number_gaps(name, shown, by_name)]
        if not piece.shown:
            found.append(Gap(piece.title, "has no number", "choose one from the unit's journal"))
        if piece.is_picture and len(piece.alt) < MIN_ALT:
            found.append(Gap(piece.title, f"{piece.file} has no alternative text", "say in `alt` what it shows"))
    return found + _secret_gaps(portfolio, by_name, folder)


def words(portfolio: Portfolio, folder: Path) -> str:
    """All text that would be public, artefacts among it: what is scanned."""
    parts = [portfolio.name, portfolio.about]
    for piece in portfolio.pieces:
        parts += [piece.title, piece.text, piece.alt]
        if piece.file and not piece.is_picture:
            parts.append(_text(folder, piece.file))
    return "\n".join(parts)


def publish(portfolio: Portfolio, known: Sequence[Measured], folder: Path, into: Path) -> list[Path]:
    """Write the page as HTML and Markdown into `into`, with `private` names and identifying facts taken out.

    Raises `LabError`, and writes nothing, while a secret is in it.
    """
    by_name = {each.name: each for each in known}
    if secret := _secret_gaps(portfolio, by_name, folder):
        raise LabError(f"Nothing was written: {secret[0].where} {secret[0].what}. {secret[0].mend}.")
    contents = {PAGE: _html(portfolio, by_name, folder), TEXT: _markdown(portfolio, by_name, folder)}
    for name, content in contents.items():
        write_atomically(into / name, content)
    return [into / name for name in contents]


def _piece(raw: Any) -> Piece:
    numbers = raw.get("numbers") or {}
    if not isinstance(numbers, list | dict):
        raise TypeError(f"`numbers:` is a list of names, such as [{numbers}]")
    shown = dict.fromkeys(numbers) if isinstance(numbers, list) else dict(numbers)
    return Piece(str(raw["title"]), str(raw["text"]), shown, str(raw.get("file") or ""), str(raw.get("alt") or ""))


def _number_gaps(name: str, shown: Value | None, known: Mapping[str, Measured]) -> list[tuple[str, str]]:
    given = known.get(name)
    if given is None:
        return [(nearest(name, known), "run the unit again, or take the number out")]
    found = []
    if shown is not None and shown != given.value:
        found.append((f"says {number(shown)}, but {name} is now {number(given.value)}", "say which run you mean"))
    if not given.measure and not isinstance(given.value, str):
        found.append((f"{name} has no unit", "record it with one"))
    if given.when is None:
        found.append((f"{name} has no date", "measure it again"))
    if given.sample:
        found.append((f"{name} is a sample", "run the unit, and it is yours"))
    return found


def _secret_gaps(portfolio: Portfolio, by_name: Mapping[str, Measured], folder: Path) -> list[Gap]:
    found = [(portfolio.name, f"{portfolio.name}\n{portfolio.about}")]
    for piece in portfolio.pieces:
        cells = "\n".join(" ".join(row) for row in _rows(piece, by_name))
        found.append((piece.title, words(Portfolio("", "", (piece,)), folder) + "\n" + cells))
    mend = "Revoke it first, where it was issued; then take it out of the artefact"
    return [
        Gap(where, f"holds a secret: {each.kind}, {each.shown}", mend)
        for where, text in found
        for each in disclosure.secrets(text)
    ]


def _artefact(folder: Path, name: str) -> bytes:
    """The bytes of a file below `folder`. Raises `LabError` for one that is elsewhere, missing or too large."""
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()) or not path.is_file():
        raise LabError(f"{name!r} is no file below {folder.name or 'this folder'}; copy the artefact there.")
    if path.stat().st_size > MAX_BYTES:
        raise LabError(f"{name!r} is larger than {MAX_BYTES / 1e6:.0f} MB; show a part of it.")
    return path.read_bytes()


def _text(folder: Path, name: str) -> str:
    """An artefact that is text. Raises `LabError` for anything else, such as a picture of another kind."""
    try:
        text = _artefact(folder, name).decode("utf-8")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise LabError(f"{name!r} is neither text nor a PNG picture; save a picture as PNG.")
    return text


def _picture(folder: Path, name: str) -> bytes:
    """A PNG picture drawn anew: author, comments and whatever else its file holds beside the picture stay behind."""
    drawn = io.BytesIO()
    try:
        with Image.open(io.BytesIO(_artefact(folder, name)), formats=["PNG"]) as picture:
            picture.load()
            picture.info = {key: value for key, value in picture.info.items() if key == "transparency"}
            picture.save(drawn, "PNG")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        raise LabError(f"{name!r} is no PNG picture.") from None
    return drawn.getvalue()


def _source(path: str) -> str:
    """Where a number stands; of an absolute path, which says whose machine it is, folder and file only."""
    return "/".join(re.split(r"[\\/]", path)[-2:]) if _ABSOLUTE.match(path) else path


def _public(portfolio: Portfolio, text: str) -> str:
    return disclosure.redact(text, disclosure.facts(text, portfolio.private))


def _rows(piece: Piece, by_name: Mapping[str, Measured]) -> list[tuple[str, str, str, str]]:
    """The numbers that their units give: name, value with unit, date, source."""
    found = (by_name[name] for name in piece.shown if name in by_name)
    return [
        (
            each.name,
            f"{number(each.value)} {each.measure or '(no unit)'}",
            each.when.isoformat() if each.when else "no date",
            _source(each.source) + (", a sample" if each.sample else ""),
        )
        for each in found
    ]


HEAD = ("number", "value", "measured on", "source")


def _html(portfolio: Portfolio, by_name: Mapping[str, Measured], folder: Path) -> str:
    def public(text: str) -> str:
        return escape(_public(portfolio, text))

    body = f"<h1>{public(portfolio.name)}</h1><p>{public(portfolio.about)}</p>"
    for piece in portfolio.pieces:
        body += f"<section><h2>{public(piece.title)}</h2><p>{public(piece.text)}</p>"
        if rows := _rows(piece, by_name):
            head = "".join(f'<th scope="col">{each}</th>' for each in HEAD)
            cells = "".join("<tr>" + "".join(f"<td>{public(cell)}</td>" for cell in row) + "</tr>" for row in rows)
            body += f"<table><tr>{head}</tr>{cells}</table>"
        if piece.file:
            if piece.is_picture:
                data = base64.b64encode(_picture(folder, piece.file)).decode()
                body += f'<p><img alt="{public(piece.alt)}" src="data:image/png;base64,{data}"></p>'
            else:
                body += f'<pre style="overflow:auto">{public(_text(folder, piece.file))}</pre>'
        body += "</section>"
    return document(_public(portfolio, portfolio.name), body)


def _markdown(portfolio: Portfolio, by_name: Mapping[str, Measured], folder: Path) -> str:
    def public(text: str) -> str:
        return markdown_text(_public(portfolio, text))

    lines = [f"# {public(portfolio.name)}", "", public(portfolio.about), ""]
    for piece in portfolio.pieces:
        lines += [f"## {public(piece.title)}", "", public(piece.text), ""]
        if rows := _rows(piece, by_name):
            lines += [f"| {' | '.join(HEAD)} |", "|---|---|---|---|"]
            lines += ["| " + " | ".join(public(cell) for cell in row) + " |" for row in rows] + [""]
        if piece.is_picture:
            lines += [f"Picture: {public(piece.alt)}", ""]
        elif piece.file:
            text = _public(portfolio, _text(folder, piece.file))
            lines += ["".join(f"    {line}\n" for line in text.splitlines())]
    return "\n".join(lines)
