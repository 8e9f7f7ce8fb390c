"""The cohort that the benchmarks grade: a stated workload, the same bytes on every run.

Five cells of learner and author (imports and data; scaling; a model; a report on it; a plot or a last check of the
data), three test cells after the first three answers, one of them partly hidden. numpy and scikit-learn; 400 rows.
Of every ten submissions six are right, two are partly right, one is wrong and one is as it was handed out.
"""

import re
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from curriculum.course import Course

UNIT = "b1-workload"
SYLLABUS = f"""
skills: {{measure: Measure}}
milestones:
  - {{id: bench, title: A benchmark, folder: bench, goal: Measure., capability: Measuring}}
units:
  - {{id: {UNIT}, milestone: bench, title: A workload, summary: A workload., state: ready,
     hours: {{lesson: 1, assignment: 1}}, skills: [measure], covers: {{X1: {{}}}}}}
"""
GIVEN = """
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score
{more}
rng = np.random.default_rng(2026)
rows = rng.normal(size=(400, 5))
labels = (rows @ [1.0, -2.0, 0.5, 0.0, 0.0] > 0).astype(int)
""".strip()
SCALE = "def scale(x):\n    return (x - x.mean(axis=0)) / x.std(axis=0)"
FIT = "def fit(x, y):\n    return LogisticRegression().fit(scale(x), y)"
REPORT = "def report(x, y):\n    return {'rows': len(x), 'accuracy': accuracy_score(y, fit(x, y).predict(scale(x)))}"
PLOT = "model = fit(rows, labels)\nfigure, axes = plt.subplots()\naxes.bar(range(5), model.coef_[0])\nplt.show()"
LAST = "model = fit(rows, labels)\nprint(model.coef_.shape)"
STUB = "raise NotImplementedError()"
HIDDEN = re.compile(r"### BEGIN HIDDEN TESTS\n.*### END HIDDEN TESTS\n?", re.DOTALL)
TESTS = {
    "scale": (2, "scaled = scale(rows)\nassert np.allclose(scaled.mean(axis=0), 0), 'the mean of a column is 0'\n"
              "assert np.allclose(scaled.std(axis=0), 1), 'the deviation of a column is 1'"),
    "fit": (3, "fitted = fit(rows, labels)\nassert fitted.predict(scale(rows)).shape == (400,)\n"
            "assert fitted.score(scale(rows), labels) > 0.9, 'the model fits its own rows'"),
    "report": (5, "told = report(rows, labels)\nassert told['rows'] == 400, f\"400 rows, not {told['rows']}\"\n"
               "### BEGIN HIDDEN TESTS\nassert report(rows[:50], labels[:50])['rows'] == 50\n"
               "assert told['accuracy'] > 0.9\n### END HIDDEN TESTS"),
}  # fmt: skip
WRONG = {
    "scale": "def scale(x):\n    return x",
    "fit": "def fit(x, y):\n    return LogisticRegression().fit(scale(x), 1 - y)",
    "report": "def report(x, y):\n    return {'rows': 400, 'accuracy': 1.0}",
}
OTHERWISE = {
    "scale": "def scale(x):\n    x = np.asarray(x)\n    moved = x - np.mean(x, 0)\n    return moved / np.std(x, 0)"
}
KINDS: tuple[dict[str, str], ...] = (
    {},
    OTHERWISE,
    {"report": WRONG["report"]},
    {},
    {**dict.fromkeys(("scale", "fit", "report"), STUB), "show": "pass"},
    OTHERWISE,
    {"scale": WRONG["scale"]},
    {},
    WRONG,
    {},
)


def source_notebook(with_plot: bool) -> NotebookNode:
    """The author's notebook, hidden tests included."""
    answers = {"scale": SCALE, "fit": FIT, "report": REPORT, "show": PLOT if with_plot else LAST}
    more = "import matplotlib.pyplot as plt\n" if with_plot else ""
    cells = [new_markdown_cell("# A workload"), _cell("given", GIVEN.format(more=more), locked=True)]
    for name, answer in answers.items():
        marked = f"### BEGIN SOLUTION\n{answer}\n### END SOLUTION"
        cells.append(_cell(name, marked, solution=True))
        if name in TESTS:
            points, test = TESTS[name]
            cells.append(_cell(f"{name}-test", test, grade=True, locked=True, points=points))
    for number, cell in enumerate(cells):
        cell.id = f"cell-{number}"
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return new_notebook(cells=cells, metadata={"kernelspec": spec, "course": {"unit": UNIT}})


def submission(with_plot: bool, number: int) -> NotebookNode:
    """What the learner with this number hands in."""
    notebook = source_notebook(with_plot)
    answers = KINDS[number % len(KINDS)]
    for cell in notebook.cells:
        if cell.cell_type == "code":
            name = cell.metadata.nbgrader.grade_id
            cell.source = HIDDEN.sub("", re.sub(r"### (BEGIN|END) SOLUTION\n?", "", answers.get(name, cell.source)))
    return notebook


def lay_course(root: Path, with_plot: bool) -> Course:
    """A course of this one unit in an empty folder."""
    course = Course(root=root, work=root / "work", cohort=root / "grading" / "cohort_data")
    for path, text in (
        (root / "curriculum" / "syllabus.yml", SYLLABUS),
        (root / "solutions" / UNIT / f"{UNIT}.ipynb", nbformat.writes(source_notebook(with_plot))),
        (root / "assignments" / UNIT / f"{UNIT}.ipynb", nbformat.writes(released(with_plot))),
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return course


def released(with_plot: bool) -> NotebookNode:
    """The notebook as learners get it."""
    return submission(with_plot, KINDS.index(next(kind for kind in KINDS if kind.get("scale") == STUB)))


def lay_cohort(cohort: Path, with_plot: bool, size: int) -> list[str]:
    """Lay `size` submissions into a cohort's folder, and return the learners' names."""
    names = [f"learner-{number:03}" for number in range(size)]
    for number, name in enumerate(names):
        folder = cohort / "submitted" / name / UNIT
        folder.mkdir(parents=True)
        nbformat.write(submission(with_plot, number), folder / f"{UNIT}.ipynb")
    return names


def _cell(grade_id: str, source: str, points: float | None = None, **flags: bool) -> NotebookNode:
    meta: dict[str, object] = {"schema_version": 3, "grade_id": grade_id, "cell_type": "code"}
    meta |= {"grade": False, "solution": False, "locked": False, "task": False, **flags}
    if points is not None:
        meta["points"] = points
    return new_code_cell(source, metadata={"nbgrader": meta})
