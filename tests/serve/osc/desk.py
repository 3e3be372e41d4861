# SPDX-License-Identifier: GPL-3.0-or-later
"""A service whose clocks are stopped, and peers that store what they receive."""

import asyncio
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ddsp_fx_bridge.engine import Engine
from ddsp_fx_bridge.engine.library import Library
from ddsp_fx_bridge.engine.studio import Studio
from ddsp_fx_bridge.osc.packets import decode, encode
from ddsp_fx_bridge.osc.service import OscService

RATE, BLOCK = 48000, 256


class Client:
    """A peer that stores what it receives."""

    def __init__(self, name: str) -> None:
        self.identity = name
        self.got: list[tuple[str, tuple[Any, ...]]] = []
        self.room = math.inf

    def send(self, datagram: bytes) -> bool:
        if len(self.got) >= self.room:
            return False
        ((message,),) = [group.messages for group in decode(datagram)]
        self.got.append((message.address, message.arguments))
        return True

    def take(self) -> list[tuple[str, tuple[Any, ...]]]:
        """Messages received since the last call."""
        got, self.got = self.got, []
        return got

    def errors(self) -> list[tuple[int, str]]:
        """(code, address) of refused messages."""
        return [(arguments[0], arguments[1]) for address, arguments in self.take() if address == "/error"]


class Desk:
    """A service whose clocks only move when a test moves them."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.time_s = 1000.0
        self.engine = engine
        engine.now = lambda: self.time_s
        self.studio = Studio(engine, Library(folder / "boards", ".json"), Library(folder / "takes", ".jsonl"))
        self.service = OscService(self.studio, lambda: self.time_s, lambda: self.time_s)
        self.a, self.b, self.c = Client("a"), Client("b"), Client("c")

    def send(self, client: Client, address: str, *arguments: Any) -> list[tuple[str, tuple[Any, ...]]]:
        """Send one message; returns what came back at once."""
        self.service.packet(client, encode(address, arguments))
        return client.take()

    def value(self, address: str) -> Any:
        return self.service.namespace.find(address).read()[0]


async def until(holds: Callable[[], bool]) -> None:
    """Wait until it holds; fails after half a minute."""
    async with asyncio.timeout(30.0):
        while not holds():
            await asyncio.sleep(0.005)


def in_loop(desk: Desk, act: Callable[[], Any]) -> None:
    """Call `act` in the service's event loop, and let its timers expire."""

    async def run() -> None:
        desk.service.start()
        result = act()
        if asyncio.iscoroutine(result):
            await result
        await desk.service.dispatcher.settle()
        await until(lambda: desk.service.hub._timer is None)
        await desk.service.stop()

    asyncio.run(run())
