# SPDX-License-Identifier: GPL-3.0-or-later
"""When the synthesizer may sound: a tracker invents pitch in silence and noise, so voicing and level gate it."""

from __future__ import annotations

import math

from ddsp_fx.effects.source import DEFAULT_FRAME_S

# 40 ms up: 20 ms of false voicing stay 6 dB down. Dips of up to 40 ms inside a note are bridged (vowel transitions drop
# the tracker's confidence that long).
ATTACK_S = 0.04
RELEASE_S = 0.0588
HOLD_S = 0.04
SURE_S = 0.02
HYSTERESIS = 0.6
SURE = 1.5
LEVEL_HYSTERESIS_DB = 6.0
# A loud moment is forgotten this fast, so that a cough does not cut the quiet song after it.
FORGET_DB_PER_S = 1.0
# Below this nothing is taken for playing, however quiet the rest: -83 dBFS of a sine, as loudness.
QUIETEST_DB = -60.0


class FollowingThreshold:
    """The level gate of a stream, as far below its own loud notes as the gate is below the trained ones.

    It never lies above the gate itself: what is as loud as the training, or louder, is gated as the parameter says. At
    first nothing is known, and quiet sound may pass, if it has a pitch; the first louder note raises the threshold.

    Args:
        high_db: of the trained playing, the loud end.
        frame_s: seconds between frames.
    """

    def __init__(self, high_db: float, frame_s: float = DEFAULT_FRAME_S) -> None:
        self._high_db, self._forget_db = high_db, FORGET_DB_PER_S * frame_s
        self.reset()

    def reset(self) -> None:
        """Nothing heard."""
        self._loud_db = -math.inf

    def step(self, level_db: float, voiced: bool, gate_db: float) -> float:
        """One frame -> the level in dB needed to open."""
        self._loud_db = max(self._loud_db - self._forget_db, level_db if voiced else -math.inf)
        below_db = max(self._high_db - gate_db, LEVEL_HYSTERESIS_DB)
        return min(gate_db, max(self._loud_db - below_db, QUIETEST_DB))


class VoicingGate:
    """A gain 0..1 a frame, from confidence and level, with hysteresis, a short hold, and an exact zero at rest.

    Args:
        frame_s: seconds between frames.

    Attributes:
        release_frames: from the first closed decision to a gain of exactly 0.
    """

    def __init__(self, frame_s: float = DEFAULT_FRAME_S) -> None:
        self._attack, self._release = frame_s / ATTACK_S, frame_s / RELEASE_S
        self._hold, self._sure = round(HOLD_S / frame_s), max(1, round(SURE_S / frame_s))
        self.release_frames = self._hold + math.ceil(RELEASE_S / frame_s)
        self.reset()

    def reset(self) -> None:
        """Closed."""
        self._gain = 0.0
        self._held = self._hold
        self._voiced_for = 0

    @property
    def is_open(self) -> bool:
        """Whether anything sounds."""
        return self._gain > 0.0

    def step(self, confidence: float, level_db: float, voicing: float, threshold_db: float) -> float:
        """One frame -> gain.

        Args:
            confidence: the tracker's, 0..1.
            level_db: the frame's level.
            voicing: confidence needed to open, of frames 20 ms apart or, half as much again, of one: a consonant often
                has a moment of a pitch that is nobody's. 0 leaves only the level to decide.
            threshold_db: level needed to open; a frame below it by more than the hysteresis closes without hold.
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
        # Rounded, since ten steps of a tenth are not 1, and open means 1.
        gain = round(self._gain + (self._attack if voiced else -self._release), 9)
        self._gain = min(max(gain, 0.0), 1.0)
        return self._gain
