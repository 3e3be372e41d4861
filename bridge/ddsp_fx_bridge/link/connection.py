# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages over a Unix socket, with the file descriptors that are sent along."""

from __future__ import annotations

import os
import socket
from collections import deque
from collections.abc import Sequence

from ddsp_fx.errors import EngineError
from ddsp_fx_bridge.link.messages import LineReader, encode

# One comes with each `attach`.
_MOST_DESCRIPTORS = 16
# A plugin that reads nothing for so long is stopped; what it has missed it asks for when it comes back.
_SEND_S = 5.0


class Connection:
    """For one thread.

    Args:
        connected: a Unix stream socket; closed with this.
        tick_s: how long `receive` waits.
    """

    def __init__(self, connected: socket.socket, tick_s: float) -> None:
        self._socket, self._tick_s = connected, tick_s
        self._lines = LineReader()
        self._descriptors: deque[int] = deque()
        connected.settimeout(tick_s)

    def receive(self) -> Sequence[list[str]] | None:
        """What has come within a tick, None when the other side is gone; raises OSError or EngineError."""
        try:
            data, descriptors, _, _ = socket.recv_fds(self._socket, 65536, 4)
        except TimeoutError:
            return ()
        self._descriptors.extend(descriptors)
        if not data or len(self._descriptors) > _MOST_DESCRIPTORS:
            return None
        return list(self._lines.feed(data))

    def take_descriptor(self) -> int:
        """The first that has come and was not taken, the caller's to close; raises EngineError."""
        if not self._descriptors:
            raise EngineError("attach came without a file descriptor; expected one beside it (SCM_RIGHTS)")
        return self._descriptors.popleft()

    def send(self, *fields: str) -> None:
        """Raises OSError when the other side is gone, EngineError for what is too long."""
        self._socket.settimeout(_SEND_S)
        try:
            self._socket.sendall(encode(fields))
        finally:
            self._socket.settimeout(self._tick_s)

    def close(self) -> None:
        """Close the socket, and every descriptor that was not taken."""
        while self._descriptors:
            os.close(self._descriptors.popleft())
        self._socket.close()
