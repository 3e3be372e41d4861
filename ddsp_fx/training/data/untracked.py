# SPDX-License-Identifier: GPL-3.0-or-later
"""Recordings of a run without a tracker: trained on by level alone. A tracker's pitch is used only to judge."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ddsp_fx.analysis.features import FIRST_F0_HZ, Features, extract
from ddsp_fx.analysis.pitch import Pitches
from ddsp_fx.analysis.rate import FEATURE_RATE_HZ
from ddsp_fx.array_types import Floats
from ddsp_fx.training.config import TrainConfig
from ddsp_fx.training.data.fine_pitch import refine
from ddsp_fx.training.data.passage import Passage
from ddsp_fx.training.data.recordings import Recording


class NoTracker:
    """A `PitchTracker` that always reports 220 Hz with full confidence, or recordings would be judged pitchless."""

    name = "none"
    look_ahead = 0

    def __init__(self, hop: int) -> None:
        self.hop = hop
        self.reset()

    def process(self, samples_16k: Floats) -> Pitches:
        """The frames that begin in these samples."""
        self._samples += len(samples_16k)
        return self._up_to(-(-self._samples // self.hop))

    def flush(self, total_samples: int) -> Pitches:
        """The remaining frames."""
        return self._up_to(-(-total_samples // self.hop) + 1)

    def reset(self) -> None:
        """Return to sample 0."""
        self._samples, self._given = 0, 0

    def _up_to(self, frames: int) -> Pitches:
        new, self._given = frames - self._given, frames
        return np.full(new, FIRST_F0_HZ, np.float32), np.ones(new, np.float32)


def levels(recording: Recording, config: TrainConfig) -> Features:
    """Return a recording's features, with real levels and a meaningless pitch."""
    feature_hop = config.hop * FEATURE_RATE_HZ // recording.sample_rate
    return extract(recording.audio, recording.sample_rate, NoTracker(feature_hop), config.level, feature_hop)


def tracked(passage: Passage, config: TrainConfig) -> Passage:
    """Return a held-out passage with the pitch of ``config.tracker``, as the bundle will analyse it."""
    feature_hop = config.hop * FEATURE_RATE_HZ // config.sample_rate
    found = extract(passage.audio, config.sample_rate, config.tracker, config.level, feature_hop)
    f0_hz, confidence = found.f0_hz[: passage.frames], found.confidence[: passage.frames]
    rough = replace(passage, f0_hz=f0_hz, confidence=confidence)
    return refine(rough, hop=config.hop, sample_rate=config.sample_rate)
