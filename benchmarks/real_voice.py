# SPDX-License-Identifier: GPL-3.0-or-later
"""A real voice played by an instrument: is the melody kept, is silence silent, does anything click?

    python benchmarks/real_voice.py voice.flac --chain violin:pitch_shift=24 --picture voice.png

The melody is measured by a tracker that the effect does not use (swift), on frames that it marks as voiced in both
sounds. Silence is where the input stays 40 dB below its maximum for at least 0.3 s, because real silence contains
breath and background. The harmonic and noise stems are measured there, without the room, whose tail may ring. A click
is a millisecond whose third difference is more than 20 dB above the loudest of the 100 ms around it.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from ddsp_fx.analysis.features import extract
from ddsp_fx.array_types import Floats
from ddsp_fx.board.text import parse_board
from ddsp_fx.cli.pictures import save_pitch, save_spectrograms

SILENCE_S = 0.3


def melody(voice: Floats, out: Floats, rate: float, shift: float) -> dict[str, float]:
    """Pitch error in cents on frames voiced in both, and their number."""
    sung, played = extract(voice, rate, "swift"), extract(out, rate, "swift")
    n = min(len(sung), len(played))
    both = sung.voiced[:n] & played.voiced[:n]
    cents = np.abs(1200.0 * np.log2(played.f0_hz[:n][both] / sung.f0_hz[:n][both]) - 100.0 * shift)
    return {
        "median_pitch_error_cents": float(np.median(cents)),
        "within_50_cents": float((cents < 50.0).mean()),
        "voiced_frames": int(both.sum()),
        "voiced_frames_kept": float(both.sum() / max(int(sung.voiced[:n].sum()), 1)),
    }


def silences(voice: Floats, rate: float) -> NDArray[np.bool_]:
    """Samples in parts of at least 0.3 s whose 20 ms RMS stays 40 dB below its maximum; (samples,)."""
    window = round(0.02 * rate)
    power = np.convolve(voice.astype(np.float64) ** 2, np.ones(window) / window, mode="same")
    quiet = power < 1e-4 * power.max()
    edges = np.flatnonzero(np.diff(np.concatenate([[False], quiet, [False]]).astype(np.int8)))
    mask = np.zeros(len(voice), np.bool_)
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        if stop - start >= SILENCE_S * rate:
            # The gate bridges 40 ms and closes in 60 ms; a frame reaches back by 32 ms.
            mask[start + round(0.15 * rate) : stop - round(0.05 * rate)] = True
    return mask


def clicks(out: Floats, rate: float) -> list[float]:
    """Times in s of milliseconds that are 20 dB above their surroundings."""
    size = round(rate / 1000)
    sharp = np.abs(np.diff(out, n=3))
    peaks = sharp[: len(sharp) // size * size].reshape(-1, size).max(axis=1)
    around = np.lib.stride_tricks.sliding_window_view(np.pad(peaks, 50), 101)
    outside = np.concatenate([around[:, :48], around[:, 53:]], axis=1).max(axis=1)
    return [float(i / 1000) for i in np.flatnonzero(peaks > 10.0 * np.maximum(outside, 1e-4))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("voice", type=Path)
    parser.add_argument("--chain", default="violin:pitch_shift=24")
    parser.add_argument("--shift", type=float, default=24.0, help="semitones that the chain shifts by")
    parser.add_argument("--picture", type=Path, help="file for the spectrograms; the pitch curves go next to it")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    audio, rate = soundfile.read(options.voice, dtype="float32", always_2d=True)
    voice = np.ascontiguousarray(audio.mean(axis=1))
    board = parse_board(options.chain)
    stems = board[0].stems(voice, rate)
    direct = (stems["harmonic"] + stems["noise"])[: len(voice)]
    out = board.render(voice, rate)
    quiet = silences(voice, rate)
    figures = {
        **melody(voice, direct, rate, options.shift),
        "silent_seconds_in": float(quiet.sum() / rate),
        "peak_in_silence_dbfs": float(20 * np.log10(max(np.abs(direct[quiet]).max(initial=0.0), 1e-9))),
        "clicks": len(clicks(direct, rate)),
        "peak_dbfs": float(20 * np.log10(np.abs(out).max())),
    }
    if options.picture:
        draw(options.picture, voice, out, direct, rate)
    print(json.dumps(figures, indent=2) if options.json else "\n".join(f"{k}: {v:.4g}" for k, v in figures.items()))


def draw(path: Path, voice: Floats, out: Floats, direct: Floats, rate: float) -> None:
    """Ten seconds of spectrograms, and the two melodies."""
    n = round(10 * rate)
    sounds = {"voice": voice[:n], "instrument in its room": out[:n], "without the room": direct[:n]}
    save_spectrograms(path, sounds, rate, path.stem)
    curves = {}
    for name, sound in {"voice": voice[:n], "instrument": direct[:n]}.items():
        features = extract(sound, rate, "swift")
        time_s = np.arange(len(features), dtype=np.float32) / 50.0
        curves[name] = (time_s, np.where(features.voiced, features.f0_hz, np.nan).astype(np.float32))
    save_pitch(path.with_name(f"{path.stem}-pitch{path.suffix}"), curves, path.stem)


if __name__ == "__main__":
    main()
