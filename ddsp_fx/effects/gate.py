# SPDX-License-Identifier: GPL-3.0-or-later
"""When the synthesizer may sound: a tracker invents pitch in silence and noise, so voicing and level gate it."""

from __future__ import annotations

# Frames of 20 ms. Two frames up: a single false voiced frame stays 6 dB down. Dips of up to 40 ms inside a note
# are bridged (vowel transitions drop the tracker's confidence for one or two frames).
ATTACK_STEP = 0.5
RELEASE_STEP = 0.34
HOLD_FRAMES = 2
HYSTERESIS = 0.6
SURE = 1.5
LEVEL_HYSTERESIS_DB = 6.0


class VoicingGate:
    """A gain 0..1 a frame, from confidence and level, with hysteresis, a short hold, and an exact zero at rest."""

    # Frames from the first closed decision to a gain of exactly 0.
    release_frames = HOLD_FRAMES + 3

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Closed."""
        self._gain = 0.0
        self._held = HOLD_FRAMES
        self._voiced_before = False

    @property
    def is_open(self) -> bool:
        """Whether anything sounds."""
        return self._gain > 0.0

    def step(self, confidence: float, level_db: float, voicing: float, threshold_db: float) -> float:
        """One frame -> gain.

        Args:
            confidence: the tracker's, 0..1.
            level_db: the frame's level.
            voicing: confidence needed to open, of two frames in a row or, half as much again, of one: a consonant often
                has one frame of a pitch that is nobody's. 0 leaves only the level to decide.
            threshold_db: level needed to open; a frame below it by more than the hysteresis closes without hold.
        """
        is_open = self.is_open
        ease = HYSTERESIS if is_open else 1.0
        floor_db = threshold_db - (LEVEL_HYSTERESIS_DB if is_open else 0.0)
        voiced = confidence >= voicing * ease
        unsure = not is_open and not self._voiced_before and confidence < min(SURE * voicing, 1.0)
        self._voiced_before = confidence >= voicing
        voiced = voiced and not unsure
        if level_db < floor_db:
            self._held = HOLD_FRAMES
            voiced = False
        elif voiced:
            self._held = 0
        elif self._held < HOLD_FRAMES and is_open:
            self._held += 1
            return self._gain
        self._gain = min(self._gain + ATTACK_STEP, 1.0) if voiced else max(self._gain - RELEASE_STEP, 0.0)
        return self._gain
