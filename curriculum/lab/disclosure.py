"""What a page gives away: secrets that stop its publication, and facts that identify an employer or a person.

The rules are few and stated, for pages of a few hundred words, with forms that detect-secrets knows beside them. They
are no replacement for a scanner of repositories such as gitleaks, and they find no secret that looks like a word.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

ENTROPY = 3.5  # bits a character: English words stay below, random letters and digits of this length do not
REDACTED = "[removed: {kind}]"

SECRETS: Mapping[str, re.Pattern[str]] = {
    "AWS access key": re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    "GitHub token": re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{22,})\b"),
    "Slack token": re.compile(r"\bxox[abeprs]-[A-Za-z0-9-]{10,}"),
    "private key": re.compile(
        r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----(?:.*?-----END (?:[A-Z]+ )*PRIVATE KEY-----)?", re.DOTALL
    ),
    "Hugging Face token": re.compile(r"\bhf_[A-Za-z0-9]{30,}\b"),
    "token in a header": re.compile(r"\bBearer\s+[\w.~+/-]{16,}=*", re.IGNORECASE),
    "cluster token": re.compile(r"(?<![\w.])[a-z0-9]{6}\.[a-z0-9]{16}(?![\w.])"),
    "password in a command": re.compile(r"\bcurl\b[^\n]*?\s(?:-u|--user)[\s=]*[\"']?[^\s:\"']+:[^\s\"']+"),
    "JSON web token": re.compile(r"\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}"),
    "password in an address": re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s/:@]+:[^\s/@]+@[^\s]+", re.IGNORECASE),
}
_ASSIGNED = re.compile(
    r"(?P<name>[\w-]*(?:secret|token|passw(?:or)?d|pwd|(?:api|access|secret|openai|account)[_-]?key|[_-]key))"
    r"(?:[_-](?!name|id|ref|file|path|count|limit|url)[A-Za-z0-9]+)?"  # API_KEY_PROD, but no secret_name
    r"[\"']?\s*[:=]\s*[\"']?(?P<value>[^\s\"',;<>]{8,})",
    re.IGNORECASE,
)
_LOOKED_UP = re.compile(r"[$({]|\[removed|[A-Za-z_][\w.]*[\[({]")  # $TOKEN, os.environ[…], a call: no value
_PASSWORD = re.compile(r"passw(?:or)?d|pwd", re.IGNORECASE)
_WORD = re.compile(r"\b[A-Za-z0-9+/_-]{28,}={0,2}")

FACTS: Mapping[str, re.Pattern[str]] = {
    "e-mail address": re.compile(r"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b"),
    "internal host": re.compile(r"\b[\w-]+(?:\.[\w-]+)*\.(?:internal|local|lan|corp|intra)\b", re.IGNORECASE),
    "network address": re.compile(r"\b(?:10|127|192\.168|172\.(?:1[6-9]|2\d|3[01]))(?:\.\d{1,3}){2,3}\b"),
    "account number": re.compile(r"\b\d{12}\b"),
    "case number": re.compile(r"\b[A-Z]{2,4}-\d{4}-\d{3,}\b"),
    "small count of people": re.compile(
        r"\b[1-9] (?:residents?|households?|people|persons?|claimants?|famil(?:y|ies))\b", re.IGNORECASE
    ),
}


@dataclass(frozen=True)
class Found:
    """One thing that a text gives away: what kind, where, and the words, which a report shows only in part."""

    kind: str
    start: int
    end: int
    text: str

    @property
    def shown(self) -> str:
        """Enough to find it, too little to use it."""
        return f"{self.text[:4]}… ({len(self.text)} characters)"


def secrets(text: str) -> list[Found]:
    """What looks like a credential: known forms, values given to names such as `token`, and long random words."""
    found = [_found(kind, match) for kind, pattern in SECRETS.items() for match in pattern.finditer(text)]
    found += [_found(kind, match) for kind, pattern in _known_forms() for match in pattern.finditer(text)]
    for match in _ASSIGNED.finditer(text):
        if _is_value(match["name"], match["value"]):
            found.append(Found("value of a secret", match.start("value"), match.end("value"), match["value"]))
    for match in _WORD.finditer(text):
        if _is_random(match[0]):
            found.append(_found("long random word", match))
    return _apart(found)


def facts(text: str, names: Iterable[str] = ()) -> list[Found]:
    """What identifies an employer or a person: the stated forms, and every one of `names`, which only you can know."""
    found = [_found(kind, match) for kind, pattern in FACTS.items() for match in pattern.finditer(text)]
    for name in names:
        if name.strip():
            pattern = re.compile(rf"(?<!\w){re.escape(name.strip())}(?!\w)", re.IGNORECASE)
            found += [_found("name", match) for match in pattern.finditer(text)]
    return _apart(found)


def redact(text: str, found: Iterable[Found]) -> str:
    """The text with each of `found`, which were found in it, replaced by what it was."""
    for each in sorted(found, key=lambda each: each.start, reverse=True):
        text = text[: each.start] + REDACTED.format(kind=each.kind) + text[each.end :]
    return text


def entropy(text: str) -> float:
    """Bits a character, by how often each occurs."""
    counts = Counter(text)
    return -sum(n / len(text) * math.log2(n / len(text)) for n in counts.values())


@cache
def _known_forms() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """The forms of detect-secrets' detectors. Only patterns are used: a detector could ask a server about a key."""
    from detect_secrets.plugins import (
        azure_storage_key,
        discord,
        gitlab_token,
        mailchimp,
        npm,
        openai,
        pypi_token,
        sendgrid,
        slack,
        square_oauth,
        stripe,
        twilio,
    )

    detectors = [
        azure_storage_key.AzureStorageKeyDetector(),
        discord.DiscordBotTokenDetector(),
        gitlab_token.GitLabTokenDetector(),
        mailchimp.MailchimpDetector(),
        npm.NpmDetector(),
        openai.OpenAIDetector(),
        pypi_token.PypiTokenDetector(),
        sendgrid.SendGridDetector(),
        slack.SlackDetector(),
        square_oauth.SquareOAuthDetector(),
        stripe.StripeDetector(),
        twilio.TwilioKeyDetector(),
    ]
    return tuple((str(one.secret_type), pattern) for one in detectors for pattern in one.denylist)


def _is_value(name: str, value: str) -> bool:
    """Whether it is written out, and no word: `secret: db-credentials` names one, while a password may be any word."""
    is_word = not any(sign.isdigit() for sign in value) and not _PASSWORD.search(name)
    return entropy(value) > 2.5 and not is_word and not _LOOKED_UP.match(value)


def _is_random(word: str) -> bool:
    """Whether some run without a separator is mixed and long, which paths and the names of models are not."""
    return entropy(word) > ENTROPY and any(
        len(run) >= 16 and all(map(re.search, (r"\d", r"[a-z]", r"[A-Z]"), [run] * 3))
        for run in re.split(r"[/_=-]", word)
    )


def _found(kind: str, match: re.Match[str]) -> Found:
    return Found(kind, match.start(), match.end(), match[0])


def _apart(found: list[Found]) -> list[Found]:
    """Without overlaps: of two that share a character, the one that begins first, and of those the longest."""
    kept: list[Found] = []
    for each in sorted(found, key=lambda each: (each.start, -each.end)):
        if not kept or each.start >= kept[-1].end:
            kept.append(each)
    return kept
