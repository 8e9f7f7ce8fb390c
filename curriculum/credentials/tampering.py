"""Small forgeries of a credential, one edit each: each member changed, left out, added to, or turned round."""

import copy
from collections.abc import Iterator
from typing import Any

from curriculum.credentials.proof import Document

Path = tuple[str | int, ...]


def forgeries(credential: Document) -> Iterator[tuple[str, Document]]:
    """Copies of the credential with one thing altered, each with the name of what was altered."""
    for path, value in _members(credential, ()):
        name = ".".join(map(str, path))
        yield f"{name} removed", _with(credential, path, None, remove=True)
        if not isinstance(value, dict | list):
            yield f"{name} changed", _with(credential, path, _other(value))
        if isinstance(value, dict):
            yield f"{name} with a member more", _with(credential, (*path, "note"), "also very good")
        if isinstance(value, list) and len(value) > 1:
            yield f"{name} in another order", _with(credential, path, value[::-1])


def _members(member: object, path: Path) -> Iterator[tuple[Path, Any]]:
    if isinstance(member, dict | list):
        pairs = member.items() if isinstance(member, dict) else enumerate(member)
        for key, value in pairs:
            yield (*path, key), value
            yield from _members(value, (*path, key))


def _with(credential: Document, path: Path, value: object, remove: bool = False) -> Document:
    made = copy.deepcopy(credential)
    inner: Any = made
    for key in path[:-1]:
        inner = inner[key]
    if remove:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return made


def _other(value: object) -> object:
    """A value of the same kind that looks as right: one more, the other, one character changed at the end."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    text = str(value)
    last = text[-1:]
    return text[:-1] + ("1" if last != "1" else "2")
