"""More patterns: tests and learners' code that call each other in turn, await each other, and do so from threads."""

from patterns import read_patterns

REENTRY = read_patterns("""
# === a learner's generator sends to the test's callback
# right
def relay(sink):
    total = 0
    while True:
        item = yield total
        total += sink(item)
# wrong
def relay(sink):
    total = 0
    while True:
        item = yield total
        total += item
# test
seen = []
def sink(item):
    seen.append(item)
    return 10 * item
r = relay(sink)
assert next(r) == 0
assert r.send(1) == 10
assert r.send(2) == 30
r.close()
assert seen == [1, 2]

# === the learner sends to the test's generator
# right
def feed(generator, items):
    next(generator)
    return [generator.send(item) for item in items]
# wrong
def feed(generator, items):
    return [item for item in items]
# test
def doubling():
    value = None
    while True:
        value = 2 * (yield value) if value is not None else 2 * (yield)
assert feed(doubling(), [1, 2, 3]) == [2, 4, 6]

# === a callback's callback
# right
def visit(n, f): return f(n, lambda m: visit(m, f)) if n else 0
# wrong
def visit(n, f): return f(n, lambda m: 0) if n else 0
# test
assert visit(4, lambda n, again: n + again(n - 1)) == 10

# === an error through callbacks on both sides
# right
class Stop(Exception): pass
def each(xs, f):
    try:
        for x in xs: f(x)
    except Stop: return "stopped"
    return "done"
def stop(): raise Stop("now")
# wrong
class Stop(Exception): pass
def each(xs, f):
    for x in xs: f(x)
    return "stopped"
def stop(): return None
# test
seen = []
def f(x):
    seen.append(x)
    if x == 2: stop()
assert each([1, 2, 3], f) == "stopped"
assert seen == [1, 2]
try:
    each([1], lambda x: 1 / 0)
except ZeroDivisionError:
    pass
else:
    raise AssertionError("swallowed")

# === observers
# right
class Subject:
    def __init__(self): self._seen = []
    def subscribe(self, f):
        self._seen.append(f)
        return lambda: self._seen.remove(f)
    def emit(self, x):
        for f in list(self._seen): f(self, x)
# wrong
class Subject:
    def __init__(self): self._seen = []
    def subscribe(self, f):
        self._seen.append(f)
        return lambda: None
    def emit(self, x):
        for f in list(self._seen): f(self, x)
# test
s, got = Subject(), []
def once(subject, x):
    got.append(x)
    leave()
    if x < 3: subject.emit(x + 1)
leave = s.subscribe(once)
s.emit(1)
s.emit(2)
assert got == [1]

# === an async callback that awaits the learner's function
# right
import asyncio
async def step(x):
    await asyncio.sleep(0)
    return x + 1
async def run(f, n):
    value = 0
    for _ in range(n): value = await f(value)
    return value
# wrong
async def step(x): return x + 1
async def run(f, n): return await f(n)
# test
async def twice(x): return await step(await step(x))
assert await run(twice, 3) == 6

# === the learner reads the test's async generator
# right
async def total(source):
    return sum([x async for x in source])
# wrong
async def total(source):
    async for x in source: return x
# test
import asyncio
async def numbers():
    for i in range(1, 4):
        await asyncio.sleep(0)
        yield i
assert await total(numbers()) == 6

# === an async generator is sent to, thrown into and closed
# right
async def echo():
    said = []
    try:
        while True:
            try: said.append((yield len(said)))
            except ValueError: said.append("error")
    finally:
        ended.append(said)
ended = []
# wrong
async def echo():
    n = 0
    while True:
        yield n
        n += 1
ended = []
# test
e = echo()
assert await e.__anext__() == 0
assert await e.asend("a") == 1
assert await e.athrow(ValueError("no")) == 2
await e.aclose()
assert ended == [["a", "error"]]

# === an async context manager that sees the error
# right
from contextlib import asynccontextmanager
log = []
@asynccontextmanager
async def session(name):
    log.append("open " + name)
    try: yield name.upper()
    except KeyError: log.append("no key")
    finally: log.append("close " + name)
# wrong
from contextlib import asynccontextmanager
log = []
@asynccontextmanager
async def session(name):
    log.append("open " + name)
    try: yield name.upper()
    finally: log.append("close " + name)
# test
async with session("db") as s:
    assert s == "DB"
    raise KeyError("k")
assert log == ["open db", "no key", "close db"]

# === the test's async context manager is entered by the learner
# right
async def use(pool):
    async with pool as p: return await p.get()
# wrong
async def use(pool): return await pool.get()
# test
class Pool:
    opened = 0
    async def __aenter__(self):
        Pool.opened += 1
        return self
    async def __aexit__(self, *error): Pool.opened -= 1
    async def get(self): return ("connection", Pool.opened)
assert await use(Pool()) == ("connection", 1)
assert Pool.opened == 0

# === a task of the learner's coroutine is cancelled by the test
# right
import asyncio
state = []
async def worker():
    try:
        state.append("start")
        await asyncio.sleep(30)
    except asyncio.CancelledError:
        state.append("cancelled")
        raise
# wrong
import asyncio
state = []
async def worker():
    state.append("start")
    await asyncio.sleep(30)
# test
import asyncio
task = asyncio.create_task(worker())
for _ in range(100):
    await asyncio.sleep(0.005)
    if state: break
task.cancel()
try:
    await task
except asyncio.CancelledError:
    pass
assert task.cancelled()
assert state == ["start", "cancelled"]

# === gather with errors kept
# right
import asyncio
async def maybe(x):
    await asyncio.sleep(0)
    if x < 0: raise ValueError(f"negative: {x}")
    return x
# wrong
async def maybe(x): return abs(x)
# test
import asyncio
got = await asyncio.gather(maybe(1), maybe(-2), maybe(3), return_exceptions=True)
assert got[0] == 1 and got[2] == 3
assert isinstance(got[1], ValueError) and "negative: -2" in str(got[1])

# === a queue between a producer and a consumer
# right
import asyncio
async def produce(queue, xs):
    for x in xs: await queue.put(x)
    await queue.put(None)
# wrong
import asyncio
async def produce(queue, xs):
    for x in xs[1:]: await queue.put(x)
    await queue.put(None)
# test
import asyncio
async def consume(queue):
    got = []
    while (x := await queue.get()) is not None: got.append(x)
    return got
queue = asyncio.Queue()
_, got = await asyncio.gather(produce(queue, [1, 2, 3]), consume(queue))
assert got == [1, 2, 3]

# === a semaphore limits the test's callbacks
# right
import asyncio
async def limited(jobs, n):
    gate = asyncio.Semaphore(n)
    async def one(job):
        async with gate: return await job()
    return await asyncio.gather(*(one(job) for job in jobs))
# wrong
import asyncio
async def limited(jobs, n): return await asyncio.gather(*(job() for job in jobs))
# test
import asyncio
inside = most = 0
async def job():
    global inside, most
    inside += 1
    most = max(most, inside)
    await asyncio.sleep(0.01)
    inside -= 1
    return most
assert len(await limited([job] * 6, 2)) == 6
assert most == 2

# === threads of the test call the learner, which calls back
# right
import threading
class Bank:
    def __init__(self): self.total, self.lock = 0, threading.Lock()
    def add(self, price):
        with self.lock: self.total += price()
# wrong
class Bank:
    def __init__(self): self.total = 0
    def add(self, price): self.total = price()
# test
import threading
b = Bank()
threads = [threading.Thread(target=b.add, args=(lambda: 2,)) for _ in range(8)]
for t in threads: t.start()
for t in threads: t.join()
assert b.total == 16

# === the learner works in a thread while the test awaits
# right
import asyncio, time
def slow(f):
    time.sleep(0.01)
    return f(20) + 1
async def start(f): return await asyncio.to_thread(slow, f)
# wrong
async def start(f): return f(20)
# test
import asyncio
ticks = 0
async def tick():
    global ticks
    for _ in range(3):
        await asyncio.sleep(0)
        ticks += 1
got, _ = await asyncio.gather(start(lambda x: 2 * x), tick())
assert got == 41 and ticks == 3

# === an event of the learner that the test waits for
# right
import asyncio
class Job:
    def __init__(self): self.done = asyncio.Event()
    async def run(self, f):
        await f("half")
        self.result = 42
        self.done.set()
# wrong
import asyncio
class Job:
    def __init__(self): self.done = asyncio.Event()
    async def run(self, f):
        self.result = 41
        self.done.set()
# test
import asyncio
job, heard = Job(), []
async def hear(what): heard.append(what)
task = asyncio.create_task(job.run(hear))
await asyncio.wait_for(job.done.wait(), 10)
await task
assert job.result == 42 and heard == ["half"]

# === a decorator of the learner wraps the test's async function
# right
import functools
def retried(times):
    def wrap(f):
        @functools.wraps(f)
        async def run(*args):
            for n in range(times):
                try: return await f(*args)
                except ConnectionError:
                    if n == times - 1: raise
        return run
    return wrap
# wrong
def retried(times):
    def wrap(f):
        async def run(*args): return await f(*args)
        return run
    return wrap
# test
calls = []
@retried(3)
async def flaky(x):
    calls.append(x)
    if len(calls) < 3: raise ConnectionError("again")
    return x
assert await flaky(7) == 7
assert calls == [7, 7, 7] and flaky.__name__ == "flaky"

# === an async callback that re-enters the learner's object
# right
import asyncio
class Clock:
    def __init__(self): self.now = 0
    async def tick(self, on_tick):
        self.now += 1
        await on_tick(self)
# wrong
class Clock:
    def __init__(self): self.now = 0
    async def tick(self, on_tick): self.now += 1
# test
times = []
async def note(clock):
    times.append(clock.now)
    if clock.now < 3: await clock.tick(note)
c = Clock()
await c.tick(note)
assert times == [1, 2, 3] and c.now == 3
""")
