# SPDX-License-Identifier: GPL-3.0-or-later
"""Trains a pitch encoder without a tracker: on sounds of the synthesizer, whose controls were drawn at random.

Engel et al. 2020, "Self-supervised pitch detection by inverse audio synthesis". A spectral loss alone does not lead an
untrained encoder to the pitch: where no partial overlaps the recording's, it is flat or points in the wrong direction.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from ddsp_fx.training.data import phase_and_noise
from ddsp_fx.training.model import synthesis
from ddsp_fx.training.model.pitch_encoder import N_NOTES, midi_of

# A note's own bin is the most likely; its two neighbours encode the position within it, half a semitone either way.
SPREAD_SEMITONES = 0.6
FARTHEST_SEMITONES = 1.0


def sound(batch: dict[str, Any], hop: int) -> Any:
    """Return the synthesizer's sound for controls of :func:`random_sounds.draw`, (B, (F - 1) hop)."""
    size = phase_and_noise.table_size(batch["amplitudes"].shape[-1])
    dry = synthesis.harmonic(batch["amplitudes"], batch["entry"], batch["fraction"], size)
    response = synthesis.filter_response(batch["noise_magnitudes"].shape[-1], hop)
    dry = dry + synthesis.filtered_noise(batch["noise_magnitudes"], batch["noise"], response)
    return dry + synthesis.convolve(dry, batch["response"][0])


def loss(logits: tuple[Any, Any], midi: Any, sounds: Any) -> Any:
    """Return an encoder's error: cross entropy of notes, plus semitones of error, plus cross entropy of sounding.

    ``midi`` and ``sounds`` (B, F) were drawn. Pitch counts only where a note sounds, and each error counts as at most a
    semitone, since the first term corrects octave errors.
    """
    notes, pitched = logits
    away = (np.arange(N_NOTES, dtype=np.float32) - midi[..., None]) / SPREAD_SEMITONES
    wanted = ops.softmax(-0.5 * away * away, axis=-1)
    entropy = -ops.sum(wanted * ops.log_softmax(notes, axis=-1), axis=-1)
    semitones = ops.minimum(ops.abs(midi_of(notes) - midi), FARTHEST_SEMITONES)
    sounding = ops.sum(sounds * (entropy + semitones)) / (ops.sum(sounds) + 1e-6)
    return sounding + ops.mean(ops.softplus(pitched) - sounds * pitched)


class Lesson(keras.Model):  # type: ignore[misc]
    """The encoder applied to the synthesizer's sound; trained on :func:`lesson`."""

    def __init__(self, listener: Any, hop: int, **options: Any) -> None:
        super().__init__(**options)
        self.listener, self.hop = listener, hop

    def call(self, batch: dict[str, Any]) -> tuple[Any, Any]:
        """Return the encoder's logits for the sounds."""
        notes, pitched = self.listener.logits(ops.stop_gradient(sound(batch, self.hop)))
        return notes, pitched

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:  # fmt: skip
        """Return :func:`loss`; ``y`` stacks midi and sounds, (B, F, 2)."""
        del x, sample_weight, training
        return loss(y_pred, y[..., 0], y[..., 1])
