# SPDX-License-Identifier: GPL-3.0-or-later
"""Compares our partitioned convolution with pedalboard's for a stereo room at 48 kHz, alternating in one run."""

import argparse
import json
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from pedalboard import Convolution

from ddsp_fx.array_types import Floats
from ddsp_fx.dsp.convolution import PartitionedConvolver

Process = Callable[[Floats], Floats]
SAMPLE_RATE = 48000


def block_times_s(processes: list[Process], audio: Floats, block_size: int) -> NDArray[np.float64]:
    """Seconds per block (processes, blocks). The processes alternate, so that other load affects all alike."""
    times = []
    for start in range(0, audio.shape[1] - block_size + 1, block_size):
        block = np.ascontiguousarray(audio[:, start : start + block_size])
        for process in processes:
            begin = time.perf_counter()
            process(block)
            times.append(time.perf_counter() - begin)
    return np.reshape(times, (-1, len(processes))).T


def measure(seconds: float, ir_seconds: float, block_size: int) -> dict[str, float]:
    """Times real time of both, their ratio, and our slowest block relative to its duration."""
    random = np.random.default_rng(0)
    audio = random.uniform(-0.5, 0.5, (2, int(seconds * SAMPLE_RATE))).astype(np.float32)
    decay = np.exp(-np.arange(int(ir_seconds * SAMPLE_RATE)) / (0.3 * SAMPLE_RATE))
    room = (random.normal(size=(2, decay.size)) * decay * 0.01).astype(np.float32)
    ours = PartitionedConvolver(room, 2)
    ours.process(audio[:, :block_size])
    ours.reset()
    theirs = Convolution(np.ascontiguousarray(room), 1.0, SAMPLE_RATE)
    budget_s = block_size / SAMPLE_RATE
    our_times, their_times = block_times_s(
        [ours.process, lambda block: theirs.process(block, SAMPLE_RATE, reset=False)], audio, block_size
    )
    return {
        "ours_times_real_time": budget_s / our_times.mean(),
        "pedalboard_times_real_time": budget_s / their_times.mean(),
        "ratio": their_times.mean() / our_times.mean(),
        "ours_worst_block_share": our_times.max() / budget_s,
        "ours_99th_percentile_block_share": float(np.quantile(our_times, 0.99)) / budget_s,
        "pedalboard_worst_block_share": their_times.max() / budget_s,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--seconds", type=float, default=4.0, help="length of the audio")
    parser.add_argument("--ir-seconds", type=float, default=3.0, help="length of the room")
    parser.add_argument("--block", type=int, default=128, help="samples in a block")
    arguments = parser.parse_args()
    figures = measure(arguments.seconds, arguments.ir_seconds, arguments.block)
    if arguments.json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(f"{name:36s} {value:8.2f}")


if __name__ == "__main__":
    main()
