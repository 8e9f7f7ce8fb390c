"""The error that the lab raises when something in a lesson needs the reader's attention."""


class LabError(Exception):
    """What was wrong, where, and what to do, in one sentence."""
