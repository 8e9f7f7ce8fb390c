"""Hashes that tell whether a built file still follows from its source, and whether someone edited it by hand."""

import ast
import hashlib
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from authoring.source import Source
from curriculum.course import Course

FORMAT = "1"  # raise it when the builder writes something else for the same source: everything is then built again
LAB = "curriculum.lab"


def content_hash(notebook: dict[str, Any]) -> str:
    """Hash of the cells without their outputs: it changes when a person edits a built notebook, not when it is run."""
    cells = [
        {
            "id": cell.get("id"),
            "type": cell["cell_type"],
            "source": "".join(cell["source"]),  # JSON holds it as one string or as a list of lines
            "metadata": cell["metadata"],
        }
        for cell in notebook["cells"]
    ]
    return hashlib.sha256(json.dumps(cells, sort_keys=True).encode()).hexdigest()


def lesson_inputs(course: Course, source: Source) -> str:
    """Hash of what a lesson's outputs depend on: its source and the parts of `curriculum/lab` that it uses.

    A lesson uses a module of the lab when one of the names that the module offers occurs in its code, and every module
    that such a module imports. It uses the data when a module it uses names the folder `data`. Installed packages do
    not count: `requirements.lock` holds them still, and nbval notices when an output changes.
    """
    code = "\n".join(cell.source for cell in source.notebook.cells if cell.cell_type == "code")
    return _hash(course, source.text, _lab_files(course.root / "curriculum" / "lab", code) if "lab" in code else [])


def assignment_inputs(course: Course, source: Source, supplements: Iterable[Path]) -> str:
    """Hash of what an assignment is built from: its source and the files that are handed out beside it."""
    return _hash(course, source.text, supplements)


def _hash(course: Course, text: str, files: Iterable[Path]) -> str:
    digest = hashlib.sha256(f"{FORMAT}\n{text}".encode())
    for path in sorted(files):
        content = path.read_bytes()
        if path.suffix == ".py":
            content = content.replace(b"\r\n", b"\n")  # Git may check text out with other line ends
        digest.update(f"\0{path.relative_to(course.root).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def _lab_files(lab: Path, code: str) -> set[Path]:
    modules = {path.stem: path for path in lab.glob("*.py")}
    if "__init__" not in modules:
        return set()
    trees = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in modules.items()}
    words = set(re.findall(r"\w+", code))
    homes = _homes(trees["__init__"])
    todo = {"__init__"} | {homes.get(word, word) for word in words} & set(modules)
    used: set[str] = set()
    while todo:
        name = todo.pop()
        used.add(name)
        # What __init__ offers is loaded on first use, so only its own imports count.
        todo |= (_imports(trees[name]) & set(modules)) - used
    data = {p for p in (lab / "data").rglob("*") if p.is_file()} if any(_names_data(trees[n]) for n in used) else set()
    return {modules[name] for name in used} | data


def _homes(init: ast.Module) -> dict[str, str]:
    """The names that `curriculum.lab` offers and the module that each comes from."""
    for node in init.body:
        if isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == ["_HOME"]:
            return ast.literal_eval(node.value)
    return {}


def _imports(tree: ast.Module) -> set[str]:
    """The modules of the lab that a module of the lab imports, at its top or inside a function."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.removeprefix(f"{LAB}.") for alias in node.names if alias.name.startswith(f"{LAB}.")}
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            if module == LAB or (node.level == 1 and not module):
                found |= {alias.name for alias in node.names}
            elif module.startswith(f"{LAB}.") or node.level == 1:
                found.add(module.removeprefix(f"{LAB}.").split(".")[0])
    return found


def _names_data(tree: ast.Module) -> bool:
    return any(
        isinstance(node, ast.Constant) and isinstance(node.value, str) and re.search(r"(^|/)data(/|$)", node.value)
        for node in ast.walk(tree)
    )
