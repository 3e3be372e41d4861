# SPDX-License-Identifier: GPL-3.0-or-later
"""The board: a list, a chain, a text, a JSON file. Signal tests are in effects/test_contract."""

import json
from pathlib import Path

import numpy as np
import pedalboard
import pytest
from support import decaying_noise, tone, write_bundle

from ddsp_fx import Board, load
from ddsp_fx.board.text import parse_board
from ddsp_fx.effects.learned_reverb import LearnedReverb
from ddsp_fx.errors import (
    BoardError,
    BundleError,
    ParameterError,
    UnknownEffectError,
    UnknownParameterError,
)

RATE = 48000
NATIVE = [
    pedalboard.Compressor(-20, 4),
    pedalboard.Reverb(room_size=0.3),
    pedalboard.Delay(0.05, 0.3, 0.4),
    pedalboard.HighpassFilter(100),
]


def _reverb(**values: float) -> LearnedReverb:
    return LearnedReverb.from_response(decaying_noise(0.2, 0.2, RATE), RATE, **values)


def test_it_is_a_list() -> None:
    gain, reverb = pedalboard.Gain(-3), _reverb()
    board = Board([gain])
    board.append(reverb)
    board.insert(0, pedalboard.Invert())
    assert len(board) == 3
    assert board[1] is gain
    assert board[-1] is reverb
    assert isinstance(board[:2], Board)
    del board[0]
    board[0] = pedalboard.Gain(1)
    assert board.slot_names() == ["Gain", "learned_reverb" if reverb.name == "learned_reverb" else reverb.name]
    with pytest.raises(BoardError, match="neither an Effect nor a pedalboard plugin"):
        board.append("violin")


def test_native_plugins_sound_as_in_a_pedalboard() -> None:
    audio = tone(0.5, RATE, channels=2)
    expected = pedalboard.Pedalboard(NATIVE)(audio, RATE, buffer_size=8192)
    assert np.abs(Board(NATIVE)(audio, RATE) - expected).max() <= 1e-6


def test_a_native_chorus_starts_at_one_phase_whatever_the_block_size() -> None:
    audio = tone(0.5, RATE, channels=2)
    board = Board([pedalboard.Chorus(), pedalboard.Phaser()])
    expected = board(audio, RATE, buffer_size=8192)
    for size in (64, 1000, 20000):
        assert np.abs(board(audio, RATE, buffer_size=size) - expected).max() <= 1e-6


def test_an_empty_board_passes_audio_through() -> None:
    audio = tone(0.1, RATE)
    assert np.array_equal(Board()(audio, RATE), audio)


def test_the_tail_of_a_native_delay_is_kept() -> None:
    board = Board([pedalboard.Delay(0.5, 0.5, 0.5)])
    out = board.render(tone(0.2, RATE), RATE)
    assert out.shape[1] > 4 * RATE
    assert np.abs(out[:, 9600 + RATE :]).max() > 0.001
    board[0].feedback = 0.0
    assert board.render(tone(0.2, RATE), RATE).shape[1] < RATE


def test_names_count_up() -> None:
    assert Board([pedalboard.Gain(), pedalboard.Gain(), pedalboard.Gain()]).slot_names() == ["Gain", "Gain-2", "Gain-3"]


def test_json_round_trip(tmp_path: Path) -> None:
    effect = load(write_bundle(tmp_path / "hall"), mix=0.7, decay=1.5)
    nested = Board([pedalboard.Gain(-6)], mix=0.5)
    board = Board([effect, pedalboard.Compressor(-18, 3), nested, pedalboard.Chain([pedalboard.Gain(2)])], mix=0.9)
    again = Board.from_json(board.to_json())
    assert again.to_json() == board.to_json()
    audio = tone(0.3, RATE, channels=2)
    assert np.array_equal(again.render(audio, RATE), board.render(audio, RATE))


def test_json_says_what_is_wrong() -> None:
    with pytest.raises(BoardError, match="not JSON"):
        Board.from_json("{")
    with pytest.raises(BoardError, match="not a board"):
        Board.from_json("[]")
    with pytest.raises(BoardError, match="version 9"):
        Board.from_json(json.dumps({"format": "ddsp-fx board", "version": 9, "slots": []}))
    missing = {"type": "effect", "name": "org.example.absent/x", "parameters": {}}
    with pytest.raises(UnknownEffectError, match=r"org\.example\.absent/x"):
        Board.from_json(json.dumps({"format": "ddsp-fx board", "version": 1, "slots": [missing]}))
    with pytest.raises(BoardError, match="malformed"):
        Board.from_json(json.dumps({"format": "ddsp-fx board", "version": 1, "slots": [{}]}))
    with pytest.raises(BoardError, match="made in code"):
        Board([_reverb()]).to_json()


def test_chain_text() -> None:
    board = parse_board("Compressor:ratio=4,threshold_db=-20 | Gain: gain_db=-3dB | Reverb")
    assert [type(p).__name__ for p in board] == ["Compressor", "Gain", "Reverb"]
    assert board[0].ratio == 4.0
    assert board[1].gain_db == -3.0


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("", BoardError, "empty part"),
        ("Gain | | Gain", BoardError, "empty part"),
        ("compressor", UnknownEffectError, "did you mean 'Compressor'"),
        ("Compresor", UnknownEffectError, "did you mean 'Compressor'"),
        ("Compressor:ration=4", UnknownParameterError, "no parameter 'ration'; did you mean 'ratio'"),
        ("Compressor:ratio=0.5", ParameterError, "refused"),
        ("Gain:gain_db", UnknownEffectError, "'gain_db' has no value; write Gain:parameter=value"),
        ("Gain:gain_db=loud", ParameterError, "Gain.gain_db = 'loud' is not a number$"),
        ("Gain:gain_db=1,2", BoardError, "'2' is not parameter=value"),
        ("Gain:gain_db=1,gain_db=2", BoardError, "given twice"),
        ("absent.json", BoardError, "cannot be read"),
        ("absent.vst3", BoardError, "absent.vst3: cannot be loaded"),
    ],
)
def test_chain_text_mistakes(text: str, error: type[Exception], message: str) -> None:
    with pytest.raises((error, UnknownEffectError), match=message):
        parse_board(text)


def test_parameters_in_text_are_the_effects_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_bundle(tmp_path / "place" / "hall")
    monkeypatch.setenv("DDSP_FX_PATH", str(tmp_path / "place"))
    board = parse_board("hall:preset=far,mix=0.4,pre_delay=12 ms")
    assert (board[0].mix, board[0].pre_delay) == (0.4, 12.0)
    with pytest.raises(ParameterError, match="mix = 4 is out of range; the range is 0 to 1"):
        parse_board("hall:mix=4")
    with pytest.raises(UnknownParameterError, match="did you mean 'pre_delay'"):
        parse_board("hall:predelay=4")
    with pytest.raises(BundleError, match="no preset"):
        parse_board("hall:preset=near")
