# SPDX-License-Identifier: GPL-3.0-or-later
"""The two models of a run, built from its settings and its training set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from keras import ops

from ddsp_fx.training.config import TrainConfig
from ddsp_fx.training.data.passage import Passage, f0_scaled, level_scaled
from ddsp_fx.training.model import decoder
from ddsp_fx.training.model.autoencoder import Autoencoder, ControlFit
from ddsp_fx.training.model.fixed_room import FixedRoom
from ddsp_fx.training.model.pitch_encoder import PitchListener
from ddsp_fx.training.model.unsupervised import Unsupervised
from ddsp_fx.training.model.z_encoder import ZEncoder

Array = npt.NDArray[np.float32]
GRADIENT_NORM = 3.0
WEIGHT_DECAY = 0.1
# The paper's GRU has 512 units beside a decoder of 512.
UNITS = {"tiny": 128, "full": 512}


@dataclass(frozen=True)
class Statistics:
    """Mean and deviation of the scaled inputs over the training set; the decoder whitens them."""

    f0_mean: float
    f0_std: float
    level_mean: float
    level_std: float

    @classmethod
    def of(cls, passages: Sequence[Passage]) -> Statistics:
        """Over all frames of all passages."""
        f0 = f0_scaled(np.concatenate([passage.f0_hz for passage in passages]))
        level = level_scaled(np.concatenate([passage.level_db for passage in passages]))
        return cls(float(f0.mean()), float(f0.std()) + 1e-3, float(level.mean()), float(level.std()) + 1e-3)

    def as_tuple(self) -> tuple[float, float, float, float]:
        """In the order that the decoder takes."""
        return self.f0_mean, self.f0_std, self.level_mean, self.level_std


def build_decoder(config: TrainConfig, statistics: Statistics) -> Any:
    """A fresh decoder, the same for the same seed."""
    keras.utils.set_random_seed(config.seed)
    return decoder.build(config.preset, statistics.as_tuple(), config.n_harmonics, config.n_bands, config.n_z)


def build_encoder(config: TrainConfig) -> Any:
    """Return the encoder that the settings ask for, built, or None; call it after the decoder's."""
    if config.encoder == "none":
        return None
    sizes = {"hop": config.hop, "sample_rate": config.sample_rate}
    if config.encoder == "z":
        encoder = ZEncoder(UNITS[config.preset], name="z_encoder", **sizes)
    else:
        encoder = PitchListener(n_harmonics=config.n_harmonics, name="pitch_listener", **sizes)
    encoder({"audio": ops.zeros((1, 4 * config.hop))})
    return encoder


def compile_fit(model: Any, encoder: Any = None) -> Any:
    """The first stage's model around a decoder, and an encoder if there is one."""
    fit = ControlFit(model, encoder)
    _compile(fit, 1e-3)
    return fit


def compile_autoencoder(model: Any, room: Any, config: TrainConfig, encoder: Any = None) -> Any:
    """The second stage's model around a decoder, a room, and an encoder if there is one.

    The room is taps (length,), or a layer whose ``impulse_response()`` may hold weights to be learned along.
    """
    room = FixedRoom(room) if isinstance(room, np.ndarray) else room
    sizes = {"hop": config.hop, "pre_roll": config.pre_roll, "sample_rate": config.sample_rate}
    kind = Unsupervised if config.encoder == "unsupervised" else Autoencoder
    autoencoder = kind(model, room, encoder=encoder, **sizes)
    # What a pitch encoder learned before would fade: parts of it, such as what silence is, get no gradient here.
    taught = encoder.trainable_variables if encoder is not None and config.encoder == "unsupervised" else ()
    _compile(autoencoder, config.learning_rate, [*taught, *room.trainable_variables])
    return autoencoder


def _compile(model: Any, learning_rate: float, undecayed: Sequence[Any] = ()) -> None:
    optimizer = keras.optimizers.Adam(learning_rate, global_clipnorm=GRADIENT_NORM, weight_decay=WEIGHT_DECAY)
    optimizer.exclude_from_weight_decay(var_list=list(undecayed))
    optimizer.build(model.trainable_variables)
    model.built = True
    model.compile(optimizer=optimizer, jit_compile=True)
