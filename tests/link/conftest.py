# SPDX-License-Identifier: GPL-3.0-or-later
"""An engine with a link, and plugins."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support import write_bundle

from ddsp_fx_bridge.engine import Engine
from ddsp_fx_bridge.engine.library import Library
from ddsp_fx_bridge.link import LinkDoor
from ddsp_fx_bridge.link.segment import Header

from .fake_plugin import FakePlugin

RATE = 48000.0


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of bundles with the learned reverb `hall`."""
    folder = tmp_path_factory.mktemp("place")
    write_bundle(folder / "hall")
    return folder


@pytest.fixture(autouse=True)
def _bundles(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DDSP_FX_PATH", str(place))


@pytest.fixture
def socket_file() -> Iterator[Path]:
    """In a short path, because a socket's path has at most 107 bytes."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder) / "link"


@pytest.fixture
def engine() -> Engine:
    return Engine()


@pytest.fixture
def door(engine: Engine, socket_file: Path, place: Path) -> Iterator[LinkDoor]:
    """An open door."""
    door = LinkDoor(engine, socket_file, Library(place, ".json"))
    door.url = "http://127.0.0.1:1/"
    door.start()
    yield door
    door.stop()


@pytest.fixture
def connect(door: LinkDoor) -> Iterator[Callable[[], FakePlugin]]:
    """Makes plugins that have been greeted."""
    plugins = []

    def connected() -> FakePlugin:
        plugins.append(FakePlugin(door.path))
        assert plugins[-1].hello()[0] == "welcome"
        plugins[-1].answers()
        return plugins[-1]

    yield connected
    for plugin in plugins:
        plugin.close()


@pytest.fixture
def plugin(connect: Callable[[], FakePlugin]) -> FakePlugin:
    return connect()


@pytest.fixture
def header() -> Header:
    """Stereo, 48 kHz, a third of a second."""
    return Header(2, 16384, RATE, 992, 1024)
