# SPDX-License-Identifier: GPL-3.0-or-later
"""Register and level of the input brought into the trained range, once a frame: see `matching`."""

import math
from typing import NamedTuple

from ddsp_fx.dsp._jit import kernel
from ddsp_fx.dsp.state import Double1, Record

# The shift changes once the mean is this far outside. The mean reaches a new register in about a second.
OCTAVE_MARGIN_SEMITONES = 5.0
# Limits on the ratio of trained to heard spread: dynamics are stretched at most twofold and compressed at most by half.
LEAST_SLOPE, MOST_SLOPE = 0.5, 2.0


class Register(Record):
    """The trained range in semitones, the mean pitch of the voiced frames, and the shift that follows from it."""

    low: float
    high: float
    mean: float
    weight: float
    memory_frames: float
    octaves: int
    has_decided: int


@kernel()
def _best_shift(state: Register) -> int:
    """The smallest shift that lands inside the range; if none does, the one nearest to its centre."""
    for size in range(5):
        if state.low <= state.mean - 12.0 * size <= state.high:
            return -size
        if state.low <= state.mean + 12.0 * size <= state.high:
            return size
    return round(((state.low + state.high) / 2.0 - state.mean) / 12.0)


@kernel()
def register_step(state: Register, f0_hz: float, gate: float) -> int:
    """One frame -> octaves to shift by. The first voiced frame decides at once; later changes wait for a rest."""
    if gate == 0.0 and state.has_decided:
        shifted, margin = state.mean + 12.0 * state.octaves, OCTAVE_MARGIN_SEMITONES
        if not state.low - margin <= shifted <= state.high + margin:
            state.octaves = _best_shift(state)
    elif gate > 0.0:
        state.weight = min(state.weight + 1.0, state.memory_frames)
        state.mean += (12.0 * math.log2(f0_hz) - state.mean) / state.weight
        if not state.has_decided:
            state.has_decided = 1
            state.octaves = _best_shift(state)
    return state.octaves


class LevelNumbers(Record):
    """How many levels were heard in all, where the next one goes, and how many count as knowing enough.

    `is_known` tells whether the quantiles are up to date.
    """

    count: int
    place: int
    is_known: int
    prior: float
    spread_prior: float


class Levels(NamedTuple):
    """The newest levels in order of arrival and sorted, and the 5, 50 and 95 % quantiles, trained and heard."""

    numbers: LevelNumbers
    arrived: Double1
    ordered: Double1
    trained: Double1
    heard: Double1


@kernel()
def _place_of(ordered: Double1, size: int, level_db: float) -> int:
    """The first place in a sorted row whose level is not lower."""
    low, high = 0, size
    while low < high:
        middle = (low + high) // 2
        if ordered[middle] < level_db:
            low = middle + 1
        else:
            high = middle
    return low


@kernel()
def add_level(levels: Levels, level_db: float) -> None:
    """Add a level; the oldest one is dropped when there are too many."""
    numbers, ordered = levels.numbers, levels.ordered
    size = min(numbers.count, ordered.size)
    if size == ordered.size:
        size -= 1
        for i in range(_place_of(ordered, size + 1, levels.arrived[numbers.place]), size):
            ordered[i] = ordered[i + 1]
    at = _place_of(ordered, size, level_db)
    for i in range(size, at, -1):
        ordered[i] = ordered[i - 1]
    ordered[at] = levels.arrived[numbers.place] = level_db
    numbers.place = (numbers.place + 1) % levels.arrived.size
    numbers.count += 1
    numbers.is_known = 0


@kernel()
def quantile(levels: Levels, share: float) -> float:
    """Linear between neighbours, to the bit as in `np.quantile`; at least one level must have been added."""
    size = min(levels.numbers.count, levels.ordered.size)
    place = share * (size - 1)
    below = int(place)
    low, high, part = levels.ordered[below], levels.ordered[min(below + 1, size - 1)], place - below
    return float(high - (high - low) * (1.0 - part) if part >= 0.5 else low + (high - low) * part)


@kernel()
def _spread(heard: float, trained: float, known: float) -> float:
    """The distance of a quantile from the middle: what was heard, drawn towards the model's own while little is known.

    A drone has no dynamics to stretch, and wildly varying levels should not be flattened.
    """
    drawn = known * heard + (1.0 - known) * trained
    return min(max(drawn / trained, LEAST_SLOPE), MOST_SLOPE) * trained


@kernel()
def _estimate(levels: Levels) -> None:
    numbers, trained, heard = levels.numbers, levels.trained, levels.heard
    low, middle, high = quantile(levels, 0.05), quantile(levels, 0.5), quantile(levels, 0.95)
    known = numbers.count / (numbers.count + numbers.spread_prior)
    heard[1] = trained[1] + (middle - trained[1]) * min(1.0, numbers.count / numbers.prior)
    heard[0] = heard[1] + _spread(low - middle, trained[0] - trained[1], known)
    heard[2] = heard[1] + _spread(high - middle, trained[2] - trained[1], known)
    numbers.is_known = 1


@kernel()
def hear_level(levels: Levels, level_db: float, gate: float) -> None:
    """Learn one frame, only while the gate is fully open."""
    if gate >= 1.0:
        add_level(levels, level_db)


@kernel()
def level_step(levels: Levels, level_db: float, gate: float) -> float:
    """One frame -> its mapped level in dB."""
    hear_level(levels, level_db, gate)
    if not levels.numbers.is_known:
        _estimate(levels)
    trained, heard = levels.trained, levels.heard
    side = 2 if level_db > heard[1] else 0
    slope = (trained[side] - trained[1]) / (heard[side] - heard[1])
    return float(trained[1] + slope * (level_db - heard[1]))
