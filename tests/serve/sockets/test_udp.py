# SPDX-License-Identifier: GPL-3.0-or-later
"""UDP, also with independent OSC programs as peers."""

import ipaddress
import re
import shutil
import socket
import subprocess
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ddsp_fx.errors import EngineError
from ddsp_fx_bridge.engine import Engine
from ddsp_fx_bridge.engine.doors import ClockDoor
from ddsp_fx_bridge.server import Doors, Server
from serve.sockets.peers import ANY, PATIENCE_S, Udp, change


def test_udp_answers_and_tells_others(server: Server, client: Udp, other: Udp) -> None:
    assert client.ask("/ping", 1) == ("/pong", (1,))
    assert other.ask("/subscribe") == ("/subscribed", ("/", 60.0))
    client.send("/track/1/hall/mix", 0.5)
    assert other.get() == ("/track/1/hall/mix", (0.5,))
    code, address, text = client.ask("/track/1/hall/mix", 5.0)[1]
    assert (code, address) == (416, "/track/1/hall/mix")
    assert "the range is 0 to 1" in text
    # Its own change did not come back before this.
    assert client.ask("/track/1/hall/mix") == ("/track/1/hall/mix", (0.5,))


def test_feedback_to_another_port(server: Server, client: Udp, other: Udp) -> None:
    own_port = other.socket.getsockname()[1]
    assert client.ask("/subscribe", "/track/1/mix", 60.0, own_port)[0] == "/subscribed"
    server.engine.change([change(0.5)], "somebody")
    assert other.get() == ("/track/1/mix", (0.5,))


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
        # The packet was sent before the HTTP request, and the same loop reads UDP.
        assert server.service.dispatcher.messages == 0
        assert server._udp.refused == 1
    assert engine.track(1).values["", "mix"] == 1.0


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
        # oscdump does not report when it is ready, so its port is tried until it answers.
        for _ in range(100):
            other.send("/subscribe", "/track", 600.0, port)
            other.get()
            server.engine.change([change(np.random.default_rng().uniform())], "somebody")
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
