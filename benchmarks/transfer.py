# SPDX-License-Identifier: GPL-3.0-or-later
"""The speed of the shipped effects on one core, stereo, 48 kHz, blocks of 512, in times real time; and where time goes.

Each is timed three times and the fastest counts, because the others include the machine's noise.
"""

import argparse
import json
import os
import time
import timeit
from collections.abc import Callable

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


def phrase(seconds: float) -> Audio:
    """A stereo glide of ten harmonics that never pauses: the most expensive case."""
    t = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    phase = 2 * np.pi * np.cumsum(330.0 * 2.0 ** (0.5 * np.sin(2 * np.pi * 0.3 * t))) / RATE_HZ
    tone = 0.15 * sum(np.sin(k * phase) / k for k in range(1, 11))
    return np.repeat(tone[np.newaxis], 2, axis=0).astype(np.float32)


def best_us(work: Callable[[], object], number: int = 300) -> float:
    """The quickest of seven rounds."""
    return min(timeit.repeat(work, number=number, repeat=7)) / number * 1e6


def parts() -> dict[str, float]:
    """Microseconds of the parts of `violin`'s stage for one frame, 480 samples; a call from Python is in each."""
    from ddsp_fx.analysis import _character_kernel as character
    from ddsp_fx.analysis import _mcleod_kernel as mcleod
    from ddsp_fx.dsp import _loudness_kernel as loudness
    from ddsp_fx.dsp._jit import loaded
    from ddsp_fx.dsp._synthesis_kernel import synthesise
    from ddsp_fx.effects._room_kernel import in_room
    from ddsp_fx.inference._decoder_kernel import decode

    effect = ddsp_fx.load("violin")
    effect.prepare(RATE_HZ, BLOCK, 2)
    play(effect, phrase(1.0))
    voice = effect._stage.state.voice  # type: ignore[attr-defined]
    listener, synthesis = voice.listener, voice.synthesis
    frame, block = phrase(0.1)[0, :1024].copy(), phrase(0.1)[:1, :480].copy()
    wet = np.empty_like(block)
    track, level, kind = loaded(mcleod.track), loaded(loudness.level_db), loaded(character.next_character)
    step, sing, ring = loaded(decode), loaded(synthesise), loaded(in_room)
    return {
        "pitch": best_us(lambda: track(listener.tracker, frame)),
        "level": best_us(lambda: level(listener.level, frame)),
        "character": best_us(lambda: kind(listener.character, frame)),
        "model": best_us(lambda: step(voice.decoder, 330.0, -30.0)),
        "harmonics and noise": best_us(lambda: sing(synthesis, 330.0, voice.decoder.noise)),
        "room": best_us(lambda: ring(voice.room, block, 0, 480, wet), 800),
    }


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
    """Times real time, and the slowest blocks relative to their duration."""
    audio, budget_s = phrase(seconds), BLOCK / RATE_HZ
    effect = ddsp_fx.load(name)
    effect.prepare(RATE_HZ, BLOCK, 2)
    play(effect, audio[:, : 50 * BLOCK])
    runs = [play(effect, audio) for _ in range(repeats)]
    times = min(runs, key=lambda run: float(run.sum()))
    return {
        "times_real_time": budget_s * times.size / float(times.sum()),
        "block_99th_percentile_share": float(np.quantile(times, 0.99)) / budget_s,
        "worst_block_share": float(times.max()) / budget_s,
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
    of_a_frame = parts()
    if arguments.json:
        print(json.dumps({**figures, "violin_us_per_frame": of_a_frame}))
        return
    print_table(figures)
    print("\nmicroseconds for the 10 ms between two frames of violin:")
    for name, us in of_a_frame.items():
        print(f"  {name:20}{us:6.1f}")


if __name__ == "__main__":
    main()
