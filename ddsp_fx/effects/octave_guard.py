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

OCTAVE_SEMITONES = 11.5
AGREE_SEMITONES = 1.5
AGREE_S = 0.02


class OctaveGuard:
    """One frame of pitch in, the pitch to play out.

    Args:
        frame_s: seconds between frames.
    """

    def __init__(self, frame_s: float = DEFAULT_FRAME_S) -> None:
        self._needed = max(1, round(AGREE_S / frame_s))
        self.reset()

    def reset(self) -> None:
        """Forget the pitch."""
        self._heard = self._played = math.nan
        self._agreed = 0

    def step(self, f0_hz: float, sounding: bool, voiced: bool) -> float:
        """One frame -> f0_hz to play.

        Args:
            f0_hz: the tracker's pitch; unvoiced frames repeat the last voiced one.
            sounding: whether a note is in progress; only within a note can a slip happen.
            voiced: whether the tracker is confident of this frame.
        """
        semitones = 12.0 * math.log2(f0_hz)
        self._agreed = self._agreed + 1 if voiced and abs(semitones - self._heard) < AGREE_SEMITONES else 0
        self._heard = semitones
        if sounding and self._agreed < self._needed and abs(semitones - self._played) > OCTAVE_SEMITONES:
            return float(2.0 ** (self._played / 12.0))
        self._played = semitones
        return f0_hz
