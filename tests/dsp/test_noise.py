# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ddsp_fx.dsp.frames import FrameGrid
from ddsp_fx.dsp.noise import FilteredNoise, frequency_filter, frequency_impulse_response
from ddsp_fx.dsp.synthesizer import HarmonicPlusNoise
from ddsp_fx.errors import ParameterError


def render(noise, frames):
    return np.concatenate([noise.push(magnitudes) for magnitudes in frames])


def density(audio, rate, low_hz, high_hz):
    """Mean one-sided power per hertz between two frequencies."""
    window = np.hanning(audio.size)
    power = np.abs(np.fft.rfft(audio * window)) ** 2 / np.sum(window**2) / rate * 2
    hertz = np.fft.rfftfreq(audio.size, 1 / rate)
    return power[(hertz > low_hz) & (hertz < high_hz)].mean()


def test_impulse_response_matches_the_reference(golden):
    vectors = golden("frequency_impulse_response")
    # 2e-7: float32 rounding.
    np.testing.assert_allclose(frequency_impulse_response(vectors["magnitudes"]), vectors["ir"], atol=2e-7)


def test_filter_matches_the_reference_two_samples_earlier(golden):
    vectors = golden("frequency_filter")
    ours = frequency_filter(vectors["audio_in"], vectors["magnitudes"])
    # The last 64 samples need the frame after the crop. 1e-6: the reference convolves by FFT in float32.
    np.testing.assert_allclose(ours[:3134], vectors["audio_out"][2:3136], atol=1e-6)


@pytest.mark.parametrize("rate", [16000, 22050, 44100, 48000, 96000])
def test_level_in_band_is_the_same_at_every_rate(rate):
    magnitudes = np.zeros(65)
    magnitudes[8:24] = 0.5
    audio = render(FilteredNoise(FrameGrid(rate), 65), [magnitudes] * 300)
    # One-sided density of uniform noise at 16 kHz: variance 1/3 over 8000 Hz, times 0.5 squared.
    expected = 0.25 / 3 / 8000
    assert density(audio, rate, 1200, 2700) == pytest.approx(expected, rel=0.06)
    if rate > 16000:
        assert density(audio, rate, 8200, rate / 2) < 1e-6 * expected


@pytest.mark.parametrize("rate", [8000, 11025])
def test_a_slow_host_keeps_the_level_too(rate):
    audio = render(FilteredNoise(FrameGrid(rate), 65), [np.ones(65)] * 300)
    assert density(audio, rate, 500, 3000) == pytest.approx(1 / 3 / 8000, rel=0.06)


def test_steady_magnitudes_give_a_steady_filter():
    """At 16 kHz, a constant frame is one zero-phase FIR over all of the noise."""
    magnitudes = np.random.default_rng(3).uniform(0, 1, 65)
    flat = render(FilteredNoise(FrameGrid(16000), 65), [np.ones(65)] * 20)
    shaped = render(FilteredNoise(FrameGrid(16000), 65), [magnitudes] * 20)
    taps = frequency_impulse_response(magnitudes)
    # The response of flat magnitudes is a unit impulse, so `flat` is the noise itself.
    expected = np.convolve(flat, taps)[64 : 64 + flat.size]
    np.testing.assert_allclose(shaped[64:-64], expected[64:-64], atol=1e-5)


def test_magnitudes_move_linearly_between_frames():
    noise, flat = (FilteredNoise(FrameGrid(48000), 65, seed=5) for _ in range(2))
    ramp = render(noise, [np.zeros(65), np.ones(65)])
    full = render(flat, [np.ones(65), np.ones(65)])
    np.testing.assert_allclose(ramp, full * np.arange(960) / 960, atol=1e-6)


@settings(max_examples=20)
@given(st.integers(0, 2**31), st.integers(2, 100))
def test_seed_decides_and_reset_repeats(seed, n_bands):
    frames = np.random.default_rng(0).uniform(0, 1, (4, n_bands))
    noise = FilteredNoise(FrameGrid(44100), n_bands, seed)
    first = render(noise, frames)
    noise.reset()
    assert np.array_equal(render(noise, frames), first)
    assert not np.array_equal(render(FilteredNoise(FrameGrid(44100), n_bands, seed + 1), frames), first)


def test_silence_does_not_hold_the_noise_back():
    """Silent frames use as many random numbers as others."""
    gated, steady = (FilteredNoise(FrameGrid(16000), 9) for _ in range(2))
    zeros, ones = np.zeros(9), np.ones(9)
    late = render(gated, [zeros, zeros, zeros, ones, ones])[960:]
    assert np.array_equal(late, render(steady, [ones] * 5)[960:])


def test_wrong_use_is_explained():
    with pytest.raises(ParameterError, match="n_bands is 1"):
        FilteredNoise(FrameGrid(16000), 1)
    with pytest.raises(ParameterError, match=r"\(64,\), expected \(65,\)"):
        FilteredNoise(FrameGrid(16000), 65).push(np.ones(64))
    with pytest.raises(ParameterError, match="cannot be cut into 7"):
        frequency_filter(np.zeros(100, np.float32), np.ones((7, 65)))


@pytest.mark.parametrize("rate", [11025, 44100, 48000])
def test_harmonics_and_noise_come_in_step(rate):
    grid = FrameGrid(rate)
    synthesizer = HarmonicPlusNoise(grid, 10, 65)
    for k in range(6):
        harmonic, noise = synthesizer.push(200.0, np.full(10, 0.1), np.full(65, 0.1))
        assert harmonic.size == noise.size == (grid.start(k) - grid.start(k - 1) if k else 0)
        assert harmonic.dtype == noise.dtype == np.float32
    before = synthesizer.push(200.0, np.full(10, 0.1), np.full(65, 0.1))
    synthesizer.reset()
    for _ in range(7):
        after = synthesizer.push(200.0, np.full(10, 0.1), np.full(65, 0.1))
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))
