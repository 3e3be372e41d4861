# SPDX-License-Identifier: GPL-3.0-or-later
"""The relay: translates a DAW's numbered messages into names for the engine, and sends the engine's changes back.

Changes go in both directions without looping: the engine sends no change back to its sender, and a DAW's report within
`HOLD_S` of receiving a value is treated as an echo.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterable
from typing import Any

from ddsp_fx.errors import AutomationError
from ddsp_fx_bridge.daw.relay_map import RelayMap, Route
from ddsp_fx_bridge.daw.wire import Message, check_codec, from_packet, to_packet

# REAPER and Live report a received value with their next screen update, 30 to 60 ms later.
HOLD_S = 0.25
# Subscriptions at the engine expire unless they are renewed.
SUBSCRIBE_EVERY_S = 5.0
# Values; and positions, which choices and switches use.
SUBSCRIPTIONS = ("/track", "/track/*/*/n", "/track/*/*/*/n")
# The rounding error of a 32-bit float on the wire, relative to the range.
SAME = 1e-6

Address = tuple[str, int]


class Relay:
    """The relay's rules, without sockets.

    Args:
        routes: all routes.
        tell_engine, tell_daw: send (address, *arguments).
        clock: seconds, to tell an echo from a move.
    """

    def __init__(
        self,
        routes: Iterable[Route],
        tell_engine: Callable[[Message], None],
        tell_daw: Callable[[Message], None],
        clock: Callable[[], float],
    ) -> None:
        self._by_daw = {route.hear: route for route in routes}
        self._by_engine = {route.engine: route for route in self._by_daw.values()}
        self._tell_engine, self._tell_daw, self._clock = tell_engine, tell_daw, clock
        self._told: dict[str, float] = {}
        self._at: dict[str, float] = {}

    def from_daw(self, message: Message) -> None:
        """Handle (address, *arguments, value); unknown messages are ignored."""
        route, value = self._by_daw.get(message[:-1]), _number(message[-1])
        if route is None or value is None or self._clock() - self._at.get(route.engine, -math.inf) < HOLD_S:
            return
        number = route.to_engine(value)
        if self._moved(route, number):
            self._tell_engine((route.engine, number))

    def from_engine(self, message: Message) -> None:
        """Handle (address, value, ...)."""
        route = self._by_engine.get(message[0])
        value = _number(message[1]) if len(message) > 1 else None
        if route is None or value is None:
            return
        self._at[route.engine] = self._clock()
        if self._moved(route, value):
            self._tell_daw((*route.tell, route.to_daw(value)))

    def _moved(self, route: Route, value: float) -> bool:
        before = self._told.get(route.engine, math.inf)
        self._told[route.engine] = value
        return abs(value - before) > SAME * abs(route.engine_high - route.engine_low)


def _number(value: Any) -> float | None:
    if isinstance(value, str) or not isinstance(value, (bool, int, float)) or not math.isfinite(value):
        return None
    return float(value)


async def run_relay(plan: RelayMap, ready: Callable[[str], None] = print) -> None:
    """Run until cancelled; raises AutomationError if the DAW's port is taken, MissingExtraError without python-osc."""
    check_codec()
    loop = asyncio.get_running_loop()
    relay: Relay
    try:
        daw, _ = await loop.create_datagram_endpoint(
            lambda: _Socket(lambda message: relay.from_daw(message)), local_addr=("127.0.0.1", plan.listen)
        )
    except OSError as error:
        raise AutomationError(
            f"port {plan.listen}, which the DAW sends to, is taken: {error.strerror}; end the other program, "
            'or change "listen" in the map and in the DAW'
        ) from None
    engine, _ = await loop.create_datagram_endpoint(
        lambda: _Socket(lambda message: relay.from_engine(message)), remote_addr=plan.engine
    )
    relay = Relay(
        plan.routes,
        lambda message: engine.sendto(to_packet(message)),
        lambda message: daw.sendto(to_packet(message), plan.daw),
        loop.time,
    )
    ready(f"relay: {len(plan.routes)} parameters between {_at(plan.daw)} and the engine at {_at(plan.engine)}")
    try:
        for message in plan.greeting:
            daw.sendto(to_packet(message), plan.daw)
        while True:
            for pattern in SUBSCRIPTIONS:
                engine.sendto(to_packet(("/subscribe", pattern)))
            await asyncio.sleep(SUBSCRIBE_EVERY_S)
    finally:
        engine.close()
        daw.close()


def _at(place: Address) -> str:
    return f"{place[0]}:{place[1]}"


class _Socket(asyncio.DatagramProtocol):
    """Receives datagrams and sends messages; anything that is not OSC is dropped."""

    def __init__(self, handle: Callable[[Message], None]) -> None:
        self._handle = handle

    def datagram_received(self, data: bytes, addr: Address) -> None:
        """Handle every message of a packet, in order."""
        del addr
        for message in from_packet(data):
            self._handle(message)

    def error_received(self, exc: Exception) -> None:
        """The other side is not running yet; it will be tried again."""
