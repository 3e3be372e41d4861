# SPDX-License-Identifier: GPL-3.0-or-later
"""Peers with real sockets, for each of the server's three protocols."""

import asyncio
import json
import socket
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import aiohttp

from ddsp_fx_bridge.osc.packets import decode, encode
from ddsp_fx_bridge.server import Doors, Server

PATIENCE_S = 30.0
ANY = Doors(osc_port=0, http_port=0)


class Udp:
    """A client with a socket."""

    def __init__(self, port: int) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.settimeout(PATIENCE_S)
        self.socket.connect(("127.0.0.1", port))

    def send(self, address: str, *arguments: Any) -> None:
        self.socket.send(encode(address, arguments))

    def get(self) -> tuple[str, tuple[Any, ...]]:
        ((message,),) = [group.messages for group in decode(self.socket.recv(65536))]
        return message.address, message.arguments

    def ask(self, address: str, *arguments: Any) -> tuple[str, tuple[Any, ...]]:
        self.send(address, *arguments)
        return self.get()


def change(value: float) -> Any:
    from ddsp_fx_bridge.engine import Change

    return Change(1, "", "mix", value)


def get(server: Server, path: str, **headers: str) -> tuple[int, Any]:
    """(status, JSON or text)."""
    request = urllib.request.Request(server.url.rstrip("/") + path, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as response:
            body, status = response.read().decode(), response.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()
    return status, json.loads(body) if body else None


async def _with_socket(server: Server, act: Callable[[Any], Any], path: str = "", **headers: str) -> Any:
    async with aiohttp.ClientSession() as session, session.ws_connect(server.url + path, headers=headers) as connection:
        return await asyncio.wait_for(act(connection), PATIENCE_S)


def on_socket(server: Server, act: Callable[[Any], Any], path: str = "", **headers: str) -> Any:
    return asyncio.run(_with_socket(server, act, path, **headers))


async def packet_from(connection: Any) -> tuple[str, tuple[Any, ...]]:
    ((message,),) = [group.messages for group in decode(await connection.receive_bytes())]
    return message.address, message.arguments
