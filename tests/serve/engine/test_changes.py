# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes are exact and atomic, and nobody waits for them."""

import math

import numpy as np
import pedalboard
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ddsp_fx import Board
from ddsp_fx.errors import EngineError, ParameterError
from ddsp_fx_bridge.engine import Change, Changed, Engine, Event, Layout, TracksChanged
from serve.engine.blocks import BLOCK, RATE, MakeBoard, first_difference, mix, noise, run


def test_a_change_acts_at_its_sample(engine: Engine, make_board: MakeBoard) -> None:
    audio = noise(4000)
    plain = run(engine, audio)
    for sample in (0, 1, 255, 256, 1000):
        again = Engine(Layout(RATE, BLOCK, 2))
        again.add_track(make_board())
        again.change([mix(0.9)], sample=sample)
        # At sample 0 nothing has sounded yet, so there is no ramp and the first sample has the new value.
        assert first_difference(run(again, audio), plain) == sample


def test_a_change_without_a_time_acts_at_the_next_block(engine: Engine, make_board: MakeBoard) -> None:
    audio = noise(4000)
    plain = run(engine, audio)
    again = Engine(Layout(RATE, BLOCK, 2))
    again.add_track(make_board())
    changed = run(again, audio, lambda position: again.change([mix(0.9)]) if position == 512 else None)
    assert first_difference(changed, plain) == 512


@given(offset_s=st.floats(0.3, 30.0))
@example(offset_s=2.8213308516186135)
def test_a_time_becomes_its_sample(offset_s: float) -> None:
    engine = Engine(Layout(RATE, BLOCK, 2))
    track = engine.add_track(Board())
    engine.now = lambda: now
    now, start_s = 1000.0, 1000.0
    seen: list[int] = []
    track._schedule = lambda sample, start, key, value: seen.append(sample)  # type: ignore[method-assign]
    engine.process(np.zeros((2, BLOCK), np.float32), start_s)
    engine.change([Change(1, "", "mix", 0.5)], at_s=start_s + offset_s)
    assert track.values["", "mix"] == 1.0
    while not seen:
        time_s = start_s + engine.position / RATE
        now = time_s + BLOCK / RATE
        engine.tick()
        engine.process(np.zeros((2, BLOCK), np.float32), time_s)
        # The nearest sample may be the first of a block that begins up to half a sample later.
        assert time_s <= start_s + offset_s + 0.5 / RATE
    assert len(seen) == 1
    assert abs(seen[0] - offset_s * RATE) <= 1.0
    now = start_s + offset_s
    engine.tick()
    assert track.values["", "mix"] == 0.5
    assert engine.waiting == 0


def test_all_or_none(engine: Engine) -> None:
    before = dict(engine.track(1).values)
    for bad in (
        mix(2.0),
        Change(1, "hall", "absent", 1),
        Change(1, "absent", "mix", 1),
        Change(9, "hall", "mix", 1),
        mix(math.nan),
    ):
        with pytest.raises((ParameterError, EngineError)):
            engine.change([mix(0.9), Change(1, "Gain", "gain_db", -6.0), bad])
        assert engine.track(1).values == before
    audio = noise(1000)
    changed = run(engine, audio)
    again = Engine(Layout(RATE, BLOCK, 2))
    again.add_track(Board.from_json(engine.track(1).board_json()))
    assert np.array_equal(changed, run(again, audio))


def test_a_built_in_plugin_refuses_before_the_audio_hears_of_it(engine: Engine, make_board: MakeBoard) -> None:
    track = engine.add_track(Board([pedalboard.Compressor()]))
    with pytest.raises(ParameterError, match=r"Compressor\.ratio"):
        engine.change([Change(track.number, "Compressor", "ratio", 0.5)])
    with pytest.raises(ParameterError, match="out of range"):
        engine.change([Change(track.number, "Compressor", "ratio", math.inf)])
    with pytest.raises(ParameterError, match="expected a number"):
        engine.change([Change(track.number, "Compressor", "ratio", "loud")])
    engine.change([Change(track.number, "Compressor", "ratio", 3.0)])
    engine.process(noise(BLOCK))
    assert track.board[0].ratio == 3.0


def test_several_tracks_change_in_one_block(engine: Engine, make_board: MakeBoard) -> None:
    second = engine.add_track(make_board())
    engine.change([mix(0.9), mix(0.9, track=2)])
    engine.process(noise(BLOCK))
    assert engine.track(1).board[0].mix == second.board[0].mix == 0.9


def test_listeners_hear_what_changed_and_by_whom(engine: Engine, make_board: MakeBoard) -> None:
    events: list[Event] = []
    end = engine.listen(events.append)
    engine.change([mix(0.9)], source="phone")
    engine.change([mix(0.9)], source="desk")
    engine.add_track(make_board())
    end()
    engine.change([mix(0.1)])
    assert events == [Changed(mix(0.9), "phone"), TracksChanged(2)]
