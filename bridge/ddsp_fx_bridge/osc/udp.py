# SPDX-License-Identifier: GPL-3.0-or-later
"""OSC over UDP: one socket, read in batches."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from ddsp_fx.errors import EngineError
from ddsp_fx_bridge.osc.packets import MOST_BYTES
from ddsp_fx_bridge.osc.service import OscService

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
# Packets read per turn of the loop. asyncio reads one, and at 10,000 a second spends most of its time in select.
GULP = 64
# Pause between reads: at 10,000 packets a second, one wake-up serves ten. The kernel drops what a flood sends beyond.
PAUSE_S = 0.001
# While a block is being processed, packets wait for its end, but only this many pauses; then some are read anyway.
MOST_WAITS, SIP = 10, 16
# After a read, the thread rests for as long as the read took, so a flood gets at most half a core. Linux stops
# real-time threads, audio included, for 50 ms if together they use more than 95 % of a core.
REST = 1.0
# The kernel's default holds some 270 small packets, 27 ms at 10,000 a second. It grants as much as it allows.
RECEIVE_BYTES = 4 << 20


@dataclass(frozen=True)
class UdpPeer:
    """A client, identified by its address; answered there or at another port of the same machine."""

    socket: socket.socket
    source: tuple[str, int]
    target: tuple[str, int]

    @property
    def identity(self) -> object:
        """Host and port."""
        return self.source

    def at_port(self, port: int) -> UdpPeer:
        """The same client, answered at another port."""
        return UdpPeer(self.socket, self.source, (self.source[0], port))

    def send(self, datagram: bytes) -> bool:
        """False if the socket's buffer is full. As usual with UDP, undeliverable packets are lost."""
        try:
            self.socket.sendto(datagram, self.target)
        except BlockingIOError:
            return False
        except OSError:
            return True
        return True


class UdpDoor:
    """Binds its port at once, and reads after `start`.

    Args:
        service: handles the packets.
        host: address of an interface, 127.0.0.1 for this machine only.
        port: 0 lets the system choose.
        allow: networks whose packets are read; all others are dropped unread.

    Raises EngineError if the port cannot be opened.
    """

    def __init__(self, service: OscService, host: str, port: int, allow: Sequence[Network]) -> None:
        self._service, self._allow = service, allow
        self._engine, self._waited = service.studio.engine, 0
        self._allowed: dict[str, bool] = {}
        self.refused = self.packets = 0
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        with suppress(OSError):
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BYTES)
        try:
            self._socket.bind((host, port))
        except OSError as error:
            self._socket.close()
            raise EngineError(
                f"UDP port {port} of {host} cannot be opened: {error.strerror}; choose another with --osc-port"
            ) from None
        self.host, self.port = self._socket.getsockname()[:2]
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        """Call in the event loop that is to read."""
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._socket, self._read)

    def stop(self) -> None:
        """Close the socket."""
        if self._loop is not None:
            self._loop.remove_reader(self._socket)
            self._loop = None
        self._socket.close()

    def _read(self) -> None:
        started = time.perf_counter()
        if self._waited < MOST_WAITS and self._engine.is_busy:
            self._waited += 1
        else:
            self._waited = 0
            self._gulp()
        self._pause(max(PAUSE_S, REST * (time.perf_counter() - started)))

    def _gulp(self) -> None:
        for count in range(GULP):
            if count >= SIP and self._engine.is_busy:
                return
            try:
                datagram, source = self._socket.recvfrom(MOST_BYTES + 1)
            except (BlockingIOError, InterruptedError):
                return
            except OSError:
                # On Windows, and for connected sockets elsewhere, a vanished client is reported here; ignored.
                continue
            self.packets += 1
            if self._is_allowed(source[0]) and self._service.limits.allow(source):
                self._service.packet(UdpPeer(self._socket, source, source), datagram)

    def _pause(self, seconds: float) -> None:
        if self._loop is not None:
            self._loop.remove_reader(self._socket)
            self._loop.call_later(seconds, self._resume)

    def _resume(self) -> None:
        if self._loop is not None:
            self._loop.add_reader(self._socket, self._read)

    def _is_allowed(self, host: str) -> bool:
        if host not in self._allowed:
            if len(self._allowed) > 4096:
                self._allowed.clear()
            address = ipaddress.ip_address(host)
            self._allowed[host] = any(address in network for network in self._allow)
        self.refused += not self._allowed[host]
        return self._allowed[host]
