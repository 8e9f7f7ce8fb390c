"""`unittest.mock.patch` in a test cell reaches the learner's process: what is patched here is patched there as well."""

import contextlib
import types
from typing import Any
from unittest import mock

from grading.engine.judge.peer import BY_HAND, Peer

_peer: Peer | None = None
_enter, _exit = mock._patch.__enter__, mock._patch.__exit__


def install(peer: Peer) -> None:
    """Mirror patches into this learner's process from now on."""
    global _peer
    _peer = peer
    mock._patch.__enter__ = _entering  # type: ignore[method-assign]
    mock._patch.__exit__ = _exiting  # type: ignore[method-assign]


def _entering(self: Any) -> Any:
    value = _enter(self)
    where = _place(self)
    self._wire_mirrored = False
    if _peer is not None and where is not None:
        _peer.request("patch", (*where, self.attribute, getattr(self.target, self.attribute)))
        self._wire_mirrored = True
    return value


def _exiting(self: Any, *error: Any) -> Any:
    if _peer is not None and getattr(self, "_wire_mirrored", False):
        with contextlib.suppress(Exception):  # the learner's process may be gone; the test must still be put right
            _peer.request("unpatch", ())
    return _exit(self, *error)


def _place(patch: Any) -> tuple[str, str] | None:
    """The module and the path in it of what is patched, where both sides have it."""
    target = patch.target
    if type(target) is types.ModuleType or isinstance(target, types.ModuleType):
        if target.__name__ == "builtins" and patch.attribute in BY_HAND:
            return None  # these follow the judge's own without a word
        return target.__name__, ""
    if type(target) is type and target.__module__ not in ("__main__", "builtins"):
        return target.__module__, target.__qualname__
    return None
