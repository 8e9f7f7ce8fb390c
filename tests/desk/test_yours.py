"""The lesson's experiments say something of a learner's own desk, however little is on it."""

from curriculum.desk import yours
from curriculum.desk.evidence import Evidence, Found, Kind
from curriculum.desk.progress_page import Case, sample_case


def credential(unit="u1-limits"):
    return Evidence(unit, Kind.CREDENTIAL, "urn:x", "The school", "issuer", None, "work/credentials/x.json")


def test_a_sample_is_nobodys_own(tmp_path):
    case = sample_case(tmp_path)
    said = {yours.radar(case), yours.judgement(case), yours.milestones(case, 0.7)}
    assert said == {"Yours: nothing yet."}


def test_a_desk_with_one_credential_says_what_is_missing(course):
    case = Case(course, Found((credential(),)), {"limits": 0.5}, is_sample=False)
    assert yours.radar(case) == "Yours: evidence in 1 of the three skills that a radar needs."
    assert yours.judgement(case).endswith("together in 1 of the three skills that this needs.")
    assert yours.milestones(case, 0.7, 0.8) == "Yours: 0 proven at 70%, 0 proven at 80%."
    empty = Case(course, Found(), {}, is_sample=False)
    assert yours.radar(empty) == "Yours: nothing yet."


def test_a_full_desk_gives_numbers(tmp_path):
    sample = sample_case(tmp_path)
    case = Case(sample.course, sample.found, sample.claims, is_sample=False)
    assert yours.radar(case).startswith("Yours: 9 skills, area ")
    assert "over 6 skills" in yours.judgement(case)
    assert yours.milestones(case, 0.6, 0.7) == "Yours: 3 proven at 60%, 1 proven at 70%."
