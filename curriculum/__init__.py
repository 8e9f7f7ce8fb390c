"""The curriculum: what a learner reads and runs."""
