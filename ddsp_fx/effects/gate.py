# SPDX-License-Identifier: GPL-3.0-or-later
"""Decides when the synthesizer sounds. Trackers report pitches in silence and noise, so voicing and level gate it."""

from __future__ import annotations

import math

from ddsp_fx.effects.source import DEFAULT_FRAME_S

# With a 40 ms attack, 20 ms of false voicing stay 6 dB down. Dips of up to 40 ms inside a note are bridged: in vowel
# transitions the tracker's confidence drops for that long.
ATTACK_S = 0.04
RELEASE_S = 0.0588
HOLD_S = 0.04
SURE_S = 0.02
# The loudest level decays at this rate, so that a cough does not cut the quiet song after it.
FORGET_DB_PER_S = 1.0


class FollowingThreshold:
    """A level gate that follows the stream: as far below the stream's loud notes as `gate` is below the trained ones.

    It never lies above `gate`, so input as loud as the training data, or louder, is gated as the parameter says. At
    first no level is known, and quiet sound with a pitch may pass; the first louder note raises the threshold.

    Args:
        high_db: the 95 % level quantile of the training data.
        frame_s: seconds between frames.

    Attributes:
        state: for compiled code.
    """

    def __init__(self, high_db: float, frame_s: float = DEFAULT_FRAME_S) -> None:
        from ddsp_fx.dsp.state import new
        from ddsp_fx.effects._gate_kernel import Threshold, threshold_step

        self._step = threshold_step
        self.state = new(Threshold, high_db=high_db, forget_db=FORGET_DB_PER_S * frame_s)
        self.reset()

    def reset(self) -> None:
        """Forget all levels."""
        self.state.loud_db = -math.inf

    def step(self, level_db: float, voiced: bool, gate_db: float) -> float:
        """One frame -> the level in dB that opens the gate."""
        return float(self._step(self.state, level_db, voiced, gate_db))


class VoicingGate:
    """One gain 0..1 per frame, from confidence and level, with hysteresis, a short hold, and an exact zero when closed.

    Args:
        frame_s: seconds between frames.

    Attributes:
        release_frames: frames from the decision to close to a gain of exactly 0.
        state: for compiled code.
    """

    def __init__(self, frame_s: float = DEFAULT_FRAME_S) -> None:
        from ddsp_fx.dsp.state import new
        from ddsp_fx.effects._gate_kernel import Gate, gate_step

        self._step, steps = gate_step, {"attack": frame_s / ATTACK_S, "release": frame_s / RELEASE_S}
        self.state = new(Gate, hold=round(HOLD_S / frame_s), sure=max(1, round(SURE_S / frame_s)), **steps)
        self.release_frames = int(self.state.hold) + math.ceil(RELEASE_S / frame_s)
        self.reset()

    def reset(self) -> None:
        """Close at once."""
        self.state.gain, self.state.held, self.state.voiced_for = 0.0, self.state.hold, 0

    @property
    def is_open(self) -> bool:
        """Whether the gain is above 0."""
        return bool(self.state.gain > 0.0)

    def step(self, confidence: float, level_db: float, voicing: float, threshold_db: float) -> float:
        """One frame -> gain.

        Args:
            confidence: the tracker's, 0..1.
            level_db: the frame's level.
            voicing: confidence needed to open, in two frames 20 ms apart or, at 1.5 times the value, in one frame:
                consonants often have one frame with a meaningless pitch. At 0 only the level decides.
            threshold_db: level needed to open; a frame below it by more than the hysteresis closes without a hold.
        """
        return float(self._step(self.state, confidence, level_db, voicing, threshold_db))
