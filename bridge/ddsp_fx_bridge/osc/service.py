# SPDX-License-Identifier: GPL-3.0-or-later
"""OSC as a whole, without sockets: namespace, dispatcher and hub for a studio."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress

from ddsp_fx_bridge.engine import Event, TracksChanged
from ddsp_fx_bridge.engine.studio import Studio
from ddsp_fx_bridge.osc.dispatcher import Dispatcher
from ddsp_fx_bridge.osc.fixed_nodes import fixed_nodes
from ddsp_fx_bridge.osc.hub import STREAM_S, Hub
from ddsp_fx_bridge.osc.limits import Limits
from ddsp_fx_bridge.osc.namespace import Namespace
from ddsp_fx_bridge.osc.nodes import Peer

TICK_S = 0.01


class OscService:
    """The OSC state that all transports share; it belongs to one event loop.

    Args:
        studio: the engine with its folders.
        now: a monotonic clock in seconds, for leases and limits.
        wall: seconds since 1970, as in time tags.
    """

    def __init__(self, studio: Studio, now: Callable[[], float], wall: Callable[[], float] = time.time) -> None:
        self.studio = studio
        self.limits = Limits(now)
        self.namespace = Namespace(studio)
        self.hub = Hub(self.namespace, now)
        self.dispatcher = Dispatcher(studio.engine, self.namespace, self.limits, wall)
        self.namespace.fixed = list(fixed_nodes(studio, self.hub, self.limits, self.dispatcher))
        self.namespace.rebuild()
        self.on_namespace: list[Callable[[str], None]] = []
        self._ends = [studio.engine.listen(self.hub.on_event), studio.engine.listen(self._on_event)]
        studio.on_take = lambda track: self.hub.in_loop(self.hub.mark, [f"/track/{track}/take/state"])
        self._task: asyncio.Task[None] | None = None

    def packet(self, peer: Peer, datagram: bytes) -> None:
        """Handle a packet if its sender's rate allows it; never raises for its contents."""
        self.dispatcher.packet(peer, datagram)

    def _on_event(self, event: Event) -> None:
        if isinstance(event, TracksChanged):
            self.hub.in_loop(self._rebuild, event.track)

    def _rebuild(self, track: int) -> None:
        self.namespace.rebuild()
        self.hub.namespace_changed()
        self.hub.mark(self.namespace.below(f"/track/{track}"))
        for tell in self.on_namespace:
            tell(f"/track/{track}")

    def start(self) -> None:
        """Call in the event loop that it belongs to."""
        self.hub.loop = asyncio.get_running_loop()
        self._task = asyncio.create_task(self._beat())

    async def _beat(self) -> None:
        beat = 0
        while True:
            self.studio.tick()
            beat += 1
            if beat % round(STREAM_S / TICK_S) == 0:
                self.hub.stream()
            if beat % 100 == 0:
                self.hub.expire()
            await asyncio.sleep(TICK_S)

    async def stop(self) -> None:
        """Wait for running commands, then stop."""
        for end in self._ends:
            end()
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        await self.dispatcher.settle()
        self.hub.close()
