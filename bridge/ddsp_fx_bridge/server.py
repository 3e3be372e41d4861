# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs all servers in one thread, parallel to the audio."""

from __future__ import annotations

import asyncio
import ipaddress
import threading
import time
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from ddsp_fx.errors import EngineError
from ddsp_fx_bridge.engine import Engine
from ddsp_fx_bridge.engine.library import Library
from ddsp_fx_bridge.engine.priority import prefer
from ddsp_fx_bridge.engine.studio import Studio
from ddsp_fx_bridge.extra import check_extra

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
LOOPBACK: tuple[Network, ...] = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))
OSC_PORT, HTTP_PORT = 9000, 9080
_START_S = 60.0
_Result = TypeVar("_Result")


@dataclass(frozen=True)
class Doors:
    """Where the server listens.

    Args:
        host: address of an interface; 127.0.0.1 allows only this machine.
        osc_port, http_port: 0 lets the system choose.
        allow: networks from which packets and requests are accepted.
        announce: announce by mDNS, which needs the extra `mdns`.
        realtime: ask the system for real-time priority, lower than the audio's.
    """

    host: str = "127.0.0.1"
    osc_port: int = OSC_PORT
    http_port: int = HTTP_PORT
    allow: Sequence[Network] = LOOPBACK
    announce: bool = False
    realtime: bool = False


class Server:
    """OSC and HTTP around an engine, in an event loop of its own thread.

    Args:
        engine: with its tracks; its audio is driven elsewhere (`engine.doors`).
        boards, takes: the folders for names in messages.
        doors: where to listen. Ports are opened here, and read from `start` on.

    Raises EngineError if a port cannot be opened, MissingExtraError if the extra `serve` is not installed.
    """

    def __init__(self, engine: Engine, boards: Path, takes: Path, doors: Doors | None = None) -> None:
        doors = doors or Doors()
        check_extra()
        from ddsp_fx_bridge.http.app import HttpDoor
        from ddsp_fx_bridge.osc.service import OscService
        from ddsp_fx_bridge.osc.udp import UdpDoor

        self.engine, self._doors = engine, doors
        self.studio = Studio(engine, Library(boards, ".json"), Library(takes, ".jsonl"))
        self.service = OscService(self.studio, time.monotonic)
        self._udp = UdpDoor(self.service, doors.host, doors.osc_port, doors.allow)
        try:
            self._http = HttpDoor(self.service, doors.host, doors.http_port, doors.allow)
        except EngineError:
            self._udp.stop()
            raise
        self._http.osc_port = self.osc_port = self._udp.port
        self.http_port = self._http.port
        # Windows' default loop cannot watch a UDP socket.
        self._loop: asyncio.AbstractEventLoop = asyncio.SelectorEventLoop()
        self._thread = threading.Thread(target=self._run, name="ddsp-fx network", daemon=True)
        self._ready = threading.Event()
        self._error: BaseException | None = None
        self._announcement: Any = None

    @property
    def url(self) -> str:
        """The URL of the control panel and of OSCQuery."""
        host = "127.0.0.1" if self._http.host == "0.0.0.0" else self._http.host
        return f"http://{host}:{self.http_port}/"

    def start(self) -> None:
        """Return when all servers answer; raises EngineError or MissingExtraError if they cannot."""
        self._thread.start()
        if not self._ready.wait(_START_S):
            raise EngineError(f"the network thread was not ready within {_START_S:g} s")
        if self._error is not None:
            raise self._error
        if self._doors.announce:
            from ddsp_fx_bridge.mdns import Announcement

            self._announcement = Announcement(self._udp.host, self.osc_port, self.http_port)

    def _run(self) -> None:
        if self._doors.realtime:
            prefer("network")
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._open())
        except BaseException as error:
            self._error = error
            self._ready.set()
            return
        self._ready.set()
        self._loop.run_forever()

    async def _open(self) -> None:
        self.service.start()
        self._udp.start()
        await self._http.start()

    def call(self, work: Coroutine[Any, Any, _Result], timeout_s: float = 30.0) -> _Result:
        """Run a coroutine in the network thread and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout_s)

    def stop(self) -> list[str]:
        """Finish takes and close everything; returns what went wrong, one line each. May be called again."""
        if self._announcement is not None:
            self._announcement.close()
            self._announcement = None
        failed = self.studio.close()
        if self._thread.is_alive():
            self.call(self._close())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
        elif not self._loop.is_closed():
            self._udp.stop()
            self._loop.run_until_complete(self._http.stop())
        if not self._loop.is_closed():
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.run_until_complete(self._loop.shutdown_default_executor())
            self._loop.close()
        return failed

    async def _close(self) -> None:
        self._udp.stop()
        await self._http.stop()
        await self.service.stop()

    def __enter__(self) -> Server:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
