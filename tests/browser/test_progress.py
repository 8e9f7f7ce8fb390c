"""In JupyterLab, in a real browser: a skill opens to its evidence, and a slider changes what is proven."""

import os
import shutil
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from curriculum import lab

CHROMIUM, DRIVER = (shutil.which(name) for name in ("chromium", "chromedriver"))
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--window-size=1300,1000"),
)
pytestmark = pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="needs Debian's chromium and chromium-driver")
CELLS = (
    "from pathlib import Path\n"
    "from curriculum.desk import progress_page, progress_view\n"
    "case = progress_page.own_or_sample(Path('scratch').resolve())\n"
    "progress_view.show_skills(case.skills)",
    "progress_view.choose_share(case)",
)


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


@pytest.fixture
def address(tmp_path):
    """The address of a notebook with the two views of the lesson, in a JupyterLab of its own."""
    root, home = tmp_path / "root", tmp_path / "home"
    root.mkdir()
    home.mkdir()
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = new_notebook(cells=list(map(new_code_cell, CELLS)), metadata={"kernelspec": kernel})
    nbformat.write(notebook, root / "progress.ipynb")
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--ServerApp.root_dir={root}"),
        *("--ServerApp.ip=127.0.0.1", "--ServerApp.port={port}", "--ServerApp.port_retries=0"),
        *("--LabApp.news_url=None", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"),
    ]
    environment = {"HOME": str(home), "JUPYTER_TOKEN": "for-this-test-only"}
    with lab.process(command, "/api", 90, environment, root) as url:
        yield f"{url}/lab/tree/progress.ipynb?token=for-this-test-only"


def picture(browser, name):
    """Keep a picture where SCREENSHOTS says, for a person to look at."""
    if folder := os.environ.get("SCREENSHOTS"):
        browser.save_screenshot(str(Path(folder) / f"{name}.png"))


def proven(page):
    """How many indicators the slider's table calls proven."""
    return len(page.find_elements(By.XPATH, "//*[contains(@class, 'widget-html')]//td[text()='proven']"))


def test_a_skill_opens_and_the_slider_changes_what_is_proven(browser, address):
    def wait_for(condition):  # what is drawn anew while it is looked at is looked at again
        return WebDriverWait(browser, 60, ignored_exceptions=[WebDriverException]).until(condition)

    browser.get(address)
    wait_for(lambda page: page.find_element(By.CSS_SELECTOR, "[data-status='idle']"))
    editor = ".jp-Notebook .jp-CodeCell .cm-content"  # drawn anew, and without a size for a moment
    wait_for(lambda page: page.find_element(By.CSS_SELECTOR, editor).click() is None)
    wait_for(lambda page: page.find_element(By.CSS_SELECTOR, ".jp-Notebook .cm-editor.cm-focused"))
    for _ in CELLS:
        browser.switch_to.active_element.send_keys(Keys.SHIFT, Keys.ENTER)

    handle = wait_for(lambda page: page.find_element(By.CSS_SELECTOR, ".widget-slider .noUi-handle"))
    assert wait_for(proven) == 1
    fold = browser.find_element(By.XPATH, "//details[.//b[text()='37%']]")
    assert not fold.find_element(By.TAG_NAME, "table").is_displayed()
    fold.find_element(By.TAG_NAME, "summary").click()
    assert fold.find_element(By.TAG_NAME, "table").is_displayed()
    assert "f2-delivery-pipelines" in fold.text
    picture(browser, "progress-before")

    handle.send_keys(*[Keys.ARROW_LEFT] * 4)  # 70% to 50%
    wait_for(lambda page: proven(page) == 3)
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", handle)
    picture(browser, "progress-after")
