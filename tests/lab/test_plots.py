"""Every plot has one style, and says in words what it shows."""

import base64
import re

import matplotlib as mpl
import matplotlib.pyplot as plt
import nbformat
import pytest
from nbconvert import HTMLExporter
from nbformat.v4 import new_code_cell

from curriculum import lab
from curriculum.lab import plots
from grading.engine.execute import run_notebook


@pytest.fixture(autouse=True)
def untouched():
    """Leave matplotlib as it was for the other tests of this process."""
    mpl.use("agg")
    with mpl.rc_context():
        yield
    plt.close("all")


@pytest.fixture
def shown(monkeypatch):
    said = []
    monkeypatch.setattr(plots, "show", lambda plain, markup: said.append((plain, markup)))
    return said


def picture(markup):
    return base64.b64decode(re.search(r'src="data:image/png;base64,([^"]+)"', markup)[1])


def draw(points=8, alt="Line chart: it rises."):
    with lab.figure("It rises", alt=alt) as ax:
        ax.plot(range(points), range(points), label="a")
        ax.set(xlabel="users", ylabel="latency (ms)")
    return ax


def test_the_same_plot_is_the_same_bytes(shown):
    draw()
    draw()
    assert picture(shown[0][1]) == picture(shown[1][1])
    assert b"Software" not in picture(shown[0][1])


def test_alternative_text_is_escaped_and_is_the_text_fallback(shown):
    draw(alt='A "quoted" <b>line</b>')
    plain, markup = shown[0]
    assert plain == 'A "quoted" <b>line</b>'
    assert 'alt="A &quot;quoted&quot; &lt;b&gt;line&lt;/b&gt;"' in markup


def test_a_figure_is_closed_and_leaves_the_style_alone(shown):
    before = dict(mpl.rcParams)
    draw()
    with pytest.raises(ZeroDivisionError), lab.figure("t", alt="a"):
        raise ZeroDivisionError
    assert plt.get_fignums() == []
    assert dict(mpl.rcParams) == before
    assert len(shown) == 1  # the one that failed is not shown


def test_titles_are_left_and_wrapped(shown):
    long = "The ninety-ninth percentile doubles as soon as the arrival rate passes forty requests a second"
    with lab.figure(long, alt="a") as ax:
        pass
    assert ax.get_title(loc="left").replace("\n", " ") == long
    assert "\n" in ax.get_title(loc="left")
    with lab.figure(long, alt="a", columns=2) as axes:
        pass
    assert axes.shape == (2,)
    assert axes[0].figure.get_suptitle().replace("\n", " ") == long


def test_lines_differ_in_colour_and_marker(shown):
    with lab.figure("t", alt="a") as ax:
        for _ in range(7):
            ax.plot([1, 2])
    lines = [(line.get_color(), line.get_marker()) for line in ax.lines]
    assert len({colour for colour, _ in lines}) == len({marker for _, marker in lines}) == 7
    assert {colour for colour, _ in lines} < set(lab.COLOURS.values())


def test_crowded_lines_show_few_markers_and_scattered_points_all(shown):
    with lab.figure("t", alt="a") as ax:
        ax.plot(range(8))
        ax.plot(range(500))
        ax.plot(range(500), "o")
    assert [line.get_markevery() for line in ax.lines] == [None, 0.1, None]


def test_alternative_text_reaches_an_exported_notebook(tmp_path):
    source = "from curriculum import lab\nlab.style()\n"
    source += "with lab.figure('It rises', alt='A rising line') as ax:\n    ax.plot([1, 2])"
    executed = run_notebook(nbformat.v4.new_notebook(cells=[new_code_cell(source)]), tmp_path)
    (output,) = executed.cells[0].outputs  # one: the inline backend does not show it a second time
    assert output.data["text/plain"] == "A rising line"
    page, _ = HTMLExporter().from_notebook_node(executed)
    assert re.search(r'<img alt="A rising line" src="data:image/png;base64,', page)
