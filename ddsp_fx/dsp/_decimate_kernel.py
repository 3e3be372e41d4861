# SPDX-License-Identifier: GPL-3.0-or-later
"""The compiled inner loop of `decimate`, and the whole of it over a state."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ddsp_fx.dsp._copy_kernel import copy
from ddsp_fx.dsp._jit import compiled, kernel
from ddsp_fx.dsp.state import Float1, Float2, Record


# Reassociation only vectorises the sum over the taps. Their number is fixed, so the order never changes.
@compiled(
    "void(float32[::1], int64, int64, int64, int64, float32[:, ::1], int64, float32[::1])",
    fastmath={"reassoc", "contract"},
)
def interpolate(  # noqa: PLR0913, PLR0917
    samples: NDArray[np.float32],
    first_sample: int,
    first_output: int,
    num: int,
    den: int,
    phases: NDArray[np.float32],
    scale: int,
    out: NDArray[np.float32],
) -> None:
    """Output j is the band-limited signal at sample time j * num / den, from phases[(ceil - time) * scale]."""
    taps = phases.shape[1]
    for i in range(out.size):
        position = (first_output + i) * num
        after = -(-position // den)
        row = ((after * den - position) * scale + den // 2) // den
        start = after - taps // 2 - first_sample
        window, kernel = samples[start : start + taps], phases[row]
        total = np.float32(0.0)
        for t in range(taps):
            total += kernel[t] * window[t]
        out[i] = total


class DecimatorNumbers(Record):
    """Counts of samples since the reset, the ratio of the rates, and the filter.

    `first_pending` and `pending` tell which samples are kept. Half the filter is 0 at equal rates.
    """

    received: int
    emitted: int
    first_pending: int
    pending: int
    num: int
    den: int
    half: int
    phases: int


class Decimator(NamedTuple):
    """A converter to a lower rate, with the samples that its filter still needs."""

    numbers: DecimatorNumbers
    pending: Float1
    table: Float2


@kernel()
def decimate(state: Decimator, mono: Float1, out: Float1) -> int:
    """Samples at the host's rate -> the outputs that they complete into `out`; returns how many."""
    now = state.numbers
    now.received += mono.size
    if now.half == 0:
        copy(mono, out[: mono.size])
        return mono.size
    copy(mono, state.pending[now.pending : now.pending + mono.size])
    now.pending += mono.size
    complete = now.received - now.half
    ready = complete * now.den // now.num + 1 if complete >= 0 else 0
    count = max(0, ready - now.emitted)
    if count:
        samples = state.pending[: now.pending]
        interpolate(samples, now.first_pending, now.emitted, now.num, now.den, state.table, now.phases, out[:count])
        now.emitted = ready
    needed_from = -(-now.emitted * now.num // now.den) - now.half
    drop = min(needed_from - now.first_pending, now.pending)
    for i in range(now.pending - drop):
        state.pending[i] = state.pending[drop + i]
    now.pending -= drop
    now.first_pending += drop
    return count
