# SPDX-License-Identifier: GPL-3.0-or-later
"""Converts between a network's outputs and physical units: amplitude, hertz, MIDI notes, decibels."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

# The level of digital silence, for loudness and power alike.
FLOOR_DB = -80.0
# Far below any audible frequency (25 octaves under 440 Hz); keeps log2 finite.
_LOWEST_HZ = 1e-5


def _floating(x: ArrayLike) -> NDArray[Any]:
    array = np.asarray(x)
    return array if np.issubdtype(array.dtype, np.floating) else array.astype(np.float64)


def exp_sigmoid(x: ArrayLike, exponent: float = 10.0, max_value: float = 2.0, threshold: float = 1e-7) -> NDArray[Any]:
    """Positive amplitude from an unbounded output: max_value * sigmoid(x) ** ln(exponent) + threshold.

    Engel et al., DDSP (ICLR 2020), appendix B.5. Below the knee, equal steps of x are equal steps in dB.

    Args:
        x: any shape.

    Returns:
        The same shape, in (threshold, max_value + threshold); float32 in, float32 out.
    """
    x = _floating(x)
    # log sigmoid(x) = -log(1 + e^-x). logaddexp does not overflow where exp(-x) would.
    log_sigmoid = -np.logaddexp(np.zeros((), x.dtype), -x)
    scaled = np.exp(np.asarray(np.log(exponent), x.dtype) * log_sigmoid)
    result: NDArray[Any] = (max_value * scaled + threshold).astype(x.dtype, copy=False)
    return result


def hz_to_midi(frequency_hz: ArrayLike) -> NDArray[Any]:
    """Hertz to MIDI notes (A4 = 440 Hz = 69). 0 Hz or less marks an unvoiced frame and becomes note 0."""
    frequency_hz = _floating(frequency_hz)
    midi = 12.0 * np.log2(np.maximum(frequency_hz, _LOWEST_HZ) / 440.0) + 69.0
    result: NDArray[Any] = np.where(frequency_hz <= 0.0, 0.0, midi).astype(frequency_hz.dtype, copy=False)
    return result


def midi_to_hz(midi: ArrayLike) -> NDArray[Any]:
    """MIDI notes (69 = A4) to hertz; fractions of a note are kept."""
    midi = _floating(midi)
    result: NDArray[Any] = (440.0 * 2.0 ** ((midi - 69.0) / 12.0)).astype(midi.dtype, copy=False)
    return result


def db_to_amplitude(db: ArrayLike) -> NDArray[Any]:
    """Decibels to linear amplitude: 10 ** (db / 20)."""
    db = _floating(db)
    result: NDArray[Any] = (10.0 ** (db / 20.0)).astype(db.dtype, copy=False)
    return result


def amplitude_to_db(amplitude: ArrayLike, floor_db: float = -120.0) -> NDArray[Any]:
    """Linear amplitude to decibels; ignores the sign and returns at least `floor_db`."""
    amplitude = _floating(amplitude)
    lowest = 10.0 ** (floor_db / 20.0)
    result: NDArray[Any] = (20.0 * np.log10(np.maximum(np.abs(amplitude), lowest))).astype(amplitude.dtype, copy=False)
    return result
