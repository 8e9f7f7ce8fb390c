"""Export plug-ins for nbgrader: plain CSV, and the columns that Canvas and Moodle import.

Points that still wait for a person are left blank for Canvas and Moodle, which leave blank cells as they are.
"""

import csv
import io
from collections.abc import Iterable
from pathlib import Path

from nbgrader.api import Gradebook
from nbgrader.coursedir import CourseDirectory
from nbgrader.plugins import ExportPlugin

from curriculum.files import write_atomically
from grading.export.standings import Row, Standings, read_standings

Cell = str | float | None
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # how a cell that a spreadsheet would run begins


class GradeExport(ExportPlugin):
    """What the exports share: reading the gradebook and writing the file in one step."""

    default_name = "grades.csv"

    def export(self, gradebook: Gradebook) -> None:
        """Write the file named by `to`, or `default_name` in the current folder."""
        folders = getattr(self.parent, "coursedir", None) or CourseDirectory(config=self.config)
        units, students = [str(unit) for unit in self.assignment], [str(student) for student in self.student]
        standings = read_standings(gradebook, folders, units, students)
        text = io.StringIO(newline="")
        csv.writer(text, lineterminator="\n").writerows(map(_row, self.rows(standings)))
        path = Path(self.to or self.default_name)
        write_atomically(path, text.getvalue())
        self.log.info("Wrote %s", path)

    def rows(self, standings: Standings) -> Iterable[list[Cell]]:
        """The header and all rows."""
        raise NotImplementedError


class CsvExport(GradeExport):
    """One row a student and unit, with everything the gradebook knows of it."""

    def rows(self, standings: Standings) -> Iterable[list[Cell]]:
        """The header and all rows."""
        yield [
            *("student", "unit", "score", "max_score", "auto_score", "manual_score", "needs_manual_grade"),
            *("late_penalty", "submitted_at", "state"),
        ]
        for row in standings.rows:
            yield [
                *(row.student.id, row.unit, row.score, row.max_score, row.auto_score, row.manual_score),
                "yes" if row.standing == "needs manual grade" else "no",
                *(
                    row.late_penalty,
                    f"{row.submitted_at:%Y-%m-%dT%H:%M:%SZ}" if row.submitted_at else "",
                    str(row.standing),
                ),
            ]


class CanvasExport(GradeExport):
    """The columns of Canvas's gradebook import.

    Canvas finds a student by its own number (`lms_user_id` in nbgrader), else by SIS Login ID (nbgrader's student id),
    else by name; it finds an assignment by the whole heading, and makes a new one where there is none.
    """

    default_name = "grades-canvas.csv"

    def rows(self, standings: Standings) -> Iterable[list[Cell]]:
        """The header, the row of possible points, and all rows."""
        headings: list[Cell] = [f"{title} ({unit})" for unit, title in standings.units.items()]
        yield ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", *headings]
        yield ["Points Possible", "", "", "", "", *(standings.points[unit] for unit in standings.units)]
        for student, rows in standings.by_student():
            scores: list[Cell] = [rows[unit].final_score for unit in standings.units]
            yield [student.name, student.lms_id, "", student.id, "", *scores]


class MoodleExport(GradeExport):
    """Columns that Moodle's grade import maps: ID number or email address to the user, a grade and feedback a unit.

    Moodle deletes a grade when feedback is imported without one, so that feedback is blank where the grade is.
    """

    default_name = "grades-moodle.csv"

    def rows(self, standings: Standings) -> Iterable[list[Cell]]:
        """The header and all rows."""
        headings: list[Cell] = []
        for unit, title in standings.units.items():
            headings += [f"{title} ({unit})", f"{title} ({unit}) (Feedback)"]
        yield ["ID number", "Email address", "First name", "Last name", *headings]
        for student, rows in standings.by_student():
            cells: list[Cell] = []
            for unit in standings.units:
                cells += [rows[unit].final_score, _feedback(rows[unit])]
            yield [student.id, student.email, student.first_name, student.last_name, *cells]


def _feedback(row: Row) -> str:
    if row.final_score is None:
        return ""
    late = [f"Late: {row.late_penalty:g} points taken off."] if row.late_penalty else []
    return " ".join([f"{row.score:g} of {row.max_score:g} points.", *late, *row.comments])


def _row(cells: list[Cell]) -> list[str]:
    return [_text(cell) for cell in cells]


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return f"'{cell}" if cell.startswith(FORMULA) else cell
    return f"{cell:.6g}"
