"""Untrusted: what runs in the learner's process, beside the learner's code. It knows no test and no expected value."""
