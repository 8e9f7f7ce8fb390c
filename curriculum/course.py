"""Where everything is: the folders of the course, of the learner's desk and of the facilitator's data."""

import os
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

from traitlets.config import Config

from curriculum.errors import CourseError
from curriculum.syllabus import Framework, Syllabus, Unit, read_framework, read_syllabus

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Course:
    """A copy of the course on this machine.

    `root` holds the course itself, `work` the learner's desk, `cohort` what a facilitator collects and grades.
    `gradebook` is the address of a database for the grades, taken from `COURSE_GRADEBOOK` where it is not given; when
    it is empty, they are in a file beside the cohort.
    """

    root: Path = ROOT
    work: Path = ROOT / "work"
    cohort: Path = ROOT / "grading" / "cohort_data"
    gradebook: str = field(
        default_factory=lambda: os.environ.get("COURSE_GRADEBOOK", ""), repr=False
    )  # may hold a password

    @cached_property
    def syllabus(self) -> Syllabus:
        """The checked content of `syllabus.yml`."""
        return read_syllabus(self.root / "curriculum" / "syllabus.yml")

    @cached_property
    def framework(self) -> Framework:
        """The checked content of `framework.yml`."""
        return read_framework(self.root / "curriculum" / "framework.yml")

    @property
    def is_kit(self) -> bool:
        """Whether this is a learner's kit: the course without solutions."""
        return not (self.root / "solutions").is_dir()

    def lesson_source(self, unit: Unit) -> Path:
        """The MyST source of a lesson: the only place where a person edits it."""
        return self.lesson_notebook(unit).with_suffix(".md")

    def lesson_notebook(self, unit: Unit) -> Path:
        """The built lesson, with its outputs."""
        folder = self.syllabus.milestone(unit.milestone).folder
        return self.root / "curriculum" / folder / f"{unit.id}.ipynb"

    def solution_folder(self, unit: Unit) -> Path:
        """The author's side of a unit: solutions, answer bank, facilitator's page."""
        return self.root / "solutions" / unit.id

    def assignment_source(self, unit: Unit) -> Path:
        """The MyST source of an assignment with solutions and hidden tests."""
        return self.solution_folder(unit) / f"{unit.id}.md"

    def solution_notebook(self, unit: Unit) -> Path:
        """The same as a notebook: what nbgrader reads."""
        return self.solution_folder(unit) / f"{unit.id}.ipynb"

    def released_notebook(self, unit: Unit) -> Path:
        """The assignment as learners get it."""
        return self.root / "assignments" / unit.id / f"{unit.id}.ipynb"

    def profile(self, unit: Unit) -> Path:
        """What the build found out about how to run the assignment's tests."""
        return self.root / "grading" / "profiles" / f"{unit.id}.json"

    def require_solutions(self) -> None:
        """Raise `CourseError` in a learner's kit, which holds no solutions."""
        if self.is_kit:
            raise CourseError("This is a learner's kit without solutions; run this command in the full course.")

    @property
    def gradebook_url(self) -> str:
        """The address of the gradebook, as SQLAlchemy and nbgrader read it."""
        return self.gradebook or f"sqlite:///{quote(str(self.cohort / 'gradebook.db'))}"

    def nbgrader_config(self) -> Config:
        """nbgrader's settings for these folders; `nbgrader_config.py` and our own commands share them."""
        config = Config()
        config.CourseDirectory.root = str(self.root)
        config.CourseDirectory.course_id = "ai-systems"
        config.CourseDirectory.source_directory = "solutions"
        config.CourseDirectory.solution_directory = "solutions"  # else nbgrader makes a `solution/` beside it
        config.CourseDirectory.release_directory = "assignments"
        config.CourseDirectory.submitted_directory = str(self.cohort / "submitted")
        config.CourseDirectory.autograded_directory = str(self.cohort / "autograded")
        config.CourseDirectory.feedback_directory = str(self.cohort / "feedback")
        config.CourseDirectory.db_url = self.gradebook_url
        # The default list holds `feedback`; Markdown sources, answer banks and facilitator pages are never released.
        config.CourseDirectory.ignore = [".ipynb_checkpoints", "*.pyc", "__pycache__", "feedback", "*.md"]
        config.Exchange.root = str(self.cohort / "exchange")
        # nbgrader's own steps, with the cells run by the engine: `course grade`, a plain `nbgrader autograde` and the
        # formgrader's button then give the same grades.
        config.Autograde.autograde_preprocessors = [
            "grading.engine.execute.RunCells",
            "nbgrader.preprocessors.IgnorePattern",
            "nbconvert.preprocessors.ClearMetadataPreprocessor",
            "nbgrader.preprocessors.LimitOutput",
            "nbgrader.preprocessors.SaveAutoGrades",
            "nbgrader.preprocessors.AssignLatePenalties",
            "nbgrader.preprocessors.CheckCellMetadata",
        ]
        # The same pages from `course feedback`, a plain `nbgrader generate_feedback` and the formgrader's button.
        config.GenerateFeedback.exporter_class = "grading.feedback.exporter.FeedbackExporter"
        config.GenerateFeedback.preprocessors = ["grading.feedback.grades.ReadGrades"]
        config.GenerateFeedback.post_convert_hook = "grading.feedback.release.tidy"
        config.FeedbackExporter.course_root = str(self.root)
        config.ExecutePreprocessor.timeout = 180
        config.Execute.timeout = 180
        return config
