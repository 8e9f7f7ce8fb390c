"""Hashes that tell whether a built file still follows from its source, and whether someone edited it by hand."""

import ast
import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from curriculum.course import Course

FORMAT = "1"  # raise it when the builder writes something else for the same source: everything is then built again
LAB = "curriculum.lab"
CODE_CELL = re.compile(r"^(?:```+)\{code-cell\}.*?^```", re.MULTILINE | re.DOTALL)


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


def lesson_inputs(course: Course, text: str) -> str:
    """Hash of what a lesson's outputs depend on: its source and the parts of `curriculum/lab` that it uses.

    A lesson uses a module of the lab when one of the names that the module offers occurs in its code, and every module
    that such a module imports. It uses the data when a module it uses names the folder `data`. Installed packages do
    not count: `requirements.lock` holds them still, and nbval notices when an output changes. A lesson whose code says
    `syllabus` depends on what there is to learn, in which order and how long.

    The source is not parsed for this: most checks find nothing changed, and parsing every unit would take seconds.
    """
    code = "\n".join(CODE_CELL.findall(text))
    text += _to_learn(course) if re.search(r"\bsyllabus\b", code) else ""
    return _hash(course, text, _lab_files(course.root / "curriculum" / "lab", code) if "lab" in code else [])


def _to_learn(course: Course) -> str:
    """What plans are computed from: what the lab says of skills and items, and the units as they are learnt from.

    Their state, their resources and where they serve an item change often, and no plan.
    """
    said = [path.read_text(encoding="utf-8") for path in sorted((course.root / "curriculum" / "lab").glob("*.yml"))]
    units = [
        unit.model_dump(mode="json", include={"id", "milestone", "title", "hours", "skills", "prerequisites"})
        | {"covers": sorted(unit.covers)}
        for unit in course.syllabus.units
    ]
    return json.dumps([said, course.syllabus.skills, units], sort_keys=True)


def assignment_inputs(course: Course, text: str, supplements: Iterable[Path]) -> str:
    """Hash of what an assignment is built from: its source and the files that are handed out beside it."""
    return _hash(course, text, supplements)


def _hash(course: Course, text: str, files: Iterable[Path]) -> str:
    digest = hashlib.sha256(f"{FORMAT}\n{text}".encode())
    for path in sorted(files):
        content = path.read_bytes()
        if path.suffix == ".py":
            content = content.replace(b"\r\n", b"\n")  # Git may check text out with other line ends
        digest.update(f"\0{path.relative_to(course.root).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


@dataclass(frozen=True)
class _Module:
    """What counts of a module of the lab."""

    imports: frozenset[str]  # modules of the lab
    homes: dict[str, str]  # names that `curriculum.lab` offers, and the module that each comes from
    names_data: bool


def _lab_files(lab: Path, code: str) -> set[Path]:
    paths = {path.stem: path for path in lab.glob("*.py")}
    if "__init__" not in paths:
        return set()
    modules = {name: _module(path.read_text(encoding="utf-8")) for name, path in paths.items()}
    homes = modules["__init__"].homes
    # What __init__ offers is loaded on first use, so only its own imports and the names that occur count.
    todo = {"__init__"} | {homes.get(word, word) for word in re.findall(r"\w+", code)} & set(paths)
    used: set[str] = set()
    while todo:
        name = todo.pop()
        used.add(name)
        todo |= (modules[name].imports & set(paths)) - used
    uses_data = any(modules[name].names_data for name in used)
    data = {path for path in (lab / "data").rglob("*") if path.is_file()} if uses_data else set()
    return {paths[name] for name in used} | data


@lru_cache(maxsize=256)
def _module(text: str) -> _Module:
    imports: set[str] = set()
    homes: dict[str, str] = {}
    names_data = False
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            imports |= {alias.name.removeprefix(f"{LAB}.") for alias in node.names if alias.name.startswith(f"{LAB}.")}
        elif isinstance(node, ast.ImportFrom):
            origin = node.module or ""
            if origin == LAB or (node.level == 1 and not origin):
                imports |= {alias.name for alias in node.names}
            elif origin.startswith(f"{LAB}.") or node.level == 1:
                imports.add(origin.removeprefix(f"{LAB}.").split(".")[0])
        elif isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == ["_HOME"]:
            homes = ast.literal_eval(node.value)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            names_data = names_data or bool(re.search(r"(^|/)data(/|$)", node.value))
    return _Module(frozenset(imports), homes, names_data)
