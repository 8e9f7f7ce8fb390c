"""What client and fork server say to each other: a JSON object a line, with open files where they are passed on."""

import json
import socket
from collections.abc import Sequence
from typing import Any

MOST_FILES = 2


def send(connection: socket.socket, message: dict[str, Any], files: Sequence[int] = ()) -> None:
    """Send a message, and these open file descriptors with it. Raises `OSError` when the other side is gone."""
    data = json.dumps(message).encode() + b"\n"
    socket.send_fds(connection, [data[:1]], files)
    connection.sendall(data[1:])


def receive(connection: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """Wait for a message, and the file descriptors sent with it.

    Raises `EOFError` when the other side is gone, or says nothing that is a message.
    """
    try:
        data, files, _, _ = socket.recv_fds(connection, 1, MOST_FILES)
        while not data.endswith(b"\n"):
            # To the end of this message and no further: the next may follow at once.
            waiting = connection.recv(65_536, socket.MSG_PEEK)
            end = waiting.find(b"\n") + 1
            if not waiting:
                raise EOFError
            data += connection.recv(end or len(waiting))
        return json.loads(data), files
    except (ConnectionError, TimeoutError, ValueError):
        raise EOFError from None
