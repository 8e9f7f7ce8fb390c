"""The tiny course to grade in, as the tests of grading have it."""

from tests.grading.conftest import cohort, graded, graded_original, prepared

__all__ = ["cohort", "graded", "graded_original", "prepared"]
