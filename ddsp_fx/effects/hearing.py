# SPDX-License-Identifier: GPL-3.0-or-later
"""How much of the input was followed, and why the rest was not, so that users learn why nothing sounds."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ddsp_fx.analysis.character import MAX_HZ, MIN_HZ

if TYPE_CHECKING:
    from ddsp_fx.effects.frame_request import FrameRequest

# Frames this many dB below the loudest count as background: a listener does not miss them.
BACKGROUND_DB = 35.0
# No advice below half a second of sound, nor if most was followed: a third of all speech has no pitch.
LEAST_S = 0.5
ENOUGH = 0.5
REASONS = ("too_quiet", "too_low", "too_high", "noise", "no_clear_pitch")
_ADVICE = {
    "too_quiet": "it is too quiet, below the level gate or below -65 dBFS: raise the input, or lower `gate`",
    "too_low": f"it lies below {MIN_HZ:g} Hz: transpose the input up first, or filter out the rumble",
    "too_high": f"it lies above {MAX_HZ:g} Hz, and it is played octaves off: transpose the input down first",
    "noise": "it is noise without a pitch: remove the noise first, try tracker=swift, or set `voicing` lower",
    "no_clear_pitch": "it has no single clear pitch: it must be one note at a time; in noisy rooms try tracker=swift",
}


@dataclass(frozen=True)
class Hearing:
    """Seconds of sound that were followed, and those that were not, by reason.

    Attributes:
        sound_s: frames with sound, which are less than 35 dB below the loudest.
        followed_s: of these, those that the instrument played.
        too_quiet_s, too_low_s, too_high_s, noise_s, no_clear_pitch_s: of these, those it did not play, by reason.
        out_of_range_s: of those played, those at pitches outside the training data.
    """

    sound_s: float = 0.0
    followed_s: float = 0.0
    too_quiet_s: float = 0.0
    too_low_s: float = 0.0
    too_high_s: float = 0.0
    noise_s: float = 0.0
    no_clear_pitch_s: float = 0.0
    out_of_range_s: float = 0.0

    @property
    def lost_share(self) -> float:
        """The share of the sound that was not followed, 0 to 1; 0 without sound."""
        return 1.0 - self.followed_s / self.sound_s if self.sound_s else 0.0

    @property
    def reason(self) -> str:
        """The most frequent of `REASONS`; "" if nothing was lost."""
        lost = {name: getattr(self, f"{name}_s") for name in REASONS}
        most = max(lost, key=lambda name: lost[name])
        return most if lost[most] > 0.0 else ""

    @property
    def advice(self) -> str:
        """One line of advice if more than half was lost or was played out of range, else ""."""
        if self.sound_s < LEAST_S:
            return ""
        if self.lost_share > ENOUGH:
            return f"{self.lost_share:.0%} of the sound was not followed: {_ADVICE[self.reason]}"
        if self.out_of_range_s > ENOUGH * self.followed_s:
            share = self.out_of_range_s / self.followed_s
            return f"{share:.0%} of the notes lie outside what the model was trained on: set register=match"
        return ""

    def as_data(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {**asdict(self), "lost_share": self.lost_share, "reason": self.reason, "advice": self.advice}


class HearingMeter:
    """Counts frames. Because the loudest is known only at the end, counts are kept per decibel of level.

    Args:
        frame_s: seconds between frames.
        forget_s: time constant by which old frames lose weight, for endless streams. 0 weighs all frames alike.

    Attributes:
        state: for compiled code.
    """

    def __init__(self, frame_s: float, forget_s: float = 0.0) -> None:
        from ddsp_fx.dsp.state import new
        from ddsp_fx.effects._hearing_kernel import LEVELS, ROWS, Counts, Weights, count

        self._frame_s, self._count = frame_s, count
        weights = new(Weights, keep=1.0 - frame_s / forget_s if forget_s else 1.0)
        self.state = Counts(weights, np.zeros((ROWS, LEVELS)))
        self.reset()

    def reset(self) -> None:
        """Forget all frames."""
        self.state.weights.weight, self.state.weights.out_of_range = 1.0, 0.0
        self.state.frames[:] = 0.0

    def add(self, request: FrameRequest, level_db: float, character: int) -> None:
        """Count one frame.

        Args:
            request: what it became.
            level_db: its level in dB.
            character: its `Character`.
        """
        self._count(self.state, level_db, character, request.followed, request.too_quiet, request.out_of_range)

    def hearing(self) -> Hearing:
        """The frames so far."""
        counts, weights = self.state.frames, self.state.weights
        loudest = int(np.flatnonzero(counts.any(axis=0)).max(initial=0))
        first = max(loudest - int(BACKGROUND_DB), 1)
        scale = self._frame_s / float(weights.weight)
        played_s, *lost_s = (float(row.sum()) * scale for row in counts[:, first:])
        out_of_range_s = min(float(weights.out_of_range) * scale, played_s)
        lost = {f"{name}_s": seconds for name, seconds in zip(REASONS, lost_s, strict=True)}
        return Hearing(played_s + sum(lost_s), played_s, out_of_range_s=out_of_range_s, **lost)
