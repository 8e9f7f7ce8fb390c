"""The `course` command."""


def main() -> None:
    """Placeholder until the commands land."""
    raise SystemExit("no commands yet")
