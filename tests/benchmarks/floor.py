"""The floor: the cells of each submission by `exec` in a fork of a warm interpreter, and nothing else.

No jail, no notebook, no score, no capture of outputs; a plot is drawn and encoded, because a feedback page shows it.
`python -m tests.benchmarks.floor WORKERS NOTEBOOK...` prints the seconds that all took, warm-up left out.
"""

import contextlib
import io
import os
import sys
import time
from pathlib import Path

import nbformat


def run(cells: list[str]) -> None:
    """Run cells one after the other; an error ends its cell and no other."""
    import matplotlib.pyplot as plt

    names: dict[str, object] = {"__name__": "__main__"}
    for number, source in enumerate(cells):
        with contextlib.suppress(Exception), contextlib.redirect_stdout(io.StringIO()):
            exec(compile(source, f"cell {number}", "exec"), names)
        for figure in plt.get_fignums():
            plt.figure(figure).savefig(io.BytesIO(), format="png", bbox_inches="tight")
            plt.close(figure)


def main() -> None:
    """Warm up, then run every notebook in a fork of its own, so many at a time."""
    os.environ |= {"MPLBACKEND": "agg", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    import matplotlib.pyplot  # noqa: F401
    import sklearn.linear_model
    import sklearn.metrics  # noqa: F401

    workers = int(sys.argv[1])
    notebooks = [
        [cell.source for cell in nbformat.read(Path(path), as_version=4).cells if cell.cell_type == "code"]
        for path in sys.argv[2:]
    ]
    started, running = time.perf_counter(), 0
    for cells in notebooks:
        if running == workers:
            os.wait()
            running -= 1
        if not os.fork():
            run(cells)
            os._exit(0)
        running += 1
    for _ in range(running):
        os.wait()
    print(time.perf_counter() - started)


if __name__ == "__main__":
    main()
