# SPDX-License-Identifier: GPL-3.0-or-later
"""A saved board sounds the same when it is opened again, or saving reports what it cannot keep."""

import json
from typing import Any

import numpy as np
import pedalboard
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from native_examples import UNSTREAMABLE, VALUES, Maker, makers, racks
from support import tone

from ddsp_fx import Board
from ddsp_fx.board.native import native_symbols
from ddsp_fx.board.text import parse_board
from ddsp_fx.errors import BoardError, ParameterError

RATE = 48000
SAVED = [name for name in VALUES if name not in UNSTREAMABLE]


def _same_sound(one: Board, two: Board) -> bool:
    audio = tone(0.1, RATE, channels=2) * 2.0
    return np.array_equal(one(audio, RATE), two(audio, RATE))


@pytest.mark.parametrize("name", SAVED)
def test_every_class_and_property_comes_back(name: str) -> None:
    @settings(max_examples=5)
    @given(makers([name]))
    def check(maker: Maker) -> None:
        board = Board([maker()])
        again = Board.from_json(board.to_json())
        # A response that came from a file is stored in the board itself.
        for symbol in native_symbols(board[0]):
            assert getattr(again[0], symbol) == getattr(board[0], symbol), symbol
        assert _same_sound(board, again)

    check()


@settings(max_examples=15)
@given(racks([n for n in SAVED if n != "MP3Compressor"]), st.floats(0, 1), st.booleans())
def test_racks_inside_boards_come_back(maker: Maker, mix: float, bypass: bool) -> None:
    inner = Board([maker(), pedalboard.Gain(-3)], mix=mix)
    board = Board([pedalboard.Invert(), inner], bypass=bypass)
    again = Board.from_json(board.to_json())
    assert again.to_json() == board.to_json()
    assert _same_sound(board, again)


class Mine(pedalboard.Chain):  # type: ignore[misc]
    """A class that a file cannot describe."""


@pytest.mark.parametrize(
    ("plugin", "message"),
    [
        (lambda: Mine([pedalboard.Gain()]), "slot 'Mine': Mine is your own class"),
        (lambda: type("Louder", (pedalboard.Gain,), {})(6), "Louder is your own class"),
    ],
)
def test_what_cannot_be_kept_is_named(plugin: Any, message: str) -> None:
    with pytest.raises(BoardError, match=message):
        Board([plugin()]).to_json()


@pytest.mark.parametrize(
    "slot",
    [
        {"type": "pedalboard", "name": "PitchShift", "parameters": {"semitones": 3.0}},
        {"type": "pedalboard", "name": "VST3Plugin", "parameters": {"path_to_plugin_file": "/tmp/x.vst3"}},
        {"type": "pedalboard", "name": "Plugin", "parameters": {}},
        {"type": "pedalboard", "name": "Pedalboard", "parameters": {}},
        {"type": "pedalboard", "name": "_pedalboard", "parameters": {}},
        {"type": "pedalboard", "name": "LadderFilter", "parameters": {"mode": "LPF13"}},
        {"type": "container", "name": "Gain", "slots": []},
        {"type": "container", "name": "Mix", "slots": [{"type": "effect", "name": "violin", "parameters": {}}]},
        {"type": "container", "name": "Mix", "slots": [7]},
        {"type": "board", "board": {"format": "ddsp-fx board", "version": 1}},
        "Gain",
        None,
    ],
)
def test_a_bad_slot_is_one_error_of_ours(slot: Any) -> None:
    with pytest.raises((BoardError, ParameterError)):
        Board.from_json(json.dumps({"format": "ddsp-fx board", "version": 1, "slots": [slot]}))


def test_choices_are_set_and_checked_by_name() -> None:
    board = parse_board("LadderFilter:mode=HPF24,cutoff_hz=500 | Resample:quality=Linear")
    assert board[0].mode == pedalboard.LadderFilter.Mode.HPF24
    assert board[1].quality == pedalboard.Resample.Quality.Linear
    with pytest.raises(ParameterError, match=r"LadderFilter\.mode = 'HPF25' was refused: it is one of LPF12, .*HPF24"):
        board.set_slot_value(0, "mode", "HPF25")
    board.check_slot_value(0, "mode", "BPF12")
    assert board[0].mode == pedalboard.LadderFilter.Mode.HPF24
