"""The one error that ends a command with a sentence instead of a traceback."""


class CourseError(Exception):
    """Something the person at the keyboard can mend: what was wrong, where, and what to do, in one sentence."""
