# SPDX-License-Identifier: GPL-3.0-or-later
"""A step of a decoder through LiteRT's C library, from compiled code: `control_model` without Python and the GIL."""

import math
from typing import NamedTuple

import numpy as np

from ddsp_fx.dsp._foreign import address_of, give_back, run_model, take, yield_thread
from ddsp_fx.dsp._jit import kernel
from ddsp_fx.dsp.state import Float1, Int1, Record

# Statuses of a step.
FAILED = 1


class PoolCount(Record):
    """How many compiled models a file has."""

    models: int


class Pool(NamedTuple):
    """The compiled models of one file, for all threads: a flag for each that is 1 while a thread runs it."""

    size: PoolCount
    handles: Int1
    flags: Int1


class Call(Record):
    """Addresses for `run_model`, that of a function which lets other threads run, and how much of the state is kept."""

    function: int
    signature: int
    n_inputs: int
    inputs: int
    n_outputs: int
    outputs: int
    yield_thread: int
    keep: float


class Decoder(NamedTuple):
    """What one stream's steps read and write: views of memory that LiteRT knows."""

    call: Call
    pool: Pool
    f0: Float1
    level: Float1
    state: Float1
    next_state: Float1
    amplitude: Float1
    distribution: Float1
    noise: Float1


@kernel()
def _run(call: Call, pool: Pool) -> int:
    """Run whichever compiled model is free. One thread always gets the same, whose weights stay in its core's cache."""
    while True:
        for k in range(pool.size.models):
            flag = address_of(pool.flags) + 8 * k
            if take(flag):
                status = run_model(
                    call.function,
                    pool.handles[k],
                    call.signature,
                    call.n_inputs,
                    call.inputs,
                    call.n_outputs,
                    call.outputs,
                )
                give_back(flag)
                return int(status)
        yield_thread(call.yield_thread)


@kernel()
def _finite(values: Float1) -> bool:
    total = np.float32(0.0)
    for i in range(values.size):
        total += values[i] * np.float32(0.0)
    return bool(total == np.float32(0.0))


@kernel()
def decode(decoder: Decoder, f0_hz: float, level_db: float) -> int:
    """One frame of pitch and level -> amplitude, distribution and noise in `decoder`; outputs that are not finite
    become silence. Returns 0 or FAILED."""
    midi = 12.0 * math.log2(max(f0_hz, 1e-5) / 440.0) + 69.0 if f0_hz > 0.0 else 0.0
    decoder.f0[:] = np.float32(midi / 127.0)
    decoder.level[:] = np.float32(level_db / 80.0 + 1.0)
    if _run(decoder.call, decoder.pool) != 0:
        return FAILED
    keep = np.float32(decoder.call.keep)
    for i in range(decoder.state.size):
        decoder.state[i] = decoder.next_state[i] * keep
    if not _finite(decoder.state):
        decoder.state[:] = np.float32(0.0)
    if not (_finite(decoder.amplitude) and _finite(decoder.distribution) and _finite(decoder.noise)):
        decoder.amplitude[:] = np.float32(0.0)
        decoder.distribution[:] = np.float32(0.0)
        decoder.noise[:] = np.float32(0.0)
    return 0
