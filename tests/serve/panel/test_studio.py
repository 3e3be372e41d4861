# SPDX-License-Identifier: GPL-3.0-or-later
"""Boards, takes, files, pitch and spectrum in the panel."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pedalboard.io import AudioFile
from support import tone

from ddsp_fx import Board
from ddsp_fx.array_types import Audio
from ddsp_fx.effects import Effect
from ddsp_fx_bridge.engine import Engine
from ddsp_fx_bridge.server import Server
from serve.panel.controls import Wait, control, send, text

pytestmark = pytest.mark.slow


def test_boards_are_saved_and_loaded_by_name(panel: Any, engine: Engine, server: Server, eventually: Wait) -> None:
    panel.find_element("xpath", "//button[text()='Save…']").click()
    question = panel.switch_to.alert
    question.send_keys("tonight")
    question.accept()
    eventually(lambda: server.studio.boards.names() == ["tonight"])
    send(server, "/track/1/hall/mix", 0.9)
    eventually(lambda: engine.track(1).values["hall", "mix"] == pytest.approx(0.9))
    generation = engine.track(1).generation
    send(server, "/track/1/board/load", "tonight")
    eventually(lambda: engine.track(1).generation > generation)
    # The page is rebuilt for the new board.
    eventually(lambda: text(panel, "Mix") == "0.25")


def test_a_take_is_recorded_and_played(panel: Any, engine: Engine, server: Server, eventually: Wait) -> None:
    from selenium.webdriver.common.keys import Keys

    record = panel.find_element("css selector", ".record")
    record.click()
    question = panel.switch_to.alert
    question.send_keys("first")
    question.accept()
    eventually(lambda: record.text == "Stop")
    control(panel, "Mix").send_keys(Keys.END)
    eventually(lambda: engine.track(1).values["hall", "mix"] == 1)
    record.click()
    eventually(lambda: record.text == "Record…")
    assert server.studio.takes.names() == ["first"]
    send(server, "/track/1/hall/mix", 0.5)
    eventually(lambda: text(panel, "Mix") == "0.5")
    play = panel.find_element("xpath", "//button[text()='Play']")
    eventually(play.is_enabled)
    play.click()
    eventually(lambda: text(panel, "Mix") == "1")
    assert engine.track(1).values["hall", "mix"] == 1


def test_a_file_is_rendered_and_handed_back(
    panel: Any, board: Board, tmp_path: Path, eventually: Wait, engine: Engine
) -> None:
    audio = tone(0.5, 44100)
    with AudioFile(str(tmp_path / "in.wav"), "w", 44100, 1, bit_depth=32) as file:
        file.write(audio)
    keep = "const make = URL.createObjectURL; URL.createObjectURL = (b) => { window.handed = b; return make(b); };"
    panel.execute_script(keep)
    panel.find_element("css selector", "input[type=file]").send_keys(str(tmp_path / "in.wav"))
    eventually(lambda: panel.find_elements("css selector", ".renders .done a[download]"))
    read = "window.handed.arrayBuffer().then((b) => arguments[0](Array.from(new Uint8Array(b))))"
    (tmp_path / "out.wav").write_bytes(bytes(panel.execute_async_script(read)))
    with AudioFile(str(tmp_path / "out.wav")) as file:
        out = file.read(file.frames)
    expected = Board.from_json(engine.track(1).board_json()).render(audio, 44100)
    assert out.shape == expected.shape
    assert np.abs(out - expected).max() < 1e-6
    (tmp_path / "none.wav").write_bytes(b"no sound")
    panel.find_element("css selector", "input[type=file]").send_keys(str(tmp_path / "none.wav"))
    eventually(lambda: panel.find_elements("css selector", ".renders .failed"))


def test_pitch_spectrum_and_latency_are_shown(panel: Any, engine: Engine, eventually: Wait) -> None:
    # `support.tone` is at 220 Hz.
    eventually(lambda: panel.find_element("css selector", ".pitch").text.startswith("220"))
    eventually(lambda: "A3" in panel.find_element("css selector", ".pitch").text)
    drawn = """const c = document.querySelector('.spectrogram-canvas');
    const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
    return new Set(Array.from({length: d.length / 4}, (_, i) => d[4 * i])).size;"""
    eventually(lambda: panel.execute_script(drawn) > 30)
    eventually(lambda: panel.find_element("css selector", ".fact").text == "Latency 0.0 ms (0 samples)")
    engine.track(1).link_latency_samples = 480
    shown = f"Latency 0.0 ms (0 samples), and {480e3 / engine.track(1).sample_rate:.1f} ms of the link to its plugin"
    eventually(lambda: panel.find_element("css selector", ".fact").text == shown)


class Blown(Effect):
    """Raises in every block, until it is repaired."""

    kind = "blown"
    mended = False

    def _process(self, block: Audio) -> Audio:
        if not type(self).mended:
            raise RuntimeError("a valve has blown")
        return block


def test_what_has_failed_is_shown_and_tried_again(
    panel: Any, engine: Engine, eventually: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.replace_board(1, Board([Blown()]))
    news = lambda: "".join(e.text for e in panel.find_elements("css selector", ".news"))  # noqa: E731
    eventually(lambda: "blown is bypassed: RuntimeError: a valve has blown" in news())
    monkeypatch.setattr(Blown, "mended", True)
    panel.find_element("xpath", "//button[text()='Try again']").click()
    eventually(lambda: news() == "")
    assert not panel.find_element("css selector", ".again").is_displayed()
