"""How many pages a document prints on, counted by a browser where there is one."""

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync", "--no-pdf-header-footer")
QUIET = ("--disable-background-networking", "--disable-component-update", "--disable-extensions")


def browser() -> str | None:
    """A browser that prints without a window, or None."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def pages(html: str, timeout_s: float = 60) -> int | None:
    """The pages that `html` prints on, or None where no browser is installed or it gives no PDF."""
    program = browser()
    if program is None:
        return None
    with tempfile.TemporaryDirectory(prefix="print-", ignore_cleanup_errors=True) as folder:
        source, printed = Path(folder) / "page.html", Path(folder) / "page.pdf"
        source.write_text(html, encoding="utf-8")
        profile = f"--user-data-dir={Path(folder) / 'profile'}"
        command = [program, *FLAGS, *QUIET, profile, f"--print-to-pdf={printed}", source.as_uri()]
        try:
            subprocess.run(command, capture_output=True, timeout=timeout_s, check=False)
        except subprocess.TimeoutExpired:
            return None
        return len(re.findall(rb"/Type\s*/Page\b", printed.read_bytes())) if printed.is_file() else None
