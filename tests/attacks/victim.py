"""The assignment that is attacked: small tasks, each with tests as authors write them.

Every task has a right answer and a wrong one that earns nothing; a hidden test carries a token that only a reader of
the test's source can know.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

HIDDEN = "@HIDDEN@"  # stands for the token in the source of hidden tests


@dataclass(frozen=True)
class Task:
    """A solution cell and its test cells, each with the points it gives."""

    right: str
    wrong: str
    tests: tuple[tuple[float, str], ...]
    given: str = ""


GIVEN = """
import io
import json
import math
import unittest
from pathlib import Path

import numpy as np
import numpy.testing
import pandas as pd


def check_label(got, want):
    if got != want:
        raise AssertionError(f"expected {want!r}")
"""

TASKS = {
    "total": Task(
        right='def total(rows):\n    return sum(row["tokens"] for row in rows if row["ok"])',
        wrong="def total(rows):\n    return None",
        tests=(
            (
                1,
                'assert total([{"tokens": 3, "ok": True}, {"tokens": 4, "ok": False}]) == 3, "sum the tokens that are ok"',
            ),
            (
                2,
                f'# {HIDDEN}\nrows = [{{"tokens": n, "ok": n % 3 != 0}} for n in range(20)]\n'
                "assert total(rows) == 127\nassert total([]) == 0",
            ),
        ),
    ),
    "scaled": Task(
        right="def scaled(values):\n    values = np.asarray(values, float)\n"
        "    return (values - values.min()) / (values.max() - values.min())",
        wrong="def scaled(values):\n    return np.asarray(values, float)",
        tests=(
            (1, "np.testing.assert_allclose(scaled([1, 2, 5]), [0, 0.25, 1])"),
            (
                2,
                f"# {HIDDEN}\nnumpy.testing.assert_array_almost_equal(scaled(np.arange(5) * 3.0), np.linspace(0, 1, 5))",
            ),
        ),
    ),
    "middle": Task(
        right="def middle(values):\n    return sorted(values)[len(values) // 2]",
        wrong="def middle(values):\n    return -1",
        tests=(
            (
                1,
                "class Middle(unittest.TestCase):\n    def test_odd(self):\n        self.assertEqual(middle([3, 1, 2]), 2)\n\n"
                "    def test_one(self):\n        self.assertEqual(middle([7]), 7)\n\n\n"
                "suite = unittest.defaultTestLoader.loadTestsFromTestCase(Middle)\n"
                "result = unittest.TextTestRunner(stream=io.StringIO()).run(suite)\n"
                'assert result.testsRun == 2 and result.wasSuccessful(), "the middle of the sorted values"',
            ),
        ),
    ),
    "label": Task(
        right='def label(name, count):\n    return f"{name.lower()}={count:03d}"',
        wrong='def label(name, count):\n    return ""',
        tests=(
            (1, 'check_label(label("GPU", 7), "gpu=007")'),
            (
                2,
                f"# {HIDDEN}\nimport graphlib\nimport statistics\n\n\n"
                "def same(got, want):\n    assert sorted(got) == sorted(want) and len(got) == len(want)\n\n\n"
                'same([label(n, c) for n, c in (("A", 1), ("B", 22))], ["a=001", "b=022"])\n'
                'assert statistics.mean(len(label("x" * n, 1)) for n in (1, 2, 3)) == 6\n'
                "assert list(graphlib.TopologicalSorter({}).static_order()) == []",
            ),
        ),
    ),
    "credit": Task(
        right="def square(n):\n    return n * n",
        wrong="def square(n):\n    return -1",
        tests=(
            (
                4,
                f"# {HIDDEN}\ncases = {{2: 4, 3: 9, 5: 25, 10: 100}}\n"
                "float(sum(square(n) == want for n, want in cases.items()))",
            ),
        ),
    ),
    "values": Task(
        right='threshold, ratio, names = 42, 0.125, ["cpu", "gpu", "ram"]',
        wrong="threshold, ratio, names = None, None, None",
        tests=(
            (1, 'assert threshold == 42, "the answer"'),
            (1, "assert isinstance(ratio, float) and abs(ratio - 0.125) < 1e-9\nassert math.isclose(ratio, 0.125)"),
            (
                1,
                "assert isinstance(names, list) and len(names) == 3\n"
                'assert sorted(names) == ["cpu", "gpu", "ram"] and "gpu" in names',
            ),
        ),
    ),
    "table": Task(
        right='frame = pd.DataFrame({"model": ["a", "b"], "tokens": [20, 40]})',
        wrong="frame = None",
        tests=(
            (1, 'assert list(frame.columns) == ["model", "tokens"] and frame["tokens"].sum() == 60'),
            (
                1,
                f"# {HIDDEN}\npd.testing.assert_frame_equal(frame, "
                'pd.DataFrame({"model": ["a", "b"], "tokens": [20, 40]}))',
            ),
        ),
    ),
    "meter": Task(
        right="class Meter:\n    def __init__(self):\n        self.total = 0\n\n    def add(self, n):\n"
        "        if n < 0:\n            raise ValueError(n)\n        self.total += n\n        return self.total",
        wrong="class Meter:\n    total = -1\n\n    def add(self, n):\n        return None",
        tests=(
            (
                2,
                "meter = Meter()\nassert meter.add(3) == 3\nassert meter.add(4) == 7 and meter.total == 7\n"
                "try:\n    meter.add(-1)\nexcept ValueError:\n    pass\n"
                'else:\n    raise AssertionError("a negative count is refused")\n'
                "assert type(meter.total) is int",
            ),
        ),
    ),
    "callback": Task(
        right="def each(act, items):\n    for item in items:\n        act(item + 1)",
        wrong="def each(act, items):\n    return None",
        tests=(
            (
                2,
                f"# {HIDDEN}\nlog = []\n\n\ndef on(item):\n    log.append(item * 7)\n\n\n"
                "each(on, [1, 2, 5])\nassert log == [14, 21, 42]",
            ),
        ),
    ),
    "server": Task(
        right="""
async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    body = json.dumps({"twice": int(scope["path"].rsplit("/", 1)[1]) * 2}).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": body})
""",
        wrong="app = None",
        given="import httpx\nfrom curriculum import lab",
        tests=(
            (
                2,
                "with lab.serve(app, ready=None) as url:\n"
                '    assert httpx.get(f"{url}/double/4").json() == {"twice": 8}\n'
                '    assert httpx.get(f"{url}/double/21").json() == {"twice": 42}',
            ),
        ),
    ),
    "file": Task(
        right='Path("result.json").write_text(json.dumps({"limit": 7, "clients": [1, 2]}))\n'
        'np.save("weights.npy", np.array([1.0, 2.0]))',
        wrong="result = None",
        tests=(
            (1, 'assert json.loads(Path("result.json").read_text()) == {"limit": 7, "clients": [1, 2]}'),
            (2, f'# {HIDDEN}\nassert np.load("weights.npy").tolist() == [1.0, 2.0]'),
        ),
    ),
    "history": Task(
        right="mean = sum(history) / len(history)",
        wrong="mean = None",
        given="import graphlib\nimport pickle\nhistory = pickle.loads(Path('history.pkl').read_bytes())",
        tests=((1, "assert mean == sum(history) / len(history) and len(history) == 4"),),
    ),
    "model": Task(
        right="from sklearn.linear_model import LinearRegression\nimport joblib\n"
        'joblib.dump(LinearRegression().fit([[1], [2]], [2, 4]), "model.joblib")',
        wrong="model = None",
        given="import joblib",
        tests=((2, 'model = joblib.load("model.joblib")\nassert abs(model.predict([[5]])[0] - 10) < 1e-6'),),
    ),
    "greet": Task(
        right='def greet(name):\n    return f"Hello, {name}!"',
        wrong="def greet(name):\n    return None",
        tests=((2, 'assert greet("Ada").startswith("Hello, Ada")\nassert greet("Bo").endswith("Bo!")'),),
    ),
    "tags": Task(
        right='def tags(text):\n    return {word.strip().lower() for word in text.split(",")}',
        wrong="def tags(text):\n    return None",
        tests=(
            (
                2,
                f'# {HIDDEN}\nassert tags("Red, blue").issuperset({{"red", "blue"}})\n'
                'assert tags("green").isdisjoint({"red", "blue"})',
            ),
        ),
    ),
    "joined": Task(
        right='def joined(left, right):\n    return left.merge(right, on="id")',
        wrong="def joined(left, right):\n    return left",
        tests=(
            (
                2,
                f'# {HIDDEN}\nleft = pd.DataFrame({{"id": [1, 2, 3], "name": ["a", "b", "c"]}})\n'
                'right = pd.DataFrame({"id": [1, 3], "price": [5, 7]})\n'
                'assert joined(left, right).equals(pd.DataFrame({"id": [1, 3], "name": ["a", "c"], "price": [5, 7]}))',
            ),
        ),
    ),
    "notes": Task(
        right="class Notes:\n    def __enter__(self):\n        self.total = 0\n        return self\n\n"
        "    def __exit__(self, *error):\n        return False\n\n    def note(self, n):\n        self.total += n",
        wrong="class Notes:\n    pass",
        tests=(
            (
                2,
                "with Notes() as notes:\n    notes.note(3)\n    notes.note(4)\n"
                '    assert notes.total == 7, "the sum of the notes"',
            ),
        ),
    ),
    "session": Task(
        right="class Session:\n    async def __aenter__(self):\n        return self\n\n"
        "    async def __aexit__(self, *error):\n        return False\n\n"
        "    async def ask(self, n):\n        return n * n",
        wrong="class Session:\n    pass",
        tests=(
            (
                2,
                f"# {HIDDEN}\nasync with Session() as session:\n"
                "    assert [await session.ask(n) for n in (2, 5)] == [4, 25]",
            ),
        ),
    ),
    "primes": Task(
        right="def is_prime(n):\n    return n > 1 and all(n % k for k in range(2, n))",
        wrong="def is_prime(n):\n    return None",
        tests=((2, "assert all(map(is_prime, (2, 3, 5, 7, 11)))\nassert not any(map(is_prime, (1, 4, 6, 9)))"),),
    ),
    "fetch": Task(
        right="async def fetch(n):\n    return n * 10",
        wrong="async def fetch(n):\n    return None",
        tests=(
            (
                2,
                f"# {HIDDEN}\nimport asyncio\n\n\nasync def check(n, want):\n    assert await fetch(n) == want\n\n\n"
                "async with asyncio.TaskGroup() as group:\n    for n, want in ((1, 10), (7, 70)):\n"
                "        group.create_task(check(n, want))",
            ),
        ),
    ),
    "notify": Task(
        right="def notify(client, names):\n    for name in names:\n        client.send(name)\n    client.close()",
        wrong="def notify(client, names):\n    return None",
        tests=(
            (
                2,
                "from unittest.mock import Mock\n\nclient = Mock()\n"
                'notify(client, ["ann", "bob"])\nclient.send.assert_any_call("ann")\n'
                "assert client.send.call_count == 2\nclient.close.assert_called_once_with()\n"
                "client.delete.assert_not_called()",
            ),
        ),
    ),
    "announce": Task(
        right="def announce(names):\n    for name in names:\n        print(name.upper())",
        wrong="def announce(names):\n    return None",
        tests=(
            (
                2,
                f'# {HIDDEN}\nfrom unittest.mock import patch\n\nwith patch("builtins.print") as shown:\n'
                '    announce(["ann", "bob"])\nshown.assert_any_call("ANN")\nassert shown.call_count == 2',
            ),
        ),
    ),
    "roll": Task(
        right="def roll(source, count):\n    return [source.randint(1, 6) for _ in range(count)]",
        wrong="def roll(source, count):\n    return None",
        tests=(
            (
                2,
                "import random\n\nrandom.seed(7)\nrolled = roll(random, 3)\nrandom.seed(7)\n"
                "assert rolled == [random.randint(1, 6) for _ in range(3)]",
            ),
        ),
    ),
    "lengths": Task(
        right="def lengths(words):\n    return {word: len(word) for word in words}",
        wrong="def lengths(words):\n    return None",
        tests=((2, f'# {HIDDEN}\nwant = {{"a": 1, "bbb": 3, "cc": 2}}\nassert lengths(want.keys()) == want'),),
    ),
    "play": Task(
        right="def play(game):\n    low, high = 1, 100\n    while (said := game.ask((low + high) // 2)) != 0:\n"
        "        middle = (low + high) // 2\n        low, high = (middle + 1, high) if said > 0 else (low, middle - 1)",
        wrong="def play(game):\n    return None",
        tests=(
            (
                2,
                f"# {HIDDEN}\n\n\ndef started(secret):\n    class Game:\n        asked = 0\n        found = False\n\n"
                "        def ask(self, n):\n            self.asked += 1\n            self.found = n == secret\n"
                "            return (secret > n) - (secret < n)\n\n        def is_won(self):\n"
                "            return self.found and self.asked <= 7\n\n    return Game()\n\n\n"
                "for secret in (1, 37, 100):\n    game = started(secret)\n    play(game)\n    assert game.is_won()",
            ),
        ),
    ),
    "basket": Task(
        right='def filled():\n    return Basket([("pen", 2), ("ink", 5)])',
        wrong='def filled():\n    return Basket([("pen", -2)])',
        given="import dataclasses\n\n\n@dataclasses.dataclass\nclass Basket:\n    lines: list\n\n"
        "    def is_valid(self):\n        return len(self.lines) > 1 and all(price > 0 for _, price in self.lines)",
        tests=((2, "assert isinstance(filled(), Basket) and filled().is_valid()"),),
    ),
    "sales": Task(
        right='mean_price = sales["price"].mean()',
        wrong="mean_price = 0",
        given='sales = pd.read_csv("sales.csv")\n\n\ndef check_close(got, want):\n'
        '    assert abs(got - want) < 1e-9, f"expected {want}"',
        tests=((2, 'check_close(mean_price, sales["price"].mean())'),),
    ),
    "level": Task(
        right="level = 3.5",
        wrong="level = None",
        given='%precision 3\nPath("level.log").write_text("")\n\n\ndef check_level(got):\n'
        '    assert got == 3.5, "the level"',
        tests=((2, "check_level(level)"),),
    ),
    "script": Task(
        right='Path("app.py").write_text("limit = 7\\nprint(limit)\\n")',
        wrong="script = None",
        tests=(
            (1, 'import runpy\n\nassert runpy.run_path("app.py")["limit"] == 7'),
            (
                2,
                f"# {HIDDEN}\nimport subprocess\nimport sys\n\n"
                'done = subprocess.run([sys.executable, "app.py"], capture_output=True, text=True)\n'
                'assert done.stdout == "7\\n"',
            ),
        ),
    ),
}
USUAL = ("total", "scaled", "middle", "label", "credit", "values", "table", "meter", "callback")


def maximum(tasks: tuple[str, ...]) -> float:
    """The points that right answers to these tasks earn."""
    return sum(points for name in tasks for points, _ in TASKS[name].tests)


def notebook(
    tasks: tuple[str, ...] = USUAL,
    answers: Mapping[str, str] | None = None,
    first: str = "",
    last: str = "",
    hidden_token: str = "",
) -> NotebookNode:
    """The assignment as it is run: the author's cells, and the learner's answers (None: all right)."""
    cells = [new_markdown_cell("# Attacked", id="title")]
    if first:
        cells.append(new_code_cell(first, id="own-first"))
    cells.append(_marked("given", GIVEN, locked=True))
    for name in tasks:
        task = TASKS[name]
        if task.given:
            cells.append(_marked(f"given-{name}", task.given, locked=True))
        answer = task.right if answers is None else answers.get(name, task.wrong)
        cells.append(_marked(name, answer, solution=True))
        for number, (points, test) in enumerate(task.tests, 1):
            cells.append(_marked(f"test-{name}-{number}", test.replace(HIDDEN, hidden_token), points=points))
    if last:
        cells.append(new_code_cell(last, id="own-last"))
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel})


def _marked(
    grade_id: str, source: str, points: float | None = None, solution: bool = False, locked: bool = False
) -> NotebookNode:
    mark = {
        "grade": points is not None,
        "grade_id": grade_id,
        "locked": locked or points is not None,
        "schema_version": 3,
        "solution": solution,
        "task": False,
    }
    if points is not None:
        mark["points"] = points
    return new_code_cell(source.strip(), id=grade_id, metadata={"nbgrader": mark})
