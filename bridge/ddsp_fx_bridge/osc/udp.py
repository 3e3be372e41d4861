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
# Packets a turn of the loop. asyncio's own reads one, and most of the time at 10,000 a second goes to select.
GULP = 64
# Between gulps: at 10,000 packets a second one wake-up serves ten, and what a flood sends beyond that the kernel drops.
PAUSE_S = 0.001
# While a block is being processed packets wait for its end, this many pauses at most; then some are read anyway.
MOST_WAITS, SIP = 10, 16
# After a gulp the thread rests for as long as it took: a flood gets half a core at most. Linux stops real-time threads
# that together take over 95 % of one, audio too, for 50 ms.
REST = 1.0
# The kernel's default holds some 270 small packets, 27 ms at 10,000 a second. It gives what it allows.
RECEIVE_BYTES = 4 << 20


@dataclass(frozen=True)
class UdpPeer:
    """Known by the address that it sends from, answered there or at another port of the same machine."""

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
        """False when the socket's buffer is full. What cannot be delivered is gone, as UDP has it."""
        try:
            self.socket.sendto(datagram, self.target)
        except BlockingIOError:
            return False
        except OSError:
            return True
        return True


class UdpDoor:
    """Binds at once, reads once started.

    Args:
        service: gets the packets.
        host: address of an interface, 127.0.0.1 for this machine alone.
        port: 0 lets the system choose.
        allow: networks whose packets are read; what comes from elsewhere is dropped unread.

    Raises EngineError when the port cannot be had.
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
                f"UDP port {port} of {host} cannot be had: {error.strerror}; choose another with --osc-port"
            ) from None
        self.host, self.port = self._socket.getsockname()[:2]
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        """In the loop that is to read."""
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
                # On Windows, and connected sockets elsewhere, a vanished client is told here. It does not matter.
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
