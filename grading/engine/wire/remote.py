"""Stand-ins for objects of the other side: instances, classes and functions whose use is a call over the wire.

What would show a value of this side to the other side's object and let it decide (comparison, hashing, arithmetic,
formatting) is answered here, as for a plain object, unless the link allows that very operator.
"""

import dataclasses
import functools
import inspect
import types
from collections.abc import Callable
from typing import Any

from grading.engine.wire import closed
from grading.engine.wire.frames import Malformed
from grading.engine.wire.given import Given
from grading.engine.wire.link import Link
from grading.engine.wire.values import Decoder, Encoder, NotPlain

FREE = frozenset(
    f"__{name}__"
    for name in [
        "len",
        "getitem",
        "setitem",
        "delitem",
        "iter",
        "next",
        "reversed",
        "length_hint",
        "call",
        "enter",
        "exit",
        "aenter",
        "aexit",
        "await",
        "aiter",
        "anext",
        "bool",
        "repr",
        "str",
        "array",
        "int",
        "float",
        "complex",
        "index",
        "bytes",
        "fspath",
        "neg",
        "pos",
        "abs",
        "invert",
        "round",
        "trunc",
        "floor",
        "ceil",
        "dir",
        "missing",
    ]
)
_COMPARE = ("eq", "ne", "lt", "le", "gt", "ge", "contains", "hash", "format")
_BINARY = (
    "add",
    "sub",
    "mul",
    "matmul",
    "truediv",
    "floordiv",
    "mod",
    "divmod",
    "pow",
    "lshift",
    "rshift",
    "and",
    "xor",
    "or",
)
GATED = frozenset(
    [f"__{name}__" for name in _COMPARE] + [f"__{side}{name}__" for name in _BINARY for side in ("", "r", "i")]
)
# Methods that compare as operators do, of text, sets, frames and arrays.
COMPARING = frozenset(
    [
        *("startswith", "endswith", "issubset", "issuperset", "isdisjoint"),
        *("equals", "identical", "allclose", "isclose", "array_equal", "eq", "ne", "lt", "le", "gt", "ge"),
    ]
)
# What may be read of an object by a name with two underscores.
READABLE = frozenset(
    f"__{name}__"
    for name in [
        "dict",
        "doc",
        "name",
        "qualname",
        "module",
        "annotations",
        "wrapped",
        "self",
        "func",
        "defaults",
        "kwdefaults",
        "slots",
        "version",
        "file",
        "all",
        "match_args",
        "dataclass_fields",
        "dataclass_params",
        "cause",
        "context",
        "notes",
        "members",
        "abstractmethods",
        "orig_bases",
        "post_init",
    ]
)
_PLAIN_BASES = frozenset({str, bytes, int, float, complex, tuple, list, dict, set, frozenset})
_FUNCTIONS = (types.FunctionType, types.BuiltinFunctionType, types.MethodType, types.MethodWrapperType)
_PLAIN_TYPES = {
    types.GeneratorType: "GeneratorType",
    types.AsyncGeneratorType: "AsyncGeneratorType",
    types.ModuleType: "ModuleType",
}


class Remote:
    """An object of the other side."""

    __slots__ = ("__weakref__", "_wire_handle_")
    _wire_native_ = None
    _wire_plain_: type | None = None  # the plain type that its class derives from
    _wire_link_: Link

    def __getattr__(self, name: str) -> Any:
        """Ask the other side."""
        if name[:2] == "__" and name not in READABLE:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        if name in COMPARING and not self._wire_link_.may(name):
            return _comparing(self, name)
        return self._wire_link_.request("get", (self, name))

    def __setattr__(self, name: str, value: Any) -> None:
        """Set it on the other side."""
        self._wire_link_.request("set", (self, name, value))

    def __delattr__(self, name: str) -> None:
        """Delete it on the other side."""
        self._wire_link_.request("del", (self, name))

    def __del__(self) -> None:
        """Let go of the object."""
        self._wire_link_.releases.append(self._wire_handle_)

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        """What `isinstance` is told."""
        return type(self)._wire_native_ or type(self)

    def _run_beside(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Have the other side call its own copy of a function of the lab."""
        return self._wire_link_.request("beside", (function.__module__, function.__qualname__, args, kwargs))


class Method:
    """A method of a stand-in: calling it is one call over the wire."""

    def __init__(self, owner: Any, name: str) -> None:
        """The method `name` of `owner`."""
        self._owner, self._name = owner, name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call it."""
        return self._owner._wire_link_.request("method", (self._owner, self._name, args, kwargs))

    def resolve(self) -> Any:
        """The stand-in for the bound method itself."""
        return self._owner._wire_link_.request("get", (self._owner, self._name))

    def __getattr__(self, name: str) -> Any:
        """Ask the other side."""
        if name == "__self__":
            return self._owner
        return getattr(self.resolve(), name)

    def __eq__(self, other: object) -> bool:
        """Whether it is the same method of the same object."""
        return isinstance(other, Method) and self._owner is other._owner and self._name == other._name

    def __hash__(self) -> int:
        """As equality has it."""
        return hash((id(self._owner), self._name))

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        """What `isinstance` is told."""
        return types.MethodType


class _MethodOf:
    """A method in the stand-in for a class."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __set_name__(self, owner: Any, name: str) -> None:
        self._owner = owner

    def __get__(self, thing: Any, kind: Any = None) -> Any:
        if thing is None:
            return self._owner._wire_link_.request(
                "get", (kind if isinstance(kind, RemoteMeta) else self._owner, self._name)
            )
        if "_wire_home_" in vars(type(thing)):  # super() in a test's own subclass
            return functools.partial(self._owner._wire_link_.request("get", (self._owner, self._name)), thing)
        if self._name in COMPARING and not self._owner._wire_link_.may(self._name):
            return _comparing(thing, self._name)
        return Method(thing, self._name)


def _elsewhere() -> Any:
    raise TypeError("the default is made in the other process")


class RemoteMeta(type):
    """The class of stand-ins for classes."""

    def __new__(meta, name: str, bases: tuple[type, ...], content: dict[str, Any], **options: Any) -> Any:
        """A stand-in, or a subclass of one that a test defines: the other side gets such a class too."""
        if "_wire_class_" in content or not any(hasattr(base, "_wire_link_") for base in bases):
            return super().__new__(meta, name, bases, content)
        link = next(base._wire_link_ for base in bases if hasattr(base, "_wire_link_"))
        own = {n: v for n, v in content.items() if n not in ("__module__", "__qualname__", "__classcell__", "__dict__")}
        handle = link.request("subclass", (name, bases, own))
        made = super().__new__(meta, name, bases, content | {"_wire_class_": handle, "_wire_home_": True})
        link.adopt(handle, made)
        return made

    _wire_link_: Link
    _wire_class_: int

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        """Make an instance on the other side."""
        if "_wire_class_" not in vars(cls):
            return type.__call__(cls, *args, **kwargs)
        return cls._wire_link_.request("call", (cls, args, kwargs))

    def __getattr__(cls, name: str) -> Any:
        """Ask the other side."""
        if (name[:2] == "__" and name not in READABLE) or name.startswith("_wire_") or name == "_run_beside":
            raise AttributeError(f"type object {cls.__name__!r} has no attribute {name!r}")
        return cls._wire_link_.request("get", (cls, name))

    def __setattr__(cls, name: str, value: Any) -> None:
        """Set it on the other side."""
        if name.startswith(("_wire_", "__")):
            type.__setattr__(cls, name, value)
            return
        kept = cls._wire_link_.patched
        if isinstance(value, _MethodOf):  # a patch puts back what it found here
            value = kept.pop((cls, name))
        elif isinstance(vars(cls).get(name), _MethodOf) and (cls, name) not in kept:
            kept[cls, name] = cls._wire_link_.request("get", (cls, name))
        cls._wire_link_.request("set", (cls, name, value))

    def __delattr__(cls, name: str) -> None:
        """Delete it on the other side."""
        cls._wire_link_.request("del", (cls, name))

    def __iter__(cls) -> Any:
        """Iterate over the class, an enum's members."""
        return iter(cls._wire_link_.request("operate", (cls, "__iter__", ())))

    def __len__(cls) -> int:
        """How many members the class has."""
        return int(cls._wire_link_.request("operate", (cls, "__len__", ())))

    def __bool__(cls) -> bool:
        """A class is true."""
        return True

    def __getitem__(cls, key: Any) -> Any:
        """A member by name, or a generic alias."""
        return cls._wire_link_.request("operate", (cls, "__getitem__", (key,)))

    def __contains__(cls, value: Any) -> bool:
        """Whether it is a member, by identity."""
        return any(value is item for item in cls)


class RemoteFunction(Remote):
    """A function of the other side; `inspect` sees its signature and of which kind it is."""

    __slots__ = ("_wire_info_",)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call it."""
        return self._wire_link_.request("call", (self, args, kwargs))

    def __get__(self, owner: Any, kind: type | None = None) -> Any:
        """Bind as a function does."""
        return self if owner is None or not self._wire_info_["binds"] else types.MethodType(self, owner)

    def __getattr__(self, name: str) -> Any:
        """Ask the other side."""
        info = self._wire_info_
        if name in info:
            if name == "__signature__" and info[name] is None:
                raise AttributeError(name)
            return info[name]
        return Remote.__getattr__(self, name)

    def __repr__(self) -> str:
        """As a function's, without an address."""
        return f"<function {self._wire_info_['__qualname__']}>"

    @property
    def __doc__(self) -> str | None:  # type: ignore[override]
        """The function's own."""
        return self._wire_info_["__doc__"]

    @property
    def __annotations__(self) -> dict[str, Any]:  # type: ignore[override]
        """The function's own."""
        return self._wire_info_["__annotations__"]

    @property
    def __module__(self) -> str:  # type: ignore[override]
        """The function's own."""
        return str(self._wire_info_["__module__"])

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        """What `isinstance` is told."""
        return self._wire_info_["class"]


def _plain() -> None: ...
async def _coroutine() -> None: ...
def _generator() -> Any:
    yield


async def _async_generator() -> Any:
    yield


_CODES = {
    "": _plain.__code__,
    "c": _coroutine.__code__,
    "g": _generator.__code__,
    "a": _async_generator.__code__,
}


def plain_of(thing: Any) -> Any:
    """What an object holds, as plain data, where its class derives from a plain type; else the object."""
    kind = type(thing)._wire_plain_ if issubclass(type(thing), Remote) else None
    if kind is None:
        return thing
    plain = thing._wire_link_.request("plain", (thing, closed.name_of(kind)))
    if type(plain) is not kind:
        raise TypeError(f"what {type(thing).__name__!r} holds is no {kind.__name__}")
    return plain


def _comparing(thing: Any, name: str) -> Any:
    """A method that compares, of the plain data that an object holds: the other side's own is not asked."""
    if not hasattr(type(thing)._wire_plain_, name):
        raise AttributeError(f"a test does not ask an answer's {type(thing).__name__!r} whether it {name!r}")
    return getattr(plain_of(thing), name)


def forwarder(name: str) -> Callable[..., Any]:
    """A method that hands an operator on to the other side, if it may."""

    def operate(self: Any, *args: Any) -> Any:
        return self._wire_link_.request("operate", (self, name, args))

    def gated(self: Any, *args: Any) -> Any:
        if self._wire_link_.may(name):
            return self._wire_link_.request("operate", (self, name, args))
        if self._wire_plain_ is not None and not name.startswith("__i"):  # it changes nothing on the other side
            found = getattr(self._wire_plain_, name, None)
            return NotImplemented if found is None else found(plain_of(self), *map(plain_of, args))
        return getattr(object, name)(self, *args) if hasattr(object, name) else NotImplemented

    def contains(self: Any, value: Any) -> Any:
        if self._wire_link_.may(name):
            return bool(self._wire_link_.request("operate", (self, name, (value,))))
        return any(value is item or value == item for item in self)

    def text(self: Any) -> str:
        said = self._wire_link_.request("operate", (self, name, ()))
        if type(said) is not str:
            raise TypeError(f"{name} returned non-string")
        return said

    def awaited(self: Any) -> Any:
        return self._wire_link_.later(self).__await__()

    def called(self: Any, *args: Any, **kwargs: Any) -> Any:
        return self._wire_link_.request("call", (self, args, kwargs))

    def array(self: Any, dtype: Any = None, copy: Any = None) -> Any:
        import numpy as np

        value = self._wire_link_.request("operate", (self, "__array__", ()))
        if type(value) is not np.ndarray:
            raise TypeError("__array__ gave no array")
        return value if dtype is None else value.astype(dtype)

    def heard(self: Any, kind: Any, said: Any) -> Any:
        # What is raised in a `with` is the test's to hear, unless the reference solution keeps it back as well.
        return said if kind is None or not said or self._wire_link_.may(name) else False

    def exiting(self: Any, kind: Any, error: Any, trace: Any) -> Any:
        return heard(self, kind, self._wire_link_.request("operate", (self, name, (kind, error, None))))

    async def exiting_later(self: Any, kind: Any, error: Any, trace: Any) -> Any:
        return heard(self, kind, await self._wire_link_.request("operate", (self, name, (kind, error, None))))

    special = {
        "__repr__": text,
        "__str__": text,
        "__await__": awaited,
        "__call__": called,
        "__array__": array,
        "__contains__": contains,
        "__exit__": exiting,
        "__aexit__": exiting_later,
    }
    return special.get(name) or (gated if name in GATED else operate)  # type: ignore[return-value]


class Describer:
    """Writes and reads the descriptions of classes and functions, for both sides."""

    def __init__(self, link: Link, given: Given) -> None:
        """`link` is where the objects are handed out and called; `given` knows the classes that both sides have."""
        self.link, self._given = link, given
        self.classes: dict[int, type] = {}  # of the other side, by handle
        self.instances: Any = __import__("weakref").WeakValueDictionary()
        self._sent: set[int] = set()
        link.others |= {
            "h": self._instance,
            "f": self._function,
            "C": self._class,
            "o": self._own,
            "co": self._coroutine,
        }

    # -- writing

    def reference(self, encoder: Encoder, value: Any) -> Any:
        """The node of any object that goes by reference."""
        kind = type(value)
        if isinstance(value, type) and isinstance(kind, type):
            return self.class_node(encoder, value)
        if kind is types.CoroutineType:
            return ["co", self.link.exports.add(value)]
        if kind in _FUNCTIONS:
            return ["f", self.link.exports.add(value), self._function_info(encoder, value)]
        return ["h", self.link.exports.add(value), self.class_node(encoder, kind)]

    def class_node(self, encoder: Encoder, kind: type) -> Any:
        """The node of a class, with its description the first time."""
        handle = self.link.exports.add(kind)
        if handle in self._sent:
            return ["C", handle, None]
        self._sent.add(handle)
        mro = type.mro(kind)[:-1] if kind is not type else [type]
        bases = [self.base_node(encoder, base) for base in kind.__bases__ if base is not object]
        names = set().union(*(vars(base) for base in mro)) if mro else set()
        own = set().union(*(vars(base) for base in mro if self.given_node(encoder, base) is None)) if mro else set()
        methods = [
            name
            for name in own
            if (name[:1] != "_" or name == "__init__") and isinstance(_static(kind, name), types.FunctionType)
        ]
        return [
            "C",
            handle,
            {
                "name": str(kind.__name__)[:200],
                "module": str(kind.__module__)[:200],
                "doc": kind.__doc__[:20_000] if type(kind.__doc__) is str else None,
                "bases": [base for base in bases if base is not None],
                "dunders": sorted(names & (FREE | GATED)),
                "methods": sorted(methods),
                "plain": _PLAIN_TYPES.get(kind),
                "given": self.given_node(encoder, kind),
                "fields": self._fields(encoder, kind),
                "lineage": [f"{base.__module__}.{base.__qualname__}" for base in mro],
                "signature": self._signature(encoder, kind) if kind.__module__ == "__main__" else None,
            },
        ]

    def given_node(self, encoder: Encoder, kind: type) -> Any:
        """The node of the other side's own copy of a class, where it has one."""
        return self._given.node(encoder, kind)

    def adopted(self, kind: type) -> int:
        """The handle of a class that the other side has a stand-in for already."""
        handle = self.link.exports.add(kind)
        self._sent.add(handle)
        return handle

    def _fields(self, encoder: Encoder, kind: type) -> Any:
        if not dataclasses.is_dataclass(kind):
            return None
        missing = dataclasses.MISSING
        return [
            [
                field.name,
                field.kw_only,
                field.init,
                *self._maybe(encoder, field.default, missing),
                field.default_factory is not missing,
            ]
            for field in dataclasses.fields(kind)
        ]

    def base_node(self, encoder: Encoder, base: type) -> Any:
        """The node of a base class."""
        return encoder(base)

    def _function_info(self, encoder: Encoder, function: Any) -> Any:
        inner = inspect.unwrap(function) if inspect.isfunction(function) else function
        flags = ""
        if inspect.iscoroutinefunction(function):
            flags = "c"
        elif inspect.isasyncgenfunction(function):
            flags = "a"
        elif inspect.isgeneratorfunction(function):
            flags = "g"
        return {
            "name": str(function.__name__)[:200],
            "qualname": str(function.__qualname__)[:200],
            "module": str(getattr(function, "__module__", None) or "")[:200],
            "doc": function.__doc__[:20_000] if type(function.__doc__) is str else None,
            "flags": flags,
            "kind": next(n for n, k in enumerate(_FUNCTIONS) if type(function) is k),
            "signature": self._signature(encoder, inner if flags else function),
        }

    def _signature(self, encoder: Encoder, value: Any) -> Any:
        try:
            signature = inspect.signature(value)
        except (ValueError, TypeError):
            return None
        empty = inspect.Parameter.empty
        parts = [
            [
                p.name,
                int(p.kind),
                *self._maybe(encoder, p.default, empty),
                *self._maybe(encoder, p.annotation, empty, True),
            ]
            for p in signature.parameters.values()
        ]
        return [parts, *self._maybe(encoder, signature.return_annotation, empty, True)]

    def _maybe(self, encoder: Encoder, value: Any, empty: Any, is_annotation: bool = False) -> list[Any]:
        if value is empty:
            return [False, None]
        if is_annotation and not (value is None or isinstance(value, str) or type(value) is type):
            value = str(value)
        if type(value) in (list, dict, set):  # a default is nobody's to change
            value = type(value)(value)
        return [True, encoder(value)]

    # -- reading

    def _own(self, decoder: Decoder, node: list[Any]) -> Any:
        return self.link.exports.get(node[1])

    def _instance(self, decoder: Decoder, node: list[Any]) -> Any:
        handle = decoder.whole(node[1])
        kind = decoder(node[2])
        found = self.instances.get(handle)
        if found is not None:
            self.link.releases.append(handle)
            return found
        if not isinstance(kind, RemoteMeta) or not issubclass(kind, Remote):
            raise Malformed("an object's class is none of the other side's")
        made = object.__new__(kind)
        object.__setattr__(made, "_wire_handle_", handle)
        self.instances[handle] = made
        return made

    def _coroutine(self, decoder: Decoder, node: list[Any]) -> Any:
        handle, link = decoder.whole(node[1]), self.link

        async def coroutine() -> Any:
            return await link.later(Handle(handle))

        return coroutine()

    def _function(self, decoder: Decoder, node: list[Any]) -> Any:
        handle, told = decoder.whole(node[1]), node[2]
        signature = self._from_signature(decoder, told["signature"])
        found = self.instances.get(handle)
        if found is not None:
            self.link.releases.append(handle)
            return found
        flags = decoder.text(told["flags"])
        kind = _FUNCTIONS[decoder.whole(told["kind"])]
        doc = told["doc"]
        parameters = signature.parameters.values() if signature else ()
        info: dict[str, Any] = {
            "__name__": decoder.text(told["name"]),
            "__qualname__": decoder.text(told["qualname"]),
            "__module__": decoder.text(told["module"]),
            "__doc__": doc if doc is None else decoder.text(doc),
            "__signature__": signature,
            "__code__": _CODES[flags],
            "__annotations__": {p.name: p.annotation for p in parameters if p.annotation is not p.empty},
            "__defaults__": tuple(p.default for p in parameters if p.default is not p.empty and p.kind < 2) or None,
            "__kwdefaults__": {p.name: p.default for p in parameters if p.default is not p.empty and p.kind == 3}
            or None,
            "class": kind,
            "binds": kind is types.FunctionType,
        }
        if signature is not None and signature.return_annotation is not inspect.Signature.empty:
            info["__annotations__"]["return"] = signature.return_annotation
        made = object.__new__(self.function_class)  # type: ignore[var-annotated]
        object.__setattr__(made, "_wire_handle_", handle)
        object.__setattr__(made, "_wire_info_", info)
        self.instances[handle] = made
        return made

    @property
    def function_class(self) -> type:
        """The class of this link's functions."""
        made = self.__dict__.get("_functions")
        if made is None:
            told = {name: vars(RemoteFunction)[name] for name in ("__doc__", "__module__")}  # which `type` would set
            content = {"_wire_link_": self.link, "__slots__": (), **told}
            made = self._functions = type("function", (RemoteFunction,), content)
        return made

    def _from_signature(self, decoder: Decoder, node: Any) -> inspect.Signature | None:
        if node is None:
            return None
        empty = inspect.Parameter.empty
        parameters = []
        for name, kind, has_default, default, has_annotation, annotation in node[0]:
            value, note = decoder(default), decoder(annotation)
            parameters.append(
                inspect.Parameter(
                    decoder.text(name),
                    inspect._ParameterKind(kind),
                    default=value if has_default else empty,
                    annotation=note if has_annotation else empty,
                )
            )
        returned = decoder(node[2])
        return inspect.Signature(parameters, return_annotation=returned if node[1] else empty)

    def _class(self, decoder: Decoder, node: list[Any]) -> Any:
        handle, told = decoder.whole(node[1]), node[2]
        if told is None:
            if handle not in self.classes:
                raise Malformed("a class that was never described")
            return self.classes[handle]
        if type(told) is not dict:
            raise Malformed("a class's description is none")
        bases = [base for base in decoder.items(told["bases"]) if isinstance(base, type)]
        made = self.make_class(decoder, handle, told, bases)
        signature = self._from_signature(decoder, told["signature"])
        if signature is not None:
            type.__setattr__(made, "__signature__", signature)
        self.classes[handle] = made
        return made

    def make_class(self, decoder: Decoder, handle: int, told: dict[str, Any], bases: list[type]) -> type:
        """The stand-in for a class of the other side."""
        dunders = [decoder.text(name) for name in told["dunders"]]
        methods = frozenset(decoder.text(name) for name in told["methods"])
        if any(name.startswith("_") and name != "__init__" for name in methods):
            raise Malformed("a class's operators are told as methods")
        doc, given = told["doc"], decoder(told["given"])
        native = given if isinstance(given, type) else next((b for b in bases if not isinstance(b, RemoteMeta)), None)
        content: dict[str, Any] = {
            "__slots__": (),
            "__doc__": doc if doc is None else decoder.text(doc),
            "__module__": decoder.text(told["module"]),
            "_wire_link_": self.link,
            "_wire_class_": handle,
        }
        name = decoder.text(told["name"])
        errors = tuple(base for base in bases if issubclass(base, BaseException))
        if errors:
            known = self.native(told, None)
            if known is not None and issubclass(known, BaseException):
                return known
            del content["__slots__"]
            content |= {"__str__": _said, "__getattr__": _of_error}
            return RemoteMeta(name, errors, content)
        content |= {dunder: forwarder(dunder) for dunder in dunders if dunder in FREE or dunder in GATED}
        content |= {method: _MethodOf(method) for method in methods}
        if "__eq__" in dunders and "__hash__" not in dunders:
            content["__hash__"] = object.__hash__
        content["__dataclass_fields__"] = fields = self._from_fields(decoder, told["fields"])
        if fields is None:
            del content["__dataclass_fields__"]
        parents = tuple(base for base in bases if isinstance(base, RemoteMeta)) or (Remote,)
        ours = tuple(base for base in bases if not isinstance(base, RemoteMeta) and base.__module__ == "__main__")
        content["__dict__"] = property(lambda thing: thing._wire_link_.request("get", (thing, "__dict__")))
        content |= {"_wire_native_": None if ours and given is None else self.native(told, native)}
        if (plain := _plain_base(native)) is not None:
            content["_wire_plain_"] = plain
        for attempt in ((*parents, *ours), parents, (Remote,)):
            metas = tuple({RemoteMeta: None} | {type(base): None for base in attempt if type(base) is not type})
            try:
                meta = RemoteMeta if metas == (RemoteMeta,) else type("RemoteMeta", metas, {})
                return meta(name, attempt, dict(content))
            except TypeError:  # no order of these bases fits; the stand-in works without them
                continue
        raise Malformed("a class cannot be stood in for")

    def _from_fields(self, decoder: Decoder, node: Any) -> dict[str, Any] | None:
        if node is None:
            return None
        fields = {}
        for name, kw_only, init, has_default, default, has_factory in node:
            value = decoder(default)
            made: Any = dataclasses.field(kw_only=bool(kw_only), init=bool(init))
            if has_default:
                made.default = value
            if has_factory:
                made.default_factory = _elsewhere
            made.name, made.type = decoder.text(name), "Any"
            made._field_type = dataclasses._FIELD  # type: ignore[attr-defined]
            fields[made.name] = made
        return fields

    def native(self, told: dict[str, Any], base: type | None) -> type | None:
        """The class of this side that instances say they have."""
        if told["given"] is not None:
            return base
        plain = told.get("plain")
        if type(plain) is str:
            return next((kind for kind, name in _PLAIN_TYPES.items() if name == plain), None)
        if base is None:
            return None
        try:
            return type(str(told["name"]), (base,), {"__module__": "__main__"})
        except TypeError:
            return base


def _plain_base(kind: type | None) -> type | None:
    """The plain type that a class is derived from."""
    return next((base for base in kind.__mro__ if base in _PLAIN_BASES), None) if kind else None


class Handle:
    """A bare reference to an object of the other side, for a call about it."""

    def __init__(self, handle: int) -> None:
        """The reference."""
        self._wire_handle_ = handle


def own_node(value: Any) -> Any:
    """The node of a stand-in that goes home, or None."""
    kind = type(value)
    if issubclass(kind, Remote) or kind is Handle:
        return ["o", object.__getattribute__(value, "_wire_handle_")]
    if kind is RemoteMeta or issubclass(kind, RemoteMeta):
        handle = vars(value).get("_wire_class_")
        return None if handle is None else ["o", handle]
    return None


def _static(kind: type, name: str) -> Any:
    try:
        return inspect.getattr_static(kind, name)
    except AttributeError:
        return None


def _said(self: Any) -> str:
    said = self.__dict__.get("_wire_said_")
    return said if said is not None else BaseException.__str__(self)


def _of_error(self: Any, name: str) -> Any:
    handle = self.__dict__.get("_wire_origin_")
    if handle is None or name[:1] == "_":
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
    return type(self)._wire_link_.request("get", (Handle(handle), name))


# ------------------------------------------------------------------------------------------------------- exceptions


def error_node(encoder: Encoder, describer: Describer, error: BaseException, depth: int = 0) -> Any:
    """The node of an exception: its class, arguments, plain attributes, text and cause."""
    handle = getattr(error, "_wire_origin_", None) if isinstance(type(error), RemoteMeta) else None
    if handle is not None:
        return ["o", handle]
    try:
        said: Any = str(error)[:20_000]
    except BaseException:
        said = None
    cause = error.__cause__ if depth < 3 else None
    context = error.__context__ if depth < 3 and cause is None and not error.__suppress_context__ else None
    return [
        "x",
        describer.base_node(encoder, type(error)),
        [encoder(item) for item in error.args],
        [[str(name), encoder(value)] for name, value in vars(error).items() if not str(name).startswith("_wire_")],
        said,
        describer.link.exports.add(error),
        None if cause is None else error_node(encoder, describer, cause, depth + 1),
        None if context is None else error_node(encoder, describer, context, depth + 1),
    ]


def error_from(decoder: Decoder, node: list[Any]) -> BaseException:
    """The exception of a node. Raises Malformed."""
    kind, args, attributes = decoder(node[1]), decoder.items(node[2]), node[3]
    if not isinstance(kind, type) or not issubclass(kind, BaseException):
        raise Malformed("an exception's class is none")
    values = {decoder.text(name): decoder(value) for name, value in attributes}
    said, handle = node[4], decoder.whole(node[5])
    made: BaseException
    if isinstance(kind, RemoteMeta):
        made = kind.__new__(kind, *args)  # type: ignore[arg-type]
        made.args = tuple(args)
        made.__dict__ |= values | {"_wire_said_": said if type(said) is str else None, "_wire_origin_": handle}
    else:
        try:
            made = kind.__new__(kind, *args)
            if kind.__module__ == "builtins":
                made.__init__(*args)  # type: ignore[misc]
        except Exception:
            made = Exception.__new__(kind) if issubclass(kind, Exception) else BaseException.__new__(kind)
        made.args = tuple(args)
        made.__dict__ |= values
    for attribute, inner in (("__cause__", node[6]), ("__context__", node[7])):
        if inner is not None:
            value = decoder(inner)
            if not isinstance(value, BaseException):
                raise Malformed("an exception's cause is none")
            setattr(made, attribute, value)
    return made


__all__ = ["Describer", "Handle", "Method", "NotPlain", "Remote", "RemoteMeta", "error_from", "error_node", "own_node"]
