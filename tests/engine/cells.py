"""Cells as an assignment has them."""

from nbformat.v4 import new_code_cell


def cell(source, grade_id="", **flags):
    """A code cell, marked as nbgrader marks it where it has a name."""
    made = new_code_cell(source)
    if grade_id:
        made.metadata["nbgrader"] = {"grade_id": grade_id, "schema_version": 3, "grade": False, "solution": False}
        made.metadata["nbgrader"] |= {"locked": False, "task": False} | flags
    return made
