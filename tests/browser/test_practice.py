"""The controls of s2-professional-practice in JupyterLab in a real browser, and the portfolio page that it writes."""

import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import httpx
import nbformat
import pytest
import tenacity
from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select, WebDriverWait

from curriculum.lab import initiatives, portfolios
from curriculum.lab.proposals import Measured

CHROMIUM, DRIVER = (shutil.which(name) for name in ("chromium", "chromedriver"))
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--window-size=1300,1400"),
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
pytestmark = pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="needs Debian's chromium and chromium-driver")
CELL = """
from curriculum.lab import initiatives, practice_desk as desk
desk.initiatives_view(desk.lay(desk.INITIATIVES, initiatives.SAMPLE))
"""
RANKING = "//table[.//th[text()='asked by']]//tbody/tr"


@pytest.fixture(scope="module")
def driver():
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in FLAGS:
        options.add_argument(flag)
    browser = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    yield browser
    browser.quit()


@contextmanager
def jupyterlab(folder: Path):
    """A JupyterLab on `folder`; yields its address and token."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    token = secrets.token_hex(16)
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}"]
    private = {f"JUPYTER_{kind}_DIR": str(folder / f".{kind.lower()}") for kind in ("CONFIG", "RUNTIME")}
    server = subprocess.Popen(
        [*command, f"--IdentityProvider.token={token}", "--LabApp.news_url=", "--LabApp.check_for_updates_class="],
        cwd=folder,
        env=os.environ | private | {"IPYTHONDIR": str(folder / ".ipython")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        ready = tenacity.Retrying(
            stop=tenacity.stop_after_delay(60),
            wait=tenacity.wait_fixed(0.2),
            retry=tenacity.retry_if_exception_type(httpx.HTTPError),
        )
        ready(lambda: httpx.get(f"http://127.0.0.1:{port}/api?token={token}").raise_for_status())
        yield f"http://127.0.0.1:{port}", token
    finally:
        server.terminate()
        server.wait(30)


def seen(driver, xpath: str, wait_s: float = 30):
    """The first element there, once it is shown."""

    def shown(browser):
        return next((each for each in browser.find_elements(By.XPATH, xpath) if each.is_displayed()), None)

    return WebDriverWait(driver, wait_s, ignored_exceptions=[StaleElementReferenceException]).until(shown)


def kept_soon(path, signal):
    """Wait until the file holds a yes to the signal, for half a minute at most."""
    for _ in range(300):
        if path.is_file() and initiatives.read(path).initiatives[7].answers.get(signal):
            return
        time.sleep(0.1)
    raise AssertionError(f"{path.name} holds no answer to {signal!r}")


def test_an_answer_that_is_clicked_is_kept_and_moves_the_ranking(driver, tmp_path):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELL)])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, tmp_path / "view.ipynb")
    with jupyterlab(tmp_path) as (url, token):
        driver.get(f"{url}/lab/tree/view.ipynb?token={token}")
        seen(driver, "//span[contains(text(), '| Idle')]")
        seen(driver, "//div[contains(@class, 'jp-CodeCell')]//div[contains(@class, 'cm-content')]").click()
        ActionChains(driver).key_down(Keys.SHIFT).send_keys(Keys.ENTER).key_up(Keys.SHIFT).perform()
        assert seen(driver, RANKING).text.startswith("form-reader")
        Select(seen(driver, "//select[option[@value='A desk to contest a ranking']]")).select_by_index(7)
        seen(driver, "(//button[normalize-space()='not known'])[1][contains(@class, 'mod-active')]")  # its own answers
        # Somebody waits for it, nobody is called at night, and help would be welcome.
        for place, signal in ((1, "waits"), (2, "nobody-called"), (8, "welcome")):
            seen(driver, f"(//button[normalize-space()='yes'])[{place}]").click()
            kept_soon(tmp_path / "my-initiatives.yml", signal)  # a person sees the ranking move before they go on
        seen(driver, f"{RANKING}[1][starts-with(normalize-space(), 'contest-desk')]")
        driver.save_screenshot(str(tmp_path / "view.png"))
    kept = initiatives.read(tmp_path / "my-initiatives.yml").initiatives[7].answers
    assert {"waits": True, "nobody-called": True, "welcome": True}.items() <= kept.items()
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
