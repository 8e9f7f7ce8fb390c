"""The anatomy of a unit as gates: each looks at the unit's files and says what is wrong, where, and how to mend it."""

from authoring.gates import unit, wording, lesson, assignment  # noqa: F401, I001  # importing registers, in this order
from authoring.gates.files import Files
from authoring.gates.gate import GATES, Finding
from curriculum.course import Course

__all__ = ["GATES", "Files", "Finding", "run_gates"]

FIRST = ("parts", "built")  # the other gates read what these two vouch for


def run_gates(course: Course, unit_id: str) -> list[Finding]:
    """What all gates find wrong in a ready unit. Raises `CourseError` when a source cannot be read."""
    files = Files(course, course.syllabus.ready_unit(unit_id))
    for name in FIRST:
        if findings := GATES[name].findings(files):
            return findings
    return [finding for name, gate in GATES.items() if name not in FIRST for finding in gate.findings(files)]
