# SPDX-License-Identifier: GPL-3.0-or-later
"""Which chains accept more than two channels."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ddsp_fx.errors import BoardError

# pedalboard 0.9.26: with more than two channels, Reverb passes audio through unprocessed and MP3Compressor raises.
STEREO_ONLY = ("Reverb", "MP3Compressor")


def check_channels(slots: Iterable[Any], channels: int) -> None:
    """Raises BoardError if any effect in the chain, at any depth, supports only mono and stereo."""
    if channels <= 2:
        return
    for slot in slots:
        name = type(slot).__name__
        if name in STEREO_ONLY:
            raise BoardError(f"{name} takes 1 or 2 channels, but there are {channels}: leave out --channels keep")
        if isinstance(slot, Iterable):
            check_channels(slot, channels)
