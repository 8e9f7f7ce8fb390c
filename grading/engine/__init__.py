"""The grader: runs a notebook and turns its outputs into scores.

Execution is nbgrader's for now and stands behind one function, `run_notebook`.
"""

from grading.engine.execute import run_notebook
from grading.engine.score import Score, Task, score_notebook, tasks_of

__all__ = ["Score", "Task", "run_notebook", "score_notebook", "tasks_of"]
