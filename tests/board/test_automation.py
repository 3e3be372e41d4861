# SPDX-License-Identifier: GPL-3.0-or-later
"""Automation is exact and independent of block sizes; files of it are read, or refused with the line."""

import json
from pathlib import Path

import numpy as np
import pedalboard
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import decaying_noise, tone

from ddsp_fx import Automation, Board, Breakpoints, Constant, Sampled, read_automation
from ddsp_fx.effects.learned_reverb import LearnedReverb
from ddsp_fx.errors import (
    AutomationError,
    BoardError,
    ParameterError,
    UnknownParameterError,
)

RATE = 48000


def _reverb(**values: float) -> LearnedReverb:
    return LearnedReverb.from_response(decaying_noise(0.2, 0.2, RATE), RATE, **values)


def test_a_jump_lands_on_its_sample() -> None:
    board = Board([pedalboard.Gain(0)])
    audio = np.ones((1, RATE), np.float32)
    curve = Breakpoints([(0.0, 0.0), (0.25, -100.0)], "step")
    out = board.render(audio, RATE, automation=Automation({"Gain.gain_db": curve}))
    # JUCE ramps its own gain, so the change only begins at 0.25 s.
    assert np.all(out[0, : RATE // 4] == 1.0)
    assert out[0, RATE // 4 + 1] < 1.0


def test_automation_lands_on_the_sound_behind_latency() -> None:
    board = Board([pedalboard.Resample(16000), pedalboard.Gain(0)])
    curve = Breakpoints([(0.0, 0.0), (0.5, -100.0)], "step")
    audio = np.ones((1, RATE), np.float32)
    out = board.render(audio, RATE, automation=Automation({"1.gain_db": curve}))
    change = int(np.flatnonzero(np.diff(out[0, 1000:]) < -1e-3)[0]) + 1001
    assert abs(change - RATE // 2) <= 2


@given(st.lists(st.integers(1, 5000), min_size=1, max_size=4))
def test_an_automated_render_does_not_depend_on_the_block_size(sizes: list[int]) -> None:
    audio = tone(0.3, RATE, channels=2)
    curves = Automation(
        {"1.mix": [(0, 0), (0.3, 1)], "0.gain_db": [(0.1, 0), (0.1, -6)], "1.decay": [(0, 1), (0.2, 0.5)]}
    )
    outs = [
        Board([pedalboard.Gain(0), _reverb()]).render(audio, RATE, buffer_size=size, automation=curves)
        for size in (8192, *sizes)
    ]
    for out in outs[1:]:
        n = min(out.shape[1], outs[0].shape[1])
        assert np.abs(out[:, :n] - outs[0][:, :n]).max() <= 1e-6


def test_the_same_automation_renders_bit_identically() -> None:
    audio = tone(0.3, RATE)
    automation = Automation({"0.tone": [(0, -6), (0.3, 6)], "0.mix": Sampled(np.linspace(0, 1, 30), 100)})
    one, two = (Board([_reverb()]).render(audio, RATE, automation=automation) for _ in range(2))
    assert np.array_equal(one, two)


def test_constants_and_arrays() -> None:
    board = Board([_reverb(mix=0.1)])
    audio = tone(0.2, RATE)
    by_value = board.render(audio, RATE, automation=Automation({"0.mix": 0.8}))
    by_constant = board.render(audio, RATE, automation=Automation({"0.mix": Constant(0.8)}))
    assert np.array_equal(by_value, by_constant)
    assert np.array_equal(by_value, Board([_reverb(mix=0.8)]).render(audio, RATE))


@pytest.mark.parametrize(
    ("curves", "error", "message"),
    [
        ({".mix": 1}, AutomationError, "is not slot.parameter"),
        ({"volume": 1}, UnknownParameterError, "board has no parameter 'volume'"),
        ({"0.mix": 1, "response.mix": 0}, AutomationError, "is moved by another curve too"),
        ({"9.mix": 1}, BoardError, "no slot '9'"),
        ({"0.mixx": 1}, UnknownParameterError, "did you mean 'mix'"),
        ({"0.mix": [(0, 0), (1, 7)]}, ParameterError, "0 to 1"),
        ({"0.mix": [(1, 0), (0, 1)]}, AutomationError, "comes after a later one"),
        ({"0.mix": []}, AutomationError, "empty"),
        ({"0.mix": [(-1, 0)]}, AutomationError, ">= 0"),
        ({"0.mix": object()}, AutomationError, "neither a value"),
    ],
)
def test_automation_mistakes(curves: dict[str, object], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        Board([_reverb()]).render(tone(0.1, RATE), RATE, automation=Automation(curves))


def test_csv_and_take_files(tmp_path: Path) -> None:
    csv_file, take = tmp_path / "a.csv", tmp_path / "a.jsonl"
    csv_file.write_text("time_s,0.mix\n0,0\n0.1,1\n")
    lines = [
        {"time_s": 0, "target": "0.mix", "value": 0},
        {"sample": 4800, "rate": 48000, "target": "0.mix", "value": 1},
    ]
    take.write_text("\n".join(map(json.dumps, lines)))
    audio = tone(0.2, RATE)
    board = Board([_reverb()])
    ramp = board.render(audio, RATE, automation=read_automation(csv_file))
    assert np.array_equal(ramp, board.render(audio, RATE, automation=Automation({"0.mix": [(0, 0), (0.1, 1)]})))
    jump = board.render(audio, RATE, automation=read_automation(take))
    steps = Automation({"0.mix": Breakpoints([(0, 0), (0.1, 1)], "step")})
    assert np.array_equal(jump, board.render(audio, RATE, automation=steps))


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.csv", "t,x\n", "first line must be time_s"),
        ("a.csv", "time_s,0.mix\nsoon,1\n", "line 2: time 'soon'"),
        ("a.csv", "time_s,0.mix\n0,\n", "has no values"),
        ("a.jsonl", "{", "line 1"),
        ("a.jsonl", "", "empty"),
        ("a.txt", "", "expected a .csv"),
    ],
)
def test_file_mistakes(name: str, text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(AutomationError, match=message):
        read_automation(path)
