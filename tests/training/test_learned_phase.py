# SPDX-License-Identifier: GPL-3.0-or-later
"""Pitch in the graph: the same sound as from data, with the gradients of sines."""

import numpy as np
import pytest

pytest.importorskip("keras", reason="needs the [train] extra")

from ddsp_fx.training.data import phase_and_noise
from ddsp_fx.training.model import learned_phase, synthesis

HOP, RATE, HARMONICS, FRAMES = 320, 16000, 60, 161
SIZES = {"hop": HOP, "size": phase_and_noise.table_size(HARMONICS), "sample_rate": RATE}


def _pitch() -> np.ndarray:
    rng = np.random.default_rng(0)
    return (400.0 * 2.0 ** np.cumsum(rng.normal(0, 0.05, (2, FRAMES)), axis=1)).astype(np.float32)


def test_the_sound_is_that_of_the_wavetable_read_from_data() -> None:
    f0_hz = _pitch()
    mask = phase_and_noise.audible(f0_hz, n_harmonics=HARMONICS, sample_rate=RATE)
    assert np.array_equal(mask, learned_phase.audible(f0_hz, n_harmonics=HARMONICS, sample_rate=RATE))
    amplitudes = 0.02 * mask
    known, learned = (
        np.asarray(synthesis.harmonic(amplitudes, *places(f0_hz, **SIZES), SIZES["size"]))
        for places in (phase_and_noise.table_places, learned_phase.table_places)
    )
    # 1e-5 cycles at the 60th harmonic are 0.4 %.
    assert np.abs(known - learned).max() <= 5e-3 * np.abs(known).max()


def test_places_stay_in_the_table() -> None:
    entry, fraction = (np.asarray(part) for part in learned_phase.table_places(_pitch(), **SIZES))
    assert entry.min() >= 0
    assert entry.max() < SIZES["size"]
    assert fraction.min() >= 0.0
    assert fraction.max() <= 1.0


def _sines(f0_hz: np.ndarray, amplitudes: np.ndarray) -> np.ndarray:
    """The exact sum of sines for a pitch that is linear between frames, (samples,)."""
    at = np.arange((len(f0_hz) - 1) * HOP) / HOP
    start, part = np.floor(at).astype(int), at % 1.0
    whole = np.concatenate([[0.0], np.cumsum(0.5 * (f0_hz[1:] + f0_hz[:-1]))])
    cycles = (whole[start] + f0_hz[start] * part + 0.5 * (f0_hz[start + 1] - f0_hz[start]) * part**2) * HOP / RATE
    return sum(a * np.sin(2 * np.pi * (k + 1) * cycles) for k, a in enumerate(amplitudes))


def test_the_gradient_reaches_the_pitch_and_is_that_of_sines() -> None:
    tf = pytest.importorskip("tensorflow")
    keras = pytest.importorskip("keras")
    if keras.backend.backend() != "tensorflow":
        pytest.skip("takes the gradient with TensorFlow")
    f0_hz, amplitudes = np.array([300.0, 302.0, 305.0, 301.0, 300.0]), 0.5 ** np.arange(HARMONICS)
    weight = np.sin(2 * np.pi * 410.0 / RATE * np.arange(4 * HOP))
    pitch = tf.Variable(f0_hz[None].astype(np.float32))
    controls = np.tile(amplitudes, (1, 5, 1)).astype(np.float32)
    with tf.GradientTape() as tape:
        sound = synthesis.harmonic(controls, *learned_phase.table_places(pitch, **SIZES), SIZES["size"])[0]
        projected = tf.reduce_sum(sound * weight.astype(np.float32))
    found = np.asarray(tape.gradient(projected, pitch))[0]
    step = 1e-3 * np.eye(5)
    wanted = [(_sines(f0_hz + d, amplitudes) - _sines(f0_hz - d, amplitudes)) @ weight / 2e-3 for d in step]
    # The slope between two entries is constant, which is visible at the 60th harmonic: 3 % measured.
    assert np.abs(found - wanted).max() <= 0.05 * np.abs(wanted).max()
