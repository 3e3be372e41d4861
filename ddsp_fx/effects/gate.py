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
HYSTERESIS = 0.6
SURE = 1.5
LEVEL_HYSTERESIS_DB = 6.0
# The loudest level decays at this rate, so that a cough does not cut the quiet song after it.
FORGET_DB_PER_S = 1.0
# A frame below this level never counts as playing, even in a quiet stream. It is the loudness of a -83 dBFS sine.
QUIETEST_DB = -60.0


class FollowingThreshold:
    """A level gate that follows the stream: as far below the stream's loud notes as `gate` is below the trained ones.

    It never lies above `gate`, so input as loud as the training data, or louder, is gated as the parameter says. At
    first no level is known, and quiet sound with a pitch may pass; the first louder note raises the threshold.

    Args:
        high_db: the 95 % level quantile of the training data.
        frame_s: seconds between frames.
    """

    def __init__(self, high_db: float, frame_s: float = DEFAULT_FRAME_S) -> None:
        self._high_db, self._forget_db = high_db, FORGET_DB_PER_S * frame_s
        self.reset()

    def reset(self) -> None:
        """Forget all levels."""
        self._loud_db = -math.inf

    def step(self, level_db: float, voiced: bool, gate_db: float) -> float:
        """One frame -> the level in dB that opens the gate."""
        self._loud_db = max(self._loud_db - self._forget_db, level_db if voiced else -math.inf)
        below_db = max(self._high_db - gate_db, LEVEL_HYSTERESIS_DB)
        return min(gate_db, max(self._loud_db - below_db, QUIETEST_DB))


class VoicingGate:
    """One gain 0..1 per frame, from confidence and level, with hysteresis, a short hold, and an exact zero when closed.

    Args:
        frame_s: seconds between frames.

    Attributes:
        release_frames: frames from the decision to close to a gain of exactly 0.
    """

    def __init__(self, frame_s: float = DEFAULT_FRAME_S) -> None:
        self._attack, self._release = frame_s / ATTACK_S, frame_s / RELEASE_S
        self._hold, self._sure = round(HOLD_S / frame_s), max(1, round(SURE_S / frame_s))
        self.release_frames = self._hold + math.ceil(RELEASE_S / frame_s)
        self.reset()

    def reset(self) -> None:
        """Close at once."""
        self._gain = 0.0
        self._held = self._hold
        self._voiced_for = 0

    @property
    def is_open(self) -> bool:
        """Whether the gain is above 0."""
        return self._gain > 0.0

    def step(self, confidence: float, level_db: float, voicing: float, threshold_db: float) -> float:
        """One frame -> gain.

        Args:
            confidence: the tracker's, 0..1.
            level_db: the frame's level.
            voicing: confidence needed to open, in two frames 20 ms apart or, at 1.5 times the value, in one frame:
                consonants often have one frame with a meaningless pitch. At 0 only the level decides.
            threshold_db: level needed to open; a frame below it by more than the hysteresis closes without a hold.
        """
        is_open = self.is_open
        ease = HYSTERESIS if is_open else 1.0
        floor_db = threshold_db - (LEVEL_HYSTERESIS_DB if is_open else 0.0)
        voiced = confidence >= voicing * ease
        unsure = not is_open and self._voiced_for < self._sure and confidence < min(SURE * voicing, 1.0)
        self._voiced_for = self._voiced_for + 1 if confidence >= voicing else 0
        voiced = voiced and not unsure
        if level_db < floor_db:
            self._held = self._hold
            voiced = False
        elif voiced:
            self._held = 0
        elif self._held < self._hold and is_open:
            self._held += 1
            return self._gain
        # Rounded, because ten steps of a tenth do not add up to 1, and the gate is open only at 1.
        gain = round(self._gain + (self._attack if voiced else -self._release), 9)
        self._gain = min(max(gain, 0.0), 1.0)
        return self._gain
