# SPDX-License-Identifier: GPL-3.0-or-later
"""The repr of boards and effects recreates them."""

from pathlib import Path
from typing import Any

import numpy as np
import pedalboard
import pytest
from pedalboard.io import AudioFile

import ddsp_fx
from ddsp_fx import Automation, Board, Sampled, load
from ddsp_fx.board.native import native_classes, native_values
from ddsp_fx.effects.adapters import DryWet, FixedBlock, MonoAdapter, Resampled

NAMES: dict[str, Any] = {
    "pedalboard": pedalboard,
    **vars(pedalboard),
    **{name: getattr(ddsp_fx, name) for name in ddsp_fx.__all__},
}


@pytest.mark.parametrize(
    "words",
    [{}, {"mix": 0.25}, {"preset": "vocal"}, {"preset": "tone only", "register": "match"}, {"tracker": "swift"}],
)
def test_an_effects_text_makes_it_again(words: dict[str, Any]) -> None:
    effect = load("violin", **words)
    again = eval(repr(effect), NAMES)
    assert again.values() == effect.values()
    assert (again.origin, again.tracker) == (effect.origin, effect.tracker)


def test_only_what_is_unusual_is_said() -> None:
    assert repr(load("violin")) == "load('org.ddsp-fx.violin/violin')"
    assert repr(load("violin", pitch_shift=12)) == "load('org.ddsp-fx.violin/violin', pitch_shift=12.0)"
    assert repr(Board()) == "Board([])"


@pytest.mark.parametrize("name", sorted(set(native_classes()) - {"Convolution", "PitchShift", "GSMFullRateCompressor"}))
def test_a_native_plugins_text_makes_it_again(name: str) -> None:
    board = Board([native_classes()[name]()])
    again = eval(repr(board), NAMES)
    assert type(again[0]) is type(board[0])
    assert native_values(again[0]) == native_values(board[0])


def test_a_boards_text_makes_it_again() -> None:
    mix = pedalboard.Mix([pedalboard.Gain(-3.0), pedalboard.Chain([pedalboard.Reverb(), pedalboard.Delay()])])
    ours = ddsp_fx.Mix([ddsp_fx.Chain([pedalboard.Gain(3.0)]), load("violin-room")], mix=0.5)
    board = Board([load("violin", mix=0.5), mix, Board([load("violin-room")], mix=0.25), ours], bypass=True)
    again = eval(repr(board), NAMES)
    assert repr(again) == repr(board)
    assert again.to_json() == board.to_json()


def test_an_automations_text_makes_it_again() -> None:
    moves = Automation({"violin.mix": [(0.0, 0.0), (1.0, 1.0)], "mix": 0.5, "violin.room": [(2.0, False)]})
    again = eval(repr(moves), NAMES)
    assert repr(again) == repr(moves)
    board = Board([load("violin")])
    assert list(again.events(board, 48000.0, 48000)) == list(moves.events(board, 48000.0, 48000))


def test_the_text_of_an_adapter_makes_it_again_with_its_effect() -> None:
    room = load("violin-room", decay=0.5)
    wrapped = [
        FixedBlock(room, 256),
        Resampled(room, 32000.0),
        MonoAdapter(room),
        DryWet(FixedBlock(room, 64), mix=0.5),
    ]
    for effect in wrapped:
        again = eval(repr(effect), {**NAMES, **{type(e).__name__: type(e) for e in wrapped}})
        assert type(again) is type(effect)
        assert repr(again) == repr(effect)
        assert again.values() == effect.values()
        again.prepare(48000.0, 512, 2)
        effect.prepare(48000.0, 512, 2)
        assert again.latency_samples == effect.latency_samples


def test_a_sampled_curves_text_makes_it_again() -> None:
    curve = Sampled(np.linspace(-1.0, 0.0, 2000), rate_hz=20)
    again = eval(repr(Automation({"violin.gate": curve})), NAMES)
    assert repr(again) == repr(Automation({"violin.gate": curve}))
    assert eval(repr(curve), NAMES).points(99.0) == curve.points(99.0)


def test_the_text_of_a_convolution_from_a_file_makes_it_again(tmp_path: Path) -> None:
    with AudioFile(str(tmp_path / "room.wav"), "w", 44100, 1) as file:
        file.write(np.float32([[1.0, 0.5, 0.25]]))
    board = Board([pedalboard.Convolution(str(tmp_path / "room.wav"), 0.25)])
    again = eval(repr(board), NAMES)
    assert again.to_json() == board.to_json()


def test_a_notebook_shows_a_table() -> None:
    shown = load("violin", pitch_shift=12)._repr_html_()
    assert shown.count("<tr>") == 1 + len(load("violin").parameters)
    assert "<td>pitch_shift</td><td><b>12 semitones</b></td>" in shown
    assert "<td>mix</td><td>1</td>" in shown
    assert "&#x27;org.ddsp-fx.violin/violin&#x27;" in shown
    assert "<table>" in Board([load("violin")])._repr_html_()
