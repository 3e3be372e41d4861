# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses that always exist: /ping, /subscribe, the engine's state, the names of boards and takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ddsp_fx.errors import RefusedError
from ddsp_fx_bridge.engine import Engine
from ddsp_fx_bridge.engine.studio import Studio
from ddsp_fx_bridge.osc.dispatcher import Dispatcher
from ddsp_fx_bridge.osc.hub import DEFAULT_LEASE_S, LONGEST_LEASE_S, Hub
from ddsp_fx_bridge.osc.limits import Limits
from ddsp_fx_bridge.osc.nodes import CommandNode, Node, Peer, ReadNode
from ddsp_fx_bridge.osc.packets import encode


def fixed_nodes(studio: Studio, hub: Hub, limits: Limits, dispatcher: Dispatcher) -> Iterator[Node]:
    """All of these addresses."""
    yield CommandNode("/ping", "answered with /pong and the same arguments", types="*", run=_ping)
    yield CommandNode(
        "/subscribe",
        f"get changes sent to you: pattern (default /), lease in s (default {DEFAULT_LEASE_S:g}), port (default yours)",
        types="sfi",
        optional=True,
        run=lambda peer, arguments: _subscribe(hub, peer, *arguments),
    )
    yield CommandNode(
        "/unsubscribe",
        "end the subscription to a pattern, or without an argument to everything",
        types="s",
        optional=True,
        run=lambda peer, arguments: _unsubscribe(hub, peer, *arguments),
    )
    yield CommandNode(
        "/refresh",
        "send the current values of everything you are subscribed to",
        run=lambda peer, _: hub.refresh(peer),
    )
    yield from _engine(studio.engine, hub, limits, dispatcher)
    yield ReadNode("/boards", "names for /track/N/board/load", types="s*", get=lambda: list(studio.boards.names()))
    yield ReadNode("/takes", "names for /track/N/take/play", types="s*", get=lambda: list(studio.takes.names()))


def _ping(peer: Peer, arguments: tuple[Any, ...]) -> None:
    try:
        peer.send(encode("/pong", arguments))
    except ValueError:
        raise RefusedError(400, "/ping", "arguments of a type that cannot be sent back, such as a time tag") from None


def _subscribe(hub: Hub, peer: Peer, pattern: str = "/", lease_s: float = DEFAULT_LEASE_S, port: int = 0) -> None:
    if not 1.0 <= lease_s <= LONGEST_LEASE_S:
        raise RefusedError(416, "/subscribe", f"a lease of {lease_s:g} s; the range is 1 to {LONGEST_LEASE_S:g} s")
    target = peer
    if port:
        if not 1024 <= port <= 65535 or not hasattr(peer, "at_port"):
            raise RefusedError(416, "/subscribe", f"port {port}; the range is 1024 to 65535, over UDP only")
        target = peer.at_port(port)
    hub.subscribe(target, [pattern], lease_s)
    peer.send(encode("/subscribed", [pattern, float(lease_s)]))


def _unsubscribe(hub: Hub, peer: Peer, pattern: str | None = None) -> None:
    hub.unsubscribe(peer, pattern)
    peer.send(encode("/unsubscribed", [] if pattern is None else [pattern]))


def _engine(engine: Engine, hub: Hub, limits: Limits, dispatcher: Dispatcher) -> Iterator[Node]:
    figures: list[tuple[str, str, str, str, Callable[[], Any]]] = [
        ("load", "f", "%", "processing time as a share of the audio's duration", lambda: 100.0 * engine.load.mean),
        ("peak_load", "f", "%", "the highest load of a recent block", lambda: 100.0 * engine.load.peak),
        ("xruns", "i", "", "blocks that were late or lost", lambda: engine.load.xruns),
        ("clients", "i", "", "subscribers", lambda: hub.count),
        ("position", "h", "samples", "samples of the engine's own audio since its start", lambda: engine.position),
        ("sample_rate", "f", "Hz", "of the engine's own audio", lambda: float(engine.sample_rate)),
        ("block_size", "i", "samples", "of the engine's own audio", lambda: engine.layout.max_block_size),
        ("waiting", "i", "", "changes that wait for their time tag", lambda: engine.waiting),
        ("messages", "h", "", "messages that were processed", lambda: dispatcher.messages),
        ("dropped", "h", "", "packets dropped because they came too fast", lambda: limits.dropped),
        ("errors", "h", "", "packets and commands that were refused", lambda: dispatcher.errors),
        ("late", "h", "", "bundles that arrived after their time tag", lambda: dispatcher.late),
    ]
    live = {"load", "peak_load", "xruns", "clients", "position"}
    for name, types, unit, text, get in figures:
        yield ReadNode(f"/engine/{name}", text, types=types, unit=unit, is_stream=name in live, get=_one(get))


def _one(get: Callable[[], Any]) -> Callable[[], list[Any]]:
    return lambda: [get()]
