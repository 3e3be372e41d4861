# SPDX-License-Identifier: GPL-3.0-or-later
"""Two recordings side by side: what was done to one is what is found."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import tone

from ddsp_fx.analysis.side_by_side import Overlap, Pitches, null_db, octave_levels_db, offset_samples

RATE = 16000


def _noise(samples: int, seed: int = 0, channels: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(0.0, 0.1, (channels, samples)).astype(np.float32)


@given(shift=st.integers(-3000, 3000), gain_db=st.floats(-40.0, 12.0), sign=st.sampled_from([1, -1]))
def test_offset_gain_and_polarity_are_found(shift: int, gain_db: float, sign: int) -> None:
    sound = _noise(6000)
    changed = sign * 10.0 ** (gain_db / 20.0) * np.roll(np.pad(sound, ((0, 0), (3000, 3000))), shift, axis=1)
    both = Overlap.of(np.pad(sound, ((0, 0), (3000, 3000))), changed.astype(np.float32), RATE)
    assert both.offset == shift
    assert both.gain_db() == pytest.approx(gain_db, abs=1e-3)
    assert both.correlation() == pytest.approx(sign, abs=1e-5)


def test_the_offset_is_that_of_one_correlation_whatever_the_length(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = _noise(5000)[0], np.roll(_noise(5000)[0], 321)
    monkeypatch.setattr("ddsp_fx.analysis.side_by_side._PIECE", 700)
    assert offset_samples(first, second, 1000) == 321
    assert offset_samples(second, first[:2000], 1000) == -321
    assert offset_samples(first, np.zeros_like(first), 1000) == 0


def test_unlike_sounds_are_compared_from_their_start() -> None:
    both = Overlap.of(_noise(8000), _noise(9000, seed=1), RATE)
    assert both.offset is None
    assert both.first.shape == both.second.shape == (1, 8000)


@pytest.mark.parametrize("start", [0, 1, 4000, 7000])
def test_an_excerpt_is_found_in_the_whole(start: int) -> None:
    whole = _noise(8000, channels=6)
    part = whole[:, start : start + 1000]
    assert Overlap.of(whole, part, RATE).offset == -start
    assert Overlap.of(part, whole, RATE).offset == start
    assert np.array_equal(Overlap.of(part, whole, RATE).second, part)


def test_what_never_moves_has_no_correlation_and_no_null_test() -> None:
    both = Overlap.of(np.full((1, 10), 0.5, np.float32), np.full((1, 1), 0.5, np.float32), RATE)
    assert math.isnan(both.correlation())
    assert math.isnan(null_db(both.correlation()))


@pytest.mark.parametrize("ratio", [0.1, 1.0])
def test_the_null_test_is_what_subtraction_leaves(ratio: float) -> None:
    first, other = _noise(20000), _noise(20000, seed=1)
    second = first + ratio * other
    both = Overlap.of(first, second, RATE)
    left = second - (first * second).sum() / (first * first).sum() * first
    expected = 10.0 * math.log10((left**2).sum() / (second**2).sum())
    assert null_db(both.correlation()) == pytest.approx(expected, abs=0.05)


@pytest.mark.parametrize("octave_hz", [125.0, 1000.0, 4000.0])
def test_a_tone_stands_in_its_octave_at_its_level(octave_hz: float) -> None:
    sine = np.sin(2 * np.pi * octave_hz * np.arange(4 * RATE) / RATE)[np.newaxis].astype(np.float32)
    levels = octave_levels_db(np.repeat(sine, 2, axis=0), RATE)
    assert max(levels, key=lambda hz: levels[hz]) == octave_hz
    assert levels[octave_hz] == pytest.approx(10.0 * math.log10(0.5), abs=0.05)
    assert set(levels) == {31.5, 63.0, 125.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0}


def test_the_difference_in_pitch_is_in_cents() -> None:
    low, high = (tone(1.0, RATE, f0_hz)[0] for f0_hz in (220.0, 220.0 * 2 ** (150 / 1200)))
    cents = Pitches.of(low, high, RATE).cents()
    assert np.median(cents) == pytest.approx(150.0, abs=2.0)
    assert not Pitches.of(low, np.zeros_like(low), RATE).cents().size
