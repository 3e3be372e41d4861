# SPDX-License-Identifier: GPL-3.0-or-later
"""Brings the input's pitch and level into the range that a model was trained on, frame by frame."""

from __future__ import annotations

import math

import numpy as np

from ddsp_fx.effects.source import DEFAULT_FRAME_S

# Register and level follow a phrase, not a single note.
MEMORY_S = 3.0
PRIOR_S = 0.2
LEVEL_MEMORY_S = 10.0
SPREAD_PRIOR_S = 1.0
LEAST_SPREAD_DB = 3.0


class RegisterMatch:
    """The octave shift that brings the melody into the trained range. It changes only while the gate is closed.

    Args:
        f0_min_hz, f0_max_hz: the trained range.
        frame_s: seconds between frames.

    Attributes:
        state: for compiled code.
    """

    def __init__(self, f0_min_hz: float, f0_max_hz: float, frame_s: float = DEFAULT_FRAME_S) -> None:
        from ddsp_fx.dsp.state import new
        from ddsp_fx.effects._matching_kernel import Register, register_step

        low, high = 12.0 * math.log2(f0_min_hz), 12.0 * math.log2(f0_max_hz)
        self._step, self.state = register_step, new(Register, low=low, high=high, memory_frames=MEMORY_S / frame_s)

    def reset(self) -> None:
        """No shift until the first voiced frame decides."""
        self.state.mean = self.state.weight = 0.0
        self.state.octaves = self.state.has_decided = 0

    def step(self, f0_hz: float, gate: float) -> int:
        """One frame -> octaves to shift by. The first voiced frame decides at once; later changes wait for a rest."""
        return int(self._step(self.state, f0_hz, gate))


class LevelMatch:
    """Maps the levels of voiced frames to the trained levels by their quantiles.

    The 5, 50 and 95 % quantiles of the last ten seconds are mapped to the model's, linearly between and beyond them:
    soft notes become the model's soft notes, and loud ones its loud ones. Until a second has been heard, the spread is
    taken from the model, so that at first only the middle moves.

    Args:
        low_db, median_db, high_db: the trained quantiles.
        frame_s: seconds between frames.

    Attributes:
        state: for compiled code.
    """

    def __init__(self, low_db: float, median_db: float, high_db: float, frame_s: float = DEFAULT_FRAME_S) -> None:
        from ddsp_fx.dsp.state import new
        from ddsp_fx.effects._matching_kernel import LevelNumbers, Levels, hear_level, level_step

        low_db = min(low_db, median_db - LEAST_SPREAD_DB)
        high_db = max(high_db, median_db + LEAST_SPREAD_DB)
        numbers = new(LevelNumbers, prior=PRIOR_S / frame_s, spread_prior=SPREAD_PRIOR_S / frame_s)
        most = round(LEVEL_MEMORY_S / frame_s)
        memory = np.zeros(most), np.zeros(most), np.array([low_db, median_db, high_db]), np.zeros(3)
        self._hear, self._step, self.state = hear_level, level_step, Levels(numbers, *memory)
        self.reset()

    def reset(self) -> None:
        """Forget all levels; levels then pass unchanged."""
        numbers = self.state.numbers
        numbers.count, numbers.place, numbers.is_known = 0, 0, 1
        self.state.heard[:] = self.state.trained

    def hear(self, level_db: float, gate: float) -> None:
        """Learn one frame, only while the gate is fully open. The quantiles are computed when `step` needs them."""
        self._hear(self.state, level_db, gate)

    def step(self, level_db: float, gate: float) -> float:
        """One frame -> its mapped level in dB."""
        return float(self._step(self.state, level_db, gate))
