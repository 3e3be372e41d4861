# SPDX-License-Identifier: GPL-3.0-or-later
"""Microseconds of three small operations of the audio path, each beside what NumPy does in its place.

python benchmarks/at_rest.py
"""

import gc
import sys
import time
import timeit
from collections.abc import Callable

import numpy as np

import ddsp_fx
from ddsp_fx.dsp.loudness import LevelMeter, a_weighting_db
from ddsp_fx.effects.matching import RecentLevels


def us(work: Callable[[], object], number: int = 2000) -> float:
    """The quickest of five rounds."""
    return min(timeit.repeat(work, number=number, repeat=5)) / number * 1e6


def main() -> int:
    rng = np.random.default_rng(0)
    block, frame = rng.standard_normal((2, 128)).astype(np.float32), rng.standard_normal((1, 1024)).astype(np.float32)
    levels = rng.uniform(-60, -10, 1000)
    recent = RecentLevels(1000)
    for level in levels:
        recent.add(float(level))
    meter, window = LevelMeter("loudness", 1024, 16000), np.hanning(1024).astype(np.float32)
    weights = (10.0 ** (a_weighting_db(np.fft.rfftfreq(1024, 1 / 16000)) / 10.0)).astype(np.float32)
    meter.levels(frame)

    def summed() -> bool:
        with np.errstate(over="ignore", invalid="ignore"):
            return bool(np.isfinite(np.sum(block)))

    def weighed() -> object:
        spectrum = np.fft.rfft(frame * window)
        return 10.0 * np.log10(np.mean((spectrum.real**2 + spectrum.imag**2) * weights, axis=-1))

    rows = [
        ("look for NaN in 2 x 128 samples", us(summed), us(lambda: np.vdot(block, block))),
        (
            "three quantiles of 1000 levels",
            us(lambda: np.percentile(levels, (5.0, 50.0, 95.0)), 500),
            us(lambda: [recent.quantile(share) for share in (0.05, 0.5, 0.95)]),
        ),
        ("loudness of a frame of 1024", us(weighed), us(lambda: meter.levels(frame))),
    ]
    print(f"{'':34}{'NumPy':>8}{'ours':>8}   (us)")
    for name, numpy_us, ours_us in rows:
        print(f"{name:34}{numpy_us:8.1f}{ours_us:8.1f}")
    ddsp_fx.load("violin").prepare(48000)
    started = time.perf_counter()
    gc.collect()
    took_ms = 1e3 * (time.perf_counter() - started)
    print(f"a full garbage collection of {len(gc.get_objects())} objects: {took_ms:.0f} ms")
    return 0


if __name__ == "__main__":
    sys.exit(main())
