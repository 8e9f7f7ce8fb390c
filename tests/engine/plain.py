"""Grades with nbgrader alone, its own execution of cells included: what the engine is compared with."""

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from curriculum.course import Course
from curriculum.syllabus import Unit
from grading.engine.gradebook import ensure_assignment

# `python plain.py ROOT COHORT UNIT STUDENTS`
PROGRAM = """
import sys
from pathlib import Path
from nbgrader.converters import Autograde
from nbgrader.coursedir import CourseDirectory
from curriculum.course import Course
from grading.engine.gradebook import cohort_config

course = Course(root=Path(sys.argv[1]), cohort=Path(sys.argv[2]), gradebook="")
config = cohort_config(course)
del config.Autograde
config.CourseDirectory.assignment_id, config.CourseDirectory.student_id = sys.argv[3:5]
Autograde(CourseDirectory(config=config), config=config).start()
"""


def graded_by_nbgrader(course: Course, unit: Unit, folder: Path, all_of_them: bool = True) -> Course:
    """The course with a copy of its cohort, in `folder`, that nbgrader has graded in two processes.

    Names of students begin with a or b. With `all_of_them`, nbgrader must have been able to grade each one.
    """
    ensure_assignment(course, unit)
    other = replace(course, cohort=folder / "cohort")
    shutil.copytree(course.cohort, other.cohort)
    script = folder / "plain.py"
    script.write_text(PROGRAM, encoding="utf-8")
    environment = {**os.environ, "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])}
    runs = [
        subprocess.Popen(
            [sys.executable, str(script), str(course.root), str(other.cohort), unit.id, f"{letter}*"],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for letter in "ab"
    ]
    for run in runs:
        _, said = run.communicate(timeout=3600)
        assert run.returncode == 0 or not all_of_them, said[-2000:]
    return other
