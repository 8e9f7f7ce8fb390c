"""The table of attacks by tier: `python -m tests.attacks.table [full|landlock|limits …]`, in Markdown.

A dash stands for a question that a tier does not answer, `yes` for an attack that got what it must not get.
"""

import sys

from tests.attacks.catalogue import CATALOGUE
from tests.attacks.harness import run
from tests.attacks.model import TIERS, Attack, Question, Seen
from tests.attacks.suite import applies


def _answers(attack: Attack, tier: str, seen: Seen | None) -> str:
    if seen is None:
        return "–"
    asked = attack.aims_under(tier) | {Question.POINTS}
    return " ".join(("yes" if seen.of(question) else "no") if question in asked else "–" for question in Question)


def main(tiers: list[str]) -> None:
    """Run everything and print."""
    seen = {tier: run(tier, [a.name for a in CATALOGUE.values() if applies(a, tier)]) for tier in tiers}
    print(f"| family | attack | {' | '.join(tiers)} |")
    print(f"|---|---|{'---|' * len(tiers)}")
    for attack in CATALOGUE.values():
        row = " | ".join(_answers(attack, tier, seen[tier].get(attack.name)) for tier in tiers)
        print(f"| {attack.family} | {attack.name} | {row} |")


if __name__ == "__main__":
    main(sys.argv[1:] or list(TIERS))
