"""The tables of attacks by tier: `python -m tests.attacks.table [full|landlock|limits …]`, in Markdown.

The first has a row for each attack: a dash stands for a question that a tier does not answer, `yes` for an attack that
got what it must not get. The second has a row for each family: how many got it, of how many of which it is asked.
"""

import sys
from collections.abc import Iterable

from tests.attacks.catalogue import CATALOGUE
from tests.attacks.harness import run
from tests.attacks.model import TIERS, Attack, Question, Seen
from tests.attacks.suite import applies

Found = dict[str, dict[str, Seen]]  # by tier and attack


def _answer(attack: Attack, tier: str, seen: Seen | None, question: Question) -> str:
    if seen is None or question not in attack.aims_under(tier) | {Question.POINTS}:
        return "–"
    return "yes" if seen.of(question) else "no"


def long_table(found: Found) -> Iterable[str]:
    """A row for each attack."""
    yield f"| family | attack | {' | '.join(found)} |"
    yield f"|---|---|{'---|' * len(found)}"
    for attack in CATALOGUE.values():
        cells = (
            " ".join(_answer(attack, tier, seen.get(attack.name), question) for question in Question)
            for tier, seen in found.items()
        )
        yield f"| {attack.family} | {attack.name} | {' | '.join(cells)} |"


def short_table(found: Found) -> Iterable[str]:
    """A row for each family and one for all of them."""
    yield f"| family | attacks | {' | '.join(f'{tier}: {question}' for tier in found for question in Question)} |"
    yield f"|---|---|{'---|' * len(found) * len(Question)}"
    families = list(dict.fromkeys(attack.family for attack in CATALOGUE.values()))
    for family in (*families, ""):
        attacks = [attack for attack in CATALOGUE.values() if family in ("", attack.family)]
        cells = []
        for tier, seen in found.items():
            for question in Question:
                answers = [_answer(attack, tier, seen.get(attack.name), question) for attack in attacks]
                asked = len(answers) - answers.count("–")
                cells.append(f"{answers.count('yes')} of {asked}" if asked else "–")
        yield f"| {family or 'all'} | {len(attacks)} | {' | '.join(cells)} |"


def main(tiers: list[str]) -> None:
    """Run everything and print."""
    found = {tier: run(tier, [a.name for a in CATALOGUE.values() if applies(a, tier)]) for tier in tiers}
    print(*long_table(found), "", *short_table(found), sep="\n")


if __name__ == "__main__":
    main(sys.argv[1:] or list(TIERS))
