"""What a facilitator runs: grading, feedback, exports, and the `course` command."""
