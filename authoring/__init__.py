"""What an author runs: build, gates, answer banks, verification, the learner's kit."""
