# SPDX-License-Identifier: GPL-3.0-or-later
"""DawDreamer, a JUCE host, with automation at audio rate. In a separate process, because it crashes with TensorFlow."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from support import tone

from ddsp_fx import Automation
from ddsp_fx.board.text import parse_board
from vst.conftest import EngineProcess, link_latency

RATE, BLOCK = 48000, 512
CHAIN = "violin-room:mix=0.4"
HOST = """
import sys
import dawdreamer
import numpy as np
plugin_path, folder = sys.argv[1:]
audio = np.load(folder + "/in.npy")
engine = dawdreamer.RenderEngine(48000, 512)
player = engine.make_playback_processor("voice", audio)
plugin = engine.make_plugin_processor("ddsp-fx", plugin_path)
index = {entry["name"]: entry["index"] for entry in plugin.get_parameters_description()}["violin-room: Mix"]
plugin.set_automation(index, np.minimum(np.arange(96000) / 48000, 1.0).astype(np.float32))
engine.load_graph([(player, []), (plugin, ["voice"])])
engine.render(2.0)
np.save(folder + "/out.npy", np.asarray(engine.get_audio()))
"""

pytestmark = pytest.mark.slow


@pytest.mark.skipif(importlib.util.find_spec("dawdreamer") is None, reason="not installed: pip install dawdreamer")
def test_automation_is_that_of_python(vst3: Path, engine_process: EngineProcess, tmp_path: Path) -> None:
    engine_process.start()
    audio = 0.5 * tone(2.0, RATE, 330.0, channels=2)
    np.save(tmp_path / "in.npy", audio)
    words = [sys.executable, "-c", HOST, str(vst3), str(tmp_path)]
    environment = {**os.environ, "DDSP_FX_BOARD": CHAIN}
    done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    got = np.load(tmp_path / "out.npy")
    late = link_latency(BLOCK, RATE)
    curve = Automation({"violin-room.mix": [(0.0, 0.0), (1.0, 1.0)]})
    want = parse_board(CHAIN).render(audio, RATE, automation=curve)
    length = 2 * RATE - late
    # It passes values on once a block: half a block of the ramp, plus the smoothing of 20 ms.
    assert np.abs(got[:, late : late + length] - want[:, :length]).max() <= 0.02
    still = slice(round(1.2 * RATE), length)
    assert np.abs(got[:, late:][:, still] - want[:, still]).max() <= 1e-6
