# SPDX-License-Identifier: GPL-3.0-or-later
"""Autotune: pulls a melody to the notes of a scale, but keeps its vibrato and glides."""

from __future__ import annotations

import math

from ddsp_fx.effects.scales import KEYS, SCALES
from ddsp_fx.effects.source import DEFAULT_FRAME_S

# A note's centre is a mean over 0.2 s, which follows a vibrato of 5.5 Hz at a seventh of its depth.
CENTRE_S = 0.2
# The correction glides over 60 ms. An instant correction gives the hard-tuned effect known since 1998.
GLIDE_S = 0.06


class Autotune:
    """The correction in semitones, frame by frame.

    Args:
        frame_s: seconds between frames.

    Attributes:
        state: for compiled code.
    """

    def __init__(self, frame_s: float = DEFAULT_FRAME_S) -> None:
        from ddsp_fx.dsp.state import new
        from ddsp_fx.effects._intonation_kernel import Tune, tune_step

        self._step = tune_step
        self.state = new(Tune, centre_frames=CENTRE_S / frame_s, glide_frames=GLIDE_S / frame_s)
        self.reset()

    def reset(self) -> None:
        """Forget the note."""
        self.state.centre = self.state.note = math.nan
        self.state.weight = self.state.correction = 0.0

    def step(self, f0_hz: float, sounding: bool, key: str, scale: str) -> float:
        """One frame -> semitones to add for full correction; 0 while no note sounds.

        Args:
            f0_hz: the pitch that will be played.
            sounding: whether a note is in progress.
            key: one of KEYS.
            scale: one of SCALES.
        """
        return float(self._step(self.state, f0_hz, sounding, KEYS.index(key), list(SCALES).index(scale)))
