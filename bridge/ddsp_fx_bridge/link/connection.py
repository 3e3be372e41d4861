# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages over a Unix socket, with the file descriptors that come with them."""

from __future__ import annotations

import os
import socket
from collections import deque
from collections.abc import Sequence

from ddsp_fx.errors import EngineError
from ddsp_fx_bridge.link.messages import LineReader, encode

# Each `attach` has one.
_MOST_DESCRIPTORS = 16
# A plugin that reads nothing for this long is disconnected; when it reconnects, it asks for what it has missed.
_SEND_S = 5.0


class Connection:
    """Use from one thread only.

    Args:
        connected: a Unix stream socket; closed together with this object.
        tick_s: how long `receive` waits.
    """

    def __init__(self, connected: socket.socket, tick_s: float) -> None:
        self._socket, self._tick_s = connected, tick_s
        self._lines = LineReader()
        self._descriptors: deque[int] = deque()
        connected.settimeout(tick_s)

    def receive(self) -> Sequence[list[str]] | None:
        """Messages received within a tick, None if the other side is gone; raises OSError or EngineError."""
        try:
            data, descriptors, _, _ = socket.recv_fds(self._socket, 65536, 4)
        except TimeoutError:
            return ()
        self._descriptors.extend(descriptors)
        if not data or len(self._descriptors) > _MOST_DESCRIPTORS:
            return None
        return list(self._lines.feed(data))

    def take_descriptor(self) -> int:
        """The oldest received descriptor not yet taken; the caller must close it. Raises EngineError."""
        if not self._descriptors:
            raise EngineError("attach came without a file descriptor; expected one with it (SCM_RIGHTS)")
        return self._descriptors.popleft()

    def send(self, *fields: str) -> None:
        """Raises OSError if the other side is gone, EngineError if the message is too long."""
        self._socket.settimeout(_SEND_S)
        try:
            self._socket.sendall(encode(fields))
        finally:
            self._socket.settimeout(self._tick_s)

    def close(self) -> None:
        """Close the socket and all descriptors that were not taken."""
        while self._descriptors:
            os.close(self._descriptors.popleft())
        self._socket.close()
