# SPDX-License-Identifier: GPL-3.0-or-later
"""The average z for each pitch and level, which replaces the encoder when the bundle plays.

Bundles contain no encoder, so this is built into the decoder at the end of a run.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ddsp_fx.array_types import Floats
from ddsp_fx.training.config import TrainConfig
from ddsp_fx.training.data.passage import Passage, f0_scaled, level_scaled


def bake(decoder: Any, encoder: Any, passages: Sequence[Passage], config: TrainConfig) -> None:
    """Give ``decoder`` the average z for each pitch and level: a least-squares fit over the frames of ``passages``."""
    known, wanted = [], []
    for passage in passages:
        f0, level, z = _listen(encoder, passage, config)
        known.append(np.asarray(decoder.terms(f0, level)).reshape(-1, decoder.usual_z.shape[0]))
        wanted.append(z.reshape(-1, z.shape[-1]))
    solution, *_ = np.linalg.lstsq(np.concatenate(known), np.concatenate(wanted), rcond=None)
    decoder.usual_z.assign(solution.astype(np.float32))


def _listen(encoder: Any, passage: Passage, config: TrainConfig) -> tuple[Floats, Floats, Floats]:
    """Return f0_scaled, level_scaled, z of the counted frames of adjacent clips, cut as in training."""
    starts = range(0, passage.frames - config.clip_frames + 1, config.clip_frames - config.pre_roll)
    cuts = [passage.cut(start, start + config.clip_frames, config.hop) for start in starts]
    z = np.asarray(encoder({"audio": np.stack([cut.audio for cut in cuts])})["z"])
    f0 = f0_scaled(np.stack([cut.f0_hz for cut in cuts]))
    level = level_scaled(np.stack([cut.level_db for cut in cuts]))
    return f0[:, config.pre_roll :], level[:, config.pre_roll :], z[:, config.pre_roll :]
