"""What runs untrusted is visible from the folder, and imports nothing of what is trusted."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ENGINE = Path(__file__).resolve().parents[2] / "grading" / "engine"
MAY_IMPORT = {
    "learner": {"grading.engine.learner", "grading.engine.wire"},
    "wire": {"grading.engine.wire"},
    "jail": {"grading.engine.jail"},
    "judge": {
        "grading.engine.judge",
        "grading.engine.wire",
        "grading.engine.jail",
        "grading.engine.profile",
        "grading.engine.template.messages",
    },
}


def imported(path: Path) -> set[str]:
    """The project's modules that a file imports, in functions too."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide where they lead"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {name for name in found if name.split(".")[0] in ("grading", "curriculum", "authoring", "tests", "tools")}


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_a_room_imports_only_what_it_may(room):
    files = list((ENGINE / room).rglob("*.py"))
    assert files
    for path in files:
        for name in imported(path):
            assert any(name == may or name.startswith(f"{may}.") for may in MAY_IMPORT[room]), f"{path.name}: {name}"


def test_the_check_sees_a_forbidden_import(tmp_path):
    path = tmp_path / "bad.py"
    path.write_text("def f():\n    from grading.engine import gradebook\n")
    assert imported(path) == {"grading.engine.gradebook"}


def test_the_learners_process_holds_no_trusted_module():
    """Importing all that a learner's process runs brings in nothing that knows tests, scores or the gradebook."""
    code = (
        "import sys\nfrom importlib import import_module\nfrom pkgutil import iter_modules\n"
        "import grading.engine.learner as room\n"
        "[import_module(f'{room.__name__}.{each.name}') for each in iter_modules(room.__path__)]\n"
        "print(*sorted(name for name in sys.modules if name.split('.')[0] in ('grading', 'curriculum', 'nbgrader')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    for name in done.stdout.split():
        assert name in ("grading", "grading.engine") or name.split(".")[2] in ("learner", "wire"), name


def test_the_supervisors_side_can_be_imported_where_only_windows_modules_are():
    code = (
        "import asyncio, sys, psutil, nbgrader.apps, distributed, IPython\n"  # libraries that ask which system it is
        "for name in ('resource', 'fcntl', 'pwd', 'grp', 'termios'):\n    sys.modules[name] = None\n"
        "import grading.cli, grading.engine.autograde, curriculum.desk.checking\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
