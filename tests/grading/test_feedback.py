"""Feedback pages are made for everyone who was graded; one that cannot be made does not cost the others."""

import shutil

from grading.feedback import write_feedback


def test_everyone_graded_gets_a_page_and_a_failure_is_said(graded):
    autograded = graded.course.cohort / "autograded"
    shutil.copytree(autograded / "ana", autograded / "ghost")  # graded elsewhere: the gradebook does not know them
    ana, ghost = write_feedback(graded.course, graded.unit)
    assert "Score: 15.0 / 27.0" in ana.path.read_text(encoding="utf-8") and str(ana) == str(ana.path)
    assert ghost.student == "ghost" and "no page: nbgrader could not make it" in str(ghost)
    assert not ghost.path.exists()
    for name in ("timestamp.txt", "submission_secret.txt"):  # nbgrader's release_feedback stops without them
        assert (ana.path.parent / name).is_file()


def test_a_page_shows_points_as_they_are_now(graded):
    write_feedback(graded.course, graded.unit)
    with graded.gradebook() as gradebook:
        gradebook.find_grade("reflect-limit", "t1-limits", "t1-limits", "ana").manual_score = 9
        gradebook.db.commit()
    [page] = write_feedback(graded.course, graded.unit)
    assert "Score: 24.0 / 27.0" in page.path.read_text(encoding="utf-8")


def test_without_grades_there_are_no_pages(cohort):
    assert write_feedback(cohort.course, cohort.unit) == []
