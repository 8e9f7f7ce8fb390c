"""What lies beside a feedback page: exactly what nbgrader's release_feedback reads, and no file of the learner's."""

import os
import secrets
from pathlib import Path

from curriculum.files import write_atomically
from grading.collect import SECRET, TIMESTAMP


def complete(folder: Path) -> None:
    """Lay what nbgrader's `release_feedback` stops without: a submission laid by hand has neither file."""
    for name, content in ((TIMESTAMP, ""), (SECRET, secrets.token_hex(32))):
        if not (folder / name).is_file():
            write_atomically(folder / name, content)


def tidy(assignment: str, student: str, notebooks: list[str]) -> None:
    """nbgrader's hook after it wrote a submission's pages: complete the folder, and take out the learner's files.

    nbgrader copies every file of the submission there, and releases whatever ends in `.html` as feedback.
    """
    for notebook in map(Path, notebooks):  # autograded/<student>/<unit>/<unit>.ipynb, as Course.nbgrader_config has it
        submission = notebook.parent
        folder = submission.parents[2] / "feedback" / submission.parent.name / submission.name
        if not folder.is_dir():
            continue
        ours = {folder / name for name in (f"{notebook.stem}.html", TIMESTAMP, SECRET)}
        for parent, folders, files in os.walk(folder, topdown=False):
            for name in files:
                if (path := Path(parent, name)) not in ours:
                    path.unlink()
            for name in folders:
                path = Path(parent, name)
                path.unlink() if path.is_symlink() else path.rmdir()
        complete(folder)
