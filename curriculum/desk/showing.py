"""Turns what rich would print into plain text, for a notebook's text fallback."""

import io

from rich.console import Console, RenderableType


def plain_text(renderable: RenderableType) -> str:
    """What rich prints for `renderable`, 100 columns wide and without colours."""
    screen = Console(file=io.StringIO(), width=100, color_system=None, highlight=False, force_jupyter=False)
    screen.print(renderable)
    text: str = screen.file.getvalue()  # type: ignore[attr-defined]  # it is the StringIO above
    return "\n".join(line.rstrip() for line in text.splitlines())
