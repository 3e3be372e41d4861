# SPDX-License-Identifier: GPL-3.0-or-later
"""Your own pitch tracker: YIN. `pip install examples/yin`, then `ddsp-fx apply in.wav out.wav violin:tracker=yin`.

De Cheveigne and Kawahara, "YIN, a fundamental frequency estimator for speech and music" (JASA 2002), steps 1 to 5.
"""

import numpy as np

from ddsp_fx.analysis.frame_tracker import FrameTracker
from ddsp_fx.analysis.trackers import TrackerKind

RATE_HZ, FRAME = 16000, 1024
LAGS = np.arange(1, FRAME // 2)
# The paper's threshold: the first dip below it gives the period.
THRESHOLD = 0.15


class YinTracker(FrameTracker):
    """32 ms of look-ahead. With FrameTracker, any function from a frame to (f0 in Hz, confidence) makes a tracker."""

    name = "yin"

    def __init__(self, hop: int = 320) -> None:
        super().__init__(hop, FRAME)

    def _track(self, frame: np.ndarray) -> tuple[float, float]:
        half = frame[: FRAME // 2].astype(np.float64)
        energy = np.cumsum(np.concatenate([[0.0], frame.astype(np.float64) ** 2]))
        correlation = np.fft.irfft(np.fft.rfft(frame, 2 * FRAME) * np.conj(np.fft.rfft(half, 2 * FRAME)))[LAGS]
        difference = energy[half.size] + energy[LAGS + half.size] - energy[LAGS] - 2.0 * correlation
        normalised = difference * LAGS / np.maximum(np.cumsum(difference), 1e-9)
        below = np.flatnonzero(normalised < THRESHOLD)
        at = int(below[0] if below.size else np.argmin(normalised))
        while at + 1 < LAGS.size and normalised[at + 1] < normalised[at]:
            at += 1
        if energy[-1] < 1e-6 * FRAME or not 0 < at < LAGS.size - 1:
            return 0.0, 0.0
        left, dip, right = normalised[at - 1 : at + 2]
        bend = left - 2.0 * dip + right
        period = LAGS[at] + (0.5 * (left - right) / bend if bend > 0.0 else 0.0)
        # Frames are voiced from a confidence of 0.5 on, which corresponds to the paper's threshold.
        return RATE_HZ / period, float(np.clip(1.0 - 0.5 * dip / THRESHOLD, 0.0, 1.0))


TRACKER = TrackerKind("YIN, an example", FRAME // 2, 35.0, 2000.0, YinTracker)
