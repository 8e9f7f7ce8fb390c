import asyncio
import itertools
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from fastapi import FastAPI

from curriculum import lab
from curriculum.lab.load import _schedule


def app(answer: Callable[[dict[str, Any], bytes], Any]) -> Callable[..., Any]:
    """An ASGI app without a framework: `answer(scope, body)` is awaited and gives the status."""

    async def asgi(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            raise ValueError("no lifespan")
        body = (await receive())["body"]
        status = await answer(scope, body)
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b"ok"})

    return asgi


async def fine(_scope: dict[str, Any], _body: bytes) -> int:
    return 200


def test_open_loop_sends_the_schedule_and_times_each_request() -> None:
    with lab.serve(app(fine)) as url:
        load = lab.open_loop(lab.get(url), rate=100, duration_s=0.5)
    frame = load.frame
    assert list(frame) == ["intended_s", "sent_s", "done_s", "latency_ms", "service_ms", "status", "error"]
    assert len(frame) == 50
    assert frame.intended_s.tolist() == pytest.approx([i / 100 for i in range(50)])
    assert (frame.sent_s >= frame.intended_s).all() and (frame.done_s > frame.sent_s).all()
    assert frame.latency_ms.to_numpy() == pytest.approx(((frame.done_s - frame.intended_s) * 1e3).to_numpy())
    assert frame.service_ms.to_numpy() == pytest.approx(((frame.done_s - frame.sent_s) * 1e3).to_numpy())
    assert (frame.status == 200).all() and load.errors == 0
    assert load.percentile(100) == frame.latency_ms.max()
    summary = load.summary()
    assert len(summary) == 1 and summary.requests[0] == 50 and summary.p50_ms[0] == load.percentile(50)


def test_poisson_arrivals_are_seeded_and_as_many() -> None:
    once, again, other = (_schedule(200, 10, "poisson", seed) for seed in (1, 1, 2))
    assert once == again != other
    assert len(once) == 2000 and once[0] == 0
    assert once[-1] == pytest.approx(10, rel=0.1)
    gaps = [later - earlier for earlier, later in itertools.pairwise(once)]
    assert sum(gap > 1 / 200 for gap in gaps) / len(gaps) == pytest.approx(0.37, abs=0.05)  # exp(-1)


def test_closed_loop_by_requests_and_by_time() -> None:
    busy: list[int] = []
    most = 0

    async def count(_scope: dict[str, Any], _body: bytes) -> int:
        nonlocal most
        busy.append(1)
        most = max(most, len(busy))
        await asyncio.sleep(0.01)
        busy.pop()
        return 200

    with lab.serve(app(count)) as url:
        assert len(lab.closed_loop(lab.get(url), users=3, requests=20).frame) == 20
        assert most == 3
        timed = lab.closed_loop(lab.get(url), users=2, duration_s=0.3).frame
        thinking = lab.closed_loop(lab.get(url), users=2, duration_s=0.3, think_s=0.15).frame
    assert timed.sent_s.max() < 0.3
    assert (timed.sent_s == timed.intended_s).all()
    assert 0 < len(thinking) <= 4 < len(timed)


def test_a_function_makes_each_request() -> None:
    bodies: list[bytes] = []

    async def note(scope: dict[str, Any], body: bytes) -> int:
        bodies.append(scope["method"].encode() + body)
        return 200

    with lab.serve(app(note)) as url:
        lab.closed_loop(lambda i: lab.post(url, json={"i": i}), users=1, requests=3)
    assert bodies == [b'POST{"i":0}', b'POST{"i":1}', b'POST{"i":2}']


def test_failures_are_rows() -> None:
    async def every_other(scope: dict[str, Any], _body: bytes) -> int:
        if scope["path"] == "/slow":
            await asyncio.sleep(30)
        return 503

    with lab.serve(app(every_other)) as url:
        load = lab.closed_loop(
            lambda i: lab.get(f"{url}/{'slow' if i % 2 else 'full'}"), users=1, requests=4, timeout_s=0.3
        )
    assert load.frame.status.tolist() == [503, 0, 503, 0]
    assert load.frame.error.str.split(":").str[0].tolist() == ["HTTP 503", "ReadTimeout"] * 2
    assert load.errors == 4 and load.rate == 0

    with socket.create_server(("127.0.0.1", 0)) as taken:  # bound, then closed: nobody listens there
        port = taken.getsockname()[1]
    refused = lab.open_loop(lab.get(f"http://127.0.0.1:{port}"), rate=50, duration_s=0.1)
    assert refused.frame.status.tolist() == [0] * 5
    assert refused.frame.error.str.startswith("ConnectError").all()


def test_an_error_of_the_app_does_not_spoil_the_next_request() -> None:
    made = FastAPI()

    @made.get("/{i}")
    def fail_sometimes(i: int) -> None:
        if i % 2:
            raise ValueError("planted")

    with lab.serve(made) as url:
        load = lab.closed_loop(lambda i: lab.get(f"{url}/{i}"), users=2, requests=40)
    assert load.frame.status.value_counts().to_dict() == {200: 20, 500: 20}


def test_proxies_of_the_environment_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    with lab.serve(app(fine), ready="/") as url:
        assert lab.closed_loop(lab.get(url), users=1, requests=2).errors == 0


def test_the_cap_shows_as_lateness_and_loses_nothing() -> None:
    async def slow(_scope: dict[str, Any], _body: bytes) -> int:
        await asyncio.sleep(0.05)
        return 200

    with lab.serve(app(slow)) as url:
        load = lab.open_loop(lab.get(url), rate=200, duration_s=0.2, max_in_flight=2)
    frame = load.frame
    assert len(frame) == 40 and load.errors == 0
    for at in frame.sent_s:
        assert ((frame.sent_s <= at) & (frame.done_s > at)).sum() <= 2
    # 40 requests, two at a time, 50 ms each: the last is due at 0.2 s and cannot leave before 0.95 s.
    assert frame.sent_s.max() > 0.9
    assert frame.latency_ms.max() > 5 * frame.service_ms.median()


def test_coordinated_omission_is_seen_by_the_open_loop_only() -> None:
    """One stall of half a second: one request of the closed loop meets it, and all that were due of the open loop."""

    def stalling() -> Callable[..., Any]:
        seen = 0
        stalled = asyncio.Event()

        async def answer(_scope: dict[str, Any], _body: bytes) -> int:
            nonlocal seen
            seen += 1
            if seen == 30:
                stalled.set()
                await asyncio.sleep(0.5)
                stalled.clear()
            while stalled.is_set():
                await asyncio.sleep(0.001)
            return 200

        return app(answer)

    with lab.serve(stalling()) as url:
        closed = lab.closed_loop(lab.get(url), users=1, requests=200)
    with lab.serve(stalling()) as url:
        opened = lab.open_loop(lab.get(url), rate=100, duration_s=2)
    assert len(closed.frame) == len(opened.frame) == 200
    assert closed.frame.latency_ms.max() > 400  # it met the stall, once
    assert opened.percentile(90) > 3 * closed.percentile(90)
    assert opened.percentile(99) > 3 * closed.percentile(99)
    assert (opened.frame.latency_ms > 100).sum() > 20 * (closed.frame.latency_ms > 100).sum()


def test_runs_inside_a_running_loop() -> None:
    async def cell(url: str) -> int:
        return lab.closed_loop(lab.get(url), users=1, requests=2).errors

    with lab.serve(app(fine)) as url:
        assert asyncio.run(cell(url)) == 0


def test_idle_connections_are_not_reused_when_the_server_may_be_closing_them(monkeypatch: pytest.MonkeyPatch) -> None:
    clients: set[int] = set()

    async def note(scope: dict[str, Any], _body: bytes) -> int:
        clients.add(scope["client"][1])
        return 200

    with lab.serve(app(note)) as url:
        lab.closed_loop(lab.get(url), users=1, requests=5)
        assert len(clients) == 1  # one user, one connection
        monkeypatch.setattr("curriculum.lab.load.IDLE_S", 0.01)
        lab.closed_loop(lab.get(url), users=1, requests=3, think_s=0.05)
        assert len(clients) == 4


@pytest.mark.parametrize(
    ("run", "says"),
    [
        (lambda: lab.open_loop(lab.get("http://127.0.0.1"), rate=0), "rate, duration_s and max_in_flight"),
        (lambda: lab.open_loop(lab.get("http://127.0.0.1"), arrivals="bursty"), "constant or poisson"),
        (lambda: lab.closed_loop(lab.get("http://127.0.0.1")), "either duration_s or requests"),
        (lambda: lab.closed_loop(lab.get("http://127.0.0.1"), users=0, requests=1), "users"),
        (lambda: lab.closed_loop(lab.get("127.0.0.1:80/x y:z"), requests=1), "cannot be built"),
        (lambda: lab.closed_loop({"nothing": 1}, requests=1), "cannot be built"),
        (lambda: lab.open_loop(lab.get("no-scheme")), "cannot be built"),
    ],
)
def test_bad_input(run: Callable[[], Any], says: str) -> None:
    with pytest.raises(lab.LabError, match=says):
        run()


def test_an_error_in_the_function_is_the_callers() -> None:
    with pytest.raises(ZeroDivisionError):
        lab.closed_loop(lambda i: lab.get(f"http://127.0.0.1/{1 // i}"), requests=1)


@pytest.mark.skipif(os.name != "posix", reason="a process cannot send itself an interrupt elsewhere")
def test_an_interrupt_ends_the_load_and_the_next_one_runs() -> None:
    script = """
import os, signal, socket, threading
from curriculum.lab.load import closed_loop, get, open_loop
signal.signal(signal.SIGINT, signal.default_int_handler)  # a test runner in the background may have it ignored
silent = socket.create_server(("127.0.0.1", 0))
url = f"http://127.0.0.1:{silent.getsockname()[1]}"
threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
try:
    open_loop(get(url), rate=20, duration_s=3600, timeout_s=3600)
except KeyboardInterrupt:
    print("interrupted", closed_loop(get(url), users=1, requests=1, timeout_s=0.1).errors)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert (done.stdout.split(), done.stderr) == (["interrupted", "1"], "")
