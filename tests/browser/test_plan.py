"""The lesson on the plan in a real JupyterLab: a rating is kept, a control moves the plan, a button saves it."""

import os
import secrets
import shutil
import sys
from pathlib import Path

import pytest
import vobject
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from curriculum import lab
from curriculum.course import Course
from curriculum.lab import plan_file, self_assessment

COURSE = Course()
LESSON = COURSE.lesson_notebook(COURSE.syllabus.unit("s1-map-and-plan"))
CHROMIUM, DRIVER = (shutil.which(name) for name in ("chromium", "chromedriver"))
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--window-size=1300,1600"),
)
pytestmark = pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="needs Debian's chromium and chromium-driver")
RUN_ALL = "window.jupyterapp.commands.execute('notebook:run-all-cells')"


@pytest.fixture
def desk(tmp_path):
    folder = tmp_path / "desk"
    folder.mkdir()
    shutil.copy(LESSON, folder / "lesson.ipynb")
    return folder


@pytest.fixture
def address(desk, tmp_path):
    token = secrets.token_hex(16)
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--expose-app-in-browser"),
        *("--ServerApp.ip=127.0.0.1", "--ServerApp.port={port}", f"--ServerApp.root_dir={desk}"),
        *("--LabApp.news_url=None", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"),
    ]
    home = {"HOME": str(tmp_path), "PYTHONPATH": str(COURSE.root), "JUPYTER_TOKEN": token}
    with lab.process(command, "/api", 90, {**os.environ, **home}, desk) as url:
        yield f"{url}/lab/tree/lesson.ipynb?token={token}"


@pytest.fixture
def browser(tmp_path):
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in (*FLAGS, f"--user-data-dir={tmp_path / 'chromium'}"):
        options.add_argument(flag)
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    driver.set_page_load_timeout(60)
    yield driver
    driver.quit()


def test_a_learner_rates_moves_and_saves(browser, address, desk):
    def wait(condition):
        return WebDriverWait(browser, 60).until(condition)

    def seen(path):
        """The first element of an XPath, scrolled to; JupyterLab keeps cells that are far away out of the page."""
        for place in range(0, 30_000, 700):
            if found := browser.find_elements(By.XPATH, path):
                browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", found[0])
                return found[0]
            script = "document.querySelector('.jp-WindowedPanel-outer').scrollTop = arguments[0]"
            browser.execute_script(script, place)
        return None

    browser.get(address)
    wait(lambda driver: driver.execute_script("return Boolean(window.jupyterapp)"))
    wait(lambda driver: driver.find_elements(By.CSS_SELECTOR, ".jp-Notebook .jp-Cell"))
    wait(lambda driver: driver.execute_script("return window.jupyterapp.shell.currentWidget.sessionContext.isReady"))
    browser.execute_script(RUN_ALL)
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
