# SPDX-License-Identifier: GPL-3.0-or-later
"""Brings the input's pitch and level into the range that a model was trained on, frame by frame."""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections import deque

import numpy as np
from numpy.typing import NDArray

from ddsp_fx.effects.source import DEFAULT_FRAME_S

# Register and level follow a phrase, not a single note.
MEMORY_S = 3.0
PRIOR_S = 0.2
# The shift changes once the mean is this far outside. The mean reaches a new register in about a second.
OCTAVE_MARGIN_SEMITONES = 5.0
LEVEL_MEMORY_S = 10.0
SPREAD_PRIOR_S = 1.0
LEAST_SPREAD_DB = 3.0
# Limits on the ratio of trained to heard spread: dynamics are stretched at most twofold and compressed at most by half.
LEAST_SLOPE, MOST_SLOPE = 0.5, 2.0


class RunningMean:
    """Exponential mean whose early estimates weigh all frames equally."""

    def __init__(self, memory_frames: float) -> None:
        self._memory = memory_frames
        self.reset()

    def reset(self) -> None:
        """Forget all values."""
        self.value = self._weight = 0.0

    def update(self, observed: float) -> float:
        """Add one value and return the mean."""
        self._weight = min(self._weight + 1.0, self._memory)
        self.value += (observed - self.value) / self._weight
        return self.value


class RegisterMatch:
    """The octave shift that brings the melody into the trained range. It changes only while the gate is closed.

    Args:
        f0_min_hz, f0_max_hz: the trained range.
        frame_s: seconds between frames.
    """

    def __init__(self, f0_min_hz: float, f0_max_hz: float, frame_s: float = DEFAULT_FRAME_S) -> None:
        self._low = 12.0 * math.log2(f0_min_hz)
        self._high = 12.0 * math.log2(f0_max_hz)
        self._mean = RunningMean(MEMORY_S / frame_s)
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
        """The smallest shift that lands inside the range; if none does, the one nearest to its centre."""
        pitch = self._mean.value
        inside = [n for n in range(-4, 5) if self._low <= pitch + 12 * n <= self._high]
        centre = (self._low + self._high) / 2.0
        return min(inside, key=abs) if inside else round((centre - pitch) / 12.0)


class RecentLevels:
    """The newest levels of a stream, kept sorted, so that a quantile needs no sort (benchmarks/at_rest.py).

    Args:
        most: how many are kept; None is all.
    """

    def __init__(self, most: int | None) -> None:
        self._arrived: deque[float] = deque(maxlen=most)
        self._ordered: list[float] = []

    def __reduce__(self) -> tuple[type[RecentLevels], tuple[int | None]]:
        """A copy is empty: like audio, levels do not travel with an effect."""
        return RecentLevels, (self._arrived.maxlen,)

    def reset(self) -> None:
        """Forget all levels."""
        self._arrived.clear()
        self._ordered.clear()

    def add(self, level_db: float) -> None:
        """Add a level; the oldest one is dropped when there are too many."""
        if len(self._arrived) == self._arrived.maxlen:
            del self._ordered[bisect_left(self._ordered, self._arrived[0])]
        self._arrived.append(level_db)
        insort(self._ordered, level_db)

    def quantile(self, share: float) -> float:
        """Linear between neighbours, to the bit as in `np.quantile`; at least one level must have been added."""
        place = share * (len(self._ordered) - 1)
        below = int(place)
        low, high = self._ordered[below], self._ordered[min(below + 1, len(self._ordered) - 1)]
        part = place - below
        return high - (high - low) * (1.0 - part) if part >= 0.5 else low + (high - low) * part


class LevelMatch:
    """Maps the levels of voiced frames to the trained levels by their quantiles.

    The 5, 50 and 95 % quantiles of the last ten seconds are mapped to the model's, linearly between and beyond them:
    soft notes become the model's soft notes, and loud ones its loud ones. Until a second has been heard, the spread is
    taken from the model, so that at first only the middle moves.

    Args:
        low_db, median_db, high_db: the trained quantiles.
        frame_s: seconds between frames.
    """

    def __init__(self, low_db: float, median_db: float, high_db: float, frame_s: float = DEFAULT_FRAME_S) -> None:
        self._target = np.array([low_db, median_db, high_db])
        self._target[0] = min(low_db, median_db - LEAST_SPREAD_DB)
        self._target[2] = max(high_db, median_db + LEAST_SPREAD_DB)
        self._prior, self._spread_prior = PRIOR_S / frame_s, SPREAD_PRIOR_S / frame_s
        self._heard = RecentLevels(round(LEVEL_MEMORY_S / frame_s))
        self.reset()

    def reset(self) -> None:
        """Forget all levels; levels then pass unchanged."""
        self._heard.reset()
        self._count = 0
        self._quantiles: NDArray[np.float64] | None = self._target.copy()

    def hear(self, level_db: float, gate: float) -> None:
        """Learn one frame, only while the gate is fully open. The quantiles are computed when `step` needs them."""
        if gate >= 1.0:
            self._heard.add(level_db)
            self._count += 1
            self._quantiles = None

    def step(self, level_db: float, gate: float) -> float:
        """One frame -> its mapped level in dB."""
        self.hear(level_db, gate)
        if self._quantiles is None:
            self._quantiles = self._estimate()
        side = 2 if level_db > self._quantiles[1] else 0
        slope = (self._target[side] - self._target[1]) / (self._quantiles[side] - self._quantiles[1])
        return float(self._target[1] + slope * (level_db - self._quantiles[1]))

    def _estimate(self) -> NDArray[np.float64]:
        """The quantiles heard so far, drawn towards the model's own while few frames are known."""
        heard = np.array([self._heard.quantile(share) for share in (0.05, 0.5, 0.95)])
        middle = self._target[1] + (heard[1] - self._target[1]) * min(1.0, self._count / self._prior)
        trained = self._target - self._target[1]
        known = self._count / (self._count + self._spread_prior)
        spread = known * (heard - heard[1]) + (1.0 - known) * trained
        # A drone has no dynamics to stretch, and wildly varying levels should not be flattened.
        spread[[0, 2]] = np.clip(spread[[0, 2]] / trained[[0, 2]], LEAST_SLOPE, MOST_SLOPE) * trained[[0, 2]]
        spread[1] = 0.0
        return np.asarray(middle + spread)
