import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(Path(__file__).parent))  # the tables of patterns

from patterns import PATTERNS, Pattern  # noqa: E402
from patterns_field import FIELD  # noqa: E402
from patterns_other import OTHER  # noqa: E402
from patterns_reentry import REENTRY  # noqa: E402


def _try(table: list[Pattern]) -> dict[str, Any]:
    patterns = [
        {
            "name": pattern.name,
            "given": pattern.given,
            "right": pattern.right,
            "others": list(pattern.others),
            "wrong": pattern.wrong,
            "tests": list(pattern.tests),
        }
        for pattern in table
    ]
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("trial.py"))],
        input=json.dumps(patterns),
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    return {found["name"]: found for found in map(json.loads, done.stdout.splitlines())}


@pytest.fixture(scope="session")
def tried() -> dict[str, Any]:
    """What every pattern gave, split and in one process, by its name."""
    with ThreadPoolExecutor(2) as pool:
        return {
            name: found for table in pool.map(_try, (FIELD, PATTERNS, OTHER, REENTRY)) for name, found in table.items()
        }
