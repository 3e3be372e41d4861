# SPDX-License-Identifier: GPL-3.0-or-later
"""Slow, numerous or lying clients: others are still served, and memory, disk and processor use stay bounded."""

import errno
import os
import socket
import struct
import tempfile
import time
import urllib.parse
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path

import numpy as np
import pytest
from pedalboard.io import AudioFile

from ddsp_fx_bridge.http import listener, render, transfer
from ddsp_fx_bridge.http.render_child import MOST_SECONDS
from ddsp_fx_bridge.server import Server
from serve.sockets.test_render import post

PATIENCE_S = 30.0


def connect(server: Server) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.http_port), timeout=PATIENCE_S)


def get(server: Server, path: str = "/engine/xruns?VALUE") -> str:
    """The status line, or the reason why there is none."""
    try:
        with connect(server) as client:
            client.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode("latin-1"))
            return client.makefile("rb").readline().decode().strip()
    except OSError as error:
        return type(error).__name__


def is_closed(client: socket.socket) -> bool:
    """Whether the other side closes the connection within the tests' time limit."""
    with suppress(ConnectionResetError):
        while client.recv(65536):
            pass
    return True


def head(server: Server, length: int, name: str = "a.wav") -> bytes:
    return (
        f"POST /api/render?track=1&name={name} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Connection: close\r\nContent-Length: {length}\r\n\r\n"
    ).encode()


def wav(frames: int, claimed: int, rate: int = 48000) -> bytes:
    """Two channels of 16 bits, whose header states another number of bytes."""
    format_ = struct.pack("<HHIIHH", 1, 2, rate, rate * 4, 4, 16)
    sound = (np.sin(np.arange(2 * frames) / 30) * 9000).astype("<i2").tobytes()
    chunks = b"WAVEfmt " + struct.pack("<I", 16) + format_ + b"data" + struct.pack("<I", claimed) + sound
    return b"RIFF" + struct.pack("<I", claimed + 36) + chunks


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Deadlines short enough for a test."""
    monkeypatch.setattr(listener, "HEAD_S", 0.3)
    monkeypatch.setattr(transfer, "STALL_S", 0.5)


@pytest.fixture
def places() -> Callable[[], list[Path]]:
    before = set(Path(tempfile.gettempdir()).glob(f"{render._PREFIX}*"))
    return lambda: sorted(set(Path(tempfile.gettempdir()).glob(f"{render._PREFIX}*")) - before)


@pytest.mark.usefixtures("impatient")
def test_a_head_that_does_not_end_is_not_waited_for(server: Server) -> None:
    with connect(server) as client, connect(server) as silent:
        client.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ")
        assert is_closed(client)
        assert is_closed(silent)
    assert get(server) == "HTTP/1.1 200 OK"


@pytest.mark.usefixtures("impatient")
def test_a_second_request_of_a_connection_has_its_own_time(server: Server) -> None:
    ask = b"GET /engine/xruns?VALUE HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    with connect(server) as client:
        for _ in range(3):
            client.sendall(ask)
            assert client.recv(4096).startswith(b"HTTP/1.1 200")
            time.sleep(0.4)
        client.sendall(ask[:-2])
        assert is_closed(client)


def test_a_web_socket_outlives_the_time_of_a_head(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "HEAD_S", 0.2)
    upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    with connect(server) as client:
        ask = f"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n{upgrade}Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        client.sendall(ask.encode())
        assert client.recv(4096).startswith(b"HTTP/1.1 101")
        time.sleep(0.5)
        client.sendall(b"\x89\x80\0\0\0\0")  # a ping
        assert client.recv(2) == b"\x8a\x00"


def test_one_address_gets_a_share_and_all_of_it_back(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "MOST_OF_ONE_ADDRESS", 8)
    with ExitStack() as stack:
        held = [stack.enter_context(connect(server)) for _ in range(8)]
        assert get(server) == "HTTP/1.1 503 Service Unavailable"
        held[0].close()
        _until(lambda: get(server) == "HTTP/1.1 200 OK")
    _until(lambda: server._http._listener.connections == 0)  # type: ignore[union-attr]
    assert get(server) == "HTTP/1.1 200 OK"


class _Starved:
    """A listening socket of a process without a free file descriptor."""

    def __init__(self, real: socket.socket) -> None:
        self.real, self.left, self.spare = real, 3, True

    def accept(self) -> object:
        if self.left and self.spare:
            self.left, self.spare = self.left - 1, False
            raise OSError(errno.EMFILE, "Too many open files")
        # After the spare descriptor was released, there is one for the refusal.
        self.spare = True
        return self.real.accept()

    def __getattr__(self, name: str) -> object:
        return getattr(self.real, name)


def test_without_descriptors_clients_are_told_503_and_the_log_one_line(
    server: Server, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(listener, "_AGAIN_S", 0.01)
    door = server._http._listener
    assert door is not None
    monkeypatch.setattr(door, "_socket", _Starved(door._socket))
    server._loop.call_soon_threadsafe(lambda: (server._loop.remove_reader(door._socket), door._watch()))
    _until(lambda: len(server._loop._selector.get_map()) > 0)  # type: ignore[attr-defined]
    answers = [get(server) for _ in range(5)]
    assert answers[-1] == "HTTP/1.1 200 OK"
    assert all(answer.startswith(("HTTP/1.1 503", "HTTP/1.1 200", "ConnectionReset")) for answer in answers)
    assert capfd.readouterr().err.count("accepts no connections for now") <= 3


@pytest.mark.usefixtures("impatient")
def test_stalled_uploads_lock_nobody_out(server: Server, places: Callable[[], list[Path]]) -> None:
    with ExitStack() as stack:
        for _ in range(render.MOST_OF_ONE_CLIENT):
            client = stack.enter_context(connect(server))
            client.sendall(head(server, 1_000_000) + b"RIFF")
        _until(lambda: len(places()) == render.MOST_OF_ONE_CLIENT)
        assert post(server, "track=1&name=a.wav", wav(4800, 19200))[0] == 503
        _until(lambda: places() == [])
        status, body, _ = post(server, "track=1&name=a.wav", wav(4800, 19200))
        assert (status, body[:4]) == (200, b"RIFF")


@pytest.mark.usefixtures("impatient")
def test_a_stalled_upload_is_told_that_it_was_too_slow(server: Server) -> None:
    with connect(server) as client:
        client.sendall(head(server, 1000) + b"RIFF")
        assert client.makefile("rb").readline() == b"HTTP/1.1 408 Request Timeout\r\n"


@pytest.mark.usefixtures("impatient")
def test_who_takes_nothing_of_an_answer_is_cut_off_and_the_file_goes(
    server: Server, places: Callable[[], list[Path]]
) -> None:
    body = wav(2_000_000, 8_000_000)
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.settimeout(PATIENCE_S)
        client.connect(("127.0.0.1", server.http_port))
        client.sendall(head(server, len(body)) + body)
        assert client.recv(12) == b"HTTP/1.1 200"
        assert len(places()) == 1
        _until(lambda: places() == [])


def test_a_small_file_that_claims_much_takes_no_memory(server: Server) -> None:
    before = resident_kib()
    for claimed in (0x18000000, 0xFFFFFF00, 0x7FFFFFFF):
        status, body, _ = post(server, "track=1&name=a.wav", wav(2000, claimed))
        assert status in (200, 422), body
    assert resident_kib() - before < 50_000


def test_a_file_that_lasts_too_long_is_refused_before_it_is_rendered(server: Server, tmp_path: Path) -> None:
    with AudioFile(str(tmp_path / "long.flac"), "w", 8000, 1) as file:
        for _ in range(int(MOST_SECONDS / 100) + 1):
            file.write(np.zeros((1, 800_000), np.float32))
    status, body, _ = post(server, "track=1&name=long.flac", (tmp_path / "long.flac").read_bytes())
    assert status == 422
    assert b"minutes; the limit here is 30" in body


@pytest.mark.parametrize("track", ["²", "1" * 5000, "-1", "1.0", "", "0x1", "١", "1_0", "\ud800", "%ff"])  # noqa: RUF001
@pytest.mark.parametrize("path", ["/api/stream", "/api/render"])
def test_a_track_that_is_no_number_is_400(server: Server, path: str, track: str) -> None:
    quoted = track if track == "%ff" else urllib.parse.quote(track, errors="surrogatepass")
    verb = "GET" if path == "/api/stream" else "POST"
    with connect(server) as client:
        client.sendall(f"{verb} {path}?track={quoted}&name=a.wav HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        assert client.makefile("rb").readline().startswith(b"HTTP/1.1 400"), track


@pytest.mark.parametrize("path", ["/%ed%a0%80", "/%ff", "/a?%ed%a0%80", "/panel/%ff", "/%00", "/" + "a" * 5000])
def test_an_address_that_is_no_text_is_no_failure_of_the_server(server: Server, path: str) -> None:
    assert get(server, path).split()[1] in ("400", "404")


def resident_kib() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024


def _until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.02)
