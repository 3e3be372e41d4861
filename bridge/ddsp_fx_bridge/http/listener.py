# SPDX-License-Identifier: GPL-3.0-or-later
"""Limits HTTP connections: how many there are, in total and per address, and how long a request may take to arrive."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any

MOST_CONNECTIONS = 256
# A browser opens six; a hall of tablets behind one router, some dozens.
MOST_OF_ONE_ADDRESS = 96
# From the first byte of a request's head to its last, in seconds.
HEAD_S = 10.0
_AGAIN_S = 0.5
# How long a refused client may take to read the refusal, and how many may do so at once.
_READ_S = 0.3
MOST_REFUSED = 32
_FULL = b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


class HttpListener:
    """Accepts connections itself: asyncio's server has no limit, and logs 100 errors a second without descriptors.

    Args:
        listening: a bound socket.
        protocol: makes aiohttp's protocol for a connection.
    """

    def __init__(self, listening: socket.socket, protocol: Callable[[], Any]) -> None:
        self._socket, self._protocol = listening, protocol
        self._of: Counter[str] = Counter()
        self._open: dict[int, _Guarded] = {}
        self._has_told = self._has_stopped = False
        self._refused: set[socket.socket] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        # A spare descriptor, released for a moment when there is no other, so that a client gets an answer at once.
        self._spare: int | None = None

    @property
    def connections(self) -> int:
        """The number of open connections."""
        return self._of.total()

    def start(self) -> None:
        """Call in the event loop that is to serve."""
        self._socket.setblocking(False)
        self._socket.listen(128)
        self._take_spare()
        self._watch()

    def stop(self) -> None:
        """Accept no more connections; the server closes the open ones."""
        self._has_stopped = True
        asyncio.get_running_loop().remove_reader(self._socket)
        for task in self._tasks:
            task.cancel()
        for connection in tuple(self._refused):
            self._let_go(connection)
        if self._spare is not None:
            os.close(self._spare)
            self._spare = None

    def asked(self, protocol: object) -> None:
        """End the deadline: the head of a request on that connection is complete."""
        if guarded := self._open.get(id(protocol)):
            guarded.head_is_complete()

    def answered(self, protocol: object) -> None:
        """Start to expect the head of the next request on that connection."""
        if guarded := self._open.get(id(protocol)):
            guarded.request_is_over()

    def _watch(self) -> None:
        asyncio.get_running_loop().add_reader(self._socket, self._accept)

    def _take_spare(self) -> None:
        with suppress(OSError):
            self._spare = os.open(os.devnull, os.O_RDONLY)

    def _accept(self) -> None:
        try:
            connection, address = self._socket.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return
        except OSError as error:
            self._starved(error)
            return
        self._has_told = False
        connection.setblocking(False)
        who = str(address[0])
        if self.connections >= MOST_CONNECTIONS or self._of[who] >= MOST_OF_ONE_ADDRESS:
            self._refuse(connection)
            return
        self._of[who] += 1
        task = asyncio.get_running_loop().create_task(self._serve(connection, who))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, connection: socket.socket, who: str) -> None:
        guarded = _Guarded(self._protocol(), lambda: self._gone(guarded, who))
        self._open[id(guarded.inner)] = guarded
        try:
            await asyncio.get_running_loop().connect_accepted_socket(lambda: guarded, connection)
        except OSError:
            connection.close()
            self._gone(guarded, who)

    def _gone(self, guarded: _Guarded, who: str) -> None:
        if self._open.pop(id(guarded.inner), None) is not None:
            self._of[who] -= 1
            self._of += Counter()  # drops what is at 0

    def _starved(self, error: OSError) -> None:
        """No descriptor is available: answer 503, log one line, and pause."""
        if not self._has_told:
            self._has_told = True
            print(f"ddsp-fx: HTTP accepts no connections for now: {error.strerror}", file=sys.stderr)
        if self._spare is not None:
            os.close(self._spare)
            self._spare = None
            with suppress(OSError):
                connection, _ = self._socket.accept()
                self._refuse(connection)
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._socket)
        loop.call_later(_AGAIN_S, self._resume)

    def _refuse(self, connection: socket.socket) -> None:
        """Send 503 and wait a moment: closing while the client is still sending would discard the answer."""
        connection.setblocking(False)
        with suppress(OSError):
            connection.send(_FULL)
            connection.shutdown(socket.SHUT_WR)
        if len(self._refused) >= MOST_REFUSED:
            connection.close()
            return
        self._refused.add(connection)
        asyncio.get_running_loop().call_later(_READ_S, self._let_go, connection)

    def _let_go(self, connection: socket.socket) -> None:
        self._refused.discard(connection)
        with connection, suppress(OSError):
            connection.recv(1 << 16)

    def _resume(self) -> None:
        if not self._has_stopped:
            if self._spare is None:
                self._take_spare()
            self._watch()


class _Guarded(asyncio.Protocol):
    """aiohttp's connection, closed if a request's head takes too long to arrive.

    Args:
        inner: aiohttp's protocol.
        gone: called once, when the connection has ended.
    """

    def __init__(self, inner: Any, gone: Callable[[], None]) -> None:
        self.inner, self._gone = inner, gone
        self._timer: asyncio.TimerHandle | None = None
        self._is_busy = False
        self._transport: asyncio.BaseTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self.inner.connection_made(transport)
        self._begin()

    def data_received(self, data: bytes) -> None:
        if not self._is_busy:
            self._begin()
        self.inner.data_received(data)

    def head_is_complete(self) -> None:
        """A handler has started; it limits the time for the body itself."""
        self._is_busy = True
        self._end()

    def request_is_over(self) -> None:
        """The next bytes are the head of another request."""
        self._is_busy = False

    def eof_received(self) -> bool | None:
        return bool(self.inner.eof_received())

    def connection_lost(self, exc: Exception | None) -> None:
        self._end()
        self.inner.connection_lost(exc)
        self._gone()

    def pause_writing(self) -> None:
        self.inner.pause_writing()

    def resume_writing(self) -> None:
        self.inner.resume_writing()

    def _begin(self) -> None:
        if self._timer is None and self._transport is not None:
            self._timer = asyncio.get_running_loop().call_later(HEAD_S, self._transport.close)

    def _end(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
