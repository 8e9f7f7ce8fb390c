import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(Path(__file__).parent))  # the table of patterns

from patterns import PATTERNS  # noqa: E402


@pytest.fixture(scope="session")
def tried() -> dict[str, Any]:
    """What every pattern gave, split and in one process, by its name."""
    patterns = [
        {
            "name": pattern.name,
            "given": pattern.given,
            "right": pattern.right,
            "wrong": pattern.wrong,
            "tests": list(pattern.tests),
            "pushed": sorted(pattern.pushed),
            "remote": sorted(pattern.remote),
        }
        for pattern in PATTERNS
    ]
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("trial.py"))],
        input=json.dumps(patterns),
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return {found["name"]: found for found in map(json.loads, done.stdout.splitlines())}
