"""The learner's own files of s2-professional-practice, and thin views over them in JupyterLab.

A file is laid once, as a sample that says so, and is the learner's from then on: nothing here overwrites what they
typed. A view writes the whole file or nothing.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from curriculum.files import write_atomically
from curriculum.lab import initiatives, journal, proposals, reviews
from curriculum.lab.display import escape, plain_table, show, table, with_unit
from curriculum.lab.errors import LabError
from curriculum.lab.initiatives import WELCOME, Book, Initiative
from curriculum.lab.predictions import in_jupyterlab
from curriculum.lab.proposals import Measured
from curriculum.lab.turns import one_at_a_time

if TYPE_CHECKING:
    import ipywidgets

INITIATIVES, PROPOSAL, REVIEW, PORTFOLIO = (
    f"my-{name}.yml" for name in ("initiatives", "proposal", "review", "portfolio")
)
_ANSWERS = {"not known": None, "yes": True, "no": False}


def lay(name: str, sample: Path, folder: Path | None = None) -> Path:
    """The learner's file: a copy of the sample where there is none yet, else as it is."""
    path = (folder or Path.cwd()) / name
    if not path.exists():
        write_atomically(path, sample.read_text(encoding="utf-8"))
    return path


@one_at_a_time
def keep_answer(path: Path, initiative: str, signal: str, answer: bool | None) -> None:
    """Write one answer (None: not known) into a file of initiatives; everything else in it stays, comments apart.

    Raises `LabError` when the file holds no such initiative.
    """
    raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    found = next((each for each in raw["initiatives"] if str(each["id"]) == initiative), None)
    if found is None:
        raise LabError(f"{path.name} has no initiative {initiative!r}.")
    answers = dict(found.get("answers") or {})
    answers.pop(signal, None)
    found["answers"] = answers if answer is None else {**answers, signal: answer}
    raw["sample"] = False
    write_atomically(path, yaml.safe_dump(raw, sort_keys=False, allow_unicode=True, width=120))


def keep_review(path: Path, free: list[int], checklist: list[int]) -> None:
    """Write the paragraphs that the learner marked."""
    write_atomically(path, yaml.safe_dump({"free": sorted(free), "checklist": sorted(checklist)}))


def show_ranking(book: Book, weights: dict[str, float] | None = None) -> None:
    """The ranking as a table, and under it the note whose open questions are worth most together, with each of them."""
    plain, markup = _ranking(book, weights)
    show(plain, markup)


def initiatives_view(path: Path) -> None:
    """Answers and weights of the file's initiatives as controls, with the ranking under them; a table elsewhere."""
    book = initiatives.read(path)
    if in_jupyterlab():
        from IPython.display import display

        display(_initiatives_box(path))
    else:
        show_ranking(book)


def review_view(path: Path, phase: str) -> None:
    """The design with a box a paragraph, kept under `free` or `checklist`; its paragraphs as text elsewhere."""
    if phase not in ("free", "checklist"):
        raise LabError(f"There is no reading {phase!r}; it is free or checklist.")
    parts = reviews.paragraphs("retrieval")
    if in_jupyterlab():
        from IPython.display import display

        display(_review_box(path, phase, parts))
    else:
        print("\n\n".join(f"[{place}] {text}" for place, text in enumerate(parts, 1)))


def show_cited(path: Path, own: Sequence[Measured]) -> None:
    """Show those of the learner's `own` numbers that a page rests on.

    They are kept in this folder's journal as `page_1`, `page_2` and so on, since that journal is handed in and the page
    is not. Where there is no page, as at the facilitator's, the journal is shown.
    """
    known: dict[str, journal.Entry | None] = {
        key: journal.latest(key, "number") for key in (f"page_{place}" for place in range(1, 10))
    }
    if path.is_file():
        known = {}
        for place, claim in enumerate(proposals.read(path, own).claims, 1):
            if number := claim.number:
                day = number.when.isoformat() if number.when else "no date"
                key, note = f"page_{place}", f"{number.name}, {day}"
                entry = journal.Entry("number", key, number.value, number.measure, note=note)
                kept = journal.latest(key, "number")
                if kept is None or replace(kept, time="") != entry:
                    journal.append(entry)
                known[key] = entry
    rows = [[key, with_unit(entry.value, entry.unit), entry.note] for key, entry in known.items() if entry]
    if rows:
        head = ["claim", "number", "from"]
        show(plain_table(head, rows), table(head, rows))
    else:
        print(f"{path.name} rests on no number of your own yet.")


def _ranking(book: Book, weights: dict[str, float] | None) -> tuple[str, str]:
    ranking = initiatives.rank(book, weights)
    rows = [
        [str(name), row["asked by"], f"{row['score']:.2f}", str(row["unknown"])] for name, row in ranking.iterrows()
    ]
    lines = _to_ask(book, weights)
    head = ["initiative", "asked by", "score", "unknown"]
    return "\n".join([plain_table(head, rows), *lines]), table(head, rows) + "".join(
        f"<p>{escape(x)}</p>" for x in lines
    )


def _to_ask(book: Book, weights: dict[str, float] | None) -> list[str]:
    """The conversation that is worth most, and its questions, one a line."""
    talks = initiatives.conversations(book, weights)
    best = next(each for each in book.initiatives if each.id == talks.index[0])
    if not talks["value"].iloc[0]:
        return ["No answer would change the choice."]
    asked = [signal.question for signal in book.signals if signal.id not in best.answers]
    return [f"Talk to {best.asked_by or best.title} ({best.id}, worth {talks['value'].iloc[0]:.3f}) and ask:", *asked]


def _initiatives_box(path: Path) -> "ipywidgets.Widget":
    import ipywidgets as widgets

    book = initiatives.read(path)
    wide = widgets.Layout(width="46em")
    chosen = widgets.Dropdown(
        options=[(i.title, i.id) for i in book.initiatives], description="Initiative", layout=wide
    )
    told = {s.id: widgets.ToggleButtons(options=list(_ANSWERS), style={"button_width": "7.5em"}) for s in book.signals}
    weights = {
        s.id: widgets.IntSlider(
            value=int(s.weight), min=0, max=5, description="weight", layout=widgets.Layout(width="22em")
        )
        for s in book.signals
        if s.id != WELCOME
    }
    result = widgets.HTML()
    filling = [False]

    def current() -> Initiative:
        return next(each for each in initiatives.read(path).initiatives if each.id == chosen.value)

    @one_at_a_time
    def redraw(_: object = None) -> None:
        try:
            result.value = _ranking(initiatives.read(path), {name: float(s.value) for name, s in weights.items()})[1]
        except LabError as error:
            result.value = f"<b>{escape(error)}</b>"

    @one_at_a_time
    def fill(_: object = None) -> None:
        filling[0] = True
        answers = current().answers
        for name, buttons in told.items():
            buttons.value = {None: "not known", True: "yes", False: "no"}[answers.get(name)]
        filling[0] = False
        redraw()

    def keep(signal: str) -> Any:
        @one_at_a_time
        def kept(change: Any) -> None:
            if not filling[0]:
                keep_answer(path, chosen.value, signal, _ANSWERS[change["new"]])
                redraw()

        return kept

    for name, buttons in told.items():
        buttons.observe(keep(name), "value")
    for slider in weights.values():
        slider.observe(redraw, "value")
    chosen.observe(fill, "value")
    fill()
    rows = [
        widgets.VBox([widgets.HTML(escape(s.question)), widgets.HBox([told[s.id], *filter(None, [weights.get(s.id)])])])
        for s in book.signals
    ]
    return widgets.VBox([chosen, *rows, result])


def _review_box(path: Path, phase: str, parts: list[str]) -> "ipywidgets.Widget":
    import ipywidgets as widgets

    before = reviews.read(path) if path.is_file() else reviews.Review(frozenset(), frozenset())
    kept = {"free": set(before.free), "checklist": set(before.checklist)}
    state = widgets.HTML(f"Kept in {escape(path.name)} as you tick.")
    rows = []

    def keep(place: int) -> Any:
        @one_at_a_time
        def changed(change: Any) -> None:
            (kept[phase].add if change["new"] else kept[phase].discard)(place)
            keep_review(path, list(kept["free"]), list(kept["checklist"]))
            state.value = f"Kept: {len(kept[phase])} marked."

        return changed

    for place, text in [*enumerate(parts, 1), (0, "Something is missing altogether.")]:
        tick = widgets.Checkbox(
            value=place in kept[phase], description=f"[{place}]", indent=False, layout={"width": "4em"}
        )
        tick.observe(keep(place), "value")
        rows.append(widgets.HBox([tick, widgets.HTML(f"<div style='max-width:44em'>{escape(text)}</div>")]))
    return widgets.VBox([*rows, state])
