"""A facilitator issues credentials from the gradebook: only for what is proven, once, and learners can verify them."""

import json

import pytest
import yaml
from typer.testing import CliRunner

from curriculum.errors import CourseError
from grading import cli
from grading.badges import issue_badges, issuer_of, verify_file

ADDRESS = "ana@school.example"


@pytest.fixture
def proof(graded):
    """The graded course, with an indicator that its one task and its reflection prove. Gives course and milestone."""
    path = graded.course.root / "curriculum" / "syllabus.yml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    content["milestones"][0]["proofs"] = [{"indicator": "X1", "title": "Limits that hold", "unit": graded.unit.id}]
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    issuer_of(graded.course).create("The school")
    return type(graded.course)(root=graded.course.root, work=graded.course.work, cohort=graded.course.cohort)


def give_points(graded, points):
    """What a person gives in the formgrader."""
    with graded.gradebook() as book:
        grade = book.find_grade("reflect-limit", graded.unit.id, graded.unit.id, "ana")
        grade.manual_score, grade.needs_manual_grade = points, False
        book.db.commit()


def test_nothing_is_issued_before_a_person_has_graded(proof, graded):
    (issued,) = issue_badges(proof, "tiny", "ana", ADDRESS)
    assert issued.path is None
    assert issued.sentence == "reflect-limit waits for a person to grade it."
    give_points(graded, 3)
    (issued,) = issue_badges(proof, "tiny", "ana", ADDRESS)
    assert issued.sentence == "reflect-limit has 3 of 12 points, and 8.4 are needed."
    assert not (proof.cohort / "credentials").exists()


def test_what_is_proven_is_issued_once_and_verifies_from_three_files(proof, graded):
    give_points(graded, 10)
    (issued,) = issue_badges(proof, "tiny", "ana", ADDRESS)
    issuer = issuer_of(proof)
    assert verify_file(issued.path, issuer.public, issuer.status_file, ADDRESS).ok
    assert not verify_file(issued.path, issuer.public, None).ok
    text = issued.path.read_text(encoding="utf-8")
    assert "ana" not in text.replace("management", "")
    assert "10 of 12" not in text  # points stay in the gradebook
    (again,) = issue_badges(proof, "tiny", "ana", ADDRESS)
    assert again.path is None
    assert again.sentence.startswith("Issued before as urn:uuid:")
    issuer.revoke(json.loads(text)["id"], "a test")
    assert issue_badges(proof, "tiny", "ana", ADDRESS)[0].path
    assert verify_file(issued.path, issuer.public, issuer.status_file).ok  # the new one, in the same place


def test_says_what_is_missing_before_it_can_issue(proof):
    with pytest.raises(CourseError, match="no e-mail address of 'ana'"):
        issue_badges(proof, "tiny", "ana")
    with pytest.raises(CourseError, match="no student 'nobody'"):
        issue_badges(proof, "tiny", "nobody", ADDRESS)
    with pytest.raises(CourseError, match="'x' is no e-mail address"):
        issue_badges(proof, "tiny", "ana", "x")
    with pytest.raises(CourseError, match="no milestone 'year9'"):
        issue_badges(proof, "year9", "ana", ADDRESS)
    issuer_of(proof).public.unlink()
    with pytest.raises(CourseError, match="no issuer yet"):
        issue_badges(proof, "tiny", "ana", ADDRESS)


def test_a_broken_file_is_said_in_a_sentence(proof, tmp_path):
    path = tmp_path / "credential.json"
    for content in (b"\xff\xfe", b"{", b""):
        path.write_bytes(content)
        with pytest.raises(CourseError):
            verify_file(path, issuer_of(proof).public, None)


def test_the_commands_do_the_round(proof, graded, monkeypatch):
    give_points(graded, 10)
    monkeypatch.setattr(cli, "Course", lambda: proof)

    def run(*arguments, code=0):
        done = CliRunner().invoke(cli.app, ["badge", *map(str, arguments)])
        assert done.exit_code == code, done.output
        return done.output

    issuer = issuer_of(proof)
    assert "proven" in run("issue", "tiny", "ana", "--email", ADDRESS)
    path = proof.cohort / "credentials" / "ana" / "X1.json"
    files = [path, "--issuer", issuer.public, "--status", issuer.status_file]
    assert "signature: yes" in run("verify", *files, "--email", ADDRESS)
    run("verify", *files, "--email", "bob@school.example", code=1)
    run("publish")
    assert "status.json again" in run("revoke", json.loads(path.read_text())["id"], "--why", "a test").replace("\n", "")
    assert "status: NO" in run("verify", *files, code=1)
    run("issue", "tiny", "nobody", "--email", ADDRESS, code=1)
    run("issue", "tiny", "ana", "--email", ADDRESS)
    assert "recipient: not checked" in run("verify", *files)
    assert "0 credentials no longer verify" in run("rotate")
    run("rotate", "--stolen", code=1)  # two keys are trusted: which?
    run("rotate", "--key", "key-1", code=1)
    assert "1 credentials no longer verify" in run("rotate", "--stolen", "--key", "key-1")
    assert "signature: NO" in run("verify", *files, code=1)
    assert "proven" in run("issue", "tiny", "ana", "--email", ADDRESS)  # without a revocation of each first
    run("verify", *files, "--email", ADDRESS)
    for content in ("{}", '{"id": "urn:a", "name": "x", "verificationMethod": [{}], "assertionMethod": []}'):
        issuer.folder.joinpath("other.json").write_text(content, encoding="utf-8")
        said = run("verify", path, "--issuer", issuer.folder / "other.json", "--email", "\udc80@x.example", code=1)
        assert "cannot be used" in said
        assert "Traceback" not in said
    run("issuer", "Again", code=1)
