"""Shows HTML in a notebook with a plain-text fallback: what a terminal, nbval and a screen reader read."""

import html

from IPython.core.interactiveshell import InteractiveShell
from IPython.display import display


def show(plain: str, markup: str) -> None:
    """Show `markup` (HTML) where it can be rendered, and `plain` everywhere else.

    Both say the same. `markup` is shown as it is: whoever builds it escapes what it quotes.
    """
    if InteractiveShell.initialized():
        display({"text/plain": plain, "text/html": markup}, raw=True)
    else:  # a plain Python program: IPython would print the dictionary
        print(plain)


def escape(value: object) -> str:
    """`value` as text that is safe inside HTML and inside a quoted attribute."""
    return html.escape(str(value), quote=True)


def table(head: list[str], rows: list[list[str]]) -> str:
    """An HTML table. Every cell is escaped."""
    style = "text-align:left;vertical-align:top;padding:0.3em 0.8em"
    top = "".join(f'<th scope="col" style="{style}">{escape(cell)}</th>' for cell in head)
    body = "".join(
        "<tr>" + "".join(f'<td style="{style}">{escape(cell)}</td>' for cell in row) + "</tr>" for row in rows
    )
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def plain_table(head: list[str], rows: list[list[str]]) -> str:
    """The same table in plain text, with columns aligned."""
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in [head, *rows]]
    return "\n".join(line.rstrip() for line in lines)


def number(value: object) -> str:
    """A number as a person reads it: four significant digits, thousands separated. Words stay as they are."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,d}"
    if isinstance(value, float):
        return f"{value:,.0f}" if 1000 <= abs(value) < 1e15 else f"{value:.4g}"
    return str(value)


def with_unit(value: object, unit: str) -> str:
    """A number with its unit: `312 ms`."""
    return f"{number(value)} {unit}".rstrip()
