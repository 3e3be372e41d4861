# SPDX-License-Identifier: GPL-3.0-or-later
"""Bringing a foreign voice into the range a model was trained on, one frame at a time."""

from __future__ import annotations

import math

# Seconds-scale memory in frames (50 a second): a phrase, not a note, decides register and level.
MEMORY_FRAMES = 150
PRIOR_FRAMES = 10.0
# A median-like tracker that moves this far a voiced frame follows a new register in about a second.
OCTAVE_MARGIN_SEMITONES = 5.0


class RunningMean:
    """Exponential mean whose early estimates weigh all frames alike, after a prior of a few frames."""

    def __init__(self, prior: float, prior_frames: float = PRIOR_FRAMES) -> None:
        self._prior, self._prior_frames = prior, prior_frames
        self.reset()

    def reset(self) -> None:
        """Back to the prior."""
        self.value, self._weight = self._prior, self._prior_frames

    def update(self, observed: float) -> float:
        """One more frame; returns the mean."""
        self._weight = min(self._weight + 1.0, float(MEMORY_FRAMES))
        self.value += (observed - self.value) / self._weight
        return self.value


class RegisterMatch:
    """The octave shift that brings the melody into the trained range, changed only where the gate is shut."""

    def __init__(self, f0_min_hz: float, f0_max_hz: float) -> None:
        self._low = 12.0 * math.log2(f0_min_hz)
        self._high = 12.0 * math.log2(f0_max_hz)
        self._mean = RunningMean((self._low + self._high) / 2.0, prior_frames=0.0)
        self.octaves = 0
        self._decided = False

    def reset(self) -> None:
        """No shift until the first voiced frame decides."""
        self._mean.reset()
        self.octaves, self._decided = 0, False

    def step(self, f0_hz: float, gate: float) -> int:
        """One frame -> octaves to shift by. The first voiced frame decides at once; later changes wait for a rest."""
        if gate == 0.0 and self._decided:
            self._reconsider()
        elif gate > 0.0:
            self._mean.update(12.0 * math.log2(f0_hz))
            if not self._decided:
                self._decided = True
                self.octaves = self._best_shift()
        return self.octaves

    def _reconsider(self) -> None:
        shifted = self._mean.value + 12.0 * self.octaves
        margin = OCTAVE_MARGIN_SEMITONES
        if not self._low - margin <= shifted <= self._high + margin:
            self.octaves = self._best_shift()

    def _best_shift(self) -> int:
        """The smallest shift that lands inside the range; the nearest to its centre when none does."""
        pitch = self._mean.value
        inside = [n for n in range(-4, 5) if self._low <= pitch + 12 * n <= self._high]
        centre = (self._low + self._high) / 2.0
        return min(inside, key=abs) if inside else round((centre - pitch) / 12.0)


class LevelMatch:
    """The offset in dB that moves the running level of voiced frames to the trained median."""

    def __init__(self, trained_median_db: float) -> None:
        self._target_db = trained_median_db
        self._mean = RunningMean(trained_median_db)

    def reset(self) -> None:
        """No offset."""
        self._mean.reset()

    def step(self, level_db: float, gate: float) -> float:
        """One frame -> dB to add; learns only while the gate is fully open."""
        if gate >= 1.0:
            self._mean.update(level_db)
        return self._target_db - self._mean.value
