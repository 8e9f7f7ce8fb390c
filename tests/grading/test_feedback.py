"""Feedback pages are made for everyone who was graded: what failed in words, points as they are, and no hidden test."""

import base64
import re
import shutil
from dataclasses import replace
from itertools import pairwise

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output
from nbgrader.apps.api import NbGraderAPI
from nbgrader.converters import GenerateFeedback
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange import ExchangeFactory
from nbgrader.utils import is_grade

from grading.engine.gradebook import listening_log
from grading.engine.score import failure_message
from grading.feedback import write_feedback
from grading.feedback.exporter import STYLE
from grading.feedback.grades import Points
from grading.feedback.hiding import BEGIN, END, INSTEAD, hidden_lines
from grading.feedback.outputs import RUBRIC
from tests.feedback.planting import PIXEL, TASK, TEST, cell_of, data, error, executed, grades_of, render


@pytest.fixture
def notebook(tiny_original) -> NotebookNode:
    """The author's notebook as if it had been run without outputs: everything right but TEST."""
    return executed(tiny_original)


def text_of(html: str) -> str:
    return " ".join(BeautifulSoup(html, "html.parser").get_text(" ").split())


def article(html: str, task: int = 1) -> BeautifulSoup:
    return BeautifulSoup(html, "html.parser").select("article")[task - 1]


def test_everyone_graded_gets_a_page(graded):
    autograded = graded.course.cohort / "autograded"
    shutil.copytree(autograded / "ana", autograded / "ghost")  # graded elsewhere: the gradebook does not know them
    ana, ghost = write_feedback(graded.course, graded.unit)
    text = text_of(ana.path.read_text(encoding="utf-8"))
    assert "15 of 27 points" in text and "12 of these points wait for a person" in text and str(ana) == str(ana.path)
    assert str(ghost) == "ghost: no page: the gradebook has no grades of this submission."
    assert not ghost.path.exists()


def test_a_broken_notebook_costs_its_own_page_only(graded):
    autograded = graded.course.cohort / "autograded" / "ana" / graded.unit.id / f"{graded.unit.id}.ipynb"
    autograded.chmod(0o644)
    autograded.write_text("{", encoding="utf-8")
    [page] = write_feedback(graded.course, graded.unit)
    assert "no page: it could not be made (" in str(page)


def test_a_page_shows_points_and_comments_as_they_are_now(graded):
    write_feedback(graded.course, graded.unit)
    with graded.gradebook() as gradebook:
        grade = gradebook.find_grade("reflect-limit", "t1-limits", "t1-limits", "ana")
        grade.manual_score, grade.needs_manual_grade = 9, False
        comment = gradebook.find_comment("reflect-limit", "t1-limits", "t1-limits", "ana")
        comment.manual_comment = "Say **who** bears it.<script>alert(1)</script>"
        gradebook.db.commit()
    [page] = write_feedback(graded.course, graded.unit)
    html = page.path.read_text(encoding="utf-8")
    assert "24 of 27 points" in text_of(html) and "wait for a person" not in html
    assert "<p>Say <strong>who</strong> bears it.</p>" in html and "alert(1)" not in html
    assert "9 of 12" in article(html, 6).get_text()


def test_without_grades_there_are_no_pages(cohort):
    assert write_feedback(cohort.course, cohort.unit) == []


def test_a_page_says_what_failed_and_keeps_hidden_tests_hidden(cohort):
    cohort.submit("bea", cohort.released())  # nothing done: every test fails
    cohort.grade()
    [page] = write_feedback(cohort.course, cohort.unit)
    shown = text_of(page.path.read_text(encoding="utf-8"))
    path = cohort.course.cohort / "autograded" / "bea" / cohort.unit.id / f"{cohort.unit.id}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    tests = [cell for cell in notebook.cells if is_grade(cell) and cell.cell_type == "code"]
    failures = [message for cell in tests if (message := failure_message(cell))]
    assert failures and all(" ".join(message.split()) in shown for message in failures)
    hidden = [line.strip() for cell in tests for line in cell.source.split(BEGIN)[1:] for line in line.splitlines()]
    assert any(hidden)
    assert [line for line in hidden if len(line) > 15 and line != END and line in shown] == []
    assert "most recent call last" not in shown


def test_no_way_leads_from_a_hidden_test_to_the_page(tiny_original, notebook):
    secret = "assert window_of(59, 60) == 0, 'second 59 is the last of the first window'"
    test = cell_of(notebook, TEST)
    test.source += f"\n{BEGIN}\n    {secret}\n{END}"
    test.outputs = [
        new_output("stream", name="stdout", text=secret),
        new_output("stream", name="stderr", text=f"<ipython-input>:3: UserWarning: x\n  {secret}"),
        data("text/html", f"<pre>{secret}</pre>"),
        new_output("error", ename="ValueError", evalue=f"at {secret}", traceback=[f"----> 3 {secret}"]),
    ]
    test.metadata["source"] = test.metadata.nbgrader["comment"] = secret
    own = new_code_cell("peek()", outputs=[error(secret), data("text/html", f"<b>{secret}</b>")])
    own.outputs += [data("text/plain", secret), data("text/markdown", f"`{secret}`")]
    own.outputs += [new_output("stream", name="stdout", text=f"peeked: {secret}")]
    notebook.cells.insert(6, own)
    html = render(tiny_original, notebook)
    assert secret not in text_of(html) and "second 59 is the last" not in html and "<!--" not in html
    assert INSTEAD in html
    assert hidden_lines(notebook) >= {secret}


def test_a_line_that_the_learner_wrote_too_is_no_secret(tiny_original, notebook):
    line = "window_of(second=120, length=60)"
    cell_of(notebook, TEST).source += f"\n{BEGIN}\n{line}\n{END}"
    cell = cell_of(notebook, TASK)
    cell.source += f"\n{line}"
    cell.outputs = [new_output("error", ename="TypeError", evalue="no", traceback=[f"----> 1 {line}", "TypeError: no"])]
    assert f"----> 1 {line}" in text_of(render(tiny_original, notebook))


def test_a_failed_test_has_its_message_points_and_a_hint_and_passed_ones_are_folded(tiny_original, notebook):
    cell_of(notebook, TEST).outputs = [error("second 0 lies in window 0,\nnot in 1")]
    html = render(tiny_original, notebook)
    task = article(html)
    [line] = task.select("ul.tests:not(details *) li")
    assert line["class"] == ["nothing"] and line.select_one(".test").get_text(" ", strip=True) == (
        "Window of second start 0 of 1"
    )
    assert line.select_one(".message").get_text() == "second 0 lies in window 0,\nnot in 1"
    assert task.select_one("details.hint").has_attr("open") and task.select_one("details.hint p").get_text()
    assert "1 test passed: 2 points" in task.get_text() and "2 of 3 points" in task.get_text()
    other = article(html, 2)
    assert other.select(".hint") == [] and other.select_one(".badge").get_text() == "full marks"
    rows = [" ".join(row.get_text(" ").split()) for row in BeautifulSoup(html, "html.parser").select(".tasks tbody tr")]
    assert rows[0] == "Task 1: which window 2 of 3 in part" and rows[1].endswith("3 of 3 full marks")
    assert rows[-1] == "Reflection: who is turned away – of 12 waits for a person"


def test_an_answer_that_stopped_with_an_error_comes_before_what_its_tests_did_not_find(tiny_original, notebook):
    stopped = new_output("error", ename="SyntaxError", evalue="unmatched ')'", traceback=[])
    for answer in (TASK, "count-by-window"):
        cell_of(notebook, answer).outputs = [stopped]
    cell_of(notebook, TEST).outputs = [error("no window_of")]
    html = render(tiny_original, notebook)
    first, second = article(html).select("ul.tests:not(details *) li")
    assert "SyntaxError: unmatched ')'" in first.get_text() and "look at this first" in first.get_text()
    assert "no window_of" in second.get_text()
    assert "look at this first" not in article(html, 2).get_text(), "its tests passed all the same"


def test_what_a_cell_printed_is_folded_with_it_when_nothing_is_left_to_do(tiny_original, notebook):
    for answer in (TASK, "count-by-window"):
        cell_of(notebook, answer).outputs = [new_output("stream", name="stdout", text="step 1 of many")]
    cell_of(notebook, TEST).outputs = [error("no window_of")]
    html = render(tiny_original, notebook)
    for task, is_open in ((1, True), (2, False)):
        [folded] = article(html, task).select("details:has(.outputs)")
        assert "step 1 of many" in folded.get_text() and folded.has_attr("open") == is_open


def test_partial_credit_and_its_message_stand_together(tiny_original, notebook):
    printed = new_output("stream", name="stdout", text="what the learner printed\nhalf of it\n")
    cell_of(notebook, TEST).outputs = [printed, new_output("execute_result", {"text/plain": "0.5"})]
    grades = grades_of(notebook)
    grades = replace(grades, points={**grades.points, TEST: Points(0.5, 1)})
    [line] = article(render(tiny_original, notebook, grades)).select("li.partial")
    assert " ".join(line.get_text(" ").split()) == "Window of second start 0.5 of 1 half of it"


def test_points_that_a_person_gave_are_said_to_be_so(tiny_original, notebook):
    cell_of(notebook, TEST).outputs = [error("half of it")]
    grades = grades_of(notebook)
    grades = replace(grades, points={**grades.points, TEST: Points(0.5, 1, by_person=True)})
    text = article(render(tiny_original, notebook, grades)).get_text()
    assert "A person gave these points." in text and "half of it" not in text


def copy_of(root, target):
    """Lay the course without its solutions, and return the path of its released notebook."""
    for folder in ("assignments", "curriculum"):
        shutil.copytree(root / folder, target / folder)
    return target / "assignments" / "t1-limits" / "t1-limits.ipynb"


def test_a_reflection_has_its_answer_and_one_rubric(tiny_original, notebook, tmp_path):
    cell_of(notebook, "reflect-limit").source = "I would keep **the limit**."
    rubric = f"<p>Your own numbers: 7</p>{RUBRIC} It grades …</p><table><tr><td>shown twice</td></tr></table>"
    cell_of(notebook, "numbers-for-reflect-limit").outputs = [data("text/html", rubric)]
    task = article(render(tiny_original, notebook), 6)
    assert "shown twice" in task.get_text(), "the only rubric that there is must stay"
    course = copy_of(tiny_original, tmp_path)
    released = nbformat.read(course, as_version=4)
    place = next(place for place, cell in enumerate(released.cells) if cell.get("id") == "reflect-limit")
    released.cells[place - 2].source += "\n\n| | 0 | 1 |\n|---|---|---|\n| Evidence | none | some |"
    nbformat.write(released, course)
    task = article(render(tmp_path, notebook), 6)
    assert "I would keep the limit." in task.get_text() and "– of 12" in task.get_text()
    [question] = [each for each in task.select("details") if "what earns points" in each.summary.get_text()]
    assert question.find("table") and len(task.find_all("table")) == 1
    assert "Your own numbers: 7" in task.get_text() and "shown twice" not in task.get_text()


def test_the_cell_of_the_lab_still_ends_with_the_rubric_that_is_cut(monkeypatch, tmp_path):
    from curriculum.lab import reflections

    shown: list[str] = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(reflections, "show", lambda plain, markup: shown.append(markup))
    reflections.reflect("reflect-limit", ["a-number"])
    assert RUBRIC in shown[0]


def test_plots_are_shown_with_words_for_those_who_cannot_see_them(tiny_original, notebook):
    cell = cell_of(notebook, TASK)
    lab = f'<img alt="Line chart: it rises" src="data:image/png;base64,{PIXEL}" onload="x()">'
    cell.outputs = [data("image/png", PIXEL + "\n"), data("text/html", lab), data("image/svg+xml", "<svg/>")]
    task = article(render(tiny_original, notebook))
    place = 1 + next(place for place, each in enumerate(notebook.cells) if each is cell)
    assert [image["alt"] for image in task.find_all("img")] == [f"Plot made by cell {place}", "Line chart: it rises"]
    assert base64.b64decode(task.img["src"].partition(",")[2]) == base64.b64decode(PIXEL)
    assert "Not shown here: an SVG drawing. Your notebook has it." in task.get_text()


def test_own_cells_stand_under_the_task_that_they_follow(tiny_original, notebook):
    place = 1 + next(place for place, cell in enumerate(notebook.cells) if cell.get("id") == "count-by-window")
    own = [new_code_cell("mine = 1", outputs=[new_output("stream", name="stdout", text="my own output")])]
    notebook.cells[place:place] = [*own, new_markdown_cell("my *own* words")]
    html = render(tiny_original, notebook)
    assert "my own output" in article(html, 2).get_text() and "my own words" in article(html, 2).get_text()
    assert html.count("my own output") == 1


def test_a_missing_answer_and_a_test_without_points_are_said(tiny_original, notebook):
    notebook.cells.remove(cell_of(notebook, TASK))
    grades = grades_of(notebook)
    grades = replace(grades, points={name: points for name, points in grades.points.items() if name != TEST})
    text = article(render(tiny_original, notebook, grades)).get_text()
    assert "The submission had no cell for this answer." in text
    assert "The gradebook has no points for this test." in text


def test_remarks_of_the_grader_and_a_late_penalty_are_at_the_top(tiny_original, notebook):
    notebook.metadata.setdefault("course", NotebookNode())["remarks"] = ["the copies of 'limiter' were left out."]
    grades = grades_of(notebook, name="Ana <b>Ray</b>", late_penalty=4.0, seconds_late=7200.0)
    html = render(tiny_original, notebook, grades)
    head = html[: html.index("<article")]
    assert "<li>The copies of &#39;limiter&#39; were left out.</li>" in head
    assert "Handed in late by 2.0 hours: 4 points are taken off." in head
    assert "Ana &lt;b&gt;Ray&lt;/b&gt; (ana)" in head and "<strong>10</strong> of 27" in head


def test_headings_are_in_order_and_the_language_is_named(tiny_original, notebook):
    cell_of(notebook, "reflect-limit").source = "# Mine\n\n##### deeper"
    tree = BeautifulSoup(render(tiny_original, notebook), "html.parser")
    levels = [int(each.name[1]) for each in tree.find_all(re.compile("^h[1-6]$"))]
    assert tree.html["lang"] == "en" and levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_huge_submissions_make_pages_of_bounded_size(tiny_original, notebook):
    cell = cell_of(notebook, TASK)
    cell.outputs = [new_output("stream", name="stdout", text=f"{number}\n") for number in range(5_000)]
    cell.outputs += [data("text/html", "<b>x</b>" * 1_000_000), data("text/plain", "y" * 10_000_000)]
    cell.outputs += [data("image/png", PIXEL)] * 500
    cell.source += "\n# long" * 100_000
    notebook.cells += [new_code_cell(f"x = {number}" * 500) for number in range(1_500)]
    html = render(tiny_original, notebook)
    assert len(html) < 1_500_000
    assert "more lines are left out here." in html and "The page is full; the rest is in your notebook." in html


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("mode", [0, 1], ids=["light", "dark"])
def test_words_stand_out_from_what_is_behind_them(mode):
    """WCAG's AA: a contrast of at least 4.5 for every pair of colours that the style uses."""
    colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", STYLE.split(":root {")[mode + 1].split("}")[0]))
    text = {"text", "soft", "link", "keyword", "string", "comment", "number", "name", "partial"}
    pairs = {(front, back) for front in text for back in ("card", "fill")} | {("soft", "page"), ("text", "waits-fill")}
    pairs |= {(state, f"{state}-fill") for state in ("full", "partial", "nothing", "waits")}
    for front, back in pairs:
        light, dark = sorted((luminance(colours[front]), luminance(colours[back])), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, (front, back)


@pytest.mark.parametrize("how", ["nbgrader's command", "the formgrader's button", "ours"])
def test_feedback_is_released_for_a_submission_that_was_laid_by_hand(graded, monkeypatch, how):
    """Such a submission has no secret and no time, and release_feedback stops without them."""
    submission = graded.course.cohort / "autograded" / "ana" / graded.unit.id
    (submission / "evil.html").write_text("<script>alert(1)</script>", encoding="utf-8")
    (submission / "data").mkdir()
    (submission / "data" / "rows.csv").write_text("1", encoding="utf-8")
    assert not (submission / "submission_secret.txt").exists() and not (submission / "timestamp.txt").exists()
    config = graded.course.nbgrader_config()
    config.CourseDirectory.assignment_id, config.CourseDirectory.student_id = graded.unit.id, "ana"
    said, log = listening_log("feedback")
    coursedir = CourseDirectory(config=config, log=log)
    if how == "nbgrader's command":
        GenerateFeedback(coursedir=coursedir, config=config, log=log).start()
    elif how == "the formgrader's button":
        monkeypatch.chdir(graded.course.root)
        done = NbGraderAPI(coursedir, config=config).generate_feedback(graded.unit.id, "ana", force=True)
        assert done["success"], done
    else:
        write_feedback(graded.course, graded.unit)
    page = graded.course.cohort / "feedback" / "ana" / graded.unit.id / f"{graded.unit.id}.html"
    assert "15 of 27 points" in text_of(page.read_text(encoding="utf-8"))
    beside = {path.name for path in page.parent.iterdir()}
    assert beside == {page.name, "submission_secret.txt", "timestamp.txt"}, "a file of the learner's would be released"

    exchange = graded.course.cohort / "exchange"
    exchange.mkdir()
    exchange.chmod(0o777)  # nbgrader's exchange is a folder that everyone may write to
    factory = ExchangeFactory(config=config)
    factory.ReleaseFeedback(coursedir=coursedir, config=config, log=log).start()
    [released] = (exchange / "ai-systems" / "feedback").glob("*.html")
    assert released.read_bytes() == page.read_bytes() and said == []


def test_what_is_released_stays_under_its_name_when_pages_are_made_again(graded):
    secret = graded.course.cohort / "feedback" / "ana" / graded.unit.id / "submission_secret.txt"
    write_feedback(graded.course, graded.unit)
    before = secret.read_text(encoding="utf-8")
    write_feedback(graded.course, graded.unit)
    assert secret.read_text(encoding="utf-8") == before
