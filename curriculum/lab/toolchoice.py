"""Facts about a library before it is chosen: what it installs, where it runs, how often it is released.

What is installed is read from the environment itself. What only the package index knows (platforms of the wheels,
dates of releases) is in `data/releases.csv`, a source and a date a row.
"""

import ast
import csv
from datetime import date
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pandas as pd
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from curriculum.lab.errors import LabError

FILE = Path(__file__).parent / "data" / "releases.csv"
LIBRARY = Path(__file__).parent


def footprint_mb(package: str) -> float:
    """Size on disk of what the package itself installed, in megabytes. Raises `LabError` when it is not installed."""
    files = _installed(package).files or []
    places = [Path(str(file.locate())) for file in files]
    return sum(place.stat().st_size for place in places if place.exists()) / 1e6


def needs(package: str) -> set[str]:
    """All packages that come with it on this machine, extras left out."""
    found: set[str] = set()
    waiting = [canonicalize_name(package)]
    while waiting:
        for line in _installed(waiting.pop()).requires or []:
            wanted = Requirement(line)
            name = canonicalize_name(wanted.name)
            if name not in found and (wanted.marker is None or wanted.marker.evaluate({"extra": ""})):
                found.add(name)
                waiting.append(name)
    return found


def licence(package: str) -> tuple[str, str]:
    """What the metadata says of the licence, and whether a licence file is installed: `("", "LICENSE")` is a gap."""
    at = _installed(package)
    stated = at.metadata.get("License-Expression") or at.metadata.get("License") or ""
    classified = [
        line.rsplit("::", 1)[-1].strip() for line in at.metadata.get_all("Classifier") or [] if "License ::" in line
    ]
    texts = [file.name for file in at.files or [] if file.name.upper().startswith(("LICENSE", "LICENCE", "COPYING"))]
    return (stated.splitlines() or classified or [""])[0][:60], (texts or [""])[0]


def releases(package: str) -> pd.DataFrame:
    """Releases of the two years before the table's date, oldest first. Raises `LabError` for a package not in it."""
    with FILE.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["package"] == package]
    if not rows:
        raise LabError(f"{FILE.name} has no releases of {package!r}.")
    table = pd.DataFrame(rows)
    for column in ("released", "checked"):
        table[column] = pd.to_datetime(table[column])
    return table.assign(wheels=table["wheels"].astype(int)).sort_values("released", ignore_index=True)


def since(package: str, platform: str) -> date | None:
    """The release from which on all in the table have a wheel for `platform`; None if the last has none."""
    table = releases(package)
    has = [platform in platforms.split() for platforms in table["platforms"]]
    if not has[-1]:
        return None
    first = len(has) - next((i for i, yes in enumerate(reversed(has)) if not yes), len(has))
    return pd.Timestamp(table["released"].iloc[first]).date()


def footholds(package: str, folder: Path = LIBRARY) -> dict[str, int]:
    """Files below `folder` that import the package, and how many lines of each mention what they imported."""
    found = {}
    for path in sorted(folder.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        bound = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                bound |= {
                    (alias.asname or alias.name).split(".")[0] for alias in node.names if _top(alias.name) == package
                }
            elif isinstance(node, ast.ImportFrom) and _top(node.module or "") == package:
                bound |= {alias.asname or alias.name for alias in node.names}
        if bound:
            lines = {node.lineno for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id in bound}
            found[path.relative_to(folder).as_posix()] = len(lines)
    return found


def profile(package: str) -> dict[str, object]:
    """All of it in one row."""
    stated, text = licence(package)
    made = releases(package)
    dates = made["released"]
    with_it = needs(package)
    return {
        "version": _installed(package).version,
        "own MB": round(footprint_mb(package), 1),
        "packages with it": len(with_it),
        "MB with them": round(footprint_mb(package) + sum(footprint_mb(one) for one in with_it), 1),
        "licence in metadata": stated or "not stated",
        "licence file": text or "none",
        "releases in a year": int((dates > dates.max() - pd.Timedelta(days=365)).sum()),
        "longest gap, days": int(dates.diff().dt.days.max()),
        "arm64 Linux since": str(since(package, "linux-arm64") or "never"),
    }


def _top(name: str) -> str:
    return name.split(".")[0]


def _installed(package: str):  # type: ignore[no-untyped-def]  # importlib's own class has two names by version
    try:
        return distribution(package)
    except PackageNotFoundError:
        raise LabError(f"{package!r} is not installed here.") from None
