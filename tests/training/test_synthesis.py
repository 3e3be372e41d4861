# SPDX-License-Identifier: GPL-3.0-or-later
"""The differentiable synthesizer of training gives the same sound as the one in the effects."""

import numpy as np
import pytest

pytest.importorskip("keras", reason="needs the [train] extra")

from ddsp_fx.dsp.frames import FrameGrid
from ddsp_fx.dsp.harmonic import HarmonicOscillator
from ddsp_fx.dsp.noise import frequency_filter
from ddsp_fx.dsp.scaling import exp_sigmoid as exp_sigmoid_numpy
from ddsp_fx.dsp.spectral import spectral_distance
from ddsp_fx.training.data import phase_and_noise
from ddsp_fx.training.model import synthesis
from ddsp_fx.training.model.spectral_loss import spectral_loss
from ddsp_fx.training.room.bands import band_noise

HOP, RATE, HARMONICS, BANDS, FRAMES = 320, 16000, 20, 65, 30


def _controls(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    f0 = 300.0 * 2.0 ** (np.cumsum(rng.normal(0, 0.05, FRAMES)))
    amplitudes = rng.uniform(0, 0.05, (FRAMES, HARMONICS)).astype(np.float32)
    return f0.astype(np.float32), amplitudes * (f0[:, None] * np.arange(1, HARMONICS + 1) < 7000)


def test_harmonics_are_those_of_the_effects() -> None:
    _, amplitudes = _controls()
    f0 = np.full(FRAMES, 300.0, np.float32)
    size = phase_and_noise.table_size(HARMONICS)
    places = phase_and_noise.table_places(f0[None], hop=HOP, size=size, sample_rate=RATE)
    trained = np.asarray(synthesis.harmonic(amplitudes[None], *places, size))[0]
    bank = HarmonicOscillator(FrameGrid(RATE, HOP), HARMONICS)
    played = np.concatenate([bank.push(float(f), a) for f, a in zip(f0, amplitudes, strict=True)])
    # The phase here is one sample late, so amplitude ramps differ by 1/320 of a frame (0.3 % measured). The table's
    # interpolation error is 46 dB down at the highest harmonic. With a moving pitch, that sample would change the
    # phase.
    assert np.abs(trained[1:] - played[: len(trained) - 1]).max() <= 1e-2 * np.abs(played).max()


def test_the_gradient_of_the_harmonics_is_that_of_a_sum_of_sines() -> None:
    tf = pytest.importorskip("tensorflow")
    keras = pytest.importorskip("keras")
    if keras.backend.backend() != "tensorflow":
        pytest.skip("takes the gradient with TensorFlow")
    size = phase_and_noise.table_size(HARMONICS)
    entry, fraction = phase_and_noise.table_places(np.full((1, 5), 300.0), hop=HOP, size=size, sample_rate=RATE)
    weight = np.random.default_rng(4).standard_normal(4 * HOP).astype(np.float32)
    amplitudes = tf.Variable(np.zeros((1, 5, HARMONICS), np.float32))
    with tf.GradientTape() as tape:
        projected = tf.reduce_sum(synthesis.harmonic(amplitudes, entry, fraction, size)[0] * weight)
    found = np.asarray(tape.gradient(projected, amplitudes))[0]
    time = np.arange(4 * HOP)
    triangle = np.maximum(0.0, 1.0 - np.abs(time / HOP - np.arange(5)[:, None]))
    sines = np.sin(2 * np.pi * 300.0 / RATE * np.arange(1, HARMONICS + 1)[:, None] * time)
    wanted = (triangle * weight) @ sines.T
    # 0.5 % of the highest harmonic is lost by interpolation in the table.
    assert np.abs(found - wanted).max() <= 0.01 * np.abs(wanted).max()


def test_filtered_noise_has_the_level_of_the_effects() -> None:
    rng = np.random.default_rng(1)
    magnitudes = np.full((1, 200, BANDS), 0.1, np.float32)
    spectra = phase_and_noise.noise_spectra(rng, 1, 200, hop=HOP)
    response = synthesis.filter_response(BANDS, HOP)
    trained = np.asarray(synthesis.filtered_noise(magnitudes, spectra, response))[0]
    white = rng.uniform(-1, 1, 200 * HOP).astype(np.float32)
    played = frequency_filter(white, magnitudes[0])
    # The RMS of 64000 samples of noise varies by well under 2 %.
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
    # The metric pads the end and the loss drops it: a few frames of hundreds.
    assert losses[2] == pytest.approx(metric, rel=0.05)


def test_band_noise_is_white_and_deterministic() -> None:
    bands = band_noise(0, 16000, RATE)
    assert np.array_equal(bands, band_noise(0, 16000, RATE))
    assert np.sqrt(np.mean(bands.sum(axis=0) ** 2)) == pytest.approx(1.0, rel=0.5)
