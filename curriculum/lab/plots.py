"""One style for every plot: colours that colour-blind readers can tell apart, and text for who cannot see it."""

import base64
import io
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from cycler import cycler
from matplotlib.figure import Figure

from curriculum.lab.display import escape, show

# Okabe and Ito's palette (2008), safe for the common forms of colour blindness.
COLOURS = {
    "blue": "#0072B2",
    "vermillion": "#D55E00",
    "green": "#009E73",
    "purple": "#CC79A7",
    "orange": "#E69F00",
    "sky": "#56B4E9",
    "black": "#000000",
    "yellow": "#F0E442",
}

DPI = 110
_PNG: dict[str, Any] = {"format": "png", "metadata": {"Software": None}}  # no version inside: same plot, same bytes
_CROWDED = 40  # a line with more points than this shows a marker only here and there

_CYCLE = {name: code for name, code in COLOURS.items() if name != "yellow"}  # too faint for a line on white

_STYLE: Any = {
    # Markers differ too, for readers who see no colour and for printing in grey.
    "axes.prop_cycle": cycler(color=list(_CYCLE.values())) + cycler(marker=["o", "s", "^", "D", "v", "P", "X"]),
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.labelsize": 11,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlepad": 10,
    "axes.titlesize": 12,
    "axes.titleweight": "bold",
    "figure.constrained_layout.use": True,
    "figure.dpi": DPI,
    "figure.facecolor": "white",
    "figure.figsize": (7.2, 3.6),
    "figure.titlesize": 12,
    "figure.titleweight": "bold",
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same on every machine
    "font.size": 10.5,
    "grid.alpha": 0.6,
    "grid.color": "#D0D0D0",
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "lines.markersize": 5,
    "savefig.dpi": DPI,
}


def style() -> None:
    """Set the course's style for every plot of this notebook."""
    mpl.rcParams.update(_STYLE)
    if "IPython" in sys.modules:
        from IPython.core.interactiveshell import InteractiveShell
        from matplotlib_inline.backend_inline import set_matplotlib_formats

        if InteractiveShell.initialized():
            set_matplotlib_formats("png", bbox_inches=None, metadata=_PNG["metadata"])


@contextmanager
def figure(
    title: str, alt: str, rows: int = 1, columns: int = 1, size: tuple[float, float] | None = None
) -> Iterator[Any]:
    """Draw a figure and show it: `with figure("p99 doubles past 40 a second", alt="Line chart …") as ax:`.

    `title` states the finding. `alt` says what a reader would see, for those who cannot: it becomes the image's
    alternative text. `size` is in inches. Yields matplotlib's axes: one, or an array of `rows` × `columns` of them.
    """
    panels = {"axes.titleweight": "normal", "axes.titlesize": 11} if rows * columns > 1 else {}
    with mpl.rc_context(_STYLE | panels):
        drawn, axes = plt.subplots(rows, columns, figsize=size)
        try:
            width = int(drawn.get_figwidth() * 8.5)  # characters of the title that fit in an inch
            finding = "\n".join(textwrap.wrap(title, width))
            if rows * columns == 1:
                axes.set_title(finding)
            else:
                drawn.suptitle(finding, x=0.01, horizontalalignment="left")
            yield axes
            show(alt, _image(drawn, alt))
        finally:
            plt.close(drawn)  # else the inline backend shows it a second time, without its text


def _image(figure: Figure, alt: str) -> str:
    """The figure as an HTML image: JupyterLab ignores the alternative text in a PNG output's metadata."""
    for axes in figure.axes:
        for line in axes.lines:
            if np.size(line.get_xdata()) > _CROWDED and line.get_linestyle() != "None" and line.get_markevery() is None:
                line.set_markevery(0.1)
    picture = io.BytesIO()
    figure.savefig(picture, **_PNG)
    data = base64.b64encode(picture.getvalue()).decode()
    return f'<img alt="{escape(alt)}" src="data:image/png;base64,{data}">'
