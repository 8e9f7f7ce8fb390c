"""Feedback pages for learners, through nbgrader's generate_feedback for now."""

from grading.feedback.pages import Page, write_feedback

__all__ = ["Page", "write_feedback"]
