# SPDX-License-Identifier: GPL-3.0-or-later
"""The server on real sockets: UDP, HTTP, WebSocket, and peers that we did not write."""

import asyncio
import ipaddress
import json
import re
import shutil
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
import pytest
from pedalboard.io import AudioFile
from support import tone

from ddsp_fx import Board
from ddsp_fx.errors import EngineError
from ddsp_fx_bridge.engine import Engine
from ddsp_fx_bridge.engine.doors import ClockDoor
from ddsp_fx_bridge.http.guard import is_own_name, is_same_origin
from ddsp_fx_bridge.http.oscquery import ATTRIBUTES
from ddsp_fx_bridge.osc.packets import decode, encode
from ddsp_fx_bridge.server import Doors, Server

PATIENCE_S = 30.0
ANY = Doors(osc_port=0, http_port=0)


@pytest.fixture
def server(engine: Engine, tmp_path: Path) -> Iterator[Server]:
    """Listening on ports that the system chose; no audio runs."""
    with Server(engine, tmp_path / "boards", tmp_path / "takes", ANY) as server:
        yield server


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


@pytest.fixture
def client(server: Server) -> Iterator[Udp]:
    client = Udp(server.osc_port)
    yield client
    client.socket.close()


@pytest.fixture
def other(server: Server) -> Iterator[Udp]:
    client = Udp(server.osc_port)
    yield client
    client.socket.close()


# UDP.


def test_udp_answers_and_tells_others(server: Server, client: Udp, other: Udp) -> None:
    assert client.ask("/ping", 1) == ("/pong", (1,))
    assert other.ask("/subscribe") == ("/subscribed", ("/", 60.0))
    client.send("/track/1/hall/mix", 0.5)
    assert other.get() == ("/track/1/hall/mix", (0.5,))
    code, address, text = client.ask("/track/1/hall/mix", 5.0)[1]
    assert (code, address) == (416, "/track/1/hall/mix")
    assert "the range is 0 to 1" in text
    # Nothing of its own came back between.
    assert client.ask("/track/1/hall/mix") == ("/track/1/hall/mix", (0.5,))


def test_feedback_to_another_port(server: Server, client: Udp, other: Udp) -> None:
    own_port = other.socket.getsockname()[1]
    assert client.ask("/subscribe", "/track/1/mix", 60.0, own_port)[0] == "/subscribed"
    server.engine.change([_change(0.5)], "somebody")
    assert other.get() == ("/track/1/mix", (0.5,))


def _change(value: float) -> Any:
    from ddsp_fx_bridge.engine import Change

    return Change(1, None, "mix", value)


def test_who_is_not_on_the_list_is_not_read(engine: Engine, tmp_path: Path) -> None:
    foreign = (ipaddress.ip_network("192.0.2.0/24"),)
    doors = Doors(osc_port=0, http_port=0, allow=foreign)
    with Server(engine, tmp_path, tmp_path, doors) as server:
        client = Udp(server.osc_port)
        client.send("/track/1/mix", 0.5)
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(server.url, timeout=PATIENCE_S)
        assert refused.value.code == 403
        refused.value.close()
        client.socket.close()
        # The packet is older than the HTTP request; UDP is read in the same loop.
        assert server.service.dispatcher.messages == 0
        assert server._udp.refused == 1
    assert engine.track(1).values[None, "mix"] == 1.0


def test_ports_that_are_taken(server: Server, tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=rf"UDP port {server.osc_port} .* --osc-port"):
        Server(server.engine, tmp_path, tmp_path, Doors(osc_port=server.osc_port, http_port=0))
    with pytest.raises(EngineError, match=rf"TCP port {server.http_port} .* --http-port"):
        Server(server.engine, tmp_path, tmp_path, Doors(osc_port=0, http_port=server.http_port))


def test_stopping_twice_and_without_starting(engine: Engine, tmp_path: Path) -> None:
    server = Server(engine, tmp_path, tmp_path, ANY)
    assert server.stop() == []
    with Server(engine, tmp_path, tmp_path, ANY) as server:
        pass
    assert server.stop() == []


needs_liblo = pytest.mark.skipif(not shutil.which("oscsend"), reason="apt install liblo-tools")


@needs_liblo
def test_oscsend_and_oscdump_as_peers(server: Server, other: Udp) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    dump = subprocess.Popen(["oscdump", "-L", str(port)], stdout=subprocess.PIPE, text=True)
    try:
        assert dump.stdout is not None
        # oscdump says nothing when it is ready: its port is asked for until it is heard.
        for _ in range(100):
            other.send("/subscribe", "/track", 600.0, port)
            other.get()
            server.engine.change([_change(np.random.default_rng().uniform())], "somebody")
            if _readable(dump.stdout, 0.1):
                break
        _oscsend(server, "/track/1/hall/mix", "f", "0.625")
        lines = iter(dump.stdout.readline, "")
        line = next(line for line in lines if "/track/1/hall/mix" in line)
        assert re.search(r"/track/1/hall/mix f 0\.625", line)
        _oscsend(server, "/track/1/hall/mix/s", "s", "0.75")
        assert any("/track/1/hall/mix f 0.75" in line for line in iter(dump.stdout.readline, ""))
        _oscsend(server, "/track/1/bypass", "T")
        assert any("/track/1/bypass T" in line for line in iter(dump.stdout.readline, ""))
    finally:
        dump.kill()
        dump.wait()
        dump.stdout.close()


def _oscsend(server: Server, *words: str) -> None:
    subprocess.run(["oscsend", "127.0.0.1", str(server.osc_port), *words], check=True, timeout=PATIENCE_S)


def _readable(stream: Any, seconds: float) -> bool:
    import select

    return bool(select.select([stream], [], [], seconds)[0])


# OSCQuery.


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


def test_the_namespace_as_json(server: Server) -> None:
    status, root = get(server, "/")
    assert status == 200
    node = root["CONTENTS"]["track"]["CONTENTS"]["1"]["CONTENTS"]["hall"]["CONTENTS"]["pre_delay"]
    plain = {key: value for key, value in node.items() if key not in ("CONTENTS", "DDSP_FX")}
    assert plain == {
        "FULL_PATH": "/track/1/hall/pre_delay",
        "DESCRIPTION": "Before the room answers",
        "ACCESS": 3,
        "TYPE": "f",
        "VALUE": [0.0],
        "RANGE": [{"MIN": 0, "MAX": 250}],
        "UNIT": ["time.ms"],
        "CLIPMODE": ["none"],
        "OVERLOADS": [{"TYPE": "i"}, {"TYPE": "d"}],
        "TAGS": ["parameter", "value"],
    }
    assert node["DDSP_FX"]["default"] == 0.0
    assert set(node["CONTENTS"]) == {"n", "s"}
    assert get(server, "/track/1/hall/pre_delay") == (200, node)


def test_every_node_keeps_the_proposals_rules(server: Server) -> None:
    def check(node: dict[str, Any], address: str) -> int:
        assert node["FULL_PATH"] == address
        assert node["ACCESS"] in (0, 1, 2, 3)
        assert ("VALUE" in node) == bool(node["ACCESS"] & 1)
        # A container has no type; everything else has one, though it may be empty.
        assert ("TYPE" in node) == bool(node["ACCESS"])
        for attribute in ("VALUE", "RANGE", "UNIT", "CLIPMODE"):
            if attribute in node:
                assert len(node[attribute]) == len(node["TYPE"])
        kinds = {"f": (int, float), "i": (int,), "h": (int,), "s": (str,), "T": (bool,)}
        for value, tag in zip(node.get("VALUE", []), node.get("TYPE", ""), strict="VALUE" in node):
            assert isinstance(value, kinds[tag])
        below = node.get("CONTENTS", {})
        return 1 + sum(check(child, f"{address.rstrip('/')}/{name}") for name, child in below.items())

    assert check(get(server, "/")[1], "/") > 50


@pytest.mark.parametrize("attribute", [*ATTRIBUTES, "CONTENTS"])
def test_single_attributes(server: Server, attribute: str) -> None:
    whole = get(server, "/track/1/hall/mix")[1]
    assert get(server, f"/track/1/hall/mix?{attribute}") == (
        200,
        {attribute: whole[attribute]} if attribute in whole else {},
    )


def test_host_info_and_mistakes(server: Server) -> None:
    info = get(server, "/track/1?HOST_INFO")[1]
    assert (info["OSC_PORT"], info["OSC_TRANSPORT"]) == (server.osc_port, "UDP")
    assert info["EXTENSIONS"]["LISTEN"] is True
    assert get(server, "/track/1?HOST_INFO") == get(server, "/?HOST_INFO")
    assert get(server, "/track/9")[0] == 404
    assert get(server, "/track/1/hall/mix?COLOUR")[0] == 400
    assert get(server, "/track/1/hall?VALUE")[0] == 204
    assert get(server, "/track/1/board/load?VALUE")[0] == 204
    assert get(server, "/track/1/hall?TYPE") == (200, {})
    assert get(server, "/track/1/hall?RANGE") == (200, {})


def test_pages_of_other_sites_are_refused(server: Server) -> None:
    own = f"127.0.0.1:{server.http_port}"
    assert get(server, "/", Origin="http://example.org")[0] == 403
    assert get(server, "/", Origin="null")[0] == 403
    assert get(server, "/", Origin=f"http://localhost:{server.http_port}")[0] == 403
    assert get(server, "/", Origin=f"http://{own}")[0] == 200
    assert get(server, "/", Host="example.org")[0] == 403
    assert get(server, "/", Host=f"localhost:{server.http_port}")[0] == 200


def test_names_and_origins() -> None:
    for host in ("127.0.0.1", "127.0.0.1:80", "localhost", "localhost:9080", "[::1]:9080", "192.168.1.7:9080"):
        assert is_own_name(host)
    for host in ("", "example.org", "example.org:80", "127.0.0.1.example.org", "localhost.example.org:9080"):
        assert not is_own_name(host)
    assert is_same_origin(None, "a:1")
    assert not is_same_origin("http://a:2", "a:1")


@pytest.mark.parametrize(
    "path", ["/panel/../server.py", "/panel/%2e%2e%2fserver.py", "/panel/.hidden", "/panel/absent.js"]
)
def test_nothing_beside_the_panel_is_served(server: Server, path: str) -> None:
    assert get(server, path)[0] == 404


# WebSocket.


async def _with_socket(server: Server, act: Callable[[Any], Any], path: str = "", **headers: str) -> Any:
    async with aiohttp.ClientSession() as session, session.ws_connect(server.url + path, headers=headers) as connection:
        return await asyncio.wait_for(act(connection), PATIENCE_S)


def on_socket(server: Server, act: Callable[[Any], Any], path: str = "", **headers: str) -> Any:
    return asyncio.run(_with_socket(server, act, path, **headers))


async def packet_from(connection: Any) -> tuple[str, tuple[Any, ...]]:
    ((message,),) = [group.messages for group in decode(await connection.receive_bytes())]
    return message.address, message.arguments


def test_the_websocket_speaks_osc_both_ways(server: Server, client: Udp) -> None:
    async def act(connection: Any) -> None:
        await connection.send_bytes(encode("/ping", [3]))
        assert await packet_from(connection) == ("/pong", (3,))
        await connection.send_json({"COMMAND": "LISTEN", "DATA": "/track/1/hall/mix/n"})
        await connection.send_bytes(encode("/ping", []))
        assert await packet_from(connection) == ("/pong", ())
        await asyncio.to_thread(client.send, "/track/1/hall/mix", 0.5)
        assert await packet_from(connection) == ("/track/1/hall/mix/n", (0.5,))
        # Its own change is not sent back, and what it ignores is not sent at all.
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
        # One more: the first may have been taken between two blocks.
        look = await connection.receive_json()
        assert look["f0_hz"] == pytest.approx(440.0, rel=0.01)
        loudest = int(np.argmax(look["spectrum_db"]))
        bin_hz = rate / 2048
        assert hello["bands_hz"][loudest] <= 440.0 + bin_hz
        assert hello["bands_hz"][loudest + 1] >= 440.0 - bin_hz
        assert -20 < look["in_db"][0] < 0
        assert look["latency_samples"] == 0

    on_socket(server, act, "api/stream?track=1")


# Rendering.


def post(server: Server, query: str, body: bytes) -> tuple[int, bytes, Any]:
    request = urllib.request.Request(f"{server.url}api/render?{query}", data=body, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=120) as response:
            return response.status, response.read(), response.headers
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read(), error.headers


def test_a_dropped_file_comes_back_as_apply_would_make_it(
    server: Server, tmp_path: Path, make_board: Callable[[], Board]
) -> None:
    audio = tone(0.3, 44100, channels=2)
    with AudioFile(str(tmp_path / "in.wav"), "w", 44100, 2, bit_depth=32) as file:
        file.write(audio)
    server.engine.change([_change(0.5)])
    status, body, headers = post(server, "track=1&name=my%20song.wav", (tmp_path / "in.wav").read_bytes())
    assert status == 200
    assert headers["Content-Disposition"] == 'attachment; filename="my_song-ddsp-fx.wav"'
    (tmp_path / "out.wav").write_bytes(body)
    board = make_board()
    board.mix = 0.5
    with AudioFile(str(tmp_path / "out.wav")) as file:
        assert np.array_equal(file.read(file.frames), board.render(audio, 44100))


def test_files_that_cannot_be_rendered(server: Server) -> None:
    assert post(server, "track=1&name=a.wav", b"not audio")[0] == 422
    assert b"not an audio file" in post(server, "track=1&name=a.wav", b"not audio")[1]
    assert post(server, "track=1&name=a.exe", b"x")[0] == 400
    assert post(server, "track=1&name=a.wav", b"")[0] == 400
    assert post(server, "track=7&name=a.wav", b"x")[0] == 404


# Audio beside it.


def test_a_message_reaches_the_audio_that_runs(server: Server, client: Udp) -> None:
    door = ClockDoor(server.engine)
    door.start()
    try:
        client.send("/track/1/hall/mix", 0.5)
        board = server.engine.track(1).board
        for _ in range(3000):
            if board[0].mix == 0.5:
                break
            door.ended.wait(0.01)
        assert board[0].mix == 0.5
    finally:
        door.stop()
    assert client.ask("/engine/position")[1][0] > 0
    assert door.error is None
