# SPDX-License-Identifier: GPL-3.0-or-later
"""swift-f0, a small network that stays accurate in noise, as a stream at our frame rate."""

import numpy as np
from numpy.typing import NDArray

from ddsp_fx.analysis.framing import last_frame
from ddsp_fx.analysis.pitch import VOICED_FROM, Pitches
from ddsp_fx.analysis.rate import FEATURE_RATE_HZ
from ddsp_fx.analysis.trackers import TrackerKind
from ddsp_fx.array_types import Floats
from ddsp_fx.errors import MissingExtraError

# The network has its own frames, one every 256 samples, at sample i * 256. For the same result as on the whole
# recording, its receptive field needs 11 frames before and 10 after a frame.
_STEP = 256
_BEFORE, _AFTER = 11, 10
# Frames per call. More are cheaper (8 cost 3.6 times a single frame) but wait longer.
_CHUNK = 8
_SEMITONE = 2.0 ** (1.0 / 12.0)
_NEEDS = 'pip install "ddsp-fx[pitch]"'


class SwiftTracker:
    """swift-f0 on overlapping chunks at absolute positions, so that block sizes do not change the frames.

    Args:
        hop: 16 kHz samples between frames.

    Raises:
        MissingExtraError: if the swift-f0 package is not installed.
    """

    name = "swift"
    look_ahead = (_CHUNK + _AFTER + 1) * _STEP

    def __init__(self, hop: int = 320) -> None:
        try:
            from swift_f0 import SwiftF0
        except ImportError as error:
            raise MissingExtraError(f"pitch tracker 'swift' needs the swift-f0 package: {_NEEDS}") from error
        self._detect = SwiftF0(threads=1, spin=False).detect
        self.hop = hop
        self.reset()

    def reset(self) -> None:
        """Return to sample 0."""
        self._held = np.zeros(0, np.float32)
        self._held_from = 0
        # Network frames not yet used; the first has index _first.
        self._f0_hz, self._confidence = np.zeros(0), np.zeros(0)
        self._first = 0
        self._next_frame = 0

    def process(self, samples_16k: Floats) -> Pitches:
        """Samples (n,) -> f0 in Hz (m,) and confidence (m,)."""
        self._held = np.concatenate([self._held, samples_16k], dtype=np.float32)
        received = self._held_from * _STEP + self._held.size
        while (self._detected + _CHUNK + _AFTER) * _STEP <= received:
            self._run(_CHUNK)
        return self._on_our_grid((self._detected - 1) * _STEP)

    def flush(self, total_samples: int) -> Pitches:
        """The remaining frames, as if silence followed."""
        end = last_frame(total_samples, self.hop)
        wanted = end * self.hop // _STEP + 2
        missing = (wanted + _CHUNK + _AFTER) * _STEP - (self._held_from * _STEP + self._held.size)
        f0_hz, confidence = self.process(np.zeros(max(0, missing), np.float32))
        surplus = self._next_frame - (end + 1)
        keep = max(0, f0_hz.size - surplus)
        return f0_hz[:keep], confidence[:keep]

    @property
    def _detected(self) -> int:
        """The number of network frames computed so far."""
        return self._first + self._f0_hz.size

    def _run(self, count: int) -> None:
        """Compute the next `count` network frames and drop the samples that no later frame needs."""
        start = self._detected - self._held_from
        result = self._detect(self._held[: (start + count + _AFTER) * _STEP], FEATURE_RATE_HZ)
        self._f0_hz = np.concatenate([self._f0_hz, result.pitch_hz[start : start + count]])
        self._confidence = np.concatenate([self._confidence, result.confidence[start : start + count]])
        keep_from = max(0, self._detected - _BEFORE)
        self._held = self._held[(keep_from - self._held_from) * _STEP :]
        self._held_from = keep_from

    def _on_our_grid(self, last_sample: int) -> Pitches:
        """Our frames up to `last_sample`, interpolated between the two network frames around each."""
        end = max(self._next_frame, last_sample // self.hop + 1) if last_sample >= 0 else self._next_frame
        position = np.arange(self._next_frame, end) * self.hop / _STEP - self._first
        f0_hz, confidence = _between(self._f0_hz, self._confidence, position)
        self._next_frame = end
        used = max(0, end * self.hop // _STEP - self._first)
        used = min(used, self._f0_hz.size)
        self._f0_hz, self._confidence = self._f0_hz[used:], self._confidence[used:]
        self._first += used
        return f0_hz.astype(np.float32), confidence.astype(np.float32)


def _between(
    f0_hz: NDArray[np.float64], confidence: NDArray[np.float64], position: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Values at fractional positions: a geometric mean weighted by distance within one note, else the nearest value."""
    if not position.size:
        return np.zeros(0), np.zeros(0)
    low = np.floor(position).astype(int)
    high = np.minimum(low + 1, f0_hz.size - 1)
    weight = position - low
    nearest = np.where(weight < 0.5, low, high)
    ratio = f0_hz[high] / f0_hz[low]
    both_voiced = np.minimum(confidence[low], confidence[high]) >= VOICED_FROM
    one_note = both_voiced & (ratio < _SEMITONE) & (ratio > 1.0 / _SEMITONE)
    return np.where(one_note, f0_hz[low] * ratio**weight, f0_hz[nearest]), confidence[nearest]


TRACKER = TrackerKind("for noisy recordings", SwiftTracker.look_ahead, 47.0, 2093.0, SwiftTracker, _NEEDS)
