# SPDX-License-Identifier: GPL-3.0-or-later
"""Handles a packet: answers it, refuses it, or turns it into changes of the engine, completely or not at all."""

from __future__ import annotations

import asyncio
import inspect
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ddsp_fx.errors import DdspFxError, RefusedError
from ddsp_fx_bridge.engine import Change, Engine
from ddsp_fx_bridge.osc.limits import Limits
from ddsp_fx_bridge.osc.namespace import Namespace
from ddsp_fx_bridge.osc.nodes import CommandNode, Node, Peer, ReadNode, ValueNode
from ddsp_fx_bridge.osc.packets import Group, Message, decode, encode
from ddsp_fx_bridge.osc.patterns import is_pattern

# A bundle whose time tag is older than this is not late; its sender's clock is wrong.
LATEST_S = 5.0
FARTHEST_S = 60.0
# Our own answers. Two engines that are subscribed to each other must not answer them.
_OURS = frozenset({"/error", "/pong", "/subscribed", "/unsubscribed"})
_PATTERN_COST = 8.0


@dataclass
class _Plan:
    """The effects of a packet: changes by the time they are due, and everything else in order."""

    changes: list[tuple[list[Change], float | None]] = field(default_factory=list)
    others: list[tuple[Message, Node]] = field(default_factory=list)


class Dispatcher:
    """Handles packets for all addresses, independent of sockets.

    Args:
        engine: receives the changes.
        namespace: all addresses.
        limits: each client's rate limits.
        wall: seconds since 1970, as in time tags.
    """

    def __init__(
        self, engine: Engine, namespace: Namespace, limits: Limits, wall: Callable[[], float] = time.time
    ) -> None:
        self._engine, self._namespace, self._limits, self._wall = engine, namespace, limits, wall
        self._running: set[asyncio.Task[None]] = set()
        self.messages = self.errors = self.late = self.failures = 0

    def packet(self, peer: Peer, datagram: bytes) -> None:
        """Do everything that one packet asks for. Never raises for its contents."""
        try:
            self._packet(peer, datagram)
        except DdspFxError as error:
            self.refuse(peer, error)
        except Exception:
            self._failed(peer)

    def _failed(self, peer: Peer) -> None:
        """An internal error must not stop the server; the first one is printed."""
        self.failures += 1
        if self.failures == 1:
            traceback.print_exc()
        self.refuse(peer, RefusedError(500, "", "this server failed; please report this message"))

    def _packet(self, peer: Peer, datagram: bytes) -> None:
        groups = decode(datagram)
        count = sum(len(group.messages) for group in groups)
        # The first message was counted before the packet was parsed.
        if count > 1 and not self._limits.allow(peer.identity, count - 1):
            raise RefusedError(429, "", "too fast: the packet was dropped")
        self.messages += count
        plan = _Plan()
        # No board may be replaced between checking a value and posting it to the audio thread.
        with self._engine.unchanging():
            for group in groups:
                self._plan(group, self._due_s(group), peer, plan)
            if plan.changes:
                self._engine.change_checked(plan.changes, peer.identity)
        for message, node in plan.others:
            self._other(peer, message, node)

    def _plan(self, group: Group, at_s: float | None, peer: Peer, plan: _Plan) -> None:
        """Add a group's effects after checking all of it; raises RefusedError."""
        changes: list[Change] = []
        for message in group.messages:
            for node in self._nodes(message, peer):
                if isinstance(node, ValueNode) and message.arguments:
                    changes.append(node.change(message.arguments, self._engine))
                else:
                    self._check_other(message, node, at_s)
                    plan.others.append((message, node))
        if changes:
            plan.changes.append((changes, at_s))

    def _due_s(self, group: Group) -> float | None:
        """A time tag on the engine's clock, converted once on arrival, because the wall clock may be set later."""
        if group.at_s is None:
            return None
        now_s = self._engine.now()
        at_s = group.at_s + now_s - self._wall()
        ahead_s = at_s - now_s
        address = group.messages[0].address
        if ahead_s > FARTHEST_S:
            raise RefusedError(425, address, f"time tag {ahead_s:.1f} s ahead; at most {FARTHEST_S:g} s")
        if ahead_s < -LATEST_S:
            raise RefusedError(408, address, f"time tag {-ahead_s:.1f} s ago; at most {LATEST_S:g} s")
        self.late += ahead_s < 0.0
        return at_s

    def _nodes(self, message: Message, peer: Peer) -> Sequence[Node]:
        if not is_pattern(message.address):
            return () if message.address in _OURS else (self._namespace.find(message.address),)
        if not self._limits.allow(peer.identity, _PATTERN_COST):
            raise RefusedError(429, message.address, "too fast: the pattern was dropped")
        return self._namespace.match(message.address)

    def _check_other(self, message: Message, node: Node, at_s: float | None) -> None:
        if isinstance(node, CommandNode):
            node.check(message.arguments)
            node.foresee(*message.arguments)
        elif message.arguments:
            raise RefusedError(405, message.address, "this address cannot be set")
        else:
            node.read()
        if at_s is not None and at_s > self._engine.now():
            raise RefusedError(405, message.address, "only a parameter's value can wait for a time tag")

    def _other(self, peer: Peer, message: Message, node: Node) -> None:
        if not isinstance(node, CommandNode):
            assert isinstance(node, (ValueNode, ReadNode))
            peer.send(encode(node.address, node.read()))
            return
        result = node.run(peer, message.arguments)
        if inspect.iscoroutine(result):
            task = asyncio.get_running_loop().create_task(self._finish(peer, message.address, result))
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def _finish(self, peer: Peer, address: str, work: Any) -> None:
        try:
            await work
        except DdspFxError as error:
            self.refuse(peer, error, address)
        except Exception:
            self._failed(peer)

    def refuse(self, peer: Peer, error: DdspFxError, address: str = "") -> None:
        """Report an error to a client, unless it has received too many."""
        self.errors += 1
        code = error.code if isinstance(error, RefusedError) else 400
        about = (error.address if isinstance(error, RefusedError) else "") or address
        if self._limits.allow_error(peer.identity):
            text = "".join(c if c.isprintable() else "?" for c in str(error))[:400]
            peer.send(encode("/error", [code, about[:255], text]))

    async def settle(self) -> None:
        """Wait for commands that are still running."""
        if self._running:
            await asyncio.gather(*self._running, return_exceptions=True)
