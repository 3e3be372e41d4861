# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures the contract of every shipped effect, and of a board of three. Exit code 1 if any part is broken.

Split: blocks of 1 to 4096 samples (random, growing, fixed, and single samples for the first 0.1 s) against one block
for all; they may differ by 1e-6. Latency: an impulse through the dry path arrives exactly at the reported latency, and
the wet path's envelope within one frame (20 ms) of it. Memory: it does not grow with time.
"""

import argparse
import gc
import json
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain, count, repeat
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pedalboard import Compressor
from rich.console import Console
from rich.table import Table

import ddsp_fx
from ddsp_fx.array_types import Audio
from ddsp_fx.effects.learned_reverb import LearnedReverb

Make = Callable[[], ddsp_fx.Effect]
Row = dict[str, str | float | bool]
RATES_HZ = (44100, 48000, 96000)
# 960 blocks are 512 model frames: after each such lap, every queue is as full as before.
MEMORY_RATE_HZ, MEMORY_BLOCK, MEMORY_LAP = 48000, 512, 960
SPLIT_LAW, ENVELOPE_LAW_MS = 1e-6, 20.0
# The smallest object leaked once per frame is 15 bytes a block. NumPy's own caches grow by some 20 KiB, more and more
# slowly.
TRACED_LAW_BYTES_PER_BLOCK, RSS_LAW_BYTES = 8.0, 2 << 20
# Settings with which an effect passes its input through.
DRY = {"mix": 0.0, "amount": 0.0, "ratio": 1.0}


def board() -> ddsp_fx.Board:
    """Instrument, native plugin, room: the chain in the documentation."""
    return ddsp_fx.Board([ddsp_fx.load("violin"), Compressor(-20, 4), ddsp_fx.load("violin-room")])


def subjects() -> dict[str, Make]:
    """Everything found by `discover`, by name, and the board."""
    found: dict[str, Make] = {n: partial(ddsp_fx.load, n) for n in ddsp_fx.discover().symbols()}
    if {"violin", "violin-room"} <= set(found):
        found["violin | Compressor | violin-room"] = board
    return found


def phrase(seconds: float, rate: int) -> Audio:
    """A stereo glide of ten harmonics with a slow swell, a rest every two seconds, and a little noise."""
    random = np.random.default_rng(0)
    t = np.arange(int(seconds * rate)) / rate
    phase = 2 * np.pi * np.cumsum(330.0 * 2.0 ** (0.5 * np.sin(2 * np.pi * 0.3 * t))) / rate
    tone = sum(np.sin(k * phase) / k for k in range(1, 11))
    swell = 0.15 + 0.1 * np.sin(2 * np.pi * 1.3 * t) * np.sin(2 * np.pi * 0.37 * t)
    sounding = np.clip(np.abs((t + 0.2) % 2.0 - 0.2) / 0.05 - 1.0, 0, 1)
    mono = tone * swell * sounding
    return np.stack([mono, 0.8 * mono + 1e-3 * random.standard_normal(t.size)]).astype(np.float32)


def splits(rate: int) -> dict[str, Iterator[int]]:
    """Endless block sizes by name."""
    growing = (min(int(1.07**i), 4096) for i in count())
    single = chain(repeat(1, rate // 10), _random_sizes(2))
    return {"random": _random_sizes(), "growing": growing, "fixed 137": repeat(137), "single": single}


def _random_sizes(seed: int = 1) -> Iterator[int]:
    random = np.random.default_rng(seed)
    while True:
        yield int(random.integers(1, 4097))


def in_blocks(effect: ddsp_fx.Effect, audio: Audio, sizes: Iterator[int]) -> Audio:
    """The live stream, in blocks of these sizes."""
    out, position = [], 0
    while position < audio.shape[1]:
        size = next(sizes)
        out.append(effect.process_block(audio[:, position : position + size]))
        position += size
    return np.concatenate(out, axis=1)


def split_rows(make: Make, seconds: float, rate: int) -> list[Row]:
    """The largest difference between any block sizes and one block; silence is refused, as it would prove nothing."""
    audio, effect = phrase(seconds, rate), make()
    effect.prepare(rate, audio.shape[1], 2)
    whole = effect.process_block(audio)
    sounding = float(np.abs(whole).max()) > 1e-3
    rows: list[Row] = []
    for split, sizes in splits(rate).items():
        effect.prepare(rate, 4096, 2)
        worst = float(np.abs(in_blocks(effect, audio, sizes) - whole).max())
        rows.append(_row(f"split {split}", rate, f"{worst:.1e}", "<= 1e-06", worst <= SPLIT_LAW and sounding))
    return rows


def _row(law: str, rate: int, measured: str, allowed: str, kept: bool) -> Row:
    return {"law": law, "rate_hz": rate, "measured": measured, "law_is": allowed, "kept": bool(kept)}


def set_all(effect: ddsp_fx.Effect, values: dict[str, float | bool]) -> None:
    """Set those of the values that the effect, or each plugin of a board, has."""
    parts = list(effect) if isinstance(effect, ddsp_fx.Board) else [effect]
    for part in parts:
        for symbol, value in values.items():
            if symbol in getattr(part, "parameters", ()) or (symbol == "ratio" and hasattr(part, "ratio")):
                setattr(part, symbol, value)


def dry_latency(make: Make, rate: int) -> tuple[int, int]:
    """The sample at which an impulse at sample 1000 leaves the dry path, and the reported latency."""
    effect, impulse = make(), np.zeros((2, rate), np.float32)
    impulse[:, 1000] = 1.0
    set_all(effect, DRY)
    effect.prepare(rate, 4096, 2)
    out = in_blocks(effect, impulse, repeat(512))
    return int(np.abs(out[0]).argmax()) - 1000, effect.latency_samples


def wet_latency_ms(make: Make, rate: int) -> float:
    """Delay of the wet path by cross-correlation: with a room's response, or with the input's envelope."""
    effect = make()
    if isinstance(effect, LearnedReverb):
        effect.mix = 1.0
        return _room_lag_ms(effect, rate)
    set_all(effect, {"room": False})  # a room would smear the envelope
    if isinstance(effect, ddsp_fx.Board):
        set_all(ddsp_fx.Board([p for p in effect if isinstance(p, LearnedReverb)]), {"mix": 0.0})
    audio = swells(8.0, rate)
    effect.prepare(rate, 4096, 2)
    heard, played = levels_db(audio[0], rate), levels_db(in_blocks(effect, audio, repeat(512))[0], rate)
    return peak_lag(heard, played, limit=300)


def _room_lag_ms(effect: LearnedReverb, rate: int) -> float:
    response = effect.impulse_response(rate, 2)[0, :4096]
    impulse = np.zeros((2, 8192), np.float32)
    impulse[:, 0] = 1.0
    effect.prepare(rate, 4096, 2)
    out = in_blocks(effect, impulse, repeat(512))[0]
    return 1000.0 * float(np.correlate(out, response, "full").argmax() - (response.size - 1)) / rate


def swells(seconds: float, rate: int) -> Audio:
    """A steady tone whose level varies by 20 dB, two to five times a second."""
    t = np.arange(int(seconds * rate)) / rate
    wander_db = -22.0 + 5.0 * (np.sin(2 * np.pi * 2.1 * t) + np.sin(2 * np.pi * 4.7 * t + 1.0))
    tone = sum(np.sin(2 * np.pi * 440.0 * k * t) / k for k in range(1, 11))
    return np.repeat((0.5 * tone * 10.0 ** (wander_db / 20.0))[np.newaxis], 2, axis=0).astype(np.float32)


def levels_db(mono: Audio, rate: int) -> NDArray[np.float64]:
    """RMS level of 20 ms windows, one per millisecond, at the times of their centres."""
    squares = np.concatenate([[0.0], np.cumsum(mono.astype(np.float64) ** 2)])
    centres = np.arange(0.01, mono.size / rate - 0.01, 0.001)
    first, last = ((centres + shift) * rate for shift in (-0.01, 0.01))
    sums = squares[last.round().astype(int)] - squares[first.round().astype(int)]
    return 10.0 * np.log10(np.maximum(sums / (0.02 * rate), 1e-8))


def peak_lag(first: NDArray[np.float64], second: NDArray[np.float64], limit: int) -> float:
    """The delay in steps, 0 to `limit`, at which `second` correlates best; the first second is ignored."""
    n = first.size - limit
    scores = [np.corrcoef(first[1000:n], second[1000 + lag : n + lag])[0, 1] for lag in range(limit)]
    return float(np.argmax(scores))


def latency_rows(make: Make, rate: int) -> list[Row]:
    """The dry path must be exact, the wet path within a frame."""
    arrived, reported = dry_latency(make, rate)
    wet_ms, reported_ms = wet_latency_ms(make, rate), 1000.0 * reported / rate
    near = abs(wet_ms - reported_ms) <= ENVELOPE_LAW_MS
    return [
        _row("latency, dry", rate, f"{arrived} samples", f"{reported} samples", arrived == reported),
        _row("latency, wet", rate, f"{wet_ms:.1f} ms", f"{reported_ms:.1f} ± 20 ms", near),
    ]


def rss_bytes() -> int:
    """Current resident memory; 0 without /proc."""
    statm = Path("/proc/self/statm")
    return int(statm.read_text().split()[1]) * 4096 if statm.is_file() else 0


def memory_rows(make: Make, minutes: float) -> list[Row]:
    """Growth over `minutes` of audio in small blocks, after a warm-up."""
    effect, audio = make(), phrase(MEMORY_LAP * MEMORY_BLOCK / MEMORY_RATE_HZ, MEMORY_RATE_HZ)
    laps = max(1, round(60.0 * minutes * MEMORY_RATE_HZ / audio.shape[1]))
    effect.prepare(MEMORY_RATE_HZ, MEMORY_BLOCK, 2)
    tracemalloc.start()
    run_laps(effect, audio, 2)
    before = (_collected(), rss_bytes())
    run_laps(effect, audio, laps)
    traced, rss = (now - then for now, then in zip((_collected(), rss_bytes()), before, strict=True))
    tracemalloc.stop()
    per_block = traced / (laps * MEMORY_LAP)
    few, little = per_block < TRACED_LAW_BYTES_PER_BLOCK, rss < RSS_LAW_BYTES
    return [
        _row("memory, traced", MEMORY_RATE_HZ, f"{per_block:+.3f} B a block", "< 8 B a block", few),
        _row("memory, RSS", MEMORY_RATE_HZ, f"{rss / 1024:+.0f} KiB", "< 2048 KiB", little),
    ]


def run_laps(effect: ddsp_fx.Effect, audio: Audio, laps: int) -> None:
    """`audio` in small blocks, repeatedly."""
    for start in list(range(0, audio.shape[1], MEMORY_BLOCK)) * laps:
        effect.process_block(audio[:, start : start + MEMORY_BLOCK])


def _collected() -> int:
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


def print_table(rows: list[Row]) -> None:
    """A table per effect, a line per rule."""
    for name in dict.fromkeys(str(row["effect"]) for row in rows):
        table = Table(title=name, box=None, pad_edge=False, title_justify="left")
        for column in ("law", "rate", "measured", "law is", ""):
            table.add_column(column, no_wrap=True)
        for row in (row for row in rows if row["effect"] == name):
            mark = "[green]kept[/green]" if row["kept"] else "[red]BROKEN[/red]"
            table.add_row(*(str(row[k]) for k in ("law", "rate_hz", "measured", "law_is")), mark)
        Console().print(table)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--seconds", type=float, default=10.0, help="length of the split audio")
    parser.add_argument("--minutes", type=float, default=10.0, help="length of the memory run")
    parser.add_argument("--quick", action="store_true", help="2 s of splits and 30 s of memory")
    arguments = parser.parse_args()
    seconds, minutes, rows = (2.0, 0.5, []) if arguments.quick else (arguments.seconds, arguments.minutes, [])
    for name, make in subjects().items():
        laws = [row for rate in RATES_HZ for row in split_rows(make, seconds, rate) + latency_rows(make, rate)]
        rows += [{"effect": name, **row} for row in laws + memory_rows(make, minutes)]
    print(json.dumps(rows)) if arguments.json else print_table(rows)
    return 0 if rows and all(row["kept"] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
