# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures how busy the audio thread is, and how often it was late."""

from __future__ import annotations

# The mean over about 50 blocks: 0.3 s of 256 samples at 48 kHz.
_SHARE = 0.02


class Load:
    """Written by the audio thread, read by any thread."""

    def __init__(self) -> None:
        self.mean = 0.0
        self.peak = 0.0
        self.xruns = 0

    def add(self, spent_s: float, block_s: float) -> None:
        """Add a block: the time spent on it, and its duration."""
        share = spent_s / block_s if block_s else 0.0
        self.mean += _SHARE * (share - self.mean)
        # The peak falls by half in about a second, so that one bad block is visible for a while.
        self.peak = max(share, self.peak * (1.0 - 0.7 * block_s))

    def xrun(self, count: int = 1) -> None:
        """Count blocks that were late or lost."""
        self.xruns += count
