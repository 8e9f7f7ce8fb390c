"""Runs given and test cells in the judge, unchanged. What a test does not define is the learner's."""

import ast
import asyncio
import builtins
import contextlib
import inspect
import io
import sys
from collections.abc import Iterator
from types import CodeType, ModuleType
from typing import Any

from grading.engine.judge import patches, shelter
from grading.engine.judge.peer import BY_HAND, CannotCross, LearnerGone, Peer, Record, loop_of
from grading.engine.judge.scope import Locals, asking
from grading.engine.profile import TestProfile
from grading.engine.wire.remote import RemoteFunction, RemoteMeta

MOST_TEXT = 20_000  # characters of an error's message
MOST_SHOWN = 4 << 20  # characters of a test's streams
FLAGS = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT


class _Names(dict[str, Any]):
    """The builtins of test cells: what they do not find there comes from the given cells or the learner's process."""

    def __init__(self, judge: "Judge") -> None:
        super().__init__(vars(builtins) | asking(judge))
        self.judge = judge

    def __missing__(self, name: str) -> Any:
        return self.judge.find(name)


class _Main(ModuleType):
    """`__main__` of the judge's process: its attributes are what a test would find under these names."""

    def __init__(self, judge: "Judge") -> None:
        super().__init__("__main__")
        self.__dict__["_judge"] = judge

    def __getattr__(self, name: str) -> Any:
        judge = self.__dict__["_judge"]
        try:
            return judge.here[name] if name in judge.here else judge.find(name)
        except KeyError:
            raise AttributeError(f"module '__main__' has no attribute {name!r}") from None

    def __dir__(self) -> list[str]:
        judge = self.__dict__["_judge"]
        return [*judge.here, *judge.names()]


class Judge:
    """The test cells' side of one submission."""

    def __init__(self, peer: Peer, namespace: dict[str, Any], learner_names: frozenset[str] = frozenset()) -> None:
        """`namespace` is that of the given cells; `learner_names` are what the solution cells bind."""
        self.peer, self._given, self._learner_names = peer, namespace, learner_names
        self._tasks: dict[str, dict[str, Any]] = {}
        self.here: dict[str, Any] = {}  # the names of the task whose test runs
        self._cached: dict[str, Any] = {}
        self._names = _Names(self)
        for name in {*learner_names, *BY_HAND}:
            self._names.pop(name, None)
        sys.modules["__main__"] = _Main(self)
        patches.install(peer)
        self._remote: frozenset[str] = frozenset()
        self._known: set[str] = set()
        namespace["__builtins__"] = self._names
        namespace.setdefault("__name__", "__main__")

    # -- names

    def find(self, name: str) -> Any:
        """The value of a name that neither the test nor Python has. Raises KeyError."""
        if name in self._cached:
            return self._cached[name]
        if name in self._given and name not in self._learner_names and name not in self._remote:
            return self._given[name]
        if name.startswith("__") and name.endswith("__"):
            raise KeyError(name)
        if name in BY_HAND and name not in self._learner_names:
            return getattr(builtins, name)
        found, value = self.peer.request("name", name)
        if not found:
            if name in self._given and name not in self._remote:
                return self._given[name]
            raise KeyError(name)
        if isinstance(value, RemoteMeta) or type(value).__mro__[1] is RemoteFunction:
            self._cached[name] = value  # for the rest of the cell
        return value

    def is_learners(self, name: str) -> bool:
        """Whether the reference's solution cells bind this name."""
        return name in self._learner_names

    def names(self) -> list[str]:
        """The names of the given and of the learner's cells."""
        told = self.peer.request("names", ())
        learners = [name for name in told if type(name) is str] if type(told) is list else []
        return [name for name in (*self._given, *learners) if name != "__builtins__"]

    def bound(self, name: str, value: Any) -> None:
        """A test cell has bound a name at its top level; given cells that read it see it too."""
        self._cached.pop(name, None)
        if name in self._given:
            self._given[name] = value

    # -- cells

    def run_given(self, cell: ast.Module) -> None:
        """Run a given cell and take out of it the statements that succeed. Raises LearnerGone.

        One that fails keeps none of those after it from running: else a learner who can make it fail, by the file that
        it reads, would have the names of the others to give.
        """
        self._start(TestProfile())
        with _redirected(io.StringIO(), io.StringIO()), shelter.closed():
            cell.body = [statement for statement in cell.body if not self._has_run(statement)]

    def _has_run(self, statement: ast.stmt) -> bool:
        code = compile(ast.Module([statement], []), "<given>", "exec", flags=FLAGS, dont_inherit=True)
        try:
            _run(loop_of(self.peer), code, self._given, self._given)
        except Exception:  # what a test needs of it is in the learner's process, if anywhere
            return False
        finally:
            if self.peer.ended:
                raise LearnerGone(self.peer.ended)
        return True

    def know_given(self) -> None:
        """Let plain instances of the classes that given cells have made cross by value. Raises LearnerGone."""
        made = {
            name: value
            for name, value in self._given.items()
            if isinstance(value, type) and value.__module__ == "__main__" and not isinstance(value, RemoteMeta)
        }
        self.peer.know_given(made)

    def run_test(
        self, source: str, task: str, profile: TestProfile, record: Record | None = None
    ) -> list[dict[str, Any]]:
        """Run a test cell; its outputs as nbformat has them. Raises LearnerGone.

        With `record` every operator is allowed and noted: for the reference solution only. CannotCross is raised then.
        """
        names = self._tasks.setdefault(task, {"__name__": "__main__", "__builtins__": self._names})
        self.here = names
        self.peer.record = record
        self._start(profile)
        self.peer.pushing = lambda: {name: names[name] for name in profile.pushed if name in names}
        shown: list[dict[str, Any]] = []
        streams = _Stream("stdout", shown), _Stream("stderr", shown)
        try:
            with _redirected(*streams), shelter.closed():
                try:
                    code, last = _compiled(source, profile.remote)
                    self._take_remote(source, profile, names)
                    space = Locals(self, names)
                    loop = loop_of(self.peer)
                    _run(loop, code, names, space)
                    if last is not None:
                        shown += _result(_run(loop, last, names, space))
                except BaseException as error:
                    if self.peer.ended:
                        raise LearnerGone(self.peer.ended) from None
                    if record is not None and self.peer.cannot_cross is not None:
                        raise self._suggestion(self.peer.cannot_cross, names) from None
                    shown.append(_error(error))
        finally:
            self.peer.record, self.peer.pushing = None, dict
            self._cached.clear()
        if self.peer.ended:
            raise LearnerGone(self.peer.ended)
        return shown

    def _start(self, profile: TestProfile) -> None:
        self._cached.clear()
        self._remote = profile.remote
        self.peer.begin(profile)

    def _take_remote(self, source: str, profile: TestProfile, names: dict[str, Any]) -> None:
        """Bind what the test imports, but must have from the learner's process."""
        for name, module, attribute in _imports(source, profile.remote):
            value = self.peer.request("module", module)
            names[name] = getattr(value, attribute) if attribute else value
        for name in profile.remote:
            if name in names and not any(name == bound for bound, _, _ in _imports(source, profile.remote)):
                del names[name]

    def _suggestion(self, error: CannotCross, names: dict[str, Any]) -> CannotCross:
        """The names that could make such an object in the learner's process: its class, and the callables in scope."""
        spaces = {**self._given, **names}
        found = [name for name, value in spaces.items() if value is error.kind or _names_class(value, error.kind)]
        return CannotCross(error.kind, tuple(sorted(found)))


def _names_class(value: Any, kind: type) -> bool:
    """Whether a function or class of a given cell mentions a class by name."""
    todo, seen = [getattr(value, "__code__", None)], set()
    if isinstance(value, type) and value.__module__ == "__main__":
        todo = [getattr(method, "__code__", None) for method in vars(value).values()]
    while todo:
        code = todo.pop()
        if isinstance(code, CodeType) and code not in seen:
            seen.add(code)
            if kind.__name__ in code.co_names:
                return True
            todo += [inner for inner in code.co_consts if isinstance(inner, CodeType)]
    return False


# ---------------------------------------------------------------------------------------------------- running a cell


def tree_of(source: str) -> ast.Module:
    """A cell as Python has it, magics and all. Raises SyntaxError."""
    from IPython.core.inputtransformer2 import TransformerManager

    return ast.parse(TransformerManager().transform_cell(source))


class _WithoutImports(ast.NodeTransformer):
    """Leaves out the imports of names that come from the learner's process."""

    def __init__(self, names: frozenset[str]) -> None:
        self.names = names

    def visit_Import(self, node: ast.Import) -> Any:
        return self._rest(node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> Any:
        return self._rest(node)

    def _rest(self, node: Any) -> Any:
        node.names = [name for name in node.names if (name.asname or name.name.partition(".")[0]) not in self.names]
        return node if node.names else ast.Pass()


def _imports(source: str, names: frozenset[str]) -> Iterator[tuple[str, str, str]]:
    """The imports of these names in a cell: the name, the module, and the attribute or nothing."""
    if not names:
        return
    for node in ast.walk(tree_of(source)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                bound = alias.asname or alias.name.partition(".")[0]
                if bound in names:
                    yield bound, alias.name if alias.asname else bound, ""
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                if (bound := alias.asname or alias.name) in names:
                    yield bound, node.module, alias.name


def take_result(tree: ast.Module, source: str) -> ast.expr | None:
    """Take a cell's last expression, the value of which is its result, out of its tree."""
    if not tree.body or not isinstance(tree.body[-1], ast.Expr) or source.rstrip().endswith(";"):
        return None
    last = tree.body.pop()
    assert isinstance(last, ast.Expr)
    return last.value


def _compiled(source: str, remote: frozenset[str]) -> tuple[CodeType, CodeType | None]:
    """A cell's code, and that of its last expression, if it ends in one."""
    tree = tree_of(source)
    if remote:
        tree = ast.fix_missing_locations(_WithoutImports(remote).visit(tree))
    last = None
    if (expression := take_result(tree, source)) is not None:
        last = compile(ast.Expression(expression), "<test>", "eval", flags=FLAGS, dont_inherit=True)
    return compile(tree, "<test>", "exec", flags=FLAGS, dont_inherit=True), last


def _run(loop: asyncio.AbstractEventLoop, code: CodeType, names: dict[str, Any], space: Any) -> Any:
    """Run code inside the running event loop, as Jupyter does."""

    async def cell() -> Any:
        value = eval(code, names, space)
        if code.co_flags & inspect.CO_COROUTINE:
            value = await value
        return value

    return loop.run_until_complete(cell())


def _result(value: Any) -> list[dict[str, Any]]:
    """The output for the value of a cell's last expression: partial credit is a number, and nothing else is shown."""
    if (numpy := sys.modules.get("numpy")) is not None and issubclass(type(value), numpy.generic):
        value = value.item()
    if type(value) not in (int, float):
        return []
    data = {"text/plain": repr(value)}
    return [{"output_type": "execute_result", "data": data, "metadata": {}, "execution_count": None}]


def _error(error: BaseException) -> dict[str, Any]:
    name = type(error).__name__
    try:
        said = str(error)[:MOST_TEXT]
    except Exception as problem:
        said = f"<its text cannot be shown: {type(problem).__name__}>"
    line = f"{name}: {said}" if said else name
    place = vars(error).get("_wire_place_")  # in the learner's code; of the test's own no line is shown
    where = [f"{place[0]}, line {place[1]} of its cell: {place[2]}"] if place else []
    return {"output_type": "error", "ename": name, "evalue": said, "traceback": [*where, line]}


class _Stream(io.TextIOBase):
    """Standard output or error of a test cell."""

    def __init__(self, name: str, shown: list[dict[str, Any]]) -> None:
        self._name, self._shown, self._room = name, shown, MOST_SHOWN

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        part = text[: self._room]
        self._room -= len(part)
        if part and self._shown and self._shown[-1].get("name") == self._name:
            self._shown[-1]["text"] += part
        elif part:
            self._shown.append({"output_type": "stream", "name": self._name, "text": part})
        return len(text)

    def writable(self) -> bool:
        return True


@contextlib.contextmanager
def _redirected(out: Any, err: Any) -> Iterator[None]:
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = out, err
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before
