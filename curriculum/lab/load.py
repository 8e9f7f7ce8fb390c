"""Load on a server, from a schedule (open loop) or from users who wait for each answer (closed loop).

A closed loop stops sending while the server stalls, and so forgets the requests that would have come: coordinated
omission. The open loop keeps to its schedule and counts each latency from when the request was due.

How far it goes, measured on two cores on 23 November 2026 with a small JSON request to a server in its own process:
the schedule holds up to about 1,000 requests a second, at 0.6 to 1.5 ms of CPU each. Above that, or when the server
shares the cores, `sent_s` falls behind `intended_s`: look at the difference before you blame the server.
"""

import asyncio
import itertools
import ssl
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple, dataclass
from typing import Any, Literal, TypeVar

import anyio.lowlevel
import httpx
import numpy as np
import pandas as pd

from curriculum.lab.errors import LabError

Spec = dict[str, Any]
Requests = Spec | Callable[[int], Spec]
IDLE_S = 2.0
T = TypeVar("T")


def get(url: str, **options: Any) -> Spec:
    """A GET request to send many times; `options` are those of `httpx.Request` (params, headers)."""
    return {"method": "GET", "url": url, **options}


def post(url: str, **options: Any) -> Spec:
    """A POST request to send many times; `options` are those of `httpx.Request` (json, content, headers)."""
    return {"method": "POST", "url": url, **options}


@dataclass(frozen=True)
class _Row:
    intended_s: float
    sent_s: float
    done_s: float
    latency_ms: float
    service_ms: float
    status: int
    error: str


@dataclass(frozen=True)
class Load:
    """What a load run measured.

    `frame` has one row a request, in the order they were due. Times in seconds since the run began: `intended_s` when
    it was due, `sent_s` when it left, `done_s` when the whole answer was there. `latency_ms` counts from `intended_s`,
    `service_ms` from `sent_s`. `status` is the HTTP status, 0 without an answer; `error` says what failed, else is "".
    """

    frame: pd.DataFrame

    def percentile(self, q: float) -> float:
        """The `q`-th percentile (0 to 100) of the latency in milliseconds, over all requests, failed ones included."""
        return float(np.percentile(self.frame["latency_ms"], q))

    @property
    def rate(self) -> float:
        """Requests answered without an error, a second of the whole run."""
        return float((self.frame["error"] == "").sum() / self.frame["done_s"].max())

    @property
    def errors(self) -> int:
        """Requests that got no answer, or one with a status of 400 or above."""
        return int((self.frame["error"] != "").sum())

    def summary(self) -> pd.DataFrame:
        """One row: requests, errors, rate in answers a second, latency percentiles and maximum in milliseconds."""
        row = {"requests": len(self.frame), "errors": self.errors, "rate_per_s": self.rate}
        row |= {f"p{q}_ms": self.percentile(q) for q in (50, 90, 99)}
        return pd.DataFrame([row | {"max_ms": float(self.frame["latency_ms"].max())}])


def open_loop(
    request: Requests,
    rate: float = 200.0,
    duration_s: float = 5.0,
    *,
    arrivals: Literal["constant", "poisson"] = "constant",
    max_in_flight: int = 500,
    timeout_s: float = 10.0,
    seed: int = 0,
) -> Load:
    """Send `rate` requests a second for `duration_s` seconds, whether or not the server keeps up.

    `request` comes from `get` or `post`, or is a function of the request's number that returns such a one.
    `arrivals` are evenly spaced or a Poisson process (seeded; as many requests, in about the same time). At most
    `max_in_flight` requests wait at a time; one that is held back counts from when it was due, so that the wait shows
    as latency. A timeout or refused connection is a row with status 0.

    Raises `LabError` for a request that cannot be built or numbers that make no sense.
    """
    _require(rate > 0 and duration_s > 0 and max_in_flight > 0, "rate, duration_s and max_in_flight must be above 0")
    _require(arrivals in ("constant", "poisson"), f"arrivals must be constant or poisson, not {arrivals!r}")
    due = _schedule(rate, duration_s, arrivals, seed)

    async def run() -> list[_Row]:
        async with await _client(timeout_s) as client:
            free = asyncio.Semaphore(max_in_flight)
            start = time.perf_counter()

            async def one(prepared: httpx.Request, intended_s: float) -> _Row:
                try:
                    return await _send(client, prepared, start, intended_s)
                finally:
                    free.release()

            tasks = []
            for i, intended_s in enumerate(due):
                prepared = _build(client, request, i)  # while there is time: before it is due
                await asyncio.sleep(intended_s - (time.perf_counter() - start))
                await free.acquire()
                tasks.append(asyncio.create_task(one(prepared, intended_s)))
            return await asyncio.gather(*tasks)

    return _load(in_own_loop(run()))


def closed_loop(
    request: Requests,
    users: int = 8,
    *,
    duration_s: float | None = None,
    requests: int | None = None,
    think_s: float = 0.0,
    timeout_s: float = 10.0,
) -> Load:
    """Let `users` send one request each, wait for the answer, think for `think_s` seconds, and send the next.

    Ends after `duration_s` seconds or `requests` requests in all: give one of the two. `request` is as in `open_loop`.
    Latency counts from sending: what the server does to requests that were not sent is not seen here.

    Raises `LabError` for a request that cannot be built or numbers that make no sense.
    """
    _require((duration_s is None) != (requests is None), "give either duration_s or requests")
    _require(users > 0 and (duration_s or requests or 0) > 0, "users, duration_s and requests must be above 0")

    async def run() -> list[_Row]:
        async with await _client(timeout_s) as client:
            numbers = itertools.count() if requests is None else iter(range(requests))
            start = time.perf_counter()

            async def user() -> list[_Row]:
                rows = []
                for i in numbers:
                    prepared = _build(client, request, i)
                    if duration_s is not None and time.perf_counter() - start >= duration_s:
                        break
                    rows.append(await _send(client, prepared, start))
                    if think_s:
                        await asyncio.sleep(think_s)
                return rows

            return list(itertools.chain.from_iterable(await asyncio.gather(*(user() for _ in range(users)))))

    return _load(in_own_loop(run()))


def _require(holds: bool, rule: str) -> None:
    if not holds:
        raise LabError(f"This load makes no sense: {rule}.")


def _schedule(rate: float, duration_s: float, arrivals: str, seed: int) -> list[float]:
    """When each request is due, in seconds from the start."""
    count = max(1, round(rate * duration_s))
    if arrivals == "constant":
        return [i / rate for i in range(count)]
    gaps = np.random.default_rng(seed).exponential(1 / rate, count)
    return [float(due) for due in np.cumsum(gaps) - gaps[0]]


class _Connections(httpx.AsyncBaseTransport):
    """A stack of connections, the last used on top.

    httpx's own pool looks at each of its connections for each request: with hundreds waiting on a stalled server, the
    load would stall before the server does.
    """

    def __init__(self) -> None:
        self._idle: list[tuple[float, httpx.AsyncHTTPTransport]] = []
        self._all: list[httpx.AsyncHTTPTransport] = []
        self._context = ssl.create_default_context()  # takes milliseconds to make, so connections share it

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        connection = self._take()
        response = await connection.handle_async_request(request)
        await response.aread()
        if response.status_code == 500:  # uvicorn closes after an app's error and does not say so: the next would fail
            await connection.aclose()
        else:
            self._idle.append((time.perf_counter(), connection))
        return response

    def _take(self) -> httpx.AsyncHTTPTransport:
        # Servers close idle connections (uvicorn after 5 s); one that long unused might be closing as we send.
        if self._idle and time.perf_counter() - self._idle[-1][0] < IDLE_S:
            return self._idle.pop()[1]
        limits = httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=IDLE_S)
        self._all.append(httpx.AsyncHTTPTransport(verify=self._context, limits=limits, trust_env=False))
        return self._all[-1]

    async def aclose(self) -> None:
        for connection in self._all:
            await connection.aclose()


async def _client(timeout_s: float) -> httpx.AsyncClient:
    """A client that opens a connection for every request in flight and ignores the environment's proxies."""
    await anyio.lowlevel.checkpoint()  # loads what would delay the first request by some 20 ms
    return httpx.AsyncClient(transport=_Connections(), timeout=timeout_s, trust_env=False)


def _build(client: httpx.AsyncClient, request: Requests, i: int) -> httpx.Request:
    spec = request(i) if callable(request) else request
    try:
        built = client.build_request(**spec)
        if built.url.scheme != "http":
            raise ValueError("its url does not begin with http://")
        return built
    except (TypeError, ValueError, httpx.InvalidURL) as error:
        raise LabError(
            f"Request {i} cannot be built from {spec!r}: {error}. Use lab.get(url) or lab.post(url)."
        ) from error


async def _send(
    client: httpx.AsyncClient, request: httpx.Request, start: float, intended_s: float | None = None
) -> _Row:
    """One request, timed from `start`; without `intended_s` it was due when it left."""
    sent_s = time.perf_counter() - start
    intended_s = sent_s if intended_s is None else intended_s
    status, failure = 0, ""
    try:
        response = await client.send(request)
        status = response.status_code
        failure = f"HTTP {status}" if status >= 400 else ""
    except httpx.HTTPError as error:
        failure = f"{type(error).__name__}: {error}".rstrip(": ")
    done_s = time.perf_counter() - start
    return _Row(intended_s, sent_s, done_s, (done_s - intended_s) * 1e3, (done_s - sent_s) * 1e3, status, failure)


def _load(rows: list[_Row]) -> Load:
    columns = list(_Row.__dataclass_fields__)
    frame = pd.DataFrame([astuple(row) for row in rows], columns=columns)
    return Load(frame.sort_values("intended_s", ignore_index=True))


def in_own_loop(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end in a thread with its own event loop: a notebook's kernel already runs one here."""
    running: list[tuple[asyncio.AbstractEventLoop, asyncio.Task[T]]] = []

    async def main() -> T:
        running.append((asyncio.get_running_loop(), asyncio.current_task()))  # type: ignore[arg-type]
        return await work

    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="load") as pool:
        future = pool.submit(asyncio.run, main())
        try:
            return future.result()
        except KeyboardInterrupt:
            for loop, task in running:
                loop.call_soon_threadsafe(task.cancel)
            raise
