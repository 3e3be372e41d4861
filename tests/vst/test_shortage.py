# SPDX-License-Identifier: GPL-3.0-or-later
"""A system that lacks memory for the link for a while: what the plugin reports, and how it recovers."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from support import tone

from ddsp_fx.board.text import parse_board
from vst.conftest import EngineProcess

RATE = 48000
# To the system, the link's memory is a file: one of any length is refused. Saving at the end needs the limit lifted.
HOST = """
import resource, sys
import numpy as np
from pedalboard import load_plugin

def allow(length):
    resource.setrlimit(resource.RLIMIT_FSIZE, (length, resource.RLIM_INFINITY))

path, folder = sys.argv[1:]
voice = np.load(folder + "/voice.npy")
allow(0)
plugin = load_plugin(path)
dry = plugin.process(voice, 48000, buffer_size=512)
print(plugin.engine, plugin.reported_latency_samples)
plugin.mix = 0.25
plugin.process(voice, 48000, buffer_size=512)
allow(resource.RLIM_INFINITY)
wet = plugin.process(voice, 48000, buffer_size=1024)
print(plugin.engine)
np.savez(folder + "/heard.npz", dry=dry, wet=wet)
"""

pytestmark = pytest.mark.slow


def test_what_is_moved_without_memory_is_heard_with_it(
    vst3: Path, engine_process: EngineProcess, tmp_path: Path
) -> None:
    engine_process.start()
    voice = np.asarray(0.5 * tone(1.0, RATE, 330.0, channels=2), np.float32)
    np.save(tmp_path / "voice.npy", voice)
    environment = {**os.environ, "DDSP_FX_BOARD": "violin-room"}
    words = [sys.executable, "-c", HOST, str(vst3), str(tmp_path)]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    without, later = done.stdout.splitlines()
    assert without.startswith("the input passes unchanged: the system has no memory")
    # The latency that the host is told.
    assert without.endswith(" 0")
    assert later.startswith("ready; panel at")
    heard = np.load(tmp_path / "heard.npz")
    assert np.array_equal(heard["dry"], voice)
    board = parse_board("violin-room")
    board.mix = 0.25
    assert np.abs(heard["wet"] - board(voice, RATE)).max() <= 1e-6
