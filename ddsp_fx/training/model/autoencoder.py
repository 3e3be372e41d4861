# SPDX-License-Identifier: GPL-3.0-or-later
"""Decoder, synthesizer and room as one model; and a cheap model that fits the decoder to measured controls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from ddsp_fx.training.data import phase_and_noise
from ddsp_fx.training.model import synthesis
from ddsp_fx.training.parts import Sizes


def heard(batch: dict[str, Any], encoder: Any) -> dict[str, Any]:
    """Return the batch, updated with an encoder's output for its ``audio``, if there is an encoder."""
    return batch if encoder is None or "audio" not in batch else {**batch, **encoder(batch)}


def controls_of(decoder: Any, batch: dict[str, Any]) -> Any:
    """Return a decoder's output for a batch. A decoder that was built without an input z never receives one."""
    extra = {"z": batch["z"]} if "z" in batch else {}
    return decoder(batch["f0_scaled"], batch["level_scaled"], batch.get("keep"), **extra)


class Autoencoder(keras.Model):  # type: ignore[misc]
    """Clips of features -> audio; the loss counts only the samples after ``pre_roll`` frames.

    The pre-roll runs the decoder and feeds the room. So the GRU's state is warm, and tails in the counted part come
    from the notes that caused them.
    """

    def __init__(  # noqa: PLR0913 - one a part or size
        self,
        decoder: Any,
        room: Any,
        *,
        sizes: Sizes,
        pre_roll: int,
        loss: Callable[[Any, Any], Any],
        encoder: Any = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.decoder, self.encoder, self.room, self.skip = decoder, encoder, room, pre_roll * sizes.hop
        self.sizes, self.audio_loss = sizes, loss
        self.response = synthesis.filter_response(sizes.n_bands, sizes.hop)
        self.table_size = phase_and_noise.table_size(sizes.n_harmonics)

    def dry(self, batch: dict[str, Any]) -> Any:
        """Return the sound without the room, (B, samples)."""
        batch = heard(batch, self.encoder)
        amplitude, distribution, noise = controls_of(self.decoder, batch)
        distribution = synthesis.normalise(distribution, batch["mask"])
        sound = synthesis.harmonic(
            amplitude[..., None] * distribution, batch["entry"], batch["fraction"], self.table_size
        )
        return sound + synthesis.filtered_noise(noise, batch["noise"], self.response)

    def call(self, batch: dict[str, Any]) -> Any:
        """Return the sound in the room, (B, samples)."""
        dry = self.dry(batch)
        return dry + synthesis.convolve(dry, self.room.impulse_response())

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:  # fmt: skip
        """Return the audio loss after the pre-roll."""
        del x, sample_weight, training
        return self.audio_loss(y[:, self.skip :], y_pred[:, self.skip :])


class ControlFit(keras.Model):  # type: ignore[misc]
    """The decoder alone, fitted in dB to harmonic amplitudes and noise magnitudes measured in the recording."""

    def __init__(self, decoder: Any, encoder: Any = None, **options: Any) -> None:
        super().__init__(**options)
        self.decoder, self.encoder = decoder, encoder

    def call(self, batch: dict[str, Any]) -> Any:
        """Return log amplitudes of harmonics and noise bands, (B, F, H + M)."""
        batch = heard(batch, self.encoder)
        amplitude, distribution, noise = controls_of(self.decoder, batch)
        harmonics = amplitude[..., None] * synthesis.normalise(distribution, batch["mask"])
        return ops.log(ops.concatenate([harmonics, noise], axis=-1) + 1e-6)

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:  # fmt: skip
        """Return the weighted mean absolute log error; ``y`` stacks targets and weights, (B, F, 2, H + M)."""
        del x, sample_weight, training
        target, weight = y[:, :, 0], y[:, :, 1]
        return ops.sum(weight * ops.abs(target - y_pred)) / (ops.sum(weight) + 1e-6)
