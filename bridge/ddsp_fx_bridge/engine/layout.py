# SPDX-License-Identifier: GPL-3.0-or-later
"""The form of a stream of audio."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Layout:
    """Rate in Hz, longest block in samples, and channels of a stream of audio."""

    sample_rate: float = 48000.0
    max_block_size: int = 256
    channels: int = 2
