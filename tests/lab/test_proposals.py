"""A proposal names its gaps, cites its numbers, and fits on a page."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from curriculum.desk.evidence import Evidence, Kind
from curriculum.lab import printing, proposals, reviews
from curriculum.lab.errors import LabError
from curriculum.lab.proposals import Bearer, Claim, Measured, Proposal

TODAY = date(2026, 11, 24)
NUMBER = Measured("y1-serving", "p99_open_ms", 388, "ms", date(2026, 11, 20), "work/y1-serving/journal.jsonl")
WHOLE = Proposal(
    "A bound", "The head decides.", "Mina Okafor", date(2026, 12, 18), (Claim("It waits:", NUMBER),),
    "Two weeks.", (Bearer("Residents", "wait", "30 a day"),), "One setting.", "more than 30 wait",
)  # fmt: skip


def whats(proposal: Proposal) -> str:
    return "; ".join(f"{gap.where} {gap.what}" for gap in proposals.gaps(proposal, TODAY))


def test_a_whole_proposal_has_no_gap():
    assert proposals.gaps(WHOLE, TODAY) == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"title": ""}, "title is empty"),
        ({"asks": ""}, "asks is empty"),
        ({"owner": "The team"}, "no person"),
        ({"owner": ""}, "no person"),
        ({"decide_by": None}, "no date"),
        *[({"owner": owner}, "no person") for owner in ("nobody", "tba", "n/a", "?", "TBD.")],
        ({"decide_by": date(2026, 11, 23)}, "is over"),
        ({"decide_by": date(2099, 1, 1)}, "more than a year away"),
        ({"first_step": ""}, "first_step is empty"),
        ({"way_back": ""}, "way_back is empty"),
        ({"way_back": "yes"}, "way_back is one word"),
        ({"stop_when": "it fails"}, "no number"),
        ({"claims": ()}, "there are none"),
        ({"claims": (Claim("Residents love it."),)}, "without a number"),
        ({"claims": (Claim("", NUMBER),)}, "says nothing"),
        ({"claims": (Claim("It waits:", NUMBER, typed=380),)}, "says 380, but y1-serving/p99_open_ms is 388"),
        ({"claims": (Claim("It waits:", replace(NUMBER, measure="")),)}, "no unit"),
        ({"claims": (Claim("It waits:", replace(NUMBER, when=None)),)}, "no date"),
        ({"claims": (Claim("It waits:", replace(NUMBER, when=date(2026, 5, 27))),)}, "181 days old"),
        ({"claims": (Claim("It waits:", replace(NUMBER, sample=True)),)}, "is a sample"),
        ({"claims": (Claim("It waits 200 ms:", NUMBER),)}, "says 200, but y1-serving/p99_open_ms is 388"),
        ({"bearers": ()}, "nobody is named"),
        ({"bearers": (Bearer("The platform team", "builds it", "12 days"),)}, "only your own side"),
        ({"bearers": (Bearer("Residents", "wait", "30"),)}, "the cost has no unit"),
        ({"bearers": (Bearer("Residents", "wait", "thirty"),)}, "the cost has no unit"),
        ({"bearers": (Bearer("Residents", "wait", "some time"),)}, "no amount"),
        ({"first_step": "word " * 401}, "do not fit"),
    ],
)
def test_each_gap_is_named(change, says):
    assert says in whats(replace(WHOLE, **change))


@pytest.mark.parametrize(
    "change",
    [
        *[
            {"bearers": (Bearer("Residents", "wait", amount),)}
            for amount in ("twelve hours a month", "half a day", "4 %")
        ],
        {"claims": (Claim("It waits:", NUMBER, typed="388"),)},
        {"claims": (Claim("With 8 at once on 4 slots it waits 388 ms:", NUMBER),)},
        {"stop_when": "more than thirty wait"},
    ],
)
def test_what_is_right_is_no_gap(change):
    assert proposals.gaps(replace(WHOLE, **change), TODAY) == []


@pytest.mark.parametrize("day", ["2026-12-18", '"2026-12-18"', "2026-12-18 10:00:00"])
def test_a_date_may_have_quotes_or_a_time(tmp_path, day):
    path = tmp_path / "p.yml"
    path.write_text(f"decide_by: {day}\n")
    assert "decide_by" not in whats(proposals.read(path, []))


def test_a_name_that_no_unit_gave_is_answered_with_the_nearest(tmp_path):
    path = tmp_path / "p.yml"
    path.write_text("claims: [{text: It waits, from: y1-serving/p99_opn_ms}, {text: x, from: qq}]\n")
    said = whats(proposals.read(path, [NUMBER]))
    assert "no such number: y1-serving/p99_opn_ms; nearest: y1-serving/p99_open_ms" in said
    assert "claim 2 no such number: qq; who_bears" in said  # nothing is near


def test_the_list_of_numbers_has_name_value_unit_date_and_whose():
    table = proposals.listed([NUMBER, replace(NUMBER, key="other", sample=True)])
    assert table.loc["y1-serving/p99_open_ms"].tolist() == [388, "ms", date(2026, 11, 20), "yours"]
    assert table.loc["y1-serving/other", "whose"] == "sample"


def test_a_number_at_the_edge_of_its_age_still_counts():
    assert proposals.gaps(replace(WHOLE, claims=(Claim("x", replace(NUMBER, when=date(2026, 5, 28))),)), TODAY) == []


def test_the_page_shows_number_unit_source_and_date():
    for page in (proposals.page(WHOLE), proposals.markdown(WHOLE).replace("\\", "")):
        assert "388 ms (y1-serving/p99_open_ms, 2026-11-20)" in page


def test_text_never_becomes_markup():
    bad = "<script>alert(1)</script> [x](javascript:y) | `z`"
    page, text = proposals.page(replace(WHOLE, title=bad, way_back=bad)), proposals.markdown(replace(WHOLE, title=bad))
    assert "<script" not in page
    assert "\\<script\\>" in text and "\\[x\\]" in text and "\\|" in text
    assert "default-src 'none'" in page


def test_numbers_come_from_the_latest_line_of_each_key():
    time = datetime(2026, 11, 20, tzinfo=UTC)
    lines = [
        Evidence("u1", kind, "p99", value, "ms", time, "work/u1/journal.jsonl")
        for kind, value in ((Kind.RESULT, 400), (Kind.PREDICTION, 7), (Kind.RESULT, 388), (Kind.CHECK, 3))
    ]
    lines.append(replace(lines[0], unit=proposals.HERE))  # about invented notes
    assert proposals.measured(lines) == [Measured("u1", "p99", 388, "ms", time.date(), "work/u1/journal.jsonl")]


def test_a_claim_takes_its_number_from_what_was_measured(tmp_path):
    path = tmp_path / "p.yml"
    path.write_text(
        "claims: [{text: It waits, from: y1-serving/p99_open_ms, value: 388}, {text: x, from: y1-serving/other}]"
    )
    first, second = proposals.read(path, [NUMBER]).claims
    assert (first.number, first.typed, second.number) == (NUMBER, 388, None)


@pytest.mark.parametrize("text", ["[", "3"])
def test_a_file_that_is_no_proposal_says_so(tmp_path, text):
    path = tmp_path / "my-proposal.yml"
    path.write_text(text)
    with pytest.raises(LabError, match=r"my-proposal\.yml"):
        proposals.read(path, [])


def test_a_file_full_of_the_wrong_things_gives_gaps_and_no_crash(tmp_path):
    path = tmp_path / "p.yml"
    path.write_text("claims: 3\nwho_bears_the_cost: [1]\ntitle: [a]\ndecide_by: soon\n")
    assert "no amount" in whats(proposals.read(path, []))


def test_samples_say_that_they_are():
    assert all(each.sample and "sample" in each.cited for each in proposals.sample_numbers())


@pytest.mark.skipif(printing.browser() is None, reason="needs a browser that prints")
def test_a_page_at_the_limit_prints_on_one_sheet():
    mended = proposals.read(proposals.SAMPLES / "proposal_mended.yml", proposals.sample_numbers())
    room = proposals.WORDS - proposals.words(mended)
    prose = " ".join(reviews.paragraphs("refresh")).split()
    longest = replace(mended, first_step=" ".join([mended.first_step, *prose[:room]]))
    assert proposals.words(longest) == proposals.WORDS
    assert printing.pages(proposals.page(longest)) == 1
    assert printing.pages(proposals.page(replace(longest, way_back="somewhat " * 200))) == 2
