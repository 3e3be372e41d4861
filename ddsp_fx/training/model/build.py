# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds and tests the parts that a recipe chooses, and the Keras models that train them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from ddsp_fx.errors import TrainingError
from ddsp_fx.training import parts
from ddsp_fx.training.config import TrainConfig
from ddsp_fx.training.model.autoencoder import Autoencoder, ControlFit
from ddsp_fx.training.model.fixed_room import FixedRoom
from ddsp_fx.training.model.unsupervised import Unsupervised

GRADIENT_NORM = 3.0
WEIGHT_DECAY = 0.1
TRIED_FRAMES = 2


def build_decoder(config: TrainConfig, statistics: parts.Statistics) -> Any:
    """Return a new decoder, the same for the same seed; raises TrainingError if it breaks the contract."""
    keras.utils.set_random_seed(config.seed)
    return made_decoder(parts.decoder_of(config.decoder), config.sizes, statistics)


def made_decoder(part: parts.ChosenPart[parts.DecoderKind], sizes: parts.Sizes, statistics: parts.Statistics) -> Any:
    """Return a decoder with its weights; raises TrainingError if its outputs do not have the given ``sizes``."""
    decoder = part.build(sizes, statistics)
    if sizes.n_z and not (hasattr(decoder, "terms") and hasattr(decoder, "usual_z")):
        raise TrainingError(f"{part} has no input z, which the encoder provides; choose another decoder or encoder")
    frames = (1, TRIED_FRAMES)
    out = _tried(part, decoder, ops.zeros(frames), ops.zeros(frames))
    wanted = {"amplitude": frames, "distribution": (*frames, sizes.n_harmonics), "noise": (*frames, sizes.n_bands)}
    _require_shapes(part, wanted, out if isinstance(out, tuple) else (out,))
    return decoder


def build_encoder(config: TrainConfig) -> Any:
    """Return the encoder from the settings, or None. Built after the decoder, it uses the seed's next numbers.

    Raises TrainingError if it breaks the contract.
    """
    part, sizes = parts.encoder_of(config.encoder), config.sizes
    encoder = part.build(sizes)
    if encoder is None:
        return None
    heard = _tried(part, encoder, {"audio": ops.zeros((1, 4 * config.hop))})
    if not isinstance(heard, Mapping):
        raise TrainingError(f"{part} returns {type(heard).__name__}, not a dictionary of entries for the batch")
    if sizes.n_z:
        _require_shapes(part, {"z": (1, 5, sizes.n_z)}, (heard.get("z"),))
    if part.kind.learns_pitch and not hasattr(encoder, "logits"):
        raise TrainingError(f"{part} learns pitch but has no logits(audio), which its training needs")
    return encoder


def build_loss(config: TrainConfig) -> Callable[[Any, Any], Any]:
    """Return the loss from the settings; raises TrainingError if it does not return a number for two sounds."""
    part = parts.loss_of(config.loss)
    loss: Callable[[Any, Any], Any] = part.build(config.sizes)
    silence = ops.zeros((1, (config.clip_frames - 1 - config.pre_roll) * config.hop))
    _require_shapes(part, {"loss": ()}, (_tried(part, loss, silence, silence),))
    return loss


def _tried(part: object, model: Any, *inputs: Any) -> Any:
    """Call a new model once, which creates its weights."""
    try:
        return model(*inputs)
    except Exception as error:  # another package's code may raise anything
        raise TrainingError(f"{part} cannot be called: {type(error).__name__}: {error}") from error


def _require_shapes(part: object, wanted: Mapping[str, tuple[int, ...]], got: Sequence[Any]) -> None:
    shapes = [tuple(getattr(value, "shape", ())) for value in got]
    if shapes != list(wanted.values()):
        expected = ", ".join(f"{name} {shape}" for name, shape in wanted.items())
        raise TrainingError(f"{part} returns shapes {', '.join(map(str, shapes))}; expected {expected}")


def compile_fit(decoder: Any, encoder: Any = None) -> Any:
    """The first stage's model around a decoder, and an encoder if there is one."""
    fit = ControlFit(decoder, encoder)
    _compile(fit, 1e-3)
    return fit


def compile_autoencoder(decoder: Any, room: Any, config: TrainConfig, encoder: Any = None) -> Any:
    """The second stage's model around a decoder, a room, and an encoder if there is one.

    The room is taps (length,), or a layer whose ``impulse_response()`` may contain weights to be trained too.
    """
    room = FixedRoom(room) if isinstance(room, np.ndarray) else room
    sizes = config.sizes
    loss = build_loss(config)
    kind = Unsupervised if config.learns_pitch else Autoencoder
    autoencoder = kind(decoder, room, sizes=sizes, pre_roll=config.pre_roll, loss=loss, encoder=encoder)
    # Frozen, because what the pitch encoder has learned would fade: some of it, such as silence, gets no gradient here.
    taught = encoder.trainable_variables if encoder is not None and config.learns_pitch else ()
    _compile(autoencoder, config.learning_rate, [*taught, *room.trainable_variables])
    return autoencoder


def _compile(model: Any, learning_rate: float, undecayed: Sequence[Any] = ()) -> None:
    optimizer = keras.optimizers.Adam(learning_rate, global_clipnorm=GRADIENT_NORM, weight_decay=WEIGHT_DECAY)
    optimizer.exclude_from_weight_decay(var_list=list(undecayed))
    optimizer.build(model.trainable_variables)
    model.built = True
    model.compile(optimizer=optimizer, jit_compile=True)
