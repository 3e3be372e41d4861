# SPDX-License-Identifier: GPL-3.0-or-later
"""How faithfully a bundle resynthesises a held-out recording of its own instrument, beside the DDSP paper's figures.

The exported model, its synthesizer and its room run as in the effects: features of the recording -> model file ->
dry -> room. `swift` rows read pitch with the tracker of the training, `mcleod` rows with the one that runs live.
Figures are defined in `ddsp_fx.training.evaluate`: f0 L1 over frames that are right to half a semitone, in semitones;
outliers, the share that is not; loudness L1 in units of 80 dB; the multi-scale spectral distance. The last row is no
model at all but the recording 20 ms late: it gives the spectral distance a scale.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from ddsp_fx.bundles.bundle import Bundle
from ddsp_fx.dsp.convolution import PartitionedConvolver
from ddsp_fx.dsp.resample import resample
from ddsp_fx.effects.impulse_response import at_rate, read_response
from ddsp_fx.effects.resynthesis import FrameRequest, Resynthesizer
from ddsp_fx.effects.trackers import make_tracker
from ddsp_fx.inference.controls import ControlModel
from ddsp_fx.inference.litert import load_runner
from ddsp_fx.training.evaluate import compare

Floats = NDArray[np.float32]
Row = dict[str, str | float]
# Of the reference row; each model runs at its own rate, and `compare` brings both sounds to 16 kHz with one filter.
RATE = 16000
# Engel et al. 2020, table 1: supervised DDSP autoencoder, NSynth's acoustic test notes.
PAPER: Row = {"model": "paper (NSynth)", "f0_l1_semitones": 0.02, "f0_outliers": 0.003, "loudness_l1": 0.07}
COLUMNS = ("f0_l1_semitones", "f0_outliers", "voiced_kept", "loudness_l1", "spectral_loss")


def held_out(path: Path, seconds: float, sample_rate: int = RATE) -> Floats:
    """The last `seconds` of a recording, mono at `sample_rate`."""
    audio, rate = soundfile.read(path, dtype="float32", always_2d=True)
    return resample(audio.mean(axis=1), rate, sample_rate)[-round(seconds * sample_rate) :]


def resynthesise(bundle: Bundle, audio: Floats, tracker: str, sample_rate: int) -> Floats:
    """`audio` through the bundle's instrument and room, latency trimmed: (samples,)."""
    files = next(entry.files for entry in bundle.manifest.effects if entry.kind == "timbre_transfer")
    model = ControlModel(load_runner(bundle.file(files["model"])))
    assert bundle.manifest.trained_on is not None
    trained = bundle.manifest.trained_on.trained()
    stream = Resynthesizer(model, trained, sample_rate, _as_played, make_tracker(tracker, trained.hop))
    late = stream.latency_samples
    dry = stream.process(np.pad(audio, (0, late))).sum(axis=0)[late:]
    return dry + wet(bundle, files, dry, sample_rate)


def _as_played(f0_hz: float, confidence: float, level_db: float) -> FrameRequest:
    del confidence
    return FrameRequest(f0_hz, level_db, 1.0, 1.0)


def wet(bundle: Bundle, files: dict[str, str], dry: Floats, sample_rate: int) -> Floats:
    """The room's part of the sound, (samples,); silence for a bundle without a room."""
    if "room" not in files:
        return np.zeros_like(dry)
    response, rate = read_response(bundle.file(files["room"]))
    response = at_rate(response, rate, sample_rate)
    return PartitionedConvolver(response, 1).process(dry[np.newaxis])[0]


def rows(bundles: list[Path], path: Path, seconds: float, trackers: list[str]) -> Iterator[Row]:
    """One row a bundle and tracker, then the references."""
    for folder in bundles:
        bundle = Bundle.open(folder)
        assert bundle.manifest.trained_on is not None
        rate = bundle.manifest.trained_on.trained().sample_rate
        recording = held_out(path, seconds, rate)
        for tracker in trackers:
            sound = resynthesise(bundle, recording, tracker, rate)
            yield {"model": f"{bundle.manifest.name} ({tracker})", **compare(recording, sound, rate)}
    yield PAPER
    recording = held_out(path, seconds)
    yield {"model": "20 ms late", **compare(recording[320:], recording[:-320], RATE)}


def show(row: Row) -> str:
    """One line of the table."""
    cells = [f"{row[name]:16.4f}" if name in row else f"{'-':>16s}" for name in COLUMNS]
    return f"{row['model']:24s}" + "".join(cells)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recording", type=Path, help="its last --seconds must have been held out of the training")
    parser.add_argument("bundles", type=Path, nargs="+", help="bundle folders, tiny and full")
    parser.add_argument("--seconds", type=float, default=25.0)
    parser.add_argument("--trackers", nargs="+", default=["swift", "mcleod"])
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    arguments = parser.parse_args()
    table = list(rows(arguments.bundles, arguments.recording, arguments.seconds, arguments.trackers))
    if arguments.json:
        print(json.dumps(table))
        return
    print(f"{'model':24s}" + "".join(f"{name:>16s}" for name in COLUMNS))
    print("\n".join(show(row) for row in table))


if __name__ == "__main__":
    main()
