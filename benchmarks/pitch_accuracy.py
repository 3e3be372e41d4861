# SPDX-License-Identifier: GPL-3.0-or-later
"""The accuracy of each pitch tracker: a sung line with known pitch, and violin notes, clean and in white noise.

RPA: share of the pitched frames within 50 cents. Octave: share that is right except for its octave. Recall: share of
the pitched frames marked as voiced. False alarm: share of the voice's unpitched frames marked as voiced.
"""

import argparse
import csv
import json
import time
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from ddsp_fx.analysis.features import extract
from ddsp_fx.analysis.framing import last_frame
from ddsp_fx.array_types import Floats
from ddsp_fx.dsp.loudness import power_db
from ddsp_fx.dsp.resample import resample

Truth = NDArray[np.float64]
RATE, HOP = 16000, 320
NOTE_OF_NAME = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


def load(path: Path) -> Floats:
    """A mono recording at 16 kHz."""
    audio, rate = soundfile.read(path, dtype="float32")
    return resample(audio, rate, RATE)


def sung_line(data: Path) -> tuple[Floats, Truth]:
    """Audio, and the annotated f0 in Hz at our frames, 0 where unvoiced."""
    audio = load(data / "voices" / "singing_male_vocadito1.flac")
    with (data / "voices" / "singing_male_vocadito1_f0.csv").open() as file:
        table = np.array([[float(cell) for cell in row] for row in csv.reader(file)])
    frame_s = np.arange(last_frame(audio.size, HOP) + 1) * HOP / RATE
    middles_s = (table[1:, 0] + table[:-1, 0]) / 2
    return audio, table[np.searchsorted(middles_s, frame_s), 1]


def violin_notes(data: Path) -> tuple[Floats, Truth]:
    """All notes in a row; the nominal pitch counts where a note is within 30 dB of its peak and above -50 dB."""
    audio, truth = [], []
    for path in sorted((data / "violin_notes").glob("*.flac")):
        note = load(path)
        note = note[: note.size // HOP * HOP]
        midi = NOTE_OF_NAME[path.stem[0]] + 12 * (int(path.stem[-1]) + 1)
        level_db = power_db(note, HOP, 1024)[:-1]
        sounds = level_db > max(level_db.max() - 30.0, -50.0)
        audio.append(note)
        truth.append(np.where(sounds, 440.0 * 2.0 ** ((midi - 69) / 12), 0.0))
    return np.concatenate(audio), np.concatenate([*truth, np.zeros(1)])


def with_noise(audio: Floats, truth: Truth, snr_db: float) -> Floats:
    """Add white noise, `snr_db` below the mean power of the pitched frames."""
    power = 10.0 ** (power_db(audio, HOP, 1024) / 10.0)
    signal = power[: truth.size][truth[: power.size] > 0].mean()
    noise = np.random.default_rng(0).normal(0.0, np.sqrt(signal / 10.0 ** (snr_db / 10.0)), audio.size)
    return (audio + noise).astype(np.float32)


def score(tracker: str, audio: Floats, truth: Truth) -> dict[str, float]:
    """The four figures in per cent, and the speed in times real time."""
    begin = time.perf_counter()
    features = extract(audio, RATE, tracker)
    elapsed_s = time.perf_counter() - begin
    n = min(len(features), truth.size)
    pitched, voiced = truth[:n] > 0, features.voiced[:n]
    cents = 1200.0 * np.log2(features.f0_hz[:n][pitched] / truth[:n][pitched])
    right = np.abs(cents) < 50
    right_but_octave = np.abs((cents + 600) % 1200 - 600) < 50
    return {
        "rpa": 100.0 * right.mean(),
        "octave": 100.0 * (right_but_octave & ~right).mean(),
        "recall": 100.0 * voiced[pitched].mean(),
        "false_alarm": 100.0 * voiced[~pitched].mean(),
        "times_real_time": audio.size / RATE / elapsed_s,
    }


def evaluate(data: Path, trackers: list[str]) -> list[dict[str, str | float]]:
    """One row for each tracker, material and noise."""
    materials = {"voice": sung_line(data), "violin": violin_notes(data)}
    rows: list[dict[str, str | float]] = []
    for tracker in trackers:
        extract(np.zeros(RATE, np.float32), RATE, tracker)
        for material, (audio, truth) in materials.items():
            for snr_db in (None, 20.0, 10.0, 0.0):
                heard = audio if snr_db is None else with_noise(audio, truth, snr_db)
                noise = "clean" if snr_db is None else f"{snr_db:g} dB"
                rows.append({"tracker": tracker, "material": material, "noise": noise, **score(tracker, heard, truth)})
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with voices/ and violin_notes/")
    parser.add_argument("--trackers", nargs="+", default=["mcleod", "swift"])
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    arguments = parser.parse_args()
    rows = evaluate(arguments.data, arguments.trackers)
    if arguments.json:
        print(json.dumps(rows))
        return
    print("tracker   material  noise      RPA  octave  recall  false alarm  x real time")
    for row in rows:
        print(
            f"{row['tracker']:9s} {row['material']:8s} {row['noise']:>6s} {row['rpa']:8.1f} {row['octave']:7.1f}"
            f" {row['recall']:7.1f} {row['false_alarm']:12.1f} {row['times_real_time']:12.0f}"
        )


if __name__ == "__main__":
    main()
