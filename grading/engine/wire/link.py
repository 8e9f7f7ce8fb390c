"""Calls in both directions over one connection, on several lanes.

A lane is one line of calls: a thread here and the thread that works for it there. While a thread waits for an answer it
serves the calls that come back on its lane, so that calls nest as they would in one process, and work for the main
thread is done in the main thread. Awaiting something on the other side blocks nobody.
"""

import asyncio
import contextlib
import itertools
import queue
import random
import threading
from collections.abc import Awaitable, Callable
from typing import Any

from grading.engine.wire.frames import Frames, Gone, Malformed, pack
from grading.engine.wire.shared import Shared
from grading.engine.wire.values import Decoder, Encoder

MAIN = 0
MOST_LANES = 512
REQUEST, REPLY, NOTE = 0, 1, 2


class Ended(Exception):
    """The other side is gone, or broke the rules."""


class Lane:
    """One line of calls, as this side sees it."""

    def __init__(self, number: int) -> None:
        """A lane with nothing on it."""
        self.number = number
        self.arrived: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.replies: dict[int, tuple[bool, Any]] = {}
        self.loop: asyncio.AbstractEventLoop | None = None
        self.wake: asyncio.Future[None] | None = None
        self.asked: list[tuple[int, Any]] = []  # what is to be awaited, until the loop's step is over


class Exports:
    """The objects of this side that the other side may refer to, until it has released them."""

    def __init__(self) -> None:
        """An empty table."""
        self._objects: dict[int, Any] = {}
        self._handles: dict[int, int] = {}
        self._counts: dict[int, int] = {}
        self._numbers = itertools.count(1)

    def add(self, value: Any) -> int:
        """The handle of an object; each call counts as one more reference that has crossed."""
        handle = self._handles.get(id(value))
        if handle is None:
            handle = next(self._numbers)
            self._objects[handle] = value
            self._handles[id(value)] = handle
        self._counts[handle] = self._counts.get(handle, 0) + 1
        return handle

    def get(self, handle: Any) -> Any:
        """The object of a handle. Raises Malformed."""
        if type(handle) is not int or handle not in self._objects:
            raise Malformed("a reference to an object that was never handed out")
        return self._objects[handle]

    def release(self, handle: int, count: int) -> None:
        """The other side has let go of so many references."""
        if handle in self._counts:
            self._counts[handle] -= count
            if self._counts[handle] <= 0:
                self._handles.pop(id(self._objects.pop(handle)), None)
                del self._counts[handle]


class Link:
    """One end of the connection. A side says in a subclass what it serves and how it refers to its objects."""

    def __init__(self, frames: Frames, is_judge: bool) -> None:
        """`start` begins to read; the thread that calls it has the main lane."""
        self.frames = frames
        self.shared = Shared()
        self.exports = Exports()
        self.others: dict[str, Callable[[Decoder, list[Any]], Any]] = {}
        self.ended = ""
        self.releases: list[int] = []
        self._numbers = itertools.count(1)
        self._lane_numbers = itertools.count(2 if is_judge else 1, 2)
        self._own_parity = 0 if is_judge else 1
        self.is_judge = is_judge
        self._lanes: dict[int, Lane] = {MAIN: Lane(MAIN)}
        self._mine = threading.local()
        self._table = threading.RLock()  # order of messages, and the tables that they change
        self._waiting: dict[int, Lane | tuple[asyncio.AbstractEventLoop, asyncio.Future[Any], list[bool]]] = {}
        self._tasks: dict[int, asyncio.Future[Any]] = {}
        self._sent = self._read = 0
        self.patched: dict[
            tuple[type, str], Any
        ] = {}  # methods of classes of the other side, before they were replaced

    # -- what a side says

    def other(self, encoder: Encoder, value: Any) -> Any:
        """The node of a value that is not plain."""
        raise NotImplementedError

    def perform(self, op: str, value: Any) -> Any:
        """Serve one request; its answer."""
        raise NotImplementedError

    def outgoing(self, encoder: Encoder) -> dict[str, Any]:
        """What goes along with each message of this side: printed text, state."""
        return {}

    def incoming(self, decoder: Decoder, extras: dict[str, Any]) -> Callable[[], None] | None:
        """Take what came along with a message; what is returned runs in the thread for which the message is."""
        return None

    def encode_error(self, encoder: Encoder, error: BaseException) -> Any:
        """The node of an exception that a request ended in."""
        raise NotImplementedError

    def may(self, name: str) -> bool:
        """Whether an object of the other side may decide by this operator, or by an exception of this name."""
        return True

    def raised(self, op: str, value: Any, error: BaseException) -> BaseException:
        """What is raised here for an exception that a request ended in."""
        return error

    def native_of(self, kind: type) -> type | None:
        """The class that instances of a stand-in say they have."""
        return None

    # -- calling

    def start(self) -> None:
        """Begin to read. The calling thread is the main one of this side."""
        self._mine.lane = self._lanes[MAIN]
        threading.Thread(target=self._reading, name="wire", daemon=True).start()

    @property
    def main(self) -> Lane:
        """The main lane."""
        return self._lanes[MAIN]

    def lane(self) -> Lane:
        """The lane of this thread."""
        lane: Lane | None = getattr(self._mine, "lane", None)
        if lane is None:
            with self._table:
                lane = Lane(next(self._lane_numbers))
                self._lanes[lane.number] = lane
            self._mine.lane = lane
            self._mine.end = _End(self, lane)
        return lane

    @property
    def is_busy(self) -> bool:
        """Whether this thread is writing or reading a message, and so can ask nothing."""
        return bool(getattr(self._mine, "encodes", False))

    def request(self, op: str, value: Any) -> Any:
        """Ask the other side and wait for its answer. Raises what it raised, and Ended."""
        if self.is_busy:
            raise AttributeError("a message is being written or read, and nothing can be asked meanwhile")
        lane, number = self.lane(), next(self._numbers)
        self._waiting[number] = lane
        self._send([REQUEST, lane.number, number, op], value)
        while number not in lane.replies:
            message = lane.arrived.get()
            if message is None:
                lane.arrived.put(None)
                raise Ended(self.ended)
            self._take(lane, message)
        fine, answer = lane.replies.pop(number)
        if fine:
            return answer
        try:
            raise self.raised(op, value, answer)
        finally:
            del answer

    async def later(self, thing: Any) -> Any:
        """Await something of the other side without blocking this thread's event loop.

        What one step of the loop begins to await crosses together, so that it starts together there as well.
        """
        loop, number = asyncio.get_running_loop(), next(self._numbers)
        future: asyncio.Future[Any] = loop.create_future()
        stopped: list[bool] = []
        self._waiting[number] = (loop, future, stopped)
        lane = self.lane()
        with self._table:
            asked = lane.asked
            asked.append((number, thing))
            if len(asked) == 1:
                loop.call_soon(self._ask, lane)
        while True:
            try:
                return await asyncio.shield(future)
            except asyncio.CancelledError:
                if future.done():
                    raise
                stopped.append(True)  # what is cancelled may tidy up first, or go on: the other side tells
                self.note("cancel", number)

    def _ask(self, lane: Lane) -> None:
        asked, lane.asked = lane.asked, []
        try:
            self._send([NOTE, lane.number, 0, "await"], asked)
        except Exception as error:
            for number, _ in asked:
                waiting = self._waiting.pop(number, None)
                if isinstance(waiting, tuple):
                    self._resolve(waiting, False, error, None)

    def note(self, op: str, value: Any) -> None:
        """Tell the other side something that has no answer."""
        self._send([NOTE, self.lane().number, 0, op], value)

    def serve(self) -> None:
        """Serve this thread's lane until the other side is gone."""
        lane = self.lane()
        while (message := self._idle(lane)) is not None:
            self._take(lane, message)
            del message

    def pump(self, lane: Lane) -> None:
        """Serve what has arrived, from inside the lane's event loop."""
        while True:
            try:
                message = lane.arrived.get_nowait()
            except queue.Empty:
                return
            if message is None:
                lane.arrived.put(None)
                return
            self._take(lane, message)

    def close(self, why: str) -> None:
        """End the connection; whoever waits gets Ended."""
        self._end(why)
        self.frames.close()

    # -- both sides' plumbing

    def _idle(self, lane: Lane) -> Any:
        loop = lane.loop
        if loop is None or loop.is_running() or not asyncio.all_tasks(loop):
            return lane.arrived.get()
        while True:  # tasks of this lane go on while nobody asks for anything
            try:
                return lane.arrived.get_nowait()
            except queue.Empty:
                pass
            if not asyncio.all_tasks(loop):
                return lane.arrived.get()
            lane.wake = loop.create_future()
            if lane.arrived.empty():
                loop.run_until_complete(_first(lane.wake, loop))
            lane.wake = None

    def _take(self, lane: Lane, message: Any) -> None:
        kind, number, op, value, prepare = message
        message = None
        if prepare is not None:
            prepare()
        if kind == REPLY:
            lane.replies[number] = (op, value)
            return
        if kind == NOTE:
            self._noted(lane, op, value)
            return
        holder = [value]
        del value
        running = lane.loop if self._own_parity and op != "cell" else None
        if running is not None and running.is_running():
            running = None
        if running is not None:
            asyncio._set_running_loop(running)  # a cell's code finds a running loop, as in Jupyter
        try:
            answer = self.perform(op, holder)
        except BaseException as error:
            self._answer(lane, number, False, error)
            return
        finally:
            holder.clear()
            if running is not None:
                asyncio._set_running_loop(None)
        self._answer(lane, number, True, answer)

    def _start(self, lane: Lane, number: int, awaitable: Awaitable[Any]) -> None:
        loop = lane.loop
        if loop is None:
            loop = lane.loop = asyncio.new_event_loop()
        task = loop.create_task(_wait(awaitable))
        self._tasks[number] = task

        def done(task: "asyncio.Future[Any]") -> None:
            self._tasks.pop(number, None)
            if task.cancelled():
                self._answer(lane, number, False, asyncio.CancelledError())
            elif (error := task.exception()) is not None:
                self._answer(lane, number, False, error)
            else:
                self._answer(lane, number, True, task.result())

        task.add_done_callback(done)

    def _noted(self, lane: Lane, op: str, value: Any) -> None:
        if op == "await" and type(value) is list:
            for part in value:
                if type(part) is tuple and len(part) == 2 and type(part[0]) is int and part[0] not in self._tasks:
                    self._start(lane, *part)
        elif op == "cancel":
            task = self._tasks.get(value) if type(value) is int else None
            if task is not None:
                task.cancel()
        elif op == "end":
            ended = type(value) is int and value != MAIN and value % 2 != self._own_parity
            if ended and (gone := self._lanes.pop(value, None)) is not None:
                gone.arrived.put(None)

    def _answer(self, lane: Lane, number: int, fine: bool, answer: Any) -> None:
        try:
            self._send([REPLY, lane.number, number, fine], answer)
        except Ended:
            pass  # nobody is there to read it; `serve` and `request` find out for themselves
        except Exception as error:  # the answer cannot be said
            if fine:
                self._answer(lane, number, False, error)
            else:
                self._answer(lane, number, False, RuntimeError(f"an error that cannot cross: {type(error).__name__}"))

    def _send(self, head: list[Any], value: Any) -> None:
        with self._table:
            if self.ended:
                raise Ended(self.ended)
            self._mine.encodes = True
            try:
                frame = self._frame(head, value)
            finally:
                self._mine.encodes = False
            value = None
            self.frames.put(frame)
        try:
            self.frames.flush()
        except Gone as error:
            self._end(str(error))
            raise Ended(str(error)) from None

    def _frame(self, head: list[Any], value: Any) -> bytes:
        """Write one message, with what has changed since the last."""
        self._sent += 1
        shared = self.shared
        changed = shared.changed()
        encoder = Encoder(shared, self.other)
        updates = []
        for key, thing in changed:
            updates.append([key, self._body(encoder, thing)])
        del changed
        node = self.encode_error(encoder, value) if head[0] == REPLY and not head[3] else encoder(value)
        thing = value = None
        extras = self.outgoing(encoder)
        shared.sealed()
        if updates:
            extras["u"] = updates
        if dropped := shared.dropped(self._sent):
            extras["x"] = dropped
        if self.releases:
            handles, self.releases = self.releases, []
            extras["r"] = handles
        return pack([*head, node, [encoder.base, self._read], extras], encoder.buffers)

    def _body(self, encoder: Encoder, thing: Any) -> Any:
        """The node of a shared object's new contents, as if it were a new object."""
        key = self.shared.hide(thing)
        try:
            return encoder(thing)
        finally:
            self.shared.show(thing, key)

    def _reading(self) -> None:
        self._mine.encodes = True  # an answer could not be read meanwhile
        try:
            while True:
                message, buffers = self.frames.receive()
                self._receive(message, buffers)
        except (Gone, Malformed) as error:
            self._end(str(error))
        except Exception as error:  # whatever a hostile message brings about: nobody would wait for the next one
            self._end(f"a message could not be read: {type(error).__name__}")

    def _receive(self, message: Any, buffers: list[memoryview]) -> None:
        if type(message) is not list or len(message) != 7:
            raise Malformed("a message has not its seven parts")
        kind, lane_number, number, op, node, order, extras = message
        if type(lane_number) is not int or type(number) is not int or type(extras) is not dict:
            raise Malformed("a message's head is malformed")
        if type(order) is not list or len(order) != 2 or not all(type(part) is int for part in order):
            raise Malformed("a message's order is malformed")
        waiting = None
        if kind == REPLY:
            waiting = self._waiting.pop(number, None)
            if waiting is None or type(op) is not bool:
                raise Malformed("an answer that nobody asked for")
            if isinstance(waiting, Lane) and waiting.number != lane_number:
                raise Malformed("an answer on another lane")
        elif kind not in (REQUEST, NOTE) or type(op) is not str:
            raise Malformed("a message of an unknown kind")
        with self._table:
            self._read += 1
            self.shared.acknowledged(order[1])
            decoder = Decoder(self.shared, order[0], buffers, self.others)
            for update in extras.get("u", ()):
                if type(update) is not list or len(update) != 2:
                    raise Malformed("an update is malformed")
                self._update(decoder, decoder.whole(update[0]), update[1])
            value = decoder(node)
            if kind == REPLY and not op and not isinstance(value, BaseException):
                raise Malformed("an error that is none")
            prepare = self.incoming(decoder, extras)
            if "x" in extras:
                self.shared.forget(extras["x"])
            for handle in extras.get("r", ()):
                self.exports.release(handle, 1)
        if isinstance(waiting, tuple):
            self._resolve(waiting, bool(op), value, prepare)
            return
        lane = self._lanes.get(lane_number)
        if lane is None:
            lane = self._open(lane_number)
        lane.arrived.put((kind, number, op, value, prepare))
        del value
        loop = lane.loop
        if loop is not None and loop.is_running():
            with contextlib.suppress(RuntimeError):  # the loop has just been closed, and its lane reads on by itself
                loop.call_soon_threadsafe(self._woken, lane)

    def _update(self, decoder: Decoder, key: int, node: Any) -> None:
        try:
            target = self.shared.known(key)
        except Malformed:
            decoder(node)  # both sides let go of it at the same moment
            return
        replace(target, decoder(node))
        self.shared.settle_if_known(target)

    def _woken(self, lane: Lane) -> None:
        if lane.wake is not None:
            if not lane.wake.done():
                lane.wake.set_result(None)
        else:
            self.pump(lane)

    def _resolve(self, waiting: tuple[Any, Any, Any], fine: bool, value: Any, prepare: Any) -> None:
        loop, future, stopped = waiting

        def settle() -> None:
            if prepare is not None:
                prepare()
            if future.done():
                return
            if fine:
                future.set_result(value)
            elif isinstance(value, asyncio.CancelledError) and (stopped or self.may("CancelledError")):
                future.cancel()
            elif isinstance(value, asyncio.CancelledError):  # a group of tasks would take it for an orderly end
                future.set_exception(RuntimeError("what was awaited has cancelled itself"))
            else:
                future.set_exception(value if not isinstance(value, StopIteration) else RuntimeError(str(value)))

        with contextlib.suppress(RuntimeError):  # the loop that waited is closed
            loop.call_soon_threadsafe(settle)

    def _open(self, number: int) -> Lane:
        if number <= 0 or number % 2 == self._own_parity or len(self._lanes) >= MOST_LANES:
            raise Malformed("a lane that does not exist")
        lane = self._lanes[number] = Lane(number)

        def work() -> None:
            self._mine.lane = lane
            self.serve()

        threading.Thread(target=work, name=f"lane-{number}", daemon=True).start()
        return lane

    def _end(self, why: str) -> None:
        self.ended = self.ended or why or "the connection is closed"
        for lane in list(self._lanes.values()):
            lane.arrived.put(None)
            if lane.loop is not None and lane.loop.is_running():
                with contextlib.suppress(RuntimeError):  # closed meanwhile
                    lane.loop.call_soon_threadsafe(self._woken, lane)
        for waiting in list(self._waiting.values()):
            if isinstance(waiting, tuple):
                self._resolve(waiting, False, Ended(self.ended), None)


class _End:
    """Ends a thread's lane when the thread ends."""

    def __init__(self, link: Link, lane: Lane) -> None:
        self._link, self._lane = link, lane

    def __del__(self) -> None:
        self._link._lanes.pop(self._lane.number, None)
        try:
            self._link._send([NOTE, MAIN, 0, "end"], self._lane.number)
        except Exception:
            return  # the connection ended before the thread


async def _wait(awaitable: Awaitable[Any]) -> Any:
    return await awaitable  # raises TypeError for what is none


def _first(wake: "asyncio.Future[None]", loop: asyncio.AbstractEventLoop) -> Any:
    """A future that is done when there is a message, or when no task is left."""
    tasks = asyncio.all_tasks(loop)
    everything = asyncio.gather(*(asyncio.shield(task) for task in tasks), return_exceptions=True)
    everything.add_done_callback(lambda _: wake.done() or wake.set_result(None))  # type: ignore[func-returns-value]
    return wake


def replace(target: Any, new: Any) -> None:
    """Give `target` the contents of `new`, a fresh object of the same type. Raises Malformed when it is another."""
    if type(target) is not type(new):
        raise Malformed("an update of another type")
    if isinstance(target, dict):
        dict.clear(target)
        for key, item in new.items():
            target[key] = item
    elif isinstance(target, set):
        target.clear()
        target.update(new)
    elif isinstance(target, list | bytearray):
        target[:] = new
    elif hasattr(target, "extendleft"):
        target.clear()
        target.extend(new)
    elif isinstance(target, random.Random):
        target.setstate(new.getstate())
    elif hasattr(target, "set_state"):
        target.set_state(new.get_state())
    elif hasattr(target, "bit_generator"):
        target.bit_generator.state = new.bit_generator.state
    elif hasattr(target, "_update_inplace"):
        target._update_inplace(new)
    elif type(target).__module__ == "numpy":
        if target.shape == new.shape and target.dtype == new.dtype and target.flags.writeable:
            target[...] = new
        elif target.shape != new.shape or target.dtype != new.dtype:
            raise Malformed("an update of another shape")
    else:
        vars(target).clear()
        vars(target).update(vars(new))
