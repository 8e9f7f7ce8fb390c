"""Progress in a notebook: each view is a table that needs no kernel, and beside it a control for who has one."""

from collections.abc import Sequence

from curriculum.credentials.verifying import HEAD as CHECKS
from curriculum.credentials.verifying import Verdict
from curriculum.desk.indicators import HEAD, Indicator, indicators
from curriculum.desk.progress_page import EVIDENCE_HEAD, Case, evidence_rows
from curriculum.desk.skills import Skill
from curriculum.lab.display import escape, plain_table, show, table
from curriculum.lab.predictions import in_jupyterlab


def show_skills(skills: Sequence[Skill]) -> None:
    """Each skill with its value; opening a line shows the evidence behind it. Works without a kernel."""
    plain = plain_table(["skill", "shown", "pieces of evidence"], [_line(skill) for skill in skills])
    folds = "".join(
        f"<details><summary>{escape(skill.text)}: <b>{skill.level():.0%}</b>, "
        f"{len(skill.evidence)} pieces of evidence</summary>"
        f"{table(EVIDENCE_HEAD, evidence_rows(skill.evidence))}</details>"
        for skill in skills
    )
    show(plain, folds)


def show_indicators(found: Sequence[Indicator]) -> None:
    """Each success indicator with its state, what proves it and what is missing."""
    rows = [each.row for each in found]
    show(plain_table(HEAD, rows), table(HEAD, rows))


def show_verdict(verdict: Verdict) -> None:
    """Each check of a credential."""
    show(plain_table(CHECKS, verdict.rows), table(CHECKS, verdict.rows))


def indicators_at(case: Case, share: float) -> str:
    """The states of all indicators, in HTML, if each asked for `share` of the points."""
    rows = [each.row for each in indicators(case.course.syllabus, case.found, share)]
    return table(HEAD, rows)


def choose_share(case: Case, start: float = 0.7) -> None:
    """In JupyterLab, a slider for the share of points that proves an indicator. Elsewhere, one line."""
    if not in_jupyterlab():
        print("In JupyterLab, a slider here moves the share of points that each piece needs.")
        return
    import ipywidgets as widgets
    from IPython.display import display

    slider = widgets.FloatSlider(
        value=start, min=0.5, max=1, step=0.05, description="share", readout_format=".0%", continuous_update=False
    )
    output = widgets.HTML(indicators_at(case, start))
    slider.observe(lambda change: setattr(output, "value", indicators_at(case, change["new"])), "value")
    display(widgets.VBox([slider, output]))


def _line(skill: Skill) -> list[str]:
    return [skill.text, f"{skill.level():.0%}", str(len(skill.evidence))]
