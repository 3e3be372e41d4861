# SPDX-License-Identifier: GPL-3.0-or-later
"""The network that learns pitch: log mel spectra -> convolutions over time -> softmax over 128 MIDI notes -> f0.

Engel et al. 2020, section B.2, with smaller layers. The paper takes the mean of all notes weighted by the softmax; here
it covers only notes near the most likely one. If two octaves are likely, the mean of both is a pitch that nobody
played.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import keras
import numpy as np
from keras import ops

from ddsp_fx.analysis.features import FIRST_F0_HZ
from ddsp_fx.analysis.pitch import VOICED_FROM
from ddsp_fx.training.data import phase_and_noise
from ddsp_fx.training.data.passage import Passage
from ddsp_fx.training.model import learned_phase, mel

N_MELS, N_NOTES = 229, 128
UNITS, BLOCKS, KERNEL = 256, 3, 3
NEIGHBOURS = 3
# The spectral loss's gradient has a norm of 100 to 300 in an encoder's weights, and of 6 to 9 in the decoder's; a
# lesson's has 4 to 8. Undamped, it would drown both. The damping reduces it to a quarter of a lesson's.
DAMPING = 0.005


class PitchEncoder(keras.Model):  # type: ignore[misc]
    """Log mel spectra (B, F, 229) -> logits of notes (B, F, 128) and of a pitch being present (B, F)."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.input_norm = keras.layers.LayerNormalization(name="per_frame")
        self.stem = keras.layers.Dense(UNITS, name="stem")
        self.norms = [keras.layers.LayerNormalization(name=f"norm_{i}") for i in range(BLOCKS)]
        self.convolutions = [
            keras.layers.Conv1D(UNITS, KERNEL, padding="same", name=f"convolution_{i}") for i in range(BLOCKS)
        ]
        self.head = keras.layers.Dense(N_NOTES + 1, name="notes")

    def call(self, log_mels: Any) -> tuple[Any, Any]:
        """Return the logits."""
        x = self.stem(self.input_norm(log_mels))
        for norm, convolution in zip(self.norms, self.convolutions, strict=True):
            x = x + convolution(ops.gelu(norm(x)))
        raw = self.head(x)
        return raw[..., :N_NOTES], raw[..., N_NOTES]


def midi_of(logits: Any) -> Any:
    """Return the pitch (B, F) in MIDI notes: the softmax-weighted mean of the notes within 3 of the most likely."""
    notes = np.arange(N_NOTES, dtype=np.float32)
    best = ops.cast(ops.argmax(logits, axis=-1), "float32")[..., None]
    near = ops.abs(notes - best) <= NEIGHBOURS
    weights = ops.softmax(ops.where(near, logits, -1e9), axis=-1)
    return ops.sum(weights * notes, axis=-1)


class PitchListener(keras.Model):  # type: ignore[misc]
    """A batch's ``audio`` (B, T) -> all inputs that depend on pitch, which otherwise come from a tracker.

    ``f0_error`` (B, F), if given, is added to the decoder's input. Without it, the encoder and the decoder would use
    the pitch as a code for other content; for the same reason no gradient flows back through that input.
    """

    def __init__(self, *, hop: int, sample_rate: int, n_harmonics: int, **options: Any) -> None:
        super().__init__(**options)
        self.network = PitchEncoder(name="pitch_encoder")
        self.sizes = {"hop": hop, "sample_rate": sample_rate}
        self.n_harmonics = n_harmonics

    def logits(self, audio: Any) -> tuple[Any, Any]:
        """Return logits of notes (B, F, 128) and of a pitch being present (B, F)."""
        notes, pitched = self.network(mel.log_mel(audio, n_mels=N_MELS, **self.sizes))
        return notes, pitched

    def call(self, batch: dict[str, Any]) -> dict[str, Any]:
        """Return f0_scaled, mask, entry and fraction."""
        midi = midi_of(self.logits(batch["audio"])[0])
        fixed = ops.stop_gradient(midi)
        f0_hz = learned_phase.hz_of_midi(fixed + DAMPING * (midi - fixed))
        size = phase_and_noise.table_size(self.n_harmonics)
        entry, fraction = learned_phase.table_places(f0_hz, size=size, **self.sizes)
        told = fixed / 127.0 + batch.get("f0_error", 0.0)
        mask = learned_phase.audible(
            ops.stop_gradient(f0_hz), n_harmonics=self.n_harmonics, sample_rate=self.sizes["sample_rate"]
        )
        return {"f0_scaled": told, "mask": mask, "entry": entry, "fraction": fraction}


def track_pitch(passages: Sequence[Passage], listener: Any) -> list[Passage]:
    """Return ``passages`` with the pitch and confidence of ``listener``; without a pitch, the last one is held."""
    return [_tracked(passage, listener) for passage in passages]


def _tracked(passage: Passage, listener: Any) -> Passage:
    notes, pitched = listener.logits(passage.audio[np.newaxis])
    midi, confidence = np.asarray(midi_of(notes))[0], np.asarray(ops.sigmoid(pitched))[0]
    f0_hz = np.append(FIRST_F0_HZ, 440.0 * 2.0 ** ((midi[: passage.frames] - 69.0) / 12.0))
    known = np.append(True, confidence[: passage.frames] >= VOICED_FROM)
    held = f0_hz[np.maximum.accumulate(np.where(known, np.arange(len(f0_hz)), 0))][1:]
    confidence = confidence[: passage.frames].astype(np.float32)
    return replace(passage, f0_hz=held.astype(np.float32), confidence=confidence)
