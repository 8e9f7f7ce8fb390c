"""The benchmark of grading runs, and gives the same grades as nbgrader. What it measures is not held to anything."""

from tests.benchmarks.grading import measure, tables


def test_both_graders_run_and_give_the_same_grades(tmp_path):
    taken, parts = measure(
        tmp_path, with_plot=True, size=3, rounds=1
    )  # the third has a mistake that only a hidden test sees
    assert {name: len(rounds) for name, rounds in taken.items()} == {
        "nbgrader autograde": 1,
        "engine, 1 worker": 1,
        "engine, 2 workers": 1,
        "bare execution, 1 at a time": 1,
        "bare execution, 2 at a time": 1,
    }
    assert {"fork and jail", "read and rebuild", "gradebook", "cells: learner", "cells: test", "cells: plot"} <= set(
        parts
    )
    assert all(row.row_count for row in tables(taken, parts, "A title"))
