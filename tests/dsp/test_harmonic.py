# SPDX-License-Identifier: GPL-3.0-or-later
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ddsp_fx.dsp.frames import FrameGrid
from ddsp_fx.dsp.harmonic import HarmonicOscillator
from ddsp_fx.errors import ParameterError

RATES = [8000, 11025, 16000, 44100, 48000, 96000]


def render(oscillator, f0_hz, amplitudes):
    return np.concatenate([oscillator.push(f, a) for f, a in zip(f0_hz, amplitudes, strict=True)])


def direct_sum(grid, f0_hz, amplitudes):
    """The definition, in double precision: linear controls, phases by cumulative sum, one sine per harmonic."""
    n = grid.start(len(f0_hz) - 1)
    frame = np.arange(n) / float(grid.period)
    f0 = np.interp(frame, np.arange(len(f0_hz)), f0_hz)
    phase = 2 * np.pi * np.cumsum(f0 / grid.sample_rate)
    levels = (np.interp(frame, np.arange(len(f0_hz)), column) for column in np.transpose(amplitudes))
    return sum(level * np.sin((h + 1) * phase) for h, level in enumerate(levels))


@settings(max_examples=40)
@given(st.sampled_from(RATES), st.integers(1, 21), st.integers(0, 2**32 - 1))
def test_equals_a_direct_sum_of_sines(rate, n_harmonics, seed):
    random = np.random.default_rng(seed)
    grid = FrameGrid(rate)
    f0_hz = random.uniform(50, 180, 12)
    amplitudes = random.uniform(0, 1, (12, n_harmonics)) / n_harmonics
    ours = render(HarmonicOscillator(grid, n_harmonics), f0_hz, amplitudes)
    # 3e-7 is float32 rounding of the output; the recurrence itself is in double.
    np.testing.assert_allclose(ours, direct_sum(grid, f0_hz, amplitudes), atol=3e-7)


def test_matches_the_reference(golden):
    vectors = golden("harmonic_linear_angcumsum")
    oscillator = HarmonicOscillator(FrameGrid(16000, hop=64), 60, fade_hz=0)
    ours = render(oscillator, vectors["f0_hz"], vectors["amp"][:, None] * vectors["hd"])
    # 1e-3 (-57 dB of full scale): the reference sums its phase in float32.
    np.testing.assert_allclose(ours, vectors["audio"][: ours.size], atol=1e-3)


def test_matches_the_full_reference(full_golden):
    vectors = full_golden("harmonic_linear_angcumsum")
    oscillator = HarmonicOscillator(FrameGrid(16000, hop=64), 60, fade_hz=0)
    ours = render(oscillator, vectors["f0_hz"][:, 0], vectors["amp"] * vectors["hd"])
    np.testing.assert_allclose(ours, vectors["audio"][: ours.size], atol=3e-3)


@pytest.mark.parametrize("rate", RATES)
def test_ten_hours_in_the_pitch_has_not_drifted(rate):
    grid = FrameGrid(rate)
    oscillator = HarmonicOscillator(grid, 1)
    ten_hours = 10 * 3600 * 50
    oscillator._frame = ten_hours + 1
    oscillator._phase = math.fmod(grid.start(ten_hours) * 220.5 / rate, 1.0)
    oscillator._cycles, oscillator._amplitudes, oscillator._voiced = 220.5 / rate, np.ones(1), True
    segment = oscillator.push(220.5, np.ones(1))
    sample = np.arange(grid.start(ten_hours), grid.start(ten_hours + 1)) + 1
    assert segment == pytest.approx(np.sin(2 * np.pi * np.fmod(sample * 220.5 / rate, 1.0)), abs=1e-5)


def test_a_minute_of_frames_keeps_the_phase():
    grid = FrameGrid(44100)
    oscillator = HarmonicOscillator(grid, 1)
    frames = 3000
    audio = render(oscillator, np.full(frames, 440.0), np.ones((frames, 1)))
    tail = np.arange(audio.size - 100, audio.size)
    exact = np.sin(2 * np.pi * np.fmod((tail + 1) * 440 / 44100, 1.0))
    np.testing.assert_allclose(audio[-100:], exact, atol=2e-7)


@pytest.mark.parametrize("rate", [16000, 48000])
def test_nothing_sounds_at_or_above_the_ceiling(rate):
    f0_hz = np.full(20, 2000.0)
    audio = render(HarmonicOscillator(FrameGrid(rate), 8), f0_hz, np.ones((20, 8)))
    reference = render(HarmonicOscillator(FrameGrid(rate), 3), f0_hz, np.ones((20, 3)))
    np.testing.assert_allclose(audio, reference, atol=1e-6)


def test_without_a_ceiling_harmonics_reach_the_host_nyquist():
    f0_hz = np.full(20, 5000.0)
    audio = render(HarmonicOscillator(FrameGrid(48000), 4, ceiling_hz=math.inf), f0_hz, np.ones((20, 4)))
    spectrum = np.abs(np.fft.rfft(audio[:4800]))
    assert np.all(spectrum[[500, 1000, 1500, 2000]] > 2000)


@settings(max_examples=30)
@given(st.floats(100, 900), st.floats(100, 900))
def test_a_harmonic_that_crosses_the_ceiling_does_not_click(from_hz, to_hz):
    f0_hz = np.array([from_hz, from_hz, to_hz, to_hz])
    tenth_only = np.zeros((4, 10))
    tenth_only[:, 9] = 1.0
    audio = render(HarmonicOscillator(FrameGrid(192000), 10), f0_hz, tenth_only)
    # A full-scale sine of 8 kHz has a second difference of (2 pi 8000 / 192000) ** 2 = 0.07; a hard mask up to 1.
    assert np.abs(np.diff(audio, 2)).max() <= (2 * np.pi * 8000 / 192000) ** 2 * 1.1


@pytest.mark.parametrize("unvoiced_hz", [0.0, math.nan, -5.0])
def test_a_note_starts_and_ends_without_a_sweep(unvoiced_hz):
    grid = FrameGrid(48000)
    f0_hz = [unvoiced_hz, 440.0, 440.0, unvoiced_hz, unvoiced_hz]
    audio = render(HarmonicOscillator(grid, 1), f0_hz, np.ones((5, 1)))
    n = np.arange(3 * 960)
    envelope = np.interp(n, [0, 960, 1920, 2880], [0, 1, 1, 0])
    np.testing.assert_allclose(audio[:2880], envelope * np.sin(2 * np.pi * 440 / 48000 * (n + 1)), atol=1e-6)
    assert not audio[2880:].any()


def test_silent_amplitudes_count_as_unvoiced():
    audio = render(HarmonicOscillator(FrameGrid(48000), 1), [548.0, 100.0, 100.0], [[0.0], [1.0], [1.0]])
    n = np.arange(1920)
    expected = np.interp(n, [0, 960], [0, 1]) * np.sin(2 * np.pi * 100 / 48000 * (n + 1))
    np.testing.assert_allclose(audio, expected, atol=1e-6)


def test_non_finite_amplitudes_are_silent():
    audio = render(HarmonicOscillator(FrameGrid(16000), 2), [100.0] * 3, [[np.nan, np.inf]] * 3)
    assert not audio.any()


def test_reset_starts_the_same_sound_again():
    oscillator = HarmonicOscillator(FrameGrid(11025), 3)
    first = render(oscillator, [100.0, 120.0, 110.0], np.ones((3, 3)))
    oscillator.reset()
    assert np.array_equal(render(oscillator, [100.0, 120.0, 110.0], np.ones((3, 3))), first)


def test_a_wrong_number_of_amplitudes_is_named():
    with pytest.raises(ParameterError, match=r"\(3,\), expected \(4,\)"):
        HarmonicOscillator(FrameGrid(16000), 4).push(100.0, np.ones(3))
    with pytest.raises(ParameterError, match="n_harmonics is 0"):
        HarmonicOscillator(FrameGrid(16000), 0)
