# SPDX-License-Identifier: GPL-3.0-or-later
"""Converts time to sample positions and back, from block times that jitter. Times are `time.monotonic`."""

from __future__ import annotations

# A block's time says where its samples are, give or take the scheduler; 2 % a block averages over 50 blocks (0.5 s).
_GAIN = 0.02
# Beyond this the stream has stopped and gone on.
_JUMP_S = 0.1


class ClockMap:
    """A straight line through (time, position) that follows slowly and jumps when the stream has jumped.

    Args:
        sample_rate: in Hz.
    """

    def __init__(self, sample_rate: float) -> None:
        self.sample_rate = sample_rate
        self._anchor: tuple[float, int] | None = None

    @property
    def is_running(self) -> bool:
        """True once a block has been seen."""
        return self._anchor is not None

    def block(self, time_s: float, position: int) -> None:
        """The sample at `position` was at the input at `time_s`."""
        if self._anchor is None:
            self._anchor = time_s, position
            return
        anchor_s, anchor = self._anchor
        expected_s = anchor_s + (position - anchor) / self.sample_rate
        error_s = time_s - expected_s
        gain = _GAIN if abs(error_s) < _JUMP_S else 1.0
        self._anchor = expected_s + gain * error_s, position

    def sample_at(self, time_s: float) -> int:
        """The sample that is at the input at that time; 0 before the first block."""
        if self._anchor is None:
            return 0
        anchor_s, anchor = self._anchor
        return anchor + round((time_s - anchor_s) * self.sample_rate)
