# SPDX-License-Identifier: GPL-3.0-or-later
"""The speed of the shipped effects on one core, stereo, 48 kHz, blocks of 512, in times real time; and where time goes.

Each is timed three times and the fastest counts, because the others include the machine's noise.
"""

import argparse
import json
import os
import time
from collections.abc import Callable
from typing import Any

# One core, set before any library counts cores and starts threads.
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

import ddsp_fx
from ddsp_fx.array_types import Audio

RATE_HZ, BLOCK = 48000, 512
NAMES = ("violin", "violin-dry", "violin-room")
# Stage -> the object inside the effect that does the work, and its method.
STAGES = {
    "analysis": ("_resynthesizer._features", "process"),
    "model": ("_resynthesizer._model", "step"),
    "oscillators and noise": ("_resynthesizer._synthesizer", "push"),
    "room": ("_room", "process"),
}


def phrase(seconds: float) -> Audio:
    """A stereo glide of ten harmonics that never pauses: the most expensive case."""
    t = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    phase = 2 * np.pi * np.cumsum(330.0 * 2.0 ** (0.5 * np.sin(2 * np.pi * 0.3 * t))) / RATE_HZ
    tone = 0.15 * sum(np.sin(k * phase) / k for k in range(1, 11))
    return np.repeat(tone[np.newaxis], 2, axis=0).astype(np.float32)


class Stopwatch:
    """Sums the time spent in one method of one object."""

    def __init__(self, owner: Any, method: str) -> None:
        self.seconds = 0.0
        self._wrapped: Callable[..., Any] = getattr(owner, method)
        setattr(owner, method, self)

    def __call__(self, *arguments: Any) -> Any:
        begin = time.process_time()
        result = self._wrapped(*arguments)
        self.seconds += time.process_time() - begin
        return result


def watch(effect: ddsp_fx.Effect) -> dict[str, Stopwatch]:
    """A stopwatch for each stage of this effect."""
    watches = {}
    for stage, (path, method) in STAGES.items():
        owner: Any = effect
        for name in path.split("."):
            owner = getattr(owner, name, None)
        if owner is not None:
            watches[stage] = Stopwatch(owner, method)
    return watches


def play(effect: ddsp_fx.Effect, audio: Audio) -> NDArray[np.float64]:
    """CPU seconds of each block."""
    times = []
    for start in range(0, audio.shape[1] - BLOCK + 1, BLOCK):
        block = np.ascontiguousarray(audio[:, start : start + BLOCK])
        begin = time.process_time()
        effect.process_block(block)
        times.append(time.process_time() - begin)
    return np.array(times)


def measure(name: str, seconds: float, repeats: int = 3) -> dict[str, float]:
    """Times real time, the slowest blocks relative to their duration, and each stage's share of the time."""
    audio, budget_s = phrase(seconds), BLOCK / RATE_HZ
    effect = ddsp_fx.load(name)
    effect.prepare(RATE_HZ, BLOCK, 2)
    play(effect, audio[:, : 50 * BLOCK])
    runs = [play(effect, audio) for _ in range(repeats)]
    times = min(runs, key=lambda run: float(run.sum()))
    watches = watch(effect)
    watched_s = float(play(effect, audio).sum())
    shares = {f"share_{stage}": w.seconds / watched_s for stage, w in watches.items()}
    return {
        "times_real_time": budget_s * times.size / float(times.sum()),
        "block_99th_percentile_share": float(np.quantile(times, 0.99)) / budget_s,
        "worst_block_share": float(times.max()) / budget_s,
        **shares,
        "share_rest": 1.0 - sum(shares.values()),
    }


def print_table(figures: dict[str, dict[str, float]]) -> None:
    """A column per effect."""
    table = Table(box=None, pad_edge=False)
    table.add_column("")
    for name in figures:
        table.add_column(name, justify="right")
    rows = dict.fromkeys(key for columns in figures.values() for key in columns)
    for row in rows:
        cells = [_text(row, columns[row]) if row in columns else "" for columns in figures.values()]
        table.add_row(row.replace("_", " "), *cells)
    Console().print(table)


def _text(row: str, value: float) -> str:
    return f"{value:.1f}" if row == "times_real_time" else f"{100 * value:.1f} %"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--seconds", type=float, default=10.0, help="length of the audio")
    arguments = parser.parse_args()
    figures = {name: measure(name, arguments.seconds) for name in NAMES}
    print(json.dumps(figures)) if arguments.json else print_table(figures)


if __name__ == "__main__":
    main()
