"""The judge's side of tests that cannot be split: prepares each one, has it run in the learner's process, and believes
it only where checks that must fail did fail there.

Canaries run in forks like the test's own, in an order drawn at random: one is the test with a failing assertion at its
end, another tries every way of failing that tests use. A learner's process in which one of them passes earns nothing.
"""

import ast
import builtins
import copy
import marshal
import re
import secrets
import socket
import struct
import sys
import threading
import warnings
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from types import CodeType
from typing import Any

from grading.engine.judge.peer import BY_HAND, LearnerGone, Peer
from grading.engine.judge.testing import FLAGS, MOST_TEXT, take_result, tree_of
from grading.engine.profile import TestProfile
from grading.engine.wire.link import Ended

UNTRUSTED = (
    "In this notebook a check passes that must fail, so what its tests say cannot be believed: this test earns nothing."
)
MOST_ANSWER = 4 << 20  # bytes
MOST_S = 10  # to read an answer whose fork has ended
_CONSTANT, _EXACT, _TRUST = "\0guard:", "\0exact", "\0trust"
_AS_THEY_ARE = frozenset({"super", *BY_HAND})  # the first is no ordinary name; the others are replaced by tests
_BUILTINS = frozenset(name for name in vars(builtins) if not name.startswith("_")) - _AS_THEY_ARE
_KEY_BYTES = 16
_DEFINITIONS = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_SCOPES = _DEFINITIONS | ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
_NUMBER = re.compile(r"-?\d[\d.]*(e[+-]?\d+)?")
_CANARY = """
failed = 0
for fails in [{forms}]:
    try:
        fails()
    except AssertionError:
        failed = failed + 1
assert failed != {count}
"""
_FORMS = {
    "": ("def _{n}():\n    assert {one} == {other}", "def _{n}():\n    assert not [{one}] != [{other}]"),
    "unittest": ("def _{n}():\n    import unittest\n    unittest.TestCase().assertEqual({one}, {other})",),
    "numpy.testing": ("def _{n}():\n    import numpy\n    numpy.testing.assert_allclose([{one}], [{other}], 0.0)",),
}


@dataclass(frozen=True)
class _Verdict:
    """What came of a test in a fork: the error's name, empty when there was none, and its text; the result's text."""

    error: str
    text: str = ""
    number: str = ""
    found: frozenset[str] = frozenset()
    shown: tuple[tuple[str, str], ...] = ()


class Guarded:
    """Runs the guarded tests of one submission."""

    def __init__(self, peer: Peer, channel: socket.socket, learner_names: frozenset[str]) -> None:
        """`channel` brings sockets to the forks of the learner's process."""
        self._peer, self._channel, self._learner_names = peer, channel, learner_names
        self._given: list[ast.stmt] = []
        self._tasks: dict[str, list[ast.Module]] = {}
        self._helpers: set[str] = set()

    def watch(self, tests: Sequence[str], names: Sequence[str]) -> None:
        """Have the fingerprints taken, before the learner's first cell; given cells have bound `names` already."""
        modules = sorted({name for test in tests for name in _modules(tree_of(test))})
        kept = [name for name in names if name not in self._learner_names]
        self._helpers |= set(kept)
        self._peer.fresh()
        self._request("watch", (modules, kept))

    def given(self, source: str) -> None:
        """A given cell has run: its functions are defined again for each test, the rest of its names are kept."""
        try:
            tree = tree_of(source)
        except SyntaxError:
            return
        names = sorted(_bound(tree, is_deep=False) - self._learner_names)
        self._helpers |= set(names)
        self._given += [node for node in _definitions(tree).body if not isinstance(node, ast.ClassDef)]
        self._request("keep", names)

    def _request(self, op: str, value: Any) -> None:
        try:
            self._peer.request(op, value)
        except Ended as error:
            raise LearnerGone(str(error)) from None

    def run(self, source: str, task: str, profile: TestProfile, found: set[str] | None = None) -> list[dict[str, Any]]:
        """Run a test; its outputs as nbformat has them. Raises LearnerGone.

        With `found`, for the reference solution only, all operators are allowed, and those that it has are added.
        """
        try:
            test = self._prepared(source, self._tasks.setdefault(task, []))
        except SyntaxError as error:
            return [_error("SyntaxError", str(error))]
        orders = {"test": test.order(True), "same": test.order(False), "machinery": _machinery().order(True)}
        verdicts = {}
        self._peer.fresh()
        for name in secrets.SystemRandom().sample(list(orders), len(orders)):
            verdict = verdicts[name] = self._ask(orders[name], profile, found is not None)
            if verdict.error == "KeyboardInterrupt":  # it took too long, and so would the others
                return _outputs(verdict)
        if not (verdicts["same"].error and verdicts["machinery"].error):
            return [_error("AssertionError", UNTRUSTED)]
        if found is not None:
            found |= verdicts["test"].found
        return _outputs(verdicts["test"])

    def _prepared(self, source: str, earlier: list[ast.Module]) -> "_Test":
        """A test, after what it reads of the tests before it in its task: what they define, or all of them."""
        tree = tree_of(source)
        whole = copy.deepcopy(tree)
        read = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        needed = [
            each for each in earlier if (read & _bound(each, is_deep=False)) - _bound(_definitions(each), is_deep=False)
        ]
        helpers = [*self._given, *(node for each in earlier if each not in needed for node in _definitions(each).body)]
        bound = self._learner_names.union(self._helpers, *map(_bound, needed))
        test = _Test(tree, source, helpers, bound, copy.deepcopy(needed))
        earlier.append(whole)
        return test

    def _ask(self, order: dict[str, Any], profile: TestProfile, is_recorded: bool) -> _Verdict:
        """Have one fork of the learner's process run this."""
        order = order | {"operators": sorted(profile.operators), "record": is_recorded}
        ours, theirs = socket.socketpair()
        key, answer = secrets.token_bytes(_KEY_BYTES), bytearray()

        def talk() -> None:
            code = marshal.dumps(order)
            try:
                ours.sendall(struct.pack("!I", len(code)) + code + key)
                while (part := ours.recv(1 << 16)) and len(answer) <= MOST_ANSWER:
                    answer.extend(part)
            except OSError:  # the fork has ended in the middle
                answer.clear()

        with ours:
            with theirs:
                socket.send_fds(self._channel, [b"t"], [theirs.fileno()])
            thread = threading.Thread(target=talk, daemon=True)
            thread.start()
            ended = "CellEnded"
            try:
                self._request("guarded", ())
            except LearnerGone:
                raise
            except BaseException as error:  # a KeyboardInterrupt for example: the test took too long
                ended = type(error).__name__
            thread.join(MOST_S)  # the other end is closed by now, unless a process that the test left holds it
            verdict = _verdict(bytes(answer), key)
        return verdict or _Verdict(ended, "the test ended its process, or was ended.")


class _Test:
    """A test as code for the learner's process: its helpers and body, its last expression, and a last check."""

    def __init__(
        self,
        tree: ast.Module,
        source: str,
        helpers: Sequence[ast.stmt] = (),
        bound: Set[str] = frozenset(),
        before: Sequence[ast.Module] = (),
    ) -> None:
        """Names in `bound` are not Python's own, whatever they look like; nor are those that the test binds."""
        tree.body[:0] = copy.deepcopy(list(helpers))
        self._names, self._file = _BUILTINS - bound - _bound(tree), f"<test {secrets.token_hex(4)}>"
        self._before = [self._compiled(each, "exec") for each in before]
        last = take_result(tree, source)
        body = self._compiled(tree, "exec")
        self._parts = body, None if last is None else self._compiled(ast.Expression(last), "eval")

    def order(self, is_to_pass: bool) -> dict[str, Any]:
        """The parts, with a last check that fails if it is to."""
        one, other = _numbers()
        check = ast.parse(f"assert {one} == {one if is_to_pass else other}")
        return {"before": self._before, "parts": (*self._parts, self._compiled(check, "exec"))}

    def _compiled(self, tree: Any, mode: str) -> CodeType:
        tree = ast.fix_missing_locations(_Guarding(self._names).visit(tree))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)  # "'str' object is not callable": it is none by then
            code: CodeType = compile(tree, self._file, mode, flags=FLAGS, dont_inherit=True)
        return code


class _Guarding(ast.NodeTransformer):
    """Has a test look at what it decides on, and take Python's builtins from where nobody can replace them.

    A constant that stands for an object becomes that object in the learner's process (`learner/guarded.py`).
    """

    def __init__(self, names: Set[str]) -> None:
        self._names = names

    def _looked_at(self, node: ast.expr) -> ast.expr:
        if isinstance(node, ast.Starred):
            return ast.Starred(self._looked_at(node.value), node.ctx)
        if isinstance(node, ast.Constant | ast.Lambda):
            return node
        return ast.Call(ast.Constant(_EXACT), [node], [])

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if isinstance(node.ctx, ast.Load) and node.id in self._names:
            return ast.copy_location(ast.Constant(_CONSTANT + node.id), node)
        return node

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        self.generic_visit(node)
        node.left = self._looked_at(node.left)
        node.comparators = [self._looked_at(each) for each in node.comparators]
        return node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        node.args = [self._looked_at(each) for each in node.args]
        for keyword in node.keywords:
            keyword.value = self._looked_at(keyword.value)
        return node

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.expr:
        self.generic_visit(node)
        node.values = [self._looked_at(each) for each in node.values]
        return node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        self.generic_visit(node)
        if isinstance(node.op, ast.Not):
            node.operand = self._looked_at(node.operand)
        return node

    def _visit_condition(self, node: Any) -> Any:
        self.generic_visit(node)
        node.test = self._looked_at(node.test)
        return node

    visit_Assert = visit_If = visit_IfExp = visit_While = _visit_condition

    def visit_comprehension(self, node: ast.comprehension) -> ast.comprehension:
        self.generic_visit(node)
        node.ifs = [self._looked_at(each) for each in node.ifs]
        return node

    def visit_Match(self, node: ast.Match) -> ast.Match:
        self.generic_visit(node)
        node.subject = self._looked_at(node.subject)
        return node

    def visit_MatchClass(self, node: ast.MatchClass) -> ast.MatchClass:
        node.patterns = [self.visit(each) for each in node.patterns]
        node.kwd_patterns = [self.visit(each) for each in node.kwd_patterns]
        return node  # its class must stay a name

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.ClassDef:
        self.generic_visit(node)
        node.decorator_list.insert(0, ast.Constant(_TRUST))
        return node


def _machinery() -> _Test:
    """A test that tries what makes tests fail: it passes unless all of it fails, so it has to fail."""
    forms = [form for module, each in _FORMS.items() if not module or module in sys.modules for form in each]
    one, other = _numbers()
    defined = "\n".join(form.format(n=n, one=one, other=other) for n, form in enumerate(forms))
    called = ", ".join(f"_{n}" for n in range(len(forms)))
    source = defined + _CANARY.format(forms=called, count=len(forms))
    return _Test(ast.parse(source), source)


def _numbers() -> tuple[int, int]:
    """Two different ones."""
    one = secrets.randbelow(1 << 30)
    return one, one + 1 + secrets.randbelow(1 << 30)


def _modules(tree: ast.Module) -> Iterator[str]:
    """What a test imports; names that it takes from modules are among it, because they may be modules."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (node.module, *(f"{node.module}.{alias.name}" for alias in node.names))


def _definitions(tree: ast.Module) -> ast.Module:
    """A cell's functions, classes and imports, but none with a decorator: that may do something when called again."""
    kinds = _DEFINITIONS | ast.Import | ast.ImportFrom
    found: list[ast.stmt] = [
        node for node in tree.body if isinstance(node, kinds) and not getattr(node, "decorator_list", ())
    ]
    return ast.Module(copy.deepcopy(found), [])


def _bound(tree: ast.AST, is_deep: bool = True) -> set[str]:
    """The names that a cell binds, anywhere in it or at its top level only."""
    names: set[str] = set()
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, _DEFINITIONS):
            names.add(node.name)
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            names.add(node.id)
        elif isinstance(node, ast.alias):
            names.add(node.asname or node.name.partition(".")[0])
        elif isinstance(node, ast.arg):
            names.add(node.arg)
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            names.add(node.name)
        elif isinstance(node, ast.MatchMapping) and node.rest:
            names.add(node.rest)
        if is_deep or not isinstance(node, _SCOPES):
            names |= _bound(node, is_deep)
    return names


# ------------------------------------------------------------------------------------------------------- verdicts


def _verdict(answer: bytes, key: bytes) -> _Verdict | None:
    """What a fork said, None when it is not with the key or not in order."""
    if not answer.startswith(key) or len(answer) > MOST_ANSWER:
        return None
    fields, at = [], len(key)
    while at < len(answer):
        size = int.from_bytes(answer[at : at + 4], "big")
        at += 4 + size
        fields.append(answer[at - size : at].decode("utf-8", "replace"))
    if at != len(answer) or len(fields) < 4 or len(fields) % 2:
        return None
    name, text, number, found, *shown = fields
    if any(stream not in ("stdout", "stderr") for stream in shown[::2]):
        return None
    return _Verdict(
        name, text[:MOST_TEXT], number, frozenset(found.split()), tuple(zip(shown[::2], shown[1::2], strict=True))
    )


def _outputs(verdict: _Verdict) -> list[dict[str, Any]]:
    outputs: list[dict[str, Any]] = [
        {"output_type": "stream", "name": stream, "text": text} for stream, text in verdict.shown
    ]
    if verdict.error:
        outputs.append(_error(verdict.error, verdict.text))
    elif _NUMBER.fullmatch(verdict.number):
        data = {"text/plain": verdict.number}
        outputs.append({"output_type": "execute_result", "data": data, "metadata": {}, "execution_count": None})
    return outputs


def _error(name: str, said: str) -> dict[str, Any]:
    line = f"{name}: {said}" if said else name
    return {"output_type": "error", "ename": name, "evalue": said, "traceback": [line]}
