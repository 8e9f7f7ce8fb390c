"""The formgrader in a real browser lists the unit, shows a reflection with its rubric, and keeps the points given."""

import os
import secrets
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import httpx
import nbformat
import pytest
from rich.console import Console
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from curriculum.course import Course
from grading.engine.autograde import grade_unit
from tests.engine.gradebooks import rows_of
from tests.grading.spy import CELL, looking_at, seen

ROOT = Path(__file__).resolve().parents[2]
UNIT = "t1-limits"
ANSWER = "I would keep the limit of one hundred."
CHROMIUM, DRIVER = (shutil.which(name) for name in ("chromium", "chromedriver"))
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--window-size=1300,1000"),
)
pytestmark = pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="needs Debian's chromium and chromium-driver")


@pytest.fixture(scope="module")
def course(tiny_original, tmp_path_factory):
    """A project in which ana's work is graded, all but the reflection."""
    root = tmp_path_factory.mktemp("formgrader") / "course"
    shutil.copytree(tiny_original, root)
    shutil.copy(ROOT / "nbgrader_config.py", root)
    for package in ("curriculum", "grading"):
        for path in (ROOT / package).rglob("*.py"):
            (root / path.relative_to(ROOT)).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, root / path.relative_to(ROOT))
    shutil.copytree(ROOT / "grading" / "feedback" / "templates", root / "grading" / "feedback" / "templates")
    course = Course(root=root, work=root / "work", cohort=root / "grading" / "cohort_data")
    unit = course.syllabus.ready_unit(UNIT)
    notebook = nbformat.read(course.solution_notebook(unit), as_version=4)
    for cell in notebook.cells:
        if cell.id == "reflect-limit":
            cell.source = ANSWER
    folder = course.cohort / "submitted" / "ana" / UNIT
    folder.mkdir(parents=True)
    nbformat.write(notebook, folder / f"{UNIT}.ipynb")
    grade_unit(course, unit, workers=1, console=Console(quiet=True))
    return course


@pytest.fixture(scope="module")
def address(course, tmp_path_factory):
    """JupyterLab with nbgrader's extensions, started in the project's root as `course lab` starts it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    home, token = tmp_path_factory.mktemp("home"), secrets.token_hex(16)
    log = home / "log"
    with log.open("w") as output:
        server = subprocess.Popen(
            [
                *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
                *("--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}", "--ServerApp.port_retries=0"),
                f"--ServerApp.root_dir={course.root}",
            ],
            cwd=course.root,
            env={**os.environ, "HOME": str(home), "PYTHONPATH": str(course.root), "JUPYTER_TOKEN": token},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        base = f"http://127.0.0.1:{port}"
        for _ in range(300):
            assert server.poll() is None, log.read_text()
            try:
                if httpx.get(f"{base}/api/status?token={token}", trust_env=False).is_success:
                    break
            except httpx.TransportError:
                time.sleep(0.2)
        else:
            pytest.fail(f"JupyterLab did not answer:\n{log.read_text()}")
        yield f"{base}/{{}}?token={token}"
    finally:
        server.terminate()
        server.wait(timeout=30)


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"):
        options.add_argument(flag)
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    driver.set_page_load_timeout(60)
    yield driver
    driver.quit()


def wait_for(browser, condition):
    return WebDriverWait(browser, 60).until(condition)


def picture(browser, name):
    """Keep a picture where SCREENSHOTS says, for a person to look at."""
    if folder := os.environ.get("SCREENSHOTS"):
        browser.save_screenshot(str(Path(folder) / f"{name}.png"))


def test_the_list_of_assignments_has_the_unit_and_its_submission(browser, address):
    browser.get(address.format("formgrader/manage_assignments"))
    link = wait_for(browser, lambda page: page.find_element(By.LINK_TEXT, UNIT))
    row = link.find_element(By.XPATH, "./ancestor::tr")
    wait_for(browser, lambda page: row.find_element(By.CSS_SELECTOR, ".num-submissions").text == "1")
    assert not browser.find_elements(By.CSS_SELECTOR, ".alert"), "the formgrader warns of its folders"
    picture(browser, "manage_assignments")


def test_a_reflection_is_graded_beside_its_rubric(browser, address, course):
    browser.get(address.format("formgrader/gradebook"))
    for text in (UNIT, UNIT, "Submission #1"):  # the assignment, its notebook, the submission
        wait_for(browser, lambda page, text=text: page.find_element(By.LINK_TEXT, text)).click()
    answer = wait_for(browser, lambda page: page.find_element(By.XPATH, f"//*[contains(text(), '{ANSWER}')]"))
    rubric = browser.find_element(By.XPATH, "//*[contains(text(), 'what would change it')]")
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", answer)
    picture(browser, "reflection")
    distance = abs(answer.location["y"] - rubric.location["y"])
    assert distance < 1000, f"the rubric is {distance} px away from the answer"

    points = browser.find_elements(By.CSS_SELECTOR, "input.score")[-1]
    wait_for(browser, lambda page: points.is_enabled())
    points.send_keys("9", Keys.TAB)
    database = course.cohort / "gradebook.db"

    def kept(_):
        with sqlite3.connect(database) as gradebook:
            return gradebook.execute("select manual_score from grade where manual_score is not null").fetchall()

    assert wait_for(browser, kept) == [(9.0,)]
    picture(browser, "graded")


def test_the_formgraders_button_grades_as_the_engine_does(address, course):
    """The button posts to this address. The rows are those of `course grade`, and the cells ran in the jail."""
    unit = course.syllabus.ready_unit(UNIT)
    outside = course.root.parent / "secret.txt"
    outside.write_text("secret", encoding="utf-8")
    wrong = "def window_of(second, length):\n    return second / length"
    answers = {"ben": ("window-of-second", wrong), "spy": (CELL, looking_at([outside, course.cohort / "gradebook.db"]))}
    for student, (cell_id, source) in answers.items():
        notebook = nbformat.read(course.solution_notebook(unit), as_version=4)
        next(cell for cell in notebook.cells if cell.id == cell_id).source = source
        (course.cohort / "submitted" / student / UNIT).mkdir(parents=True)
        nbformat.write(notebook, course.cohort / "submitted" / student / UNIT / f"{UNIT}.ipynb")
    grade_unit(course, unit, workers=1, console=Console(quiet=True))
    before = grades_of(course, answers)
    with sqlite3.connect(course.cohort / "gradebook.db") as gradebook:
        gradebook.execute("update grade set auto_score = 0, needs_manual_grade = 1")

    with httpx.Client(trust_env=False, timeout=120) as client:
        client.get(address.format("formgrader"))
        for student in answers:
            shutil.rmtree(course.cohort / "autograded" / student)
            url = address.format(f"formgrader/api/submission/{UNIT}/{student}/autograde")
            answer = client.post(url, headers={"X-XSRFToken": client.cookies.get("_xsrf", "")})
            assert answer.is_success and answer.json()["success"], answer.text
    assert grades_of(course, answers) == before
    assert {row[3] for row in before} == {None, 0, 1, 2}
    made = nbformat.read(course.cohort / "autograded" / "spy" / UNIT / f"{UNIT}.ipynb", as_version=4)
    assert seen(made) == "seen: [False, False]"


def grades_of(course, students):
    rows = rows_of(f"sqlite:///{course.cohort / 'gradebook.db'}")["grades"]
    return [row for row in rows if row[0] in students]
