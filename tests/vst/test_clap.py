# SPDX-License-Identifier: GPL-3.0-or-later
"""The CLAP in a host of a hundred lines: its sound is the Board's, with a change in the middle of a block."""

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
from support import tone

from ddsp_fx import Automation
from ddsp_fx.automation import Events
from ddsp_fx.board.text import parse_board
from vst.conftest import EngineProcess, link_latency

RATE, BLOCK, SAMPLE = 48000, 512, 20011
CHAIN = "violin-room:mix=0.4"

pytestmark = pytest.mark.slow


def test_a_bounce_is_the_render_of_python(
    built: Path, engine_process: EngineProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine_process.start()
    monkeypatch.setenv("DDSP_FX_BOARD", CHAIN)
    monkeypatch.setenv("DDSP_FX_CONNECT_S", "60")
    audio = np.asarray(0.5 * tone(1.0, RATE, 330.0, channels=2), np.float32)
    (tmp_path / "in").write_bytes(audio.tobytes())
    words = ["ddsp-fx.clap", str(BLOCK), "in", "out", "violin-room: Mix", "0.9", str(SAMPLE)]
    words[0] = str(built / "bin" / words[0])
    program = built / "tests" / "clap_host"
    done = subprocess.run([program, *words], cwd=tmp_path, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    got = np.frombuffer((tmp_path / "out").read_bytes(), np.float32).reshape(2, -1)
    board = parse_board(CHAIN)
    want = board.render(audio, RATE, automation=Automation({"violin-room.mix": Events([(SAMPLE / RATE, 0.9)])}))
    late = link_latency(BLOCK, RATE)
    assert told["latency"] == late + board.latency_samples
    assert told["tail"] == late + board.tail_samples
    assert (told["text"], told["back"], told["id"]) == ("0.9", 0.9, "org.ddsp-fx.plugin")
    assert np.abs(got[:, late:] - want[:, : RATE - late]).max() <= 1e-6
