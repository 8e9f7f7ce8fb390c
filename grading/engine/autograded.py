"""The folder of an autograded submission: laid out of everyone's sight, and put in its place in one step.

It holds what nbgrader's `Autograde` leaves there: the executed notebook, the files that were handed in, and the
author's files over them, all read-only. What cells wrote while they ran is not in it.
"""

import copy
import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.preprocessors import ClearMetadataPreprocessor
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.preprocessors import IgnorePattern, LimitOutput
from nbgrader.utils import find_all_files

from curriculum.course import Course
from curriculum.syllabus import Unit
from grading.engine.gradebook import cohort_config

TIMESTAMP = "timestamp.txt"  # nbgrader reads it: when the submission was made
PAPERS = (TIMESTAMP, "submission_secret.txt")  # of the collection, not of the learner: cells do not see them
READ_ONLY, SHARED = 0o444, 0o664  # nbgrader's permissions, the second one in a course whose graders share a group


class Bench:
    """What all submissions of a unit are laid out and finished with. Threads may share it."""

    def __init__(self, course: Course, unit: Unit, gradebook: Gradebook) -> None:
        """Read what they share, and remove what a run that was killed left half-laid."""
        self.config = cohort_config(course)
        self._course, self._unit = course, unit
        self._place = course.cohort / "staging"
        if self._place.exists():
            shutil.rmtree(self._place)
        self._place.mkdir(parents=True)
        notebook = gradebook.find_notebook(unit.id, unit.id)
        self._kernelspec = json.loads(notebook.kernelspec) if notebook.kernelspec else None
        self._checksums = {cell.name: cell.checksum for cell in notebook.source_cells}
        self._ignored = [*self.config.CourseDirectory.ignore, "*.ipynb"]
        self._authors = _files(course.solution_folder(unit), self._ignored)

    def notebook_of(self, student: str) -> Path:
        """Where a student's autograded notebook is."""
        return self._course.cohort / "autograded" / student / self._unit.id / f"{self._unit.id}.ipynb"

    @contextmanager
    def laid(self, submission: Path) -> Iterator[Path]:
        """A new folder with the files that a submission's cells find beside them. It is gone afterwards."""
        laid = Path(tempfile.mkdtemp(dir=self._place))
        try:
            folder = laid / self._unit.id
            folder.mkdir()
            mine = _files(submission, self._ignored)
            _copy({name: path for name, path in mine.items() if name not in PAPERS} | self._authors, folder)
            yield folder
        finally:
            shutil.rmtree(laid, ignore_errors=True)

    def marked(self, notebook: NotebookNode) -> NotebookNode:
        """The notebook with the release's kernel and checksums, which tell an answer from an untouched cell."""
        marked = copy.deepcopy(notebook)
        if self._kernelspec:
            marked.metadata["kernelspec"] = self._kernelspec
        for cell in marked.cells:
            meta = cell.metadata.get("nbgrader", {})
            if meta.get("grade_id") in self._checksums:
                meta["checksum"] = self._checksums[meta["grade_id"]]
        return marked

    def finished(self, notebook: NotebookNode) -> NotebookNode:
        """An executed notebook after nbgrader's own steps between running and scoring, as they are configured."""
        resources: dict[str, Any] = {}
        for step in (IgnorePattern, ClearMetadataPreprocessor, LimitOutput):
            notebook, resources = step(config=self.config)(notebook, resources)
        return notebook

    def put(self, notebook: NotebookNode, laid: Path, submission: Path) -> str:
        """Put a laid folder into its place, with the notebook and the papers of the collection; return the hash of it.

        A process that is killed meanwhile leaves the old folder, the new one, or none; never a mixture.
        """
        content = nbformat.writes(notebook).encode()
        (laid / f"{self._unit.id}.ipynb").write_bytes(content)
        handed_in = _files(submission, self._ignored)
        _copy({name: handed_in[name] for name in PAPERS if name in handed_in}, laid)
        shared = bool(self.config.CourseDirectory.get("groupshared"))
        for path in laid.rglob("*"):
            if path.is_file():
                path.chmod(SHARED if shared else READ_ONLY)
        target = self.notebook_of(submission.parent.name).parent
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists():
            target.rename(laid.with_name("replaced"))  # goes with the folder that `laid` is in
        laid.rename(target)
        return hashlib.sha256(content).hexdigest()


def handed_in(submitted: Path, unit: str) -> list[Path]:
    """What lies at `<student>/<unit>` under a folder: folders, and links, which grading refuses and exports count."""
    if not submitted.is_dir():
        return []
    found = [student / unit for student in submitted.iterdir()]
    return sorted(path for path in found if path.is_dir() or path.is_symlink())


def _files(folder: Path, ignored: list[str]) -> dict[str, Path]:
    """The files that nbgrader takes from a folder, by their path in it."""
    return {path.relative_to(folder).as_posix(): path for path in map(Path, find_all_files(str(folder), ignored))}


def _copy(files: dict[str, Path], folder: Path) -> None:
    for name, path in files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.is_dir():  # a learner's folder where the author has a file: the copy would go inside
            shutil.rmtree(target)
        shutil.copy(path, target)
