# SPDX-License-Identifier: GPL-3.0-or-later
"""The paper's encoder of what pitch and loudness do not describe: cepstra, normalised over time, then a GRU, then z.

Engel et al. 2020, section B.1: 16 numbers per frame.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from ddsp_fx.training.model import mel

N_MELS, N_COEFFICIENTS = 128, 30


class TimeNormalization(keras.layers.Layer):  # type: ignore[misc]
    """Normalises each coefficient of a clip (B, F, C) to mean 0, deviation 1 over time, then scales and shifts it."""

    def build(self, input_shape: Any) -> None:
        """Create a scale and a shift for each coefficient."""
        self.scale = self.add_weight(shape=(input_shape[-1],), initializer="ones", name="scale")
        self.shift = self.add_weight(shape=(input_shape[-1],), initializer="zeros", name="shift")

    def call(self, x: Any) -> Any:
        """Normalise."""
        mean = ops.mean(x, axis=1, keepdims=True)
        variance = ops.mean(ops.square(x - mean), axis=1, keepdims=True)
        return (x - mean) / ops.sqrt(variance + 1e-3) * self.scale + self.shift


class ZEncoder(keras.Model):  # type: ignore[misc]
    """A batch's ``audio`` (B, T) -> {"z": (B, F, size)}."""

    def __init__(self, units: int, size: int, *, hop: int, sample_rate: int, **options: Any) -> None:
        super().__init__(**options)
        self.sizes = {"hop": hop, "sample_rate": sample_rate}
        self.normalisation = TimeNormalization(name="over_time")
        self.gru = keras.layers.GRU(units, return_sequences=True, name="gru")
        self.head = keras.layers.Dense(size, name="z")

    def call(self, batch: dict[str, Any]) -> dict[str, Any]:
        """Return z for every frame."""
        cepstra = mel.mfcc(mel.log_mel(batch["audio"], n_mels=N_MELS, **self.sizes), N_COEFFICIENTS)
        return {"z": self.head(self.gru(self.normalisation(cepstra)))}
