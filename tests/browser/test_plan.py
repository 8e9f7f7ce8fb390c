"""The lesson on the plan in a real JupyterLab: a rating is kept, a control moves the plan, a button saves it."""

import os
import shutil
from pathlib import Path

import pytest
import vobject
from selenium.webdriver.common.by import By

from curriculum.course import Course
from curriculum.lab import plan_file, self_assessment

COURSE = Course()
LESSON = COURSE.lesson_notebook(COURSE.syllabus.unit("s1-map-and-plan"))


@pytest.fixture
def desk(tmp_path):
    folder = tmp_path / "desk"
    folder.mkdir()
    shutil.copy(LESSON, folder / "lesson.ipynb")
    return folder


def test_a_learner_rates_moves_and_saves(driver, run_all, wait_for, desk):
    with run_all(desk, desk / "lesson.ipynb"):
        rate_move_and_save(driver, wait_for, desk)


def rate_move_and_save(browser, wait, desk):
    def seen(path):
        """The first element of an XPath, scrolled to; JupyterLab keeps cells that are far away out of the page."""
        for place in range(0, 30_000, 700):
            if found := browser.find_elements(By.XPATH, path):
                browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", found[0])
                return found[0]
            script = "document.querySelector('.jp-WindowedPanel-outer').scrollTop = arguments[0]"
            browser.execute_script(script, place)
        return None

    wait(lambda _: (desk / "sample-plan.ics").is_file())  # the lesson has run as far as the plan

    wait(lambda _: seen("//div[contains(@class, 'widget-toggle-buttons')]//button[normalize-space()='3']")).click()
    wait(lambda _: self_assessment.read(desk))

    saturday = "//*[contains(@class, 'widget-checkbox')][.//*[normalize-space()='Sat']]//input"
    wait(lambda _: seen(saturday))
    assert "items fit" in seen("//b[contains(., 'items fit')]").text
    before = seen("//b[contains(., 'items fit')]").text
    seen(saturday).click()
    wait(lambda _: seen("//b[contains(., 'items fit')]").text != before)
    wait(lambda _: seen("//button[normalize-space()='Save plan and calendar']")).click()
    wait(lambda _: plan_file.path_of("ics", desk).is_file())

    if folder := os.environ.get("SCREENSHOTS"):
        browser.save_screenshot(str(Path(folder) / "plan.png"))
    saved = plan_file.read(desk)
    assert saved is not None
    assert sum(session.hours for session in saved.settings.sessions) == 2
    events = vobject.readOne(plan_file.path_of("ics", desk).read_text(encoding="utf-8")).vevent_list
    assert len(events) == len(saved.plan.blocks)
