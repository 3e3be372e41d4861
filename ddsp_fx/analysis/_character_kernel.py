# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a tracker cannot follow a frame, compiled: see `character`."""

import math
from typing import NamedTuple

import numpy as np

from ddsp_fx.analysis.character import ALL_OF_IT, EVERY, MOST_OF_IT, NOISE_FROM, Character, spectrum_tables
from ddsp_fx.analysis.pitch import SILENCE_POWER
from ddsp_fx.dsp._fft_kernel import fft, fft_tables
from ddsp_fx.dsp._jit import kernel
from ddsp_fx.dsp.state import Float1, Float2, Record, new

_TONAL, _LOW, _HIGH = int(Character.TONAL), int(Character.LOW), int(Character.HIGH)
_NOISE, _FAINT = int(Character.NOISE), int(Character.FAINT)


class CharacterNumbers(Record):
    """Frames so far, the last answer, and the first bins above the low part, of the audible and of the high part."""

    count: int
    last: int
    low: int
    audible: int
    high: int


class CharacterState(NamedTuple):
    """The stream's place, and scratch memory for one spectrum."""

    numbers: CharacterNumbers
    window: Float1
    work: Float2
    roots: Float2
    first: Float2
    power: Float1


def new_characters(sample_rate: float, frame: int) -> CharacterState:
    """A stream at its start, of frames of that length, a power of 2."""
    window, low, audible, high = spectrum_tables(frame, sample_rate)
    numbers = new(CharacterNumbers, last=_FAINT, low=low, audible=audible, high=high)
    work, power = np.zeros((4, frame), np.float32), np.zeros(frame // 2 + 1, np.float32)
    return CharacterState(numbers, window, work, *fft_tables(frame), power)


@kernel(fastmath={"reassoc", "contract"})
def _energy(values: Float1) -> float:
    total = np.float32(0.0)
    for i in range(values.size):
        total += values[i] * values[i]
    return float(total)


@kernel(fastmath={"reassoc", "contract"})
def _sum(values: Float1) -> float:
    total = 0.0
    for i in range(values.size):
        total += values[i]
    return total


@kernel()
def _character(state: CharacterState, frame: Float1) -> int:
    if _energy(frame) < SILENCE_POWER * frame.size:
        return _FAINT
    work, power, numbers = state.work, state.power, state.numbers
    for i in range(frame.size):
        work[0, i] = frame[i] * state.window[i]
        work[1, i] = np.float32(0.0)
    fft(work, state.roots, state.first)
    for b in range(power.size):
        power[b] = work[0, b] * work[0, b] + work[1, b] * work[1, b] + np.float32(1e-20)
    total = _sum(power)
    if _sum(power[: numbers.low]) > MOST_OF_IT * total:
        return _LOW
    heard, logarithms = power[numbers.audible :], 0.0
    for b in range(heard.size):
        logarithms += math.log(heard[b])
    if math.exp(logarithms / heard.size) > NOISE_FROM * _sum(heard) / heard.size:
        return _NOISE
    return _HIGH if _sum(power[numbers.high :]) > ALL_OF_IT * total else _TONAL


@kernel()
def next_character(state: CharacterState, frame: Float1) -> int:
    """The `Character` of the stream's next frame; only every fourth is analysed."""
    if state.numbers.count % EVERY == 0:
        state.numbers.last = _character(state, frame)
    state.numbers.count += 1
    return state.numbers.last
