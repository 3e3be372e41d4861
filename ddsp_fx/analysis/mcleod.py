# SPDX-License-Identifier: GPL-3.0-or-later
"""The built-in pitch tracker, by the normalised square difference.

McLeod and Wyvill, "A smarter way to find pitch" (ICMC 2005), with three changes that were measured
(`benchmarks/pitch_accuracy.py`). The sum spans two periods of each lag instead of a fixed window, so that one frame of
1024 suits both 50 Hz and vibrato at 2 kHz. The peak threshold is a low share of 0.8, which halves the octave errors
downwards. The period is measured over several periods, which removes 20 cents of jitter from the highest notes.
"""

from ddsp_fx.analysis.frame_tracker import FrameTracker
from ddsp_fx.analysis.framing import FRAME
from ddsp_fx.analysis.trackers import TrackerKind
from ddsp_fx.array_types import Floats


class McLeodTracker(FrameTracker):
    """Pitch from 50 to 2200 Hz with 32 ms of look-ahead; a frame depends only on its own 1024 samples.

    Args:
        hop: 16 kHz samples between frames.
    """

    name = "mcleod"

    def __init__(self, hop: int = 320) -> None:
        from ddsp_fx.analysis._mcleod_kernel import new_mcleod, track

        self._track_frame, self._scratch = track, new_mcleod()
        super().__init__(hop, FRAME)

    def _track(self, frame: Floats) -> tuple[float, float]:
        f0_hz, confidence = self._track_frame(self._scratch, frame)
        return float(f0_hz), float(confidence)


TRACKER = TrackerKind("the default: quick, for solo lines", FRAME // 2, 50.0, 2200.0, McLeodTracker)
