# SPDX-License-Identifier: GPL-3.0-or-later
"""The room of a training set, as the impulse response that the settings ask for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ddsp_fx.analysis.rate import FEATURE_RATE_HZ
from ddsp_fx.array_types import Floats
from ddsp_fx.dsp.resample import resample
from ddsp_fx.training.config import TrainConfig
from ddsp_fx.training.data.passage import Passage
from ddsp_fx.training.room.blind_estimate import estimate_room


def room_response(passages: Sequence[Passage], config: TrainConfig) -> Floats:
    """The room as taps (length,), all zero if the settings ask for none."""
    length = round(config.room_seconds * config.sample_rate)
    if not config.room:
        return np.zeros(length, np.float32)
    heard = [_as_the_room_is_heard(passage, config) for passage in passages]
    return estimate_room(heard).render(length, config.sample_rate, config.seed)


def _as_the_room_is_heard(passage: Passage, config: TrainConfig) -> Passage:
    """The passage at 16 kHz and 50 frames a second, for which the estimate's windows and thresholds were measured."""
    audio = passage.audio
    if config.sample_rate != FEATURE_RATE_HZ:
        audio = resample(audio, config.sample_rate, FEATURE_RATE_HZ)
    step = max(1, config.frame_rate // 50)
    return Passage(passage.name, audio, passage.f0_hz[::step], passage.confidence[::step], passage.level_db[::step])
