# SPDX-License-Identifier: GPL-3.0-or-later
"""What listens to a clip beside the features: an encoder adds to a batch what the decoder is to be given.

``z`` is the paper's encoder of what pitch and loudness leave unsaid: cepstra, normalised over time, a GRU, 16 numbers a
frame (Engel et al. 2020, section B.1). The bundle has no encoder, so the z that is usual for a pitch and a level is
baked into the decoder. ``unsupervised`` is `pitch_encoder`, which takes the tracker's place in training.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from keras import ops

from ddsp_fx.training.config import TrainConfig
from ddsp_fx.training.data.passage import Passage, f0_scaled, level_scaled
from ddsp_fx.training.model import mel

Array = npt.NDArray[np.float32]
N_MELS, N_COEFFICIENTS = 128, 30


class TimeNormalization(keras.layers.Layer):  # type: ignore[misc]
    """Each coefficient of a clip (B, F, C) to mean 0 and deviation 1 over its frames, then scaled and shifted."""

    def build(self, input_shape: Any) -> None:
        """Make a scale and a shift a coefficient."""
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
        """Return z of every frame."""
        cepstra = mel.mfcc(mel.log_mel(batch["audio"], n_mels=N_MELS, **self.sizes), N_COEFFICIENTS)
        return {"z": self.head(self.gru(self.normalisation(cepstra)))}


def bake(decoder: Any, encoder: Any, passages: Sequence[Passage], config: TrainConfig) -> None:
    """Give ``decoder`` the z that is usual at each pitch and level: least squares over the frames of ``passages``."""
    known, wanted = [], []
    for passage in passages:
        f0, level, z = _listen(encoder, passage, config)
        known.append(np.asarray(decoder.terms(f0, level)).reshape(-1, decoder.usual_z.shape[0]))
        wanted.append(z.reshape(-1, z.shape[-1]))
    solution, *_ = np.linalg.lstsq(np.concatenate(known), np.concatenate(wanted), rcond=None)
    decoder.usual_z.assign(solution.astype(np.float32))


def _listen(encoder: Any, passage: Passage, config: TrainConfig) -> tuple[Array, Array, Array]:
    """Return f0_scaled, level_scaled, z of the counted frames of clips side by side, as the training cuts them."""
    starts = range(0, passage.frames - config.clip_frames + 1, config.clip_frames - config.pre_roll)
    cuts = [passage.cut(start, start + config.clip_frames, config.hop) for start in starts]
    z = np.asarray(encoder({"audio": np.stack([cut.audio for cut in cuts])})["z"])
    f0 = f0_scaled(np.stack([cut.f0_hz for cut in cuts]))
    level = level_scaled(np.stack([cut.level_db for cut in cuts]))
    return f0[:, config.pre_roll :], level[:, config.pre_roll :], z[:, config.pre_roll :]
