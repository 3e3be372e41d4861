# SPDX-License-Identifier: GPL-3.0-or-later
"""Harmonics plus noise over a state, compiled: `harmonic` and `noise` frame by frame, into a queue of audio."""

import math
from typing import NamedTuple

import numpy as np

from ddsp_fx.dsp._copy_kernel import copy
from ddsp_fx.dsp._delay_kernel import Queue, enqueue, written
from ddsp_fx.dsp._foreign import next_uint32
from ddsp_fx.dsp._harmonic_kernel import render_segment
from ddsp_fx.dsp._jit import kernel
from ddsp_fx.dsp._noise_kernel import crossfaded_fir
from ddsp_fx.dsp.harmonic import LOWEST_HZ
from ddsp_fx.dsp.state import Double1, Double2, Float1, Float2, Record


class Clock(Record):
    """The position of the latest frame on the host's clock, exactly: `whole` + `rest` / `den` samples.

    Frames are `num` / `den` samples apart. `frames` counts them.
    """

    frames: int
    whole: int
    rest: int
    num: int
    den: int


class Tone(Record):
    """The oscillators between two frames: phase and frequency in cycles and cycles per sample, and their ceiling."""

    phase: float
    cycles: float
    limit: float
    fade: float
    sample_rate: float
    voiced: int


class Noise(Record):
    """NumPy's generator: the addresses of its function for the next 32 bits, and of its state."""

    next_uint32: int
    generator: int


class Synthesis(NamedTuple):
    """All that harmonics and noise need from one frame to the next. The audio goes into `queue`, one row each."""

    clock: Clock
    tone: Tone
    noise: Noise
    amplitudes: Double1
    target: Double1
    strips: Double2
    basis: Float2  # (taps from the middle one on, bands): the taps are symmetric
    taps: Float1
    next_taps: Float1
    white: Float1
    segment: Float1
    queue: Queue


@kernel()
def _step(clock: Clock) -> tuple[int, float, float]:
    """Move on by one frame.

    Returns the samples of the segment between the two frames, and where the first of them lies between the frames: its
    share of the way, and the share of a sample.
    """
    lead = clock.den - clock.rest if clock.rest else 0
    before = clock.whole + (1 if clock.rest else 0)
    clock.whole += clock.num // clock.den
    clock.rest += clock.num % clock.den
    if clock.rest >= clock.den:
        clock.whole, clock.rest = clock.whole + 1, clock.rest - clock.den
    after = clock.whole + (1 if clock.rest else 0)
    return after - before, lead / clock.num, clock.den / clock.num


@kernel()
def _draw(noise: Noise, out: Float1) -> None:
    """Uniform in -1..1, as NumPy's Generator draws float32."""
    for i in range(out.size):
        bits = next_uint32(noise.next_uint32, noise.generator) >> np.uint32(8)
        out[i] = np.float32(bits) * np.float32(1.0 / 16777216.0) * np.float32(2.0) - np.float32(1.0)


@kernel(fastmath={"reassoc", "contract"})
def _response(basis: Float2, magnitudes: Float1, taps: Float1) -> None:
    """The symmetric taps of a magnitude response (bands,)."""
    middle = basis.shape[0] - 1
    for t in range(middle + 1):
        total, row = np.float32(0.0), basis[t]
        for b in range(magnitudes.size):
            total += row[b] * magnitudes[b]
        taps[middle + t] = total
        taps[middle - t] = total


@kernel()
def _any(values: Float1) -> bool:
    found = False
    for i in range(values.size):
        found = found or values[i] != np.float32(0.0)
    return found


@kernel(inline=True)
def _add_tone(  # noqa: PLR0913, PLR0917
    state: Synthesis, cycles: float, weight: float, step: float, sounds: bool, out: Float1
) -> None:
    tone = state.tone
    if not sounds:
        out[:] = np.float32(0.0)
        return
    start = tone.cycles if tone.voiced else cycles
    tone.phase = render_segment(
        tone.phase,
        start,
        cycles,
        weight,
        step,
        tone.limit,
        tone.fade,
        state.amplitudes,
        state.target,
        state.strips,
        out,
    )


@kernel(inline=True)
def _add_noise(state: Synthesis, weight: float, step: float, out: Float1) -> None:
    kept = state.taps.size - 1
    white = state.white[: kept + out.size]
    _draw(state.noise, white[kept:])
    if _any(state.taps) or _any(state.next_taps):
        crossfaded_fir(white, state.taps, state.next_taps, weight, step, out)
    else:
        out[:] = np.float32(0.0)
    for i in range(kept):
        state.white[i] = state.white[out.size + i]


@kernel(inline=True)
def synthesise(state: Synthesis, f0_hz: float, magnitudes: Float1) -> None:
    """A frame's f0 (0 if unvoiced), amplitudes (in `target`) and noise -> the sound since the last frame, queued.

    As `HarmonicOscillator` and `FilteredNoise`: the frequency stays at the voiced frame's on the way to and from an
    unvoiced one.
    """
    tone, audible = state.tone, False
    for h in range(state.target.size):
        audible = audible or state.target[h] != 0.0
    voiced = audible and LOWEST_HZ <= f0_hz < math.inf
    if not voiced:
        state.target[:] = 0.0
    cycles = f0_hz / tone.sample_rate if voiced else tone.cycles
    if _any(magnitudes):
        _response(state.basis, magnitudes, state.next_taps)
    else:
        state.next_taps[:] = np.float32(0.0)
    if state.clock.frames:
        n, weight, step = _step(state.clock)
        out = state.segment[:n]
        _add_tone(state, cycles, weight, step, voiced or tone.voiced == 1, out)
        enqueue(state.queue, 0, out)
        _add_noise(state, weight, step, out)
        enqueue(state.queue, 1, out)
        written(state.queue, n)
    state.clock.frames += 1
    tone.cycles, tone.voiced = cycles, 1 if voiced else 0
    for h in range(state.target.size):
        state.amplitudes[h] = state.target[h]
    copy(state.next_taps, state.taps)
