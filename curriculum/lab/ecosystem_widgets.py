"""The widgets of s3-ecosystem: thin views over the tested functions of `equivalents` and `radar`."""

from typing import TYPE_CHECKING

from curriculum.errors import CourseError
from curriculum.lab import equivalents, radar
from curriculum.lab.display import escape, table
from curriculum.lab.errors import LabError

if TYPE_CHECKING:
    import ipywidgets


def answer(capability: str, know: str, learn: str, identity_counts: float = 1.0) -> str:
    """The answer of the translator as HTML."""
    said = equivalents.translate(capability, know, learn, {"identity": identity_counts})
    apart = "nothing to measure" if said["distance"] is None else f"{said['distance']:.2f}: {said['kind']}"
    rows = [["you know", said["known"]], ["it is", said["wanted"]], ["distance", apart]]
    rows += [[f"changes: {name}", change] for name, change in said["changes"].items()]
    rows += [["will surprise you", said["surprise"]], ["source", f"{said['source']} ({said['age']})"]]
    return table(["", ""], rows)


def translator() -> "ipywidgets.Widget":
    """“I know it on A; what is it on B, and what will surprise me?” as a widget."""
    import ipywidgets as widgets

    use = equivalents.equivalents()
    wide = widgets.Layout(width="30em")
    style = {"description_width": "9em"}
    what = widgets.Dropdown(
        options=[(row.name, row.id) for row in use.capabilities],
        value="model-endpoint",
        description="capability",
        layout=wide,
        style=style,
    )
    platforms = [(title, key) for key, title in use.platforms.items()]
    know = widgets.Dropdown(options=platforms, value="aws", description="I know it on", layout=wide, style=style)
    learn = widgets.Dropdown(options=platforms, value="azure", description="What is it on", layout=wide, style=style)
    weight = widgets.FloatSlider(
        value=1, min=0, max=3, step=0.5, description="identity counts", layout=wide, style=style
    )
    shown = widgets.HTML()

    def renew(_: object) -> None:
        shown.value = answer(what.value, know.value, learn.value, weight.value)

    for control in (what, know, learn, weight):
        control.observe(renew, "value")
    renew(None)
    return widgets.VBox([what, know, learn, weight, shown])


def new_entry() -> "ipywidgets.Widget":
    """A form that adds an entry, or a move, to the learner's own radar file."""
    import ipywidgets as widgets

    wide = widgets.Layout(width="40em")
    style = {"description_width": "9em"}
    name, why, evidence, source = (
        widgets.Text(description=label, placeholder=hint, layout=wide, style=style)
        for label, hint in (
            ("technology", "what it is called"),
            ("why this ring", "one reason"),
            ("evidence", "what you saw or measured"),
            ("source", "https://…"),
        )
    )
    quadrants = sorted({entry.quadrant for entry in radar.shipped()})
    quadrant = widgets.Dropdown(options=quadrants, description="quadrant", layout=wide, style=style)
    ring = widgets.ToggleButtons(options=radar.RINGS, value="assess", description="ring", style={"button_width": "6em"})
    button = widgets.Button(
        description="Keep it in my radar", button_style="primary", layout=widgets.Layout(width="auto")
    )
    state = widgets.HTML()

    def keep(_: object) -> None:
        try:
            kept = radar.keep(name.value, quadrant.value, ring.value, why.value, evidence.value, source.value)
            state.value = (
                f"Kept in {radar.MINE}: <b>{escape(kept.name)}</b>, {kept.moves[-1].ring} since {kept.moves[-1].day}."
            )
        except (LabError, CourseError) as error:
            state.value = f"<b>{escape(error)}</b>"

    button.on_click(keep)
    return widgets.VBox([name, quadrant, ring, why, evidence, source, button, state])
