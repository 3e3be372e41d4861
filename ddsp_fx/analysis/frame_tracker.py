# SPDX-License-Identifier: GPL-3.0-or-later
"""The common part of trackers that treat each frame by itself."""

from ddsp_fx.analysis.framing import Framer
from ddsp_fx.analysis.pitch import Pitches, collect
from ddsp_fx.array_types import Floats


class FrameTracker:
    """A PitchTracker around one function, `_track`, from a frame to (f0 in Hz, confidence).

    Args:
        hop: 16 kHz samples between frames.
        frame: 16 kHz samples of a frame, centred on k * hop.
    """

    def __init__(self, hop: int, frame: int) -> None:
        self.hop = hop
        self._framer = Framer(frame, hop)
        self.look_ahead = self._framer.look_ahead

    def reset(self) -> None:
        """Return to sample 0."""
        self._framer.reset()

    def process(self, samples_16k: Floats) -> Pitches:
        """Samples (n,) -> f0 in Hz (m,), 0 without a pitch, and confidence (m,)."""
        return collect(self._framer.process(samples_16k), self._track)

    def flush(self, total_samples: int) -> Pitches:
        """The remaining frames, as if silence followed."""
        return collect(self._framer.flush(total_samples), self._track)

    def _track(self, frame: Floats) -> tuple[float, float]:
        raise NotImplementedError
