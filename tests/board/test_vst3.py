# SPDX-License-Identifier: GPL-3.0-or-later
"""A real VST3 on the board: a gain of thirty lines, built here with Debian's dpf-source."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from support import DATA, tone

from ddsp_fx import Automation, Board, load_plugin
from ddsp_fx.board.text import parse_board
from ddsp_fx.errors import BoardError, ParameterError, UnknownParameterError

RATE = 48000
DPF = Path("/usr/share/dpf/Makefile.plugins.mk")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (DPF.exists() and shutil.which("g++") and shutil.which("make")),
        reason="needs a C++ compiler and DPF: apt-get install g++ make dpf-source",
    ),
]


@pytest.fixture(scope="module")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("vst3") / "gain"
    shutil.copytree(DATA / "gain_vst3", folder)
    # DPF links with -ffast-math, which would flush denormals in this whole process; hypothesis then refuses to run.
    options = ["HAVE_OPENGL=false", "HAVE_CAIRO=false", "BASE_OPTS=-O2 -fPIC"]
    done = subprocess.run(["make", "-C", str(folder), *options], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return str(folder / "bin" / "testgain.vst3")


def test_it_plays_in_a_chain_at_any_block_size(plugin: str) -> None:
    board = parse_board(f"{plugin}:level=0.5 | Gain:gain_db=6.0206")
    assert board.slot_names() == ["TestGain", "Gain"]
    audio = tone(0.5, RATE, channels=2)
    for size in (64, 1000, 8192, 20000):
        assert np.abs(board(audio, RATE, buffer_size=size) - audio).max() <= 1e-5


def test_it_survives_json(plugin: str) -> None:
    board = Board([load_plugin(plugin)])
    board.set_slot_value(0, "level", 0.25)
    audio = tone(0.2, RATE, channels=2)
    again = Board.from_json(board.to_json(), trust=True)
    assert np.array_equal(again(audio, RATE), board(audio, RATE))
    assert np.abs(again(audio, RATE) - 0.25 * audio).max() <= 1e-6


def test_it_is_automated_by_name(plugin: str) -> None:
    curve = Automation({"TestGain.level": [(0.0, 0.0), (0.5, 1.0)]})
    out = Board([load_plugin(plugin)]).render(np.ones((2, RATE), np.float32), RATE, automation=curve)
    assert out[0, RATE // 4] == pytest.approx(0.5, abs=0.02)
    assert out[0, -1] == pytest.approx(1.0, abs=1e-3)


def test_a_wrong_name_does_not_pass_in_silence(plugin: str) -> None:
    with pytest.raises(UnknownParameterError, match="no parameter 'levl'; did you mean 'level'"):
        parse_board(f"{plugin}:levl=1")
    with pytest.raises(ParameterError, match="refused"):
        parse_board(f"{plugin}:level=5")
    with pytest.raises(BoardError, match="no such file"):
        load_plugin("/nowhere/absent.vst3")
