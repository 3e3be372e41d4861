# SPDX-License-Identifier: GPL-3.0-or-later
"""Compares ways of conditioning a decoder, trained on your own recordings and tested on voices.

Each row changes one thing from the base: loudness, 50 frames a second, swift's pitch, the usual blur. The first figures
compare the last --seconds of the last recording with its resynthesis by the effect with swift. The voice figures are
means over the voices, played with register and loudness match (preset vocal), with the live tracker and with swift.
Pitch is measured by swift on frames voiced in both (`melody` of benchmarks/real_voice.py). `warble` is the median
|second difference| of that pitch in cents over 20 ms frames, relative to the voice's own. `jumps` is the number of
level steps of more than 6 dB between 5 ms windows inside notes, per second. A finished training in FOLDER is not
repeated.

    KERAS_BACKEND=jax python benchmarks/conditioning.py RECORDINGS runs/conditioning --voices V1 V2 --steps 800
"""

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from real_voice import melody

from ddsp_fx.analysis.features import extract
from ddsp_fx.analysis.resynthesis_figures import compare
from ddsp_fx.array_types import Floats
from ddsp_fx.bundles.bundle import Bundle
from ddsp_fx.bundles.evaluation import Subject, resynthesise
from ddsp_fx.bundles.loading import load
from ddsp_fx.cli.audio_files import read_mono
from ddsp_fx.cli.train import Meter
from ddsp_fx.training.config import TrainConfig
from ddsp_fx.training.run import train

BASE = {"frame_rate": 50, "weights": "float32"}
VARIANTS: dict[str, dict[str, Any]] = {
    "base": {},
    "power": {"level": "power"},
    "100 frames/s": {"frame_rate": 100},
    "250 frames/s": {"frame_rate": 250, "n_bands": 33},
    "mcleod in training": {"tracker": "mcleod"},
    "no blur": {"gain_db": 0.0, "level_error_db": 0.0, "pitch_error_semitones": 0.0},
    "gain 6 dB": {"gain_db": 6.0},
    "varispeed 5": {"varispeed_semitones": 5.0},
}
HELDOUT = ("f0_l1_semitones", "f0_outliers", "loudness_l1", "spectral_loss")


def trained(recordings: Path, folder: Path, name: str, steps: int, seconds: float) -> Bundle:
    """The bundle of one variant, whose run continues where it was stopped."""
    label = name.replace(" ", "-").replace("/", "-per-")
    bundle, run = folder / f"{label}-bundle", folder / label
    if not bundle.is_dir():
        meter = Meter()
        config = TrainConfig(label, steps=steps, holdout_seconds=seconds, **{**BASE, **VARIANTS[name]})
        resume = (run / "checkpoint.npz").is_file()
        train(recordings, bundle, run, config, resume=resume, report=meter.report, note=meter.note)
    return Bundle.open(bundle)


def on_voices(bundle: Bundle, voices: list[Path], tracker: str) -> dict[str, float]:
    """Means over the voices."""
    rows = [on_voice(bundle, *read_mono(path), tracker) for path in voices]
    return {key: float(np.mean([row[key] for row in rows])) for key in rows[0]}


def on_voice(bundle: Bundle, voice: Floats, rate_hz: float, tracker: str) -> dict[str, float]:
    """One voice played by the instrument without its room."""
    effect: Any = load(
        f"{bundle.folder}#{bundle.manifest.effects[0].symbol}", preset="vocal", tracker=tracker, room=False
    )
    out = effect(voice, rate_hz)
    # Only the pitch class is compared, because the register match transposes each voice by its own number of octaves.
    sung, played = extract(voice, rate_hz, "swift"), extract(out, rate_hz, "swift")
    n = min(len(sung), len(played))
    both = sung.voiced[:n] & played.voiced[:n]
    octaves = np.round(np.median(np.log2(played.f0_hz[:n][both] / sung.f0_hz[:n][both])))
    figures = melody(voice, out, rate_hz, 12.0 * float(octaves))
    return {
        "median_cents": figures["median_pitch_error_cents"],
        "within_50_cents": figures["within_50_cents"],
        "kept": figures["voiced_frames_kept"],
        "warble": wobble_cents(played.f0_hz[:n], both) / wobble_cents(sung.f0_hz[:n], both),
        "jumps": level_jumps(out, rate_hz, both),
    }


def wobble_cents(f0_hz: Floats, where: NDArray[np.bool_]) -> float:
    """Median |second difference| of pitch in cents, over three consecutive frames that all count."""
    cents = 1200.0 * np.log2(f0_hz)
    inside = where[:-2] & where[1:-1] & where[2:]
    return float(np.median(np.abs(np.diff(cents, n=2))[inside]))


def level_jumps(sound: Floats, rate_hz: float, where: NDArray[np.bool_]) -> float:
    """Steps of more than 6 dB between 5 ms windows inside notes, per second of notes."""
    size = round(rate_hz / 200)
    windows = sound[: len(sound) // size * size].reshape(-1, size)
    level_db = 10.0 * np.log10(np.mean(windows.astype(np.float64) ** 2, axis=1) + 1e-12)
    inside = where[2:] & where[1:-1] & where[:-2]
    counted = np.repeat(np.concatenate([[False], inside, [False]]), 4)
    steps = np.abs(np.diff(level_db)) > 6.0
    n = min(len(steps), len(counted))
    return float(steps[:n][counted[:n]].sum() / max(counted[:n].sum() / 200.0, 1e-9))


def rows(arguments: argparse.Namespace, name: str) -> list[dict[str, Any]]:
    """Two rows per variant: with the live tracker, and with swift."""
    bundle = trained(arguments.recordings, arguments.folder, name, arguments.steps, arguments.seconds)
    last = sorted(arguments.recordings.rglob("*.flac"))[-1]
    recording, rate_hz = read_mono(last, last_s=arguments.seconds)
    sound, _ = resynthesise(Subject.of(bundle, tracker="swift"), recording, rate_hz)
    all_figures = compare(recording, sound, rate_hz)
    heldout = {key: all_figures[key] for key in HELDOUT}
    return [
        {"variant": name, "tracker": tracker, **heldout, **on_voices(bundle, arguments.voices, tracker)}
        for tracker in ("mcleod", "swift")
    ]


def show(row: dict[str, Any]) -> str:
    """One line of the table."""
    return f"| {row['variant']} | {row['tracker']} | " + " | ".join(f"{row[k]:.3f}" for k in list(row)[2:]) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recordings", type=Path)
    parser.add_argument("folder", type=Path, help="runs and bundles")
    parser.add_argument("--voices", type=Path, nargs="+", required=True)
    parser.add_argument("--variants", nargs="+", choices=list(VARIANTS), default=list(VARIANTS))
    parser.add_argument("--steps", type=int, default=800)
    parser.add_argument("--seconds", type=float, default=25.0, help="seconds to hold out at the last recording's end")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    arguments = parser.parse_args()
    table = [row for name in arguments.variants for row in rows(arguments, name)]
    if arguments.json:
        print(json.dumps(table))
        return
    print("| " + " | ".join(table[0]) + " |")
    print("\n".join(show(row) for row in table))


if __name__ == "__main__":
    main()
