"""Takes the README's two pictures with a headless Chromium: `python tools/pictures.py FEEDBACK_PAGE [HEADING]`.

FEEDBACK_PAGE is a page that `make demo` or `course feedback` wrote; the picture shows its first failed test. The other
shows the first plot of the lesson, or the first under HEADING. Run it again when either page changes.
"""

import shutil
import sys
import tempfile
from io import BytesIO
from pathlib import Path

from nbconvert import HTMLExporter
from PIL import Image
from selenium import webdriver
from selenium.webdriver.common.by import By

from curriculum.course import Course

WIDTH, HEIGHT = 1000, 900
LARGEST = 200_000  # bytes; tests/test_docs.py holds it


def program(name: str) -> str:
    """Where a program is; ends this one when it is not there."""
    return shutil.which(name) or sys.exit(f"{name} is not on PATH; `course doctor` says how to install it.")


def browser() -> webdriver.Chrome:
    """A Chromium of the size of the pictures, with nothing fetched from anywhere."""
    options = webdriver.ChromeOptions()
    # --no-sandbox: Chromium refuses to start as root, as in a container, with it.
    for argument in ("--headless=new", "--no-sandbox", "--hide-scrollbars", "--host-resolver-rules=MAP * ~NOTFOUND"):
        options.add_argument(argument)
    # Without the paths, selenium would look for a driver on the network, and send statistics.
    options.binary_location = program("chromium")
    driver = webdriver.Chrome(options, webdriver.ChromeService(program("chromedriver")))
    # A window is larger than what it shows.
    driver.set_window_size(WIDTH, HEIGHT)
    inner_width, inner_height = driver.execute_script("return [window.innerWidth, window.innerHeight]")
    driver.set_window_size(2 * WIDTH - inner_width, 2 * HEIGHT - inner_height)
    return driver


def lesson_page(course: Course, folder: Path) -> Path:
    """The first ready lesson as a web page."""
    notebook = course.lesson_notebook(course.syllabus.ready_units[0])
    html, _ = HTMLExporter(embed_images=True).from_filename(str(notebook))
    page = folder / "lesson.html"
    page.write_text(html, encoding="utf-8")
    return page


def take(driver: webdriver.Chrome, page: Path, target: Path, last: str) -> None:
    """Write a picture of the page that ends just below the element at the XPath `last`."""
    driver.get(page.resolve().as_uri())
    element = driver.find_element(By.XPATH, last)
    driver.execute_script("arguments[0].scrollIntoView({block: 'end'}); window.scrollBy(0, 48)", element)
    picture = Image.open(BytesIO(driver.get_screenshot_as_png())).convert("RGB")
    target.parent.mkdir(exist_ok=True)
    picture.quantize(128, dither=Image.Dither.NONE).save(target, optimize=True)
    print(f"{target}: {target.stat().st_size / 1000:.0f} kB")
    if target.stat().st_size > LARGEST:
        sys.exit(f"{target} is larger than {LARGEST / 1000:.0f} kB; choose a plainer part of the page.")


def main() -> None:
    """Take both pictures."""
    if len(sys.argv) not in (2, 3) or not Path(sys.argv[1]).is_file():
        sys.exit("Name a feedback page: python tools/pictures.py FEEDBACK_PAGE [HEADING]")
    course = Course()
    plot = f"(//h2[contains(., {sys.argv[2]!r})]/following::img)[1]" if sys.argv[2:] else "(//img)[1]"
    failure = "(//*[@class='message'])[1]"
    with tempfile.TemporaryDirectory() as folder:
        driver = browser()
        try:
            take(driver, lesson_page(course, Path(folder)), course.root / "docs" / "lesson.png", plot)
            take(driver, Path(sys.argv[1]), course.root / "docs" / "feedback.png", failure)
        finally:
            driver.quit()


if __name__ == "__main__":
    main()
