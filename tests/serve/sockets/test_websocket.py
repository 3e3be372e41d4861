# SPDX-License-Identifier: GPL-3.0-or-later
"""OSC and OSCQuery's commands over WebSocket, and the stream of meters."""

import asyncio
from typing import Any

import aiohttp
import numpy as np
import pytest
from support import tone

from ddsp_fx import Board
from ddsp_fx_bridge.osc.packets import encode
from ddsp_fx_bridge.server import Server
from serve.sockets.peers import Udp, get, on_socket, packet_from


def test_the_websocket_speaks_osc_both_ways(server: Server, client: Udp) -> None:
    async def act(connection: Any) -> None:
        await connection.send_bytes(encode("/ping", [3]))
        assert await packet_from(connection) == ("/pong", (3,))
        await connection.send_json({"COMMAND": "LISTEN", "DATA": "/track/1/hall/mix/n"})
        await connection.send_bytes(encode("/ping", []))
        assert await packet_from(connection) == ("/pong", ())
        await asyncio.to_thread(client.send, "/track/1/hall/mix", 0.5)
        assert await packet_from(connection) == ("/track/1/hall/mix/n", (0.5,))
        # Its own change is not sent back, and ignored addresses are not sent at all.
        await connection.send_bytes(encode("/track/1/hall/mix", [0.75]))
        await connection.send_json({"COMMAND": "IGNORE", "DATA": "/track/1/hall/mix/n"})
        await connection.send_bytes(encode("/ping", []))
        assert await packet_from(connection) == ("/pong", ())
        await asyncio.to_thread(client.ask, "/track/1/hall/mix")
        await asyncio.to_thread(client.send, "/track/1/hall/mix", 0.25)
        await asyncio.to_thread(client.ask, "/track/1/hall/mix")
        await connection.send_bytes(encode("/ping", [9]))
        assert await packet_from(connection) == ("/pong", (9,))

    on_socket(server, act)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("nonsense", 400),
        ("[]", 400),
        ('{"COMMAND": "LISTEN"}', 400),
        ('{"COMMAND": "OPEN", "DATA": "/"}', 400),
        ('{"COMMAND": "LISTEN", "DATA": "/absent"}', 404),
        ('{"COMMAND": "LISTEN", "DATA": "/track/1/board/load"}', 405),
        ('{"COMMAND": "LISTEN", "DATA": 3}', 400),
    ],
)
def test_commands_that_are_refused(server: Server, text: str, code: int) -> None:
    async def act(connection: Any) -> None:
        await connection.send_str(text)
        address, arguments = await packet_from(connection)
        assert (address, arguments[0]) == ("/error", code)

    on_socket(server, act)


def test_a_new_board_is_told(server: Server) -> None:
    async def act(connection: Any) -> None:
        await connection.send_bytes(encode("/ping", []))
        await packet_from(connection)
        await asyncio.to_thread(server.engine.replace_board, 1, Board())
        assert await connection.receive_json() == {"COMMAND": "PATH_CHANGED", "DATA": "/track/1"}

    on_socket(server, act)
    assert "hall" not in get(server, "/track/1")[1]["CONTENTS"]


def test_foreign_websockets_are_refused(server: Server) -> None:
    async def act(connection: Any) -> None:
        raise AssertionError

    for path in ("", "api/stream?track=1"):
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            on_socket(server, act, path, Origin="http://example.org")
        assert refused.value.status == 403


def test_the_stream_shows_what_sounds(server: Server) -> None:
    rate = 48000

    async def act(connection: Any) -> None:
        hello = await connection.receive_json()
        assert len(hello["bands_hz"]) == 97
        audio = tone(1.0, rate, 440.0, channels=2)
        for start in range(0, audio.shape[1] // 2, 256):
            server.engine.process(audio[:, start : start + 256])
        look: dict[str, Any] = {}
        while look.get("position") != server.engine.position:
            look = await connection.receive_json()
        # One more, because the first may have been taken between two blocks.
        look = await connection.receive_json()
        assert look["f0_hz"] == pytest.approx(440.0, rel=0.01)
        loudest = int(np.argmax(look["spectrum_db"]))
        bin_hz = rate / 2048
        assert hello["bands_hz"][loudest] <= 440.0 + bin_hz
        assert hello["bands_hz"][loudest + 1] >= 440.0 - bin_hz
        assert -20 < look["in_db"][0] < 0
        assert look["latency_samples"] == 0

    on_socket(server, act, "api/stream?track=1")
