"""Points every plain `nbgrader` command and the formgrader at this course's folders."""

from curriculum.course import Course

c = get_config()  # type: ignore[name-defined]  # noqa: F821  # traitlets defines it when it runs this file
c.merge(Course().nbgrader_config())
