"""The lesson's experiments on a learner's own desk, a sentence each, however little there is on it."""

from curriculum.desk.indicators import State, indicators
from curriculum.desk.progress_page import Case
from curriculum.desk.skills import calibration, narrowest, radar_area, widest

NOTHING = "Yours: nothing yet."


def radar(case: Case) -> str:
    """How much of a radar the learner's skills fill, by the order of its axes."""
    values = [skill.level() for skill in case.skills if skill.evidence]
    if case.is_sample or not values:
        return NOTHING
    if len(values) < 3:
        return f"Yours: evidence in {len(values)} of the three skills that a radar needs."
    low, high = radar_area(narrowest(values)), radar_area(widest(values))
    return f"Yours: {len(values)} skills, area {low:.0%} to {high:.0%}, mean {sum(values) / len(values):.0%}."


def judgement(case: Case) -> str:
    """How the learner's ratings compare with what somebody has judged."""
    if case.is_sample:
        return NOTHING
    judged = {skill.name: skill.level() for skill in case.skills if skill.is_judged}
    found = calibration(case.claims, judged)
    if found is None:
        both = len(judged.keys() & case.claims.keys())
        return f"Yours: a rating and a grade or credential together in {both} of the three skills that this needs."
    return f"Yours: bias {100 * found.bias:+.0f} points. {found.sentence}"


def milestones(case: Case, *shares: float) -> str:
    """How many indicators are proven, at each share of the points that a piece may need."""
    if case.is_sample:
        return NOTHING
    counts = {
        share: sum(each.state is State.PROVEN for each in indicators(case.course.syllabus, case.found, share))
        for share in shares
    }
    return "Yours: " + ", ".join(f"{count} proven at {share:.0%}" for share, count in counts.items()) + "."
