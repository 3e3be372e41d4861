# SPDX-License-Identifier: GPL-3.0-or-later
"""Autotune: pulls a melody to the notes of a scale, but keeps its vibrato and glides."""

from __future__ import annotations

import math
from bisect import bisect_right
from functools import cache

from ddsp_fx.effects.source import DEFAULT_FRAME_S

KEYS = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
# Semitones above the key.
SCALES = {
    "chromatic": (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11),
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "harmonic minor": (0, 2, 3, 5, 7, 8, 11),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "major pentatonic": (0, 2, 4, 7, 9),
    "minor pentatonic": (0, 3, 5, 7, 10),
}
# A note's centre is a mean over 0.2 s, which follows a vibrato of 5.5 Hz at a seventh of its depth.
CENTRE_S = 0.2
# The correction glides over 60 ms. An instant correction gives the hard-tuned effect known since 1998.
GLIDE_S = 0.06
NEW_NOTE_SEMITONES = 0.8
# Hysteresis: without it, a sung centre on the border of two notes would flicker between them.
STICKY_SEMITONES = 0.15


class Autotune:
    """The correction in semitones, frame by frame.

    Args:
        frame_s: seconds between frames.
    """

    def __init__(self, frame_s: float = DEFAULT_FRAME_S) -> None:
        self._centre_frames, self._glide_frames = CENTRE_S / frame_s, GLIDE_S / frame_s
        self.reset()

    def reset(self) -> None:
        """Forget the note."""
        self._centre = math.nan
        self._weight = 0.0
        self._note = math.nan
        self._correction = 0.0

    def step(self, f0_hz: float, sounding: bool, key: str, scale: str) -> float:
        """One frame -> semitones to add for full correction; 0 while no note sounds.

        Args:
            f0_hz: the pitch that will be played.
            sounding: whether a note is in progress.
            key: one of KEYS.
            scale: one of SCALES.
        """
        if not sounding:
            self.reset()
            return 0.0
        pitch = 69.0 + 12.0 * math.log2(f0_hz / 440.0)
        starts = math.isnan(self._centre)
        if starts or abs(pitch - self._centre) > NEW_NOTE_SEMITONES:
            self._centre, self._weight = pitch, 0.0
        self._weight = min(self._weight + 1.0, self._centre_frames)
        self._centre += (pitch - self._centre) / self._weight
        self._note = self._nearest(key, scale)
        wanted = self._note - self._centre
        self._correction = wanted if starts else self._correction + (wanted - self._correction) / self._glide_frames
        return self._correction

    def _nearest(self, key: str, scale: str) -> float:
        """The nearest note below or above the centre; the current note counts as a little nearer than it is."""
        tonic = KEYS.index(key)
        octave, place = divmod(self._centre - tonic, 12.0)
        degrees = _degrees(scale)
        above = bisect_right(degrees, place)
        low, high = (tonic + 12.0 * octave + degrees[at] for at in (above - 1, above))
        return low if self._distance(low) <= self._distance(high) else high

    def _distance(self, note: float) -> float:
        return abs(note - self._centre) - STICKY_SEMITONES * (note == self._note)


@cache
def _degrees(scale: str) -> tuple[int, ...]:
    """The degrees of one octave, plus the first of the next."""
    return (*SCALES[scale], 12)
