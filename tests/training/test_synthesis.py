# SPDX-License-Identifier: GPL-3.0-or-later
"""What is trained is what plays: the differentiable synthesizer against the one in the effects."""

import numpy as np
import pytest

pytest.importorskip("keras", reason="needs the [train] extra")

from ddsp_fx.dsp.frames import FrameGrid
from ddsp_fx.dsp.harmonic import HarmonicOscillator
from ddsp_fx.dsp.noise import frequency_filter
from ddsp_fx.dsp.scaling import exp_sigmoid as exp_sigmoid_numpy
from ddsp_fx.dsp.spectral import spectral_distance
from ddsp_fx.training import oscillators, synthesis
from ddsp_fx.training.losses import spectral_loss
from ddsp_fx.training.room import band_noise

HOP, RATE, HARMONICS, BANDS, FRAMES = 320, 16000, 20, 65, 30


def _controls(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    f0 = 300.0 * 2.0 ** (np.cumsum(rng.normal(0, 0.05, FRAMES)))
    amplitudes = rng.uniform(0, 0.05, (FRAMES, HARMONICS)).astype(np.float32)
    return f0.astype(np.float32), amplitudes * (f0[:, None] * np.arange(1, HARMONICS + 1) < 7000)


def test_harmonics_are_those_of_the_effects() -> None:
    _, amplitudes = _controls()
    f0 = np.full(FRAMES, 300.0, np.float32)
    basis = oscillators.harmonic_basis(f0[None], hop=HOP, n_harmonics=HARMONICS, sample_rate=RATE)
    trained = np.asarray(synthesis.harmonic(amplitudes[None], basis))[0]
    bank = HarmonicOscillator(FrameGrid(RATE, HOP), HARMONICS)
    played = np.concatenate([bank.push(float(f), a) for f, a in zip(f0, amplitudes, strict=True)])
    # A moving pitch would be integrated by the midpoint here and by the trapezoid there: equal pitch, another phase.
    # At a steady one the phase here runs one sample behind, so the amplitude ramps are 1/320 apart: 1.5e-3 measured.
    lag = min(range(-2, 3), key=lambda n: float(np.abs(np.roll(trained, n)[10:-10] - played[10:-10]).max()))
    assert np.abs(np.roll(trained, lag)[10:-10] - played[10:-10]).max() <= 3e-3 * np.abs(played).max()


def test_filtered_noise_has_the_level_of_the_effects() -> None:
    rng = np.random.default_rng(1)
    magnitudes = np.full((1, 200, BANDS), 0.1, np.float32)
    spectra = oscillators.noise_spectra(rng, 1, 200, hop=HOP)
    response = synthesis.filter_response(BANDS, HOP)
    trained = np.asarray(synthesis.filtered_noise(magnitudes, spectra, response))[0]
    white = rng.uniform(-1, 1, 200 * HOP).astype(np.float32)
    played = frequency_filter(white, magnitudes[0])
    # 64000 samples of noise: its RMS scatters by well under 2 %.
    assert np.sqrt(np.mean(trained**2)) == pytest.approx(np.sqrt(np.mean(played**2)), rel=0.02)


def test_exp_sigmoid_agrees() -> None:
    x = np.linspace(-12, 12, 97).astype(np.float32)
    assert np.allclose(np.asarray(synthesis.exp_sigmoid(x)), exp_sigmoid_numpy(x), rtol=2e-5, atol=1e-7)


def test_convolution_agrees_with_numpy() -> None:
    rng = np.random.default_rng(2)
    audio, response = rng.standard_normal((2, 3000)).astype(np.float32), rng.standard_normal(500).astype(np.float32)
    wet = np.asarray(synthesis.convolve(audio, response))
    for row, dry in zip(wet, audio, strict=True):
        assert np.allclose(row, np.convolve(dry, response)[:3000], atol=1e-3)


def test_the_loss_is_zero_for_equals_and_orders_like_the_metric() -> None:
    rng = np.random.default_rng(3)
    target = rng.standard_normal((1, 8000)).astype(np.float32) * 0.1
    near, far = target + 0.01 * rng.standard_normal((1, 8000)), target * 0.1
    losses = [float(spectral_loss(target, sound.astype(np.float32))) for sound in (target, near, far)]
    assert losses[0] == 0.0
    assert losses[0] < losses[1] < losses[2]
    metric = spectral_distance(target[0], far[0])
    # The metric pads the end, the loss drops it: a few frames in hundreds.
    assert losses[2] == pytest.approx(metric, rel=0.05)


def test_band_noise_is_white_and_deterministic() -> None:
    bands = band_noise(0, 16000, RATE)
    assert np.array_equal(bands, band_noise(0, 16000, RATE))
    assert np.sqrt(np.mean(bands.sum(axis=0) ** 2)) == pytest.approx(1.0, rel=0.5)
