# SPDX-License-Identifier: GPL-3.0-or-later
"""A room that training never sees: what is learned of it from the wet sound alone, compared with the truth.

Dry rendered violin is convolved with a measured room. A model is trained on the wet sound, with the last 25 s held out.
Prints
- RT60 (T30 if the decay allows, else T20) of the learned and of the measured room;
- reverberant energy in octave bands, learned and measured: the energy from 20 ms after the direct sound on, relative to
  the energy before (`room_truth`);
- multi-scale spectral distance to the true dry sound, for the held-out part and for another line: of the wet sound, of
  both methods of dereverb, and of suppression by the true powers, which is the best that suppression can do.

    python benchmarks/known_room.py --soundfont FluidR3_GM.sf2 --ir room.flac --minutes 15
"""

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from room_truth import OCTAVES_HZ, RATE, Doubles, in_room, measured_room, wet_db

from ddsp_fx.analysis.features import extract
from ddsp_fx.array_types import Floats
from ddsp_fx.dsp.decay import decay_times, energy_decay_db
from ddsp_fx.dsp.spectral import spectral_distance
from ddsp_fx.dsp.tail_mask import TailMask
from ddsp_fx.training.config import TrainConfig
from ddsp_fx.training.data.fine_pitch import refine
from ddsp_fx.training.data.passage import Passage
from ddsp_fx.training.data.soundfont import PLAYERS, render
from ddsp_fx.training.loop.checkpoint import Progress, load_checkpoint
from ddsp_fx.training.loop.stages import Run
from ddsp_fx.training.room.response import room_response

HELD_OUT_FRAMES = 25 * 50


def make_track(wet: Floats, config: TrainConfig) -> Passage:
    """Features and audio of the wet sound, prepared as by `ddsp-fx train`."""
    features = extract(wet, RATE, config.tracker, config.level)
    audio = np.pad(wet, (0, max(0, len(features) * config.hop - len(wet))))
    passage = Passage("wet", audio, features.f0_hz, features.confidence, features.level_db)
    return refine(passage, hop=config.hop, sample_rate=RATE)


def show(progress: Progress, loss: float, share: float) -> None:
    """Print a line every 200 steps."""
    if progress.step % 200 == 0:
        print(f"{progress.stage} step {progress.step} {share:.0%} loss {loss:.3f}", file=sys.stderr, flush=True)


def measure(arguments: argparse.Namespace) -> tuple[dict[str, Any], dict[str, Any]]:
    """The figures, and the sounds behind them."""
    config = TrainConfig("known-room", steps=12000, minutes=arguments.minutes, frame_rate=50, preview_every=10**9)
    truth = measured_room(arguments.ir)
    dry, wet = in_room(render(PLAYERS["violin"], arguments.soundfont, arguments.seconds, arguments.seed, RATE), truth)
    passage = make_track(wet, config)
    cut = passage.frames - HELD_OUT_FRAMES
    training, held_out = passage.cut(0, cut, config.hop), passage.cut(cut, passage.frames, config.hop)
    run = trained([training], config, arguments)
    with_direct = run.response + np.eye(1, len(run.response))[0]
    figures = compare(truth, with_direct)
    true_dry = np.pad(dry, (0, len(passage.audio) - len(dry)))[cut * config.hop : (passage.frames - 1) * config.hop]
    sounds = dereverberated(run, held_out, true_dry)
    figures["held out"] = distances(sounds)
    dry, wet = in_room(render(PLAYERS["violin"], arguments.soundfont, 50.0, arguments.seed + 1, RATE), truth)
    line = make_track(wet, config)
    figures["another line"] = distances(dereverberated(run, line.cut(0, line.frames, config.hop), dry))
    return figures, {**sounds, "truth": truth, "learned": with_direct}


def trained(passages: list[Passage], config: TrainConfig, arguments: argparse.Namespace) -> Run:
    """A finished run, from its folder with --resume."""
    arguments.run_dir.mkdir(parents=True, exist_ok=True)
    checkpoint = load_checkpoint(arguments.run_dir) if arguments.resume else None
    run = Run(arguments.run_dir, config, passages, room_response(passages, config), show, checkpoint)
    run.run()
    return run


def dereverberated(run: Run, passage: Passage, dry: Floats) -> dict[str, Floats]:
    """The wet sound, both methods, suppression by the true powers, and the truth: (samples,) each."""
    voice = run.resynthesise(passage)
    n = len(voice["dry"])
    true_dry, wet = (np.pad(sound, (0, n))[:n] for sound in (dry, passage.audio))
    return {
        "wet": wet,
        "resynthesised": voice["dry"],
        "suppressed": suppress(wet, voice["dry"], voice["wet"] - voice["dry"]),
        "suppressed by the truth": suppress(wet, true_dry, wet - true_dry),
        "true dry": true_dry,
    }


def distances(sounds: dict[str, Floats]) -> dict[str, float]:
    """Multi-scale spectral distance of each sound to the true dry one, with logarithms and of magnitudes only."""
    truth = sounds["true dry"]
    others = {name: sound for name, sound in sounds.items() if name != "true dry"}
    with_logs = {name: spectral_distance(truth, sound) for name, sound in others.items()}
    alone = {f"{name}, magnitudes": spectral_distance(truth, s, log_weight=0.0) for name, s in others.items()}
    return {**with_logs, **alone}


def suppress(wet: Floats, dry: Floats, late: Floats) -> Floats:
    """The wet sound without its tail, by the dereverb effect's method, from a dry sound and its tail."""
    mask = TailMask(1, RATE, RATE / 2.0)
    padded = [np.pad(sound, (0, mask.latency_samples)) for sound in (wet, dry, late)]
    return mask.process(padded[0][None], *padded[1:])[0, mask.latency_samples :]


def compare(truth: Doubles, learned: Doubles) -> dict[str, Any]:
    """RT60 and band energies of two impulse responses."""
    rt60 = [decay_times(response, RATE).rt60_s for response in (truth, learned)]
    error_db = wet_db(learned) - wet_db(truth)
    return {
        "rt60_true_s": rt60[0],
        "rt60_learned_s": rt60[1],
        "rt60_error": rt60[1] / rt60[0] - 1.0,
        "band_error_db": {str(int(c)): float(e) for c, e in zip(OCTAVES_HZ, error_db, strict=True)},
    }


def draw(path: Path, sounds: dict[str, Floats]) -> None:
    """Draw decay curves, and spectrograms of wet, dereverb and truth."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, rows = plt.subplots(5, 1, figsize=(11, 14))
    for name in ("truth", "learned"):
        curve = energy_decay_db(sounds[name], RATE)
        rows[0].plot(np.arange(len(curve)) / RATE, curve, label=name)
    rows[0].set(ylim=(-60, 2), xlabel="s", ylabel="dB", title="energy decay of the room")
    rows[0].legend()
    for axes, name in zip(rows[1:], ("wet", "resynthesised", "suppressed", "true dry"), strict=True):
        axes.specgram(sounds[name][: 10 * RATE] + 1e-7, NFFT=1024, Fs=RATE, noverlap=768, vmin=-130, vmax=-30)
        axes.set(title=name, ylabel="Hz")
    figure.tight_layout()
    figure.savefig(path, dpi=90)


def main() -> None:
    """Train, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--soundfont", type=Path, required=True)
    parser.add_argument("--ir", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=180.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=15.0)
    parser.add_argument("--run-dir", type=Path, default=Path("runs/known-room"))
    parser.add_argument("--resume", action="store_true", help="measure the finished run in --run-dir")
    parser.add_argument("--picture", type=Path)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    figures, sounds = measure(arguments)
    if arguments.picture:
        draw(arguments.picture, sounds)
    if arguments.json:
        print(json.dumps(figures, indent=2))
        return
    for name, value in figures.items():
        print(f"{name}: {value}")


if __name__ == "__main__":
    main()
