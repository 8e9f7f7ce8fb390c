"""Feedback pages with planted fragments do nothing in a real browser; nbgrader's own page with the same ones does."""

import shutil
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import nbgrader
import pytest
from nbconvert import HTMLExporter
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from selenium import webdriver
from selenium.common.exceptions import TimeoutException
from selenium.webdriver.support.ui import WebDriverWait
from traitlets.config import Config

from tests.feedback.payloads import PAYLOADS, Payload
from tests.feedback.planting import executed, page, render

CHROMIUM, DRIVER = (shutil.which(name) for name in ("chromium", "chromedriver"))
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--window-size=1000,900"),
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
# nbgrader's pages of these do something at once; other fragments wait for a click, or for another browser.
ACTING = (
    *("script", "script-src", "img-onerror", "img-remote", "img-srcset", "img-slash", "svg-onload", "svg-foreign"),
    *("iframe-src", "object", "embed", "style-url", "style-import", "style-attribute", "link-stylesheet", "base"),
    *("details-ontoggle", "input-onfocus", "closing", "meta-refresh"),
)
pytestmark = pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="needs Debian's chromium and chromium-driver")


class Listener:
    """Serves the pages that it is given on 127.0.0.1, and remembers what else was asked for."""

    def __init__(self) -> None:
        self.pages: dict[str, str] = {}
        self.asked: list[str] = []
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                content = listener.pages.get(self.path)
                if content is None and self.path != "/favicon.ico":  # the browser's own wish
                    listener.asked.append(self.path)
                self.send_response(404 if content is None else 200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.end_headers()
                self.wfile.write((content or "").encode())

            def log_message(self, *_: object) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def show(self, name: str, content: str) -> str:
        self.pages[f"/{name}"] = content
        return f"http://{self.host}/{name}"


@pytest.fixture(scope="module")
def listener():
    listener = Listener()
    yield listener
    listener.server.shutdown()
    listener.server.server_close()


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


WHAT_ACTS = """
const found = [];
for (const each of document.querySelectorAll('*')) {
    if (/^(script|iframe|object|embed|form|link|base|svg|math|input|button)$/i.test(each.localName))
        found.push(each.outerHTML);
    for (const attribute of each.attributes)
        if (/^on|^style$|^srcset$|^background$/i.test(attribute.name)) found.push(each.outerHTML);
    if (each.localName == 'img' && each.hasAttribute('src') && !each.src.startsWith('data:image/'))
        found.push(each.outerHTML);
    if (each.localName == 'a' && each.hasAttribute('href') && !/^(https?|mailto):$/.test(each.protocol))
        found.push(each.outerHTML);
}
return {found, planted: window.planted ?? null, kept: localStorage.length, title: document.title,
        clobbered: document.body !== document.querySelector('body') || typeof document.getElementById !== 'function',
        ids: [...document.querySelectorAll('[id]')].map(each => each.id)};
"""


def test_no_planted_fragment_acts_on_our_page(browser, listener, tiny_original):
    browser.get(listener.show("plain", render(tiny_original, executed(tiny_original))))
    own = browser.execute_script(WHAT_ACTS)
    assert own["found"] == [] and own["kept"] == 0
    for place in sorted({payload.place for payload in PAYLOADS} - {"student", "person"}):  # these are in the title
        payloads = [payload for payload in PAYLOADS if payload.place == place]
        browser.get(listener.show(f"ours-{place}", page(tiny_original, payloads, listener.host)))
        seen = browser.execute_script(WHAT_ACTS)
        assert seen["found"] == [], place
        assert (seen["planted"], seen["kept"], seen["title"], seen["clobbered"]) == (None, 0, own["title"], False), (
            place
        )
        assert set(seen["ids"]) <= {*own["ids"], "remarks", "rest"} and len(set(seen["ids"])) == len(seen["ids"]), place
    browser.get(listener.show("ours", page(tiny_original, PAYLOADS, listener.host)))
    browser.execute_script("for (const each of document.querySelectorAll('details')) each.open = true")
    # A refresh that was planted would come within a second, and what it asks for would be heard.
    browser.execute_async_script("setTimeout(arguments[arguments.length - 1], 1500)")
    assert browser.current_url == f"http://{listener.host}/ours"
    assert browser.execute_script(WHAT_ACTS)["planted"] is None
    assert listener.asked == []


def test_the_policy_stops_what_would_get_past_the_cleaning(browser, listener, tiny_original):
    """The second wall: with the cleaning taken out of its way, a script, a style and a picture still do nothing."""
    html = render(tiny_original, executed(tiny_original))
    names = (
        "html-script",
        "html-script-src",
        "html-img-onerror",
        "html-img-remote",
        "html-style-url",
        "html-iframe-src",
    )
    raw = "".join(payload.at(listener.host) for payload in PAYLOADS if payload.name in names)
    browser.get(listener.show("uncleaned", html.replace("<main>", f"<main>{raw}")))
    seen = browser.execute_script(WHAT_ACTS)
    assert seen["found"] and seen["planted"] is None and seen["kept"] == 0
    assert listener.asked == []


def test_the_same_fragments_act_on_nbgraders_page(browser, listener):
    """The control: were the fragments harmless, the test above would show nothing."""
    idle = []
    for payload in PAYLOADS:
        if payload.name in {f"html-{name}" for name in ACTING} | {f"text-{name}" for name in ACTING[:5]}:
            browser.get(listener.show("blank", "<title>blank</title>"))
            browser.execute_script("localStorage.clear()")
            browser.get(listener.show(f"theirs-{payload.name}", theirs(payload, listener.host)))
            if not acts(browser, listener, payload.name):
                idle.append(payload.name)
    assert len(idle) <= 2, idle


def acts(browser: webdriver.Chrome, listener: Listener, name: str) -> bool:
    def seen(driver: webdriver.Chrome) -> bool:
        # A page that a fragment has led to a place of no origin has no storage to look into.
        stored = "try { return localStorage.length > 0 } catch { return location.origin === 'null' }"
        marks = f"if (window.planted === 1) return true; {stored}"
        return any(f"/{name}/" in path for path in listener.asked) or driver.execute_script(marks)

    try:
        return bool(WebDriverWait(browser, 4, poll_frequency=0.05).until(seen))
    except TimeoutException:
        return False
    finally:
        listener.asked.clear()


def theirs(payload: Payload, host: str) -> str:
    """The page that nbgrader's own template makes of a notebook with this fragment."""
    text = payload.at(host)
    cell = new_markdown_cell(text)
    if payload.place == "html":
        cell = new_code_cell("draw()", outputs=[new_output("display_data", {"text/html": text})])
    config = Config()
    config.HTMLExporter.template_name = "feedback"
    folder = Path(nbgrader.__file__).parent / "server_extensions" / "formgrader"
    config.HTMLExporter.extra_template_basedirs = [str(folder / "templates")]
    config.HTMLExporter.extra_template_paths = [str(folder / "static/node_modules/bootstrap/dist/css")]
    marks = {"notebook": "t1-limits", "score": 1, "max_score": 2, "late_penalty": 0}
    return HTMLExporter(config=config).from_notebook_node(new_notebook(cells=[cell]), {"nbgrader": marks})[0]
