"""The controls of s2-professional-practice in JupyterLab in a real browser, and the portfolio page that it writes."""

import shutil
from datetime import date
from pathlib import Path

import nbformat
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select

from curriculum.lab import initiatives, portfolios
from curriculum.lab.proposals import Measured

CELL = """
from curriculum.lab import initiatives, practice_desk as desk
desk.initiatives_view(desk.lay(desk.INITIATIVES, initiatives.SAMPLE))
"""
RANKING = "//table[.//th[text()='asked by']]//tbody/tr"


def test_an_answer_that_is_clicked_is_kept_and_moves_the_ranking(driver, run_all, wait_for, tmp_path):
    folder = tmp_path / "desk"
    folder.mkdir()
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELL)])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, folder / "view.ipynb")

    def seen(xpath):
        """The first element there that is shown."""
        shown = [each for each in driver.find_elements(By.XPATH, xpath) if each.is_displayed()]
        return shown[0] if shown else None

    def answers():
        return initiatives.read(folder / "my-initiatives.yml").initiatives[7].answers

    with run_all(folder, folder / "view.ipynb"):
        assert wait_for(lambda _: seen(RANKING)).text.startswith("form-reader")
        Select(seen("//select[option[@value='A desk to contest a ranking']]")).select_by_index(7)
        own = "(//button[normalize-space()='not known'])[1][contains(@class, 'mod-active')]"
        wait_for(lambda _: seen(own))
        # Somebody waits for it, nobody is called at night, and help would be welcome.
        for place in (1, 2, 8):
            seen(f"(//button[normalize-space()='yes'])[{place}]").click()
        wait_for(lambda _: {"waits", "nobody-called", "welcome"} <= {name for name, yes in answers().items() if yes})
        wait_for(lambda _: seen(f"{RANKING}[1][starts-with(normalize-space(), 'contest-desk')]"))
        driver.save_screenshot(str(tmp_path / "view.png"))
    assert (tmp_path / "view.png").stat().st_size > 10_000


def test_a_portfolio_page_shows_its_picture_and_runs_nothing(driver, tmp_path):
    bad = "<img src=x onerror=\"document.title='ran'\"><script>document.title='ran'</script>"
    (tmp_path / "run.txt").write_text(bad)
    shutil.copy(Path(__file__).resolve().parents[2] / "docs" / "lesson.png", tmp_path / "plot.png")
    number = Measured("u1", "p99", 388, "ms", date(2026, 11, 20), "work/u1/journal.jsonl")
    pieces = (
        portfolios.Piece(bad, bad, {"u1/p99": 388}, "run.txt"),
        portfolios.Piece("Load", "It waits.", {}, "plot.png", 'Part of a lesson" onload="document.title=1'),
    )
    page, _ = portfolios.publish(portfolios.Portfolio("Mina", bad, pieces), [number], tmp_path, tmp_path)
    driver.get(page.as_uri())
    assert driver.title == "Mina"
    picture = driver.find_element(By.TAG_NAME, "img")
    assert driver.execute_script("return arguments[0].naturalWidth", picture) > 100
    assert picture.get_attribute("onload") is None
    assert [cell.text for cell in driver.find_elements(By.TAG_NAME, "td")][:2] == ["u1/p99", "388 ms"]
    asked = driver.execute_script("return performance.getEntriesByType('resource').map(each => each.name)")
    assert all(name.startswith("data:") for name in asked)
