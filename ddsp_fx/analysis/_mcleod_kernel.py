# SPDX-License-Identifier: GPL-3.0-or-later
"""The compiled inner loops of `mcleod`."""

import numpy as np
from numpy.typing import NDArray

from ddsp_fx.dsp._jit import compiled


@compiled("void(float32[::1], int64, float64[::1])", fastmath={"reassoc", "contract"})
def square_difference(frame: NDArray[np.float32], shortest: int, similarity: NDArray[np.float64]) -> None:
    """similarity[lag] = 2 sum x[j] x[j+lag] / sum (x[j]^2 + x[j+lag]^2), 1 for a perfect repetition.

    The sum spans two periods of the lag, but at least `shortest` samples and at most the frame, around its centre. So
    high notes are followed through vibrato and note changes, and low notes get the window they need.
    """
    n = frame.size
    energy = np.zeros(n + 1)
    for i in range(n):
        energy[i + 1] = energy[i] + frame[i] * frame[i]
    for lag in range(similarity.size):
        span = min(max(2 * lag, shortest), n - lag)
        first = (n - lag - span) // 2
        early, late = frame[first : first + span], frame[first + lag : first + lag + span]
        product = np.float32(0.0)
        for j in range(span):
            product += early[j] * late[j]
        total = energy[first + span] - energy[first] + energy[first + lag + span] - energy[first + lag]
        similarity[lag] = 2.0 * product / total if total > 0.0 else 0.0


@compiled("UniTuple(float64, 2)(float64[::1], int64)")
def _vertex(values: NDArray[np.float64], peak: int) -> tuple[float, float]:
    """Position and height of the maximum of the parabola through a peak and its neighbours."""
    before, here, after = values[peak - 1], values[peak], values[peak + 1]
    bend = before - 2.0 * here + after
    if bend >= 0.0:
        return float(peak), here
    offset = 0.5 * (before - after) / bend
    return peak + offset, here - 0.25 * (before - after) * offset


@compiled("int64(float64[::1], int64[::1], int64)")
def _lobe_peaks(similarity: NDArray[np.float64], peaks: NDArray[np.int64], shortest_lag: int) -> int:
    """The highest lag of each positive lobe after the first dip, after McLeod and Wyvill; returns their number."""
    count, best, past_dip = 0, 0, False
    for lag in range(1, similarity.size - 1):
        here = similarity[lag]
        if here <= 0.0:
            past_dip, best = True, 0
        elif past_dip and lag >= shortest_lag and here >= similarity[lag - 1] and here >= similarity[lag + 1]:
            if best == 0:
                count += 1
            if best == 0 or here > similarity[best]:
                best = lag
                peaks[count - 1] = lag
    return count


@compiled("float64(float64[::1], float64, float64, float64)")
def _refine(similarity: NDArray[np.float64], period: float, clarity: float, longest: float) -> float:
    """Measure the period over 2, 4, 8 periods while they repeat as clearly: at 2 kHz one period has only 8 samples."""
    multiple = 2
    while multiple * period < longest:
        centre, reach = round(multiple * period), max(1, int(0.25 * period))
        peak = centre
        for lag in range(centre - reach, centre + reach + 1):
            if similarity[lag] > similarity[peak]:
                peak = lag
        rises = similarity[peak] >= similarity[peak - 1] and similarity[peak] >= similarity[peak + 1]
        if not rises or similarity[peak] < 0.9 * clarity:
            break
        period = _vertex(similarity, peak)[0] / multiple
        multiple *= 2
    return period


@compiled("UniTuple(float64, 2)(float64[::1], int64, float64)")
def choose_period(similarity: NDArray[np.float64], shortest_lag: int, share: float) -> tuple[float, float]:
    """(period in samples, clarity): the first peak that reaches `share` of the highest; (0, 0) without peaks."""
    peaks = np.zeros(similarity.size, np.int64)
    count = _lobe_peaks(similarity, peaks, shortest_lag)
    highest = 0.0
    for i in range(count):
        highest = max(highest, _vertex(similarity, peaks[i])[1])
    for i in range(count):
        period, clarity = _vertex(similarity, peaks[i])
        if clarity >= share * highest:
            return _refine(similarity, period, clarity, similarity.size / 2), clarity
    return 0.0, 0.0
