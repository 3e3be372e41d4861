# SPDX-License-Identifier: GPL-3.0-or-later
"""Compares our oscillator bank with a sum of NumPy sines: 100 harmonics at 48 kHz, alternating in one run."""

import argparse
import json
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ddsp_fx.array_types import Floats
from ddsp_fx.dsp.frames import FrameGrid
from ddsp_fx.dsp.harmonic import HarmonicOscillator

SAMPLE_RATE, HARMONICS, HOP = 48000, 100, 960
F0_HZ = 75.0


def ours(f0_hz: NDArray[np.float64], amplitudes: NDArray[np.float64]) -> Floats:
    """Frame by frame, as in an effect."""
    oscillator = HarmonicOscillator(FrameGrid(SAMPLE_RATE), HARMONICS)
    return np.concatenate([oscillator.push(f, a) for f, a in zip(f0_hz, amplitudes, strict=True)])


def direct(f0_hz: NDArray[np.float64], amplitudes: NDArray[np.float64], dtype: type) -> NDArray[np.floating]:
    """One np.sin per harmonic over the whole sound: phases summed in double precision, the rest in `dtype`."""
    frame = np.arange((len(f0_hz) - 1) * HOP) / HOP
    cycles = np.cumsum(np.interp(frame, np.arange(len(f0_hz)), f0_hz) / SAMPLE_RATE)
    phase = (2 * np.pi * np.mod(cycles, 1.0)).astype(dtype)
    weight = (np.arange(HOP) / HOP).astype(dtype)
    starts, rises = amplitudes[:-1].astype(dtype), np.diff(amplitudes, axis=0).astype(dtype)
    out = np.zeros(frame.size, dtype)
    for h in range(HARMONICS):
        level = (starts[:, h, np.newaxis] + rises[:, h, np.newaxis] * weight).ravel()
        out += level * np.sin(phase * dtype(h + 1))
    return out


def best_time_s(function: Callable[[], object], repeats: int) -> float:
    """The fastest of several runs, because the others include the machine's noise."""
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        function()
        times.append(time.perf_counter() - begin)
    return min(times)


def measure(seconds: float, repeats: int) -> dict[str, float]:
    """Times real time of ours and of NumPy, the ratios, and our error against the double-precision sum."""
    random = np.random.default_rng(0)
    frames = int(seconds * 50) + 1
    f0_hz = F0_HZ + random.uniform(-3, 3, frames)
    amplitudes = random.uniform(0, 1, (frames, HARMONICS)) / HARMONICS
    exact = direct(f0_hz, amplitudes, np.float64)
    error = np.sqrt(np.mean((ours(f0_hz, amplitudes) - exact) ** 2) / np.mean(exact**2))
    ours_s = best_time_s(lambda: ours(f0_hz, amplitudes), repeats)
    single_s = best_time_s(lambda: direct(f0_hz, amplitudes, np.float32), repeats)
    double_s = best_time_s(lambda: direct(f0_hz, amplitudes, np.float64), repeats)
    return {
        "ours_times_real_time": seconds / ours_s,
        "numpy_float32_times_real_time": seconds / single_s,
        "numpy_float64_times_real_time": seconds / double_s,
        "ratio_to_float32": single_s / ours_s,
        "ratio_to_float64": double_s / ours_s,
        "error_db": 20.0 * float(np.log10(error)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--seconds", type=float, default=4.0, help="length of the sound")
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    figures = measure(arguments.seconds, arguments.repeats)
    if arguments.json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(f"{name:32s} {value:9.1f}")


if __name__ == "__main__":
    main()
