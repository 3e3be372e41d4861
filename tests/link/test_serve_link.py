# SPDX-License-Identifier: GPL-3.0-or-later
"""`ddsp-fx serve --link` from start to stop."""

import argparse
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from support import tone

from ddsp_fx import Board, load
from ddsp_fx.errors import EngineError
from ddsp_fx_bridge.cli import serve
from ddsp_fx_bridge.cli.session import ServeRun
from ddsp_fx_bridge.link.segment import Header
from ddsp_fx_bridge.osc.packets import encode

from .conftest import RATE
from .fake_plugin import FakePlugin, wait_until
from .test_streaming import slots


def session(*words: str) -> ServeRun:
    parser = argparse.ArgumentParser()
    serve.add_arguments(parser)
    return ServeRun(parser.parse_args([*words, "--quiet"]))


@contextmanager
def running(*words: str) -> Iterator[ServeRun]:
    run = session(*words)
    thread = threading.Thread(target=run.run)
    thread.start()
    try:
        wait_until(lambda: run.server is not None or not thread.is_alive())
        yield run
    finally:
        run.stop()
        thread.join()


def test_a_plugin_an_osc_fader_and_the_panel_share_a_track(socket_file: Path, header: Header) -> None:
    with running("--link", "--link-socket", str(socket_file)) as run:
        assert run.server is not None
        plugin = FakePlugin(socket_file)
        assert plugin.hello()[3] == run.server.url
        plugin.answers()
        plugin.set_board(Board([load("hall")]).to_json())
        at = slots(plugin.attach(header))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as fader:
            port = ("127.0.0.1", run.server.osc_port)
            fader.sendto(encode("/track/1/hall/mix", [0.75]), port)
            assert plugin.until("values")[-1] == ["values", str(at["hall.mix"]), "0.75"]
            audio = tone(0.1, RATE, channels=2)
            expected = Board([load("hall", mix=0.75)]).render(audio, RATE, tail=False)
            assert np.abs(plugin.bounce(audio, [480]) - expected).max() < 1e-6
            plugin.bounce(audio, [480], [(7, at["hall.mix"], 0.5)])
            wait_until(lambda: run.server.engine.track(1).values["hall", "mix"] == 0.5)
        plugin.close()
        wait_until(lambda: not run.server.engine.tracks)


def test_plugins_may_come_and_go_while_everybody_is_told(
    socket_file: Path, header: Header, caplog: pytest.LogCaptureFixture
) -> None:
    text = Board([load("hall"), load("hall"), load("hall")]).to_json()

    def come_and_go() -> None:
        for _ in range(8):
            plugin = FakePlugin(socket_file)
            plugin.hello()
            plugin.set_board(text)
            plugin.attach(header)
            plugin.set_board("")
            plugin.close()

    with running("--link", "--link-socket", str(socket_file)) as run:
        assert run.server is not None
        threads = [threading.Thread(target=come_and_go) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        wait_until(lambda: not run.server.engine.tracks)
    assert [record.getMessage() for record in caplog.records if record.name == "asyncio"] == []


def test_other_ports_when_the_usual_are_taken(socket_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        monkeypatch.setattr("ddsp_fx_bridge.cli.session.OSC_PORT", taken.getsockname()[1])
        with running("--link", "--link-socket", str(socket_file)) as run:
            assert run.server is not None
            assert run.server.osc_port not in (0, taken.getsockname()[1])


def test_it_stops_by_itself_when_no_plugin_is_there(socket_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert session("--link", "--link-socket", str(socket_file), "--idle-exit", "0.01").run() == 0
    assert f"audio: plugins in DAWs, at {socket_file}\n" in capsys.readouterr().out
    assert not socket_file.exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--link", "--clock"], "leave out --device, --clock"),
        (["--link", "Gain"], "leave out chains"),
        (["--idle-exit", "1"], "--idle-exit needs --link"),
        (["--link-socket", "x"], "--link-socket needs --link"),
    ],
)
def test_what_excludes_each_other(words: list[str], message: str) -> None:
    with pytest.raises(EngineError, match=message):
        session(*words).run()


def test_the_second_engine_says_so(door: object, socket_file: Path) -> None:
    with pytest.raises(EngineError, match="plugins use that one"):
        session("--link", "--link-socket", str(socket_file)).run()
