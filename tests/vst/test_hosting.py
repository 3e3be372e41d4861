# SPDX-License-Identifier: GPL-3.0-or-later
"""`as_pedalboard`: an effect as a plugin for any host of pedalboard plugins."""

import fcntl
import os
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pedalboard
import pytest
from support import tone, write_bundle

from ddsp_fx import Board, extensions, load
from ddsp_fx.errors import BoardError, EngineError, MissingExtraError
from ddsp_fx_bridge.engine import Engine
from ddsp_fx_bridge.engine.library import Library
from ddsp_fx_bridge.link import LinkDoor
from ddsp_fx_bridge.vst import hosting, install
from ddsp_fx_bridge.vst.build import build
from ddsp_fx_bridge.vst.sources import missing_packages, source_folder

RATE = 48000


@pytest.fixture
def socket_file(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A short path, where every plugin and engine of the test looks."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        monkeypatch.setenv("DDSP_FX_LINK", f"{folder}/link")
        yield Path(folder) / "link"


@pytest.fixture
def hall(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Board:
    write_bundle(tmp_path / "place" / "hall")
    monkeypatch.setenv("DDSP_FX_PATH", str(tmp_path / "place"))
    return Board([load("hall", mix=0.7), pedalboard.Gain(-3)])


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user without an installed plugin."""
    for name in ("HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    return tmp_path / "HOME"


def test_without_the_vst3_the_remedy_is_named(nowhere: Path, hall: Board) -> None:
    with pytest.raises(MissingExtraError, match=r"\.vst3/ddsp-fx\.vst3; install it: ddsp-fx vst install$"):
        hall.as_pedalboard()


def test_without_the_bridge_too(hall: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extensions, "by_name", lambda _: {})
    with pytest.raises(MissingExtraError, match="no installed package offers a 'pedalboard' host"):
        hall.as_pedalboard()


def test_what_has_no_name_cannot_be_told_to_an_engine(nowhere: Path, hall: Board) -> None:
    (nowhere / ".vst3" / "ddsp-fx.vst3").mkdir(parents=True)
    effect = hall[0]
    effect.origin = ""
    with pytest.raises(BoardError, match=r"use ddsp_fx\.load"):
        effect.as_pedalboard()


def test_what_was_installed_elsewhere_is_found(nowhere: Path, tmp_path: Path) -> None:
    made = tmp_path / "made" / "ddsp-fx.vst3"
    made.mkdir(parents=True)
    targets = install.places(tmp_path / "elsewhere", ["vst3"])
    install.install(made.parent, targets)
    assert hosting.vst3_path() == targets[0].path


def test_an_engine_that_cannot_build_it_says_why(
    nowhere: Path, hall: Board, socket_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (nowhere / ".vst3" / "ddsp-fx.vst3").mkdir(parents=True)
    door = LinkDoor(Engine(), socket_file, Library(Path("boards"), ".json"))
    door.start()
    try:
        monkeypatch.delenv("DDSP_FX_PATH")
        with pytest.raises(EngineError, match=r"the engine cannot build this board: .*hall"):
            hall.as_pedalboard()
    finally:
        door.stop()
    assert "DDSP_FX_BOARD" not in os.environ


def test_an_engine_that_does_not_start_has_last_words(socket_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hosting, "engine_words", lambda: [sys.executable, "-c", "print('first'); print('no, never')"])
    with pytest.raises(EngineError, match="the engine does not start: no, never"):
        hosting.ensure_engine(socket_file)


def test_an_engine_that_never_answers_is_not_waited_for_forever(
    socket_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hosting, "engine_words", lambda: [sys.executable, "-c", "import time; time.sleep(5)"])
    monkeypatch.setattr(hosting, "PATIENCE_S", 0.5)
    with pytest.raises(EngineError, match="the engine does not start: it printed nothing"):
        hosting.ensure_engine(socket_file)


# Notes that it was started, takes a moment, answers everybody, and ends when nobody asks any more.
ENGINE = """
import os, socket, time
path = os.environ["DDSP_FX_LINK"]
print("started", file=open(path + ".engines", "a"))
time.sleep(0.3)
listener = socket.socket(socket.AF_UNIX)
listener.bind(path)
listener.listen()
listener.settimeout(1.0)
while True:
    connection, _ = listener.accept()
    with connection:
        connection.recv(65536)
        connection.sendall(b"welcome\\t1\\t0\\t\\npong\\n")
"""


def test_all_that_need_an_engine_at_once_start_one(socket_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hosting, "engine_words", lambda: [sys.executable, "-c", ENGINE])
    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(hosting.ensure_engine, socket_file) for _ in range(8)]:
            done.result()
    assert socket_file.with_name("link.engines").read_text() == "started\n"


def test_who_starts_an_engine_for_too_long_is_named(socket_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hosting, "PATIENCE_S", 0.2)
    with socket_file.with_name("link.start").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(EngineError, match=r"another program has been starting the engine at .*link for 0\.2 s"):
            hosting.ensure_engine(socket_file)


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_a_pedalboard_plays_it_sample_for_sample(
    hall: Board, socket_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = missing_packages()
    if missing:
        pytest.skip(f"apt install {' '.join(missing)}")
    monkeypatch.setattr(install, "IDLE_EXIT_S", 15)
    monkeypatch.setenv("HOME", str(socket_file.parent))
    build(source_folder(), lambda _: None)
    plugin = hall.as_pedalboard()
    assert isinstance(plugin, pedalboard.Plugin)
    assert "DDSP_FX_BOARD" not in os.environ
    audio = tone(1.0, RATE, channels=2)
    for size in (64, 512, 8192):
        assert np.abs(plugin(audio, RATE, buffer_size=size) - hall(audio, RATE)).max() < 1e-6
    chain = pedalboard.Pedalboard([pedalboard.Gain(-6), plugin])
    assert np.abs(chain(audio, RATE) - hall(pedalboard.Gain(-6)(audio, RATE), RATE)).max() < 1e-6
    plugin.hall_mix = hall[0].mix = 0.25
    assert np.abs(plugin(audio, RATE) - hall(audio, RATE)).max() < 1e-6
    single = hall[0].as_pedalboard()
    assert np.abs(single(audio, RATE) - hall[0](audio, RATE)).max() < 1e-6
    # In a board, alone and next to a dry branch: its latency is compensated.
    heard = hall[0](audio, RATE)
    for size in (300, 8192):
        assert (
            np.abs(
                Board([pedalboard.Mix([single, pedalboard.Gain(-6)])])(audio, RATE, buffer_size=size)
                - (heard + pedalboard.Gain(-6)(audio, RATE))
            ).max()
            < 1e-6
        )
        assert np.abs(Board([single])(audio, RATE, buffer_size=size) - heard).max() < 1e-6
