"""Messages on a stream socket: a JSON text and the raw bytes of arrays, each frame limited in size."""

import contextlib
import json
import socket
import struct
import threading
from collections import deque
from typing import Any

MOST_FRAME = 64 << 20  # bytes
MOST_TEXT = 32 << 20  # bytes of a frame's JSON, whose objects take several times as much
MOST_BUFFERS = 100_000

_HEAD = struct.Struct("<III")  # bytes after the head, bytes of JSON, number of buffers


class Malformed(Exception):
    """The other side sent something that is no message."""


class Gone(Exception):
    """The other side has closed its end."""


def pack(message: Any, buffers: list[bytes]) -> bytes:
    """One frame. Raises ValueError when it would be larger than a frame may be."""
    text = json.dumps(message, separators=(",", ":")).encode()
    lengths = struct.pack(f"<{len(buffers)}I", *map(len, buffers))
    size = len(lengths) + len(text) + sum(map(len, buffers))
    if size > MOST_FRAME or len(text) > MOST_TEXT or len(buffers) > MOST_BUFFERS:
        raise ValueError(f"a value of {size / 1e6:.0f} MB is too large to cross between the processes")
    return b"".join((_HEAD.pack(size, len(text), len(buffers)), lengths, text, *buffers))


def unpack(head: bytes, body: memoryview) -> tuple[Any, list[memoryview]]:
    """The message and the buffers of one frame. Raises Malformed."""
    _, text_size, count = _HEAD.unpack(head)
    start = 4 * count
    if start + text_size > len(body):
        raise Malformed("a frame is shorter than it says")
    lengths = struct.unpack_from(f"<{count}I", body)
    if start + text_size + sum(lengths) != len(body):
        raise Malformed("the parts of a frame do not make up the frame")
    try:
        message = json.loads(bytes(body[start : start + text_size]))
    except (ValueError, RecursionError) as error:
        raise Malformed(f"a frame's text is no JSON: {type(error).__name__}") from None
    at, buffers = start + text_size, []
    for length in lengths:
        buffers.append(body[at : at + length])
        at += length
    return message, buffers


class Frames:
    """Frames on one socket. Any thread may put; one thread reads. Frames leave in the order in which they were put."""

    def __init__(self, connection: socket.socket) -> None:
        """Take over a connected stream socket."""
        self._connection = connection
        self._waiting: deque[bytes] = deque()
        self._sending = threading.Lock()
        self.received = 0  # bytes so far

    def put(self, frame: bytes) -> None:
        """Queue a frame; `flush` sends it. Two steps, so that the order can be fixed under a lock of the caller's."""
        self._waiting.append(frame)

    def flush(self) -> None:
        """Send what is queued. Raises Gone."""
        with self._sending:
            while self._waiting:
                try:
                    self._connection.sendall(self._waiting.popleft())
                except OSError:
                    raise Gone("the connection is closed") from None

    def receive(self) -> tuple[Any, list[memoryview]]:
        """The next message and its buffers. Raises Gone at the end, and Malformed."""
        head = bytes(self._exactly(_HEAD.size))
        size, text_size, count = _HEAD.unpack(head)
        if size > MOST_FRAME or text_size > MOST_TEXT or count > MOST_BUFFERS:
            raise Malformed(f"a frame of {size} bytes is larger than a frame may be")
        self.received += size
        return unpack(head, self._exactly(size))

    def close(self) -> None:
        """End the connection, so that a thread that reads it wakes up."""
        with contextlib.suppress(OSError):  # the other side was first
            self._connection.shutdown(socket.SHUT_RDWR)
        self._connection.close()

    def _exactly(self, size: int) -> memoryview:
        # Grows with what has come, so that a length alone costs no memory.
        parts, missing = [], size
        while missing:
            try:
                part = self._connection.recv(min(missing, 1 << 20))
            except OSError:
                part = b""
            if not part:
                raise Gone("the connection is closed")
            parts.append(part)
            missing -= len(part)
        return memoryview(parts[0] if len(parts) == 1 else b"".join(parts))
