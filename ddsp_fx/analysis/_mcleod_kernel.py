# SPDX-License-Identifier: GPL-3.0-or-later
"""The compiled inner loops of `mcleod`."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ddsp_fx.analysis.framing import FRAME
from ddsp_fx.analysis.pitch import SILENCE_POWER, VOICED_FROM
from ddsp_fx.analysis.rate import FEATURE_RATE_HZ
from ddsp_fx.dsp._jit import compiled, kernel
from ddsp_fx.dsp.state import Double1, Float1, Int1

_SHORTEST_SPAN = 512
_SHORTEST_LAG = 7
_LONGEST_LAG = 320
_SHARE_OF_HIGHEST_PEAK = 0.8
# For a solo voice, 98.7 % of the sung frames reach this clarity, and 6 % of the others.
_CLARITY_OF_VOICE = 0.75


class McLeod(NamedTuple):
    """Scratch memory of the tracker."""

    smoothed: Float1
    energy: Double1
    similarity: Double1
    peaks: Int1


def new_mcleod() -> McLeod:
    """Room for one frame."""
    lags = _LONGEST_LAG + 2
    return McLeod(np.zeros(FRAME - 2, np.float32), np.zeros(FRAME - 1), np.zeros(lags), np.zeros(lags, np.int64))


@kernel(fastmath={"reassoc", "contract"})
def _smoothed_power(frame: Float1, smoothed: Float1) -> float:
    """The frame without what lies above 4 kHz and without its mean; returns its energy.

    Half of white noise's power lies above 4 kHz, where no fundamental is. At 10 dB of noise, smoothing over three
    samples marks 94 % of the sung frames as voiced instead of 81 %.
    """
    total = np.float32(0.0)
    for i in range(smoothed.size):
        value = np.float32(0.5) * frame[i + 1] + np.float32(0.25) * (frame[i] + frame[i + 2])
        smoothed[i] = value
        total += value
    mean, energy = total / np.float32(smoothed.size), np.float32(0.0)
    for i in range(smoothed.size):
        value = smoothed[i] - mean
        smoothed[i] = value
        energy += value * value
    return float(energy)


@compiled("void(float32[::1], int64, float64[::1], float64[::1])", fastmath={"reassoc", "contract"})
def square_difference(
    frame: NDArray[np.float32], shortest: int, energy: NDArray[np.float64], similarity: NDArray[np.float64]
) -> None:
    """similarity[lag] = 2 sum x[j] x[j+lag] / sum (x[j]^2 + x[j+lag]^2), 1 for a perfect repetition.

    The sum spans two periods of the lag, but at least `shortest` samples and at most the frame, around its centre. So
    high notes are followed through vibrato and note changes, and low notes get the window they need. `energy` is
    scratch, one longer than the frame.
    """
    n = frame.size
    energy[0] = 0.0
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


@compiled("UniTuple(float64, 2)(float64[::1], int64[::1], int64, float64)")
def choose_period(
    similarity: NDArray[np.float64], peaks: NDArray[np.int64], shortest_lag: int, share: float
) -> tuple[float, float]:
    """(period in samples, clarity): the first peak that reaches `share` of the highest; (0, 0) without peaks."""
    count = _lobe_peaks(similarity, peaks, shortest_lag)
    highest = 0.0
    for i in range(count):
        highest = max(highest, _vertex(similarity, peaks[i])[1])
    for i in range(count):
        period, clarity = _vertex(similarity, peaks[i])
        if clarity >= share * highest:
            return _refine(similarity, period, clarity, similarity.size / 2), clarity
    return 0.0, 0.0


@kernel()
def confidence_of(clarity: float) -> float:
    """Clarity 0..1 -> confidence 0..1, linearly from 0 to 0.5 at the voicing threshold and from there to 1."""
    clarity = min(max(clarity, 0.0), 1.0)
    if clarity < _CLARITY_OF_VOICE:
        return VOICED_FROM * clarity / _CLARITY_OF_VOICE
    return VOICED_FROM + (1.0 - VOICED_FROM) * (clarity - _CLARITY_OF_VOICE) / (1.0 - _CLARITY_OF_VOICE)


@kernel()
def track(scratch: McLeod, frame: Float1) -> tuple[float, float]:
    """One frame -> (f0 in Hz, confidence), 0 without a pitch."""
    if _smoothed_power(frame, scratch.smoothed) < SILENCE_POWER * scratch.smoothed.size:
        return 0.0, 0.0
    square_difference(scratch.smoothed, _SHORTEST_SPAN, scratch.energy, scratch.similarity)
    period, clarity = choose_period(scratch.similarity, scratch.peaks, _SHORTEST_LAG, _SHARE_OF_HIGHEST_PEAK)
    if period == 0.0:
        return 0.0, 0.0
    return FEATURE_RATE_HZ / period, confidence_of(clarity)
