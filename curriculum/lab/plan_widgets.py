"""The widgets of s1-map-and-plan: thin views over `self_assessment`, `planning`, `dated_plan` and `plan_file`.

Each returns a widget and computes nothing of its own. Without a browser a lesson shows the same as a table or a plot.
"""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curriculum.errors import CourseError
from curriculum.lab import dated_plan, plan_file, planning, self_assessment
from curriculum.lab.dated_plan import Plan, Settings, Task
from curriculum.lab.display import escape, table
from curriculum.lab.errors import LabError
from curriculum.lab.planning import Weights
from curriculum.lab.running_work import KINDS, World, break_even, project
from curriculum.lab.self_assessment import HIGHEST, LEVELS, Assessment

if TYPE_CHECKING:
    import ipywidgets

    from curriculum.syllabus import Syllabus

HOURS = (0.5, 14.0)  # a week


def assessment_board(syllabus: "Syllabus", folder: Path | None = None) -> "ipywidgets.Widget":
    """A page for each milestone, a row for each skill with its level and evidence. Each change is saved at once."""
    import ipywidgets as widgets

    told = widgets.HTML(_kept(self_assessment.read(folder), len(syllabus.skills)))
    acts, seen, pages = self_assessment.acts(), set[str](), []
    for milestone in syllabus.milestones:
        skills = [skill for unit in syllabus.units_of(milestone.id) for skill in unit.skills]
        own = [skill for skill in dict.fromkeys(skills) if skill not in seen]
        seen |= set(own)
        rows = [
            _rating(skill, syllabus.skills[skill], acts.get(skill, ""), told, len(syllabus.skills), folder)
            for skill in own
        ]
        pages.append(widgets.VBox(rows))
    board = widgets.Tab(pages, titles=[milestone.title.partition(":")[0] for milestone in syllabus.milestones])
    levels = "".join(f"<li value='{level}'>{escape(words)}</li>" for level, words in enumerate(LEVELS))
    return widgets.VBox([widgets.HTML(f"<ol start='0' style='line-height:1.5'>{levels}</ol>"), board, told])


def world_desk() -> "ipywidgets.Widget":
    """Sliders for the assumptions of the work model, and what follows from them."""
    import ipywidgets as widgets

    limits = {"models": (0.5, 4, 0.1), "requests": (0.5, 10, 0.5), "rules": (0.5, 3, 0.1), "absorbed": (0, 0.9, 0.05)}
    limits["elasticity"] = (0, 2, 0.1)
    start, shown = World(), widgets.HTML()
    sliders = {name: _slider(name, getattr(start, name), span) for name, span in limits.items()}

    def show(_: object = None) -> None:
        shown.value = world_table(World(**{name: slider.value for name, slider in sliders.items()}))

    for slider in sliders.values():
        slider.observe(show, "value")
    show()
    return widgets.VBox([*sliders.values(), shown])


def world_table(world: World, years: int = 3) -> str:
    """The hours of a world now and in some years, and where each kind of work tips, as HTML."""
    hours = project(KINDS, world, years)
    rows = []
    for kind in KINDS:
        tips = break_even(kind, world)
        said = "no share is enough" if tips is None else f"{tips:.0%} a year"
        rows.append([kind.name, f"{hours[kind.name].iloc[0]:.1f}", f"{hours[kind.name].iloc[-1]:.1f}", said])
    return table(["work", "hours a week now", f"in {years} years", "stands still if absorbed"], rows)


def plan_desk(
    syllabus: "Syllabus", settings: Settings, folder: Path | None = None, weights: Weights | None = None
) -> "ipywidgets.Widget":
    """Weights, hours a week, start and zone; the ranking and the plan that follow; a button that saves both files.

    Opens with what was saved before, else with `settings` and `weights`.
    """
    import ipywidgets as widgets

    own = plan_file.read(folder)
    settings, weights = (own.settings, own.weights) if own else (settings, weights or Weights())
    sliders = {name: _slider(name, getattr(weights, name), (0, 3, 0.25)) for name in planning.FACTORS}
    hours = _slider("hours a week", sum(session.hours for session in settings.sessions), (*HOURS, 0.5))
    start = widgets.DatePicker(description="start", value=settings.start)
    zone = widgets.Text(description="time zone", value=settings.zone, continuous_update=False)
    employer = widgets.Checkbox(
        description="my employer has AI to work on", value=_has_employer(own), layout=widgets.Layout(width="24em")
    )
    button = widgets.Button(
        description="Save plan and calendar", button_style="primary", layout=widgets.Layout(width="auto")
    )
    shown, told = widgets.HTML(), widgets.HTML()
    made: dict[str, Any] = {}

    def show(_: object = None) -> None:
        made.clear()
        try:
            assessment = self_assessment.own_or_sample(folder)
            wanted = Weights(**{name: slider.value for name, slider in sliders.items()})
            chosen = _chosen(settings, hours.value, start.value, zone.value)
            ranked, tasks, plan = make_plan(syllabus, assessment, chosen, wanted, employer.value)
            shown.value = plan_table(syllabus, assessment, ranked, tasks, plan)
            made.update(settings=chosen, weights=wanted, tasks=tasks, plan=plan, is_sample=assessment.is_sample)
        except LabError as error:
            shown.value = f"<b>{escape(error)}</b>"

    def save(_: object) -> None:
        show()
        told.value = _saved(made, folder)

    for control in (*sliders.values(), hours, start, zone, employer):
        control.observe(show, "value")
    button.on_click(save)
    show()
    return widgets.VBox([*sliders.values(), hours, start, zone, employer, button, told, shown])


def make_plan(
    syllabus: "Syllabus", assessment: Assessment, settings: Settings, weights: Weights, employer: bool = True
) -> tuple[Any, list[Task], Plan]:
    """From an assessment to a plan in one step: the ranking, the tasks and the plan."""
    ranked = planning.rank(planning.factors(syllabus, assessment), weights)
    tasks = dated_plan.tasks_for(syllabus, assessment, employer)
    return ranked, tasks, dated_plan.fit(tasks, settings, dated_plan.by_rank(syllabus, ranked))


def plan_table(syllabus: "Syllabus", assessment: Assessment, ranked: Any, tasks: list[Task], plan: Plan) -> str:
    """The first skills with their reasons, and each item with its date, as HTML."""
    whose = "<p><b>Sample ratings, not yours:</b> rate a skill above.</p>" if assessment.is_sample else ""
    top = [[str(row["rank"]), syllabus.skills[skill], planning.why(row)] for skill, row in ranked.head(6).iterrows()]
    done = dated_plan.finished(tasks, plan)
    items = [task for task in tasks if task.item]
    dates = [
        [task.item, task.title, f"{done[task.item]:%a %d %b %Y}" if task.item in done else "does not fit"]
        for task in items
    ]
    hours = f"{plan.slack:.1f} hours stay free, {sum(plan.left.values()):.1f} hours do not fit."
    said = f"<p><b>{len(done)} of {len(items)} items fit.</b> {hours}</p>"
    return whose + table(["rank", "skill", "why"], top) + said + table(["item", "what you do", "done by"], dates)


def _rating(skill: str, title: str, act: str, told: Any, of: int, folder: Path | None) -> "ipywidgets.Widget":
    """One row of the board. A level that was not entered yet is not saved."""
    import ipywidgets as widgets

    own = self_assessment.read(folder)
    rating = own.ratings.get(skill) if own else None
    level = widgets.ToggleButtons(
        options=[str(number) for number in range(HIGHEST + 1)],
        value=str(rating.level) if rating else None,
        style={"button_width": "2.4em"},
    )
    evidence = widgets.Text(
        value=rating.evidence if rating else "",
        placeholder="evidence: a link, a file, who saw it",
        continuous_update=False,
        layout=widgets.Layout(width="24em"),
    )

    def keep(_: object) -> None:
        if level.value is None:
            return
        try:
            before = self_assessment.read(folder) or Assessment({})
            now = datetime.now(UTC).isoformat(timespec="seconds")
            after = before.rated(skill, int(level.value), evidence.value.strip(), now)
            self_assessment.save(after, folder)
            told.value = _kept(after, of)
        except (LabError, CourseError) as error:
            told.value = f"<b>{escape(error)}</b>"

    level.observe(keep, "value")
    evidence.observe(keep, "value")
    words = widgets.HTML(f"<div style='line-height:1.4;width:26em'><b>{escape(title)}</b><br>{escape(act)}.</div>")
    return widgets.HBox([words, level, evidence], layout=widgets.Layout(flex_flow="row wrap", align_items="center"))


def _slider(name: str, value: float, span: tuple[float, float, float]) -> "ipywidgets.FloatSlider":
    import ipywidgets as widgets

    low, high, step = span
    return widgets.FloatSlider(
        value, min=low, max=high, step=step, description=name, style={"description_width": "8em"}
    )


def _chosen(settings: Settings, hours: float, start: date | None, zone: str) -> Settings:
    """`settings` with what the controls say. The learner's own sessions stay while their hours do."""
    same = abs(sum(session.hours for session in settings.sessions) - hours) < 1e-9
    sessions = settings.sessions if same else dated_plan.weekly(hours)
    return replace(settings, start=start or settings.start, zone=zone.strip(), sessions=sessions)


def _has_employer(own: plan_file.Saved | None) -> bool:
    """Whether the saved plan has the employer's form of the items; yes where there is none."""
    forms = {item: entry["act"] for item, entry in dated_plan.items().items() if "otherwise" in entry}
    return own is None or any(task.item in forms and task.title == forms[task.item] for task in own.tasks)


def _saved(made: dict[str, Any], folder: Path | None) -> str:
    if not made:
        return "<b>Nothing was saved: see below.</b>"
    try:
        saved = plan_file.save(**made, now=datetime.now(UTC), folder=folder)
    except (LabError, CourseError) as error:
        return f"<b>{escape(error)}</b>"
    names = " and ".join(plan_file.path_of(kind, folder, saved.is_sample).name for kind in ("json", "ics"))
    return f"Saved <b>{names}</b> here: {len(saved.plan.blocks)} sessions. Import the .ics file into your calendar."


def _kept(own: Assessment | None, of: int) -> str:
    if own is None:
        return "Nothing is rated yet. What you choose is kept at once in <b>self-assessment.json</b>."
    bare = sum(rating.counted < rating.level for rating in own.ratings.values())
    more = f" {bare} without evidence count one level lower." if bare else ""
    return f"Kept in <b>self-assessment.json</b>: {len(own.ratings)} of {of} skills.{more}"
