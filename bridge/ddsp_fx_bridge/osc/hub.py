# SPDX-License-Identifier: GPL-3.0-or-later
"""Sends changes to every subscriber except their sender; of each value only the latest."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field

from ddsp_fx.errors import RefusedError
from ddsp_fx_bridge.engine import Changed, Event
from ddsp_fx_bridge.engine.events import Failed
from ddsp_fx_bridge.osc.namespace import Namespace
from ddsp_fx_bridge.osc.nodes import READ, Peer
from ddsp_fx_bridge.osc.packets import encode

MOST_SUBSCRIBERS = 64
MOST_PATTERNS = 1024  # a panel subscribes to each parameter separately
DEFAULT_LEASE_S, LONGEST_LEASE_S = 60.0, 3600.0
# A change is sent at once. Those in the next 10 ms are sent together, so a dragged fader gives 100 packets a second.
FLUSH_S = 0.01
STREAM_S = 0.05


@dataclass
class Subscription:
    """One client's subscriptions.

    Args:
        peer: the client.
        lease_end_s: on the hub's clock; infinite for a connection, which ends the subscription itself.
    """

    peer: Peer
    lease_end_s: float
    patterns: dict[str, None] = field(default_factory=dict)
    wanted: set[str] = field(default_factory=set)
    dirty: dict[str, None] = field(default_factory=dict)


class Hub:
    """All methods are for the event loop's thread, except `on_event`, which is for any thread.

    Args:
        namespace: the addresses that patterns match.
        now: a monotonic clock in seconds.
    """

    def __init__(self, namespace: Namespace, now: Callable[[], float]) -> None:
        self._namespace, self._now = namespace, now
        self._subscriptions: dict[Hashable, Subscription] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._flushed_s = -math.inf
        self.loop: asyncio.AbstractEventLoop | None = None

    @property
    def count(self) -> int:
        """The number of subscribers with a running lease."""
        return len(self._subscriptions)

    def subscribe(self, peer: Peer, patterns: Iterable[str], lease_s: float = math.inf) -> None:
        """Add patterns and renew the lease; raises RefusedError 400 (pattern) or 503 (full)."""
        self._hold(peer, {pattern: self._namespace.below(pattern) for pattern in patterns}, lease_s)

    def listen(self, peer: Peer, address: str) -> None:
        """OSCQuery's LISTEN: exactly this address, while the connection lasts; raises RefusedError 404 or 503."""
        node = self._namespace.find(address)
        if not node.access & READ:
            raise RefusedError(405, address, "this address has no value to listen to")
        self._hold(peer, {address: {address}}, math.inf)

    def _hold(self, peer: Peer, wanted: dict[str, set[str]], lease_s: float) -> None:
        key = peer.identity
        held = self._subscriptions.get(key)
        if held is None and len(self._subscriptions) >= MOST_SUBSCRIBERS:
            raise RefusedError(
                503, "/subscribe", f"{MOST_SUBSCRIBERS} subscribers already; try again when a lease ends"
            )
        if len({*(held.patterns if held else ()), *wanted}) > MOST_PATTERNS:
            raise RefusedError(503, "/subscribe", f"more than {MOST_PATTERNS} patterns of one subscriber")
        held = self._subscriptions.setdefault(key, Subscription(peer, 0.0))
        held.peer, held.lease_end_s = peer, self._now() + lease_s
        for pattern, addresses in wanted.items():
            held.patterns[pattern] = None
            held.wanted |= addresses

    def unsubscribe(self, peer: Peer, pattern: str | None = None) -> None:
        """Remove one pattern, or all."""
        held = self._subscriptions.get(peer.identity)
        if held is None:
            return
        if pattern is not None:
            held.patterns.pop(pattern, None)
        if pattern is None or not held.patterns:
            del self._subscriptions[peer.identity]
            return
        self._want_again(held)

    def refresh(self, peer: Peer) -> None:
        """Send a subscriber the current value of everything it is subscribed to."""
        held = self._subscriptions.get(peer.identity)
        if held is not None:
            nodes = self._namespace.nodes
            held.dirty.update(dict.fromkeys(a for a in sorted(held.wanted) if a in nodes and not nodes[a].is_stream))
            self._schedule()

    def _want_again(self, held: Subscription) -> None:
        held.wanted = set().union(*(self._namespace.below(pattern) for pattern in held.patterns))
        held.dirty = {address: None for address in held.dirty if address in held.wanted}

    def namespace_changed(self) -> None:
        """Match all patterns again, because the addresses have changed."""
        for held in self._subscriptions.values():
            self._want_again(held)

    def expire(self) -> None:
        """Remove subscribers whose lease has ended."""
        now = self._now()
        for key in [key for key, held in self._subscriptions.items() if held.lease_end_s <= now]:
            del self._subscriptions[key]

    def on_event(self, event: Event) -> None:
        """Call from any thread when a parameter has changed."""
        if isinstance(event, Changed):
            self.in_loop(self._changed, event)
        elif isinstance(event, Failed):
            self.in_loop(self._failed, event)

    def _failed(self, event: Failed) -> None:
        """Send a failure to all subscribers at once, like a refusal."""
        self.mark([f"/track/{event.track}/faults"])
        for held in self._subscriptions.values():
            held.peer.send(encode("/error", [500, f"/track/{event.track}", event.text[:400]]))

    def in_loop(self, call: Callable[..., None], *arguments: object) -> None:
        """Call in the loop's thread: at once from inside it, soon from another thread; not at all if no loop runs."""
        loop = self.loop
        if loop is None or loop.is_closed():
            return
        try:
            inside = asyncio.get_running_loop() is loop
        except RuntimeError:
            inside = False
        if inside:
            call(*arguments)
        else:
            loop.call_soon_threadsafe(call, *arguments)

    def _changed(self, event: Changed) -> None:
        if self._subscriptions:
            forms = self._namespace.forms_of(event.change.track, event.change.key)
            self.mark([node.address for node in forms], event.source)

    def mark(self, addresses: Iterable[str], source: object = None) -> None:
        """Mark addresses as changed; the next flush sends them to their subscribers, except `source`."""
        marked = False
        for key, held in self._subscriptions.items():
            for address in addresses:
                if address in held.wanted and (source is None or key != source):
                    held.dirty[address] = None
                    marked = True
        if marked:
            self._schedule()

    def _schedule(self) -> None:
        if self._timer is None and self.loop is not None:
            wait_s = max(0.0, self._flushed_s + FLUSH_S - self._now())
            self._timer = self.loop.call_later(wait_s, self._flush)

    def _flush(self) -> None:
        self._timer, self._flushed_s = None, self._now()
        encoded: dict[str, bytes] = {}
        left = False
        for held in self._subscriptions.values():
            left = self._send(held, encoded) or left
        if left:
            self._schedule()

    def _send(self, held: Subscription, encoded: dict[str, bytes]) -> bool:
        """Send changed values as far as the peer accepts them; True if some remain for the next flush."""
        for address in list(held.dirty):
            if address not in encoded:
                encoded[address] = self._encoded(address)
            if encoded[address] and not held.peer.send(encoded[address]):
                return True
            del held.dirty[address]
        return False

    def _encoded(self, address: str) -> bytes:
        """Its current value as a message; empty if the address no longer exists."""
        try:
            return encode(address, self._namespace.find(address).read())
        except RefusedError:
            return b""

    def stream(self) -> None:
        """Every 50 ms, send meters and other streams to their subscribers."""
        nodes = self._namespace.nodes
        for held in self._subscriptions.values():
            fresh = [a for a in held.wanted if a in nodes and nodes[a].is_stream]
            held.dirty.update(dict.fromkeys(fresh))
        if any(held.dirty for held in self._subscriptions.values()):
            self._schedule()

    def close(self) -> None:
        """Stop flushing."""
        if self._timer is not None:
            self._timer.cancel()
        self._subscriptions.clear()
        self.loop = None
