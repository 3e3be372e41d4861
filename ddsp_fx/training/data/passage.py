# SPDX-License-Identifier: GPL-3.0-or-later
"""A part of a recording with pitch and level for each frame, and the scaling of both for a model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ddsp_fx.array_types import Floats
from ddsp_fx.training.parts import Statistics


@dataclass(frozen=True)
class Passage:
    """A recording, or a part of one, at the model's rate.

    ``audio`` is (samples,); all other arrays hold one value per frame. Frame k is at sample k * hop.
    """

    name: str
    audio: Floats
    f0_hz: Floats
    confidence: Floats
    level_db: Floats

    @property
    def frames(self) -> int:
        """Number of frames."""
        return len(self.f0_hz)

    def cut(self, start: int, stop: int, hop: int) -> Passage:
        """Return frames ``start`` to ``stop`` (exclusive), and the audio between the first and the last of them."""
        audio = self.audio[start * hop : (stop - 1) * hop]
        part = slice(start, stop)
        return Passage(self.name, audio, self.f0_hz[part], self.confidence[part], self.level_db[part])


def join(passages: Sequence[Passage], hop: int) -> Passage:
    """Return one passage that consists of ``passages`` in order."""
    audio = np.concatenate([passage.audio[: passage.frames * hop] for passage in passages])
    features = (np.concatenate([getattr(t, name) for t in passages]) for name in ("f0_hz", "confidence", "level_db"))
    return Passage(", ".join(passage.name for passage in passages), audio, *features)


def f0_scaled(f0_hz: npt.ArrayLike) -> Floats:
    """Return midi / 127 of ``f0_hz``."""
    midi = 69.0 + 12.0 * np.log2(np.maximum(np.asarray(f0_hz, np.float64), 1.0) / 440.0)
    return (midi / 127.0).astype(np.float32)


def level_scaled(level_db: npt.ArrayLike) -> Floats:
    """Return dB / 80 + 1 of ``level_db``."""
    return (np.asarray(level_db, np.float64) / 80.0 + 1.0).astype(np.float32)


def statistics_of(passages: Sequence[Passage]) -> Statistics:
    """Return means and deviations of the scaled pitch and level over all frames of ``passages``."""
    f0 = f0_scaled(np.concatenate([passage.f0_hz for passage in passages]))
    level = level_scaled(np.concatenate([passage.level_db for passage in passages]))
    return Statistics(float(f0.mean()), float(f0.std()) + 1e-3, float(level.mean()), float(level.std()) + 1e-3)
