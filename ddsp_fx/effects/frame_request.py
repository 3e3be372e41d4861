# SPDX-License-Identifier: GPL-3.0-or-later
"""An effect's decisions for each frame."""

from __future__ import annotations

from dataclasses import dataclass

# Above the trained loudness, decoders overdrive; 6 dB of headroom keeps accents.
LEVEL_HEAD_ROOM_DB = 6.0
# While the gate is closed, the model's input level is lower by this, so that a consonant does not build up its state.
UNVOICED_DUCK_DB = 20.0


@dataclass(frozen=True)
class FrameRequest:
    """What one frame asks of the model and the synthesizer; gains are linear, 0 is silence.

    `followed`: the input could be followed. `too_quiet`: it was below the level gate. `out_of_range`: the pitch is
    outside the model's training data.
    """

    f0_hz: float
    level_db: float
    harmonic_gain: float
    noise_gain: float
    followed: bool = True
    too_quiet: bool = False
    out_of_range: bool = False
