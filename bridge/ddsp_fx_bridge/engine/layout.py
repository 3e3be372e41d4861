# SPDX-License-Identifier: GPL-3.0-or-later
"""The format of a stream of audio."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Layout:
    """A stream's rate in Hz, longest block in samples, and number of channels."""

    sample_rate: float = 48000.0
    max_block_size: int = 256
    channels: int = 2
