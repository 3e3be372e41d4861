# SPDX-License-Identifier: GPL-3.0-or-later
"""How much of a voice lies in an instrument's trained range, with and without register and loudness match.

    python benchmarks/voice_matching.py violin voice1.flac voice2.flac

Prints shares of sounding frames: pitch within the trained 1 to 99 %, level within the trained 5 to 95 %, both.
`kept dynamics` is the deviation of the model's input level relative to the voice's own: 0 means no difference between
loud and soft, which is how a compressor would gain its share.
"""

import argparse
from pathlib import Path

import numpy as np
import soundfile

from ddsp_fx import load
from ddsp_fx.analysis.features import extract
from ddsp_fx.effects.timbre_transfer import TimbreTransfer

SETTINGS: dict[str, dict[str, bool | str]] = {
    "as played": {},
    "register": {"register": "match"},
    "loudness": {"loudness_match": True},
    "both (preset vocal)": {"register": "match", "loudness_match": True},
}


def requests(effect: TimbreTransfer, voice: Path) -> tuple[np.ndarray, np.ndarray]:
    """The requested (pitch in Hz, level in dB), (sounding frames, 2), and the levels of the voice."""
    audio, rate = soundfile.read(voice, dtype="float32", always_2d=True)
    effect.prepare(rate, 4096, 1)
    effect.reset()
    features = extract(np.ascontiguousarray(audio.mean(axis=1)), rate, "mcleod", effect._source.trained.level)
    asked, sung = [], []
    for f0_hz, confidence, level_db in zip(
        features.f0_hz.tolist(), features.confidence.tolist(), features.level_db.tolist(), strict=True
    ):
        request = effect._conduct(f0_hz, confidence, level_db)
        if request.harmonic_gain >= 1.0:
            asked.append((request.f0_hz, request.level_db))
            sung.append(level_db)
    return np.array(asked), np.array(sung)


def shares(name: str, setting: dict[str, bool | str], voices: list[Path]) -> list[float]:
    """The four figures of one setting over all voices."""
    effect = load(name, **setting)
    assert isinstance(effect, TimbreTransfer)
    trained = effect._source.trained
    rows = []
    for voice in voices:
        asked, sung = requests(effect, voice)
        pitch = (asked[:, 0] >= trained.f0_min_hz) & (asked[:, 0] <= trained.f0_max_hz)
        level = (asked[:, 1] >= trained.level_low_db) & (asked[:, 1] <= trained.level_high_db)
        rows.append([pitch.mean(), level.mean(), (pitch & level).mean(), asked[:, 1].std() / sung.std()])
    return [float(mean) for mean in np.mean(rows, axis=0)]


def main() -> None:
    """Print one row per setting."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("effect")
    parser.add_argument("voices", type=Path, nargs="+")
    options = parser.parse_args()
    print(f"{'setting':22s}   pitch   level    both  kept dynamics")
    for name, setting in SETTINGS.items():
        row = shares(options.effect, setting, options.voices)
        print(f"{name:22s}" + "".join(f"  {share:6.1%}" for share in row[:3]) + f"  {row[3]:13.2f}")


if __name__ == "__main__":
    main()
