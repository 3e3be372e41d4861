# SPDX-License-Identifier: GPL-3.0-or-later
"""The networks that turn (pitch, level) into synthesizer controls.

``tiny`` is one 256-unit GRU between dense layers: 2 MB, for real time. ``full`` is the paper's decoder: an MLP of
3 x 512 for each input, a 512-unit GRU, and an MLP of 3 x 512 over all (Engel et al. 2020, section B.2). ``compact`` is
the same with 416 units: with 8-bit weights, its bundle stays below 4 MiB.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from ddsp_fx.training.model.synthesis import exp_sigmoid
from ddsp_fx.training.parts import Sizes, Statistics

N_TERMS = 6


def _mlp(units: int, depth: int, name: str) -> list[Any]:
    layers: list[Any] = []
    for index in range(depth):
        layers.append(keras.layers.Dense(units, name=f"{name}_{index}"))
        layers.append(keras.layers.LayerNormalization(name=f"{name}_norm_{index}"))
        layers.append(keras.layers.LeakyReLU(0.01))
    return layers


def _chain(layers: list[Any], x: Any) -> Any:
    for layer in layers:
        x = layer(x)
    return x


class Decoder(keras.Model):  # type: ignore[misc]
    """(f0_scaled, level_scaled) each (B, F) -> amplitude (B, F), distribution (B, F, H), noise (B, F, M).

    Inputs are scaled as in the model file (midi / 127, dB / 80 + 1). Inside, they are normalised to mean 0 and
    deviation 1 with the ``statistics`` (pitch mean, deviation, level mean, deviation) of the training set. Outputs have
    passed exp_sigmoid. With ``n_z`` > 0 there is a third input z (B, F, n_z). If none is given, ``usual_z`` computes it
    from pitch and level, so that ``step`` is called in the same way with and without.
    """

    def __init__(self, units: int, depth: int, sizes: Sizes, statistics: Statistics, **options: Any) -> None:
        super().__init__(**options)
        self.sizes, self.statistics = sizes, statistics
        self.pitch_mlp = _mlp(units, depth, "pitch")
        self.level_mlp = _mlp(units, depth, "level")
        self.gru = keras.layers.GRU(units, return_sequences=True, name="gru")
        self.out_mlp = _mlp(units, depth, "out")
        self.heads = keras.layers.Dense(1 + sizes.n_harmonics + sizes.n_bands, name="heads")
        if sizes.n_z:
            self.z_mlp = _mlp(units, depth, "z")
            self.usual_z = self.add_weight(shape=(N_TERMS, sizes.n_z), initializer="zeros", trainable=False, name="z")

    def _white(self, f0_scaled: Any, level_scaled: Any) -> tuple[Any, Any]:
        pitch_mean, pitch_std, level_mean, level_std = self.statistics
        return (f0_scaled - pitch_mean) / pitch_std, (level_scaled - level_mean) / level_std

    def _embed(self, f0_scaled: Any, level_scaled: Any, z: Any = None) -> tuple[Any, Any, list[Any]]:
        pitch, level = self._white(f0_scaled, level_scaled)
        embedded = _chain(self.pitch_mlp, pitch[..., None]), _chain(self.level_mlp, level[..., None])
        if not self.sizes.n_z:
            return *embedded, []
        z = ops.matmul(self.terms(f0_scaled, level_scaled), self.usual_z) if z is None else z
        return *embedded, [_chain(self.z_mlp, z)]

    def terms(self, f0_scaled: Any, level_scaled: Any) -> Any:
        """Return the terms of the linear map ``usual_z``, (..., 6): 1, p, l, p^2, p l, l^2 of the normalised inputs.

        Inputs are clipped to 2 deviations, because squares would grow without limit for a voice outside the trained
        range.
        """
        p, level = (ops.clip(x, -2.0, 2.0) for x in self._white(f0_scaled, level_scaled))
        return ops.stack([ops.ones_like(p), p, level, p * p, p * level, level * level], axis=-1)

    def _controls(self, hidden: Any, pitch: Any, level: Any) -> tuple[Any, Any, Any]:
        x = _chain(self.out_mlp, ops.concatenate([hidden, pitch, level], axis=-1))
        raw = self.heads(x)
        split = 1 + self.sizes.n_harmonics
        amplitude = exp_sigmoid(raw[..., 0])
        distribution = exp_sigmoid(raw[..., 1:split])
        distribution = distribution / ops.sum(distribution, axis=-1, keepdims=True)
        return amplitude, distribution, exp_sigmoid(raw[..., split:] - 5.0)

    def call(self, f0_scaled: Any, level_scaled: Any, keep: Any = None, z: Any = None) -> tuple[Any, Any, Any]:
        """Run whole clips from a zero state; ``keep`` (B, 1, units), if given, weights the GRU's outputs (dropout)."""
        pitch, level, extra = self._embed(f0_scaled, level_scaled, z)
        hidden = self.gru(ops.concatenate([pitch, level, *extra], axis=-1))
        return self._controls(hidden if keep is None else hidden * keep, pitch, level)

    def step(self, f0_scaled: Any, level_scaled: Any, state: Any) -> tuple[Any, Any, Any, Any]:
        """Run one frame: inputs (B,), ``state`` (B, units); outputs (B,), (B, H), (B, M), (B, units)."""
        pitch, level, extra = self._embed(f0_scaled, level_scaled)
        hidden, (new,) = self.gru.cell(ops.concatenate([pitch, level, *extra], axis=-1), [state])
        return (*self._controls(hidden, pitch, level), new)
