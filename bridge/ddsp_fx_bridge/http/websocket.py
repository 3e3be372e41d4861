# SPDX-License-Identifier: GPL-3.0-or-later
"""OSCQuery's WebSocket: commands as JSON text, OSC packets as binary frames, in both directions."""

from __future__ import annotations

import asyncio
import itertools
import json
from typing import Any

from aiohttp import WSMsgType, web

from ddsp_fx.errors import DdspFxError, RefusedError
from ddsp_fx_bridge.osc.packets import MOST_BYTES
from ddsp_fx_bridge.osc.service import OscService

# Packets queued for one client. If it reads too slowly, values wait in the hub, which sends only the latest.
MOST_QUEUED = 256
_numbers = itertools.count(1)


class WebPeer:
    """One connection."""

    def __init__(self, socket: web.WebSocketResponse) -> None:
        self._socket = socket
        self._queue: asyncio.Queue[bytes | str] = asyncio.Queue(MOST_QUEUED)
        self.number = next(_numbers)

    @property
    def identity(self) -> object:
        """The connection's unique number."""
        return "websocket", self.number

    def send(self, datagram: bytes) -> bool:
        """Send as a binary frame; False if the queue is full."""
        return self._put(datagram)

    def tell(self, command: str, data: Any) -> bool:
        """Send as a text frame."""
        return self._put(json.dumps({"COMMAND": command, "DATA": data}))

    def _put(self, message: bytes | str) -> bool:
        try:
            self._queue.put_nowait(message)
        except asyncio.QueueFull:
            return False
        return True

    async def write(self) -> None:
        """Send queued packets until the connection ends."""
        while True:
            message = await self._queue.get()
            try:
                if isinstance(message, bytes):
                    await self._socket.send_bytes(message)
                else:
                    await self._socket.send_str(message)
            except ConnectionError:
                return


async def serve_websocket(request: web.Request, service: OscService) -> web.WebSocketResponse:
    """Serve one client until it disconnects."""
    socket = web.WebSocketResponse(heartbeat=30.0, max_msg_size=MOST_BYTES + 1)
    await socket.prepare(request)
    peer = WebPeer(socket)

    def changed(path: str) -> None:
        peer.tell("PATH_CHANGED", path)

    service.on_namespace.append(changed)
    writer = asyncio.create_task(peer.write())
    try:
        async for message in socket:
            if message.type in (WSMsgType.BINARY, WSMsgType.TEXT):
                _take(service, peer, message.data)
    finally:
        service.on_namespace.remove(changed)
        service.hub.unsubscribe(peer)
        writer.cancel()
    return socket


def _take(service: OscService, peer: WebPeer, data: bytes | str) -> None:
    if not service.limits.allow(peer.identity):
        return
    if isinstance(data, bytes):
        service.packet(peer, data)
        return
    try:
        _command(service, peer, data)
    except DdspFxError as error:
        service.dispatcher.refuse(peer, error)


def _command(service: OscService, peer: WebPeer, text: str) -> None:
    try:
        data = json.loads(text)
        command, address = data["COMMAND"], data["DATA"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise RefusedError(400, "", 'expected {"COMMAND": "LISTEN" or "IGNORE", "DATA": "/an/address"}') from None
    if command not in ("LISTEN", "IGNORE") or not isinstance(address, str):
        raise RefusedError(400, "", f"unknown command {command!r:.60}; known are LISTEN and IGNORE")
    if command == "IGNORE":
        service.hub.unsubscribe(peer, address)
    else:
        service.hub.listen(peer, address)
