"""A credential that verifies proves its indicator on a desk without grades, and one that does not says why."""

import json
import shutil
from datetime import UTC, datetime, timedelta

import pytest

from curriculum.course import Course
from curriculum.credentials.badge import Award
from curriculum.credentials.issuer import Issuer
from curriculum.desk.indicators import State, indicators
from curriculum.desk.kept_credentials import from_credentials
from curriculum.desk.progress_page import Case, page
from curriculum.desk.sample import SYLLABUS

NOW = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.fixture
def desk(tmp_path):
    """A desk with a credential for F-C, and its folder."""
    root = tmp_path / "course"
    (root / "curriculum").mkdir(parents=True)
    shutil.copy(SYLLABUS, root / "curriculum" / "syllabus.yml")
    course = Course(root=root, work=root / "work", cohort=root / "cohort")
    folder = course.work / "credentials"
    folder.mkdir(parents=True)
    issuer = Issuer(tmp_path / "issuer", lambda: NOW).create("The school")
    credential = issuer.issue(Award("F-C", "A landing zone", "All pieces."), "ada@city.example")
    (folder / "F-C.json").write_text(json.dumps(credential), encoding="utf-8")
    for path in (issuer.public, issuer.status_file):
        shutil.copy(path, folder)
    return course, folder


def test_a_desk_without_credentials_has_nothing_to_say(tmp_path):
    assert from_credentials(Course(work=tmp_path / "work")).remarks == ()


def test_a_credential_proves_its_indicator_and_no_other(desk):
    course, _ = desk
    found = from_credentials(course, NOW)
    assert [(each.unit, each.value, each.source) for each in found.evidence] == [
        ("f5-capstone-landing-zone", "The school, recipient not checked", "work/credentials/F-C.json")
    ]
    first, *others = indicators(course.syllabus, found)
    assert first.row[1:] == ["proven", "a credential of The school, recipient not checked", "nothing"]
    assert {each.state for each in others} == {State.NOT_YET}
    assert indicators(course.syllabus, found, 0.5)[0].state is State.PROVEN
    more = indicators(course.syllabus, found, 0.8)[0]  # a credential says no more than was asked for
    assert (more.state, more.missing) == (
        State.PARTLY,
        ("The credential says at least 70%, and 80% is asked for.",),
    )


def test_one_that_was_altered_or_is_too_old_proves_nothing_and_says_why(desk):
    course, folder = desk
    path = folder / "F-C.json"
    assert "expired" in from_credentials(course, NOW + timedelta(days=4 * 365)).remarks[0]
    path.write_text(path.read_text(encoding="utf-8").replace("A landing zone", "A landing zome"), encoding="utf-8")
    found = from_credentials(course, NOW)
    assert found.evidence == ()
    assert found.remarks[0].startswith("work/credentials/F-C.json does not verify: The signature does not fit")
    assert indicators(course.syllabus, found)[0].state is State.NOT_YET


def test_an_address_on_the_desk_tells_whose_a_credential_is(desk):
    course, folder = desk
    (folder / "address.txt").write_text("Ada@city.example\n", encoding="utf-8")
    assert [each.value for each in from_credentials(course, NOW).evidence] == ["The school"]
    (folder / "address.txt").write_text("bob@city.example\n", encoding="utf-8")
    found = from_credentials(course, NOW)
    assert found.evidence == ()
    assert found.remarks == ("work/credentials/F-C.json does not verify: It was issued to somebody else.",)
    (folder / "address.txt").write_bytes(b"\xff")
    assert "address.txt could not be read" in from_credentials(course, NOW).remarks[0]


def test_a_credential_shows_in_the_skills_of_its_unit_and_on_the_page(desk):
    course, folder = desk
    case = Case(course, from_credentials(course, NOW), {}, is_sample=False)
    levels = {skill.name: skill.level() for skill in case.skills if skill.is_judged}
    assert levels == {
        "infrastructure-as-code": pytest.approx(0.7 * 4.75 / 8),
        "integration": pytest.approx(0.7 * 4.75 / 10.5),
    }
    said = "Credentials that verify: work/credentials/F-C.json (The school, recipient not checked)."
    assert said in page(case)
    (folder / "F-C.json").write_text("{}", encoding="utf-8")
    assert "Credentials that verify" not in page(Case(course, from_credentials(course, NOW), {}, is_sample=False))


@pytest.mark.parametrize("name", ["issuer.json", "status.json", "F-C.json"])
@pytest.mark.parametrize("content", ["", "{", "{}", "[]"])
def test_a_damaged_file_gives_a_sentence(desk, name, content):
    course, folder = desk
    (folder / name).write_text(content, encoding="utf-8")
    found = from_credentials(course, NOW)
    assert found.evidence == ()
    assert len(found.remarks) == 1


def test_a_missing_issuer_or_list_gives_a_sentence(desk):
    course, folder = desk
    (folder / "issuer.json").unlink()
    assert "no credential can be checked" in from_credentials(course, NOW).remarks[0]


def test_a_credential_for_something_unknown_is_said(desk, tmp_path):
    course, folder = desk
    issuer = Issuer(tmp_path / "issuer", lambda: NOW)
    (folder / "other.json").write_text(json.dumps(issuer.issue(Award("Z9", "Other", "All."), "ada@city.example")))
    found = from_credentials(course, NOW)
    assert len(found.evidence) == 1
    assert found.remarks == ("work/credentials/other.json is for nothing that the syllabus knows.",)
