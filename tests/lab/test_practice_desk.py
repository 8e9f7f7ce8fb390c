"""The learner's own files, the reviews they hold, the places to go, and the pictures of s2-professional-practice."""

from dataclasses import replace
from datetime import date, timedelta

import matplotlib as mpl
import matplotlib.pyplot as plt
import pandas as pd
import pytest
import yaml

from curriculum.lab import communities, initiatives, journal, plots, practice_desk, practice_plots, proposals, reviews
from curriculum.lab.errors import LabError


def test_a_file_is_laid_once_and_then_the_learners(tmp_path):
    path = practice_desk.lay(practice_desk.INITIATIVES, initiatives.SAMPLE, tmp_path)
    assert path.read_text() == initiatives.SAMPLE.read_text()
    path.write_text("mine")
    assert practice_desk.lay(practice_desk.INITIATIVES, initiatives.SAMPLE, tmp_path).read_text() == "mine"


def test_an_answer_is_kept_and_can_be_taken_back(tmp_path):
    path = practice_desk.lay(practice_desk.INITIATIVES, initiatives.SAMPLE, tmp_path)
    before = initiatives.read(path)
    practice_desk.keep_answer(path, "contest-desk", "waits", True)
    after = initiatives.read(path)
    assert after.initiatives[7].answers == {**before.initiatives[7].answers, "waits": True}
    assert after.initiatives[:7] == before.initiatives[:7] and after.signals == before.signals
    assert before.sample and not after.sample
    practice_desk.keep_answer(path, "contest-desk", "waits", None)
    assert initiatives.read(path).initiatives == before.initiatives
    with pytest.raises(LabError, match="no initiative"):
        practice_desk.keep_answer(path, "none", "waits", True)


def test_an_initiative_may_have_a_number_for_its_id(tmp_path):
    path = tmp_path / practice_desk.INITIATIVES
    path.write_text(initiatives.SAMPLE.read_text().replace("id: contest-desk", "id: 42"))
    practice_desk.keep_answer(path, "42", "waits", True)
    assert initiatives.read(path).initiatives[7].answers["waits"] is True


def test_the_controls_write_what_was_clicked_and_move_the_ranking(tmp_path):
    path = practice_desk.lay(practice_desk.INITIATIVES, initiatives.SAMPLE, tmp_path)
    box = practice_desk._initiatives_box(path)
    chosen, *rows, result = box.children
    before = result.value
    chosen.value = "contest-desk"
    rows[0].children[1].children[0].value = "yes"  # somebody waits
    assert initiatives.read(path).initiatives[7].answers["waits"] is True
    assert result.value != before
    text, before = path.read_text(), result.value
    rows[0].children[1].children[1].value = 0  # its weight
    assert result.value != before and path.read_text() == text
    chosen.value = "form-reader"  # shows its answers and writes none of them
    assert rows[0].children[1].children[0].value == "yes" and path.read_text() == text


def test_a_tick_is_kept_beside_the_other_readings(tmp_path):
    path = tmp_path / practice_desk.REVIEW
    parts = reviews.paragraphs("retrieval")
    practice_desk._review_box(path, "free", parts).children[2].children[0].value = True
    box = practice_desk._review_box(path, "checklist", parts)
    box.children[len(parts)].children[0].value = True  # what is missing
    assert reviews.read(path) == reviews.Review(frozenset({3}), frozenset({0}))
    box.children[len(parts)].children[0].value = False
    assert reviews.read(path).checklist == frozenset()


def test_without_a_review_the_invented_reader_says_so(tmp_path):
    assert reviews.read(tmp_path / "none.yml").sample


@pytest.mark.parametrize("text", ["free: [22]\n", "free: [-1]\n", "free: [yes]\n", "free: 3\n", "3", "["])
def test_a_review_of_other_paragraphs_is_refused(tmp_path, text):
    path = tmp_path / "my-review.yml"
    path.write_text(text)
    with pytest.raises(LabError, match="my-review"):
        reviews.read(path)


def test_the_seeded_flaws_are_where_they_are_said_to_be():
    seeded, parts = reviews.flaws(), reviews.paragraphs("retrieval")
    items = {item.id for item in reviews.checklist()}
    assert len({flaw.id for flaw in seeded}) == len({flaw.paragraph for flaw in seeded}) == 12
    assert {flaw.item for flaw in seeded} == items | {None}
    assert all(0 <= flaw.paragraph <= len(parts) for flaw in seeded)
    assert "37 MB" in parts[17] and round(40_000 * 3 * 768 * 4 / 1e6) == 369


def test_a_review_counts_once_both_readings_hold_a_mark(tmp_path):
    path = tmp_path / practice_desk.REVIEW
    practice_desk.keep_review(path, [4], [])
    assert reviews.whole(path).sample
    practice_desk.keep_review(path, [4], [9])
    assert reviews.whole(path) == reviews.Review(frozenset({4}), frozenset({9}))


def test_ticking_everything_finds_all_and_shows_what_it_costs():
    seeded, last = reviews.flaws(), len(reviews.paragraphs("retrieval"))
    sample = reviews.read()
    table = reviews.costs({"sample": sample.checklist, "everything": range(last + 1)}, seeded)
    assert table.loc["everything"].tolist() == [22, 12, 9]
    assert table.loc["sample"].tolist() == [11, 9, 2]


def test_either_end_of_a_contradiction_is_the_flaw():
    seeded = [reviews.Flaw("a", 20, None, "", (2,))]
    assert reviews.costs({"reader": [2]}, seeded).loc["reader"].tolist() == [1, 1, 0]


def test_comparison_and_alarms():
    seeded = [reviews.Flaw("a", 1, "x", ""), reviews.Flaw("b", 0, None, "")]
    found = reviews.compare({"free": [1, 5], "list": [0]}, seeded)
    assert found.values.tolist() == [[True, False], [False, True]]
    assert reviews.alarms([1, 5], seeded) == {5}


def test_a_search_is_content_with_words():
    items = [reviews.Item("back", "?", ("rollback", "way back")), reviews.Item("full", "?", ("queue",))]
    assert reviews.screen("We have no Rollbacks, and queueing is fine.", items) == ["full"]


def test_places_are_dated_and_grow_old():
    places = communities.places()
    assert all(p.url.startswith("https://") and p.as_of <= p.checked and p.first and p.cost for p in places)
    assert {p.state for p in places} == {"open", "closed"}
    last = places[0].as_of + timedelta(days=communities.TRUST_DAYS)
    assert not places[0].is_due(last) and places[0].is_due(last + timedelta(days=1))
    assert communities.ladder()["hours"].is_monotonic_increasing


def test_the_table_of_places_leads_there_and_says_when_they_meet(monkeypatch):
    said = []
    monkeypatch.setattr(communities, "show", lambda plain, markup: said.extend([plain, markup]))
    place = replace(communities.places()[0], name="Group <b>", url='https://example.org/?a=1&b="2')
    communities.show_places([place])
    plain, markup = said
    assert place.url in plain and place.meets in plain and place.meets in markup
    assert '<a href="https://example.org/?a=1&amp;b=&quot;2">Group &lt;b&gt;</a>' in markup


def test_under_the_ranking_stand_the_questions_of_the_best_conversation():
    book = initiatives.read()
    plain, markup = practice_desk._ranking(book, None)
    council = book.initiatives[7]
    asked = [signal.question for signal in book.signals if signal.id not in council.answers]
    assert len(asked) == 5 and all(question in plain for question in asked)
    assert "Talk to residents&#x27; council" in markup
    silent = initiatives.Book(book.signals, (council.told("welcome", False),))
    assert practice_desk._to_ask(silent, None) == ["No answer would change the choice."]


def test_the_numbers_that_a_page_cites_are_handed_in_with_this_journal(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    page = tmp_path / practice_desk.PROPOSAL
    practice_desk.show_cited(page, [])
    assert "no number of your own" in capsys.readouterr().out and journal.entries() == []
    page.write_text("claims: [{text: a, from: u1/none}, {text: b, from: u1/p99}]")
    own = [proposals.Measured("u1", "p99", 388, "ms", date(2026, 11, 20), "work/u1/journal.jsonl")]
    practice_desk.show_cited(page, own)
    said = capsys.readouterr().out
    assert "388 ms" in said and "u1/p99, 2026-11-20" in said and "none" not in said
    practice_desk.show_cited(page, own)  # again: nothing new to keep
    assert [(entry.key, entry.value, entry.unit) for entry in journal.entries()] == [("page_2", 388, "ms")]
    capsys.readouterr()
    page.unlink()  # at the facilitator's
    practice_desk.show_cited(page, [])
    assert capsys.readouterr().out == said


def test_pictures_say_their_numbers(monkeypatch):
    mpl.use("agg")
    said = []

    def keep(figure, alt):
        assert all(axis.get_xlabel() and axis.get_ylabel() for axis in figure.axes)
        said.append((" ".join(figure.axes[0].get_title(loc="left").split()), alt))
        return ""

    monkeypatch.setattr(plots, "_image", keep)
    monkeypatch.setattr(plots, "show", lambda plain, markup: None)
    book = initiatives.read()
    practice_plots.draw_ranking(initiatives.rank(book))
    practice_plots.draw_questions(initiatives.questions(book), initiatives.conversations(book))
    practice_plots.draw_pages(
        pd.DataFrame({"words": [300, 433, 473], "pages": [1, 1, 2]}), {"a": 1, "b": 2}, proposals.WORDS
    )
    found = pd.DataFrame({"free": [True, False], "checklist": [False, True]}, index=["one", "two"])
    practice_plots.draw_reviews(found, sample=False)
    share = initiatives.first_places(book, 500)
    practice_plots.draw_first_places({"before": share, "after": share}, book)
    plt.close("all")
    titles = [title for title, _ in said]
    assert titles[0] == "form-reader leads, and 4 others could still overtake it"
    assert titles[1] == "contest-desk: 0.000 for one question, 0.044 for all 5"
    assert "after 433 words" in titles[2]
    assert titles[3] == "You: 1 by the list alone, 1 freely alone"
    assert titles[4].startswith("Residents first:")
    assert all(len(alt) > 60 for _, alt in said)


def test_the_samples_are_marked_and_readable():
    for path in proposals.SAMPLES.glob("*.yml"):
        text = path.read_text(encoding="utf-8")
        assert yaml.safe_load(text) and any(word in text.casefold() for word in ("synthetic", "sample", "copy"))
    assert date(2026, 11, 24) >= max(p.checked for p in communities.places())
