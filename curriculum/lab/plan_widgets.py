"""The widgets of s1-map-and-plan: thin views over `self_assessment`, `planning`, `dated_plan` and `plan_file`.

Each returns a widget and computes nothing of its own. Without a browser a lesson shows the same as a table or a plot.
"""

from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curriculum.errors import CourseError
from curriculum.lab import dated_plan, plan_file, planning, self_assessment
from curriculum.lab.dated_plan import WEEKDAYS, Block, Plan, Session, Settings, Task
from curriculum.lab.display import escape, table
from curriculum.lab.errors import LabError
from curriculum.lab.journal import Entry, append, latest
from curriculum.lab.planning import Weights
from curriculum.lab.running_work import KINDS, World, break_even, project
from curriculum.lab.self_assessment import HIGHEST, LEVELS, Assessment
from curriculum.lab.turns import one_at_a_time

if TYPE_CHECKING:
    import ipywidgets

    from curriculum.syllabus import Syllabus

USUAL = ("19:00", 2.0)  # of an evening that is not chosen yet
SPANS = 3  # of days away that the desk offers
MINE = "my own setting"  # in the note of a number that a learner kept


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


def world_desk(folder: Path | None = None) -> "ipywidgets.Widget":
    """Sliders for the assumptions of the work model, what follows from them, and a button that keeps the setting."""
    import ipywidgets as widgets

    limits = {"models": (0.5, 4, 0.1), "requests": (0.5, 10, 0.5), "rules": (0.5, 3, 0.1), "absorbed": (0, 0.9, 0.05)}
    limits["elasticity"] = (0, 2, 0.1)
    start, shown, told = World(), widgets.HTML(), widgets.HTML()
    sliders = {name: _slider(name, getattr(start, name), span) for name, span in limits.items()}
    button = widgets.Button(description="Keep my setting", layout=widgets.Layout(width="auto"))

    def chosen() -> World:
        return World(**{name: slider.value for name, slider in sliders.items()})

    def show(_: object = None) -> None:
        shown.value = world_table(chosen())

    def keep(_: object) -> None:
        told.value = f"<b>{escape(keep_setting(chosen(), folder))}</b>"

    for slider in sliders.values():
        slider.observe(show, "value")
    button.on_click(keep)
    show()
    return widgets.VBox([*sliders.values(), shown, button, told])


def keep_setting(world: World, folder: Path | None = None) -> str:
    """Record by which factor the work changes in five years of a learner's own world, and say so."""
    hours = project(KINDS, world, 5).sum(axis=1)
    factor = round(float(hours.iloc[-1] / hours.iloc[0]), 1)
    said = ", ".join(f"{name} {value:g}" for name, value in asdict(world).items())
    kept = append(Entry("number", "work_factor", factor, unit="times", note=f"{MINE}, five years: {said}"), folder)
    return (
        f"Kept in your journal: {factor:g} times the work in five years." if kept else "The journal cannot be written."
    )


def has_own_setting(folder: Path | None = None) -> bool:
    """Whether the learner has kept a setting of their own: a lesson then leaves its number alone."""
    kept = latest("work_factor", "number", folder=folder)
    return kept is not None and kept.note.startswith(MINE)


def world_table(world: World, years: int = 5) -> str:
    """The hours of a world now and in some years, and where each kind of work tips, as HTML."""
    hours = project(KINDS, world, years)
    rows = []
    for kind in KINDS:
        tips = break_even(kind, world)
        said = "no share is enough" if tips is None else f"{tips:.0%} a year"
        rows.append([kind.name, f"{hours[kind.name].iloc[0]:.1f}", f"{hours[kind.name].iloc[-1]:.1f}", said])
    rows.append(["together", f"{hours.iloc[0].sum():.1f}", f"{hours.iloc[-1].sum():.1f}", ""])
    return table(["work", "hours a week now", f"in {years} years", "stands still if absorbed"], rows)


def plan_desk(
    syllabus: "Syllabus",
    settings: Settings,
    folder: Path | None = None,
    weights: Weights | None = None,
    today: date | None = None,
) -> "ipywidgets.Widget":
    """Weights, the sessions of a week, days away, start and zone; the plan that follows; a button that saves it.

    Opens with what was saved before, else with `settings` and `weights`. Once a saved plan has begun, it is planned
    again from `today` on, and what is before that day stays.
    """
    import ipywidgets as widgets

    today = today or date.today()
    own = plan_file.read(folder)
    settings, weights = (own.settings, own.weights) if own else (settings, weights or Weights())
    sliders = {name: _slider(name, getattr(weights, name), (0, 3, 0.25)) for name in planning.FACTORS}
    week = [_session(day, session) for day, session in _week_rows(settings.sessions)]
    start = _day("start", settings.start)
    zone = widgets.Text(description="time zone", value=settings.zone, continuous_update=False)
    spans = [*settings.away, *[(None, None)] * max(1, SPANS - len(settings.away))]
    away = [(_day("away from", begin), _day("to", end)) for begin, end in spans]
    again = _day("replan from", _replan_day(own, today))
    employer = widgets.Checkbox(
        description="my employer has AI to work on", value=_has_employer(own), layout=widgets.Layout(width="26em")
    )
    button = widgets.Button(
        description="Save plan and calendar", button_style="primary", layout=widgets.Layout(width="auto")
    )
    shown, told = widgets.HTML(), widgets.HTML()
    made: dict[str, Any] = {}

    @one_at_a_time
    def show(_: object = None) -> None:
        made.clear()
        told.value = ""
        try:
            assessment = self_assessment.own_or_sample(folder)
            wanted = Weights(**{name: slider.value for name, slider in sliders.items()})
            chosen = Settings(
                start=_given(start.value, "start"),
                zone=zone.value.strip(),
                sessions=tuple(session for read in week if (session := read[1]())),
                days=settings.days,
                away=_away([(begin.value, end.value) for begin, end in away]),
                warm_up=settings.warm_up,
            )
            if not chosen.sessions:
                raise LabError("Choose at least one evening.")
            before = plan_file.read(folder, assessment.is_sample)
            earlier = before if again.value else None
            ranked, tasks, plan = make_plan(
                syllabus, assessment, chosen, wanted, employer.value, earlier=earlier, first=again.value
            )
            late = _past(chosen.start, again.value, today)
            shown.value = late + plan_table(syllabus, assessment, ranked, tasks, plan)
            made.update(settings=chosen, weights=wanted, tasks=tasks, plan=plan, is_sample=assessment.is_sample)
            made["first"] = again.value
        except LabError as error:
            shown.value = f"<b>{escape(error)}</b>"

    @one_at_a_time
    def save(_: object) -> None:
        show()
        told.value = _saved(made, folder)

    days = [widget for pair in away for widget in pair]
    for control in (*sliders.values(), *(one for row, _ in week for one in row), start, zone, *days, again, employer):
        control.observe(show, "value")
    button.on_click(save)
    show()
    rows = [widgets.HBox(row) for row, _ in week]
    gone = [widgets.HBox(pair) for pair in away]
    return widgets.VBox([*sliders.values(), *rows, start, zone, *gone, again, employer, button, told, shown])


def make_plan(
    syllabus: "Syllabus",
    assessment: Assessment,
    settings: Settings,
    weights: Weights,
    employer: bool = True,
    earlier: plan_file.Saved | None = None,
    first: date | None = None,
) -> tuple[Any, list[Task], Plan]:
    """From an assessment to a plan in one step: the ranking, the tasks and the plan.

    What is there goes before what is only planned. Of an `earlier` plan, the blocks before the day `first` stay.
    """
    ranked = planning.rank(planning.factors(syllabus, assessment), weights)
    tasks = dated_plan.tasks_for(syllabus, assessment, employer)
    kept: list[Block] = []
    if earlier and first:
        kept = dated_plan.took_place(earlier.plan, settings, first)
        tasks = dated_plan.with_done(tasks, kept, earlier.tasks)
    priority = dated_plan.ready_first(dated_plan.by_rank(syllabus, ranked))
    return ranked, tasks, dated_plan.fit(tasks, settings, priority, kept=kept, first=first)


def plan_table(syllabus: "Syllabus", assessment: Assessment, ranked: Any, tasks: list[Task], plan: Plan) -> str:
    """The first skills with their reasons, and each item with its date, as HTML."""
    whose = "<p><b>Sample ratings, not yours:</b> rate a skill above.</p>" if assessment.is_sample else ""
    top = [[str(row["rank"]), syllabus.skills[skill], planning.why(row)] for skill, row in ranked.head(6).iterrows()]
    done = dated_plan.finished(tasks, plan)
    items = [task for task in tasks if task.item]
    dates = [
        [task.item, task.label, f"{done[task.item]:%a %d %b %Y}" if task.item in done else "does not fit"]
        for task in items
    ]
    hours = f"{plan.slack:.1f} hours stay free, {sum(plan.left.values()):.1f} hours do not fit."
    waiting = [task.item for task in items if task.is_planned]
    planned = f" {len(waiting)} of the {len(items)} wait for units that are not there yet." if waiting else ""
    said = f"<p><b>{len(done)} of {len(items)} items fit.</b> {hours}{planned}</p>"
    if unknown := sorted(set(assessment.ratings) - set(syllabus.skills)):
        whose += f"<p>{escape(', '.join(unknown))}: no skill of this course, and not counted.</p>"
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

    clear = widgets.Button(description="Clear", tooltip=f"Clear {title}", layout=widgets.Layout(width="5em"))

    @one_at_a_time
    def change(new: Callable[[Assessment], Assessment]) -> None:
        try:
            after = new(self_assessment.read(folder) or Assessment({}))
            self_assessment.save(after, folder)
            told.value = _kept(after, of)
        except (LabError, CourseError) as error:
            told.value = f"<b>{escape(error)}</b>"

    def keep(_: object) -> None:
        if level.value is not None:
            now = datetime.now(UTC).isoformat(timespec="seconds")
            change(lambda before: before.rated(skill, int(level.value), evidence.value.strip(), now))
        elif evidence.value.strip():
            told.value = f"<b>{escape(title)}: choose a level to keep this evidence.</b>"

    def forget(_: object) -> None:
        level.value, evidence.value = None, ""
        change(lambda before: before.without(skill))

    level.observe(keep, "value")
    evidence.observe(keep, "value")
    clear.on_click(forget)
    words = widgets.HTML(f"<div style='line-height:1.4;width:26em'><b>{escape(title)}</b><br>{escape(act)}.</div>")
    return widgets.HBox(
        [words, level, evidence, clear], layout=widgets.Layout(flex_flow="row wrap", align_items="center")
    )


def _slider(name: str, value: float, span: tuple[float, float, float]) -> "ipywidgets.FloatSlider":
    import ipywidgets as widgets

    low, high, step = span
    return widgets.FloatSlider(
        value, min=low, max=high, step=step, description=name, style={"description_width": "8em"}
    )


def _week_rows(sessions: tuple[Session, ...]) -> list[tuple[str, Session | None]]:
    """The rows of a week: each weekday once, or as often as it has sessions."""
    rows: list[tuple[str, Session | None]] = []
    for day in WEEKDAYS:
        rows += [(day, session) for session in sessions if session.weekday == day] or [(day, None)]
    return rows


def _session(day: str, session: Session | None) -> tuple[list[Any], Callable[[], Session | None]]:
    """A checkbox, a time and a length; and what reads them: a session, or None where the box is empty."""
    import ipywidgets as widgets

    start, hours = (session.start, session.hours) if session else USUAL
    narrow = widgets.Layout(width="9em")
    box = widgets.Checkbox(description=day, value=session is not None, indent=False, layout=widgets.Layout(width="5em"))
    at = widgets.Text(description="at", value=start, continuous_update=False, layout=narrow)
    long = widgets.FloatText(description="hours", value=hours, step=0.5, continuous_update=False, layout=narrow)
    at.style.description_width = long.style.description_width = "3em"
    read = lambda: Session(day, at.value.strip(), long.value) if box.value else None  # noqa: E731
    return [box, at, long], read


def _day(name: str, value: date | None) -> "ipywidgets.DatePicker":
    import ipywidgets as widgets

    return widgets.DatePicker(description=name, value=value)


def _given(value: date | None, name: str) -> date:
    if value is None:
        raise LabError(f"The {name} is empty or no date: choose a day.")
    return value


def _away(pairs: list[tuple[date | None, date | None]]) -> tuple[tuple[date, date], ...]:
    """The spans that are whole. One with an empty end is refused."""
    spans = [(begin, end) for begin, end in pairs if begin or end]
    return tuple((_given(begin, "first day away"), _given(end, "last day away")) for begin, end in spans)


def _replan_day(own: plan_file.Saved | None, today: date) -> date | None:
    """From when a saved plan is planned again when the desk opens: today once it has begun, and never earlier."""
    if own is None:
        return None
    return max(own.first or today, today) if own.settings.start < today else own.first


def _past(start: date, first: date | None, today: date) -> str:
    if start >= today or first:
        return ""
    said = f"The plan starts on {start:%d %b %Y}, which is past: sessions before today are promised and gone."
    return f"<p><b>{said}</b> Move the start, or choose from when to replan.</p>"


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
    if own is None or not own.ratings:
        return "Nothing is rated yet. What you choose is kept at once in <b>self-assessment.json</b>."
    bare = sum(rating.counted < rating.level for rating in own.ratings.values())
    more = f" {bare} without evidence count one level lower." if bare else ""
    return f"Kept in <b>self-assessment.json</b>: {len(own.ratings)} of {of} skills.{more}"
