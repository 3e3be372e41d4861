# SPDX-License-Identifier: GPL-3.0-or-later
"""Removes a tracker's octave slips from a note: a leap of an octave counts only after 20 ms of voiced frames.

Where a note rings on under the next one, a tracker may report an octave above or below for one frame, which would
sound as a chirp. A true leap of that width comes 20 ms late. Narrower leaps, as in most melodies, pass at once.
An unvoiced frame repeats the last voiced pitch and therefore confirms nothing: one frame of a consonant, read as
1071 Hz, was once played for 60 ms because of the two unvoiced frames after it.
"""

from __future__ import annotations

import math

from ddsp_fx.effects.source import DEFAULT_FRAME_S

AGREE_S = 0.02


class OctaveGuard:
    """One frame of pitch in, the pitch to play out.

    Args:
        frame_s: seconds between frames.

    Attributes:
        state: for compiled code.
    """

    def __init__(self, frame_s: float = DEFAULT_FRAME_S) -> None:
        from ddsp_fx.dsp.state import new
        from ddsp_fx.effects._gate_kernel import Guard, guard_step

        self._step, self.state = guard_step, new(Guard, needed=max(1, round(AGREE_S / frame_s)))
        self.reset()

    def reset(self) -> None:
        """Forget the pitch."""
        self.state.heard = self.state.played = math.nan
        self.state.agreed = 0

    def step(self, f0_hz: float, sounding: bool, voiced: bool) -> float:
        """One frame -> f0_hz to play.

        Args:
            f0_hz: the tracker's pitch; unvoiced frames repeat the last voiced one.
            sounding: whether a note is in progress; only within a note can a slip happen.
            voiced: whether the tracker is confident of this frame.
        """
        return float(self._step(self.state, f0_hz, sounding, voiced))
