# SPDX-License-Identifier: GPL-3.0-or-later
"""The batches for both stages: random clips, disturbed to prevent overfitting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ddsp_fx.array_types import Floats
from ddsp_fx.training.config import TrainConfig
from ddsp_fx.training.data import clips, phase_and_noise, random_sounds
from ddsp_fx.training.data.passage import Passage, f0_scaled, level_scaled

Batch = tuple[dict[str, Any], Floats]
# Models overfit three minutes of music soon: without disturbance, the training loss fell from 5.9 to 5.2 while that of
# the held-out end stayed at 6.2. So the decoder gets blurred clips - louder or softer, with small errors of each
# frame's level and pitch - and loses a share of the GRU's outputs, a different one for each clip.
DROPPED = 0.3
LESSON_CLIPS = 2
# The first stage has no audio, so its clips can be long: 4 s, as the paper's windows.
FIT_SECONDS, FIT_BATCH = 4.0, 8


class Batches:
    """Draws the batches of one run.

    Args:
        passages: the training set.
        config: settings.
        rng: the only random generator of the run, so that its state suffices to resume.
        listens: whether an encoder hears the clips.
    """

    def __init__(
        self, passages: Sequence[Passage], config: TrainConfig, rng: np.random.Generator, *, listens: bool = False
    ) -> None:
        self.passages, self.config, self.rng, self.listens = passages, config, rng, listens
        self._learns_pitch, self._state_size = config.learns_pitch, config.sizes.state_size

    def audio(self) -> Batch:
        """Random clips for the second stage: inputs, and the recorded audio (batch, samples)."""
        config, rng = self.config, self.rng
        clip = clips.random_batch(self.passages, clip_shape(config), config.batch, rng)
        inputs, audio = blurred(clip, config, rng)
        keep = rng.random((config.batch, 1, self._state_size)) >= DROPPED
        inputs["keep"] = (keep / (1.0 - DROPPED)).astype(np.float32)
        if self.listens:
            inputs["audio"] = audio
        return (inputs | self._lesson(inputs["f0_scaled"].shape) if self._learns_pitch else inputs), audio

    def _lesson(self, frames: tuple[int, ...]) -> dict[str, Any]:
        """The step's additional input for an encoder that learns pitch; the clips' ``frames`` are (batch, frames)."""
        error = self.rng.normal(0.0, self.config.pitch_error_semitones / 127.0, frames)
        shape = random_sounds.sounds_like(self.config, LESSON_CLIPS)
        lesson, answers = random_sounds.lesson(shape, self.rng)
        return {"f0_error": error.astype(np.float32), "lesson": lesson, "answers": answers}

    def fit(self, targets: Sequence[Floats]) -> Batch:
        """Random parts for the first stage: features, and ``targets``, (frames, 2, H + M) per passage."""
        config, passages = self.config, self.passages
        shortest = min(passage.frames for passage in passages)
        frames = min(round(FIT_SECONDS * config.frame_rate), shortest)
        places = clips.random_positions(passages, frames, FIT_BATCH, self.rng)
        cuts = [passages[t].cut(s, s + frames, config.hop) for t, s in places]
        f0_hz = np.stack([cut.f0_hz for cut in cuts])
        inputs = {
            "f0_scaled": f0_scaled(f0_hz),
            "level_scaled": level_scaled(np.stack([cut.level_db for cut in cuts])),
            "mask": phase_and_noise.audible(f0_hz, n_harmonics=config.n_harmonics, sample_rate=config.sample_rate),
        }
        # An encoder that learns pitch has already analysed the passages, which contain its pitch.
        if self.listens and not self._learns_pitch:
            inputs["audio"] = np.stack([cut.audio for cut in cuts])
        return inputs, np.stack([targets[t][s : s + frames] for t, s in places])


def blurred(batch: Batch, config: TrainConfig, rng: np.random.Generator) -> Batch:
    """The same clips with other gains, and with small errors in the level and pitch that the decoder receives."""
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
    """The clip's shape from the settings."""
    return clips.ClipShape(config.clip_frames, config.hop, config.sample_rate, config.n_harmonics)
