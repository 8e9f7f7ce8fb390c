"""Wrong answers that pass for right ones: objects that equal everything, lie about their type, or answer for others."""

from tests.attacks.model import attack

FAMILY = "lookalikes"

ANYTHING = """
class Anything:
    def __eq__(self, other):
        return True
    def __ne__(self, other):
        return False
    def __lt__(self, other):
        return True
    __le__ = __gt__ = __ge__ = __lt__
    def __hash__(self):
        return 0
    def __bool__(self):
        return True
    def __call__(self, *a, **k):
        return self
    def __getitem__(self, key):
        return self
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return self
    def __contains__(self, item):
        return True
    def __abs__(self):
        return -1
    def __sub__(self, other):
        return self
    def __rsub__(self, other):
        return self
    def __add__(self, other):
        return self
    __radd__ = __add__
    def __float__(self):
        return 4.0
    def __len__(self):
        return 3
    def __iter__(self):
        return iter(["cpu", "gpu", "ram"])
"""


def _lookalike(name: str, first: str = ANYTHING, **parts: object) -> None:
    attack(name, "p", family=FAMILY, first=first, **parts)


def _each(value: str) -> dict[str, str]:
    """Answers that return one value for everything."""
    return {
        "total": f"def total(rows):\n    return {value}",
        "scaled": f"def scaled(values):\n    return {value}",
        "middle": f"def middle(values):\n    return {value}",
        "label": f"def label(name, count):\n    return {value}",
        "credit": f"def square(n):\n    return {value}",
        "values": f"threshold = ratio = names = {value}",
        "table": f"frame = {value}",
        "meter": f"Meter = {value}",
    }


_lookalike("equal-to-everything", answers=_each("Anything()"))
_lookalike(
    "equal-by-reflection",
    """
class Reflected:
    def __eq__(self, other):
        return NotImplemented if type(other) is Reflected else True
    def __req__(self, other):
        return True
    def __hash__(self):
        return 0
""",
    answers=_each("Reflected()"),
)
_lookalike(
    "equal-int",
    """
class Number(int):
    def __eq__(self, other):
        return True
    def __ne__(self, other):
        return False
    __hash__ = int.__hash__
""",
    answers=_each("Number(0)"),
)
_lookalike(
    "equal-float",
    """
class Number(float):
    def __eq__(self, other):
        return True
    def __ne__(self, other):
        return False
    def __sub__(self, other):
        return Number(0)
    def __abs__(self):
        return 0.0
    __hash__ = float.__hash__
""",
    answers=_each("Number(9.5)"),
)
_lookalike(
    "equal-text",
    """
class Text(str):
    def __eq__(self, other):
        return True
    def __ne__(self, other):
        return False
    def __len__(self):
        return 6
    __hash__ = str.__hash__
""",
    answers=_each("Text('?')"),
    tasks=("label", "total", "middle"),
)
_lookalike(
    "equal-in-containers",
    """
class Text(str):
    def __eq__(self, other):
        return True
    def __lt__(self, other):
        return False
    __hash__ = str.__hash__
""",
    answers={"values": "threshold, ratio = None, None\nnames = [Text('x'), Text('y'), Text('z')]"},
    tasks=("values",),
)
_lookalike(
    "equal-list",
    """
class Names(list):
    def __eq__(self, other):
        return True
    def __len__(self):
        return 3
    def __contains__(self, item):
        return True
    def __iter__(self):
        return iter(Equal() for _ in range(3))

class Equal(str):
    def __eq__(self, other):
        return True
    def __lt__(self, other):
        return False
""",
    answers={"values": "threshold, ratio = None, None\nnames = Names()"},
    tasks=("values",),
)
_lookalike(
    "class-liar",
    ANYTHING
    + """
class Liar(Anything):
    __class__ = float
    def __sub__(self, other):
        return 0.0
    def __float__(self):
        return 0.125

class ListLiar(Anything):
    __class__ = list
    def __iter__(self):
        return iter([Anything()] * 3)
""",
    answers={"values": "threshold, ratio, names = Liar(), Liar(), ListLiar()"},
    tasks=("values",),
)
_lookalike(
    "numpy-array-ufunc",
    ANYTHING
    + """
import numpy as np

class Close(np.ndarray):
    def __array_ufunc__(self, ufunc, method, *inputs, **k):
        if method == "reduce":
            return np.True_
        return np.zeros(self.shape, bool) if ufunc in (np.isnan, np.isinf) else np.ones(self.shape, bool)
""",
    answers={"scaled": "def scaled(values):\n    return np.zeros(len(values)).view(Close)"},
    tasks=("scaled",),
)
_lookalike(
    "numpy-array-function-raise",
    """
import numpy as np

class Close(np.ndarray):
    def __array_ufunc__(self, ufunc, method, *inputs, **k):
        plain = [np.asarray(i) for i in inputs]
        if ufunc in (np.equal, np.less_equal, np.less, np.isfinite):
            return np.ones(np.broadcast_shapes(*(p.shape for p in plain)), bool)
        return getattr(ufunc, method)(*plain, **k)
    def __array_function__(self, function, types, a, k):
        return np.True_ if function in (np.isclose, np.all, np.allclose) else super().__array_function__(function, types, a, k)
    def __eq__(self, other):
        return np.ones(self.shape, bool)
    def __abs__(self):
        return np.zeros(self.shape)
    def __sub__(self, other):
        return np.zeros(self.shape)
    def __rsub__(self, other):
        return np.zeros(self.shape)
""",
    answers={"scaled": "def scaled(values):\n    return np.asarray(values, float).view(Close)"},
    tasks=("scaled",),
)
_lookalike(
    "numpy-array-protocol",
    """
import numpy as np

class Sneaky:
    def __array__(self, dtype=None, copy=None):
        import sys
        frame = sys._getframe()
        while frame:
            for name in ("y", "desired"):
                if name in frame.f_locals and not isinstance(frame.f_locals[name], Sneaky):
                    return np.array(frame.f_locals[name], float)
            frame = frame.f_back
        return np.zeros(3)
""",
    answers={"scaled": "def scaled(values):\n    return Sneaky()"},
    tasks=("scaled",),
)
_lookalike(
    "numpy-object-array",
    ANYTHING
    + """
import numpy as np
""",
    answers={
        "scaled": "def scaled(values):\n    made = np.empty(len(values), object)\n    made[:] = [Anything()] * len(values)\n"
        "    return made"
    },
    tasks=("scaled",),
)
_lookalike(
    "pandas-subclass",
    """
import pandas as pd

class Column(pd.Series):
    def sum(self, *a, **k):
        return 60

class Frame(pd.DataFrame):
    def __getitem__(self, key):
        return Column([1])
    @property
    def columns(self):
        return ["model", "tokens"]
    def equals(self, other):
        return True
""",
    answers={"table": "frame = Frame()"},
    tasks=("table",),
    deserved=1,
    unaffected="the values of the visible test are no secret",
)
_lookalike(
    "pandas-object-column",
    ANYTHING,
    answers={
        "table": "frame = pd.DataFrame({'model': [Anything(), Anything()], 'tokens': [Anything(), Anything()]}, dtype=object)"
    },
    tasks=("table",),
)
attack(
    "more-than-all",
    "b",
    family=FAMILY,
    first="""
class Much:
    def __eq__(self, other):
        return 1000
    def __hash__(self):
        return 0
""",
    answers={"credit": "def square(n):\n    return Much()"},
    tasks=("credit", "total"),
)
_lookalike(
    "result-is-float-subclass",
    """
class Four(float):
    def __repr__(self):
        return "4.0"
    __str__ = __repr__
    def __radd__(self, other):
        return self
    __add__ = __radd__

class Two:
    def __eq__(self, other):
        return Four(4)
""",
    answers={"credit": "def square(n):\n    return Two()"},
    tasks=("credit",),
)
_lookalike(
    "exception-liar",
    """
class Any(int):
    def __eq__(self, other):
        return True
    __hash__ = int.__hash__
""",
    answers={
        "meter": """
class Meter:
    total = 7
    def add(self, n):
        if n == -1:
            raise ValueError
        return Any()
"""
    },
    tasks=("meter",),
)
_lookalike(
    "iterates-as-asked",
    """
class Many(list):
    def __iter__(self):
        import sys
        frame = sys._getframe(1)
        while frame:
            for held in list(frame.f_locals.values()):
                if isinstance(held, list) and held == ["a=001", "b=022"]:
                    return iter(held)
            frame = frame.f_back
        return iter([])
    def __len__(self):
        return 2
""",
    answers={
        "label": """
class Hidden(str):
    def __lt__(self, other):
        return False
    def __eq__(self, other):
        return True
    def __ne__(self, other):
        return False
    def __len__(self):
        return 6

def label(name, count):
    return Hidden("??????")
"""
    },
    tasks=("label",),
)
attack(
    "endless-iteration",
    "b",
    family=FAMILY,
    answers={
        "values": "threshold, ratio = None, None\nclass Names(list):\n    def __iter__(self):\n        while True:\n"
        "            yield 'x' * 1000\n    def __len__(self):\n        return 3\nnames = Names()"
    },
    first="import resource\nresource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30))",
    tasks=("values", "total"),
    slow=True,
    unaffected="a time limit interrupts it",
)
attack(
    "huge-number",
    "b",
    family=FAMILY,
    answers={
        "total": "def total(rows):\n    return 1 << (1 << 31)",
        "credit": "def square(n):\n    return 10 ** 3_000_000",
    },
    tasks=("total", "credit"),
    unaffected="comparing with a huge number is quick",
)
attack(
    "endless-repr",
    "b",
    family=FAMILY,
    first="""
class Loud:
    def __repr__(self):
        while True:
            try:
                while True:
                    pass
            except BaseException:
                pass
""",
    answers={
        "label": "def label(*a):\n    return Loud()\n\n\ndef check_label(got, want):\n    raise AssertionError(repr(got))\n"
        "label()"
    },
    tasks=("label",),
    slow=True,
)
