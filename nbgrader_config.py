"""Points every plain `nbgrader` command and the formgrader at this course's folders."""

import os
import sys
from pathlib import Path

from curriculum.course import Course

course = Course()

# nbgrader starts `alembic` from PATH, and without it leaves a broken gradebook behind.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])

# nbgrader does not make these itself, and stops where they are missing.
if not course.is_kit:
    (course.cohort / "exchange").mkdir(parents=True, exist_ok=True)

c = get_config()  # type: ignore[name-defined]  # noqa: F821  # traitlets defines it when it runs this file
c.merge(course.nbgrader_config())
