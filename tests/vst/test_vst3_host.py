# SPDX-License-Identifier: GPL-3.0-or-later
"""What VST3 hosts may ask and pedalboard does not: the tail, and latency and tail again at every rate."""

import json
import subprocess
from pathlib import Path

import pytest

from ddsp_fx.board.text import parse_board
from vst.conftest import EngineProcess, link_latency

BLOCK, RATES = 512, (48000, 96000, 44100)

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("chain", ["violin", "violin-room | violin-dry"])
def test_latency_and_tail_are_the_board_s_at_every_rate(
    chain: str, vst3: Path, engine_process: EngineProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine_process.start()
    monkeypatch.setenv("DDSP_FX_BOARD", chain)
    program, library = vst3.parents[1] / "tests" / "vst3_host", next(vst3.rglob("*.so"))
    words = [str(program), str(library), str(BLOCK), *map(str, RATES)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stderr
    for told, rate in zip(json.loads(done.stdout), RATES, strict=True):
        board = parse_board(chain)
        board.prepare(rate, BLOCK, 2)
        # The link adds a block and some ms. Hosts count the tail from the last input, so it includes the latency.
        late = link_latency(BLOCK, rate) + board.latency_samples
        want = {"rate": rate, "latency": late, "tail": late + board.tail_samples}
        assert told == want
