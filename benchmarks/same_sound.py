# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a change kept the sound: every installed effect and preset, rendered before and after.

    python benchmarks/same_sound.py save BEFORE.npz
    python benchmarks/same_sound.py check BEFORE.npz    # exit code 1 if a sample differs by more than 1e-6

The input is a glide with a breath, a click and silence, so that gate, tracker, room and tail all act. It is rendered
as a whole and in odd blocks, at 44.1 and 48 kHz.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track

import ddsp_fx
from ddsp_fx.array_types import Audio
from ddsp_fx.board.text import parse_board
from ddsp_fx.bundles.discovery import discover

SECONDS, TOLERANCE = 2.0, 1e-6


def phrase(rate_hz: int) -> Audio:
    """A stereo glide of ten harmonics, 0.3 s of silence, a breath of noise and a click: (2, n)."""
    t = np.arange(int(SECONDS * rate_hz)) / rate_hz
    phase = 2 * np.pi * np.cumsum(330.0 * 2.0 ** (0.5 * np.sin(2 * np.pi * 0.7 * t))) / rate_hz
    line = 0.15 * sum(np.sin(k * phase) / k for k in range(1, 11))
    line *= (t < 1.0) | (t > 1.3)
    line += np.where(t > 1.7, 0.02, 0.0) * np.random.default_rng(1).standard_normal(t.size)
    line[rate_hz // 10] += 0.5
    return np.stack([line, 0.7 * line]).astype(np.float32)


def chains() -> Iterator[str]:
    """Every effect, every preset, and chains with native effects."""
    for effect in (entry for bundle in discover().bundles for entry in bundle.manifest.effects):
        yield effect.symbol
        yield from (f"{effect.symbol}:preset={preset}" for preset in effect.presets)
    yield "Gain:gain_db=-6 | violin:pitch_shift=5,mix=0.5 | Compressor:ratio=4 | violin-room:mix=0.3"
    yield "trumpet-dry:gate=-40 | Reverb | flute:register=match,autotune=0.8"


def render(chain: str) -> dict[str, Audio]:
    """The whole at both rates, and blocks of 1 to 997 samples at 48 kHz."""
    whole = {f"{chain} @ {rate}": parse_board(chain)(phrase(rate), rate) for rate in (44100, 48000)}
    board, audio, out, at = parse_board(chain), phrase(48000), [], 0
    board.prepare(48000, 997, 2)
    for size in np.random.default_rng(2).integers(1, 998, 1000):
        if at >= audio.shape[1]:
            break
        out.append(board.process_block(audio[:, at : at + size]).copy())
        at += int(size)
    return {**whole, f"{chain} in blocks": np.concatenate(out, axis=1)}


def main() -> int:
    """Save, or compare and print the largest difference."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("save", "check"))
    parser.add_argument("file", type=Path)
    arguments = parser.parse_args()
    console = Console()
    now: dict[str, Audio] = {}
    for chain in track(sorted(set(chains())), "rendering", console=console):
        now.update(render(chain))
    if arguments.what == "save":
        np.savez_compressed(arguments.file, **now)
        console.print(f"{len(now)} renders of ddsp-fx {ddsp_fx.__version__} in {arguments.file}")
        return 0
    before = np.load(arguments.file)
    differences = {name: difference(before[name], now.get(name)) for name in before.files}
    worst = max(differences, key=differences.__getitem__)
    console.print(
        f"{len(differences)} renders compared; the most that one differs by is {differences[worst]:g}: {worst}"
    )
    for name in (name for name, by in differences.items() if by > TOLERANCE):
        console.print(f"  {name}: {differences[name]:g}")
    return int(differences[worst] > TOLERANCE)


def difference(before: Audio, now: Audio | None) -> float:
    """The largest difference of a sample; inf if the sound is missing or has another length now."""
    return float(np.abs(before - now).max()) if now is not None and now.shape == before.shape else float("inf")


if __name__ == "__main__":
    sys.exit(main())
