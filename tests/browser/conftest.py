"""A real browser, and a JupyterLab for it: what the tests of pages share. Skipped where neither is installed."""

import os
import secrets
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.support.ui import WebDriverWait

from curriculum import lab
from curriculum.course import ROOT

CHROMIUM, DRIVER = (shutil.which(name) for name in ("chromium", "chromedriver"))
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--window-size=1300,1500"),
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
RUN_ALL = "window.jupyterapp.commands.execute('notebook:run-all-cells')"
IS_READY = "return Boolean(window.jupyterapp?.shell.currentWidget?.sessionContext?.isReady)"
Opens = Callable[[Path, Path], AbstractContextManager[None]]


@pytest.fixture
def driver(tmp_path: Path) -> Iterator[webdriver.Chrome]:
    """A browser with a profile of its own, which reaches this machine only."""
    if not (CHROMIUM and DRIVER):
        pytest.skip("needs Debian's chromium and chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in (*FLAGS, f"--user-data-dir={tmp_path / 'chromium'}"):
        options.add_argument(flag)
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    driver.set_page_load_timeout(60)
    yield driver
    driver.quit()


@pytest.fixture
def run_all(driver: webdriver.Chrome, tmp_path: Path) -> Opens:
    """Opens a notebook of a folder in a JupyterLab of its own, and runs all of its cells."""

    @contextmanager
    def opened(folder: Path, notebook: Path) -> Iterator[None]:
        token, home = secrets.token_hex(16), tmp_path / "home"
        home.mkdir()
        command = [
            *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--expose-app-in-browser"),
            *("--ServerApp.ip=127.0.0.1", "--ServerApp.port={port}", f"--ServerApp.root_dir={folder}"),
            *("--LabApp.news_url=None", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"),
        ]
        environment = {**os.environ, "HOME": str(home), "PYTHONPATH": str(ROOT), "JUPYTER_TOKEN": token}
        with lab.process(command, "/api", 90, environment, folder) as url:
            driver.get(f"{url}/lab/tree/{notebook.relative_to(folder).as_posix()}?token={token}")
            WebDriverWait(driver, 60).until(lambda page: page.execute_script(IS_READY))
            driver.execute_script(RUN_ALL)
            yield

    return opened


@pytest.fixture
def wait_for(driver: webdriver.Chrome) -> Callable:
    """Waits for a condition of the page; what is drawn anew while it is looked at is looked at again."""
    return lambda condition: WebDriverWait(driver, 60, ignored_exceptions=[WebDriverException]).until(condition)
