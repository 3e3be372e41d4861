# SPDX-License-Identifier: GPL-3.0-or-later
"""Cuts a stream into overlapping frames at absolute positions."""

import numpy as np

from ddsp_fx.array_types import Floats

# Samples of the frames that the level and the built-in tracker take, at 16 kHz.
FRAME = 1024


def last_frame(total_samples: int, hop: int) -> int:
    """The index of a sound's last frame: frames 0..ceil(total / hop) cover all samples."""
    return -(-total_samples // hop)


class Framer:
    """Frame k holds the `frame` samples centred on sample k * hop, with silence before the stream.

    Args:
        frame: samples per frame, even.
        hop: samples between frames, at most `frame`.

    Attributes:
        look_ahead: frame k is complete once k * hop + look_ahead samples are in.
    """

    def __init__(self, frame: int, hop: int) -> None:
        self.frame, self.hop = frame, hop
        self.look_ahead = frame // 2
        self._none = np.zeros((0, frame), np.float32)
        self.reset()

    def reset(self) -> None:
        """Return to sample 0."""
        self._held = np.zeros(self.look_ahead, np.float32)
        self._complete = 0

    def process(self, samples: Floats) -> Floats:
        """Samples (n,) -> the frames that they complete (m, frame), contiguous in memory, m >= 0."""
        held = np.concatenate((self._held, samples), dtype=np.float32)
        count = max(0, (held.size - self.frame) // self.hop + 1)
        self._held = held[count * self.hop :].copy() if count else held
        self._complete += count
        if not count:
            return self._none
        frames = np.empty((count, self.frame), np.float32)
        for k in range(count):
            frames[k] = held[k * self.hop : k * self.hop + self.frame]
        return frames

    def flush(self, total_samples: int) -> Floats:
        """The remaining frames of a stream of `total_samples`, as if silence followed."""
        count = last_frame(total_samples, self.hop) + 1 - self._complete
        missing = (count - 1) * self.hop + self.frame - self._held.size
        return self.process(np.zeros(max(0, missing), np.float32))
