"""Messages over a socket between the supervisor and its processes: JSON, with a length before it."""

import json
import socket
import struct
from collections.abc import Sequence
from typing import Any

LARGEST = 64_000_000  # bytes of one message
_LENGTH = struct.Struct("!I")


class MessageError(Exception):
    """The other side sent what is no message, or more than it may."""


def send(to: socket.socket, message: dict[str, Any], fds: Sequence[int] = ()) -> None:
    """Send one message, and open files with it. Raises OSError when the other side is gone."""
    data = json.dumps(message).encode()
    if len(data) > LARGEST:
        raise MessageError(f"a message of {len(data):,} bytes is too large.")
    head = _LENGTH.pack(len(data))
    if fds:
        socket.send_fds(to, [head], list(fds))
        to.sendall(data)
    else:
        to.sendall(head + data)


def receive(source: socket.socket, most_fds: int = 0) -> tuple[dict[str, Any], list[int]]:
    """The next message and the files that came with it.

    Raises EOFError when the other side has ended, `MessageError` for what is no message, TimeoutError as the socket is
    set.
    """
    fds: list[int] = []
    if most_fds:
        head, fds, _, _ = socket.recv_fds(source, _LENGTH.size, most_fds)
        if not head:
            raise EOFError
        head += _exactly(source, _LENGTH.size - len(head))
    else:
        head = _exactly(source, _LENGTH.size)
    (length,) = _LENGTH.unpack(head)
    if length > LARGEST:
        raise MessageError(f"a message of {length:,} bytes is too large.")
    try:
        message = json.loads(_exactly(source, length))
    except (ValueError, RecursionError) as error:
        raise MessageError(f"what came is no message: {error}") from None
    if not isinstance(message, dict):
        raise MessageError("what came is no message.")
    return message, fds


def _exactly(source: socket.socket, count: int) -> bytes:
    data = bytearray(count)
    view, filled = memoryview(data), 0
    while filled < count:
        got = source.recv_into(view[filled:])
        if not got:
            raise EOFError
        filled += got
    return bytes(data)
