# SPDX-License-Identifier: GPL-3.0-or-later
"""DawDreamer, a JUCE host, with automation at audio rate."""

from pathlib import Path

import numpy as np
import pytest
from support import tone

from ddsp_fx import Automation
from ddsp_fx.board.text import parse_board
from vst.conftest import EngineProcess

RATE, BLOCK = 48000, 512
CHAIN = "violin-room:mix=0.4"

pytestmark = pytest.mark.slow


def test_automation_is_that_of_python(
    vst3: Path, engine_process: EngineProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    dawdreamer = pytest.importorskip("dawdreamer", reason="pip install dawdreamer")
    engine_process.start()
    monkeypatch.setenv("DDSP_FX_BOARD", CHAIN)
    engine = dawdreamer.RenderEngine(RATE, BLOCK)
    audio = 0.5 * tone(2.0, RATE, 330.0, channels=2)
    player = engine.make_playback_processor("voice", audio)
    plugin = engine.make_plugin_processor("ddsp-fx", str(vst3))
    names = {entry["name"]: entry["index"] for entry in plugin.get_parameters_description()}
    mix = names["violin-room: Mix"]
    ramp = np.minimum(np.arange(2 * RATE) / RATE, 1.0).astype(np.float32)
    plugin.set_automation(mix, ramp)
    engine.load_graph([(player, []), (plugin, ["voice"])])
    engine.render(2.0)
    got = np.asarray(engine.get_audio())
    late = plugin.get_latency_samples() if hasattr(plugin, "get_latency_samples") else BLOCK + 480
    want = parse_board(CHAIN).render(audio, RATE, automation=Automation({"violin-room.mix": [(0.0, 0.0), (1.0, 1.0)]}))
    length = 2 * RATE - late
    # It hands values over once a block: half a block of the ramp, and the smoothing of 20 ms.
    assert np.abs(got[:, late : late + length] - want[:, :length]).max() <= 0.02
    still = slice(round(1.2 * RATE), length)
    assert np.abs(got[:, late:][:, still] - want[:, still]).max() <= 1e-6
