# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps a tracker's slips out of a melody: a pitch counts once two frames agree on it.

A tracker that sees half a consonant and half a vowel may name any pitch; played, that one frame is a chirp from there
to the note. So a note starts with the second of two frames that agree, and a leap inside a note waits for the frame
after it. Both cost one frame (20 ms); nothing else is changed, so glides and vibrato stay what they are.
"""

from __future__ import annotations

import math

# A fast scoop covers 50 semitones a second, one a frame. Singers' legato leaps pass through their middle.
AGREE_SEMITONES = 1.5
# Slips are octaves and fifths; a trill is two semitones.
LEAP_SEMITONES = 4.5


class PitchGuard:
    """One frame of pitch in, the pitch to play out, and whether a note may start on it."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """No pitch yet."""
        self._last = math.nan
        self._played = math.nan

    def step(self, f0_hz: float, voiced: bool, sounding: bool) -> tuple[float, bool]:
        """One frame -> (f0_hz to play, certain).

        Args:
            f0_hz: the tracker's.
            voiced: whether the tracker vouches for it.
            sounding: whether a note is under way.
        """
        semitones = 12.0 * math.log2(f0_hz)
        agrees = voiced and abs(semitones - self._last) < AGREE_SEMITONES
        self._last = semitones if voiced else math.nan
        leaps = sounding and abs(semitones - self._played) > LEAP_SEMITONES and not agrees
        if not leaps:
            self._played = semitones
        return 2.0 ** (self._played / 12.0), agrees
