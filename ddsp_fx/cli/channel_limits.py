# SPDX-License-Identifier: GPL-3.0-or-later
"""Which chains can take more than two channels."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ddsp_fx.errors import BoardError

# pedalboard 0.9.26: Reverb hands more than two channels through untouched, MP3Compressor raises.
STEREO_ONLY = ("Reverb", "MP3Compressor")


def check_channels(slots: Iterable[Any], channels: int) -> None:
    """Raises BoardError where something in the chain, however deep, is for mono and stereo alone."""
    if channels <= 2:
        return
    for slot in slots:
        name = type(slot).__name__
        if name in STEREO_ONLY:
            raise BoardError(f"{name} takes 1 or 2 channels, there are {channels}: leave out --channels keep")
        if isinstance(slot, Iterable):
            check_channels(slot, channels)
