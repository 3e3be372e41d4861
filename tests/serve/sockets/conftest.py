# SPDX-License-Identifier: GPL-3.0-or-later
"""A server on ports chosen by the system, and two UDP clients."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ddsp_fx_bridge.engine import Engine
from ddsp_fx_bridge.server import Server
from serve.sockets.peers import ANY, Udp


@pytest.fixture
def server(engine: Engine, tmp_path: Path) -> Iterator[Server]:
    """Listening on ports chosen by the system; no audio runs."""
    with Server(engine, tmp_path / "boards", tmp_path / "takes", ANY) as server:
        yield server


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
