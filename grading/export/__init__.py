"""Grades as files for other systems; `nbgrader export --exporter=grading.export.CsvExport` takes the classes too."""

from grading.export.files import KINDS, export_grades
from grading.export.plugins import CanvasExport, CsvExport, MoodleExport

__all__ = ["KINDS", "CanvasExport", "CsvExport", "MoodleExport", "export_grades"]
