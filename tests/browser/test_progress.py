"""In JupyterLab, in a real browser: a skill opens to its evidence, and a slider changes what is proven."""

import os
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_notebook
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

CELLS = (
    "from pathlib import Path\n"
    "from curriculum.desk import progress_page, progress_view\n"
    "case = progress_page.own_or_sample(Path('scratch').resolve())\n"
    "progress_view.show_skills(case.skills)",
    "progress_view.choose_share(case)",
)


def picture(browser, name):
    """Keep a picture where SCREENSHOTS says, for a person to look at."""
    if folder := os.environ.get("SCREENSHOTS"):
        browser.save_screenshot(str(Path(folder) / f"{name}.png"))


def proven(page):
    """How many indicators the slider's table calls proven."""
    return len(page.find_elements(By.XPATH, "//*[contains(@class, 'widget-html')]//td[text()='proven']"))


def test_a_skill_opens_and_the_slider_changes_what_is_proven(driver, run_all, wait_for, tmp_path):
    folder = tmp_path / "desk"
    folder.mkdir()
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = new_notebook(cells=list(map(new_code_cell, CELLS)), metadata={"kernelspec": kernel})
    nbformat.write(notebook, folder / "progress.ipynb")
    with run_all(folder, folder / "progress.ipynb"):
        look(driver, wait_for)


def look(browser, wait_for):
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
