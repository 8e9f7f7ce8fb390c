"""Notebooks with secrets that somebody left in them, and two ways to look for these.

The corpus is synthetic and seeded: every secret is drawn by a generator and opens nothing. Rules are detect-secrets'
detectors for known forms. Entropy is its Shannon entropy too, in bits a character, over every run of 16 or more
characters, because its own entropy detectors look between quotes only, and outputs have none.
"""

import base64
import random
import re
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

BASE64 = string.ascii_letters + string.digits + "+/"
_RUN = re.compile(r"[A-Za-z0-9+/=_-]{16,}")
_COPIES = (("source", 3), ("output", 4))  # harmless lines of each kind in a notebook


@dataclass(frozen=True)
class Line:
    """One line of a notebook: where it stands, and the kind of secret in it, if there is one."""

    notebook: int
    where: str  # "source" or "output"
    text: str
    secret: str | None


def corpus(notebooks: int = 300, seed: int = 33) -> list[Line]:
    """The lines of many notebooks. About one notebook in four has a secret; all have what looks like one."""
    draw = random.Random(seed)
    lines = []
    for number in range(notebooks):
        for where, copies in _COPIES:
            for _ in range(copies):
                lines.append(Line(number, where, draw.choice(_HARMLESS[where])(draw), None))
        if draw.random() < 0.25:
            kind = draw.choice(list(_SECRETS))
            where, make = _SECRETS[kind]
            lines.append(Line(number, where, make(draw), kind))
    return lines


def notebook(lines: list[Line]) -> dict[str, Any]:
    """The lines of one notebook as a notebook file's content: one code cell with its output."""
    source = [each.text for each in lines if each.where == "source"]
    output = "\n".join(each.text for each in lines if each.where == "output")
    cell = {
        "cell_type": "code",
        "id": "only",
        "metadata": {},
        "execution_count": 1,
        "source": "\n".join(source),
        "outputs": [{"output_type": "stream", "name": "stdout", "text": output}],
    }
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]}


def read(content: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The lines of a notebook's content, each with where it stands; a scanner that reads the JSON sees other quotes."""
    for cell in content["cells"]:
        for line in cell["source"].splitlines():
            yield "source", line
        for output in cell.get("outputs", []):
            for line in output["text"].splitlines():
                yield "output", line


def scan(lines: list[Line]) -> pd.DataFrame:
    """A row a line: `notebook`, `where`, `secret`, whether a `rule` fired, and its highest `entropy` (0 if no run)."""
    rules = _rules()
    return pd.DataFrame(
        {
            "notebook": [each.notebook for each in lines],
            "where": [each.where for each in lines],
            "secret": [each.secret for each in lines],
            "rule": [any(rule(each.text) for rule in rules) for each in lines],
            "entropy": [max((_entropy(run) for run in _RUN.findall(each.text)), default=0.0) for each in lines],
        }
    )


def score(found: "pd.Series[bool]", secret: "pd.Series[Any]") -> tuple[float, float]:
    """Precision and recall of what was found. Precision is 1 where nothing was found."""
    real = secret.notna()
    hits = int((found & real).sum())
    return (hits / int(found.sum()) if found.any() else 1.0), hits / int(real.sum())


def _rules() -> list[Callable[[str], bool]]:
    """detect-secrets' detectors of known forms, without its filters: some of those would ask a server about a key."""
    from detect_secrets.plugins import aws, basic_auth, github_token, jwt, keyword, openai, private_key

    detectors = [
        aws.AWSKeyDetector(),
        basic_auth.BasicAuthDetector(),
        github_token.GitHubTokenDetector(),
        jwt.JwtTokenDetector(),
        keyword.KeywordDetector(),
        openai.OpenAIDetector(),
        private_key.PrivateKeyDetector(),
    ]
    return [lambda text, one=one: bool(one.analyze_line("notebook.py", text, 1)) for one in detectors]  # type: ignore[misc]


def _entropy(text: str) -> float:
    from detect_secrets.plugins.high_entropy_strings import Base64HighEntropyString

    return float(Base64HighEntropyString().calculate_shannon_entropy(text))


def _text(draw: random.Random, length: int, alphabet: str = BASE64) -> str:
    return "".join(draw.choices(alphabet, k=length))


def _hex(draw: random.Random, length: int) -> str:
    return _text(draw, length, "0123456789abcdef")


def _jwt(draw: random.Random) -> str:
    parts = ['{"alg":"HS256","typ":"JWT"}', f'{{"sub":"{_hex(draw, 12)}","scope":"casework"}}']
    head = ".".join(base64.urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts)
    return f"{head}.{_text(draw, 43, string.ascii_letters + string.digits + '-_')}"


def _word(draw: random.Random) -> str:
    return draw.choice(["winter", "outreach", "sommer", "casework", "welcome"]) + str(draw.randint(2019, 2026))


_SECRETS: dict[str, tuple[str, Callable[[random.Random], str]]] = {
    "environment dump": ("output", lambda d: f"AWS_SECRET_ACCESS_KEY={_text(d, 40)}"),
    "connection string": (
        "output",
        lambda d: f"OperationalError: postgresql://rank:{_word(d)}@db.city:5432/households",
    ),
    "request log": ("output", lambda d: f"> Authorization: Bearer {_jwt(d)}"),
    "signed link": ("output", lambda d: f"https://store.city/raw.parquet?sv=2024&sp=racwdl&sig={_text(d, 43)}="),
    "password in code": ("source", lambda d: f'password = "{_word(d)}"'),
    "key in a prompt": ("source", lambda d: f'SYSTEM = "Call the casework API with the key {_hex(d, 32)}."'),
    "model hub login": ("source", lambda d: f'login("hf_{_text(d, 34, string.ascii_letters)}")'),
}

_HARMLESS: dict[str, list[Callable[[random.Random], str]]] = {
    "source": [
        lambda d: f'model = load("outreach/ranker", digest="sha256:{_hex(d, 64)}")',
        lambda d: f"REVISION = '{_hex(d, 40)}'",
        lambda d: 'password = os.environ["DB_PASSWORD"]',
        lambda d: "tokens = tokenizer(batch, padding=True)",
        lambda d: f"run = mlflow.get_run('{_hex(d, 32)}')",
        lambda d: f"frame = frame[frame.age > {d.randint(18, 90)}]",
        lambda d: f'icon = "data:image/png;base64,{_text(d, 60)}"',
    ],
    "output": [
        lambda d: f"sha256:{_hex(d, 64)}  ranker.onnx",
        lambda d: f"commit {_hex(d, 40)}",
        lambda d: f"epoch {d.randint(1, 30)}: loss {d.random():.4f}",
        lambda d: f"embedding id {_text(d, 22)}",
        lambda d: f"arn:aws:sagemaker:eu-central-1:111122223333:training-job/ranker-{_hex(d, 8)}",
        lambda d: f"ETag: {_hex(d, 32)}",
        lambda d: f"checkpoint {_text(d, 27, string.ascii_letters + string.digits)}.safetensors",
        lambda d: "UserWarning: truncated sequences longer than 512 tokens",
    ],
}
