"""Classes of the author's given cells, which both sides have: plain instances cross by value into the own class."""

import dataclasses
import enum
from typing import Any

from grading.engine.wire.frames import Malformed
from grading.engine.wire.values import Decoder, Encoder


class Given:
    """The given classes of this side, by name."""

    def __init__(self, others: dict[str, Any]) -> None:
        """Enter the decoders into a link's."""
        self.classes: dict[str, type] = {}
        self._names: dict[type, str] = {}
        self.remote: frozenset[str] = frozenset()  # those that the test takes from the learner's process
        others |= {"G": self._class, "gd": self._dataclass, "ge": self._enum, "gn": self._tuple}

    def add(self, name: str, kind: type) -> None:
        """Know a class by its name."""
        self.classes[name] = kind
        self._names[kind] = name

    def name_of(self, kind: type) -> str | None:
        """The name of a class, if it is given."""
        try:
            name = self._names.get(kind)
        except TypeError:
            return None
        return None if name in self.remote else name

    def node(self, encoder: Encoder, value: Any) -> Any:
        """The node of a given class, or of a plain instance of one; None for anything else."""
        kind = type(value)
        if isinstance(value, type):
            name = self.name_of(value)
            return None if name is None else ["G", name]
        name = self.name_of(kind)
        if name is None:
            return None
        if isinstance(value, enum.Enum):
            return ["ge", name, value.name]
        if issubclass(kind, tuple) and hasattr(kind, "_fields"):
            return ["gn", name, encoder.items(tuple(value))]
        if dataclasses.is_dataclass(kind) and hasattr(value, "__dict__"):
            key = encoder.shared.key_of(value)
            if key is not None:
                return ["k", key]
            encoder.shared.sent(value)
            return ["gd", name, [[str(at), encoder(item)] for at, item in vars(value).items()]]
        return None

    def _find(self, decoder: Decoder, name: Any) -> type:
        found = self.classes.get(decoder.text(name))
        if found is None:
            raise Malformed("a class that no given cell made")
        return found

    def _class(self, decoder: Decoder, node: list[Any]) -> Any:
        return self._find(decoder, node[1])

    def _dataclass(self, decoder: Decoder, node: list[Any]) -> Any:
        kind = self._find(decoder, node[1])
        if not dataclasses.is_dataclass(kind):
            raise Malformed("a given class is no dataclass")
        made = decoder.enter(object.__new__(kind))
        for name, item in node[2]:
            if name not in kind.__dataclass_fields__ and callable(getattr(kind, decoder.text(name), None)):
                raise Malformed("an attribute hides a method of a given class")
            vars(made)[name] = decoder(item)
        return decoder.leave(made)

    def _enum(self, decoder: Decoder, node: list[Any]) -> Any:
        kind = self._find(decoder, node[1])
        if not issubclass(kind, enum.Enum) or decoder.text(node[2]) not in kind.__members__:
            raise Malformed("a given class has no such member")
        return kind.__members__[node[2]]

    def _tuple(self, decoder: Decoder, node: list[Any]) -> Any:
        kind = self._find(decoder, node[1])
        if not issubclass(kind, tuple):
            raise Malformed("a given class is no tuple")
        return tuple.__new__(kind, decoder.items(node[2]))
