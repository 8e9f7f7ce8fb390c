import importlib.util
from collections.abc import Iterator

import httpx
import pytest

from curriculum import lab
from curriculum.lab import llm
from curriculum.lab.servers import ProcessServer


@pytest.fixture(scope="module")
def server() -> Iterator[ProcessServer]:
    started = lab.language_model(slots=2, context=512)
    yield started
    started.stop()


def get(url: str) -> httpx.Response:
    return httpx.get(url, trust_env=False, timeout=30)


def test_has_the_slots_and_context_asked_for_and_names_no_path(server: ProcessServer) -> None:
    assert [slot["n_ctx"] for slot in get(server.url + "/slots").json()] == [512, 512]
    assert [model["id"] for model in get(server.url + "/v1/models").json()["data"]] == [llm.MODEL]


def test_stream_chat_times_every_token(server: ProcessServer) -> None:
    before = predicted(server)
    answer = lab.stream_chat(server.url, [{"role": "user", "content": "What is a load balancer?"}], max_tokens=20)
    assert answer.tokens == 20
    assert predicted(server) - before == 20
    assert len(answer.text) > 20 and not answer.text.startswith("data:")
    assert 0 < answer.ttft_ms == pytest.approx(answer.token_times_s[0] * 1e3)
    assert answer.token_times_s == sorted(answer.token_times_s)
    # A character of several bytes may take several tokens, so there can be fewer pieces than tokens; rarely many fewer.
    assert 15 <= len(answer.token_times_s) <= 20
    assert answer.tokens_per_s * answer.per_token_ms == pytest.approx(1e3)


def test_temperature_0_repeats_itself_and_messages_matter(server: ProcessServer) -> None:
    def ask(*messages: tuple[str, str]) -> str:
        chat = [{"role": role, "content": content} for role, content in messages]
        return lab.stream_chat(server.url, chat, max_tokens=12).text

    question = ("user", "Name a colour.")
    assert ask(question) == ask(question)
    assert ask(("system", "Answer in French."), ("user", "Count to ten.")) != ask(question)


def test_one_token_has_no_rate(server: ProcessServer) -> None:
    answer = lab.stream_chat(server.url, [{"role": "user", "content": "Hello"}], max_tokens=1)
    assert (answer.tokens, answer.tokens_per_s, answer.per_token_ms) == (1, 0.0, 0.0)


def test_streams_run_at_a_time_one_row_each(server: ProcessServer) -> None:
    table = lab.stream_many(server.url, ["Count to ten.", "Name three trees.", "Say hello."], streams=2, max_tokens=12)
    assert list(table) == ["stream", "started_s", "ttft_ms", "per_token_ms", "tokens", "duration_s"]
    assert len(table) == 3 and set(table.stream) == {0, 1}
    assert (table.tokens > 0).all() and (table.ttft_ms > 0).all()
    assert (table.ttft_ms <= table.duration_s * 1e3).all()
    first, second = table.iloc[0], table.iloc[1]
    assert second.started_s < first.started_s + first.duration_s, "the two streams should overlap"
    assert len(lab.stream_many(server.url, ["Hi."], streams=2, max_tokens=2)) == 2


def test_refusals_are_one_sentence(server: ProcessServer) -> None:
    with pytest.raises(lab.LabError, match=r"answered 400.*exceed"):
        lab.stream_chat(server.url, [{"role": "user", "content": "word " * 2000}], max_tokens=2)
    with pytest.raises(lab.LabError, match="at least one stream and one prompt"):
        lab.stream_many(server.url, [], streams=2)
    with pytest.raises(lab.LabError, match="at least one slot"):
        lab.language_model(slots=0)


def test_nobody_there() -> None:
    with pytest.raises(lab.LabError, match="did not answer"):
        lab.stream_chat("http://127.0.0.1:9", [{"role": "user", "content": "Hello"}])


def test_missing_weights_say_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(lab.LabError, match="is not installed: run `make"):
        lab.language_model()


def predicted(server: ProcessServer) -> int:
    """Tokens generated so far, by the server's own count."""
    line = next(
        x for x in get(server.url + "/metrics").text.splitlines() if x.startswith("llamacpp:tokens_predicted_total")
    )
    return int(float(line.split()[1]))
