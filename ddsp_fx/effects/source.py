# SPDX-License-Identifier: GPL-3.0-or-later
"""The inputs of an effect: files by role, and facts about its model's training data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from ddsp_fx.analysis.rate import FEATURE_RATE_HZ
from ddsp_fx.errors import BundleError
from ddsp_fx.inference.runner import Runner

LevelKind = Literal["loudness", "power"]
DEFAULT_FRAME_S = 0.02


@dataclass(frozen=True)
class Trained:
    """The ranges of the training data, in the model's own features.

    Args:
        level: the feature that the model reads; A-weighted loudness and RMS power are not interchangeable.
        f0_min_hz, f0_max_hz: pitch range of the voiced frames.
        level_low_db, level_median_db, level_high_db: 5 %, 50 % and 95 % quantiles over voiced frames.
        sample_rate: the rate the model was trained at; it has learned nothing above half of it.
        hop: samples at 16 kHz between frames.
    """

    level: LevelKind = "power"
    f0_min_hz: float = 55.0
    f0_max_hz: float = 1760.0
    level_low_db: float = -60.0
    level_median_db: float = -30.0
    level_high_db: float = -15.0
    sample_rate: int = 16000
    hop: int = 320

    @property
    def frame_s(self) -> float:
        """Seconds between frames."""
        return self.hop / FEATURE_RATE_HZ


@dataclass(frozen=True)
class Source:
    """Files by role ("model", "room") and facts about them; in tests, `runner` replaces the model file."""

    files: Mapping[str, Path] = field(default_factory=dict)
    trained: Trained = field(default_factory=Trained)
    options: Mapping[str, Any] = field(default_factory=dict)
    runner: Runner | None = None
    label: str = "effect"

    def file(self, role: str) -> Path:
        """The file of that role; raises BundleError when the source has none."""
        if role not in self.files:
            have = ", ".join(self.files) or "no files"
            raise BundleError(f"{self.label}: needs a {role!r} file; it has {have}")
        return self.files[role]
