# SPDX-License-Identifier: GPL-3.0-or-later
"""The two models of a run, built from its settings and its training set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from ddsp_fx.training import clips, decoder, features, oscillators, self_supervision
from ddsp_fx.training.autoencoder import Autoencoder, ControlFit
from ddsp_fx.training.config import TrainConfig
from ddsp_fx.training.features import Track
from ddsp_fx.training.room import FixedRoom
from ddsp_fx.training.unsupervised import Unsupervised

Array = npt.NDArray[np.float32]
Batch = tuple[dict[str, Any], Array]
GRADIENT_NORM = 3.0
WEIGHT_DECAY = 0.1
# Three minutes of music are soon learned by heart: undisturbed, the loss of the training set fell from 5.9 to 5.2 while
# the held-out end stayed at 6.2. So the decoder hears it blurred - clips louder or softer, small errors of each frame's
# level and pitch - and does without a share of the GRU's outputs, others for each clip.
DROPPED = 0.3
LESSON_CLIPS = 2


@dataclass(frozen=True)
class Statistics:
    """Mean and deviation of the scaled inputs over the training set; the decoder whitens them."""

    f0_mean: float
    f0_std: float
    level_mean: float
    level_std: float

    @classmethod
    def of(cls, tracks: Sequence[Track]) -> Statistics:
        """Over all frames of all tracks."""
        f0 = features.f0_scaled(np.concatenate([track.f0_hz for track in tracks]))
        level = features.level_scaled(np.concatenate([track.level_db for track in tracks]))
        return cls(float(f0.mean()), float(f0.std()) + 1e-3, float(level.mean()), float(level.std()) + 1e-3)

    def as_tuple(self) -> tuple[float, float, float, float]:
        """In the order that the decoder takes."""
        return self.f0_mean, self.f0_std, self.level_mean, self.level_std


def build_decoder(config: TrainConfig, statistics: Statistics) -> Any:
    """A fresh decoder, the same for the same seed."""
    keras.utils.set_random_seed(config.seed)
    return decoder.build(config.preset, statistics.as_tuple(), config.n_harmonics, config.n_bands, config.n_z)


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


def audio_batch(tracks: Sequence[Track], config: TrainConfig, rng: np.random.Generator) -> Batch:
    """Random clips for the second stage."""
    inputs, audio = blurred(clips.random_batch(tracks, clip_shape(config), config.batch, rng), config, rng)
    # Drawn here and not in a layer, so that the state of one generator is all that a resumed run needs.
    keep = rng.random((config.batch, 1, decoder.PRESETS[config.preset][0])) >= DROPPED
    inputs["keep"] = (keep / (1.0 - DROPPED)).astype(np.float32)
    if config.encoder != "none":
        inputs["audio"] = audio
    if config.encoder == "unsupervised":
        error = rng.normal(0.0, config.pitch_error_semitones / 127.0, inputs["f0_scaled"].shape)
        inputs["f0_error"] = error.astype(np.float32)
        shape = self_supervision.sounds_like(config, LESSON_CLIPS)
        inputs["lesson"], inputs["answers"] = self_supervision.lesson(shape, rng)
    return inputs, audio


def blurred(batch: Batch, config: TrainConfig, rng: np.random.Generator) -> Batch:
    """The same clips at other gains, and with small errors of level and pitch in what the decoder hears of them."""
    inputs, audio = batch
    gain_db = rng.normal(0.0, config.gain_db, (len(audio), 1))
    level_db = gain_db + rng.normal(0.0, config.level_error_db, inputs["level_scaled"].shape)
    semitones = rng.normal(0.0, config.pitch_error_semitones, inputs["f0_scaled"].shape)
    heard = {
        "level_scaled": (inputs["level_scaled"] + level_db / 80.0).astype(np.float32),
        "f0_scaled": (inputs["f0_scaled"] + semitones / 127.0).astype(np.float32),
    }
    return {**inputs, **heard}, (audio * 10.0 ** (gain_db / 20.0)).astype(np.float32)


def clip_shape(config: TrainConfig) -> clips.ClipShape:
    """The clip that the settings ask for."""
    return clips.ClipShape(config.clip_frames, config.hop, config.sample_rate, config.n_harmonics)


# The first stage sees no audio, so its clips can be long: 4 s, as the paper's windows.
FIT_SECONDS, FIT_BATCH = 4.0, 8


def fit_batch(
    tracks: Sequence[Track], targets: Sequence[Array], config: TrainConfig, rng: np.random.Generator
) -> Batch:
    """Random stretches of features and measured controls for the first stage."""
    shortest = min(track.frames for track in tracks)
    frames = min(round(FIT_SECONDS * config.frame_rate), shortest)
    places = clips.random_positions(tracks, frames, FIT_BATCH, rng)
    f0_hz = np.stack([tracks[t].f0_hz[s : s + frames] for t, s in places])
    level_db = np.stack([tracks[t].level_db[s : s + frames] for t, s in places])
    sizes = {"n_harmonics": config.n_harmonics, "sample_rate": config.sample_rate}
    inputs = {
        "f0_scaled": features.f0_scaled(f0_hz),
        "level_scaled": features.level_scaled(level_db),
        "mask": oscillators.audible(f0_hz, **sizes),
    }
    if config.encoder == "z":
        inputs["audio"] = np.stack([tracks[t].cut(s, s + frames, config.hop).audio for t, s in places])
    return inputs, np.stack([targets[t][s : s + frames] for t, s in places])
