"""The page shows a sample until there is something of the learner's own, and each value with its evidence."""

import json

import nbformat
import pytest
from nbformat.v4 import new_code_cell

from curriculum.desk import progress_page, progress_view
from curriculum.desk.claims import claims_of
from curriculum.desk.places import folder_of
from curriculum.desk.sample import LEARNERS, lay_sample, sample_evidence
from curriculum.lab.journal import Entry, append
from grading.engine.execute import run_notebook


@pytest.fixture
def claims_file(course):
    path = course.work / "s1-map-and-plan" / "self-assessment.json"
    path.parent.mkdir(parents=True)
    return path


def test_the_sample_says_so_everywhere(tmp_path):
    case = progress_page.sample_case(tmp_path)
    text = progress_page.page(case)
    assert case.is_sample
    assert text.splitlines()[2].startswith("Sample: everything here is made up.")
    grades = [each for each in case.found.evidence if each.kind == "grade"]
    assert grades
    assert all(each.source.startswith("sample") for each in case.found.evidence)


@pytest.mark.parametrize("learner", LEARNERS)
def test_a_sample_is_the_same_for_the_same_seed(learner, tmp_path):
    one, same, other = (
        sample_evidence(lay_sample(tmp_path / str(place), learner, seed), learner, seed)
        for place, seed in enumerate((4, 4, 5))
    )
    assert one == same
    assert one != other
    assert one.remarks == ()


def test_a_desk_without_evidence_shows_the_sample_and_one_with_it_shows_its_own(tmp_path):
    desk = tmp_path / "work"
    here = desk / "s4-progress"
    here.mkdir(parents=True)
    assert progress_page.own_or_sample(tmp_path / "scratch", here).is_sample
    (desk / ".desk").mkdir()
    assert progress_page.own_or_sample(tmp_path / "scratch", here).is_sample
    append(Entry("result", "radar_area", 6), here)  # what this lesson itself writes
    assert progress_page.own_or_sample(tmp_path / "scratch", here).is_sample
    (desk / "y1-serving").mkdir()
    append(Entry("number", "rate", 40, unit="requests/s"), desk / "y1-serving")
    case = progress_page.own_or_sample(tmp_path / "scratch", here)
    assert not case.is_sample
    assert case.sentence == "Your own: 1 piece of evidence from 1 unit."
    text = progress_page.page(case)
    assert "Sample" not in text
    assert "| y1-serving | number | rate | 40 requests/s |" in text


def test_the_page_holds_the_evidence_behind_each_skill_and_what_could_not_be_read(course, unit):
    folder = folder_of(course, unit)
    folder.mkdir(parents=True)
    append(Entry("prediction", "a|b <script>", 40), folder)
    (folder / "journal.jsonl").open("a", encoding="utf-8").write("{\n")
    found = progress_page.evidence_of(course)
    text = progress_page.page(progress_page.Case(course, found, {"limits": 0.5}, is_sample=False))
    assert "a\\|b &lt;script&gt;" in text
    assert "shown, nothing graded yet, judged at 50% by the learner" in text
    assert "1 line is damaged" in text
    assert progress_page.write_page(progress_page.Case(course, found, {}, False), folder).name == "progress.md"


def test_claims_are_shares_of_the_highest_level(course, claims_file):
    assert claims_of(course) == ({}, ())
    claims_file.write_text(json.dumps({"format": 1, "skills": {"limits": {"level": 3}, "unknown": {"level": 4}}}))
    assert claims_of(course) == ({"limits": 0.75}, ())


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", "damaged"),
        ("[]", "damaged"),
        ('{"format": 1, "skills": {"limits": 3}}', "damaged"),
        ('{"format": 2, "skills": {}}', "format 2"),
        ('{"format": 1, "skills": {"limits": {"level": 9}}}', "no level"),
        ('{"format": 1, "skills": {"limits": {"level": true}}}', "no level"),
    ],
)
def test_a_damaged_self_assessment_gives_less_and_a_sentence(course, claims_file, content, says):
    claims_file.write_text(content, encoding="utf-8")
    claims, remarks = claims_of(course)
    assert claims == {}
    assert says in remarks[0]


def test_the_views_work_in_a_notebook_and_the_slider_moves_the_table(tmp_path, monkeypatch):
    monkeypatch.setenv("JPY_SESSION_NAME", "s4.ipynb")
    code = (
        "from pathlib import Path\nfrom curriculum.desk import progress_page, progress_view\n"
        "import ipywidgets\ncase = progress_page.sample_case(Path.cwd())\n"
        "progress_view.choose_share(case)\n"
        "slider = next(w for w in ipywidgets.Widget.widgets.values() if isinstance(w, ipywidgets.FloatSlider))\n"
        "view = next(w for w in ipywidgets.Widget.widgets.values() if isinstance(w, ipywidgets.HTML))\n"
        "before = view.value\nslider.value = 0.5\nprint(before.count('proven<'), view.value.count('proven<'))"
    )
    ran = run_notebook(nbformat.v4.new_notebook(cells=[new_code_cell(code)]), tmp_path)
    said = "".join(output.get("text", "") for output in ran.cells[0].outputs)
    assert "1 3\n" in said, ran.cells[0].outputs


def test_outside_jupyterlab_the_slider_is_a_line(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    progress_view.choose_share(progress_page.sample_case(tmp_path))
    assert capsys.readouterr().out.startswith("In JupyterLab, a slider")


def test_the_skills_view_folds_the_evidence_and_escapes_it(tmp_path, capsys):
    case = progress_page.sample_case(tmp_path)
    progress_view.show_skills(case.skills)
    progress_view.show_indicators(case.indicators)
    out = capsys.readouterr().out
    assert "Automate delivery with gates" in out
    assert "F-C" in out
