# SPDX-License-Identifier: GPL-3.0-or-later
"""Parameters that reach each new value along a straight line, sample by sample, compiled. See `dsp.smoothing`."""

from typing import NamedTuple

import numpy as np

from ddsp_fx.dsp._jit import kernel
from ddsp_fx.dsp.state import PIECE, Float1, Float2, Record, new


class Ramp(Record):
    """A line from `start` to `target` over `length` samples, `passed` of them done. Its first target is at once."""

    start: float
    target: float
    passed: int
    length: int
    has_begun: int


def new_ramp(sample_rate: float, time_s: float = 0.02) -> Ramp:
    """A ramp of that length, before its first target."""
    return new(Ramp, length=max(1, round(sample_rate * time_s)))


@kernel()
def _value(ramp: Ramp, passed: int) -> float:
    return ramp.start + (ramp.target - ramp.start) * min(passed / ramp.length, 1.0)


@kernel()
def aim(ramp: Ramp, target: float) -> bool:
    """Set the target from the next sample on; returns whether the value moves."""
    if ramp.has_begun == 0:
        ramp.start, ramp.target, ramp.passed, ramp.has_begun = target, target, ramp.length, 1
    elif target != ramp.target:
        ramp.start, ramp.target, ramp.passed = _value(ramp, ramp.passed), target, 0
    return ramp.passed < ramp.length


@kernel()
def follow(ramp: Ramp, out: Float1) -> None:
    """The values of the next samples, as many as `out` holds."""
    for i in range(out.size):
        out[i] = np.float32(_value(ramp, min(ramp.passed + 1 + i, ramp.length)))
    ramp.passed = min(ramp.passed + out.size, ramp.length)


@kernel()
def linear_gain(gain_db: float, silent_db: float) -> float:
    """dB -> linear gain; `silent_db` and less is silence."""
    return 0.0 if gain_db <= silent_db else 10.0 ** (gain_db / 20.0)


class Blend(NamedTuple):
    """How an effect mixes its input and its own sound: a share of the latter, and a gain of both, as ramps."""

    share: Ramp
    gain: Ramp
    shares: Float1
    gains: Float1


def new_blend(sample_rate: float) -> Blend:
    """A blend whose first values apply at once."""
    shares, gains = np.zeros(PIECE, np.float32), np.zeros(PIECE, np.float32)
    return Blend(new_ramp(sample_rate), new_ramp(sample_rate), shares, gains)


def restart_blend(blend: Blend) -> None:
    """The next values apply at once."""
    blend.share.has_begun = blend.gain.has_begun = 0


@kernel()
def _moving(dry: Float1, wet: Float1, shares: Float1, gains: Float1, out: Float1) -> None:
    for i in range(out.size):
        share = shares[i]
        out[i] = (dry[i] * (np.float32(1.0) - share) + wet[i] * share) * gains[i]


@kernel()
def _at_rest(dry: Float1, wet: Float1, share: np.float32, gain: np.float32, out: Float1) -> None:
    if share == np.float32(1.0):
        for i in range(out.size):
            out[i] = wet[i] * gain
        return
    rest = np.float32(1.0) - share
    for i in range(out.size):
        out[i] = (dry[i] * rest + wet[i] * share) * gain


@kernel()
def mix_into(  # noqa: PLR0913, PLR0917
    blend: Blend, share: float, gain: float, dry: Float2, first: int, wet: Float2, out: Float2, start: int, n: int
) -> None:
    """out from `start` = (dry (1 - share) + wet share) gain, for n samples, no more than a piece.

    Args:
        blend: where its two ramps are.
        share, gain: what they aim at.
        dry: from sample `first`.
        wet: from sample 0, with one row for all channels or one for each.
        out: from sample `start`.
    """
    moves = aim(blend.share, share)
    moves = aim(blend.gain, gain) or moves
    if moves:
        follow(blend.share, blend.shares[:n])
        follow(blend.gain, blend.gains[:n])
    for c in range(out.shape[0]):
        own, target = wet[min(c, wet.shape[0] - 1), :n], out[c, start : start + n]
        if moves:
            _moving(dry[c, first : first + n], own, blend.shares[:n], blend.gains[:n], target)
        else:
            _at_rest(dry[c, first : first + n], own, np.float32(share), np.float32(gain), target)
