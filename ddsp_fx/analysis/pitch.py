# SPDX-License-Identifier: GPL-3.0-or-later
"""The interface of a pitch tracker; `ddsp_fx.analysis.trackers` opens one by name."""

from collections.abc import Callable
from typing import Protocol, runtime_checkable

import numpy as np

from ddsp_fx.array_types import Floats

Pitches = tuple[Floats, Floats]

VOICED_FROM = 0.5
# A converter's dither and the hum of a quiet room have a clear pitch too; -65 dB RMS lies above both.
SILENCE_POWER = 10.0 ** (-65.0 / 10.0)


@runtime_checkable
class PitchTracker(Protocol):
    """A stream of 16 kHz samples in, pitches of frames k = 0, 1, ... out, centred on samples k * hop.

    Any split of the stream into blocks must give the same frames.
    """

    name: str
    hop: int
    look_ahead: int
    """Frame k comes out once k * hop + look_ahead samples are in. With too small a value, an effect runs dry."""

    def process(self, samples_16k: Floats) -> Pitches:
        """Samples (n,) -> f0 in Hz (m,) and confidence (m,) of the frames they complete.

        A frame is voiced if its confidence is >= 0.5, with every tracker. The f0 of an unvoiced frame is a guess or 0.
        """
        ...

    def flush(self, total_samples: int) -> Pitches:
        """The remaining frames up to ceil(total_samples / hop), as if silence followed; call `reset` next."""
        ...

    def reset(self) -> None:
        """Return to sample 0."""
        ...


_NONE = np.zeros(0, np.float32)


def collect(frames: Floats, track: Callable[[Floats], tuple[float, float]]) -> Pitches:
    """Apply a function of one frame to frames (n, frame) -> f0_hz (n,), confidence (n,)."""
    if not len(frames):
        return _NONE, _NONE
    pairs = np.array([track(frame) for frame in frames], np.float32).reshape(-1, 2)
    return pairs[:, 0].copy(), pairs[:, 1].copy()
