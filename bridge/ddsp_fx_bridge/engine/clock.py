# SPDX-License-Identifier: GPL-3.0-or-later
"""Converts between time and sample positions, from block times with jitter. Times are `time.monotonic`."""

from __future__ import annotations

# A block's time gives its position up to the scheduler's jitter; 2 % per block averages over 50 blocks (0.5 s).
_GAIN = 0.02
# A larger error means that the stream has paused.
_JUMP_S = 0.1


class ClockMap:
    """A straight line through (time, position) that follows slowly, and jumps after a pause of the stream.

    Args:
        sample_rate: in Hz.
    """

    def __init__(self, sample_rate: float) -> None:
        self.sample_rate = sample_rate
        self._anchor: tuple[float, int] | None = None

    @property
    def is_running(self) -> bool:
        """Whether a block has arrived yet."""
        return self._anchor is not None

    def block(self, time_s: float, position: int) -> None:
        """Report that the sample at `position` was at the input at `time_s`."""
        if self._anchor is None:
            self._anchor = time_s, position
            return
        anchor_s, anchor = self._anchor
        expected_s = anchor_s + (position - anchor) / self.sample_rate
        error_s = time_s - expected_s
        gain = _GAIN if abs(error_s) < _JUMP_S else 1.0
        self._anchor = expected_s + gain * error_s, position

    def sample_at(self, time_s: float) -> int:
        """The sample at the input at that time; 0 before the first block."""
        if self._anchor is None:
            return 0
        anchor_s, anchor = self._anchor
        return anchor + round((time_s - anchor_s) * self.sample_rate)
