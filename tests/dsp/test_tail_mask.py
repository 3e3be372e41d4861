# SPDX-License-Identifier: GPL-3.0-or-later
"""Tail suppression: exact latency, independent of block sizes, and no change where there is no tail."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ddsp_fx.dsp.spectral import spectral_distance
from ddsp_fx.dsp.tail_mask import TailMask

RATE = 16000
N = 9000


def _sounds(seed: int = 0) -> np.ndarray:
    """(3, N): a dry sound that stops halfway, its decaying tail, and their sum; noise in different bands."""
    rng = np.random.default_rng(seed)
    dry = np.sin(2 * np.pi * 440 * np.arange(N) / RATE) * (np.arange(N) % 3000 < 1500) * 0.3
    tail = 0.02 * rng.standard_normal(N) * np.exp(-(np.arange(N) % 3000) / 1500)
    return np.array([dry + tail, dry, tail], np.float32)


def _run(mask: TailMask, recording: np.ndarray, dry: np.ndarray, late: np.ndarray, cuts: list[int]) -> np.ndarray:
    parts = [np.split(row, cuts, axis=-1) for row in (recording, dry, late)]
    return np.concatenate([mask.process(*blocks) for blocks in zip(*parts, strict=True)], axis=1)


@settings(deadline=None, max_examples=15)
@given(cuts=st.lists(st.integers(0, N), max_size=12))
def test_any_split_gives_the_same_samples(cuts: list[int]) -> None:
    wet, dry, late = _sounds()
    stereo = np.stack([wet, -wet])
    whole = _run(TailMask(2, RATE, 8000.0), stereo, dry, late, [])
    assert np.array_equal(_run(TailMask(2, RATE, 8000.0), stereo, dry, late, sorted(cuts)), whole)
    # Two channels share a transform in float32, which rounds them differently.
    assert np.abs(whole[0] + whole[1]).max() < 1e-7


@pytest.mark.parametrize("rate", [16000, 44100, 48000, 96000])
def test_what_has_no_tail_passes_latency_samples_late(rate: int) -> None:
    rng = np.random.default_rng(1)
    sound = (0.1 * rng.standard_normal(3 * rate // 10)).astype(np.float32)
    mask = TailMask(1, rate, 8000.0)
    out = mask.process(sound[None], sound, np.zeros_like(sound))[0]
    late = mask.latency_samples
    assert 0.028 <= late / rate <= 0.056
    # In the first window the sum of windows is incomplete; quiet bins stay above the silence threshold of 1e-12.
    assert np.allclose(out[2 * late :], sound[late:-late], atol=1e-4)


def test_what_is_all_tail_is_silenced() -> None:
    rng = np.random.default_rng(2)
    late = (0.1 * rng.standard_normal(N)).astype(np.float32)
    out = TailMask(1, RATE, 8000.0).process(late[None], np.zeros_like(late), late)
    # Both predictions share a transform too: the tail's leaks into the dry one's bins 140 dB below it.
    assert np.abs(out).max() < 1e-8


def test_a_prediction_right_in_power_alone_brings_the_recording_to_half_the_distance() -> None:
    wet, dry, _ = _sounds()
    _, _, other = _sounds(seed=9)  # a tail of the same power, but different noise
    mask = TailMask(1, RATE, 8000.0)
    out = mask.process(wet[None], dry, other)[0]
    late = mask.latency_samples
    before, after = spectral_distance(dry[:-late], wet[:-late]), spectral_distance(dry[:-late], out[late:])
    assert after <= 0.5 * before


def test_above_the_models_ceiling_the_gain_is_that_below() -> None:
    rng = np.random.default_rng(3)
    sound = (0.1 * rng.standard_normal(48000)).astype(np.float32)
    spectrum = np.fft.rfft(sound)
    low = np.fft.irfft(np.where(np.arange(len(spectrum)) < 8000, spectrum, 0)).astype(np.float32)
    mask = TailMask(1, 48000, 8000.0)
    out = mask.process(sound[None], low, low)[0]  # as much tail as dry sound: 2^-0.7 everywhere
    gain = np.abs(np.fft.rfft(out[4096:])).mean() / np.abs(np.fft.rfft(sound[4096:])).mean()
    assert gain == pytest.approx(2.0**-0.7, rel=0.02)


def test_reset_forgets() -> None:
    wet, dry, late = _sounds()
    mask = TailMask(1, RATE, 8000.0)
    first = mask.process(wet[None], dry, late)
    mask.reset()
    assert np.array_equal(mask.process(wet[None], dry, late), first)


@pytest.mark.parametrize("channels", [1, 2, 3])
def test_the_compiled_window_is_the_definition(channels: int) -> None:
    """To 1e-6 of full scale: float32 against double."""
    rng = np.random.default_rng(5)
    mask = TailMask(channels, 48000, 8000.0)
    size, hop = mask.latency_samples, mask.latency_samples // 4
    n = 3 * size
    recording = (0.3 * rng.standard_normal((channels, n))).astype(np.float32)
    dry, late = (0.1 * rng.standard_normal((2, n))).astype(np.float32)
    hertz = np.fft.rfftfreq(size, 1 / 48000)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)
    padded = [np.pad(row, (size - hop, 0)) for row in (*recording, dry, late)]
    expected = np.zeros((channels, n + 2 * size))
    for at in range(0, n - hop + 1, hop):
        spectra = [np.fft.rfft(row[at : at + size] * window) for row in padded]
        powers = [np.pad(np.abs(s) ** 2 / (0.5 * size) ** 2, 1, mode="edge") for s in spectra[channels:]]
        clean, tail = ((p[:-2] + p[1:-1] + p[2:]) / 3 for p in powers)
        gain = (clean / (clean + tail + 1e-12)) ** 0.7
        above, edge = hertz > 0.95 * 8000.0, (hertz > 0.8 * 8000.0) & (hertz <= 0.95 * 8000.0)
        gain[above] = gain[edge].mean()
        for c in range(channels):
            expected[c, at : at + size] += np.fft.irfft(spectra[c] * gain) * window / 1.5
    out = mask.process(recording, dry, late)
    assert np.abs(out[:, hop:] - expected[:, : n - hop]).max() < 1e-6
